//! The directives of the referer module.

use std::sync::Arc;

use super::words::check_number;
use crate::conf::directive::{Args, Directive, Line, Places, Set, text};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;

const HERE: Places = Places::SERVER.and(Places::LOCATION);

macro_rules! row {
    ($name:literal, $args:expr, $set:expr) => {
        Directive { name: $name, places: HERE, args: $args, set: Set::Own($set) }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("valid_referers", Args::SOME, valid_referers),
    row!("referer_hash_max_size", Args::ONE, check_number),
    row!("referer_hash_bucket_size", Args::ONE, check_number),
];

fn valid_referers(
    l: &mut LocationRaw,
    builder: &mut Builder,
    line: &Line<'_>,
) -> Result<(), Wrong> {
    let lines = Arc::make_mut(l.referers.lines.get_or_insert_default());
    for word in line.args() {
        match &**word {
            b"" => return Err(format!("invalid referer \"{}\"", text(word)).into()),
            b"none" => lines.absent = true,
            b"blocked" => lines.blocked = true,
            b"server_names" => lines.server_names = true,
            b"~" => return Err(format!("empty regex in \"{}\"", text(word)).into()),
            [b'~', source @ ..] => lines.patterns.push(builder.pattern(source, true)?),
            word => {
                let slash = memchr::memchr(b'/', word).unwrap_or(word.len());
                let (host, path) = word.split_at(slash);
                lines.hosts.insert(host, path)?;
            }
        }
    }
    Ok(())
}
