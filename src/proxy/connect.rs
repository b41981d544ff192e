//! A try begins: a peer is picked, a connection of it taken from the cache or made.

use crate::event::Side;
use crate::handler;
use crate::http::request::Try;
use crate::http::settings::proxy::BindAddr;
use crate::os::addr::Addr;
use crate::os::net::{CONNECT, ConnectOptions, Io};
use crate::serve::log::{self, Level};
use crate::serve::{eval, respond};
use crate::upstream::failure::Failures;
use crate::upstream::keepalive::Idle;
use crate::upstream::peer::{self, Get};
use crate::worker::*;

use super::{head, readable, retry, send, writable};

/// `proxy_bind`: the address of ours that connections of this request come from.
pub fn bind(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    let Some(bind) = &w.location_of(request).proxy.bind else { return };
    let addr = match &bind.addr {
        BindAddr::Fixed(addr) => Some(addr.clone()),
        BindAddr::Variable(template) => {
            let mut text = w.buffers.line();
            eval::template(w, request, template, &mut text);
            let shown = String::from_utf8_lossy(&text).into_owned();
            w.buffers.give_line(text);
            let addr = Addr::parse_local(&shown);
            if addr.is_none() && !shown.is_empty() {
                let text = format_args!("invalid local address \"{shown}\"");
                log::error(w, request, Level::Error, text);
            }
            addr
        }
    };
    w.upstreams[id].peer.local = addr.map(Box::new);
}

/// The request's first try at this upstream.
pub fn first_try(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    let new_upstream = !w.requests[request].tries.is_empty();
    next_try(w, id, new_upstream);
}

/// Picks a peer and gets a connection of it.
pub fn next_try(w: &mut Worker, id: UpstreamId, new_upstream: bool) {
    let now = w.event.now;
    let upstream = &mut w.upstreams[id];
    upstream.begin_try(now);
    let request = upstream.request;
    let group = upstream.peer.group;
    let got = peer::get(&mut w.groups, &mut w.upstreams[id].peer, &mut w.rng, now);
    let peer = w.upstreams[id].peer.peer;
    let tries = &mut w.requests[request].tries;
    if tries.capacity() == 0 {
        tries.reserve_exact(1);
    }
    tries.push(Try::new(group, peer, new_upstream));
    w.requests[request].action = "connecting to upstream";
    match got {
        Get::Done(idle) if is_spent(w, idle.conn) => {
            w.event.close(idle.conn);
            let pc = &mut w.upstreams[id].peer;
            (pc.connection, pc.cached) = (None, false);
            (pc.requests, pc.since) = (0, w.event.now);
            dial(w, id);
        }
        Get::Done(idle) => take(w, id, &idle),
        Get::Ok => dial(w, id),
        Get::Busy => {
            log::error(w, request, Level::Error, format_args!("no live upstreams"));
            retry::next(w, id, Failures::NO_LIVE);
        }
    }
}

/// Whether an idle connection has ended, or holds bytes that answer nothing: the next request would take them
/// for its answer. It is asked only of a connection that was told to have something to read, in this turn.
fn is_spent(w: &mut Worker, conn: ConnId) -> bool {
    w.event.conns[conn].read.ready && w.event.peek(conn, &mut [0]) != Io::Again
}

/// An idle connection becomes this request's.
fn take(w: &mut Worker, id: UpstreamId, idle: &Idle) {
    let conn = idle.conn;
    w.stats.hits += 1;
    ::log::debug!("*{} get keepalive peer: using connection {}", serial(w, id), w.number_of(conn));
    let request = w.upstreams[id].request;
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.connect_time = Some(0);
    }
    adopt(w, id, conn);
    w.event.cancel(conn, Side::Read);
    w.event.conns[conn].sent = 0;
    send::begin(w, id);
}

/// Begins a connection and writes the request at once: whether the connection came about is told by that.
fn dial(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    if w.event.conns.len() >= w.event.limit {
        let text = format_args!("{} worker_connections are not enough", w.event.limit);
        log::error(w, request, Level::Alert, text);
        return respond::error(w, request, 500);
    }
    w.stats.dials += 1;
    let Worker { event, groups, upstreams, .. } = w;
    let pc = &upstreams[id].peer;
    let Some(at) = pc.peer else { return };
    let addr = &groups[pc.group].peers[usize::from(at.0)].settings.addr;
    let owner = Owner::Upstream(id);
    let (read, write) = (handler!(readable), handler!(writable));
    let proxy = &w.conf.location(w.requests[request].location).proxy;
    let options = ConnectOptions {
        local: pc.local.as_deref(),
        transparent: proxy.bind.as_ref().is_some_and(|bind| bind.transparent),
        keepalive: proxy.socket_keepalive,
        rcvbuf: proxy.socket_rcvbuf,
        sndbuf: proxy.socket_sndbuf,
    };
    match event.connect(addr, &options, owner, read, write) {
        Ok(conn) => {
            adopt(w, id, conn);
            let timeout = w.location_of(request).proxy.connect_timeout;
            w.event.arm(conn, Side::Write, timeout);
            send::begin(w, id);
        }
        Err((call, e)) if call != CONNECT => {
            let local = pc.local.as_ref().filter(|_| call == "bind");
            let local = local.map_or_else(|| "()".to_owned(), |local| format!("({local})"));
            log::error(w, request, Level::Crit, format_args!("{call}{local} failed ({e})"));
            respond::error(w, request, 500);
        }
        Err((_, e)) => {
            let addr = addr.clone();
            let text = format_args!("connect() to {addr} failed ({e})");
            log::error(w, request, Level::Error, text);
            retry::next(w, id, Failures::ERROR);
        }
    }
}

fn adopt(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let c = &mut w.event.conns[conn];
    c.owner = Owner::Upstream(id);
    c.read.handler = handler!(readable);
    c.write.handler = handler!(writable);
    let task = &mut w.upstreams[id];
    task.peer.connection = Some(conn);
    task.read = head::receive;
    task.write = send::send;
}

/// The number of the client's connection, for debug lines.
pub fn serial(w: &Worker, id: UpstreamId) -> u32 {
    w.number_of(w.requests[w.upstreams[id].request].conn)
}
