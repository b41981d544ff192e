//! The directives of the charset module.

use super::words::media_types;
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, text};
use crate::conf::error::Wrong;
use crate::http::charsets::{CharsetId, CharsetMap};
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::charset::Charset;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const HERE_OR_IF: Places = HERE.and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("charset", HERE_OR_IF, ONE, Set::Own(charset)),
    row!("charset_types", HERE, SOME, Set::Own(types)),
    row!("override_charset", HERE_OR_IF, ONE, Set::Flag(|l| &mut l.charset.override_charset)),
    row!("source_charset", HERE_OR_IF, ONE, Set::Own(source_charset)),
];

type Done = Result<(), Wrong>;

fn charset(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.charset.to, || match &*line.words[1] {
        b"off" => Ok(Charset::Off),
        word => parse(builder, word),
    })
}

fn source_charset(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.charset.from, || parse(builder, &line.words[1]))
}

fn parse(builder: &mut Builder, word: &[u8]) -> Result<Charset, Wrong> {
    match word.first() {
        Some(b'$') => builder.template(word).map(Charset::Variable),
        _ => named(builder, word).map(Charset::Named),
    }
}

fn named(builder: &mut Builder, word: &[u8]) -> Result<CharsetId, Wrong> {
    builder.charsets.add(word).ok_or_else(|| "too many charsets".into())
}

fn types(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    media_types(&mut l.charset.types, builder, line);
    Ok(())
}

/// `charset_map FROM TO {`: the map, to be filled, and its charsets.
pub fn map(
    builder: &mut Builder,
    line: &Line<'_>,
) -> Result<(CharsetId, CharsetId, CharsetMap), Wrong> {
    let (from, to) = (named(builder, &line.words[1])?, named(builder, &line.words[2])?);
    let [shown_from, shown_to] = [1, 2].map(|at| line.text(at));
    if from == to {
        return Err(format!(
            "\"charset_map\" between the same charsets \"{shown_from}\" and \"{shown_to}\""
        )
        .into());
    }
    if builder.charsets.recode(from, to).is_some() {
        return Err(format!(
            "duplicate \"charset_map\" between \"{shown_from}\" and \"{shown_to}\""
        )
        .into());
    }
    Ok((from, to, CharsetMap::new(&line.words[2])))
}

/// A line within that block.
pub fn map_line(map: &mut CharsetMap, line: &Line<'_>) -> Done {
    let [from, to] = line.words else { return Err("invalid parameters number".into()) };
    map.line(from, to).map_err(|wrong| format!("invalid value \"{}\"", text(wrong)).into())
}
