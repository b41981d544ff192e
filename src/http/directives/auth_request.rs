//! The directives of the auth_request module.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "auth_request", places: HERE, args: Args::ONE, set: Set::Own(uri) },
    Directive { name: "auth_request_set", places: HERE, args: Args::TWO, set: Set::Own(set) },
];

fn uri(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let word = &line.words[1];
    fill(&mut l.auth_request.uri, || Ok((&**word != b"off").then(|| word.clone())))
}

fn set(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    let name = line.text(1);
    let invalid = || format!("invalid variable name \"{name}\"");
    let name = name.strip_prefix('$').filter(|name| !name.is_empty()).ok_or_else(invalid)?;
    let slot = builder.names.define(name)?;
    let value = builder.template(&line.words[2])?;
    l.auth_request.set.get_or_insert_default().push((slot, value));
    Ok(())
}
