//! The directives of the memcached module.

use super::shared::{self, ProtocolIndex, words_of};
use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, number};
use crate::conf::error::Wrong;
use crate::http::address::split_address;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::LocationRaw;
use crate::http::settings::upstream_conf::UpstreamRaw;
use crate::upstream::failure::Failures;

const HERE: Places = Places::HTTP.and(Places::SERVER).and(Places::LOCATION);
const PASS: Places = Places::LOCATION.and(Places::IF_LOCATION);

/// Of those that upstream modules share it has few: a value is not buffered, and has no fields.
macro_rules! row {
    ($kind:ident $field:ident) => {
        shared::upstream_row!(Memcached, "memcached_", $kind $field)
    };
    ($field:ident, $args:expr, $set:expr) => {
        shared::upstream_row!(Memcached, "memcached_", $field, $args, $set)
    };
}

pub static ROWS: &[Directive<LocationRaw>] = &[
    Directive { name: "memcached_pass", places: PASS, args: Args::ONE, set: Set::Own(pass) },
    Directive {
        name: "memcached_gzip_flag",
        places: HERE,
        args: Args::ONE,
        set: Set::Own(gzip_flag),
    },
    row!(Msec connect_timeout),
    row!(Msec send_timeout),
    row!(Msec read_timeout),
    row!(Size buffer_size),
    row!(allow_upstream, Args::SOME, shared::allow_upstream),
    row!(next_upstream, Args::SOME, next_upstream),
    row!(Number next_upstream_tries),
    row!(Msec next_upstream_timeout),
    row!(bind, Args::ONE_OR_TWO, shared::bind),
    row!(Flag bind_dynamic),
    row!(Flag socket_keepalive),
];

type Done = Result<(), Wrong>;

fn pass(l: &mut LocationRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    l.memcached.key = Some(builder.template(b"$memcached_key")?);
    shared::pass_to_group(ProtocolIndex::Memcached, split_address, l, builder, line)
}

fn gzip_flag(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.memcached.gzip_flag, || number(&line.words[1]))
}

fn next_upstream(upstream: &mut UpstreamRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    const CHOICES: &[(&str, Failures)] = &[
        ("error", Failures::ERROR),
        ("timeout", Failures::TIMEOUT),
        ("invalid_response", Failures::INVALID_HEADER),
        ("denied", Failures::DENIED),
        ("undelivered", Failures::UNDELIVERED),
        ("not_found", Failures::HTTP_404),
        ("off", Failures::OFF),
    ];
    words_of(&mut upstream.next_upstream, builder, line, CHOICES)
}
