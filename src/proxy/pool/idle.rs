//! Connections without a request: kept idle, or being made for a request that was served by another.
//!
//! They go to the request that has waited the longest for a connection of its own, then to the queue, then
//! to the cache.

use crate::event::Side;
use crate::handler;
use crate::os::net::Io;
use crate::proxy::exchange::send;
use crate::tls::Step;
use crate::upstream::counters::{Count, Pool};
use crate::upstream::group::Groups;
use crate::upstream::pool::busy;
use crate::upstream::pool::idle::Kept;
use crate::upstream::pool::queue::{self as waiting, Dial, Waits};
use crate::worker::*;

use super::{connect, handshake, max_conns, queue, undelivered};

/// A connection that stands is free.
pub fn offer(w: &mut Worker, kept: Kept) {
    // Bytes or an end that are there already would be taken for the next answer.
    let c = &w.event.conns[kept.conn];
    let silent = !c.read.ready || w.event.peek(kept.conn, &mut [0]) == Io::Again;
    let (group, at) = (kept.group, kept.peer);
    if !silent || !hand_over(w, &kept) {
        shelve(w, kept);
    }
    make_room_for_others(w, group, at);
}

/// Gives the connection to the request that has waited the longest for one like it; its own goes on being
/// made, for the next request.
fn hand_over(w: &mut Worker, kept: &Kept) -> bool {
    let Worker { groups, upstreams, .. } = w;
    let list = &groups[kept.group].peers[kept.peer].dialing;
    let is_like = |task: &Task<UpstreamKey, _>| is_dialing(&task.it, kept);
    let dialing = waiting::longest(list, upstreams, is_like);
    let Some(id) = max_conns::waiting_for(w, kept).or(dialing) else {
        return false;
    };
    max_conns::leave(w, id);
    connect::unlist_as_dialing(w, id);
    let upstream = &mut w.upstreams[id];
    let pc = &mut upstream.it.peer;
    let own = pc.connection.take();
    // Of one that shakes hands no head waits.
    let begun = own.is_some_and(|own| !w.event.conns[own].is_shaking_hands());
    pc.cached = true;
    pc.requests = kept.requests;
    let since = std::mem::replace(&mut pc.since, kept.since);
    let request = upstream.request;
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.pool = Pool::Late;
    }
    w.groups[kept.group].peers[kept.peer].counters.count(Count::Late);
    if let Some(own) = own {
        orphan(w, own, kept, since);
    }
    connect::adopt(w, id, kept.conn);
    w.event.disarm(kept.conn, Side::Write);
    w.event.cancel(kept.conn, Side::Read);
    undelivered::prepare(w, id, kept.conn);
    // Its head is written later in this turn: the caller, which gave the connection back, is not done yet.
    w.upstreams[id].write = if begun { send::send } else { begin_to_send };
    w.event.post(kept.conn, Side::Write);
    true
}

/// The write handler of a task that had no connection of its own yet, and so has no head that waits.
fn begin_to_send(w: &mut Worker, id: UpstreamId) {
    w.upstreams[id].write = send::send;
    send::begin(w, id);
}

fn is_dialing(upstream: &crate::http::exchange::Upstream, kept: &Kept) -> bool {
    let pc = &upstream.peer;
    upstream.waits == Waits::Dialing && pc.identity == kept.identity && !pc.fresh
}

/// The connection in the making belongs to no request any more.
fn orphan(w: &mut Worker, conn: ConnId, like: &Kept, since: u64) {
    let mut dial = Dial::new(conn, like.group, like.peer, like.identity);
    dial.since = since;
    put_back(w, dial);
}

/// A connection in the making stays in the group's list until a request takes it.
pub fn put_back(w: &mut Worker, dial: Dial) {
    let (conn, group, at) = (dial.conn, dial.group, dial.peer);
    let Groups { all, dials, .. } = &mut w.groups;
    let id = dials.insert(dial);
    let peer = &mut all[group.0 as usize].peers[at];
    peer.dials.push_front(dials, id);
    peer.count_dialing();
    let c = &mut w.event.conns[conn];
    c.owner = Owner::Dial(id);
    c.read.handler = handler!(dial_ended);
    c.write.handler = handler!(dialed);
    w.event.cancel(conn, Side::Read);
}

