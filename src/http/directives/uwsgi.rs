//! The directives of the uwsgi module.

use super::cache::cache_rows;
use super::shared::{self, ProtocolIndex, upstream_row, upstream_rows};
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, number};
use crate::conf::error::Wrong;
use crate::http::address::parse_uwsgi;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::proto::uwsgi::Params;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const PASS: Places = Places::LOCATION.and(Places::IF_LOCATION);

pub static SHARED: &[Directive<LocationRaw>] = upstream_rows!(Uwsgi, "uwsgi_");

pub static CACHE: &[Directive<LocationRaw>] = cache_rows!(Uwsgi, "uwsgi_");

macro_rules! row {
    ($name:literal, $places:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::ONE, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("uwsgi_pass", PASS, Set::Own(pass)),
    upstream_row!(Uwsgi, "uwsgi_", param, Args(2, 3), shared::param::<Params>),
    row!("uwsgi_modifier1", HERE, Set::Own(|l, _, line| modifier(&mut l.uwsgi.modifier1, line))),
    row!("uwsgi_modifier2", HERE, Set::Own(|l, _, line| modifier(&mut l.uwsgi.modifier2, line))),
    row!("uwsgi_string", HERE, Set::Own(string)),
];

type Done = Result<(), Wrong>;

fn pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    shared::pass(ProtocolIndex::Uwsgi, parse_uwsgi, l, builder, line)
}

fn modifier(slot: &mut Option<u8>, line: &Line<'_>) -> Done {
    fill(slot, || {
        let number = number(&line.words[1])?;
        u8::try_from(number).map_err(|_| "value must be between 0 and 255".into())
    })
}

fn string(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.uwsgi.string, || Ok(line.words[1].clone()))
}
