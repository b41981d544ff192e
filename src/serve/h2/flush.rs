//! Frames go out, those of the most urgent streams first.
//!
//! Of streams with the same urgency (RFC 9218) each has its turn: one that asked for its bytes incrementally sends a
//! frame, any other as much as `TURN`. So a response that is of use only as a whole is mostly sent at once, and none
//! waits for a long one to end.

use crate::base::pace::Pace;
use crate::event::Side;
use crate::http::channel::Channel;
use crate::http::h2::{H2, Stream};
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::h2::Stream as CodecStream;
use crate::worker::*;

use super::super::finish;
use super::connection::{self, of};

/// The most bytes of frames that are made before they are sent.
pub const BATCH: usize = 64 << 10;

/// Bytes before the payload of a frame.
pub const FRAME_HEAD: usize = crate::proto::h2::frame::HEAD;

/// What a stream sends until the next one has its turn.
const TURN: usize = 32 << 10;

/// Batches of one event; then others get their turn.
const BUDGET: usize = 16;

/// A part of a file that comes into memory at once.
const LOAD: usize = 64 << 10;

/// Sends what waits, and wakes the requests whose responses may go on.
pub fn flush(w: &mut Worker, id: ChannelId) {
    let mut drained = Vec::new();
    for round in 0..=BUDGET {
        if !push(w, id) {
            break;
        }
        if round == BUDGET {
            if let Some((conn, _)) = of(w, id) {
                w.event.post(conn, Side::Write);
            }
            break;
        }
        if !fill(w, id, &mut drained) {
            break;
        }
    }
    let Some((conn, h2)) = of(w, id) else { return };
    if h2.is_stalled && h2.out.len() < BATCH / 2 {
        h2.is_stalled = false;
        w.event.post(conn, Side::Read);
    }
    for request in drained {
        if w.requests.get(request).is_some_and(|it| it.outcome.is_none()) {
            (w.requests[request].write)(w, request);
        }
    }
}

/// Sends the frames that are made. True: all are sent.
pub fn push(w: &mut Worker, id: ChannelId) -> bool {
    let now = w.event.now;
    let Worker { channels, event, conf, .. } = &mut *w;
    let Some(Channel { conn, h2: Some(h2), origin, .. }) = channels.get_mut(id) else {
        return false;
    };
    let conn = *conn;
    let mut failed = None;
    let mut has_moved = false;
    while !h2.out.is_empty() && event.conns[conn].write.ready {
        match event.send(conn, h2.out.rest()) {
            Io::Done(n) => {
                h2.out.advance(n);
                has_moved = true;
            }
            Io::Again => break,
            Io::Eof => failed = Some(Errno::PIPE),
            Io::Fail(e) => failed = Some(e),
        }
        if failed.is_some() {
            break;
        }
    }
    if let Some(e) = failed {
        socket_failed(w, id, e);
        return false;
    }
    if h2.out.is_empty() {
        h2.out_until = 0;
        return true;
    }
    if has_moved || h2.out_until == 0 {
        let root = conf.server(origin.server).root;
        let timeout = conf.location(root).core.send_timeout;
        h2.out_until = now + timeout;
        event.arm_sooner(conn, Side::Write, timeout);
    }
    false
}

/// The connection ends, but later in this turn: the caller may be in the middle of one of its requests.
pub fn socket_failed(w: &mut Worker, id: ChannelId, error: Errno) {
    let Some((conn, h2)) = of(w, id) else { return };
    h2.out.replace(Vec::new());
    h2.failed = Some(error);
    w.event.conns[conn].write.ready = false;
    w.event.post(conn, Side::Read);
}

/// The payload of a frame that is, with its head, as long as a chunk: then whole frames fill whole records of TLS.
pub fn whole(chunk: usize) -> usize {
    chunk.saturating_sub(FRAME_HEAD).max(1)
}

/// Makes frames of what waits in the outboxes. False: there is nothing that may go.
fn fill(w: &mut Worker, id: ChannelId, drained: &mut Vec<RequestId>) -> bool {
    let now = w.event.now;
    let Worker { channels, requests, event, conf, .. } = &mut *w;
    let Some(Channel { conn, h2: Some(h2), .. }) = channels.get_mut(id) else { return false };
    while h2.out.len() < BATCH {
        let Some(stream) = next(h2) else { break };
        let Some(it) = h2.stream(stream) else { break };
        let core = it.request.map(|r| &conf.location(requests[r].location).core);
        let (chunk, timeout) =
            core.map_or((8 << 10, 60_000), |core| (core.http2_chunk_size, core.send_timeout));
        if it.outbox.load(LOAD).is_err() {
            // The file became shorter than its length was announced to be.
            it.outbox.clear();
            it.end = None;
            if let Some(r) = it.request {
                drained.push(r);
                requests[r].it.response.stage = crate::http::response::Stage::Sending;
                requests[r].write = finish::break_off;
            }
            h2.recount(stream);
            continue;
        }
        let most = match &it.pace {
            None => usize::MAX,
            Some(pace) => match pace.allowance(now, it.sent) {
                Ok(most) => usize::try_from(most).unwrap_or(usize::MAX),
                Err(wait) => {
                    pause(h2, stream, now, wait);
                    event.arm_sooner(*conn, Side::Write, wait);
                    continue;
                }
            },
        };
        let moved = frame(h2, stream, whole(chunk).min(most));
        h2.credit = h2.credit.saturating_sub(moved);
        let Some(it) = h2.stream(stream) else { break };
        if let Some(r) = it.request {
            requests[r].it.response.head_size = it.overhead;
        }
        let wait = match &it.pace {
            Some(pace) if !it.outbox.is_empty() => pace.pause(it.sent, moved as u64),
            _ => 0,
        };
        if it.is_drained() {
            it.room_until = 0;
            drained.extend(it.request);
        } else if wait > 0 {
            pause(h2, stream, now, wait);
            event.arm_sooner(*conn, Side::Write, wait);
        } else {
            it.room_until = now + timeout;
            event.arm_sooner(*conn, Side::Write, timeout);
        }
    }
    !h2.out.is_empty()
}

