//! Frames come in: each is given to the stream that it is for.

use crate::event::Side;
use crate::http::channel::Channel;
use crate::os::net::Io;
use crate::proto::h2::Event;
use crate::proto::{Head, RequestHead};
use crate::worker::*;

use super::super::h1::head as h1;
use super::connection::{fail, gone, of};
use super::flush::FRAME_HEAD;
use super::streams::Begun;
use super::{body, flush, streams};

/// Bytes of one read, and reads of one event; then others get their turn.
const PIECE: usize = 64 << 10;
const BUDGET: usize = 8;

/// Bytes of the heads of all requests of a connection at a time; beyond them each may have `LEAST_HEAD`, where
/// `large_client_header_buffers` would allow more.
const HEADS: usize = 512 << 10;
const LEAST_HEAD: usize = 4 << 10;

/// Reads what has come, and does what it says.
pub fn receive(w: &mut Worker, id: ChannelId) {
    let Some((conn, h2)) = of(w, id) else { return };
    if h2.is_stalled {
        return;
    }
    let mut scratch = w.buffers.take();
    let mut head = w.buffers.head();
    let end = receive_into(w, id, conn, &mut scratch, &mut head);
    w.buffers.give_head(head);
    w.buffers.give(scratch);
    match end {
        Some(Io::Eof) => gone(w, id, None),
        Some(Io::Fail(e)) => gone(w, id, Some(e)),
        _ => {}
    }
}

/// Returns the end of the connection, if that is what came.
fn receive_into(
    w: &mut Worker,
    id: ChannelId,
    conn: ConnId,
    scratch: &mut [u8],
    head: &mut Head,
) -> Option<Io> {
    let inbox = std::mem::take(&mut w.channels[id].inbox);
    let mut len = inbox.len();
    scratch[..len].copy_from_slice(&inbox);
    w.buffers.give_line(inbox);
    for round in 0..=BUDGET {
        let at = take(w, id, &scratch[..len], head)?;
        scratch.copy_within(at..len, 0);
        len -= at;
        let (_, h2) = of(w, id)?;
        if h2.is_stalled || !w.event.conns[conn].read.ready {
            break;
        }
        if round == BUDGET {
            w.event.post(conn, Side::Read);
            break;
        }
        match w.event.recv(conn, &mut scratch[len..len + PIECE]) {
            Io::Done(n) => len += n,
            Io::Again => break,
            end => return Some(end),
        }
    }
    // What has not come whole may wait for long: it gets no more room than it needs.
    w.channels[id].inbox = h1::exact(&scratch[..len]);
    None
}

/// Does what the frames of `bytes` say. Returns how many bytes that were; none: the connection has ended.
fn take(w: &mut Worker, id: ChannelId, bytes: &[u8], head: &mut Head) -> Option<usize> {
    let mut at = 0;
    loop {
        let (_, h2) = of(w, id)?;
        if h2.out.len() > flush::BATCH {
            flush::push(w, id);
            let (_, h2) = of(w, id)?;
            if h2.out.len() > flush::BATCH {
                h2.is_stalled = true;
                return Some(at);
            }
        }
        let before = at;
        match step(w, id, &bytes[at..], head) {
            Step::Went(n) => at += n,
            Step::More(n) => return Some(at + n),
            Step::Over => return None,
        }
        debug_assert!(at > before || at == bytes.len(), "a frame is not taken");
    }
}

enum Step {
    Went(usize),
    /// Less than a frame is left.
    More(usize),
    Over,
}

fn step(w: &mut Worker, id: ChannelId, bytes: &[u8], head: &mut Head) -> Step {
    let Some(Channel { conn, origin, h2: Some(h2), .. }) = w.channels.get_mut(id) else {
        return Step::Over;
    };
    let conn = *conn;
    let mut limits = h1::limits(&w.conf.server(origin.server).core);
    limits.total = limits.total.min(HEADS.saturating_sub(h2.heads).max(LEAST_HEAD));
    let mut line = RequestHead::default();
    let before = h2.out.len();
    let received = h2.codec.receive(bytes, &limits, head, &mut line, &mut h2.out.bytes);
    if h2.out.len() > before {
        w.event.post(conn, Side::Write);
    }
    let (consumed, event) = match received {
        Ok(received) => (received.consumed, received.event),
        Err(e) => {
            fail(w, id, e.code, Some(e.why));
            return Step::Over;
        }
    };
    let length = consumed.saturating_sub(FRAME_HEAD);
    match event {
        Event::More => return Step::More(consumed),
        Event::Nothing => {}
        Event::Request { stream, end, extended } => {
            let begun = Begun { stream, end, extended, length };
            streams::begin(w, id, begun, head, &line);
        }
        Event::Refused { stream, end, violation } => {
            let begun = Begun { stream, end, extended: false, length };
            streams::refuse(w, id, begun, head, &line, violation);
        }
        Event::Data { stream, data, end: _ } => body::receive(w, id, stream, data),
        // nginx, too, passes over the fields behind the body of a request.
        Event::Trailers { stream } => streams::wake_reader(w, id, stream),
        Event::Reset { stream, code } => streams::canceled(w, id, stream, code),
        Event::Broken { stream, error } => streams::broken(w, id, stream, error.why),
        Event::Window { .. } | Event::Priority { .. } => {
            if h2.waiting > 0 {
                w.event.post(conn, Side::Write);
            }
        }
        // Its streams go on.
        Event::GoAway { .. } => {}
    }
    Step::Went(consumed)
}
