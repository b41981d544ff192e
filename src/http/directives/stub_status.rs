//! `stub_status`: the location answers with the counters of the server.

use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Content;

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "stub_status",
    places: Places::SERVER.and(Places::LOCATION),
    // It once took `on`; old files say so.
    args: Args(0, 1),
    set: Set::Own(stub_status),
}];

fn stub_status(l: &mut LocationRaw, _: &mut Builder, _: &Line<'_>) -> Result<(), Wrong> {
    l.content = Some(Content::Status);
    Ok(())
}
