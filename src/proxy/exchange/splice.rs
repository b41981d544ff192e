//! A part of a large response that no filter has to see goes from socket to socket through a pipe.
//!
//! What the client does not take at once is copied to its outbox, as if it had been read: so nothing else
//! needs to know of the pipe. The end of a body always passes through memory, by the ordinary way.

use crate::http::response::{Framing, Stage};
use crate::os::net::Io;
use crate::serve::{downstream, respond};
use crate::worker::*;

use super::{response_head, send::SPLICED};

/// How much may go through a pipe now; none: the ordinary way is to be taken.
fn most(w: &Worker, id: UpstreamId) -> Option<usize> {
    let upstream = &w.upstreams[id];
    let left = upstream.client.opaque().filter(|&left| left > 1)?;
    let rare = &upstream.rare;
    let request = &w.requests[upstream.request];
    let is_seen = rare.tap.is_some() || rare.pace.is_some() || !request.filters.is_empty();
    if left < w.buffers.splice_from || is_seen {
        return None;
    }
    let response = &request.response;
    let is_plain = response.stage == Stage::Sending
        && matches!(response.framing, Framing::Length | Framing::Close);
    let is_free = downstream::takes_splice(w, upstream.request);
    let most = usize::try_from(left - 1).unwrap_or(usize::MAX).min(SPLICED);
    (is_plain && is_free).then_some(most)
}

/// Passes a piece on. None: it is to be read as ever; else what became of it, as a read would tell.
pub fn piece(w: &mut Worker, id: UpstreamId, conn: ConnId, scratch: &mut [u8]) -> Option<Io> {
    let most = most(w, id)?.min(scratch.len());
    if w.event.conns[conn].is_encrypted() {
        return None;
    }
    let mut pipe = w.buffers.pipe(&w.event.driver)?;
    let got = w.event.splice_in(conn, &mut pipe, most);
    let Io::Done(n) = got else {
        w.buffers.give_pipe(pipe);
        return Some(got);
    };
    response_head::count_received(w, id, n);
    let upstream = &mut w.upstreams[id].it;
    upstream.received += n as u64;
    upstream.client.pass(n as u64);
    let request = upstream.request;
    let it = &mut w.requests[request];
    if let Some(it) = it.tries.last_mut() {
        it.response_length += n as u64;
    }
    it.response.body_sent += n as u64;
    let sent = downstream::splice(w, request, &mut pipe, scratch);
    w.buffers.give_pipe(pipe);
    respond::after_send(w, request, sent, false);
    Some(got)
}
