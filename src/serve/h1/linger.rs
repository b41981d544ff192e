//! What a client still sends after its answer: read and thrown away, so that the answer is not lost with it.
//!
//! state            read            write      leaves when
//! discarding body  discard_body    writable   body read to its end; none, or too large: lingering; lingering_time closes
//! lingering        linger          writable   EOF, lingering_timeout, lingering_time

use crate::event::Side;
use crate::handler;
use crate::http::channel::{Discarding, Unwanted};
use crate::os::net::Io;
use crate::worker::*;

use super::connection::{channel_of, close, next_request};
use super::head::exact;

/// Reads and drops the rest of a body, so that the next request can be found behind it.
/// `time`: how long that may take, in ms.
pub fn discard(w: &mut Worker, id: ChannelId, it: Discarding, time: u64) {
    let channel = &mut w.channels[id];
    let conn = channel.conn;
    channel.unwanted = Some(Box::new(Unwanted::Body(it)));
    w.event.conns[conn].read.handler = handler!(discard_body);
    w.event.arm(conn, Side::Read, time);
    w.event.post(conn, Side::Read);
}

fn discard_body(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    if w.event.conns[conn].read.timedout || w.event.conns[conn].give_up {
        return close(w, id);
    }
    let mut scratch = w.buffers.take();
    let verdict = discard_some(w, id, &mut scratch);
    w.buffers.give(scratch);
    match verdict {
        Discard::Done(keepalive_timeout) => {
            w.channels[id].unwanted = None;
            next_request(w, id, keepalive_timeout);
        }
        Discard::More => {}
        Discard::Broken => match w.channels[id].unwanted.as_deref() {
            Some(&Unwanted::Body(Discarding { lingering: Some((time, timeout)), .. })) => {
                start(w, id, time, timeout)
            }
            _ => close(w, id),
        },
        Discard::Gone => close(w, id),
    }
}

enum Discard {
    Done(u64),
    More,
    /// It is no body, or larger than it may be: the answer is the last one.
    Broken,
    Gone,
}

fn discard_some(w: &mut Worker, id: ChannelId, scratch: &mut [u8]) -> Discard {
    let conn = w.channels[id].conn;
    for _ in 0..16 {
        let channel = &mut w.channels[id];
        let Some(Unwanted::Body(discarding)) = channel.unwanted.as_deref_mut() else {
            return Discard::Gone;
        };
        let n = if channel.inbox.is_empty() {
            let most = discarding.body.opaque().map_or(scratch.len(), |left| {
                usize::try_from(left).unwrap_or(usize::MAX).clamp(1, scratch.len())
            });
            match w.event.recv(conn, &mut scratch[..most]) {
                Io::Done(n) => n,
                Io::Again => return Discard::More,
                Io::Eof | Io::Fail(_) => return Discard::Gone,
            }
        } else {
            let n = channel.inbox.len();
            scratch[..n].copy_from_slice(&channel.inbox);
            n
        };
        match discarding.body.decode_within(&mut scratch[..n], discarding.room) {
            Ok(decoded) => {
                discarding.room = discarding.room.saturating_sub(decoded.data as u64);
                channel.inbox = exact(&scratch[decoded.consumed..n]);
                if decoded.end {
                    return Discard::Done(discarding.keepalive_timeout);
                }
            }
            Err(_) => return Discard::Broken,
        }
    }
    w.event.post(conn, Side::Read);
    Discard::More
}

/// Says that nothing more will be sent, then reads for a while what the client still sends: a close at
/// once would reset the connection, and the answer could be lost with it (RFC 9112, 9.6).
pub fn start(w: &mut Worker, id: ChannelId, time: u64, timeout: u64) {
    let channel = &mut w.channels[id];
    let conn = channel.conn;
    channel.inbox = Vec::new();
    let until = w.event.now + time;
    channel.unwanted = Some(Box::new(Unwanted::Anything { until, pause: timeout }));
    if w.event.shutdown_write(conn).is_err() {
        return close(w, id);
    }
    w.event.conns[conn].read.handler = handler!(linger);
    w.event.cancel(conn, Side::Write);
    w.event.arm(conn, Side::Read, timeout.min(time));
    w.event.post(conn, Side::Read);
}

fn linger(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let Some(&Unwanted::Anything { until, pause }) = w.channels[id].unwanted.as_deref() else {
        return close(w, id);
    };
    let c = &w.event.conns[conn];
    if c.read.timedout || c.give_up || w.event.now >= until || w.exit == Exit::Now {
        return close(w, id);
    }
    let mut scratch = w.buffers.take();
    let mut verdict = Io::Again;
    let mut rounds = 0;
    while rounds < 16 {
        verdict = w.event.recv(conn, &mut scratch);
        match verdict {
            Io::Done(_) => rounds += 1,
            _ => break,
        }
    }
    w.buffers.give(scratch);
    match verdict {
        Io::Done(_) => w.event.post(conn, Side::Read),
        Io::Again => {
            let left = until - w.event.now;
            w.event.arm(conn, Side::Read, pause.min(left));
        }
        Io::Eof | Io::Fail(_) => close(w, id),
    }
}
