//! The directives of the secure_link module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $set:expr) => {
        Directive { name: $name, places: HERE, args: Args::ONE, set: Set::Own($set) }
    };
}

pub static ROWS: &[Directive<LocationRaw>] =
    &[row!("secure_link", link), row!("secure_link_md5", md5), row!("secure_link_secret", secret)];

type Done = Result<(), Wrong>;

fn link(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.secure_link.link, || builder.template(&line.words[1]).map(Some))
}

fn md5(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.secure_link.md5, || builder.template(&line.words[1]).map(Some))
}

fn secret(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.secure_link.secret, || Ok(Some(line.words[1].clone())))
}
