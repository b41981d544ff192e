//! `pool_status`: the location answers with the numbers of every group and its servers.

use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::{Content, Format};

pub static ROWS: &[Directive<LocationRaw>] = &[Directive {
    name: "pool_status",
    places: Places::SERVER.and(Places::LOCATION),
    args: Args(0, 1),
    set: Set::Own(pool_status),
}];

fn pool_status(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    l.once(line)?;
    let format = match line.args().first().map(|word| &**word) {
        None | Some(b"format=json") => Format::Json,
        Some(b"format=prometheus") => Format::Prometheus,
        Some(word) => {
            let text = format!("invalid parameter \"{}\"", text(word));
            return Err(Wrong::Message(text));
        }
    };
    l.content = Some(Content::Pool(format));
    Ok(())
}
