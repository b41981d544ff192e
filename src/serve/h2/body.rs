//! The body of a request as it comes in frames: what its reader has not taken waits in the stream's inbox, which the
//! window bounds. The window is given back as the reader takes it, so a server that is slow slows its client.

use crate::event::Side;
use crate::http::channel::Channel;
use crate::http::h2::H2;
use crate::http::request::{BodyState, Request, SizeCheck};
use crate::os::net::Io;
use crate::proto::Violation;
use crate::proto::h1::body::Body;
use crate::worker::*;

use super::super::body::{Part, broken, room};
use super::super::downstream::Channels;
use super::connection::{self, of};
use super::streams;

/// A piece of a body has come, or its end.
pub fn receive(w: &mut Worker, id: ChannelId, stream: u32, data: &[u8]) {
    let Worker { channels, buffers, requests, .. } = w;
    let Some(Channel { h2: Some(h2), .. }) = channels.get_mut(id) else { return };
    let Some(it) = h2.stream(stream) else { return };
    let Some(request) = it.request else { return };
    if !data.is_empty() {
        if it.inbox.capacity() == 0 {
            it.inbox = buffers.line();
        }
        it.inbox.extend_from_slice(data);
        // A client that sends does not wait for `100 Continue`.
        requests[request].body.expects_continue = false;
    }
    streams::wake_reader(w, id, stream);
}

/// `n` bytes of the inbox are of no more use: the client may send as many.
fn take(w: &mut Worker, id: ChannelId, stream: u32, n: usize) {
    let Worker { channels, buffers, event, .. } = w;
    let Some(Channel { conn, h2: Some(h2), .. }) = channels.get_mut(id) else { return };
    let Some(it) = h2.stream(stream) else { return };
    match n >= it.inbox.len() {
        true => buffers.give_line(std::mem::take(&mut it.inbox)),
        false => drop(it.inbox.drain(..n)),
    }
    let H2 { codec, out, .. } = &mut **h2;
    let before = out.len();
    codec.give(stream, n, &mut out.bytes);
    codec.give_connection(n, &mut out.bytes);
    if out.len() > before {
        event.post(*conn, Side::Write);
    }
}

/// What waits in the inbox, and whether nothing follows.
fn inbox(channels: &Channels, id: ChannelId, stream: u32) -> (&[u8], bool) {
    match connection::stream(channels, id, stream) {
        Some(it) => (&it.it.inbox, it.is_remote_closed()),
        None => (&[], true),
    }
}

/// Takes the next bytes of the body.
pub fn read(w: &mut Worker, id: ChannelId, stream: u32, r: RequestId, buf: &mut [u8]) -> Part {
    if w.requests[r].body.rest.is_done() {
        return Part::Data(0, true);
    }
    let (waiting, is_last) = inbox(&w.channels, id, stream);
    let n = waiting.len().min(buf.len());
    if n == 0 && !is_last {
        return Part::Again;
    }
    buf[..n].copy_from_slice(&waiting[..n]);
    let is_end = is_last && n == waiting.len();
    // What was allowed before an error page is read to its end.
    let is_settled = w.requests[r].body.size == SizeCheck::Settled;
    if !is_settled && room(w, r) < n as u64 {
        return Part::Bad(broken(w, r, Violation::LargeChunkedBody));
    }
    take_at_hand(w, id, stream, r, n);
    if is_end {
        w.requests[r].body.rest = Body::Empty;
    }
    Part::Data(n, is_end)
}

/// What has come of a sized body together with the head.
pub fn at_hand<'a>(channel: &'a Channel, stream: u32, request: &Request) -> &'a [u8] {
    let stream = channel.h2.as_ref().and_then(|h2| h2.codec.streams.get(stream));
    match (&request.body.rest, stream) {
        (Body::Sized(_), Some(stream)) => &stream.it.inbox,
        _ => &[],
    }
}

/// `n` bytes of the body, as those that were [`at_hand`], have been passed on.
pub fn take_at_hand(w: &mut Worker, id: ChannelId, stream: u32, r: RequestId, n: usize) {
    take(w, id, stream, n);
    let request = &mut w.requests[r].it;
    request.length += n as u64;
    request.body.received += n as u64;
    if let Body::Sized(left) = &mut request.body.rest {
        *left = left.saturating_sub(n as u64);
    }
}

