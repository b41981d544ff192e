//! The response's body: read if there is room, written if there is data.
//!
//! A piece is read into the worker's scratch buffer, decoded there, and written to the client in the same
//! call. What the client does not take stays in its outbox, and until that is empty nothing more is read:
//! the remainder is bounded by one read.

use crate::event::Side;
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::h1::body::Body;
use crate::serve::channel::Sent;
use crate::serve::log::{self, Level};
use crate::serve::{finish, respond};
use crate::upstream::exchange::Spoiled;
use crate::worker::*;

use super::{connection, head, release};

/// Reads of one event; then others get their turn.
const BUDGET: usize = 4;

/// What came behind the head, and then what comes.
pub fn begin(w: &mut Worker, id: UpstreamId, first: &mut [u8]) {
    let request = w.upstreams[id].request;
    w.requests[request].write = client_writable;
    if !take(w, id, first) {
        return;
    }
    forget_heads(w, id);
    if let Some(conn) = connection(w, id) {
        if w.event.conns[conn].read.ready {
            w.event.post(conn, Side::Read);
        }
        w.event.cancel(conn, Side::Read);
        arm(w, id, conn);
    }
}

/// The response goes on: it may take long, and its head has been passed on.
fn forget_heads(w: &mut Worker, id: UpstreamId) {
    if w.conf.http.remembers_fields {
        return;
    }
    let Worker { requests, upstreams, buffers, .. } = w;
    let upstream = &mut upstreams[id].it;
    buffers.give_head(std::mem::take(&mut upstream.head));
    let response = &mut requests[upstream.request].response;
    buffers.give_head(std::mem::take(&mut response.fields));
}

/// The task's read handler while the body comes.
pub fn readable(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    if w.event.conns[conn].read.timedout {
        w.event.conns[conn].read.timedout = false;
        let request = w.upstreams[id].request;
        if is_client_slow(w, request) {
            // It is the client that keeps the server waiting; send_timeout watches it.
            return;
        }
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Error, text);
        return cut_short(w, id, Spoiled::Failed);
    }
    let request = w.upstreams[id].request;
    let proxy = &w.location_of(request).proxy;
    let most = match (proxy.buffering, proxy.buffers) {
        (true, Some(buffers)) => buffers.total().max(proxy.buffer_size).min(SCRATCH),
        (true, None) => SCRATCH,
        (false, _) => proxy.buffer_size.clamp(4096, SCRATCH),
    };
    let mut scratch = w.buffers.take();
    let more = read(w, id, conn, &mut scratch[..most]);
    w.buffers.give(scratch);
    if more {
        arm(w, id, conn);
    }
}

fn read(w: &mut Worker, id: UpstreamId, conn: ConnId, scratch: &mut [u8]) -> bool {
    let request = w.upstreams[id].request;
    for _ in 0..BUDGET {
        if is_client_slow(w, request) || !w.event.conns[conn].read.ready {
            return true;
        }
        match w.event.recv(conn, scratch) {
            Io::Done(n) => {
                head::count_received(w, id, n);
                w.event.cancel(conn, Side::Read);
                if !take(w, id, &mut scratch[..n]) {
                    return false;
                }
            }
            Io::Again => return true,
            Io::Eof => {
                ended(w, id, None);
                return false;
            }
            Io::Fail(e) => {
                ended(w, id, Some(e));
                return false;
            }
        }
    }
    w.event.post(conn, Side::Read);
    true
}

/// The client has not taken yet what was read last.
fn is_client_slow(w: &Worker, request: RequestId) -> bool {
    !w.channels[w.requests[request].channel].outbox.is_empty()
}

/// The request's write handler: the client took everything, so the server may go on.
fn client_writable(w: &mut Worker, request: RequestId) {
    let Some(id) = w.requests[request].upstream else { return };
    if is_client_slow(w, request) {
        return;
    }
    let Some(conn) = connection(w, id) else { return };
    if w.event.conns[conn].read.ready {
        w.event.post(conn, Side::Read);
    }
    arm(w, id, conn);
}

/// `proxy_read_timeout` from now on, unless it runs already; not while it is the client who is awaited.
fn arm(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let request = w.upstreams[id].request;
    match is_client_slow(w, request) {
        true => w.event.cancel(conn, Side::Read),
        false if w.event.conns[conn].read.is_armed() => {}
        false => {
            let timeout = w.location_of(request).proxy.read_timeout;
            w.event.arm(conn, Side::Read, timeout);
        }
    }
}

/// Passes on what of `bytes` is body. False: the response is whole, or over.
fn take(w: &mut Worker, id: UpstreamId, bytes: &mut [u8]) -> bool {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    let decoded = match upstream.body.decode(bytes) {
        Ok(decoded) => decoded,
        Err(violation) => {
            log::error(w, request, Level::Error, format_args!("{}", violation.why));
            cut_short(w, id, Spoiled::Failed);
            return false;
        }
    };
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.response_length += decoded.data as u64;
    }
    if decoded.end {
        if decoded.consumed < bytes.len() {
            w.upstreams[id].spoiled = Some(Spoiled::ExcessBytes);
            // The words that people know from nginx.
            let text = match w.upstreams[id].line.chunked {
                true => format_args!("upstream sent data after final chunk"),
                false => format_args!(
                    "upstream sent more data than specified in \"Content-Length\" header"
                ),
            };
            log::error(w, request, Level::Warn, text);
        }
        release::release(w, id);
        respond::write(w, request, &bytes[..decoded.data], true);
        return false;
    }
    let sent = respond::write(w, request, &bytes[..decoded.data], false);
    !matches!(sent, Sent::Failed(_))
}

/// The server closed. With a body that lasts until then, that is its end.
fn ended(w: &mut Worker, id: UpstreamId, e: Option<Errno>) {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    match (e, &upstream.body) {
        (None, Body::UntilClose) => {
            upstream.spoiled = Some(Spoiled::PeerClosed);
            release::release(w, id);
            respond::write(w, request, &[], true);
            return;
        }
        (Some(e), _) => {
            log::error(w, request, Level::Error, format_args!("recv() failed ({e})"));
        }
        (None, _) => {
            let text = format_args!("upstream prematurely closed connection");
            log::error(w, request, Level::Error, text);
        }
    }
    cut_short(w, id, Spoiled::PeerClosed);
}

/// The response cannot be completed: the client's connection is closed, so that the truncation shows.
///
/// What it has been sent already still reaches it first.
fn cut_short(w: &mut Worker, id: UpstreamId, why: Spoiled) {
    let upstream = &mut w.upstreams[id];
    upstream.spoiled = Some(why);
    let request = upstream.request;
    release::release(w, id);
    let channel = w.requests[request].channel;
    match w.channels[channel].outbox.is_empty() {
        true => finish::close(w, request),
        false => w.requests[request].write = finish::close_when_drained,
    }
}
