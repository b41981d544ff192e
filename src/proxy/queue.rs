//! `queue`: requests wait for a place at a peer, first come, first served.
//!
//! Whatever frees a place posts one look at the queue ([`place_freed`]); the look serves exactly as many as
//! there are places. By itself the queue is looked at when its oldest request has waited too long, or when a
//! peer that is disabled may be tried again.

use crate::serve::log::{self, Level};
use crate::upstream::counters::Count;
use crate::upstream::failure::Failures;
use crate::upstream::group::Groups;
use crate::upstream::peer::Get;
use crate::upstream::queue::Waits;
use crate::worker::*;

use super::{connect, retry};

/// So often it is looked whether another worker has freed a place, while somebody waits for one.
const ELSEWHERE_MS: u64 = 5;

/// The request waits.
pub fn join(w: &mut Worker, id: UpstreamId) {
    let Worker { groups, upstreams, .. } = w;
    let task = &mut upstreams[id];
    task.waits = Waits::Queued;
    task.quiet();
    let group = task.peer.group;
    groups[group].queue.list.push_front(upstreams, id);
    groups[group].counters.count(Count::Waiting);
    let serial = connect::serial(w, id);
    ::log::debug!("*{serial} queued, {} wait", w.groups[group].queue.list.len());
    // It went behind others without asking for itself; if those wait for a peer that they have not tried
    // yet, a place may be free for it all the same.
    place_freed(w, group);
    arm(w, group);
}

/// The request no longer waits: its client has gone, or it was served.
pub fn leave(w: &mut Worker, id: UpstreamId) {
    let Worker { groups, upstreams, .. } = w;
    let task = &mut upstreams[id];
    if task.waits != Waits::Queued {
        return;
    }
    task.waits = Waits::No;
    let group = task.peer.group;
    groups[group].queue.list.remove(upstreams, id);
    groups[group].counters.less(Count::Waiting);
    if groups[group].queue.list.is_empty() {
        arm(w, group);
    }
}

/// Somebody may be served now.
pub fn place_freed(w: &mut Worker, group: GroupIndex) {
    let queue = &mut w.groups[group].queue;
    if !queue.list.is_empty() && !std::mem::replace(&mut queue.posted, true) {
        w.event.post_job(Job::Queue(group));
    }
}

/// [`Job::Queue`]: who has waited too long is told so, and who can be served is served.
pub fn serve(w: &mut Worker, group: GroupIndex) {
    let now = w.event.now;
    let queue = &mut w.groups[group].queue;
    queue.posted = false;
    if queue.wake <= now {
        queue.wake = 0;
    }
    give_up(w, group);
    if !is_next_in_line(w, group) {
        return arm(w, group);
    }
    // Those who cannot be served now (they have tried the peer that is free) are passed over, not lost.
    let mut at = w.groups[group].queue.list.back();
    while let Some(id) = at {
        let Worker { groups, upstreams, .. } = w;
        at = groups[group].queue.list.before(upstreams, id);
        match connect::get(w, id, true) {
            Get::Wait | Get::Overflow | Get::Busy => {
                // One that has tried nobody stands for all behind it.
                if w.upstreams[id].peer.tried.is_empty() {
                    break;
                }
            }
            got => go_on(w, id, got),
        }
    }
    arm(w, group);
}

/// Other workers' requests wait for the same places, if the group has a `zone`.
fn is_next_in_line(w: &mut Worker, group: GroupIndex) -> bool {
    let now = w.event.now;
    let Worker { groups, upstreams, .. } = w;
    let Some(oldest) = groups[group].queue.list.back() else { return true };
    groups[group].is_next_in_line(upstreams[oldest].started, now)
}

fn go_on(w: &mut Worker, id: UpstreamId, got: Get) {
    let now = w.event.now;
    leave(w, id);
    let upstream = &mut w.upstreams[id];
    let waited = now - upstream.started;
    upstream.started = now;
    let (request, group, at) = (upstream.request, upstream.peer.group, upstream.peer.peer);
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.queue_time.set(waited);
    }
    if let Some(at) = at {
        let counters = &mut w.groups[group].peers[usize::from(at.0)].counters;
        counters.count(Count::Waited);
        counters.add(Count::WaitMs, waited);
    }
    connect::act(w, id, got);
}

/// `queue … timeout=`
fn give_up(w: &mut Worker, group: GroupIndex) {
    loop {
        let queue = &w.groups[group].queue;
        let Some(id) = queue.list.back() else { return };
        if w.upstreams[id].started + queue.timeout > w.event.now {
            return;
        }
        leave(w, id);
        let request = w.upstreams[id].request;
        log::error(w, request, Level::Error, format_args!("upstream queue timed out"));
        retry::next(w, id, Failures::NO_LIVE);
    }
}

/// Sees that the queue is looked at when its oldest request's time is up, or a peer may be tried again.
fn arm(w: &mut Worker, group: GroupIndex) {
    let now = w.event.now;
    let Worker { groups: Groups { all, .. }, upstreams, event, queue_timers, .. } = w;
    let it = &mut all[group.0 as usize];
    let Some(oldest) = it.queue.list.back() else {
        it.queue.wake = 0;
        if let Some(zone) = &it.zone {
            zone.leave_line(zone.worker);
        }
        if let Some(timer) = queue_timers.remove(&group) {
            event.cancel_job(timer);
        }
        return;
    };
    let timeout = upstreams[oldest].started + it.queue.timeout;
    // Another worker frees a place and does not say so.
    let timeout = if it.zone.is_some() { timeout.min(now + ELSEWHERE_MS) } else { timeout };
    let wake = it.next_recovery(now).map_or(timeout, |at| at.min(timeout)).max(now + 1);
    if it.queue.wake == 0 || wake < it.queue.wake {
        it.queue.wake = wake;
        let timer = event.arm_job(Job::Queue(group), wake - now);
        if let Some(former) = queue_timers.insert(group, timer) {
            event.cancel_job(former);
        }
    }
}
