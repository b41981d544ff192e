//! The head of a response, as a block of fields.

use crate::http::h2::H2;
use crate::http::status;
use crate::worker::*;

use super::super::head;

/// Appends the head. `end`: nothing follows.
pub fn write(w: &mut Worker, id: ChannelId, stream: u32, r: RequestId, end: bool) {
    let mut number = itoa::Buffer::new();
    let mut value = w.buffers.line();
    if let Some(location) = &w.requests[r].response.rare.location {
        head::location(w, r, location, &mut value);
    }
    let Worker { channels, requests, conf, dates, event, .. } = w;
    let it = &requests[r].it;
    let response = &it.response;
    let core = &conf.location(it.location).core;
    let is_tunnel = response.status == 101;
    let Some(h2) = channels.get_mut(id).and_then(|channel| channel.h2.as_deref_mut()) else {
        return;
    };
    let H2 { codec, out, .. } = h2;
    let mut block = codec.headers(&mut out.bytes);
    block.status(if is_tunnel { 200 } else { status::on_wire(response.status) });
    if !response.has_server {
        block.field(b"server", head::signature(core.server_tokens).as_bytes());
    }
    if !response.has_date {
        block.field(b"date", &dates.http(event.wall));
    }
    if !response.content_type.is_empty() {
        block.field(b"content-type", &response.content_type);
    }
    if let Some(len) = response.content_length {
        block.field(b"content-length", number.format(len).as_bytes());
    }
    if let Some(secs) = response.rare.last_modified {
        block.field(b"last-modified", &crate::http::dates::http(secs));
    }
    if response.rare.location.is_some() {
        block.field(b"location", &value);
    }
    match is_tunnel {
        false => block.fields(&response.fields),
        true => {
            let fields = response.fields.iter();
            let passed = fields.filter(|(_, name, _)| !name.eq_ignore_ascii_case(ACCEPT));
            passed.for_each(|(_, name, value)| block.field(name, value));
        }
    }
    block.finish(stream, end);
    w.buffers.give_line(value);
}

/// It answers a key that is not the client's (RFC 8441, 5.1).
const ACCEPT: &[u8] = b"sec-websocket-accept";
