//! The directives of `ngx_http_v2_module`, and those of `ngx_http_v3_module`, which change nothing as long as no
//! `listen` says `quic`.

use crate::conf::directive::{Args, Directive, Line, Places, Set, fill, flag, number};
use crate::conf::error::Wrong;
use crate::conf::value;
use crate::http::conf::builder::Builder;
use crate::http::conf::raw::{LocationRaw, ServerRaw};
use crate::http::settings::http2::Http2Raw;

use super::server::pool_size;

const HERE: Places = Places::HTTP.and(Places::SERVER);

macro_rules! row {
    ($name:literal, $places:expr, $set:expr) => {
        Directive { name: $name, places: $places, args: Args::ONE, set: $set }
    };
    ($name:literal, $set:expr) => {
        row!($name, HERE, $set)
    };
}

/// The directives of `http` and `server`.
pub static SERVER: &[Directive<ServerRaw>] = &[
    row!("http2", Set::Flag(|s| &mut s.http2.enable)),
    row!("http2_max_concurrent_streams", Set::Own(max_concurrent_streams)),
    row!("http2_body_preread_size", Set::Own(body_preread_size)),
    row!("http2_extended_connect", Set::Flag(|s| &mut s.http2.extended_connect)),
    row!("http2_recv_buffer_size", Places::HTTP, Set::Own(recv_buffer_size)),
    row!("http2_pool_size", Set::Own(pool)),
    row!("http2_streams_index_size", Set::Own(streams_index_size)),
    row!("http2_max_requests", Set::Own(obsolete)),
    row!("http2_max_field_size", Set::Own(obsolete)),
    row!("http2_max_header_size", Set::Own(obsolete)),
    row!("http2_idle_timeout", Set::Own(obsolete)),
    row!("http2_recv_timeout", Set::Own(obsolete)),
    row!("http2_max_concurrent_pushes", Set::Own(ignored)),
    row!("http3", Set::Own(|s, b, line| unused_flag(s, b, line, |h| &mut h.http3))),
    row!("http3_hq", Set::Own(|s, b, line| unused_flag(s, b, line, |h| &mut h.http3_hq))),
    row!(
        "http3_max_concurrent_streams",
        Set::Own(|s, b, line| {
            unused_number(s, b, line, |h| &mut h.http3_max_concurrent_streams)
        })
    ),
    row!("http3_stream_buffer_size", Set::Own(stream_buffer_size)),
    row!("quic_retry", Set::Own(|s, b, line| unused_flag(s, b, line, |h| &mut h.quic_retry))),
    row!("quic_gso", Set::Own(|s, b, line| unused_flag(s, b, line, |h| &mut h.quic_gso))),
    row!("quic_host_key", Set::Own(|_, b, line| unused(b, line))),
    row!(
        "quic_active_connection_id_limit",
        Set::Own(|s, b, line| {
            unused_number(s, b, line, |h| &mut h.quic_active_connection_id_limit)
        })
    ),
];

/// The directives of locations, too.
pub static LOCATION: &[Directive<LocationRaw>] = &[
    row!("http2_chunk_size", HERE.and(Places::LOCATION), Set::Own(chunk_size)),
    row!("http2_push", HERE.and(Places::LOCATION), Set::Own(ignored)),
    row!("http2_push_preload", HERE.and(Places::LOCATION), Set::Own(ignored)),
];

type Done = Result<(), Wrong>;

/// The largest window, and the largest frame (RFC 9113, 6.9.1 and 4.2).
const MAX_WINDOW: usize = i32::MAX as usize;
const MAX_FRAME: usize = (1 << 24) - 1;

fn max_concurrent_streams(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.http2.max_concurrent_streams, || number(&line.words[1]))
}

fn size(line: &Line<'_>) -> Result<usize, Wrong> {
    value::size(&line.words[1]).ok_or_else(Wrong::invalid_value)
}

fn body_preread_size(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.http2.body_preread_size, || match size(line)? {
        size if size > MAX_WINDOW => {
            Err(format!("the maximum body preread buffer size is {MAX_WINDOW}").into())
        }
        size => Ok(size),
    })
}

fn chunk_size(l: &mut LocationRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut l.core.http2_chunk_size, || match size(line)? {
        0 => Err("the http2 chunk size cannot be zero".into()),
        size => Ok(size.min(MAX_FRAME)),
    })
}

fn recv_buffer_size(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.http2.recv_buffer_size, || match size(line)? {
        0..=32 => Err("the recv buffer size must be larger than 32".into()),
        size => Ok(size),
    })
}

fn pool(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.http2.pool_size, || pool_size(line))
}

fn streams_index_size(s: &mut ServerRaw, _: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.http2.streams_index_size, || match number(&line.words[1])? {
        size if size.is_power_of_two() => Ok(size),
        _ => Err("must be a power of two".into()),
    })
}

/// nginx reads nothing of such a line.
fn obsolete(_: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    let name = line.name();
    let other = match &*name {
        "http2_max_requests" => "keepalive_requests",
        "http2_idle_timeout" => "keepalive_timeout",
        "http2_recv_timeout" => "client_header_timeout",
        _ => "large_client_header_buffers",
    };
    let text =
        format!("the \"{name}\" directive is obsolete, use the \"{other}\" directive instead");
    builder.warn(&text, line.at);
    Ok(())
}

fn ignored<S>(_: &mut S, builder: &mut Builder, line: &Line<'_>) -> Done {
    let text = format!("the \"{}\" directive is obsolete, ignored", line.name());
    builder.warn(&text, line.at);
    Ok(())
}

/// There is no HTTP/3; where no `listen` asks for it, nothing is missing.
fn unused(builder: &mut Builder, line: &Line<'_>) -> Done {
    let text = format!("\"{}\": without effect, there is no HTTP/3", line.name());
    builder.note(&text, line.at);
    Ok(())
}

fn unused_flag(
    s: &mut ServerRaw,
    builder: &mut Builder,
    line: &Line<'_>,
    slot: fn(&mut Http2Raw) -> &mut Option<bool>,
) -> Done {
    fill(slot(&mut s.http2), || flag(line))?;
    unused(builder, line)
}

fn unused_number(
    s: &mut ServerRaw,
    builder: &mut Builder,
    line: &Line<'_>,
    slot: fn(&mut Http2Raw) -> &mut Option<u32>,
) -> Done {
    fill(slot(&mut s.http2), || number(&line.words[1]))?;
    unused(builder, line)
}

fn stream_buffer_size(s: &mut ServerRaw, builder: &mut Builder, line: &Line<'_>) -> Done {
    fill(&mut s.http2.http3_stream_buffer_size, || size(line))?;
    unused(builder, line)
}
