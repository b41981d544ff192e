//! The directives of the mirror module.

use crate::conf::directive::{Args, Directive, Line, Places, Set};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "mirror", places: HERE, args: Args::ONE, set: Set::Own(mirror) },
    Directive {
        name: "mirror_request_body",
        places: HERE,
        args: Args::ONE,
        set: Set::Flag(|l| &mut l.mirror.request_body),
    },
];

fn mirror(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let word = &line.words[1];
    let is_off = &**word == b"off";
    match &mut l.mirror.uris {
        Some(uris) if is_off || uris.is_empty() => return Err(Wrong::duplicate()),
        Some(uris) => uris.push(word.clone()),
        None if is_off => l.mirror.uris = Some(vec![]),
        None => l.mirror.uris = Some(vec![word.clone()]),
    }
    Ok(())
}
