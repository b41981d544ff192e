//! A try ends: its connection is kept or closed, and the reason is known.

use crate::http::exchange::{Seen, Spoiled, Written};
use crate::proxy::exchange::cache;
use crate::serve::log::{self, Level};
use crate::upstream::balance::scripted::Keepalive;
use crate::upstream::counters::Disposition;
use crate::upstream::peer::{self, PeerState};
use crate::upstream::pool::idle::Kept;
use crate::worker::*;

use super::{connect, idle, max_conns, queue, resolve};

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
    end_try(w, id, PeerState::Ok);
    if w.requests.get(request).is_some_and(|it| it.rare.cached.is_some()) {
        cache::released(w, request);
    }
    let head = std::mem::take(&mut w.upstreams[id].it.head);
    match w.requests.get_mut(request) {
        Some(r) if w.conf.http.remembers_fields => {
            // The one that was there before has served a former request.
            let kept = r.upstream_head.get_or_insert_default();
            w.buffers.give_head(std::mem::replace(&mut **kept, head));
        }
        _ => w.buffers.give_head(head),
    }
    w.released.push(id);
    if let Some(it) = w.requests.get_mut(request) {
        if it.upstream == Some(id) {
            it.upstream = None;
        }
    }
}

/// Ends a try: the balancer counts it, the connection is kept or closed, and a waiting request may go on.
pub fn end_try(w: &mut Worker, id: UpstreamId, state: PeerState) {
    queue::leave(w, id);
    max_conns::leave(w, id);
    connect::unlist_as_dialing(w, id);
    let now = w.event.now;
    let Worker { event, requests, upstreams, groups, .. } = w;
    let upstream = &mut upstreams[id].it;
    let started = upstream.started;
    let conn = upstream.peer.connection;
    if let Some(it) = requests[upstream.request].tries.last_mut() {
        it.response_time.set(now - started);
        if let Some(conn) = conn {
            it.bytes_sent = event.conns[conn].sent;
        }
    }
    let Some(at) = upstream.peer.peer else { return };
    let group = upstream.peer.group;
    if peer::free(groups, &mut upstream.peer, state, now) {
        let request = w.upstreams[id].request;
        log::error(w, request, Level::Warn, format_args!("upstream server temporarily disabled"));
        queue::tell_all(w, group);
    }
    if let Some(conn) = w.upstreams[id].peer.connection.take() {
        let disposition = disposition(w, id, conn, at, state);
        note(w, id, at, disposition);
        match disposition {
            Disposition::Kept => keep(w, id, conn, at),
            _ => max_conns::close(w, conn, group, at),
        }
    }
    queue::place_freed(w, group);
}

/// Whether the connection is used again, and if not, why. The first reason that holds is given.
fn disposition(
    w: &Worker,
    id: UpstreamId,
    conn: ConnId,
    at: PeerIndex,
    state: PeerState,
) -> Disposition {
    let upstream = &w.upstreams[id];
    let group = &w.groups[upstream.peer.group];
    let cache = &group.cache;
    let c = &w.event.conns[conn];
    let keepalive = upstream.peer.scripted.as_ref().and_then(|it| it.keepalive);
    let most_requests = match keepalive {
        None => cache.requests,
        Some(Keepalive { requests: 0, .. }) => u32::MAX,
        Some(Keepalive { requests, .. }) => requests,
    };
    let is_whole = upstream.seen == Seen::Head && upstream.client.is_done();
    match upstream.spoiled {
        // `proxy_next_upstream http_503`: a response that was read whole leaves the connection usable.
        _ if state != PeerState::Ok && !is_whole => Disposition::Failed,
        Some(Spoiled::Failed) => Disposition::Failed,
        Some(Spoiled::ExcessBytes) => Disposition::ExcessBytes,
        Some(Spoiled::PeerClosed) => Disposition::PeerClosed,
        None if upstream.tunnel.is_some() => Disposition::Upgraded,
        None if !is_whole || upstream.written < Written::All => Disposition::RequestUnfinished,
        None if !upstream.line.keep_alive => Disposition::ClosedByHeader,
        None if c.ended || c.read.timedout => Disposition::PeerClosed,
        None if w.exit != Exit::No => Disposition::Exiting,
        None if cache.cap == 0 || group.peers[at].is_removed() => Disposition::Off,
        None if cache.on_demand && keepalive.is_none() => Disposition::Off,
        None if upstream.peer.requests + 1 >= most_requests => Disposition::Requests,
        None if w.event.now - upstream.peer.since >= cache.time => Disposition::Age,
        None if cache.per_server == 0 || w.groups.idle.cap == Some(0) => Disposition::Full,
        None => Disposition::Kept,
    }
}

/// Counts what became of a connection, and tells the request.
fn note(w: &mut Worker, id: UpstreamId, at: PeerIndex, disposition: Disposition) {
    let upstream = &w.upstreams[id];
    let peer = &mut w.groups[upstream.peer.group].peers[at];
    peer.counters.count(disposition);
    if let Some(it) = w.requests[upstream.request].tries.last_mut() {
        it.disposition = Some(disposition);
    }
}

fn keep(w: &mut Worker, id: UpstreamId, conn: ConnId, at: PeerIndex) {
    ::log::debug!(
        "*{} free keepalive peer: saving connection {}",
        connect::serial(w, id),
        w.number_of(conn)
    );
    let pc = &w.upstreams[id].peer;
    let keepalive = pc.scripted.as_ref().and_then(|it| it.keepalive);
    let kept = Kept {
        conn,
        group: pc.group,
        peer: at,
        identity: pc.identity,
        requests: pc.requests + 1,
        since: pc.since,
        timeout: keepalive.map(|it| it.timeout),
    };
    idle::offer(w, kept);
}
