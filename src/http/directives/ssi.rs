//! The directives of the ssi module.

use super::words::media_types;
use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const HERE_OR_IF: Places = HERE.and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
    ($name:literal, $set:ident $field:ident) => {
        row!($name, HERE, ONE, Set::$set(|l| &mut l.ssi.$field))
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("ssi", HERE_OR_IF, ONE, Set::Flag(|l| &mut l.ssi.is_on)),
    row!("ssi_last_modified", Flag last_modified),
    row!("ssi_min_file_chunk", Size min_file_chunk),
    row!("ssi_silent_errors", Flag silent_errors),
    row!("ssi_types", HERE, SOME, Set::Own(types)),
    row!("ssi_value_length", Size value_length),
];

fn types(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    media_types(&mut l.ssi.types, builder, line);
    Ok(())
}