/// A dial's read handler: nothing is asked of the server yet, so whatever comes is its end.
fn dial_ended(w: &mut Worker, conn: ConnId) {
    if handshake::is_under_way(w, conn) {
        return dialed(w, conn);
    }
    if w.event.conns[conn].read.ready && w.event.peek(conn, &mut [0]) != Io::Again {
        fail_dial(w, conn);
    }
}

/// A dial's write handler: it stands, or it has failed.
fn dialed(w: &mut Worker, conn: ConnId) {
    let Owner::Dial(id) = w.event.conns[conn].owner else { return };
    let c = &w.event.conns[conn];
    if c.write.timedout {
        let is_shaking = handshake::is_under_way(w, conn) && c.socket.is_connected();
        if let (true, Some(&Dial { group, peer, .. })) = (is_shaking, w.groups.dials.get(id)) {
            handshake::count_timed_out(w, group, peer);
        }
        return fail_dial(w, conn);
    }
    if w.exit != Exit::No {
        return abandon(w, id);
    }
    if !c.write.ready || !c.socket.is_connected() {
        return;
    }
    if handshake::is_under_way(w, conn) {
        match w.event.handshake(conn) {
            Step::Done => {
                if let Some(&Dial { group, peer, .. }) = w.groups.dials.get(id) {
                    handshake::count_done(w, conn, group, peer);
                }
            }
            Step::Again => return,
            step => {
                if let Some(&Dial { group, peer, identity, .. }) = w.groups.dials.get(id) {
                    handshake::count_failed(w, group, peer, identity, &step);
                }
                return fail_dial(w, conn);
            }
        }
    }
    let Groups { all, dials, .. } = &mut w.groups;
    let Some(dial) = dials.get(id) else { return };
    let (group, at) = (dial.group, dial.peer);
    let peer = &mut all[group.0 as usize].peers[at];
    peer.dials.remove(dials, id);
    peer.count_dialing();
    let Some(dial) = dials.remove(id) else { return };
    w.event.disarm(conn, Side::Write);
    let Dial { identity, since, .. } = dial;
    let kept = Kept { conn, group, peer: at, identity, requests: 0, since, timeout: None };
    let it = &w.groups[group];
    let peer = &it.peers[at];
    // Where nothing is kept, a request must want it now.
    let is_kept = it.cache.cap > 0 && !it.cache.on_demand;
    let wanted = is_kept || it.queue.is_awaited() || !peer.dialing.is_empty();
    match wanted && !peer.is_removed() {
        true => offer(w, kept),
        false => max_conns::close(w, conn, group, at),
    }
    queue::place_freed(w, group);
}

fn fail_dial(w: &mut Worker, conn: ConnId) {
    let Owner::Dial(id) = w.event.conns[conn].owner else { return };
    let Some(dial) = w.groups.dials.get(id) else { return };
    let (group, at) = (dial.group, dial.peer);
    w.groups[group].peers[at].counters.count(Count::DialFailures);
    abandon(w, id);
    queue::place_freed(w, group);
}

/// A connection in the making is given up.
fn abandon(w: &mut Worker, id: DialId) {
    let Groups { all, dials, .. } = &mut w.groups;
    let Some(&Dial { conn, group, peer: at, .. }) = dials.get(id) else { return };
    let peer = &mut all[group.0 as usize].peers[at];
    peer.dials.remove(dials, id);
    peer.count_dialing();
    dials.remove(id);
    max_conns::close(w, conn, group, at);
}

/// Puts a connection into the cache, and closes what is then too much.
fn shelve(w: &mut Worker, kept: Kept) {
    let now = w.event.now;
    let (conn, group, at) = (kept.conn, kept.group, kept.peer);
    let Groups { all, idle, .. } = &mut w.groups;
    let it = &mut all[group.0 as usize];
    let timeout = kept.timeout.unwrap_or(it.cache.timeout);
    let item = it.cache.push(idle, &mut it.peers, kept);
    it.cache.windows.rotate(&mut it.peers, now);
    let per_server = it.cache.per_server;
    let c = &mut w.event.conns[conn];
    c.owner = Owner::Idle(item);
    c.read.handler = handler!(close_idle);
    c.write.handler = handler!(no_write);
    let ready = c.read.ready;
    w.event.cancel(conn, Side::Write);
    w.event.arm(conn, Side::Read, timeout);
    if ready {
        // At once: before a post is run the connection could be taken.
        close_idle(w, conn);
    }
    let peer = &w.groups[group].peers[at];
    if peer.idle.len() > per_server {
        evict(w, peer.idle.oldest());
    }
    let it = &w.groups[group];
    evict(w, it.cache.surplus());
    evict(w, w.groups.idle.surplus());
    watch(w, group);
}

