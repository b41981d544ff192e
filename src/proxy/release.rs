//! The connection of a try is kept or closed; kept ones wait in the cache.

use crate::event::Side;
use crate::handler;
use crate::os::net::Io;

use crate::upstream::group::Groups;
use crate::upstream::keepalive::Kept;
use crate::upstream::peer::{self, PeerState};
use crate::worker::*;

use super::{connect, resolve, retry};

/// Ends the task: the try under way ends well or is given up. May be called again.
///
/// What the server said stays with the request, for its variables, until that ends too.
pub fn release(w: &mut Worker, id: UpstreamId) {
    let Some(task) = w.upstreams.get_mut(id) else { return };
    if std::mem::replace(&mut task.released, true) {
        return;
    }
    task.quiet();
    let request = task.request;
    resolve::leave(w, id);
    end_try(w, id, PeerState::OK);
    if w.conf.http.remembers_fields {
        if let Some(r) = w.requests.get_mut(request) {
            // The one that it gets in exchange has served a former request.
            let kept = r.upstream_head.get_or_insert_default();
            std::mem::swap(&mut **kept, &mut w.upstreams[id].it.head);
        }
    }
    w.released.push(id);
    if let Some(it) = w.requests.get_mut(request) {
        if it.upstream == Some(id) {
            it.upstream = None;
        }
    }
}

/// Ends a try: the balancer hears of it, the connection is kept or closed.
pub fn end_try(w: &mut Worker, id: UpstreamId, state: PeerState) {
    let now = w.event.now;
    let Worker { event, requests, upstreams, groups, .. } = w;
    let upstream = &mut upstreams[id].it;
    let started = upstream.started;
    let conn = upstream.peer.connection;
    if let Some(it) = requests[upstream.request].tries.last_mut() {
        it.response_time.get_or_insert((now - started) as u32);
        if let Some(conn) = conn {
            it.bytes_sent = event.conns[conn].sent;
        }
    }
    let Some(at) = upstream.peer.peer else { return };
    if peer::free(groups, &mut upstream.peer, state, now) {
        retry::warn_disabled(w, id);
    }
    let Some(conn) = w.upstreams[id].peer.connection.take() else { return };
    match state == PeerState::OK && may_keep(w, id, conn, at) {
        true => keep(w, id, conn, at),
        false => w.event.close(conn),
    }
}

/// Whether nothing speaks against using the connection again.
fn may_keep(w: &Worker, id: UpstreamId, conn: ConnId, at: PeerIndex) -> bool {
    let upstream = &w.upstreams[id];
    let group = &w.groups[upstream.peer.group];
    let cache = &group.cache;
    upstream.head_done
        && !group.peers[usize::from(at.0)].gone
        && upstream.body.is_done()
        && upstream.line.keep_alive
        && upstream.request_sent
        && upstream.spoiled.is_none()
        && !upstream.upgraded
        && upstream.peer.local.is_none()
        && !w.event.conns[conn].ended
        && !w.event.conns[conn].read.timedout
        && w.exit == Exit::No
        && cache.cap > 0
        && upstream.peer.requests + 1 < cache.requests
        && w.event.now - upstream.peer.since < cache.time
}

fn keep(w: &mut Worker, id: UpstreamId, conn: ConnId, at: PeerIndex) {
    ::log::debug!(
        "*{} free keepalive peer: saving connection {}",
        connect::serial(w, id),
        w.number_of(conn)
    );
    let group = w.upstreams[id].peer.group;
    if let Some(oldest) = w.groups[group].cache.surplus() {
        evict(w, oldest);
    }
    let pc = &w.upstreams[id].peer;
    let kept = Kept { conn, group, peer: at, requests: pc.requests + 1, since: pc.since };
    let Groups { all, idle } = &mut w.groups;
    let it = &mut all[group.0 as usize];
    let timeout = it.cache.timeout;
    let item = it.cache.push(idle, &mut it.peers, kept);
    let c = &mut w.event.conns[conn];
    c.owner = Owner::Idle(item);
    c.read.handler = handler!(close_idle);
    c.write.handler = handler!(no_write);
    let ready = c.read.ready;
    w.event.cancel(conn, Side::Write);
    w.event.arm(conn, Side::Read, timeout);
    if ready {
        w.event.post(conn, Side::Read);
    }
}

/// An idle connection's read handler. A server has nothing to say: an end, an error, a byte, or the time
/// being up all mean that it is closed.
pub fn close_idle(w: &mut Worker, conn: ConnId) {
    let Owner::Idle(item) = w.event.conns[conn].owner else { return };
    let over = w.event.conns[conn].read.timedout || w.exit != Exit::No;
    if !over && w.event.peek(conn, &mut [0]) == Io::Again {
        return;
    }
    evict(w, item);
}

fn no_write(_: &mut Worker, _: ConnId) {}

/// Closes an idle connection.
pub fn evict(w: &mut Worker, item: IdleId) {
    let Groups { all, idle } = &mut w.groups;
    let Some(group) = idle.get(item).map(|it| it.group) else { return };
    let group = &mut all[group.0 as usize];
    if let Some(it) = group.cache.remove(idle, &mut group.peers, item) {
        w.event.close(it.conn);
    }
}

/// Every idle connection is closed: the worker stops.
pub fn close_all(w: &mut Worker) {
    let all: Vec<IdleId> = w.groups.idle.iter().map(|(id, _)| id).collect();
    for item in all {
        evict(w, item);
    }
}
