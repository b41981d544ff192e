//! Requests begin, are refused, are given up by their clients, and end.

use std::fmt::Arguments;

use crate::base::base64;
use crate::event::Side;
use crate::http::channel::Channel;
use crate::http::downstream::Downstream;
use crate::http::h2::H2;
use crate::http::request::{BodyState, Outcome, Persistence};
use crate::http::response::Stage;
use crate::os::Errno;
use crate::proto::h1::body::Body;
use crate::proto::h2::ErrorCode;
use crate::proto::{Field, Form, Framing, Head, RequestHead, Violation};
use crate::worker::*;

use super::super::{begin as memory, finish, log, phases, respond};
use super::body;
use super::connection::{count, of};

/// The head of a request has come.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    pub stream: u32,
    /// There is no body.
    pub end: bool,
    /// CONNECT with a protocol.
    pub extended: bool,
    /// Bytes of the last frame of its head.
    pub length: usize,
}

/// A request begins: the same that follows a head of HTTP/1.
pub fn begin(w: &mut Worker, id: ChannelId, begun: Begun, head: &mut Head, line: &RequestHead) {
    let r = attach(w, id, begun, head, line);
    let request = &mut w.requests[r].it;
    request.body.expects_continue = line.expect_continue && !begun.end;
    match line.framing {
        _ if begun.extended => {}
        Framing::None => {}
        Framing::Sized(len) => {
            request.body.length = Some(len);
            request.body.rest = if len == 0 { Body::Empty } else { Body::Sized(len) };
        }
        // Until the stream ends.
        Framing::Chunked => request.body.rest = Body::UntilClose,
    }
    if request.body.rest.is_done() {
        request.body.state = BodyState::Complete;
    }
    if begun.extended {
        add_key(w, r);
        body::widen(w, id, begun.stream);
    }
    count(w, id);
    if let Err(violation) = phases::set_uri(w, r) {
        w.requests[r].uri.clear();
        return respond::refuse_started(w, r, violation);
    }
    match phases::find_server(w, r) {
        Ok(()) if line.form == Form::Asterisk => respond::options(w, r),
        Ok(()) => phases::run(w, r),
        Err(violation) => respond::refuse_started(w, r, violation),
    }
}

/// A request is refused for its head, of which `head` and `line` have what could be read.
pub fn refuse(
    w: &mut Worker,
    id: ChannelId,
    begun: Begun,
    head: &mut Head,
    line: &RequestHead,
    violation: Violation,
) {
    let r = attach(w, id, begun, head, line);
    if !line.target.is_empty() && phases::set_uri(w, r).is_err() {
        w.requests[r].uri.clear();
    }
    count(w, id);
    // A name that runs away leaves the default server.
    let _ = phases::find_server(w, r);
    respond::refuse(w, r, violation, "");
}

/// The request of a new stream; it takes the head and leaves its memory.
fn attach(
    w: &mut Worker,
    id: ChannelId,
    begun: Begun,
    head: &mut Head,
    line: &RequestHead,
) -> RequestId {
    let server = w.channels[id].origin.server;
    let r = memory::request(w, Downstream::H2(id, begun.stream), server);
    respond::take_fields(w, r);
    let channel = &mut w.channels[id];
    channel.requests += 1;
    channel.head_since = w.event.now;
    let request = &mut w.requests[r].it;
    std::mem::swap(&mut request.head, head);
    request.line = *line;
    request.method = line.method;
    request.persistence = Persistence::KeepAlive;
    request.number = channel.requests;
    request.start = w.event.now;
    request.length = begun.length as u64;
    let size = request.head.bytes.len() + request.head.fields.len() * size_of::<Field>();
    if let Some(h2) = &mut channel.h2 {
        h2.heads += h2.stream(begun.stream).map_or(0, |stream| {
            (stream.request, stream.head) = (Some(r), size);
            size
        });
    }
    w.stats.requests += 1;
    w.http2.streams += 1;
    r
}

/// A server of HTTP/1 wants a key of the handshake that CONNECT replaces (RFC 8441, 5.1).
fn add_key(w: &mut Worker, r: RequestId) {
    let nonce = [w.rng.word(), w.rng.word()].map(u64::to_be_bytes);
    let mut key = w.buffers.line();
    base64::encode(nonce.as_flattened(), false, &mut key);
    w.requests[r].head.push_copy(b"Sec-WebSocket-Key", &key);
    w.buffers.give_line(key);
}

/// The request of a stream.
pub fn request_of(w: &mut Worker, id: ChannelId, stream: u32) -> Option<RequestId> {
    let (_, h2) = of(w, id)?;
    h2.stream(stream)?.request
}

