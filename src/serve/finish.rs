//! The one end of a request: it is logged, what it holds is given back, the connection goes on or ends.

use crate::cache::index::{self, Ticket};
use crate::cache::key::Key;
use crate::http::exchange::Seen;
use crate::http::limit_conn;
use crate::http::request::Outcome;
use crate::http::response::Stage;
use crate::http::settings::cache::CacheIndex;
use crate::http::settings::upstream_conf::StoreAs;
use crate::os::Errno;
use crate::worker::*;

use super::{abort, downstream, filter, log, post_action, postpone, respond, subrequest};

/// Ends a request. May be called again: then nothing happens.
pub fn finish(w: &mut Worker, id: RequestId, outcome: Outcome) {
    let Some(request) = w.requests.get_mut(id).filter(|r| r.outcome.is_none()) else {
        return;
    };
    request.outcome = Some(outcome);
    request.quiet();
    if let Some(upstream) = request.upstream.take() {
        (w.pipeline.release)(w, upstream);
    }
    let request = &w.requests[id];
    let has_action = w.conf.location(request.location).core.post_action.is_some();
    if has_action && post_action::begin(w, id, outcome) {
        return;
    }
    let request = &w.requests[id];
    if downstream::is_subrequest(request) || !request.rare.children.is_empty() {
        return finish_family(w, id, outcome);
    }
    log::access(w, id);
    if w.requests[id].rare.is_counted_or_cached() {
        let_go(w, id);
    }
    respond::give_fields(w, id);
    w.finished.push(id);
    downstream::end(w, id, outcome);
}

/// As `finish`, of a request that has children or a parent.
fn finish_family(w: &mut Worker, id: RequestId, outcome: Outcome) {
    subrequest::end_children(w, id, outcome);
    log::access(w, id);
    if w.requests[id].rare.is_counted_or_cached() {
        let_go(w, id);
    }
    downstream::end_family(w, id, outcome);
    subrequest::ended(w, id);
}

/// `limit_conn` does not count the request any more, it does not wait for what others store, and others do not wait for
/// what it was to store: a request may end before its upstream began.
pub(super) fn let_go(w: &mut Worker, id: RequestId) {
    let Worker { requests, zones, cache_waiters, .. } = w;
    let Some(rare) = requests[id].rare.if_any() else { return };
    limit_conn::release(zones, &mut rare.held);
    let Some(cached) = &mut rare.cached else { return };
    let (at, key, ticket) = (cached.at, cached.key, cached.ticket.take());
    if cached.wait_until.take().is_some() {
        cache_waiters.remove(key, id);
    }
    if let Some(ticket) = ticket {
        release_ticket(w, at, key, ticket);
    }
}

/// Another request may store what is stored of the key: those that wait for it look again.
pub fn release_ticket(w: &mut Worker, at: CacheIndex, key: Key, ticket: Ticket) {
    let zone = w.conf.http.zone_of_cache(at.0.into()).and_then(|at| w.zones.get(at));
    if let Some(zone) = zone {
        index::release(zone, key, ticket);
    }
    wake_waiters(w, key);
}

/// Requests that wait for what is stored of the key look again in this turn.
pub fn wake_waiters(w: &mut Worker, key: Key) {
    let now = w.event.now;
    for id in w.cache_waiters.take(key) {
        let Some(request) = w.requests.get_mut(id).filter(|it| it.outcome.is_none()) else {
            continue;
        };
        let rare = request.it.rare.get_or_insert();
        let is_waiting = rare.cached.as_ref().is_some_and(|it| it.wait_until.is_some());
        if is_waiting {
            rare.delayed_until = now;
            w.event.post_job(Job::RequestWrite(id));
        }
    }
}

/// Ends a request and its connection.
pub fn close(w: &mut Worker, id: RequestId) {
    finish(w, id, Outcome::Close);
}

/// Whether the request goes on without its client: it changes files, or the server has the whole request, and what it
/// says of it is to become a file.
pub fn is_wanted_without_client(w: &Worker, id: RequestId) -> bool {
    let request = &w.requests[id];
    if request.rare.transfer.is_some() {
        return true;
    }
    let settings = &w.location_of(id).upstream;
    if !settings.has_tap {
        return false;
    }
    let upstream = request.upstream.and_then(|id| w.upstreams.get(id));
    let may_store = settings.store != StoreAs::Off || request.may_store();
    request.body.rest.is_done()
        && upstream.is_some_and(|it| match it.seen {
            Seen::Head => it.rare.tap.is_some(),
            Seen::Nothing | Seen::Some => may_store,
        })
}

/// As `client_gone`, but true if the answer is still wanted: then what is written of it goes nowhere.
pub fn goes_on_alone(w: &mut Worker, id: RequestId) -> bool {
    let is_wanted = is_wanted_without_client(w, id);
    if is_wanted {
        go_on_alone(w, id);
    }
    is_wanted
}

/// The request goes on without its client.
pub fn go_on_alone(w: &mut Worker, id: RequestId) {
    let request = &mut w.requests[id];
    request.disable_keepalive();
    postpone::discard(w, id);
    downstream::detach(w, id);
    // What waited for room at the client goes on.
    w.event.post_job(Job::RequestWrite(id));
}

/// The client has gone before it had its answer: 499 in the log, as nginx has it.
pub fn client_gone(w: &mut Worker, id: RequestId, error: Option<Errno>) {
    let Some(request) = w.requests.get_mut(id) else { return };
    if request.response.stage < Stage::Sending {
        request.response.status = 499;
    }
    match error {
        Some(e) => {
            let text = format_args!("client prematurely closed connection ({e})");
            log::error(w, id, log::Level::Info, text);
        }
        None => {
            let text = format_args!("client prematurely closed connection");
            log::error(w, id, log::Level::Info, text);
        }
    }
    close(w, id);
}

/// Ends a request whose answer is not going to be whole, once the client has what there is of it; a write handler,
/// too. A client that is still sending is not reset: what it has not read yet would be lost to it.
pub fn break_off(w: &mut Worker, id: RequestId) {
    let is_drained = filter::resume(w, id);
    let Some(request) = w.requests.get_mut(id).filter(|it| it.outcome.is_none()) else { return };
    if is_drained {
        if downstream::is_inserted(request) {
            return postpone::cut_short(w, id);
        }
        request.disable_keepalive();
        // Half of a body is none.
        let outcome = match downstream::is_in_memory(request) {
            true => Outcome::Close,
            false => Outcome::Done,
        };
        return finish(w, id, outcome);
    }
    request.write = break_off;
    // The end of a tunnel's other direction is no abort.
    match request.response.status {
        101 => request.read = rest,
        _ => abort::await_end(w, id),
    }
}
