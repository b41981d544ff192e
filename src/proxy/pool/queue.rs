//! `queue`: requests wait for a place at a peer, first come, first served.
//!
//! Whatever frees a place posts one look at the queue ([`place_freed`]); the look serves exactly as many as
//! there are places. By itself the queue is looked at when its oldest request has waited too long, or when a
//! peer that is disabled may be tried again.
//!
//! Workers that share a `zone` wait for the same places. One that frees a place and
//! leaves it to another wakes that one ([`woken`]).

use crate::base::arena::Arena;
use crate::base::list::List;
use crate::http::exchange::Upstream;
use crate::serve::log::{self, Level};
use crate::upstream::counters::Count;
use crate::upstream::failure::Failures;
use crate::upstream::group::{Group, Groups};
use crate::upstream::peer::Get;
use crate::upstream::pool::queue::{Waiting, Waits};
use crate::upstream::shared::zone::line::Standing;
use crate::worker::*;

use super::{connect, idle, max_conns, retry};

type Upstreams = Arena<Task<UpstreamKey, Upstream>, UpstreamKey>;

/// A worker with waiting requests looks this long after its last look, in ms, in case that the worker which had to wake
/// it is stopped.
const IN_CASE_MS: u64 = 500;

/// The request waits.
pub fn join(w: &mut Worker, id: UpstreamId) {
    let Worker { groups, upstreams, .. } = w;
    let task = &mut upstreams[id];
    task.waits = Waits::Queued;
    task.quiet();
    let group = task.peer.group;
    line_up(&mut groups[group].queue.list, upstreams, id);
    groups[group].counters.count(Count::Waiting);
    let serial = connect::serial(w, id);
    ::log::debug!("*{serial} queued, {} wait", w.groups[group].queue.list.len());
    // It went behind others without asking for itself; if those wait for a peer that they have not tried
    // yet, a place may be free for it all the same.
    place_freed(w, group);
    arm(w, group);
}

/// A request that has waited before stands in front of those that have waited for less long.
fn line_up(list: &mut List<UpstreamKey, Waiting>, upstreams: &mut Upstreams, id: UpstreamId) {
    let since = upstreams[id].queued_since();
    let is_younger =
        |upstreams: &Upstreams, other: UpstreamId| upstreams[other].queued_since() > since;
    if list.front().is_none_or(|youngest| !is_younger(upstreams, youngest)) {
        return list.push_front(upstreams, id);
    }
    let mut at = list.back();
    while let Some(other) = at {
        if is_younger(upstreams, other) {
            return list.insert_behind(upstreams, other, id);
        }
        at = list.before(upstreams, other);
    }
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
    let queue = &mut groups[group].queue;
    queue.moved |= queue.list.back() == Some(id);
    queue.list.remove(upstreams, id);
    groups[group].counters.less(Count::Waiting);
    stand_in_line(w, group);
    if w.groups[group].queue.list.is_empty() {
        arm(w, group);
    }
}

/// A waiting request may be served now: the queue is looked at later in this turn.
pub fn place_freed(w: &mut Worker, group: GroupIndex) {
    let it = &mut w.groups[group];
    if it.is_waited_for() && !std::mem::replace(&mut it.queue.posted, true) {
        w.event.post_job(Job::Queue(group));
    }
}

/// A peer is disabled: waiting requests of other workers depend on when it may be tried again.
pub fn tell_all(w: &Worker, group: GroupIndex) {
    if let Some(zone) = &w.groups[group].zone {
        zone.wake_all_in_line();
    }
}

/// Another worker has left a place to this one, or wants it to close a connection.
pub fn woken(w: &mut Worker) {
    let Some((wakers, row)) = &w.groups.wakers else { return };
    if !wakers.take_wake(*row) {
        return;
    }
    for at in 0..w.groups.all.len() {
        let group = GroupIndex(at as u32);
        if w.groups[group].zone.is_some() {
            max_conns::make_for_others(w, group);
            place_freed(w, group);
        }
    }
}

/// [`Job::Queue`]: requests that have waited too long are given up, and those that can be served are served.
pub fn serve(w: &mut Worker, group: GroupIndex) {
    let now = w.event.now;
    let Group { queue, zone, .. } = &mut w.groups[group];
    let told = std::mem::take(&mut queue.posted);
    let in_case = !told && zone.is_some() && now < queue.due;
    if queue.wake <= now {
        queue.wake = 0;
    }
    if in_case && now < queue.looked + IN_CASE_MS {
        return arm(w, group);
    }
    queue.looked = now;
    give_up(w, group);
    let found_room = max_conns::serve(w, group) > 0;
    let waited = w.groups[group].queue.list.len();
    let standing = stand_in_line(w, group);
    let zone = w.groups[group].zone.as_ref();
    let invited = zone.is_some_and(|zone| zone.take_invitation());
    let goes_first = |(since, _): Standing| zone.is_none_or(|zone| zone.goes_first(since, now));
    let moved = w.groups[group].queue.moved;
    let may_be_more = match standing {
        Some(it) if !told || invited || goes_first(it) => serve_own(w, group),
        _ => true,
    };
    if may_be_more {
        // A place that was left to a request which is gone is offered from the front of the line again.
        let behind = standing.filter(|_| invited && !moved);
        leave_to_others(w, group, behind);
    }
    let it = &mut w.groups[group];
    it.queue.moved = false;
    if in_case && (found_room || it.queue.list.len() < waited) {
        let name = String::from_utf8_lossy(&it.name);
        crate::notice!("upstream \"{name}\" had a free place that no worker had told of");
    }
    arm(w, group);
}

