//! Answers: the head is decided, filtered and written in front of the first bytes of the body.
//!
//! `begin` decides, `write` and `file` hand the body over, `text` and `error` are whole answers. When the
//! last byte has been handed over and the outbox is empty, the request ends.

use std::fs::File;
use std::ops::Range;
use std::rc::Rc;

use crate::base::pace::Pace;
use crate::http::request::Outcome;
use crate::http::response::{FileBody, Framing, Response, Stage};
use crate::proto::h1::write as h1;
use crate::proto::{Method, Version};
use crate::worker::*;

use super::downstream::Sent;
pub use super::page::{METHODS, builtin, clear, error, kept_field, not_allowed};
use super::{body, downstream, eval, finish, head, trailers};

/// Bodies up to this size are copied behind the head: one buffer, one plain send.
const COPY: usize = 4 << 10;

/// Decides how the answer goes out. `response` was filled before. False: another answer took its place.
pub fn begin(w: &mut Worker, id: RequestId) -> bool {
    let request = &mut w.requests[id];
    if request.response.stage != Stage::None || !body::pass_over(w, id) {
        return false;
    }
    let request = &mut w.requests[id];
    if let Some(status) = request.status_override {
        request.response.status = status;
        request.response.forget_reason();
    }
    if !filter(w, id) {
        return false;
    }
    decide_framing(w, id);
    let sent = downstream::sent(w, id);
    let request = &mut w.requests[id];
    request.response.sent_before = sent;
    request.response.stage = Stage::Begun;
    let core = &w.conf.location(request.location).core;
    let is_limited = request.rare.limit_rate.is_some() || core.limit_rate.is_some();
    downstream::set_nodelay(w, id, core.tcp_nodelay);
    if is_limited {
        limit_rate(w, id);
    }
    true
}

/// Applies `add_header` and what else the modules do to a head, unless that was done. `begin` does it at the
/// latest. False: another answer took its place.
pub fn filter(w: &mut Worker, id: RequestId) -> bool {
    if std::mem::replace(&mut w.requests[id].response.filtered, true) {
        return true;
    }
    let pipeline = w.pipeline;
    for filter in &pipeline.heads {
        filter(w, id);
        let request = &w.requests[id];
        if request.outcome.is_some() || request.response.stage != Stage::None {
            return false;
        }
    }
    true
}

/// `tcp_nopush`: head and file in whole packets, until the answer ends.
fn fill_packets(w: &mut Worker, id: RequestId) {
    let core = &w.location_of(id).core;
    if core.tcp_nopush && core.sendfile {
        downstream::set_nopush(w, id);
    }
}

/// `limit_rate`, or what `$limit_rate` was set to, or the server's `X-Accel-Limit-Rate`.
fn limit_rate(w: &mut Worker, id: RequestId) {
    let core = &w.location_of(id).core;
    let rate = match w.requests[id].rare.limit_rate {
        Some(rate) => rate,
        None => eval::size(w, id, core.limit_rate.as_ref()),
    };
    let after = eval::size(w, id, core.limit_rate_after.as_ref());
    let request = &mut w.requests[id];
    request.rare.get().limit_rate = Some(rate);
    // A connection that was switched to another protocol is that protocol's.
    if request.response.status != 101 {
        let from = request.response.sent_before;
        let pace = Pace::new(rate, after, w.event.now, from);
        downstream::set_pace(w, id, pace);
    }
}

/// Memory for the answer's fields. A request has some while it is worked on, not while it waits for a server:
/// so few heads serve many requests, and the processor has them at hand.
pub fn take_fields(w: &mut Worker, id: RequestId) {
    let Worker { requests, buffers, .. } = w;
    let fields = &mut requests[id].response.fields;
    if fields.bytes.capacity() == 0 {
        *fields = buffers.head();
    }
}

/// The answer's fields are not needed any more.
pub fn give_fields(w: &mut Worker, id: RequestId) {
    let Worker { requests, buffers, .. } = w;
    buffers.give_head(std::mem::take(&mut requests[id].response.fields));
}

