//! A request that goes on later: nothing is blocked meanwhile, and its client may leave.
//!
//! Long work is done in steps by the request's write handler, which each write event of the client calls, too. So a
//! request has one job for its next step, and no event adds another.

use crate::worker::*;

use super::abort;

/// `write` is the request's write handler, which asks [`is_over`], for `ms` from now on.
pub fn begin(w: &mut Worker, id: RequestId, ms: u64, write: fn(&mut Worker, RequestId)) {
    let until = w.event.now.saturating_add(ms);
    let request = &mut w.requests[id];
    request.it.rare.get_or_insert().delayed_until = until;
    request.write = write;
    abort::await_end(w, id);
    // One whose client goes away meanwhile is not there any more when the time comes.
    w.event.arm_job(Job::RequestWrite(id), ms);
}

/// The write handler runs again, behind what else is posted in this turn.
pub fn next_step(w: &mut Worker, id: RequestId) {
    if begins(w, id) {
        w.event.post_job(Job::RequestWrite(id));
    }
}

/// The write handler runs again in a turn to come: its steps take milliseconds.
pub fn next_long_step(w: &mut Worker, id: RequestId) {
    if begins(w, id) {
        w.event.defer_job(Job::RequestWrite(id));
    }
}

/// There is no job yet for the next step.
fn begins(w: &mut Worker, id: RequestId) -> bool {
    let Some(request) = w.requests.get_mut(id) else { return false };
    !std::mem::replace(&mut request.it.rare.get_or_insert().goes_on, true)
}

/// The time is over: the request has no write handler any more.
pub fn is_over(w: &mut Worker, id: RequestId) -> bool {
    let now = w.event.now;
    let request = w.requests.get_mut(id).filter(|it| it.outcome.is_none());
    let Some(request) = request.filter(|it| now >= it.rare.delayed_until) else { return false };
    request.write = rest;
    true
}