/// Serves those of this worker, in their order. False: no place is free.
fn serve_own(w: &mut Worker, group: GroupIndex) -> bool {
    // Those that cannot be served now (they have tried the peer that is free) are passed over, not lost.
    let mut at = w.groups[group].queue.list.back();
    while let Some(id) = at {
        let Worker { groups, upstreams, .. } = w;
        at = groups[group].queue.list.before(upstreams, id);
        match connect::get(w, id, true) {
            Get::Wait | Get::Overflow | Get::Busy | Get::Unavailable => {
                // One that has tried no peer stands for all behind it.
                if w.upstreams[id].peer.tried.is_empty() {
                    return false;
                }
            }
            got => go_on(w, id, got),
        }
    }
    true
}

/// If a place is free that no request of this worker can use or may take, the worker whose oldest request has
/// waited the longest is invited: of all, or of those `behind` this one, if this one was invited itself.
fn leave_to_others(w: &mut Worker, group: GroupIndex, behind: Option<Standing>) {
    let now = w.event.now;
    let it = &mut w.groups[group];
    let next = it.zone.as_ref().and_then(|zone| zone.first_elsewhere(behind, now));
    let Some((_, row)) = next else { return };
    let Some(at) = it.free_peer(now) else { return };
    let Group { zone: Some(zone), peers, .. } = &w.groups[group] else { return };
    if zone.lacks_room(&peers[at], row) {
        // It would have to ask for that.
        idle::give_up(w, group, at);
    }
    w.groups[group].zone.iter().for_each(|zone| zone.invite(row, now));
}

/// Since when the oldest request waits; published to the other workers of a `zone`.
fn stand_in_line(w: &mut Worker, group: GroupIndex) -> Option<Standing> {
    let Worker { groups, upstreams, .. } = w;
    let it = &groups[group];
    let since = it.queue.list.back().map(|oldest| upstreams[oldest].queued_since());
    it.zone.iter().for_each(|zone| zone.stand_in_line(since.unwrap_or(0)));
    Some((since?, it.zone.as_ref().map_or(0, |zone| zone.worker)))
}

fn go_on(w: &mut Worker, id: UpstreamId, got: Get) {
    let now = w.event.now;
    leave(w, id);
    let upstream = &mut w.upstreams[id];
    let waited = now - upstream.started;
    upstream.waited = upstream.waited.saturating_add(waited as u32);
    upstream.started = now;
    let (request, group, at) = (upstream.request, upstream.peer.group, upstream.peer.peer);
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.queue_time.set(waited);
    }
    if let Some(at) = at {
        let counters = &mut w.groups[group].peers[at].counters;
        counters.count(Count::Waited);
        counters.add(Count::WaitMs, waited);
    }
    connect::act(w, id, got);
}

/// `queue … timeout=`, which bounds all waits of a request together.
fn give_up(w: &mut Worker, group: GroupIndex) {
    loop {
        let queue = &w.groups[group].queue;
        let Some(id) = queue.list.back() else { return };
        if w.upstreams[id].queued_since() + queue.timeout > w.event.now {
            return;
        }
        leave(w, id);
        w.groups[group].counters.count(Count::Timeouts);
        let request = w.upstreams[id].request;
        log::error(w, request, Level::Error, format_args!("upstream queue timed out"));
        retry::next(w, id, Failures::NO_LIVE);
    }
}

/// Sees that the queue is looked at when its oldest request's time is up, or a peer may be tried again.
fn arm(w: &mut Worker, group: GroupIndex) {
    let now = w.event.now;
    stand_in_line(w, group);
    let of_room = max_conns::next_timeout(w, group);
    let Worker { groups: Groups { all, .. }, upstreams, event, queue_timers, .. } = w;
    let it = &mut all[group.0 as usize];
    let oldest = it.queue.list.back();
    let of_queue = oldest.map(|oldest| upstreams[oldest].queued_since() + it.queue.timeout);
    let Some(timeout) = of_queue.into_iter().chain(of_room).min() else {
        it.queue.wake = 0;
        if let Some(timer) = queue_timers.remove(&group) {
            event.cancel_job(timer);
        }
        return;
    };
    let wake = it.next_recovery(now).map_or(timeout, |at| at.min(timeout)).max(now + 1);
    it.queue.due = wake;
    let look = (it.queue.looked + IN_CASE_MS).max(now + 1);
    let wake = if it.zone.is_some() { look.min(wake) } else { wake };
    if it.queue.wake == 0 || wake < it.queue.wake {
        it.queue.wake = wake;
        let timer = event.arm_job(Job::Queue(group), wake - now);
        if let Some(former) = queue_timers.insert(group, timer) {
            event.cancel_job(former);
        }
    }
}
