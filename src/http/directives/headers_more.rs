//! The directives of the headers-more module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::headers_more::{Edit, EditField};
use crate::http::vars::Template;
use crate::proto::Name;

const HERE: Places =
    Places::HTTP.and(Places::SERVER).and(Places::LOCATION).and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $kind:ident) => {
        Directive {
            name: $name,
            places: HERE,
            args: Args::SOME,
            set: Set::Own(|l, builder, line| edit(l, builder, line, Kind::$kind)),
        }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("more_set_headers", SetOutput),
    row!("more_clear_headers", ClearOutput),
    row!("more_set_input_headers", SetInput),
    row!("more_clear_input_headers", ClearInput),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    SetOutput,
    ClearOutput,
    SetInput,
    ClearInput,
}

impl Kind {
    fn clears(self) -> bool {
        matches!(self, Self::ClearOutput | Self::ClearInput)
    }

    fn is_input(self) -> bool {
        matches!(self, Self::SetInput | Self::ClearInput)
    }
}

fn edit(
    l: &mut LocationRaw,
    builder: &mut Builder,
    line: &Line<'_>,
    kind: Kind,
) -> Result<(), Wrong> {
    let mut edit = Edit::default();
    let mut words = line.args().iter();
    while let Some(word) = words.next() {
        let mut argument = || {
            let option = text(word);
            words.next().ok_or_else(|| own(line, &format!("option {option} takes an argument.")))
        };
        match &**word {
            b"" => {}
            b"-t" => edit.types.extend(argument()?.split(is_space).filter(some).map(Into::into)),
            b"-s" if !kind.is_input() => {
                for status in argument()?.split(is_space).filter(some) {
                    edit.statuses.push(parse_status(line, status)?);
                }
            }
            b"-r" if kind == Kind::SetInput => edit.only_replaces = true,
            [b'-', ..] => {
                return Err(own(line, &format!("invalid option name: \"{}\"", text(word))));
            }
            word => edit.fields.extend(field(builder, line, word, kind)?),
        }
    }
    let edits = match kind.is_input() {
        true => &mut l.headers_more.input,
        false => &mut l.headers_more.output,
    };
    edits.get_or_insert_default().push(edit);
    Ok(())
}

/// A message of the module's own, which begins with the name of the directive.
fn own(line: &Line<'_>, message: &str) -> Wrong {
    Wrong::Message(format!("{}: {message}", line.name()))
}

fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace()
}

fn some(word: &&[u8]) -> bool {
    !word.is_empty()
}

fn parse_status(line: &Line<'_>, word: &[u8]) -> Result<u16, Wrong> {
    let shown = text(word);
    if let Some(other) = word.iter().find(|byte| !byte.is_ascii_digit()) {
        let other = char::from(*other);
        let message = format!("invalid digit \"{other}\" found in the status code \"{shown}\"");
        return Err(own(line, &message));
    }
    let status = shown.parse().ok().filter(|_| word.len() <= 3);
    status.ok_or_else(|| own(line, &format!("status code \"{shown}\" is too long")))
}

/// `Name: value`, or a name alone. None, with a warning: such a field is not the configuration's to change.
fn field(
    builder: &mut Builder,
    line: &Line<'_>,
    word: &[u8],
    kind: Kind,
) -> Result<Option<EditField>, Wrong> {
    let is_mark = |byte: &u8| *byte == b':' || is_space(byte);
    let trimmed = word.trim_ascii_start();
    let end = trimmed.iter().position(is_mark).unwrap_or(trimmed.len());
    let (name, rest) = trimmed.split_at(end);
    let value = rest.iter().position(|byte| !is_mark(byte)).map_or(&b""[..], |at| &rest[at..]);
    let shown = text(word);
    if name.is_empty() {
        return Err(own(line, &format!("no key found in the header argument: {shown}")));
    }
    let (name, is_prefix) = match name.strip_suffix(b"*") {
        Some(b"") => return Err(own(line, &format!("wildcard key too short: {shown}"))),
        Some(start) => (start, true),
        None => (name, false),
    };
    if !name.iter().all(is_token) {
        return Err(own(line, &format!("invalid header name in \"{shown}\"")));
    }
    let id = Name::of(name);
    let is_ours = match id {
        Name::TransferEncoding => true,
        Name::Connection | Name::KeepAlive => !kind.is_input(),
        Name::ContentLength => kind != Kind::ClearOutput,
        _ => false,
    };
    if is_ours && !is_prefix {
        let (directive, name) = (line.name(), text(name));
        let message = format!("\"{directive}\" of \"{name}\" is ignored: it frames the message");
        builder.warn(&message, line.at);
        return Ok(None);
    }
    let value = match kind.clears() {
        true => Template::default(),
        false => builder.template(value)?,
    };
    Ok(Some(EditField { name: name.into(), id, is_prefix, value }))
}

/// A byte of a name (RFC 9110, 5.6.2).
fn is_token(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte)
}
