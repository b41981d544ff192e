//! `empty_gif`: the location answers with an image of one transparent pixel.

use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Content;

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "empty_gif",
    places: Places::LOCATION,
    args: Args::NONE,
    set: Set::Own(empty_gif),
}];

fn empty_gif(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Result<(), Wrong> {
    l.content = Some(Content::EmptyGif);
    Ok(())
}
