//! `memcached_pass`: the value of `$memcached_key` as the answer.

use crate::http::address::split_address;
use crate::http::uri::{Escape, escape};
use crate::proto::{Client, Method};
use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::serve::respond;
use crate::worker::*;

use super::files;

pub const PROTOCOL: Protocol = Protocol {
    // There is none.
    has_own_body: |_| true,
    streams_any_length: |_| false,
    prepare: Some(prepare),
    parse_address: split_address,
    create_request,
    // `health_check` is refused in a location with `memcached_pass`.
    create_probe: |_, _, _| {},
};

/// Only values are asked for, and their type is that of files.
fn prepare(w: &mut Worker, id: RequestId) -> Flow {
    if !matches!(w.requests[id].method, Method::Get | Method::Head) {
        return respond::not_allowed(w, id, b"GET, HEAD");
    }
    let mut key = w.buffers.line();
    eval::template(w, id, &w.location_of(id).memcached.key, &mut key);
    let is_set = !key.is_empty();
    w.buffers.give_line(key);
    if !is_set {
        let text = format_args!("the \"$memcached_key\" variable is not set");
        log::error(w, id, Level::Error, text);
        return Flow::End(500);
    }
    files::set_content_type(w, id);
    Flow::Next
}

fn create_request(w: &mut Worker, id: UpstreamId, out: &mut Vec<u8>) -> Result<(), u16> {
    let request = w.upstreams[id].request;
    let location = w.location_of(request);
    let (mut value, mut key) = (w.buffers.line(), w.buffers.line());
    eval::template(w, request, &location.memcached.key, &mut value);
    escape(&value, Escape::Memcached, &mut key);
    let client = &mut w.upstreams[id].client;
    // The memory of the exchange before serves again, if that was with memcached too.
    let mut memcached = match std::mem::take(client) {
        Client::Memcached(it) => it,
        _ => Box::default(),
    };
    let limit = location.upstream.buffer_size.min(SCRATCH);
    memcached.begin(&key, limit, location.memcached.gzip_flag.into());
    memcached.push_request(out);
    *client = Client::Memcached(memcached);
    w.buffers.give_line(value);
    w.buffers.give_line(key);
    Ok(())
}
