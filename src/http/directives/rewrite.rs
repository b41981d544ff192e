//! The directives of the rewrite module, and the conditions of `if`.

use std::sync::Arc;

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::conf::lexer::Word;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::rewrite::{Condition, FileTest, Return, Rewrite, RewriteOp, Then};
use crate::http::slots::SetTarget;
use crate::http::vars::Var;

const HERE: Places =
    Places::SERVER.and(Places::LOCATION).and(Places::IF_SERVER).and(Places::IF_LOCATION);
const ALSO_HTTP: Places = HERE.and(Places::HTTP);

macro_rules! row {
    ($name:literal, $places:expr, $args:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: $args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("set", HERE, Args::TWO, Set::Own(set)),
    row!("return", HERE, Args::ONE_OR_TWO, Set::Own(return_)),
    row!("break", HERE, Args::NONE, Set::Own(break_)),
    row!("rewrite", HERE, Args(2, 3), Set::Own(rewrite)),
    row!("rewrite_log", ALSO_HTTP, Args::ONE, Set::Flag(|l| &mut l.rewriting.log)),
    row!(
        "uninitialized_variable_warn",
        ALSO_HTTP,
        Args::ONE,
        Set::Flag(|l| &mut l.rewriting.uninitialized_variable_warn)
    ),
];

type Done = Result<(), Wrong>;

fn set(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let target = set_target(builder, line)?;
    let value = builder.template(&line.words[2])?;
    l.rewrite.push(RewriteOp::Set { target, value });
    Ok(())
}

/// The variable that the first word of a line names, which gives it values.
pub(super) fn set_target(builder: &mut Builder, line: &Line<'_>) -> Result<SetTarget, Wrong> {
    let name = line.text(1);
    let invalid = || format!("invalid variable name \"{name}\"");
    let name = name.strip_prefix('$').filter(|name| !name.is_empty()).ok_or_else(invalid)?;
    Ok(match &*name.to_ascii_lowercase() {
        "args" => SetTarget::Args,
        "limit_rate" => SetTarget::LimitRate,
        _ => SetTarget::Slot(builder.names.define_by_set(name)?),
    })
}

fn return_(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let first = &line.words[1];
    let invalid = || format!("invalid return code \"{}\"", text(first));
    let status = value::number(first).filter(|&status| status <= 999);
    let (status, words) = match (status, line.args()) {
        (Some(status), [_, text]) => (status as u16, Some(text)),
        (Some(status), _) => (status as u16, None),
        (None, [url]) if is_address(url) => (302, Some(url)),
        _ => return Err(invalid().into()),
    };
    let text = words.map(|words| builder.template(words)).transpose()?;
    l.rewrite.push(RewriteOp::Return(Return { status, text }));
    Ok(())
}

fn is_address(word: &[u8]) -> bool {
    [b"http://".as_slice(), b"https://", b"$scheme"].iter().any(|start| word.starts_with(start))
}

fn break_(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Done {
    l.rewrite.push(RewriteOp::Break);
    Ok(())
}

fn rewrite(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let name = &line.words[1];
    let pattern = builder.pattern(name, false)?;
    let written = &*line.words[2];
    if written.is_empty() {
        return Err("empty replacement".into());
    }
    // The last `?` drops the request's own arguments.
    let (replacement, keep_args) = match written.strip_suffix(b"?") {
        Some(rest) => (rest, false),
        None => (written, true),
    };
    let mut then = if is_address(replacement) { Then::Redirect(302) } else { Then::Next };
    if let Some(flag) = line.args().get(2) {
        then = match (&**flag, then) {
            (b"redirect", _) => Then::Redirect(302),
            (b"permanent", _) => Then::Redirect(301),
            (b"last" | b"break", Then::Redirect(_)) => then,
            (b"last", _) => Then::Last,
            (b"break", _) => Then::Break,
            _ => return Err(format!("invalid parameter \"{}\"", text(flag)).into()),
        };
    }
    let mark = replacement.iter().position(|&byte| byte == b'?');
    let (to, args) = match (then, mark) {
        (Then::Redirect(_), _) | (_, None) => (replacement, None),
        (_, Some(at)) => (&replacement[..at], Some(&replacement[at + 1..])),
    };
    let rewrite = Rewrite {
        name: name.clone(),
        pattern,
        to: builder.template(to)?,
        args: args.map(|args| builder.template(args)).transpose()?,
        keep_args,
        has_query: mark.is_some(),
        then,
    };
    l.rewrite.push(RewriteOp::Rewrite(Arc::new(rewrite)));
    Ok(())
}

impl Condition {
    /// What stands between the brackets of an `if`, brackets included.
    pub fn parse(builder: &mut Builder, line: &Line<'_>) -> Result<Self, Wrong> {
        let invalid = |word: &[u8]| Wrong::Message(format!("invalid condition \"{}\"", text(word)));
        let mut words: Vec<Word> = line.args().to_vec();
        let Some(first) = words.first_mut() else { return Err(invalid(b"")) };
        match first.strip_prefix(b"(") {
            None => return Err(invalid(first)),
            Some([]) => drop(words.remove(0)),
            Some(rest) => *first = rest.into(),
        }
        let Some(last) = words.last_mut() else { return Err(invalid(b"(")) };
        match last.strip_suffix(b")") {
            None => return Err(invalid(last)),
            Some([]) => drop(words.pop()),
            Some(rest) => *last = rest.into(),
        }
        match &*words {
            [name] if is_variable(name) => Ok(Self::True(variable(builder, name))),
            [name, operator, value] if is_variable(name) => {
                Self::comparison(builder, name, operator, value)
            }
            [operator, path] => {
                let (not, letter) = match &**operator {
                    [b'-', letter] => (false, letter),
                    [b'!', b'-', letter] => (true, letter),
                    _ => return Err(invalid(operator)),
                };
                let test = match letter {
                    b'f' => FileTest::File,
                    b'd' => FileTest::Directory,
                    b'e' => FileTest::Exists,
                    b'x' => FileTest::Executable,
                    _ => return Err(invalid(operator)),
                };
                Ok(Self::File { test, path: builder.template(path)?, not })
            }
            [first, ..] => Err(invalid(first)),
            [] => Err(invalid(b")")),
        }
    }

    fn comparison(
        builder: &mut Builder,
        name: &[u8],
        operator: &[u8],
        value: &[u8],
    ) -> Result<Self, Wrong> {
        let var = variable(builder, name);
        let not = operator.first() == Some(&b'!');
        match operator {
            b"=" | b"!=" => Ok(Self::Equal { var, value: builder.template(value)?, not }),
            b"~" | b"~*" | b"!~" | b"!~*" => {
                let pattern = builder.pattern(value, operator.ends_with(b"*"))?;
                Ok(Self::Matches { var, name: value.into(), pattern, not })
            }
            _ => Err(format!("unexpected \"{}\" in condition", text(operator)).into()),
        }
    }
}

fn is_variable(word: &[u8]) -> bool {
    word.len() > 1 && word[0] == b'$'
}

fn variable(builder: &mut Builder, word: &[u8]) -> Var {
    builder.names.bind(&text(&word[1..]))
}
