//! The directives of the dav module.

use super::words::{access, any_of};
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::block::Methods;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $args:expr, $set:expr) => {
        Directive { name: $name, places: HERE, args: $args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("create_full_put_path", Args::ONE, Set::Flag(|l| &mut l.dav.create_full_put_path)),
    row!("dav_access", Args(1, 3), Set::Own(dav_access)),
    row!("dav_methods", Args::SOME, Set::Own(methods)),
    row!("min_delete_depth", Args::ONE, Set::Number(|l| &mut l.dav.min_delete_depth)),
];

/// No method, but a line that says so.
const OFF: Methods = Methods(1 << 31);

fn methods(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let method = |name: &str| Methods::of(name.as_bytes()).unwrap_or(OFF);
    let choices = ["off", "PUT", "DELETE", "MKCOL", "COPY", "MOVE"].map(|it| (it, method(it)));
    let set = l.dav.methods.get_or_insert_default();
    any_of(builder, line, &choices, |method| {
        let is_new = set.0 & method.0 == 0;
        set.0 |= method.0;
        is_new
    })
}

fn dav_access(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut l.dav.access, || access(line))
}
