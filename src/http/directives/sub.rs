//! The directives of the sub module.

use std::sync::Arc;

use super::words::media_types;
use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::sub::Pair;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $args:ident, $set:expr) => {
        Directive { name: $name, places: HERE, args: Args::$args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("sub_filter", TWO, Set::Own(pair)),
    row!("sub_filter_last_modified", ONE, Set::Flag(|l| &mut l.sub.last_modified)),
    row!("sub_filter_once", ONE, Set::Flag(|l| &mut l.sub.once)),
    row!("sub_filter_types", SOME, Set::Own(types)),
];

fn pair(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    if line.words[1].is_empty() {
        return Err("empty search pattern".into());
    }
    let pair =
        Pair { string: builder.template(&line.words[1])?, by: builder.template(&line.words[2])? };
    Arc::make_mut(l.sub.pairs.get_or_insert_default()).list.push(pair);
    Ok(())
}

fn types(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    media_types(&mut l.sub.types, builder, line);
    Ok(())
}
