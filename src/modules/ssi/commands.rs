//! The commands of `ssi`: which parameters each takes, and what it does.

use std::rc::Rc;

use crate::base::regex::{Captures, Regex};
use crate::http::ssi::{Conditional, Encoding, Waits};
use crate::http::subrequest::Role;
use crate::http::uri::{self, Escape};
use crate::proto::ssi::{PARAMETERS, Parser};
use crate::serve::log::{self, Level};
use crate::serve::postpone;
use crate::serve::subrequest::{self, Asked};
use crate::worker::*;

use super::expand::{expand, variable};
use super::{add, shared, ssi};

/// A command could not be obeyed, and the log says why.
#[derive(Debug)]
pub(super) struct Failed;

type Done = Result<(), Failed>;

/// The values of a command's parameters, in the order of its row.
type Values<'a> = [Option<&'a [u8]>];

struct Command {
    name: &'static str,
    /// Those with a `!` have to be there.
    parameters: &'static [&'static str],
    /// It is obeyed behind this command at the latest.
    within: Option<Conditional>,
    obey: fn(&mut Worker, RequestId, &Values<'_>, &mut usize) -> Done,
}

macro_rules! command {
    ($name:literal, [$($parameter:literal),*], $within:expr, $obey:expr) => {
        Command { name: $name, parameters: &[$($parameter),*], within: $within, obey: $obey }
    };
}

static COMMANDS: &[Command] = &[
    command!("include", ["virtual", "file", "wait", "set", "stub"], None, include),
    command!("echo", ["!var", "default", "encoding"], None, echo),
    command!("config", ["errmsg", "timefmt"], None, config),
    command!("set", ["!var", "!value"], None, set),
    command!("if", ["!expr"], None, if_),
    command!("elif", ["!expr"], Some(Conditional::If), elif),
    command!("else", [], Some(Conditional::If), else_),
    command!("endif", [], Some(Conditional::Else), endif),
    command!("block", ["!name"], None, block),
    command!("endblock", [], None, endblock),
];

/// The text that stands where a command has failed.
const ERRMSG: &[u8] = b"[an error occurred while processing the directive]";

pub(super) fn say_error(w: &mut Worker, id: RequestId) {
    if w.location_of(id).ssi.silent_errors {
        return;
    }
    let ssi = ssi(w, id);
    let errmsg = ssi.errmsg.as_deref().unwrap_or(ERRMSG);
    ssi.output.extend_from_slice(errmsg);
}

