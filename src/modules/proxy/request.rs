//! The request as an HTTP/1 server gets it.

use crate::http::conf::Location;
use crate::http::request::{BodyState, Request};
use crate::http::settings::proxy::{RequestHeaders, Version};
use crate::http::{upstream_uri, uri};
use crate::proto::h1::{self, write};
use crate::proto::{Client, Method};
use crate::proxy::exchange::fields;
use crate::serve::eval;
use crate::worker::*;

/// Appends the request but for the client's body, and begins to speak HTTP/1 with the server.
pub fn create_request(w: &mut Worker, id: UpstreamId, out: &mut Vec<u8>) -> Result<(), u16> {
    let request = w.upstreams[id].request;
    let start = out.len();
    let length = build(w, request, out);
    let location = w.location_of(request);
    if let Some(template) = &location.proxy.set_body {
        eval::template(w, request, template, out);
    }
    let upstream = &mut w.upstreams[id];
    upstream.is_head =
        out.get(start..start + 5).is_some_and(|it| it.eq_ignore_ascii_case(b"HEAD "));
    upstream.client = Client::H1(h1::Client::new(h1::Sent {
        is_head: upstream.is_head,
        chunked: length == BodyLength::Chunked,
        keep_trailers: location.upstream.pass_trailers,
        limit: location.upstream.buffer_size.min(SCRATCH) as u32,
    }));
    Ok(())
}

/// The body is that of `proxy_set_body`, or none is sent.
pub fn has_own_body(location: &Location) -> bool {
    location.proxy.set_body.is_some() || !location.upstream.pass_request_body
}

/// A body of unknown length can be streamed: it goes in chunks.
pub fn streams_any_length(location: &Location) -> bool {
    location.proxy.http_version == Version::V11 && !location.proxy.headers.no_coding
}

/// Appends the head. What variables bring into it cannot end a line.
fn build(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> BodyLength {
    let location = w.location_of(id);
    let proxy = &location.proxy;
    let settings = &location.upstream;
    let mut headers = &proxy.headers;
    let mut asks_get = false;
    if let (Some(to_cache), Some(cache)) = (&proxy.headers_to_cache, &location.cache) {
        if w.requests[id].may_store() {
            headers = to_cache;
            asks_get = w.requests[id].method == Method::Head && cache.settings.convert_head;
        }
    }
    match &proxy.method {
        _ if asks_get => out.extend_from_slice(b"GET"),
        Some(template) => {
            let start = out.len();
            eval::template(w, id, template, out);
            clean(&mut out[start..]);
        }
        None => out.extend_from_slice(w.requests[id].method_name()),
    }
    out.push(b' ');
    let start = out.len();
    if let Some(pass) = &location.pass {
        upstream_uri::push(&w.requests[id], pass, out);
    }
    clean_target(out, start);
    out.extend_from_slice(match proxy.http_version {
        Version::V10 => b" HTTP/1.0\r\n",
        _ => b" HTTP/1.1\r\n",
    });
    let length = set_fields(w, id, headers, out);
    if settings.pass_request_headers {
        copy_fields(&w.requests[id], headers, out);
    }
    out.extend_from_slice(b"\r\n");
    length
}

/// `proxy_set_header`, the defaults, and the framing of the body.
fn set_fields(
    w: &mut Worker,
    id: RequestId,
    headers: &'static RequestHeaders,
    out: &mut Vec<u8>,
) -> BodyLength {
    for field in &headers.set {
        let start = out.len();
        out.extend_from_slice(&field.name);
        out.extend_from_slice(b": ");
        let value = out.len();
        match field.value.as_text() {
            Some(text) => out.extend_from_slice(text),
            None => eval::template(w, id, &field.value, out),
        }
        if out.len() == value {
            out.truncate(start);
            continue;
        }
        clean(&mut out[value..]);
        out.extend_from_slice(b"\r\n");
    }
    let length = body_length(w, id);
    match length {
        BodyLength::None => {}
        BodyLength::Known(0) if hides_length(w, id, headers) => {}
        BodyLength::Known(len) => write::field_number(out, b"Content-Length", len),
        BodyLength::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
    length
}

/// `proxy_set_header Content-Length` may leave it out where there is no body.
fn hides_length(w: &mut Worker, id: RequestId, headers: &'static RequestHeaders) -> bool {
    let Some(template) = &headers.length else { return false };
    let mut text = w.buffers.line();
    eval::template(w, id, template, &mut text);
    let hides = text.is_empty();
    w.buffers.give_line(text);
    hides
}

/// How long the body is that the server gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum BodyLength {
    /// There is none, and no field says so.
    None,
    Known(u64),
    Chunked,
}

fn body_length(w: &mut Worker, id: RequestId) -> BodyLength {
    let proxy = &w.location_of(id).proxy;
    let settings = &w.location_of(id).upstream;
    if let Some(template) = &proxy.set_body {
        let mut text = w.buffers.line();
        eval::template(w, id, template, &mut text);
        let len = text.len() as u64;
        w.buffers.give_line(text);
        return BodyLength::Known(len);
    }
    let body = &w.requests[id].body;
    if !settings.pass_request_body {
        return BodyLength::None;
    }
    match (body.state, body.length) {
        (BodyState::Streaming, None) if body.is_chunked() => BodyLength::Chunked,
        (_, Some(len)) => BodyLength::Known(len),
        (BodyState::Complete, None) if body.is_chunked() => BodyLength::Known(body.kept_len()),
        _ => BodyLength::None,
    }
}

/// The client's fields, but for those that are set above and those that end here.
fn copy_fields(request: &Request, headers: &RequestHeaders, out: &mut Vec<u8>) {
    let head = &request.head;
    for field in &head.fields {
        // Most names are known, and most known names are passed on: both are answered by a bit.
        let ends_here = headers.drop.has(field.id, head.name(field))
            || (request.line.connection_fields
                && fields::is_named_by_connection(head, head.name(field)));
        if !ends_here {
            head.push_line(field, out);
        }
    }
}

fn clean(bytes: &mut [u8]) {
    if memchr::memchr3(b'\r', b'\n', 0, bytes).is_some() {
        for byte in bytes.iter_mut().filter(|byte| matches!(**byte, b'\r' | b'\n' | 0)) {
            *byte = b' ';
        }
    }
}

/// A target ends at a space: one that a variable brought would end it early, and is escaped.
fn clean_target(out: &mut Vec<u8>, start: usize) {
    if out[start..].iter().all(|&byte| byte > b' ' && byte != 0x7f) {
        return;
    }
    let raw = out.split_off(start);
    for byte in raw {
        match byte > b' ' && byte != 0x7f {
            true => out.push(byte),
            false => uri::escape(&[byte], uri::Escape::Component, out),
        }
    }
}
