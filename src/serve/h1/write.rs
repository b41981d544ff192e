//! The response as HTTP/1 frames it: the head goes in front of the first piece of the body, chunk lines around each.

use crate::http::filters::FileBody;
use crate::http::response::{Framing, Response};
use crate::http::status;
use crate::proto::Head;
use crate::proto::h1::write as h1;
use crate::worker::*;

use super::super::downstream::Sent;
use super::super::head;
use super::channel;

/// Bodies up to this size are copied behind the head: one buffer, one plain send.
const COPY: usize = 4 << 10;

/// Sends a piece of the body. `first`: the head goes before it; `last`: nothing follows.
pub fn piece(
    w: &mut Worker,
    channel: ChannelId,
    id: RequestId,
    data: &[u8],
    first: bool,
    last: bool,
) -> Sent {
    let mut line = w.buffers.line();
    let tail = open(w, id, data.len(), first, last, &mut line);
    let sent = if line.is_empty() && data.is_empty() && tail.is_empty() {
        match w.channels[channel].outbox.is_empty() {
            true => Sent::All,
            false => Sent::Blocked,
        }
    } else if data.len() <= COPY {
        line.extend_from_slice(data);
        line.extend_from_slice(tail);
        channel::send(w, channel, &[&line])
    } else {
        channel::send(w, channel, &[&line, data, tail])
    };
    w.buffers.give_line(line);
    sent
}

/// As `piece`, a part of a file.
pub fn file(
    w: &mut Worker,
    channel: ChannelId,
    id: RequestId,
    body: FileBody,
    first: bool,
    last: bool,
) -> Sent {
    let mut line = w.buffers.line();
    let len = usize::try_from(body.left).unwrap_or(usize::MAX);
    let end = open(w, id, len, first, last, &mut line);
    let outbox = &mut w.channels[channel].outbox;
    outbox.push(&line);
    outbox.push_file(body.file, body.offset, body.left);
    outbox.push(end);
    w.buffers.give_line(line);
    let core = &w.location_of(id).core;
    if core.tcp_nopush && core.sendfile {
        set_nopush(w, channel);
    }
    channel::flush(w, channel)
}

/// `tcp_nopush`: head and file in whole packets, until the response ends.
fn set_nopush(w: &mut Worker, id: ChannelId) {
    let channel = &mut w.channels[id];
    if !std::mem::replace(&mut channel.nopush, true) {
        w.event.conns[channel.conn].socket.set_nopush(true);
    }
}

/// Appends what stands before `len` bytes of the body; returns what stands behind them.
fn open(
    w: &mut Worker,
    id: RequestId,
    len: usize,
    first: bool,
    last: bool,
    out: &mut Vec<u8>,
) -> &'static [u8] {
    if first {
        head::write(w, id, out);
    }
    let response = &mut w.requests[id].it.response;
    if first {
        response.head_size = out.len() as u32;
    }
    frame(response, len, last, out)
}

/// Appends what stands before a piece of the body of `len` bytes; returns what stands behind it.
fn frame(response: &Response, len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
    if response.framing != Framing::Chunked {
        return b"";
    }
    if len > 0 {
        h1::chunk_head(out, len);
    }
    if let (0, true, Some(trailers)) = (len, last, &response.rare.trailers) {
        out.extend_from_slice(b"0\r\n");
        out.extend_from_slice(&trailers.bytes);
        return b"\r\n";
    }
    match (len, last) {
        (0, false) => b"",
        (0, true) => h1::LAST_CHUNK,
        (_, false) => h1::CHUNK_END,
        (_, true) => b"\r\n0\r\n\r\n",
    }
}

/// Sends an interim response.
pub fn interim(w: &mut Worker, channel: ChannelId, status: u16, fields: &Head) -> Sent {
    let mut line = w.buffers.line();
    h1::status_line(&mut line, status, status::reason(status).as_bytes());
    line.extend_from_slice(&fields.bytes);
    line.extend_from_slice(b"\r\n");
    let sent = channel::send(w, channel, &[&line]);
    w.buffers.give_line(line);
    sent
}
