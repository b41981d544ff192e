//! The directives of the flv module.

use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Content;

pub static ROWS: &[Directive<LocationRaw>] =
    &[Directive { name: "flv", places: Places::LOCATION, args: Args::NONE, set: Set::Own(flv) }];

fn flv(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Result<(), Wrong> {
    l.content = Some(Content::Flv);
    Ok(())
}
