//! A request that goes on later: nothing is blocked meanwhile, and its client may leave.

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

/// The time is over: the request has no write handler any more.
pub fn is_over(w: &mut Worker, id: RequestId) -> bool {
    let now = w.event.now;
    let request = w.requests.get_mut(id).filter(|it| it.outcome.is_none());
    let Some(request) = request.filter(|it| now >= it.rare.delayed_until) else { return false };
    request.write = rest;
    true
}
