//! The response, framed: small pieces are gathered, large ones go to the socket from where they are, and what cannot
//! go now is copied to the stream's outbox.

use std::io::IoSlice;

use crate::event::Side;
use crate::http::channel::Channel;
use crate::http::filters::FileBody;
use crate::http::h2::{End, H2};
use crate::http::response::Framing;
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::Head;
use crate::worker::*;

use super::super::downstream::Sent;
use super::connection::of;
use super::flush::{self, BATCH, FRAME_HEAD, whole};
use super::head;

/// Pieces up to this size are copied: then the frames of many streams go out in one call.
const COPY: usize = 4 << 10;

/// Frames that are sent from where they are in one call.
const FRAMES: usize = 8;

/// Sends a piece of the body. `first`: the head goes before it; `last`: nothing follows.
pub fn piece(
    w: &mut Worker,
    id: ChannelId,
    stream: u32,
    r: RequestId,
    data: &[u8],
    first: bool,
    last: bool,
) -> Sent {
    let response = &mut w.requests[r].it.response;
    // The trailers come in a piece of their own.
    let trailers = match response.framing {
        Framing::Chunked if last && data.is_empty() => response.rare.if_any(),
        _ => None,
    };
    let trailers = trailers.and_then(|rare| rare.trailers.take());
    if first {
        let end = last && data.is_empty() && trailers.is_none();
        if !open(w, id, stream, r, end) {
            return Sent::Failed(Errno::PIPE);
        }
        if end {
            return Sent::All;
        }
    }
    let sent = send(w, id, stream, data, last && trailers.is_none());
    match trailers {
        Some(trailers) => finish(w, id, stream, r, End { trailers: Some(trailers) }),
        None => sent,
    }
}

/// The bytes of a tunnel.
pub fn raw(w: &mut Worker, id: ChannelId, stream: u32, data: &[u8]) -> Sent {
    send(w, id, stream, data, false)
}

/// As `piece`, a part of a file.
pub fn file(
    w: &mut Worker,
    id: ChannelId,
    stream: u32,
    r: RequestId,
    body: FileBody,
    first: bool,
    last: bool,
) -> Sent {
    if first && !open(w, id, stream, r, false) {
        return Sent::Failed(Errno::PIPE);
    }
    let Some((conn, h2)) = of(w, id) else { return Sent::Failed(Errno::PIPE) };
    let Some(it) = h2.stream(stream) else { return Sent::Failed(Errno::PIPE) };
    it.outbox.push_file(body.file, body.offset, body.left);
    if last {
        it.end = Some(End::default());
    }
    h2.recount(stream);
    w.event.post(conn, Side::Write);
    Sent::Blocked
}

/// Appends an interim response.
pub fn interim(w: &mut Worker, id: ChannelId, stream: u32, status: u16, fields: &Head) -> Sent {
    let Some((conn, h2)) = of(w, id) else { return Sent::Failed(Errno::PIPE) };
    let H2 { codec, out, .. } = h2;
    let before = out.len();
    let mut block = codec.headers(&mut out.bytes);
    block.status(status);
    block.fields(fields);
    block.finish(stream, false);
    let len = out.len() - before;
    if let Some(it) = h2.stream(stream) {
        it.count(0, len);
    }
    w.event.post(conn, Side::Write);
    Sent::All
}

/// Appends the head of the response. False: the stream is closed.
fn open(w: &mut Worker, id: ChannelId, stream: u32, r: RequestId, end: bool) -> bool {
    let Some((conn, h2)) = of(w, id) else { return false };
    let before = h2.out.len();
    if h2.stream(stream).is_none() {
        return false;
    }
    head::write(w, id, stream, r, end);
    let Some((_, h2)) = of(w, id) else { return false };
    let len = h2.out.len() - before;
    if let Some(it) = h2.stream(stream) {
        it.count(0, len);
        w.requests[r].it.response.head_size = it.overhead;
    }
    w.event.post(conn, Side::Write);
    true
}

/// The end comes behind what waits.
fn finish(w: &mut Worker, id: ChannelId, stream: u32, r: RequestId, end: End) -> Sent {
    let Some((conn, h2)) = of(w, id) else { return Sent::Failed(Errno::PIPE) };
    let Some(it) = h2.stream(stream) else { return Sent::Failed(Errno::PIPE) };
    it.end = Some(end);
    h2.recount(stream);
    w.event.post(conn, Side::Write);
    let Some((_, h2)) = of(w, id) else { return Sent::Failed(Errno::PIPE) };
    if !flush::end(h2, stream) {
        return Sent::Blocked;
    }
    if let Some(it) = h2.stream(stream) {
        w.requests[r].it.response.head_size = it.overhead;
    }
    Sent::All
}

