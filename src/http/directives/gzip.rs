//! The directives of the gzip, gunzip and gzip_static modules, and those of the core module about gzip.

use super::words::{any_of, media_types, power_of_two};
use crate::conf::directive::{Args, Directive, Line, Places, Set, choice, fill, number};
use crate::conf::error::Wrong;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::gzip::{Proxied, Static};
use crate::http::settings::server::Buffers;
use crate::proto::Version;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const HERE_OR_IF: Places = HERE.and(Places::IF_LOCATION);

macro_rules! row {
    ($name:literal, $places:expr, $args:ident, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::$args, set: $set }
    };
    ($name:literal, $set:ident $field:ident) => {
        row!($name, HERE, ONE, Set::$set(|l| &mut l.gzip.$field))
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    row!("gzip", HERE_OR_IF, ONE, Set::Flag(|l| &mut l.gzip.is_on)),
    row!("gzip_buffers", HERE, TWO, Set::Own(buffers)),
    row!("gzip_comp_level", HERE, ONE, Set::Own(comp_level)),
    row!("gzip_disable", HERE, SOME, Set::Own(disable)),
    row!("gzip_hash", HERE, ONE, Set::Own(hash)),
    row!("gzip_http_version", HERE, ONE, Set::Own(http_version)),
    row!("gzip_min_length", Size min_length),
    row!("gzip_no_buffer", Flag no_buffer),
    row!("gzip_proxied", HERE, SOME, Set::Own(proxied)),
    row!("gzip_static", HERE, ONE, Set::Own(file)),
    row!("gzip_types", HERE, SOME, Set::Own(types)),
    row!("gzip_vary", Flag vary),
    row!("gzip_window", HERE, ONE, Set::Own(window)),
    row!("gunzip", Flag gunzip),
    row!("gunzip_buffers", HERE, TWO, Set::Own(gunzip_buffers)),
    row!("postpone_gzipping", Size postpone),
];

type Done = Result<(), Wrong>;

fn buffers(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.gzip.buffers, || Buffers::parse(line))
}

fn gunzip_buffers(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.gzip.gunzip_buffers, || Buffers::parse(line))
}

fn comp_level(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.gzip.comp_level, || {
        let level = number(&line.words[1])?;
        match (1..=9).contains(&level) {
            true => Ok(level),
            false => Err("value must be between 1 and 9".into()),
        }
    })
}

/// `msie6`, or expressions. Both are inherited for themselves.
fn disable(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let gzip = &mut l.gzip;
    let patterns = gzip.disable.get_or_insert_default();
    for word in line.args() {
        match &**word {
            b"msie6" => gzip.disable_msie6 = Some(true),
            word => patterns.push(builder.pattern(word, true)?),
        }
    }
    Ok(())
}

fn http_version(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("1.0", Version::V10), ("1.1", Version::V11)];
    fill(&mut l.gzip.http_version, || choice(&line.words[1], &choices))
}

fn proxied(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [
        ("off", Proxied::OFF),
        ("expired", Proxied::EXPIRED),
        ("no-cache", Proxied::NO_CACHE),
        ("no-store", Proxied::NO_STORE),
        ("private", Proxied::PRIVATE),
        ("no_last_modified", Proxied::NO_LAST_MODIFIED),
        ("no_etag", Proxied::NO_ETAG),
        ("auth", Proxied::AUTH),
        ("any", Proxied::ANY),
    ];
    let words = l.gzip.proxied.get_or_insert(Proxied::NONE);
    any_of(builder, line, &choices, |word| {
        let is_new = !words.contains(word);
        words.0 |= word.0;
        is_new
    })
}

fn file(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let choices = [("off", Static::Off), ("on", Static::On), ("always", Static::Always)];
    fill(&mut l.gzip.file, || choice(&line.words[1], &choices))
}

fn types(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    media_types(&mut l.gzip.types, builder, line);
    Ok(())
}

fn window(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let what = "must be 512, 1k, 2k, 4k, 8k, 16k, or 32k";
    fill(&mut l.gzip.window, || power_of_two(line, 512..=32 << 10, what))
}

fn hash(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    let what = "must be 512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k";
    fill(&mut l.gzip.hash, || power_of_two(line, 512..=128 << 10, what))
}