/// The request's read handler is called.
pub fn wake_reader(w: &mut Worker, id: ChannelId, stream: u32) {
    if let Some(request) = request_of(w, id, stream) {
        (w.requests[request].read)(w, request);
    }
}

/// The client has given the stream up.
pub fn canceled(w: &mut Worker, id: ChannelId, stream: u32, code: u32) {
    let Some(request) = request_of(w, id, stream) else { return close(w, id, stream) };
    let info = |text: Arguments<'_>| log::error(w, request, log::Level::Info, text);
    match ErrorCode::of(code) {
        Some(ErrorCode::Cancel) => info(format_args!("client canceled stream {stream}")),
        Some(ErrorCode::InternalError) => {
            info(format_args!("client terminated stream {stream} due to internal error"));
        }
        _ => info(format_args!("client terminated stream {stream} with status {code}")),
    }
    leave(w, request);
}

/// The client broke the protocol on the stream, which has been reset.
pub fn broken(w: &mut Worker, id: ChannelId, stream: u32, why: &str) {
    let Some(request) = request_of(w, id, stream) else { return close(w, id, stream) };
    log::error(w, request, log::Level::Info, format_args!("{why}"));
    if !w.requests[request].response.is_begun() {
        w.requests[request].response.status = 400;
    }
    finish::close(w, request);
}

/// The connection of the request has ended.
pub fn client_left(w: &mut Worker, request: RequestId, error: Option<Errno>) {
    if is_wanted(w, request) {
        return leave(w, request);
    }
    finish::client_gone(w, request, error);
}

fn is_wanted(w: &Worker, request: RequestId) -> bool {
    let r = &w.requests[request];
    let ignores = w.location_of(request).upstream.ignore_client_abort;
    (ignores && r.upstream.is_some() && r.body.rest.is_done())
        || finish::is_wanted_without_client(w, request)
}

/// The client does not want the response any more: the request ends, or goes on without it.
fn leave(w: &mut Worker, request: RequestId) {
    if is_wanted(w, request) {
        return finish::go_on_alone(w, request);
    }
    if w.requests[request].response.stage < Stage::Sending {
        w.requests[request].response.status = 499;
    }
    finish::close(w, request);
}

/// `send_timeout` is over.
pub fn send_timed_out(w: &mut Worker, request: RequestId) {
    if w.requests.get(request).is_none_or(|it| it.outcome.is_some()) {
        return;
    }
    w.requests[request].action = "sending to client";
    let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
    log::error(w, request, log::Level::Info, text);
    if !finish::goes_on_alone(w, request) {
        finish::close(w, request);
    }
}

/// The request has ended: so does its stream, in order if the response is whole.
pub fn ended(w: &mut Worker, id: ChannelId, stream: u32, request: RequestId, outcome: Outcome) {
    let is_whole = w.requests[request].response.stage == Stage::Ended;
    let Some((conn, h2)) = of(w, id) else { return };
    let H2 { codec, out, .. } = h2;
    let Some(it) = codec.streams.get(stream) else { return };
    if !it.is_local_closed() && !it.is_reset() {
        match outcome {
            // Of a tunnel, whose server has closed.
            Outcome::Done if is_whole => codec.data(stream, 0, true, &mut out.bytes),
            Outcome::Done => codec.reset(stream, ErrorCode::InternalError, &mut out.bytes),
            Outcome::Close => codec.reset(stream, ErrorCode::Cancel, &mut out.bytes),
        }
    }
    w.event.post(conn, Side::Write);
    close(w, id, stream);
}

/// The request goes on without its stream.
pub fn detach(w: &mut Worker, id: ChannelId, stream: u32) {
    let Some((conn, h2)) = of(w, id) else { return };
    let H2 { codec, out, .. } = h2;
    if codec.streams.get(stream).is_some_and(|it| !it.is_local_closed() && !it.is_reset()) {
        codec.reset(stream, ErrorCode::InternalError, &mut out.bytes);
    }
    w.event.post(conn, Side::Write);
    close(w, id, stream);
}

/// The stream is closed, and what it had is given back.
fn close(w: &mut Worker, id: ChannelId, stream: u32) {
    let Worker { channels, buffers, .. } = w;
    let Some(Channel { h2: Some(h2), .. }) = channels.get_mut(id) else { return };
    let Some(it) = h2.close(stream) else { return };
    // The client may send as much of others.
    h2.codec.give_connection(it.inbox.len(), &mut h2.out.bytes);
    buffers.give_line(it.inbox);
}
