//! The directives that stand in `http` and `server` only.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::ServerRaw;
use crate::http::settings::server::Buffers;

const HERE: Places = Places::HTTP.and(Places::SERVER);

macro_rules! row {
    ($name:literal, $args:expr, $set:expr) => {
        Directive { name: $name, places: HERE, args: $args, set: $set }
    };
}

/// The directives that stand in `http` and `server` only.
pub static ROWS: &[Directive<ServerRaw>] = &[
    row!("client_body_early_read", Args::SOME, Set::Own(early_read)),
    row!("client_header_timeout", Args::ONE, Set::Msec(|s| &mut s.core.client_header_timeout)),
    row!(
        "client_header_buffer_size",
        Args::ONE,
        Set::Size(|s| &mut s.core.client_header_buffer_size)
    ),
    row!("large_client_header_buffers", Args::TWO, Set::Own(large_buffers)),
    row!("max_headers", Args::ONE, Set::Number(|s| &mut s.core.max_headers)),
    row!("ignore_invalid_headers", Args::ONE, Set::Flag(|s| &mut s.core.ignore_invalid_headers)),
    row!("underscores_in_headers", Args::ONE, Set::Flag(|s| &mut s.core.underscores_in_headers)),
    row!("merge_slashes", Args::ONE, Set::Flag(|s| &mut s.core.merge_slashes)),
    row!("connection_pool_size", Args::ONE, Set::Own(connection_pool)),
    row!("request_pool_size", Args::ONE, Set::Own(request_pool)),
    Directive {
        name: "listen",
        places: Places::SERVER,
        args: Args::SOME,
        set: Set::Own(super::listen::listen),
    },
    Directive {
        name: "server_name",
        places: Places::SERVER,
        args: Args::SOME,
        set: Set::Own(super::listen::server_name),
    },
];

fn early_read(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    for word in line.args() {
        let condition = builder.template(word)?;
        s.core.client_body_early_read.get_or_insert_default().push(condition);
    }
    Ok(())
}

fn connection_pool(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut s.core.connection_pool_size, || pool_size(line))
}

fn request_pool(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut s.core.request_pool_size, || pool_size(line))
}

/// There are no such pools; but what nginx would not start with is found.
pub(super) fn pool_size(line: &Line<'_>) -> Result<usize, Wrong> {
    let size = value::size(&line.words[1]).ok_or_else(Wrong::invalid_value)?;
    match size {
        0..112 => Err("the pool size must be no less than 112".into()),
        _ if size % 16 != 0 => Err("the pool size must be a multiple of 16".into()),
        _ => Ok(size),
    }
}

fn large_buffers(server: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Result<(), Wrong> {
    fill(&mut server.core.large_client_header_buffers, || Buffers::parse(line))
}
