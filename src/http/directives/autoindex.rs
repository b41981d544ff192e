//! The directives of the autoindex and random_index modules.

use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::autoindex::ListFormat;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::ONE, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("autoindex", HERE, Set::Flag(|l| &mut l.autoindex.is_on)),
    row!("autoindex_format", HERE, Set::Own(format)),
    row!("autoindex_localtime", HERE, Set::Flag(|l| &mut l.autoindex.localtime)),
    row!("autoindex_exact_size", HERE, Set::Flag(|l| &mut l.autoindex.exact_size)),
    row!("random_index", Places::LOCATION, Set::Flag(|l| &mut l.autoindex.random)),
];

fn format(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let choices = [
        ("html", ListFormat::Html),
        ("json", ListFormat::Json),
        ("jsonp", ListFormat::Jsonp),
        ("xml", ListFormat::Xml),
    ];
    fill(&mut l.autoindex.format, || choice(&line.words[1], &choices))
}