/// What has come of the body is thrown away.
pub fn pass_over(
    w: &mut Worker,
    id: ChannelId,
    stream: u32,
    r: RequestId,
) -> Result<(), Violation> {
    let mut buf = [0; 4096];
    while let (1.., _) = (inbox(&w.channels, id, stream).0.len(), ()) {
        match read(w, id, stream, r, &mut buf) {
            Part::Data(1.., false) => {}
            _ => break,
        }
    }
    Ok(())
}

/// What a client may send ahead, besides the window that a stream begins with, of a body that is collected: its reader
/// never leaves it in memory.
const WIDE: usize = 256 << 10;

/// The least that a client may send ahead of a body that is passed on as it comes, or into a tunnel: the window that a
/// stream begins with may be smaller, or 0.
const LEAST: usize = 64 << 10;

/// The stream's window grows, once, to what suits its reader.
pub fn widen(w: &mut Worker, id: ChannelId, stream: u32) {
    let Worker { channels, requests, conf, event, .. } = w;
    let Some(Channel { conn, origin, h2: Some(h2), .. }) = channels.get_mut(id) else { return };
    let Some(it) = h2.stream(stream).filter(|it| !it.is_wide) else { return };
    it.is_wide = true;
    let is_collected = it.request.is_some_and(|r| requests[r].body.state == BodyState::Reading);
    let more = match is_collected {
        true => WIDE,
        false => LEAST.saturating_sub(conf.server(origin.server).http2.body_preread_size),
    };
    if more > 0 {
        let H2 { codec, out, .. } = &mut **h2;
        codec.give(stream, more, &mut out.bytes);
        event.post(*conn, Side::Write);
    }
}

/// The client has `timeout` ms for more of the body, unless a time runs already.
pub fn want_body(w: &mut Worker, id: ChannelId, stream: u32, timeout: u64) {
    let now = w.event.now;
    let Some(Channel { conn, h2: Some(h2), .. }) = w.channels.get_mut(id) else { return };
    let conn = *conn;
    let Some(it) = h2.stream(stream).filter(|it| it.body_until == 0) else { return };
    it.body_timed_out = false;
    it.body_until = now + timeout;
    w.event.arm_sooner(conn, Side::Read, timeout);
    widen(w, id, stream);
}

/// No time runs for the client's next bytes.
pub fn cancel_body(w: &mut Worker, id: ChannelId, stream: u32) {
    let Some((_, h2)) = of(w, id) else { return };
    if let Some(it) = h2.stream(stream) {
        (it.body_until, it.body_timed_out) = (0, false);
    }
}

/// The time of `want_body` is over.
pub fn body_timed_out(w: &Worker, id: ChannelId, stream: u32) -> bool {
    connection::stream(&w.channels, id, stream).is_some_and(|it| it.it.body_timed_out)
}

/// Drops what has been received and not read.
pub fn forget(w: &mut Worker, id: ChannelId, stream: u32) {
    let n = inbox(&w.channels, id, stream).0.len();
    take(w, id, stream, n);
}

/// The client's bytes wait to be read, or their end.
pub fn may_read(w: &Worker, id: ChannelId, stream: u32) -> bool {
    let (waiting, is_last) = inbox(&w.channels, id, stream);
    is_last || !waiting.is_empty()
}

/// The next bytes of a tunnel.
pub fn read_raw(w: &mut Worker, id: ChannelId, stream: u32, buf: &mut [u8]) -> Io {
    let (waiting, is_last) = inbox(&w.channels, id, stream);
    let n = waiting.len().min(buf.len());
    if n == 0 {
        return if is_last { Io::Eof } else { Io::Again };
    }
    buf[..n].copy_from_slice(&waiting[..n]);
    take(w, id, stream, n);
    Io::Done(n)
}

/// Nothing more is sent of a tunnel.
pub fn end_raw(w: &mut Worker, id: ChannelId, stream: u32) {
    let Some((conn, h2)) = of(w, id) else { return };
    let H2 { codec, out, .. } = h2;
    codec.data(stream, 0, true, &mut out.bytes);
    w.event.post(conn, Side::Write);
}
