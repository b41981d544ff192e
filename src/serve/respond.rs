//! Answers: the head is decided, filtered and written in front of the first bytes of the body.
//!
//! `begin` decides, `write` and `file` hand the body over, `text` and `error` are whole answers. When the
//! last byte has been handed over and the outbox is empty, the request ends.

use crate::base::pace::Pace;
use crate::http::filters::{FileBody, Passed, Piece};
use crate::http::request::Outcome;
use crate::http::response::{Framing, Response, Stage};
use crate::proto::{Head, Method, Version};
use crate::worker::*;

use super::downstream::Sent;
pub use super::page::{
    METHODS, builtin, clear, error, kept_field, not_allowed, options, refuse, refuse_started,
};
use super::{body, downstream, eval, filter, finish, post_action, postpone, trailers};

/// Files up to this size are read, and go out with the head.
const SMALL: u64 = 4 << 10;

/// Decides how the answer goes out. `response` was filled before. False: another answer took its place.
pub fn begin(w: &mut Worker, id: RequestId) -> bool {
    match decide(w, id) {
        Begun::Yes => true,
        Begun::No => false,
        Begun::Instead(status) => {
            error(w, id, status);
            false
        }
    }
}

/// What became of a response that was to begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begun {
    Yes,
    /// Another one took its place.
    No,
    /// The answer of this status is to take its place: `error` gives it.
    Instead(u16),
}

/// As `begin`, for a maker that has something to do before another answer takes the place of its own.
pub fn decide(w: &mut Worker, id: RequestId) -> Begun {
    let request = &mut w.requests[id];
    if request.response.stage != Stage::None {
        return post_action::decide(w, id);
    }
    if !body::pass_over(w, id) {
        return Begun::No;
    }
    let request = &mut w.requests[id];
    if let Some(status) = request.status_override {
        request.response.status = status;
        request.response.forget_reason();
    }
    if let Filtered::Instead(status) = filter::heads(w, id) {
        return Begun::Instead(status);
    }
    decide_framing(w, id);
    let core = &w.location_of(id).core;
    let sent = downstream::begin(w, id, core.tcp_nodelay);
    let request = &mut w.requests[id];
    request.response.sent_before = sent;
    request.response.stage = Stage::Begun;
    let is_limited = request.rare.limit_rate.is_some() || core.limit_rate.is_some();
    if is_limited {
        limit_rate(w, id);
    }
    Begun::Yes
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
    request.rare.get_or_insert().limit_rate = Some(rate);
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
    let is_subrequest = downstream::is_subrequest(it);
    let response = &mut it.response;
    let bodiless = matches!(response.status, 100..=199 | 204 | 304);
    if response.status == 204 {
        response.content_length = None;
        // What an upstream says of the type it may say, as in nginx.
        if it.tries.is_empty() {
            response.content_type.clear();
        }
    }
    let has_body = !bodiless && it.method != Method::Head;
    if is_subrequest {
        return postpone::decide_framing(it, has_body);
    }
    let core = &w.conf.location(it.location).core;
    let may_chunk = match it.line.version {
        Version::V09 | Version::V10 => false,
        Version::V11 => core.chunked_transfer_encoding,
        // Its frames are as good as chunks.
        Version::V2 => true,
    };
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
    // A client that still waits for `100 Continue` may send its body or may not: what the
    // next bytes will be is unknown.
    if it.body.expects_continue && !it.body.rest.is_done() {
        it.disable_keepalive();
    }
    if w.exit != Exit::No {
        it.disable_keepalive();
    }
}

/// Hands over a piece of the body; with the first goes the head. `last`: nothing follows.
#[inline]
pub fn write(w: &mut Worker, id: RequestId, data: &[u8], last: bool) -> Passed {
    match w.requests[id].filters.is_empty() {
        true => write_bytes(w, id, data, last),
        false => filter::write(w, id, Piece::Bytes(data), last),
    }
}

/// Hands over the whole body, as a part of a file.
pub fn file(w: &mut Worker, id: RequestId, body: FileBody) -> Passed {
    match w.requests[id].filters.is_empty() {
        true => write_file(w, id, body, true),
        false => filter::write(w, id, Piece::File(body), true),
    }
}

/// The maker of the body has no more of it for now: nothing that was handed over stays behind for the sake of more.
pub fn flush(w: &mut Worker, id: RequestId) -> Passed {
    match w.requests[id].filters.is_empty() {
        true => Passed::All,
        false => filter::write(w, id, Piece::Flush, false),
    }
}

/// The end of the filters: frames a piece and sends it.
pub(super) fn output(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool) -> Passed {
    match piece {
        Piece::Bytes(data) => write_bytes(w, id, data, last),
        Piece::File(body) => write_file(w, id, body, last),
        Piece::Flush if w.requests[id].response.stage != Stage::Begun => Passed::All,
        Piece::Flush => write_bytes(w, id, &[], last),
    }
}

fn write_bytes(w: &mut Worker, id: RequestId, data: &[u8], last: bool) -> Passed {
    match step(w, id, last) {
        Step::Write => write_piece(w, id, data, last),
        Step::WithTrailers => {
            let sent = write_piece(w, id, data, false);
            write_trailers(w, id, sent)
        }
        Step::Nothing => Passed::All,
    }
}

