//! nginx's postpone filter: the bodies of a request and of the subrequests that are [inserted](insert) into it, in order.
//!
//! What a request writes behind the start of such a subrequest waits in its `Ctx::postponed` until that has ended; what a
//! subrequest writes while something before it is still to come, or waits for the client, waits in its own. Neither is
//! more than one piece and what `ssi` makes of it, since its maker then gives no more (`Request::held`). The first in
//! order passes all that it writes to the filters that the main request has behind this one: they see one body.
//!
//! The body of a subrequest that is kept in memory ends here, in its `Ctx::body`.
//!
//! The main request waits for room at the client, or for its filters, on behalf of all: when it may go on, it wakes the
//! subrequest whose turn it is.

use std::os::unix::fs::FileExt;

use crate::http::ctx::Part;
use crate::http::filters::{BodyFilters, Passed, Piece};
use crate::http::request::{Outcome, Request};
use crate::http::response::{Framing, Stage};
use crate::http::subrequest::Role;
use crate::worker::*;

use super::log::{self, Level};
use super::subrequest::{self, Asked};
use super::{downstream, filter, finish, respond};

pub const FILTER: BodyFilter = BodyFilter { write, resume };

/// The body of a subrequest goes behind what the request has written so far. Its response must pass this filter, so a
/// head filter has asked for it. None: there are too many subrequests, which the log says.
pub fn insert(w: &mut Worker, id: RequestId, asked: &Asked<'_>) -> Option<RequestId> {
    debug_assert!(w.requests[id].filters.has(BodyFilters::POSTPONE));
    let child = subrequest::start(w, id, asked)?;
    let request = &mut w.requests[id];
    request.held.insert(BodyFilters::POSTPONE);
    request.ctx().postponed.queue.push_back(Part::Subrequest(child));
    Some(child)
}

/// As [`insert`], of a copy of the request that asks for the part of the response that begins there.
pub fn insert_copy(w: &mut Worker, id: RequestId, at: u64) -> Option<RequestId> {
    let child = subrequest::start_copy(w, id, Role::Inserted)?;
    w.requests[child].rare.get_or_insert().slice_at = Some(at);
    let request = &mut w.requests[id];
    request.held.insert(BodyFilters::POSTPONE);
    request.ctx().postponed.queue.push_back(Part::Subrequest(child));
    Some(child)
}

/// The body of the subrequest is a part of the response of its main request.
pub fn is_part(w: &Worker, id: RequestId) -> bool {
    let rare = &w.requests[id].rare;
    rare.slice_at.is_some() && downstream::is_inserted(&w.requests[id])
}

/// What a subrequest writes is no part, but the page of an error in the place of one.
fn is_no_part(w: &Worker, id: RequestId) -> bool {
    let slice = |main: &Request| main.rare.ctx.as_ref()?.slice.as_ref().map(|it| it.is_active);
    is_part(w, id) && w.requests.get(downstream::main(w, id)).and_then(|it| slice(it)) != Some(true)
}

/// What a subrequest writes has no frame of its own.
pub(super) fn decide_framing(request: &mut Request, has_body: bool) {
    let is_wanted = downstream::is_wanted(request);
    request.response.framing = Framing::NoBody;
    if is_wanted {
        request.filters.insert(BodyFilters::POSTPONE);
        if has_body {
            request.response.framing = Framing::Close;
        }
    }
}

/// All that the subrequest has passed on has gone. What goes nowhere always has.
pub(super) fn is_drained(w: &Worker, id: RequestId) -> bool {
    let main = downstream::main(w, id);
    let goes_on = downstream::is_inserted(&w.requests[id]);
    let Some(request) = w.requests.get(main).filter(|_| goes_on) else {
        return true;
    };
    Next(request.held).behind(BodyFilters::POSTPONE).0.is_empty() && downstream::is_drained(w, main)
}

fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let request = &w.requests[id];
    if request.outcome.is_some() {
        return Passed::Over;
    }
    if is_no_part(w, id) {
        cut_short(w, id);
        return Passed::Over;
    }
    let piece = match request.response.framing {
        Framing::NoBody => Piece::Bytes(&[]),
        _ => piece,
    };
    if downstream::is_in_memory(request) {
        return keep(w, id, piece, last);
    }
    if last && request.rare.stub.is_some() && is_empty(request, &piece) {
        let request = &mut w.requests[id];
        request.response.framing = Framing::Close;
        let stub = request.rare.get_or_insert().stub.take().unwrap_or_default();
        return write(w, id, Piece::Bytes(&stub), last, next);
    }
    let is_due = !request.held.has(BodyFilters::POSTPONE) && is_first(w, id);
    match is_due && (takes_more(w, id) || matches!(piece, Piece::Flush)) {
        true => pass(w, id, piece, last, next),
        false => hold(w, id, piece, last),
    }
}

/// The response has ended without a body.
fn is_empty(request: &Request, piece: &Piece<'_>) -> bool {
    let is_queued = request.held.has(BodyFilters::POSTPONE);
    request.response.body_sent == 0 && !is_queued && matches!(piece, Piece::Bytes([]))
}

/// In the memory of the subrequest itself. One that is too large ends it.
fn keep(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool) -> Passed {
    let role = w.requests[id].rare.subrequest.map(|it| it.role);
    let max = match role {
        Some(Role::Captured { .. }) => usize::MAX,
        _ => w.location_of(id).core.subrequest_output_buffer_size,
    };
    let body = &mut w.requests[id].ctx().body;
    let room = max.saturating_sub(body.len());
    let is_kept = match piece {
        Piece::Bytes(data) if data.len() <= room => {
            body.extend_from_slice(data);
            Ok(())
        }
        Piece::File(file) if file.left <= room as u64 => {
            let start = body.len();
            body.resize(start + file.left as usize, 0);
            let read = file.file.read_exact_at(&mut body[start..], file.offset);
            read.map_err(|e| format!("pread() failed ({e})"))
        }
        Piece::Flush => return Passed::All,
        Piece::Bytes(_) | Piece::File(_) => Err("too big subrequest response".to_owned()),
    };
    if let Err(text) = is_kept {
        log::error(w, id, Level::Error, format_args!("{text}"));
        finish::close(w, id);
        return Passed::Over;
    }
    if last {
        w.requests[id].response.stage = Stage::Ended;
        finish::finish(w, id, Outcome::Done);
    }
    Passed::All
}

