//! A cached connection ended when a request had just been written to it: was the request delivered?
//!
//! Nothing is written meanwhile; what the kernel says is read in this order: `recv`, the account, the pending
//! error, which reading consumes.

use crate::event::Side;
use crate::http::exchange::{Seen, Upstream, Written};
use crate::os::Errno;
use crate::proxy::connection;
use crate::proxy::exchange::response_head;
use crate::upstream::counters::Undecided;
use crate::upstream::failure::Failures;
use crate::upstream::pool::undelivered::{Account, MOST_VAIN, Verdict, judge, of_addr, of_error};
use crate::worker::*;

use super::retry;

/// Before a request that may not be repeated is written to a cached connection: what was sent on it so far.
pub fn prepare(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    if retry::is_idempotent(w, w.upstreams[id].request) {
        return;
    }
    let before = w.event.conns[conn].socket.delivery();
    let upstream = &mut w.upstreams[id];
    upstream.accounted = true;
    // The box stays with the task: steady traffic allocates nothing.
    **upstream.kept_account.get_or_insert_default() = Account { before, ..Account::default() };
}

/// Whether no byte of the request has even left this machine, nor ever will.
pub fn never_sent(w: &Worker, id: UpstreamId, conn: Option<ConnId>) -> bool {
    let upstream = &w.upstreams[id];
    if upstream.written == Written::Nothing {
        return true;
    }
    let now = conn.and_then(|conn| w.event.conns[conn].socket.delivery());
    let before = upstream.account().and_then(|account| account.before);
    // Of a connection that stands, what it holds would still be sent once it is closed here.
    matches!((before, now), (Some(before), Some(now)) if now.closed && now.sent == before.sent)
}

/// A connection ended before the head of a response was here: with that error, or in order (`recv` gave 0).
/// True: it is still to be seen what that means.
pub fn ended(w: &mut Worker, id: UpstreamId, conn: ConnId, error: Option<Errno>) -> bool {
    let upstream = &w.upstreams[id];
    let settings = &w.location_of(upstream.request).upstream;
    let (Some(account), true) =
        (upstream.account(), settings.next_upstream.has(Failures::UNDELIVERED))
    else {
        return false;
    };
    let (group, Some(at)) = (upstream.peer.group, upstream.peer.peer) else { return false };
    let now = w.event.now;
    let has_waited = matches!(account.verdict, Some(Verdict::Wait(_)));
    let ended_at = if has_waited { account.ended_at } else { now };
    let waited = now - ended_at;
    let verdict = match outside(w, id, error) {
        Some(reason) => Verdict::Unknown(reason),
        None => of_account(w, id, conn, waited),
    };
    let peer = &mut w.groups[group].peers[at];
    let verdict = match verdict {
        Verdict::Wait(_) if peer.vain_waits >= MOST_VAIN => Verdict::Unknown(Undecided::NotAwaited),
        verdict => verdict,
    };
    if let Some(account) = w.upstreams[id].account_mut() {
        (account.ended_at, account.verdict) = (ended_at, Some(verdict));
    }
    match verdict {
        Verdict::Proven => peer.vain_waits = 0,
        Verdict::Wait(until) => {
            w.upstreams[id].read = look;
            w.event.arm(conn, Side::Read, until - waited);
            return true;
        }
        Verdict::Unknown(_) if has_waited => {
            peer.vain_waits = peer.vain_waits.saturating_add(1);
        }
        Verdict::Unknown(_) => {}
    }
    false
}

/// What the rule does not hold for, whatever the kernel knows.
fn outside(w: &Worker, id: UpstreamId, error: Option<Errno>) -> Option<Undecided> {
    let upstream = &w.upstreams[id];
    let has_begun = upstream.seen > Seen::Nothing;
    match error {
        _ if has_begun => Some(Undecided::ResponseBegun),
        _ if !retry::is_repeatable(w, id) => Some(Undecided::Streamed),
        _ if upstream.account()?.before.is_none() => {
            let peer = upstream.peer.peer?;
            Some(of_addr(&w.groups[upstream.peer.group].peers[peer].settings.addr))
        }
        Some(e) => Some(of_error(Some(e))),
        // Where writing failed, that has consumed the error.
        None if upstream.rare.send_error.is_some() || upstream.written < Written::All => {
            Some(Undecided::Unfinished)
        }
        None => None,
    }
}

fn of_account(w: &Worker, id: UpstreamId, conn: ConnId, waited: u64) -> Verdict {
    let c = &w.event.conns[conn];
    let before = w.upstreams[id].account().and_then(|account| account.before);
    let (Some(before), Some(now)) = (before, c.socket.delivery()) else {
        return Verdict::Unknown(Undecided::NoAccount);
    };
    let error = if now.closed { c.socket.error() } else { None };
    judge(&before, &now, c.sent_wire(), waited, error)
}

/// What was found out when the connection ended.
pub fn verdict(upstream: &Upstream) -> Option<Verdict> {
    upstream.account()?.verdict
}

/// A request is not sent again that could have been, had it been proven that it never arrived.
pub fn count_undecided(w: &mut Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    let (group, peer) = (upstream.peer.group, upstream.peer.peer);
    if let (Some(Verdict::Unknown(reason)), Some(at)) = (verdict(upstream), peer) {
        w.groups[group].peers[at].counters.count(reason);
    }
}

/// The task's read handler while a reset may come: it came, or the time is up.
fn look(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    w.event.conns[conn].read.timedout = false;
    if !ended(w, id, conn, None) {
        response_head::give_up(w, id, None);
    }
}
