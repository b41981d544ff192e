//! The directives of the addition module.

use super::words::media_types;
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "add_before_body", places: HERE, args: Args::ONE, set: Set::Own(before) },
    Directive { name: "add_after_body", places: HERE, args: Args::ONE, set: Set::Own(after) },
    Directive { name: "addition_types", places: HERE, args: Args::SOME, set: Set::Own(types) },
];

fn before(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.addition.before, || Ok(line.words[1].clone()))
}

fn after(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.addition.after, || Ok(line.words[1].clone()))
}

fn types(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    media_types(&mut l.addition.types, builder, line);
    Ok(())
}