macro_rules! fail {
    ($w:expr, $id:expr, $($text:tt)+) => {{
        log::error($w, $id, Level::Error, format_args!($($text)+));
        return Err(Failed);
    }};
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Obeys the command that was read. It may take more of the turn of the request.
pub(super) fn obey(w: &mut Worker, id: RequestId, read: &Parser, turn: &mut usize) -> Done {
    let name = lossy(&read.command);
    let Some(command) = COMMANDS.iter().find(|it| it.name == name) else {
        fail!(w, id, "invalid SSI command: \"{name}\"");
    };
    let state = ssi(w, id);
    if state.is_hidden && command.name != "endblock" {
        if state.is_block {
            let text = written(read);
            add(w, id, &text);
            return Ok(());
        }
        if command.within.is_none() {
            return Ok(());
        }
    }
    let conditional = ssi(w, id).conditional;
    if command.within.is_some_and(|last| conditional == Conditional::None || conditional > last) {
        fail!(w, id, "invalid context of SSI command: \"{name}\"");
    }
    if read.parameters.len() > PARAMETERS {
        fail!(w, id, "too many SSI command parameters: \"{name}\"");
    }
    let mut values = [None; 5];
    for parameter in &read.parameters {
        let known = command.parameters.iter();
        let known = known.map(|it| it.trim_start_matches('!').as_bytes());
        let found = known.zip(&mut values).find(|(known, _)| *known == parameter.name);
        match found {
            None => {
                let parameter = lossy(&parameter.name);
                fail!(w, id, "invalid parameter name: \"{parameter}\" in \"{name}\" SSI command");
            }
            Some((_, Some(_))) => {
                let parameter = lossy(&parameter.name);
                fail!(w, id, "duplicate \"{parameter}\" parameter in \"{name}\" SSI command");
            }
            Some((_, value)) => *value = Some(parameter.value.as_slice()),
        }
    }
    for (parameter, value) in command.parameters.iter().zip(&values) {
        if let (Some(parameter), None) = (parameter.strip_prefix('!'), value) {
            fail!(w, id, "mandatory \"{parameter}\" parameter is absent in \"{name}\" SSI command");
        }
    }
    (command.obey)(w, id, &values, turn)
}

/// The command, as a part of a block.
fn written(read: &Parser) -> Vec<u8> {
    let mut text = [b"<!--#", &*read.command].concat();
    for it in &read.parameters {
        text.extend([b" ", &*it.name, b"=\"", &*it.value, b"\""].concat());
    }
    text.extend_from_slice(b" -->");
    text
}

fn include(w: &mut Worker, id: RequestId, values: &Values<'_>, _: &mut usize) -> Done {
    let &[by_uri, by_file, wait, set, stub] = values else { return Err(Failed) };
    let text = match (by_uri, by_file) {
        (Some(by_uri), Some(by_file)) => {
            let (by_uri, by_file) = (lossy(by_uri), lossy(by_file));
            let what = "inclusion may be either";
            fail!(w, id, "{what} virtual=\"{by_uri}\" or file=\"{by_file}\"");
        }
        (None, None) => fail!(w, id, "no parameter in \"include\" SSI command"),
        (Some(text), None) | (None, Some(text)) => text,
    };
    if set.is_some() && stub.is_some() {
        let what = "\"set\" and \"stub\" cannot be used together in \"include\" SSI command";
        fail!(w, id, "{what}");
    }
    if let (Some(_), Some(by_file)) = (wait, by_file) {
        fail!(w, id, "\"wait\" cannot be used with file=\"{}\"", lossy(by_file));
    }
    let waits = match wait {
        // A file is read at once in nginx.
        None => by_file.is_some(),
        Some(wait) if wait.eq_ignore_ascii_case(b"no") => false,
        Some(wait) if wait.eq_ignore_ascii_case(b"yes") => true,
        Some(wait) => fail!(w, id, "invalid value \"{}\" in the \"wait\" parameter", lossy(wait)),
    };
    let whole = address(w, id, text)?;
    let mut path = Vec::new();
    let Ok(args) = uri::parse_unsafe(&whole, &mut path) else {
        fail!(w, id, "unsafe URI \"{}\" was detected", lossy(&whole));
    };
    let stub = match stub {
        None => None,
        Some(name) => match shared(w, id).block(name) {
            Some(text) => Some(Rc::clone(text)),
            None => fail!(w, id, "\"stub\"=\"{}\" for \"include\" not found", lossy(name)),
        },
    };
    let role = if set.is_some() { Role::InMemory } else { Role::Inserted };
    let asked = Asked { uri: &path, args: args.unwrap_or_default(), role, is_copy: false };
    let child = match set {
        None => postpone::insert(w, id, &asked),
        Some(_) => subrequest::start(w, id, &asked),
    };
    let child = child.ok_or(Failed)?;
    if stub.is_some() {
        w.requests[child].rare.get_or_insert().stub = stub;
    }
    let set: Option<Box<[u8]>> = set.map(|name| name.to_ascii_lowercase().into());
    if let Some(name) = &set {
        // It is there even if the subrequest fails.
        if shared(w, id).get(name).is_none() && !shared(w, id).set(name, b"") {
            no_room(w, id, name);
        }
    }
    if waits || set.is_some() {
        ssi(w, id).waits = Some(Waits { child, set });
    }
    Ok(())
}

/// The uri that is included: one without a slash is beside that of the request.
fn address(w: &mut Worker, id: RequestId, text: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut text = expand(w, id, text)?;
    if text.first() != Some(&b'/') {
        let uri = &w.requests[id].uri;
        let folder = memchr::memrchr(b'/', uri).map_or(&b""[..], |at| &uri[..=at]);
        text.splice(..0, folder.iter().copied());
    }
    Ok(text)
}

fn echo(w: &mut Worker, id: RequestId, values: &Values<'_>, _: &mut usize) -> Done {
    let &[Some(name), default, encoding, ..] = values else { return Err(Failed) };
    let mut value = Vec::new();
    if !variable(w, id, &name.to_ascii_lowercase(), &mut value) {
        value.extend_from_slice(default.unwrap_or(b"(none)"));
    }
    if value.is_empty() {
        return Ok(());
    }
    match encoding {
        None => {}
        Some(b"none") => ssi(w, id).encoding = Encoding::None,
        Some(b"url") => ssi(w, id).encoding = Encoding::Url,
        Some(b"entity") => ssi(w, id).encoding = Encoding::Entity,
        Some(other) => {
            let other = lossy(other);
            let text = format_args!("unknown encoding \"{other}\" in the \"echo\" command");
            log::error(w, id, Level::Error, text);
        }
    }
    let ssi = ssi(w, id);
    match ssi.encoding {
        Encoding::None => ssi.output.extend_from_slice(&value),
        Encoding::Url => uri::escape(&value, Escape::Html, &mut ssi.output),
        Encoding::Entity => uri::escape_entities(&value, &mut ssi.output),
    }
    Ok(())
}

fn config(w: &mut Worker, id: RequestId, values: &Values<'_>, _: &mut usize) -> Done {
    let &[errmsg, timefmt, ..] = values else { return Err(Failed) };
    let ssi = ssi(w, id);
    if let Some(errmsg) = errmsg {
        ssi.errmsg = Some(errmsg.into());
    }
    if let Some(timefmt) = timefmt {
        ssi.timefmt = Some(timefmt.into());
    }
    Ok(())
}

fn set(w: &mut Worker, id: RequestId, values: &Values<'_>, _: &mut usize) -> Done {
    let &[Some(name), Some(value), ..] = values else { return Err(Failed) };
    let value = expand(w, id, value)?;
    let name = name.to_ascii_lowercase();
    match shared(w, id).set(&name, &value) {
        true => Ok(()),
        false => {
            no_room(w, id, &name);
            Err(Failed)
        }
    }
}

/// Variables and blocks take all the memory that they may.
pub(super) fn no_room(w: &Worker, id: RequestId, name: &[u8]) {
    let name = lossy(name);
    log::error(w, id, Level::Error, format_args!("too long value of \"{name}\" SSI variable"));
}

fn if_(w: &mut Worker, id: RequestId, values: &Values<'_>, turn: &mut usize) -> Done {
    if ssi(w, id).conditional != Conditional::None {
        fail!(w, id, "the \"if\" command inside the \"if\" command");
    }
    elif(w, id, values, turn)
}

fn elif(w: &mut Worker, id: RequestId, values: &Values<'_>, turn: &mut usize) -> Done {
    let &[Some(expression), ..] = values else { return Err(Failed) };
    if ssi(w, id).is_chosen {
        ssi(w, id).is_hidden = true;
        return Ok(());
    }
    let holds = holds(w, id, expression, turn)?;
    let ssi = ssi(w, id);
    (ssi.is_hidden, ssi.is_chosen, ssi.conditional) = (!holds, holds, Conditional::If);
    Ok(())
}

/// What an expression compares its left side with.
enum Right<'a> {
    Nothing,
    Text(&'a [u8]),
    Pattern(&'a [u8]),
}

/// `$variable`, `text = text`, `text != /pattern/`: the left side, whether the result is turned round, the right side.
fn parse(expression: &[u8]) -> Option<(&[u8], bool, Right<'_>)> {
    let is_left = |byte: &&u8| byte.is_ascii_alphanumeric() || b"${}_\"'".contains(*byte);
    let (left, rest) = expression.split_at(expression.iter().take_while(is_left).count());
    let rest = skip_spaces(rest);
    let (is_not, right) = match rest {
        [] => return Some((left, false, Right::Nothing)),
        [b'=', right @ ..] => (false, right),
        [b'!', b'=', right @ ..] => (true, right),
        _ => return None,
    };
    let right = match skip_spaces(right) {
        [b'/', pattern @ .., b'/'] => Right::Pattern(pattern),
        [b'/', _, ..] => return None,
        [b'\\', right @ ..] if right.first() == Some(&b'/') => Right::Text(right),
        right => Right::Text(right),
    };
    Some((left, is_not, right))
}

fn skip_spaces(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| **byte == b' ').count()..]
}