fn decide_framing(w: &mut Worker, id: RequestId) {
    let it = &mut w.requests[id].it;
    let response = &mut it.response;
    let bodiless = matches!(response.status, 100..=199 | 204 | 304);
    if response.status == 204 {
        response.content_length = None;
        // What an upstream says of the type it may say, as in nginx.
        if it.tries.is_empty() {
            response.content_type.clear();
        }
    }
    let is_head = it.method == Method::Head;
    let has_body = !bodiless && !is_head;
    let core = &w.conf.location(it.location).core;
    let may_chunk = it.line.version == Version::V11 && core.chunked_transfer_encoding;
    if response.rare.trailers.is_some() && may_chunk && has_body {
        // Only a chunked body has room for them.
        response.content_length = None;
    }
    response.framing = if !has_body {
        Framing::NoBody
    } else if it.line.version == Version::V09 {
        Framing::Close
    } else if response.content_length.is_some() {
        Framing::Length
    } else if may_chunk {
        Framing::Chunked
    } else {
        Framing::Close
    };
    if response.framing == Framing::Close {
        it.disable_keepalive();
    }
    // A client that still waits for `100 Continue` may send its body or may not: nobody can tell what
    // the next bytes will be.
    if it.body.expects_continue && !it.body.rest.is_done() {
        it.disable_keepalive();
    }
    if w.exit != Exit::No {
        it.disable_keepalive();
    }
}

/// Hands over a piece of the body; with the first goes the head. `last`: nothing follows.
pub fn write(w: &mut Worker, id: RequestId, data: &[u8], last: bool) -> Sent {
    let response = &w.requests[id].response;
    let stage = response.stage;
    if stage == Stage::None || stage == Stage::Ended {
        return Sent::All;
    }
    if downstream::is_detached(w, id) {
        if last {
            finish::close(w, id);
        }
        return Sent::All;
    }
    if last && trailers::are_due(response) {
        return write_with_trailers(w, id, data);
    }
    write_piece(w, id, data, last)
}

/// The end of a body that fields follow.
fn write_with_trailers(w: &mut Worker, id: RequestId, data: &[u8]) -> Sent {
    let sent = write_piece(w, id, data, false);
    if matches!(sent, Sent::Failed(_)) {
        return sent;
    }
    trailers::evaluate(w, id);
    end(w, id)
}

/// The end of a body whose trailers have been evaluated.
pub fn end(w: &mut Worker, id: RequestId) -> Sent {
    if downstream::is_detached(w, id) {
        finish::close(w, id);
        return Sent::All;
    }
    write_piece(w, id, &[], true)
}

fn write_piece(w: &mut Worker, id: RequestId, data: &[u8], last: bool) -> Sent {
    let mut line = w.buffers.line();
    let stage = w.requests[id].response.stage;
    if stage == Stage::Begun {
        head::write(w, id, &mut line);
    }
    let response = &mut w.requests[id].it.response;
    if stage == Stage::Begun {
        response.head_size = line.len() as u32;
    }
    let data = if response.framing == Framing::NoBody { &[] } else { data };
    response.body_sent += data.len() as u64;
    response.stage = if last { Stage::Ended } else { Stage::Sending };
    let tail = frame(response, data.len(), last, &mut line);
    let sent = if line.is_empty() && data.is_empty() && tail.is_empty() {
        match downstream::is_drained(w, id) {
            true => Sent::All,
            false => Sent::Blocked,
        }
    } else if data.len() <= COPY {
        line.extend_from_slice(data);
        line.extend_from_slice(tail);
        downstream::send(w, id, &[&line])
    } else {
        downstream::send(w, id, &[&line, data, tail])
    };
    w.buffers.give_line(line);
    after_send(w, id, sent, last)
}

