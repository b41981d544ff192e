//! A try failed: another peer, or an answer.

use crate::http::exchange::{Seen, Spoiled, Upstream, Written};
use crate::proto::Method;
use crate::proxy::exchange::cache;
use crate::serve::respond;
use crate::upstream::counters::Count;
use crate::upstream::failure::Failures;
use crate::upstream::peer::PeerState;
use crate::upstream::pool::undelivered::Verdict;
use crate::worker::*;

use super::{connect, release, undelivered};

/// Ends the try under way; begins the next, or answers.
pub fn next(w: &mut Worker, id: UpstreamId, failure: Failures) {
    ::log::debug!("*{} http next upstream, {:x}", connect::serial(w, id), failure.0);
    let upstream = &w.upstreams[id];
    let request = upstream.request;
    let stale = is_stale(upstream, failure);
    let replay = stale_replay_allowed(w, id, stale);
    let allowed = replay || may_retry(w, id, failure);
    match replay {
        true => count_replay(w, id),
        false if !allowed => undelivered::count_undecided(w, id),
        false => {}
    }
    let status = status_of(failure);
    if let Some(it) = w.requests[request].tries.last_mut() {
        if it.status == 0 {
            it.status = status;
        }
    }
    let unreached = is_unreached(&w.upstreams[id], failure);
    if unreached && w.upstreams[id].peer.connection.is_some() {
        count_failed_dial(w, id);
    }
    let state = match failure {
        _ if stale => PeerState::Ok,
        Failures::HTTP_403 | Failures::HTTP_404 => PeerState::Next,
        _ if unreached => PeerState::Unreached,
        _ => PeerState::Failed,
    };
    let peer = w.upstreams[id].peer.peer;
    release::end_try(w, id, state);
    if replay {
        // The connection was to blame, not the peer: it may be tried again, and the try is not counted.
        let pc = &mut w.upstreams[id].peer;
        pc.fresh = true;
        pc.tries += 1;
        peer.iter().for_each(|peer| pc.tried.remove(*peer));
    }
    if !allowed {
        if cache::after(w, id, failure, status) {
            return;
        }
        release::release(w, id);
        return respond::error(w, request, status);
    }
    connect::next_try(w, id, false);
}

fn count_failed_dial(w: &mut Worker, id: UpstreamId) {
    let pc = &w.upstreams[id].peer;
    let Some(at) = pc.peer else { return };
    w.groups[pc.group].peers[at].counters.count(Count::DialFailures);
}

fn count_replay(w: &mut Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    let never_sent = undelivered::never_sent(w, id, upstream.peer.connection);
    let (group, proven) =
        (upstream.peer.group, undelivered::verdict(upstream) == Some(Verdict::Proven));
    let Some(at) = upstream.peer.peer else { return };
    let counters = &mut w.groups[group].peers[at].counters;
    counters.count(Count::StaleReplays);
    counters.add(Count::NeverSentReplays, u64::from(never_sent));
    counters.add(Count::UndeliveredReplays, u64::from(proven));
}

/// Whether a response that is a failure would be given up for another try.
pub fn would_retry(w: &Worker, id: UpstreamId, failure: Failures) -> bool {
    w.upstreams[id].peer.tries > 1 && may_retry(w, id, failure)
}

/// A cached connection that dies before a byte of a response says nothing of its peer.
fn is_stale(upstream: &Upstream, failure: Failures) -> bool {
    upstream.peer.cached
        && failure == Failures::ERROR
        && upstream.seen == Seen::Nothing
        && upstream.spoiled != Some(Spoiled::Failed)
}

/// The try has failed before a connection stood: its server was not reached.
fn is_unreached(upstream: &Upstream, failure: Failures) -> bool {
    let connecting = upstream.written == Written::Nothing && !upstream.peer.cached;
    connecting && matches!(failure, Failures::ERROR | Failures::TIMEOUT)
}

/// One replay a request: one that crashes its server must not run through the pool.
fn stale_replay_allowed(w: &Worker, id: UpstreamId, stale: bool) -> bool {
    let upstream = &w.upstreams[id];
    let settings = &w.location_of(upstream.request).upstream;
    stale
        && !upstream.peer.fresh
        && is_repeatable(w, id)
        && (is_idempotent(w, upstream.request)
            || undelivered::verdict(upstream) == Some(Verdict::Proven)
            || undelivered::never_sent(w, id, upstream.peer.connection)
            || settings.next_upstream.has(Failures::NON_IDEMPOTENT))
}

/// `proxy_next_upstream`, `_tries` and `_timeout`.
fn may_retry(w: &Worker, id: UpstreamId, failure: Failures) -> bool {
    let upstream = &w.upstreams[id];
    let settings = &w.location_of(upstream.request).upstream;
    let mut wanted = failure;
    if upstream.written > Written::Nothing && !is_idempotent(w, upstream.request) {
        wanted |= Failures::NON_IDEMPOTENT;
    }
    let listed = settings.next_upstream.0 & wanted.0 == wanted.0;
    let in_time = settings.next_upstream_timeout == 0
        || w.event.now - upstream.peer.start_time < settings.next_upstream_timeout;
    upstream.peer.tries > 1 && listed && in_time && is_repeatable(w, id)
}

/// A body that was passed on as it came cannot be sent again, nor a response taken back.
pub fn is_repeatable(w: &Worker, id: UpstreamId) -> bool {
    let upstream = &w.upstreams[id];
    let request = &w.requests[upstream.request];
    let is_kept = request.body.is_kept() || upstream.own_body;
    is_kept && !request.response.is_begun()
}

/// RFC 9110, 9.2.2, as nginx has it: POST, LOCK and PATCH are not repeated once sent.
pub fn is_idempotent(w: &Worker, request: RequestId) -> bool {
    !matches!(w.requests[request].method, Method::Post | Method::Lock | Method::Patch)
}

fn status_of(failure: Failures) -> u16 {
    match failure {
        Failures::TIMEOUT | Failures::HTTP_504 => 504,
        Failures::HTTP_500 => 500,
        Failures::HTTP_503 => 503,
        Failures::HTTP_403 => 403,
        Failures::HTTP_404 => 404,
        Failures::HTTP_429 => 429,
        _ => 502,
    }
}
