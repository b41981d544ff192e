//! A response passes the filters that it asked for, head and body; what they hold goes on when the client has room.
//!
//! A head filter changes the head, or has another answer in its place. A body filter is given pieces and gives none, one
//! or several to the next: the last of them to `respond::output`, which frames and sends them. A filter never waits.
//! If it cannot deal with all of a piece now, because the client has not taken what came of the first part, or because
//! others are to have their turn, it keeps the rest in `Request::ctx` and sets its bit in `Request::held`. From then
//! on the response is not [drained](is_drained), so its maker gives no more, and [`resume`] is called when it may go on.

use crate::http::filters::{BodyFilters, HeadFilters, Passed, Piece};
use crate::worker::*;

use super::{downstream, postpone, respond};

/// Runs the filters of the head.
#[inline]
pub(super) fn heads(w: &mut Worker, id: RequestId) -> Filtered {
    let mut done = HeadFilters::NONE;
    loop {
        // A filter may take away one that comes later.
        let request = &w.requests[id];
        let asked = w.conf.location(request.location).filters.and(request.response.filters);
        let due = asked.except(done).except(downstream::withheld(request));
        if due.is_empty() {
            return Filtered::Next;
        }
        let (filter, at) = due.first();
        done = filter.up_to();
        let (_, run) = w.pipeline.heads[at];
        if let Filtered::Instead(status) = run(w, id) {
            forget(w, id);
            return Filtered::Instead(status);
        }
    }
}

/// Gives a piece to the first filter of the body. `last`: nothing follows.
pub(super) fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool) -> Passed {
    if downstream::is_discarded(w, id) {
        return respond::output(w, id, piece, last);
    }
    let sent = next(w, id, Next(w.requests[id].filters), piece, last);
    let request = &mut w.requests[id];
    if last && !request.held.is_empty() && request.outcome.is_none() {
        respond::await_end(w, id);
    }
    sent
}

/// Gives a piece to the filter behind one, or to the writer.
pub fn next(w: &mut Worker, id: RequestId, next: Next, piece: Piece<'_>, last: bool) -> Passed {
    if next.0.is_empty() {
        return respond::output(w, id, piece, last);
    }
    let (filter, at) = next.0.first();
    let (_, BodyFilter { write, .. }) = w.pipeline.bodies[at];
    write(w, id, piece, last, next.behind(filter))
}

/// The client has taken everything, others have had their turn, or there is a file for what the client has not taken:
/// what filters hold goes on. True if nothing is left.
pub fn resume(w: &mut Worker, id: RequestId) -> bool {
    while let Some(request) = w.requests.get(id).filter(|it| it.outcome.is_none()) {
        let is_drained = downstream::is_drained(w, id);
        let may_go_on = match is_drained {
            true => request.held,
            false if request.rare.ctx.as_ref().is_some_and(|ctx| ctx.takes_more()) => {
                request.held.except(BodyFilters::SPOOL)
            }
            false => BodyFilters::NONE,
        };
        if may_go_on.is_empty() {
            return is_drained && request.held.is_empty();
        }
        // Those behind first: what they hold came before.
        let (filter, at) = may_go_on.last();
        let behind = Next(request.filters).behind(filter);
        let (_, BodyFilter { resume, .. }) = w.pipeline.bodies[at];
        if resume(w, id, behind).is_over() || w.requests[id].held.has(filter) {
            return false;
        }
    }
    false
}

/// Everything that was handed over has gone. Until then the maker of the response is not asked for more.
#[inline]
pub fn is_drained(w: &Worker, id: RequestId) -> bool {
    w.requests[id].held.is_empty() && downstream::is_drained(w, id)
}

/// Another response takes the place of this one, of which nothing was sent.
pub(super) fn forget(w: &mut Worker, id: RequestId) {
    postpone::discard(w, id);
    let Worker { requests, coders, .. } = w;
    let request = &mut requests[id].it;
    (request.filters, request.held) = (BodyFilters::NONE, BodyFilters::NONE);
    if let Some(ctx) = request.rare.if_any().and_then(|rare| rare.ctx.as_mut()) {
        coders.give_back(ctx);
        ctx.clear();
    }
}