fn holds(
    w: &mut Worker,
    id: RequestId,
    expression: &[u8],
    turn: &mut usize,
) -> Result<bool, Failed> {
    let invalid = |w: &Worker| {
        let text = lossy(expression);
        log::error(w, id, Level::Error, format_args!("invalid expression in \"{text}\""));
        Failed
    };
    let (left, is_not, right) = parse(expression).ok_or_else(|| invalid(w))?;
    let left = expand(w, id, &left.to_ascii_lowercase()).map_err(|_| invalid(w))?;
    let is_equal = match right {
        Right::Nothing => return Ok(!left.is_empty()),
        Right::Text(right) => left == expand(w, id, right).map_err(|_| invalid(w))?,
        Right::Pattern(pattern) => {
            *turn = 0;
            matches(w, id, pattern, &left)?
        }
    };
    Ok(is_equal != is_not)
}

/// What the groups of the expression have captured is known to all commands that follow.
fn matches(w: &mut Worker, id: RequestId, pattern: &[u8], subject: &[u8]) -> Result<bool, Failed> {
    let regex = match Regex::new(pattern, false) {
        Ok(regex) => regex,
        Err(e) => fail!(w, id, "pcre2_compile() failed: {} in \"{}\"", e.reason, lossy(pattern)),
    };
    let mut captures = Captures::default();
    match regex.captures(subject, &mut captures) {
        Ok(true) => {}
        Ok(false) => return Ok(false),
        Err(_) => {
            log::regex_failed(w, id, Some(&regex), subject);
            return Err(Failed);
        }
    }
    let shared = shared(w, id);
    for (name, group) in regex.names() {
        shared.set(name.to_ascii_lowercase().as_bytes(), captures.get(*group));
    }
    shared.captures = captures;
    Ok(true)
}

