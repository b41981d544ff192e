//! The directives of ngx_brotli.

use super::words::{media_types, power_of_two};
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, number};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::gzip::Static;
use crate::http::settings::server::Buffers;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const HERE_OR_IF: Places = HERE.and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("brotli", HERE_OR_IF, ONE, Set::Flag(|l| &mut l.brotli.is_on)),
    row!("brotli_buffers", HERE, TWO, Set::Own(buffers)),
    row!("brotli_comp_level", HERE, ONE, Set::Own(comp_level)),
    row!("brotli_min_length", HERE, ONE, Set::Size(|l| &mut l.brotli.min_length)),
    row!("brotli_static", HERE, ONE, Set::Own(file)),
    row!("brotli_types", HERE, SOME, Set::Own(types)),
    row!("brotli_window", HERE, ONE, Set::Own(window)),
];

type Done = Result<(), Wrong>;

fn buffers(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.brotli.buffers, || Buffers::parse(line))
}

fn comp_level(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.brotli.comp_level, || {
        let level = number(&line.words[1])?;
        match (0..=11).contains(&level) {
            true => Ok(level),
            false => Err("value must be between 0 and 11".into()),
        }
    })
}

fn file(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("off", Static::Off), ("on", Static::On), ("always", Static::Always)];
    fill(&mut l.brotli.file, || choice(&line.words[1], &choices))
}

fn types(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    media_types(&mut l.brotli.types, builder, line);
    Ok(())
}

fn window(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let what = "must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m, or 16m";
    fill(&mut l.brotli.window, || power_of_two(line, 1 << 10..=16 << 20, what))
}
