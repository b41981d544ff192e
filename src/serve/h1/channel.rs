//! Bytes to a client: written at once where the system takes them, kept as an exact copy where it does not.

use std::io::IoSlice;

use crate::event::Side;
use crate::http::outbox::Piece;
use crate::os::Errno;
use crate::os::net::Io;
use crate::worker::{ChannelId, Worker};

use super::super::downstream::Sent;

/// Pieces written to the socket in one go before others get their turn.
const BUDGET: usize = 64;

/// A file that fits in one segment of the loopback device is sent with its head. Before a longer one the head goes
/// alone: the client wakes up for it, and then takes the file while it is sent.
const PACKET: u64 = 64 << 10;

/// Sends `bufs` in order. What cannot go now is copied to the outbox.
pub fn send(w: &mut Worker, id: ChannelId, bufs: &[&[u8]]) -> Sent {
    let channel = &mut w.channels[id];
    if channel.pace.is_some() {
        bufs.iter().for_each(|buf| channel.outbox.push(buf));
        return flush(w, id);
    }
    let conn = channel.conn;
    let mut done = 0;
    if channel.outbox.is_empty() && w.event.conns[conn].write.ready {
        let sent = match bufs {
            [one] => w.event.send(conn, one),
            _ => {
                let mut slices = [IoSlice::new(&[]); 4];
                let mut count = 0;
                for (slot, buf) in slices.iter_mut().zip(bufs.iter().filter(|b| !b.is_empty())) {
                    *slot = IoSlice::new(buf);
                    count += 1;
                }
                w.event.sendv(conn, &slices[..count])
            }
        };
        match sent {
            Io::Done(n) => done = n,
            Io::Again => {}
            Io::Eof => return Sent::Failed(Errno::PIPE),
            Io::Fail(e) => return Sent::Failed(e),
        }
    }
    let channel = &mut w.channels[id];
    for buf in bufs {
        let gone = done.min(buf.len());
        done -= gone;
        channel.outbox.push(&buf[gone..]);
    }
    if channel.outbox.is_empty() {
        return Sent::All;
    }
    // The socket takes more already (a short write that was the call's own doing): no edge will tell.
    if w.event.conns[conn].write.ready {
        w.event.post(conn, Side::Write);
    }
    Sent::Blocked
}

/// Sends what waits in the outbox.
pub fn flush(w: &mut Worker, id: ChannelId) -> Sent {
    let conn = w.channels[id].conn;
    if w.channels[id].is_paused() {
        return Sent::Blocked;
    }
    for _ in 0..BUDGET {
        if w.channels[id].outbox.is_empty() {
            return Sent::All;
        }
        if !w.event.conns[conn].write.ready {
            break;
        }
        let most = match &w.channels[id].pace {
            None => usize::MAX,
            Some(pace) => match pace.allowance(w.event.now, w.event.conns[conn].sent) {
                Ok(most) => usize::try_from(most).unwrap_or(usize::MAX),
                Err(wait) => return pause(w, id, wait),
            },
        };
        // The head of a short file's response and its first bytes go in one packet.
        let has_more = most == usize::MAX && w.channels[id].outbox.has_file_next(PACKET);
        let Some(piece) = w.channels[id].outbox.front() else {
            return Sent::All;
        };
        let sent = match piece {
            Piece::Bytes(bytes, at) if has_more => w.event.send_more(conn, &bytes[*at..]),
            Piece::Bytes(bytes, at) => {
                let end = at.saturating_add(most).min(bytes.len());
                w.event.send(conn, &bytes[*at..end])
            }
            Piece::File { file, offset, left } => {
                let len = usize::try_from(*left).unwrap_or(usize::MAX).min(most);
                w.event.sendfile(conn, file, *offset, len)
            }
        };
        match sent {
            Io::Done(n) => {
                let channel = &mut w.channels[id];
                channel.outbox.advance(n);
                if let Some(pace) = channel.pace.as_ref().filter(|_| !channel.outbox.is_empty()) {
                    let wait = pace.pause(w.event.conns[conn].sent, n as u64);
                    if wait > 0 {
                        return pause(w, id, wait);
                    }
                }
            }
            Io::Again => return Sent::Blocked,
            // The file became shorter than its length was announced to be.
            Io::Eof => return Sent::Failed(Errno::PIPE),
            Io::Fail(e) => return Sent::Failed(e),
        }
    }
    if w.channels[id].outbox.is_empty() {
        return Sent::All;
    }
    if w.event.conns[conn].write.ready {
        w.event.post(conn, Side::Write);
    }
    Sent::Blocked
}

/// `limit_rate`: the rest goes when a timer says so.
fn pause(w: &mut Worker, id: ChannelId, wait: u64) -> Sent {
    let channel = &mut w.channels[id];
    if let Some(pace) = &mut channel.pace {
        pace.paused = true;
    }
    w.event.arm(channel.conn, Side::Write, wait);
    Sent::Blocked
}

/// The client's write timer ran out. True if that was the end of a pause: it may go on.
pub fn resume(w: &mut Worker, id: ChannelId) -> bool {
    let pace = w.channels[id].pace.as_mut();
    pace.is_some_and(|pace| std::mem::replace(&mut pace.paused, false))
}
