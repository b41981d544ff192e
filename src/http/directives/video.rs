//! The directives of the flv and mp4 modules.

use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Content;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("flv", Places::LOCATION, NONE, Set::Own(flv)),
    row!("mp4", Places::LOCATION, NONE, Set::Own(mp4)),
    row!("mp4_buffer_size", HERE, ONE, Set::Size(|l| &mut l.mp4.buffer_size)),
    row!("mp4_max_buffer_size", HERE, ONE, Set::Size(|l| &mut l.mp4.max_buffer_size)),
    row!("mp4_start_key_frame", HERE, ONE, Set::Flag(|l| &mut l.mp4.start_key_frame)),
];

fn flv(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Result<(), Wrong> {
    l.content = Some(Content::Flv);
    Ok(())
}

fn mp4(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Result<(), Wrong> {
    l.content = Some(Content::Mp4);
    Ok(())
}