/// Appends what stands before a piece of the body of `len` bytes; returns what stands behind it.
pub fn frame(response: &Response, len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
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

/// A piece of the body, framed, waits in a file behind what waits already: `data` of its bytes are body.
pub fn spooled(
    w: &mut Worker,
    id: RequestId,
    file: Rc<File>,
    at: Range<u64>,
    data: usize,
    last: bool,
) {
    w.requests[id].response.body_sent += data as u64;
    downstream::queue_file(w, id, file, at.start, at.end - at.start);
    if last {
        w.requests[id].response.stage = Stage::Ended;
        after_send(w, id, Sent::Blocked, true);
    }
}

/// Hands over the rest of the body as a part of a file.
pub fn file(w: &mut Worker, id: RequestId, body: FileBody) {
    let response = &w.requests[id].response;
    let has_body = response.framing != Framing::NoBody;
    if response.stage == Stage::Begun && has_body && body.left <= COPY as u64 {
        return small_file(w, id, &body);
    }
    let len = body.left;
    parts(w, id, [(Vec::new(), body)], b"", len);
}

/// Hands over the whole body as parts of a file, each behind some bytes of its own, and `end`: `len` bytes
/// in all.
pub fn parts(
    w: &mut Worker,
    id: RequestId,
    parts: impl IntoIterator<Item = (Vec<u8>, FileBody)>,
    end: &[u8],
    len: u64,
) {
    let response = &w.requests[id].response;
    if response.stage != Stage::Begun || response.framing == Framing::NoBody || len == 0 {
        write(w, id, &[], true);
        return;
    }
    if trailers::are_due(response) {
        trailers::evaluate(w, id);
    }
    let mut line = head_of_files(w, id, len);
    let is_chunked = w.requests[id].response.framing == Framing::Chunked;
    if is_chunked {
        h1::chunk_head(&mut line, usize::try_from(len).unwrap_or(usize::MAX));
    }
    downstream::queue(w, id, &line);
    for (bytes, body) in parts {
        downstream::queue(w, id, &bytes);
        downstream::queue_file(w, id, body.file, body.offset, body.left);
    }
    downstream::queue(w, id, end);
    if is_chunked {
        line.clear();
        line.extend_from_slice(h1::CHUNK_END);
        let end = frame(&w.requests[id].response, 0, true, &mut line);
        downstream::queue(w, id, &line);
        downstream::queue(w, id, end);
    }
    send_files(w, id, line);
}

/// The head of an answer whose whole body, of so many bytes, is about to be handed over.
fn head_of_files(w: &mut Worker, id: RequestId, len: u64) -> Vec<u8> {
    let mut line = w.buffers.line();
    head::write(w, id, &mut line);
    let response = &mut w.requests[id].response;
    response.head_size = line.len() as u32;
    response.body_sent += len;
    response.stage = Stage::Ended;
    line
}

/// All of it is in the outbox.
fn send_files(w: &mut Worker, id: RequestId, line: Vec<u8>) {
    w.buffers.give_line(line);
    fill_packets(w, id);
    let sent = downstream::flush(w, id);
    after_send(w, id, sent, true);
}

/// A small file costs less in the head's own send than by itself.
fn small_file(w: &mut Worker, id: RequestId, body: &FileBody) {
    use std::os::unix::fs::FileExt;
    let mut bytes = [0; COPY];
    let bytes = &mut bytes[..body.left as usize];
    match body.file.read_exact_at(bytes, body.offset) {
        Ok(()) => {
            write(w, id, bytes, true);
        }
        // It became shorter than its length was found to be.
        Err(_) => finish::close(w, id),
    }
}

pub fn after_send(w: &mut Worker, id: RequestId, sent: Sent, last: bool) -> Sent {
    match sent {
        Sent::All => {
            if last {
                finish::finish(w, id, Outcome::Done);
            }
        }
        Sent::Blocked => {
            downstream::want_room(w, id);
            if last {
                w.requests[id].write = drained;
            }
        }
        Sent::Failed(_) if !last && finish::goes_on_alone(w, id) => return Sent::All,
        Sent::Failed(e) => finish::client_gone(w, id, Some(e)),
    }
    sent
}

/// The write handler once everything was handed over.
fn drained(w: &mut Worker, id: RequestId) {
    if downstream::is_drained(w, id) {
        downstream::cancel_room(w, id);
        finish::finish(w, id, Outcome::Done);
    }
}

/// An interim response (1xx), as it is. False: the client is gone.
pub fn interim(w: &mut Worker, id: RequestId, head: &[u8]) -> bool {
    match downstream::send(w, id, &[head]) {
        Sent::Failed(_) if finish::goes_on_alone(w, id) => true,
        Sent::Failed(e) => {
            finish::client_gone(w, id, Some(e));
            false
        }
        Sent::Blocked => {
            downstream::want_room_anew(w, id);
            true
        }
        Sent::All => true,
    }
}

/// A whole answer from memory.
pub fn text(w: &mut Worker, id: RequestId, status: u16, content_type: &[u8], body: &[u8]) {
    let response = &mut w.requests[id].response;
    response.content_type.clear();
    response.content_type.extend_from_slice(content_type);
    typed(w, id, status, body);
}

/// As `text`, of the type that is set already.
pub fn typed(w: &mut Worker, id: RequestId, status: u16, body: &[u8]) {
    let response = &mut w.requests[id].response;
    response.status = status;
    response.content_length = Some(body.len() as u64);
    if begin(w, id) {
        write(w, id, body, true);
    }
}
