//! The directives of the SCGI module.

use super::cache::cache_rows;
use super::shared::{self, ProtocolIndex, upstream_row, upstream_rows};
use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::address::split_address;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::proto::scgi::Params;

const PASS: Places = Places::LOCATION.and(Places::IF_LOCATION);

pub static SHARED: &[Directive<LocationRaw>] = upstream_rows!(Scgi, "scgi_");

pub static CACHE: &[Directive<LocationRaw>] = cache_rows!(Scgi, "scgi_");

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "scgi_pass", places: PASS, args: Args::ONE, set: Set::Own(pass) },
    upstream_row!(Scgi, "scgi_", param, Args(2, 3), shared::param::<Params>),
];

fn pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    shared::pass(ProtocolIndex::Scgi, split_address, l, builder, line)
}
