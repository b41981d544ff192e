//! The rewrite module: what runs, in the order of the file, before anything else in a server or location.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::vars::{Slot, Template};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RewriteOp {
    Set { target: SetTarget, value: Template },
    Return(Return),
}

/// What `set` may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTarget {
    Slot(Slot),
    Args,
    LimitRate,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    pub status: u16,
    /// The address of a redirect, or the body; absent: the status alone, with its built-in page.
    pub text: Option<Template>,
}

impl Return {
    /// Whether `text` goes into `Location`.
    pub fn is_redirect(&self) -> bool {
        self.text.is_some() && matches!(self.status, 301..=303 | 307 | 308)
    }
}

const HERE: Places = Places::SERVER.and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "set", places: HERE, args: Args::TWO, set: Set::Own(set) },
    Directive { name: "return", places: HERE, args: Args::ONE_OR_TWO, set: Set::Own(return_) },
];

fn set(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let name = line.text(1);
    let invalid = || format!("invalid variable name \"{name}\"");
    let name = name.strip_prefix('$').filter(|name| !name.is_empty()).ok_or_else(invalid)?;
    let target = match &*name.to_ascii_lowercase() {
        "args" => SetTarget::Args,
        "limit_rate" => SetTarget::LimitRate,
        _ => SetTarget::Slot(builder.names.define(name)?),
    };
    let value = builder.template(&line.words[2])?;
    l.rewrite.push(RewriteOp::Set { target, value });
    Ok(())
}

fn return_(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
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