fn else_(w: &mut Worker, id: RequestId, _: &Values<'_>, _: &mut usize) -> Done {
    let ssi = ssi(w, id);
    ssi.is_hidden = ssi.is_chosen;
    ssi.conditional = Conditional::Else;
    Ok(())
}

fn endif(w: &mut Worker, id: RequestId, _: &Values<'_>, _: &mut usize) -> Done {
    let ssi = ssi(w, id);
    (ssi.is_hidden, ssi.is_chosen, ssi.conditional) = (false, false, Conditional::None);
    Ok(())
}

fn block(w: &mut Worker, id: RequestId, values: &Values<'_>, _: &mut usize) -> Done {
    let &[Some(name), ..] = values else { return Err(Failed) };
    if !shared(w, id).begin_block(name) {
        fail!(w, id, "too long \"block\" SSI command");
    }
    let ssi = ssi(w, id);
    (ssi.is_hidden, ssi.is_block) = (true, true);
    Ok(())
}

fn endblock(w: &mut Worker, id: RequestId, _: &Values<'_>, _: &mut usize) -> Done {
    let ssi = ssi(w, id);
    (ssi.is_hidden, ssi.is_block) = (false, false);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let read = |text: &str| {
            let (left, is_not, right) = parse(text.as_bytes())?;
            let (kind, right) = match right {
                Right::Nothing => ("", &b""[..]),
                Right::Text(text) => ("text ", text),
                Right::Pattern(text) => ("pattern ", text),
            };
            let not = if is_not { "not " } else { "" };
            Some(format!("{}: {not}{kind}{}", lossy(left), lossy(right)))
        };
        for (text, want) in [
            ("", Some(": ")),
            ("$a", Some("$a: ")),
            ("$a  ", Some("$a: ")),
            ("$a=b", Some("$a: text b")),
            ("${A} != b c", Some("${A}: not text b c")),
            ("$a == b", Some("$a: text = b")),
            ("$a = /b/c/", Some("$a: pattern b/c")),
            ("$a = //", Some("$a: pattern ")),
            ("$a = /", Some("$a: text /")),
            ("$a = /b", None),
            ("$a = \\/b", Some("$a: text /b")),
            ("$a ! b", None),
            ("$a!", None),
            ("$a b", None),
        ] {
            assert_eq!(read(text).as_deref(), want, "{text}");
        }
    }
}