/// The filters behind hold nothing, and the client has taken all. A main request does not write before that.
fn takes_more(w: &Worker, id: RequestId) -> bool {
    !downstream::is_subrequest(&w.requests[id]) || downstream::is_drained(w, id)
}

/// No body that is not complete goes before what the request writes.
fn is_first(w: &Worker, id: RequestId) -> bool {
    let Some(parent) = downstream::parent(w, id) else { return true };
    let ctx = w.requests.get(parent).and_then(|it| it.rare.ctx.as_ref());
    let first = ctx.and_then(|ctx| ctx.postponed.queue.front());
    matches!(first, Some(&Part::Subrequest(first)) if first == id) && is_first(w, parent)
}

fn hold(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool) -> Passed {
    let request = &mut w.requests[id];
    let postponed = &mut request.ctx().postponed;
    postponed.last |= last;
    match piece {
        Piece::Bytes([]) if !last => return Passed::Blocked,
        // One follows what waits anyway.
        Piece::Flush => return Passed::Blocked,
        Piece::Bytes([]) => {}
        Piece::Bytes(data) => postponed.queue.push_back(Part::Bytes(data.to_vec())),
        Piece::File(body) => postponed.queue.push_back(Part::File(body)),
    }
    request.held.insert(BodyFilters::POSTPONE);
    Passed::Blocked
}

/// To what the main request has behind this filter. The last byte of a subrequest is its end.
fn pass(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let main = downstream::main(w, id);
    if main == id {
        return filter::next(w, id, next, piece, last);
    }
    let next = Next(w.requests[main].filters).behind(BodyFilters::POSTPONE);
    let response = &mut w.requests[id].response;
    let len = match &piece {
        Piece::Bytes(data) => data.len() as u64,
        Piece::File(body) => body.left,
        Piece::Flush => 0,
    };
    if len > 0 {
        response.body_sent += len;
        response.stage = Stage::Sending;
    }
    let sent = match piece {
        Piece::Bytes([]) => Passed::All,
        _ => filter::next(w, main, next, piece, false),
    };
    if last && !sent.is_over() {
        w.requests[id].response.stage = Stage::Ended;
        finish::finish(w, id, Outcome::Done);
    }
    sent
}

/// Passes on what has waited, up to the next subrequest that has not ended, which is woken.
fn resume(w: &mut Worker, id: RequestId, next: Next) -> Passed {
    if !is_first(w, id) {
        return Passed::Blocked;
    }
    loop {
        let postponed = &mut w.requests[id].ctx().postponed;
        if let Some(&Part::Subrequest(child)) = postponed.queue.front() {
            wake(w, child);
            return Passed::Blocked;
        }
        let part = postponed.queue.pop_front();
        let is_end = postponed.queue.is_empty();
        let last = is_end && std::mem::take(&mut postponed.last);
        if is_end {
            w.requests[id].held.remove(BodyFilters::POSTPONE);
        }
        let sent = match part {
            Some(Part::Bytes(bytes)) => pass(w, id, Piece::Bytes(&bytes), last, next),
            Some(Part::File(body)) => pass(w, id, Piece::File(body), last, next),
            _ => pass(w, id, Piece::Bytes(&[]), last, next),
        };
        if sent.is_over() || last {
            return sent;
        }
        if is_end {
            // Its maker may have no more for now.
            return pass(w, id, Piece::Flush, false, next);
        }
        if sent == Passed::Blocked {
            return sent;
        }
    }
}

/// It is a subrequest's turn, or there is room for more of it. One that has not begun its response waits for neither.
fn wake(w: &mut Worker, child: RequestId) {
    if w.requests.get(child).is_some_and(|it| it.response.is_begun()) {
        w.event.post_job(Job::RequestWrite(child));
    }
}

/// An inserted subrequest has ended: what its parent has postponed may go on. One that is broken off takes the
/// connection with it, as in nginx.
pub(super) fn ended(w: &mut Worker, parent: RequestId, child: RequestId) {
    let queue = &mut w.requests[parent].ctx().postponed.queue;
    let before = queue.len();
    queue.retain(|part| !matches!(part, &Part::Subrequest(it) if it == child));
    if queue.len() == before {
        return;
    }
    match w.requests[child].outcome {
        Some(Outcome::Close) => finish::close(w, parent),
        _ => w.event.post_job(Job::RequestWrite(parent)),
    }
}

/// Nothing of what waits is sent, and the subrequests that it waits for end.
pub(super) fn discard(w: &mut Worker, id: RequestId) {
    let request = &mut w.requests[id];
    if !request.held.has(BodyFilters::POSTPONE) {
        return;
    }
    request.held.remove(BodyFilters::POSTPONE);
    let postponed = std::mem::take(&mut request.ctx().postponed);
    for part in postponed.queue {
        if let Part::Subrequest(child) = part {
            finish::close(w, child);
        }
    }
}

/// The body of a subrequest cannot be completed, and so its main request's cannot: that ends behind what there is of it.
pub fn cut_short(w: &mut Worker, id: RequestId) {
    let main = downstream::main(w, id);
    discard(w, main);
    respond::cut_short(w, main, 502);
}
