//! The directives of the FastCGI module.

use super::cache::cache_rows;
use super::shared::{self, ProtocolIndex, upstream_row, upstream_rows};
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::http::address::split_address;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::proto::fastcgi::Params;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const PASS: Places = Places::LOCATION.and(Places::IF_LOCATION);

pub static SHARED: &[Directive<LocationRaw>] = upstream_rows!(FastCgi, "fastcgi_");

pub static CACHE: &[Directive<LocationRaw>] = cache_rows!(FastCgi, "fastcgi_");

macro_rules! row {
    ($name:literal, $places:expr, $args:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: $args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("fastcgi_pass", PASS, Args::ONE, Set::Own(pass)),
    upstream_row!(FastCgi, "fastcgi_", param, Args(2, 3), shared::param::<Params>),
    upstream_row!(FastCgi, "fastcgi_", send_lowat, Args::ONE, shared::send_lowat),
    row!("fastcgi_index", HERE, Args::ONE, Set::Own(index)),
    row!("fastcgi_split_path_info", HERE, Args::ONE, Set::Own(split_path_info)),
    row!("fastcgi_keep_conn", HERE, Args::ONE, Set::Flag(|l| &mut l.fastcgi.keep_conn)),
    row!("fastcgi_catch_stderr", HERE, Args::ONE, Set::Own(catch_stderr)),
];

type Done = Result<(), Wrong>;

fn pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    shared::pass(ProtocolIndex::FastCgi, split_address, l, builder, line)
}

fn index(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.fastcgi.index, || Ok(line.words[1].clone()))
}

/// The last of several in one block counts: snippets that distributions have to include contain one.
fn split_path_info(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let pattern = builder.pattern(&line.words[1], false)?;
    // The whole match, and two more.
    if pattern.regex.groups() != 3 {
        return Err(format!("pattern \"{}\" must have 2 captures", line.text(1)).into());
    }
    l.fastcgi.split_path_info = Some(Some(pattern));
    Ok(())
}

fn catch_stderr(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    l.fastcgi.catch_stderr.get_or_insert_default().push(line.words[1].clone());
    Ok(())
}
