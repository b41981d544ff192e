//! A cached connection ended when a request had just been written to it: was the request delivered?
//!
//! Nothing is written meanwhile; what the kernel says is read in this order: `recv`, the account, the pending
//! error, which reading consumes.

use crate::event::Side;
use crate::os::Errno;
use crate::upstream::counters::Count;
use crate::upstream::failure::Failures;
use crate::upstream::undelivered::{MOST_VAIN, Verdict, judge};
use crate::worker::*;

use super::{connection, head, retry};

/// Before a request that may not be repeated is written to a cached connection: what was sent on it so far.
pub fn prepare(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    if retry::is_idempotent(w, w.upstreams[id].request) {
        return;
    }
    let account = w.event.conns[conn].socket.delivery();
    let upstream = &mut w.upstreams[id];
    upstream.accounted = account.is_some();
    // The box stays with the task: steady traffic allocates nothing.
    if let Some(account) = account {
        **upstream.before.get_or_insert_default() = account;
    }
}

/// Whether no byte of the request has even left this machine.
pub fn never_sent(w: &Worker, id: UpstreamId, conn: Option<ConnId>) -> bool {
    let upstream = &w.upstreams[id];
    if !upstream.any_sent {
        return true;
    }
    let now = conn.and_then(|conn| w.event.conns[conn].socket.delivery());
    let before = upstream.before.as_ref().filter(|_| upstream.accounted);
    matches!((before, now), (Some(before), Some(now)) if now.sent == before.sent)
}

/// The connection ended in order (`recv` gave 0). True: it is still to be seen what that means.
pub fn waits(w: &mut Worker, id: UpstreamId, conn: ConnId) -> bool {
    let now = w.event.now;
    let upstream = &w.upstreams[id];
    let proxy = &w.location_of(upstream.request).proxy;
    let (Some(before), true) =
        (&upstream.before, upstream.accounted && proxy.next_upstream.has(Failures::UNDELIVERED))
    else {
        return false;
    };
    if !upstream.request_sent || upstream.replayed || !retry::is_repeatable(w, id) {
        return false;
    }
    let c = &w.event.conns[conn];
    let Some(account) = c.socket.delivery() else { return false };
    let reset = account.closed && c.socket.error() == Some(Errno::PIPE);
    let (group, peer) = (upstream.peer.group, upstream.peer.peer);
    let waited = now - upstream.started;
    let verdict = judge(before, &account, c.sent, waited, reset);
    let Some(peer) = peer.map(|at| &mut w.groups[group].peers[usize::from(at.0)]) else {
        return false;
    };
    match verdict {
        Verdict::Proven => {
            peer.vain_waits = 0;
            w.upstreams[id].undelivered = true;
            false
        }
        Verdict::Wait(until) if peer.vain_waits < MOST_VAIN => {
            w.upstreams[id].read = look;
            w.event.arm(conn, Side::Read, until - waited);
            true
        }
        _ => {
            if waited > 0 {
                peer.vain_waits = peer.vain_waits.saturating_add(1);
            }
            false
        }
    }
}

/// A request is not sent again that could have been, had it been proven that it never arrived.
pub fn count_undecided(w: &mut Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    let wanted = w.location_of(upstream.request).proxy.next_upstream.has(Failures::UNDELIVERED);
    let (group, Some(at)) = (upstream.peer.group, upstream.peer.peer) else { return };
    if wanted && upstream.accounted {
        w.groups[group].peers[usize::from(at.0)].counters.count(Count::Undecided);
    }
}

/// The task's read handler while a reset may come: it came, or the time is up.
fn look(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    w.event.conns[conn].read.timedout = false;
    if !waits(w, id, conn) {
        head::give_up(w, id, None);
    }
}