fn send(w: &mut Worker, id: ChannelId, stream: u32, data: &[u8], last: bool) -> Sent {
    let Some(Channel { conn, h2: Some(h2), .. }) = w.channels.get_mut(id) else {
        return Sent::Failed(Errno::PIPE);
    };
    let conn = *conn;
    let is_alone = h2.waiting == 0;
    let Some(it) = h2.stream(stream) else { return Sent::Failed(Errno::PIPE) };
    let is_free = it.is_drained() && it.pace.is_none();
    let chunk = match it.request {
        Some(r) => w.conf.location(w.requests[r].location).core.http2_chunk_size,
        None => 0,
    };
    let mut taken = 0;
    if is_free && is_alone && h2.out.len() < BATCH {
        w.event.post(conn, Side::Write);
        taken = match data.len() <= COPY {
            true => gather(h2, stream, data, last, chunk),
            false => match pass(w, id, stream, data, last, chunk) {
                Ok(taken) => taken,
                Err(e) => {
                    // Frames were begun whose payload is lost: nothing may follow them.
                    flush::socket_failed(w, id, e);
                    return Sent::Failed(e);
                }
            },
        };
    }
    let Some((_, h2)) = of(w, id) else { return Sent::Failed(Errno::PIPE) };
    let is_ended = h2.codec.streams.get(stream).is_none_or(|it| it.is_local_closed());
    let Some(it) = h2.stream(stream) else { return Sent::Failed(Errno::PIPE) };
    it.outbox.push(&data[taken..]);
    if last && !is_ended {
        it.end = Some(End::default());
    }
    let (is_drained, overhead) = (it.is_drained(), it.overhead);
    let request = it.request;
    h2.recount(stream);
    if let Some(r) = request {
        w.requests[r].it.response.head_size = overhead;
    }
    match is_drained {
        true => Sent::All,
        false => {
            w.event.post(conn, Side::Write);
            Sent::Blocked
        }
    }
}

/// Appends the frames of a small piece, as far as the windows are open. Returns how much of it that was.
fn gather(h2: &mut H2, stream: u32, data: &[u8], last: bool, chunk: usize) -> usize {
    let H2 { codec, out, .. } = h2;
    let (mut taken, mut frames) = (0, 0);
    loop {
        let n = codec.room(stream).min(chunk).min(data.len() - taken);
        let end = last && taken + n == data.len();
        if n == 0 && !end {
            break;
        }
        codec.data(stream, n, end, &mut out.bytes);
        out.bytes.extend_from_slice(&data[taken..taken + n]);
        taken += n;
        frames += 1;
        if taken == data.len() {
            break;
        }
    }
    if let Some(it) = h2.stream(stream) {
        it.count(taken, frames * FRAME_HEAD);
    }
    taken
}

/// Sends frames of a large piece from where it is, as far as the windows and the socket take them. What the socket
/// leaves of the frames that were begun is copied.
fn pass(
    w: &mut Worker,
    id: ChannelId,
    stream: u32,
    data: &[u8],
    last: bool,
    chunk: usize,
) -> Result<usize, Errno> {
    let mut taken = 0;
    loop {
        let Worker { channels, event, .. } = &mut *w;
        let Some(Channel { conn, h2: Some(h2), .. }) = channels.get_mut(id) else {
            return Err(Errno::PIPE);
        };
        if !event.conns[*conn].write.ready {
            return Ok(taken);
        }
        let H2 { codec, out, .. } = &mut **h2;
        // What stands before each piece of data ends there in `out`.
        let mut heads = [0; FRAMES];
        let mut pieces: [&[u8]; FRAMES] = [&[]; FRAMES];
        let (mut count, mut bytes) = (0, 0);
        while count < FRAMES && taken + bytes < data.len() {
            let n = codec.room(stream).min(whole(chunk)).min(data.len() - taken - bytes);
            if n == 0 {
                break;
            }
            let end = last && taken + bytes + n == data.len();
            codec.data(stream, n, end, &mut out.bytes);
            heads[count] = out.len();
            pieces[count] = &data[taken + bytes..][..n];
            (count, bytes) = (count + 1, bytes + n);
        }
        if count == 0 {
            return Ok(taken);
        }
        let waiting = out.rest();
        let mut slices = [IoSlice::new(&[]); 2 * FRAMES];
        let mut from = 0;
        for at in 0..count {
            slices[2 * at] = IoSlice::new(&waiting[from..heads[at]]);
            slices[2 * at + 1] = IoSlice::new(pieces[at]);
            from = heads[at];
        }
        let sent = match event.sendv(*conn, &slices[..2 * count]) {
            Io::Done(n) => n,
            Io::Again => 0,
            Io::Eof => return Err(Errno::PIPE),
            Io::Fail(e) => return Err(e),
        };
        let total = from + bytes;
        if sent < total {
            let rest = behind(&slices[..2 * count], sent, total);
            out.replace(rest);
        } else {
            out.advance(from);
        }
        taken += bytes;
        if let Some(it) = h2.stream(stream) {
            it.count(bytes, count * FRAME_HEAD);
        }
        if sent < total || taken == data.len() {
            return Ok(taken);
        }
    }
}

/// What follows the first `sent` of the `total` bytes of the slices.
fn behind(slices: &[IoSlice<'_>], sent: usize, total: usize) -> Vec<u8> {
    let mut rest = Vec::with_capacity(total - sent);
    let mut skip = sent;
    for slice in slices {
        let gone = skip.min(slice.len());
        skip -= gone;
        rest.extend_from_slice(&slice[gone..]);
    }
    rest
}
