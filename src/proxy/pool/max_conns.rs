//! Room for a connection, where workers share what `max_conns` bounds.
//!
//! A request that has its place at a peer may find that all connections exist that there may be, and that
//! those without a request are other workers'. Then one of these is asked to close one, and the request
//! waits for that: as long as for a connection to come about, and without being in the way of others.

use crate::os::Errno;
use crate::serve::log::{self, Level};
use crate::upstream::failure::Failures;
use crate::upstream::group::Group;
use crate::upstream::peers::Peer;
use crate::upstream::pool::idle::Kept;
use crate::upstream::pool::queue::Waits;
use crate::upstream::shared::zone::Zone;
use crate::upstream::shared::zone::room::Asked;
use crate::worker::*;

use super::{connect, idle, queue, retry};

/// A connection with the peer may be made now, and counts; connections of this worker without a request are
/// closed for it. False: it takes another worker to close one.
pub fn take(w: &mut Worker, group: GroupIndex, at: PeerIndex) -> bool {
    if !w.groups[group].is_bound(at) {
        idle::make_room(w, group, at);
        return true;
    }
    loop {
        if w.groups[group].open(at, false) {
            return true;
        }
        if !idle::give_up(w, group, at) {
            return false;
        }
    }
}

/// Closes a connection that `take` has counted.
pub fn close(w: &mut Worker, conn: ConnId, group: GroupIndex, at: PeerIndex) {
    w.event.close(conn);
    give_back(w, group, at);
}

/// The connection was not made after all, or was closed.
pub fn give_back(w: &mut Worker, group: GroupIndex, at: PeerIndex) {
    w.groups[group].closed(at);
    if !w.groups[group].queue.for_room.is_empty() {
        queue::place_freed(w, group);
    }
}

/// The request waits until another worker has closed a connection.
pub fn join(w: &mut Worker, id: UpstreamId) {
    let task = &mut w.upstreams[id];
    task.waits = Waits::Room;
    task.quiet();
    let group = task.peer.group;
    w.groups[group].queue.for_room.push(id);
    with_zone(w, id, |zone, peer| zone.want(peer, true));
    ::log::debug!("*{} waits for another worker to close a connection", connect::serial(w, id));
    // That may have happened just before this one said that it waits: `serve` looks again, and asks.
    queue::place_freed(w, group);
}

/// The request waits no longer: its client has gone, or there is room for it.
pub fn leave(w: &mut Worker, id: UpstreamId) {
    let task = &mut w.upstreams[id];
    if task.waits != Waits::Room {
        return;
    }
    task.waits = Waits::No;
    let group = task.peer.group;
    w.groups[group].queue.for_room.retain(|it| *it != id);
    with_zone(w, id, |zone, peer| {
        zone.want(peer, false);
        zone.pass_on(peer);
    });
}

/// Requests for which there is room make their connections; for the others another worker is asked to close one. Returns
/// how many made theirs.
pub fn serve(w: &mut Worker, group: GroupIndex) -> usize {
    let mut served = 0;
    for id in w.groups[group].queue.for_room.clone() {
        if !waits(w, id) {
            continue;
        }
        let upstream = &w.upstreams[id];
        let (request, Some(at)) = (upstream.request, upstream.peer.peer) else { continue };
        if w.groups[group].open(at, true) {
            leave(w, id);
            connect::begin(w, id);
            served += 1;
        } else if time_is_up(w, id) {
            leave(w, id);
            let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
            log::error(w, request, Level::Error, text);
            retry::next(w, id, Failures::TIMEOUT);
        } else {
            with_zone(w, id, |zone, peer| zone.ask(peer));
        }
    }
    served
}

/// When the first of those who wait will have waited too long.
pub fn next_timeout(w: &Worker, group: GroupIndex) -> Option<u64> {
    let all = w.groups[group].queue.for_room.iter();
    all.map(|id| until(w, *id)).min()
}

/// One that waits for room and could use this connection.
pub fn waiting_for(w: &Worker, kept: &Kept) -> Option<UpstreamId> {
    let mut all = w.groups[kept.group].queue.for_room.iter().copied();
    all.find(|id| {
        let pc = &w.upstreams[*id].peer;
        pc.peer == Some(kept.peer) && pc.identity == kept.identity
    })
}

/// Other workers want connections to be closed.
pub fn make_for_others(w: &mut Worker, group: GroupIndex) {
    let Some(asked) = w.groups[group].zone.as_ref().map(Zone::take_asked) else { return };
    let all = match asked {
        Asked::Nothing => return,
        Asked::Place(place) => {
            let at = w.groups[group].peers.iter().position(|peer| peer.place == place);
            at.map_or(0..0, |at| at..at + 1)
        }
        Asked::Any => 0..w.groups[group].peers.len(),
    };
    for at in all {
        let at = PeerIndex(at as u16);
        idle::make_room(w, group, at);
        if w.groups[group].is_crowded(at) {
            // Not enough of them were here.
            let Group { zone, peers, .. } = &w.groups[group];
            zone.iter().for_each(|zone| zone.ask(&peers[at]));
        }
    }
}

fn waits(w: &Worker, id: UpstreamId) -> bool {
    w.upstreams.get(id).is_some_and(|task| task.waits == Waits::Room)
}

fn time_is_up(w: &Worker, id: UpstreamId) -> bool {
    until(w, id) <= w.event.now
}

/// `proxy_connect_timeout`
fn until(w: &Worker, id: UpstreamId) -> u64 {
    let upstream = &w.upstreams[id];
    upstream.started + w.location_of(upstream.request).upstream.connect_timeout
}

fn with_zone(w: &Worker, id: UpstreamId, f: impl Fn(&Zone, &Peer)) {
    let pc = &w.upstreams[id].peer;
    let group = &w.groups[pc.group];
    if let (Some(zone), Some(at)) = (&group.zone, pc.peer) {
        f(zone, &group.peers[at]);
    }
}
