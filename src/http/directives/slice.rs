//! The directive of the slice module.

use crate::conf::directive::{Args, Directive, Places, Set};
use crate::http::conf::raw::LocationRaw;

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "slice",
    places: Places::HTTP.and(Places::SERVER).and(Places::LOCATION),
    args: Args::ONE,
    set: Set::Size(|l| &mut l.slice.size),
}];