/// What is to be done with the next piece.
enum Step {
    Write,
    /// It is the last, and fields follow it.
    WithTrailers,
    Nothing,
}

fn step(w: &mut Worker, id: RequestId, last: bool) -> Step {
    let response = &w.requests[id].response;
    if response.stage == Stage::None || response.stage == Stage::Ended {
        return Step::Nothing;
    }
    let are_due = last && trailers::are_due(response);
    if downstream::is_discarded(w, id) {
        if last {
            w.requests[id].response.stage = Stage::Ended;
            finish::finish(w, id, Outcome::Done);
        }
        return Step::Nothing;
    }
    if are_due { Step::WithTrailers } else { Step::Write }
}

/// The end of a body that fields follow.
fn write_trailers(w: &mut Worker, id: RequestId, sent: Passed) -> Passed {
    if sent.is_over() {
        return sent;
    }
    trailers::evaluate(w, id);
    write_piece(w, id, &[], true)
}

fn write_piece(w: &mut Worker, id: RequestId, data: &[u8], last: bool) -> Passed {
    let response = &mut w.requests[id].it.response;
    let data = if response.framing == Framing::NoBody { &[] } else { data };
    let first = hand_over(response, data.len() as u64, last);
    let sent = downstream::write(w, id, data, first, last);
    after_send(w, id, sent, last)
}

/// `len` bytes of the body are handed over. True: the head goes in front of them.
fn hand_over(response: &mut Response, len: u64, last: bool) -> bool {
    let first = response.stage == Stage::Begun;
    response.body_sent += len;
    response.stage = if last { Stage::Ended } else { Stage::Sending };
    first
}

fn write_file(w: &mut Worker, id: RequestId, body: FileBody, last: bool) -> Passed {
    let step = step(w, id, last);
    if let Step::Nothing = step {
        return Passed::All;
    }
    let response = &w.requests[id].response;
    let is_begun = response.stage == Stage::Begun;
    if response.framing == Framing::NoBody || body.left == 0 {
        return write_bytes(w, id, &[], last);
    }
    if is_begun && last && body.left <= SMALL {
        return small_file(w, id, &body);
    }
    match step {
        Step::WithTrailers => {
            let sent = queue_file(w, id, body, false);
            write_trailers(w, id, sent)
        }
        _ => queue_file(w, id, body, last),
    }
}

fn queue_file(w: &mut Worker, id: RequestId, body: FileBody, last: bool) -> Passed {
    let first = hand_over(&mut w.requests[id].it.response, body.left, last);
    let sent = downstream::write_file(w, id, body, first, last);
    after_send(w, id, sent, last)
}

/// A small file costs less in the head's own send than by itself.
fn small_file(w: &mut Worker, id: RequestId, body: &FileBody) -> Passed {
    use std::os::unix::fs::FileExt;
    let mut bytes = w.buffers.line();
    bytes.resize(body.left as usize, 0);
    let read = body.file.read_exact_at(&mut bytes, body.offset);
    let sent = read.map(|()| write_bytes(w, id, &bytes, true));
    w.buffers.give_line(bytes);
    match sent {
        Ok(sent) => sent,
        // It became shorter than its length was found to be.
        Err(_) => {
            finish::close(w, id);
            Passed::Over
        }
    }
}

pub fn after_send(w: &mut Worker, id: RequestId, sent: Sent, last: bool) -> Passed {
    match sent {
        Sent::All => {
            if last {
                finish::finish(w, id, Outcome::Done);
            }
            Passed::All
        }
        Sent::Blocked => {
            downstream::want_room(w, id);
            if last {
                await_end(w, id);
            }
            Passed::Blocked
        }
        Sent::Failed(_) if !last && finish::goes_on_alone(w, id) => Passed::All,
        Sent::Failed(e) => {
            finish::client_gone(w, id, Some(e));
            Passed::Over
        }
    }
}

/// From now on the client, and the filters, only have to finish with what was handed over.
pub(super) fn await_end(w: &mut Worker, id: RequestId) {
    w.requests[id].write = drained;
}

/// The write handler once everything was handed over.
fn drained(w: &mut Worker, id: RequestId) {
    let is_drained = filter::resume(w, id);
    if is_drained && w.requests[id].response.stage == Stage::Ended {
        downstream::cancel_room(w, id);
        finish::finish(w, id, Outcome::Done);
    }
}

/// The response cannot be completed: the client's connection is closed behind what there is of it, so that the
/// truncation shows. A client that has been sent nothing yet gets the answer of `status` instead.
pub fn cut_short(w: &mut Worker, id: RequestId, status: u16) {
    if let Some(upstream) = w.requests[id].upstream {
        (w.pipeline.release)(w, upstream);
    }
    if w.requests[id].response.stage == Stage::Begun && !downstream::is_discarded(w, id) {
        filter::forget(w, id);
        w.requests[id].response.clear();
        return error(w, id, status);
    }
    finish::break_off(w, id);
}

/// An interim response (1xx); `fields` are whole lines. False: the client is gone.
pub fn interim(w: &mut Worker, id: RequestId, status: u16, fields: &Head) -> bool {
    match downstream::interim(w, id, status, fields) {
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