/// A group that keeps more than it may when it is quiet is looked at when it could be.
fn watch(w: &mut Worker, group: GroupIndex) {
    let it = &mut w.groups[group];
    if it.cache.is_stretched() && !std::mem::replace(&mut it.trimming, true) {
        w.event.arm_job(Job::Trim(group), busy::WINDOW);
    }
}

/// [`Job::Trim`]: what was kept for a burst goes when the burst is over, the least recently used first.
pub fn trim(w: &mut Worker, group: GroupIndex) {
    let now = w.event.now;
    let it = &mut w.groups[group];
    it.trimming = false;
    it.cache.windows.rotate(&mut it.peers, now);
    while let Some(item) = w.groups[group].cache.surplus() {
        evict(w, Some(item));
    }
    watch(w, group);
}

/// An idle connection's read handler. A server has nothing to say: an end, an error, a byte, or the time
/// being up all mean that it is closed.
pub fn close_idle(w: &mut Worker, conn: ConnId) {
    let Owner::Idle(item) = w.event.conns[conn].owner else { return };
    let expired = w.event.conns[conn].read.timedout;
    let over = expired || w.exit != Exit::No;
    if !over && w.event.peek(conn, &mut [0]) == Io::Again {
        return;
    }
    let Some(it) = w.groups.idle.items.get(item) else { return };
    let (group, peer) = (it.group, it.peer);
    let counters = &mut w.groups[group].peers[peer].counters;
    match expired {
        true => counters.count(Count::Expired),
        false => counters.count(Count::ClosedIdle),
    }
    close(w, item);
    queue::place_freed(w, group);
}

fn no_write(_: &mut Worker, _: ConnId) {}

/// Closes an idle connection to make room.
fn evict(w: &mut Worker, item: Option<IdleId>) {
    let Some(it) = item.and_then(|item| w.groups.idle.items.get(item)) else { return };
    let (group, peer) = (it.group, it.peer);
    w.groups[group].peers[peer].counters.count(Count::Evicted);
    if let Some(item) = item {
        close(w, item);
    }
}

/// Takes an idle connection out of its cache and closes it.
pub fn close(w: &mut Worker, item: IdleId) {
    let Groups { all, idle, .. } = &mut w.groups;
    let Some(group) = idle.items.get(item).map(|it| it.group) else { return };
    let group = &mut all[group.0 as usize];
    if let Some(it) = group.cache.remove(idle, &mut group.peers, item) {
        max_conns::close(w, it.conn, it.group, it.peer);
    }
}

/// `max_conns` counts idle connections too: one that cannot serve the request goes, so that another can be made.
pub fn make_room(w: &mut Worker, group: GroupIndex, at: PeerIndex) {
    while w.groups[group].is_crowded(at) && give_up(w, group, at) {}
}

/// A connection has no request now. Where `max_conns` spans workers, another may want its place.
pub fn make_room_for_others(w: &mut Worker, group: GroupIndex, at: PeerIndex) {
    if w.groups[group].zone.is_some() {
        make_room(w, group, at);
    }
}

/// Closes a connection of the peer that has no request, if there is one.
pub fn give_up(w: &mut Worker, group: GroupIndex, at: PeerIndex) -> bool {
    let peer = &w.groups[group].peers[at];
    if let Some(item) = peer.idle.oldest() {
        evict(w, Some(item));
        return true;
    }
    let Some(dial) = peer.dials.back() else { return false };
    abandon(w, dial);
    true
}

/// Every connection without a request is closed: the worker stops.
pub fn close_all(w: &mut Worker) {
    let all: Vec<IdleId> = w.groups.idle.items.iter().map(|(id, _)| id).collect();
    for item in all {
        close(w, item);
    }
    let dials: Vec<DialId> = w.groups.dials.iter().map(|(id, _)| id).collect();
    for dial in dials {
        abandon(w, dial);
    }
}