/// `limit_rate`: the rest goes when a timer rings. Until then no `send_timeout` runs.
fn pause(h2: &mut H2, stream: u32, now: u64, wait: u64) {
    let Some(it) = h2.stream(stream) else { return };
    it.paused_until = now + wait;
    it.room_until = 0;
    if let Some(pace) = &mut it.pace {
        pace.paused = true;
    }
}

/// Appends a frame with what is next in the stream's outbox, or with its end. Returns how much that was.
fn frame(h2: &mut H2, stream: u32, most: usize) -> usize {
    let room = h2.codec.room(stream).min(most);
    let Some(it) = h2.stream(stream) else { return 0 };
    let Some((len, is_only)) = it.outbox.first_len() else {
        end(h2, stream);
        return 0;
    };
    let n = usize::try_from(len).unwrap_or(usize::MAX).min(room);
    let is_end =
        is_only && n as u64 == len && it.end.as_ref().is_some_and(|end| end.trailers.is_none());
    let H2 { codec, out, .. } = &mut *h2;
    codec.data(stream, n, is_end, &mut out.bytes);
    let Some(it) = codec.streams.get_mut(stream).map(|it| &mut it.it) else { return 0 };
    it.outbox.copy_front(n, &mut out.bytes);
    it.outbox.advance(n);
    it.count(n, FRAME_HEAD);
    if is_end {
        it.end = None;
    }
    if it.outbox.is_empty() && it.end.is_some() {
        end(h2, stream);
    }
    h2.recount(stream);
    n
}

/// Appends the end of the response, if nothing is before it.
pub fn end(h2: &mut H2, stream: u32) -> bool {
    let Some(it) = h2.stream(stream).filter(|it| it.outbox.is_empty()) else { return false };
    let Some(end) = it.end.take() else { return true };
    let H2 { codec, out, .. } = &mut *h2;
    let before = out.len();
    match end.trailers {
        None => codec.data(stream, 0, true, &mut out.bytes),
        Some(trailers) => {
            let mut block = codec.headers(&mut out.bytes);
            block.fields(&trailers);
            block.finish(stream, true);
        }
    }
    let len = out.len() - before;
    if let Some(it) = h2.stream(stream) {
        it.count(0, len);
    }
    h2.recount(stream);
    true
}

/// The stream whose turn it is.
fn next(h2: &mut H2) -> Option<u32> {
    if h2.waiting == 0 {
        return None;
    }
    let may_send = |it: &CodecStream<Stream>| {
        let is_held = it.it.paused_until != 0 || !it.it.is_waiting;
        !is_held && (it.it.outbox.is_empty() || h2.codec.room(it.id) > 0)
    };
    let ready = h2.codec.streams.iter().filter(|it| may_send(it));
    let turn = h2.turn;
    // The stream that is served stays so while it has credit; else the one behind it is next, and so round.
    let last = if h2.credit > 0 { turn } else { turn + 1 };
    let found = ready.min_by_key(|it| (it.priority.urgency, it.id < last, it.id))?;
    let (id, incremental) = (found.id, found.priority.incremental);
    if id != turn || h2.credit == 0 {
        h2.turn = id;
        h2.credit = if incremental { 1 } else { TURN };
    }
    Some(id)
}

/// Everything that was handed over for the stream is framed.
pub fn is_drained(w: &Worker, id: ChannelId, stream: u32) -> bool {
    connection::stream(&w.channels, id, stream).is_none_or(|it| it.it.is_drained())
}

/// No time runs for what the client is to take.
pub fn cancel_room(w: &mut Worker, id: ChannelId, stream: u32) {
    if let Some(it) = of(w, id).and_then(|(_, h2)| h2.stream(stream)) {
        it.room_until = 0;
    }
}

/// `limit_rate` of the response that begins.
pub fn set_pace(w: &mut Worker, id: ChannelId, stream: u32, pace: Option<Box<Pace>>) {
    if let Some(it) = of(w, id).and_then(|(_, h2)| h2.stream(stream)) {
        it.pace = pace;
    }
}

/// The response begins: frames that came before it are not its. Returns what [`sent`] is now.
pub fn count_anew(w: &mut Worker, id: ChannelId, stream: u32) -> u64 {
    if let Some(it) = of(w, id).and_then(|(_, h2)| h2.stream(stream)) {
        (it.sent, it.overhead) = (0, 0);
    }
    0
}

/// Bytes of the stream's frames.
pub fn sent(w: &Worker, id: ChannelId, stream: u32) -> u64 {
    connection::stream(&w.channels, id, stream).map_or(0, |it| it.it.sent)
}

/// The client has `send_timeout` for the next bytes of what waits; `anew`: also if a time runs already.
pub fn want_room(w: &mut Worker, id: ChannelId, stream: u32, r: RequestId, anew: bool) {
    let now = w.event.now;
    let timeout = w.location_of(r).core.send_timeout;
    let Some((conn, h2)) = of(w, id) else { return };
    let Some(it) = h2.stream(stream) else { return };
    if it.paused_until != 0 || (it.room_until != 0 && !anew) {
        return;
    }
    it.room_until = now + timeout;
    w.event.arm_sooner(conn, Side::Write, timeout);
}

#[cfg(test)]
mod tests;
