//! A try begins: a peer is picked, a connection of it taken from the cache or made.

use crate::event::Side;
use crate::handler;
use crate::http::exchange::Written;
use crate::http::request::Try;
use crate::http::settings::upstream_conf::{Bind, BindAddr};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{CONNECT, ConnectOptions, Io};
use crate::proxy::exchange::{response_head, send};
use crate::proxy::{readable, writable};
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval, respond};
use crate::tls::TlsError;
use crate::upstream::counters::{Count, Pool};
use crate::upstream::failure::Failures;
use crate::upstream::peer::{self, Get};
use crate::upstream::pool::identity;
use crate::upstream::pool::idle::{Idle, Kept};
use crate::upstream::pool::queue::{Dial, Waits};
use crate::worker::*;

use super::{handshake, idle, max_conns, queue, release, retry, scripted, undelivered};

/// `proxy_bind`: the address of ours that connections of this request come from, or of each try with
/// `proxy_bind_dynamic`.
pub fn bind(w: &mut Worker, id: UpstreamId) {
    let settings = &w.location_of(w.upstreams[id].request).upstream;
    let Some(bind) = &settings.bind else { return };
    match settings.bind_dynamic {
        true => w.upstreams[id].peer.binds_anew = true,
        false => find_local(w, id, bind),
    }
}

fn find_local(w: &mut Worker, id: UpstreamId, bind: &Bind) {
    let request = w.upstreams[id].request;
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
    // Whose connections it may be given is decided once for all tries.
    identify(w, id);
    let request = w.upstreams[id].request;
    let new_upstream = !w.requests[request].tries.is_empty();
    next_try(w, id, new_upstream);
}

#[inline(always)]
fn identify(w: &mut Worker, id: UpstreamId) {
    let Worker { groups, upstreams, .. } = w;
    let protocol = upstreams[id].protocol as u8;
    let pc = &mut upstreams[id].peer;
    let local = pc.local.as_deref().cloned();
    let tls = pc.tls.as_ref().map(|tls| tls.number);
    pc.identity = groups.identities.of(&identity::Settings { local, protocol, host: None, tls });
}

/// Picks a peer and gets a connection of it.
pub fn next_try(w: &mut Worker, id: UpstreamId, new_upstream: bool) {
    let now = w.event.now;
    let upstream = &mut w.upstreams[id];
    upstream.begin_try(now);
    let (request, group) = (upstream.request, upstream.peer.group);
    let tries = &mut w.requests[request].tries;
    if tries.capacity() == 0 {
        tries.reserve_exact(1);
    }
    tries.push(Try::new(group, None, new_upstream));
    if let Some(rare) = w.requests[request].rare.if_any() {
        rare.former_upstream = None;
    }
    w.requests[request].action = "connecting to upstream";
    let got = get(w, id, false);
    act(w, id, got);
}

/// Asks the group; notes in the try under way which peer was picked.
pub fn get(w: &mut Worker, id: UpstreamId, from_queue: bool) -> Get {
    let now = w.event.now;
    if w.upstreams[id].peer.scripted.is_some() {
        let got = scripted::get(w, id);
        note(w, id, &got, from_queue);
        return got;
    }
    if w.upstreams[id].peer.binds_anew {
        return get_bound(w, id, from_queue);
    }
    let Worker { groups, upstreams, rng, .. } = w;
    let got = peer::get(groups, &mut upstreams[id].it.peer, rng, now, from_queue);
    note(w, id, &got, from_queue);
    got
}

/// As `get`, where the local address depends on the peer.
#[cold]
fn get_bound(w: &mut Worker, id: UpstreamId, from_queue: bool) -> Get {
    let now = w.event.now;
    let Worker { groups, upstreams, rng, .. } = w;
    let got = match peer::pick(groups, &mut upstreams[id].it.peer, rng, now, from_queue) {
        Ok(()) => {
            // The variables know the try by its peer.
            note(w, id, &Get::Ok, from_queue);
            bind_anew(w, id);
            identify(w, id);
            let Worker { groups, upstreams, .. } = w;
            peer::find(groups, &mut upstreams[id].it.peer, now)
        }
        Err(none) => none,
    };
    note(w, id, &got, from_queue);
    got
}

/// `proxy_bind_dynamic`: the peer is known.
pub fn bind_anew(w: &mut Worker, id: UpstreamId) {
    if let Some(bind) = &w.location_of(w.upstreams[id].request).upstream.bind {
        find_local(w, id, bind);
    }
}

#[inline(always)]
pub fn note(w: &mut Worker, id: UpstreamId, got: &Get, from_queue: bool) {
    let Worker { upstreams, requests, .. } = w;
    let upstream = &upstreams[id];
    if let Some(it) = requests[upstream.request].tries.last_mut() {
        it.peer = upstream.peer.peer;
        it.pool = match got {
            _ if from_queue => Pool::Queued,
            Get::Done(_) => Pool::Hit,
            Get::Ok | Get::Dial(_) => Pool::Dial,
            Get::Wait => Pool::Queued,
            Get::Busy | Get::Overflow => Pool::Busy,
            Get::Unavailable | Get::End(_) => Pool::Unavailable,
        };
    }
}

/// Goes on with what `get` found.
pub fn act(w: &mut Worker, id: UpstreamId, got: Get) {
    let request = w.upstreams[id].request;
    let found = matches!(got, Get::Done(_) | Get::Dial(_) | Get::Ok);
    if found && !is_allowed(w, request) {
        return deny(w, id, got);
    }
    match got {
        Get::Done(idle) if is_spent(w, idle.conn) => {
            max_conns::close(w, idle.conn, idle.group, idle.peer);
            dial_instead(w, id);
        }
        Get::Done(idle) => take(w, id, idle.conn),
        Get::Dial(dial) => wait_for(w, id, &dial),
        Get::Ok => dial(w, id),
        Get::Wait => queue::join(w, id),
        Get::End(status) => {
            release::release(w, id);
            respond::error(w, request, status);
        }
        Get::Overflow => {
            log::error(w, request, Level::Error, format_args!("upstream queue is full"));
            retry::next(w, id, Failures::NO_LIVE);
        }
        Get::Busy | Get::Unavailable => {
            let why = if matches!(got, Get::Busy) { Count::NoneFree } else { Count::Unavailable };
            let group = w.upstreams[id].peer.group;
            w.groups[group].counters.count(why);
            log::error(w, request, Level::Error, format_args!("no live upstreams"));
            retry::next(w, id, Failures::NO_LIVE);
        }
    }
}

/// The connection from the cache had ended: it was no hit.
fn dial_instead(w: &mut Worker, id: UpstreamId) {
    let pc = &mut w.upstreams[id].it.peer;
    (pc.connection, pc.cached) = (None, false);
    (pc.requests, pc.since) = (0, w.event.now);
    if let Some(peer) = pc.peer {
        let counters = &mut w.groups[pc.group].peers[peer].counters;
        counters.less(Count::Hits);
        counters.count(Count::ClosedIdle);
    }
    let request = w.upstreams[id].request;
    if let Some(it) = w.requests[request].tries.last_mut().filter(|it| it.pool == Pool::Hit) {
        it.pool = Pool::Dial;
    }
    dial(w, id);
}

/// `proxy_allow_upstream`, asked of each server that is picked.
fn is_allowed(w: &mut Worker, request: RequestId) -> bool {
    let conditions = &w.location_of(request).upstream.allow_upstream;
    conditions.iter().all(|condition| eval::is_true(w, request, condition))
}

/// The server is not asked, and that counts as its failure. A connection that was found is left to others.
fn deny(w: &mut Worker, id: UpstreamId, got: Get) {
    let upstream = &mut w.upstreams[id];
    let (request, group, identity) =
        (upstream.request, upstream.peer.group, upstream.peer.identity);
    upstream.peer.connection = None;
    let keepalive = upstream.peer.scripted.as_ref().and_then(|it| it.keepalive);
    let Some(peer) = upstream.peer.peer else { return };
    let counters = &mut w.groups[group].peers[peer].counters;
    counters.count(Count::Denied);
    match got {
        Get::Done(idle) => {
            counters.less(Count::Hits);
            let Idle { conn, requests, since, .. } = idle;
            let timeout = keepalive.map(|it| it.timeout);
            idle::offer(w, Kept { conn, group, peer, identity, requests, since, timeout });
        }
        Get::Dial(dial) => {
            idle::put_back(w, dial);
            idle::make_room_for_others(w, group, peer);
        }
        _ => {}
    }
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.pool = Pool::Denied;
    }
    let text = format_args!("upstream server denied by \"proxy_allow_upstream\"");
    log::error(w, request, Level::Error, text);
    retry::next(w, id, Failures::DENIED);
}

/// Whether an idle connection has ended, or holds bytes that answer nothing: the next request would take them
/// for its answer. It is asked only of a connection that was told to have something to read, in this turn.
fn is_spent(w: &mut Worker, conn: ConnId) -> bool {
    w.event.conns[conn].read.ready && w.event.peek(conn, &mut [0]) != Io::Again
}

/// A connection that stands becomes this request's.
fn take(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    w.stats.hits += 1;
    ::log::debug!("*{} get keepalive peer: using connection {}", serial(w, id), w.number_of(conn));
    adopt(w, id, conn);
    w.event.cancel(conn, Side::Read);
    undelivered::prepare(w, id, conn);
    let request = w.upstreams[id].request;
    w.requests[request].action = "sending request to upstream";
    send::begin(w, id);
}

/// A connection that another request left in the making becomes this request's.
fn wait_for(w: &mut Worker, id: UpstreamId, dial: &Dial) {
    w.upstreams[id].peer.since = dial.since;
    adopt_dial(w, id, dial.conn);
}

/// A connection in the making becomes this request's.
fn adopt_dial(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    adopt(w, id, conn);
    arm_connect(w, id, conn);
    match handshake::is_under_way(w, conn) {
        true => {
            let task = &mut w.upstreams[id];
            (task.read, task.write) = (handshake::go_on, handshake::go_on);
            list_as_dialing(w, id);
            handshake::go_on(w, id);
        }
        false => {
            established(w, id);
            list_as_dialing(w, id);
        }
    }
}

/// The request may be written. Over a plain socket that is so at once: the first write tells whether the
/// connection came about.
pub fn established(w: &mut Worker, id: UpstreamId) {
    let task = &mut w.upstreams[id];
    (task.read, task.write) = (response_head::receive, send::send);
    send::begin(w, id);
}

/// Makes a connection, as soon as `max_conns` has room for it.
fn dial(w: &mut Worker, id: UpstreamId) {
    let pc = &w.upstreams[id].peer;
    let (group, Some(at)) = (pc.group, pc.peer) else { return };
    match max_conns::take(w, group, at) {
        true => begin(w, id),
        false => max_conns::join(w, id),
    }
}

/// Begins a connection and writes the request at once: its result tells whether the connection came about.
/// There is room for it.
pub fn begin(w: &mut Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    let (request, group) = (upstream.request, upstream.peer.group);
    let Some(at) = upstream.peer.peer else { return };
    if w.event.conns.len() >= w.event.limit {
        max_conns::give_back(w, group, at);
        let text = format_args!("{} worker_connections are not enough", w.event.limit);
        log::error(w, request, Level::Alert, text);
        return respond::error(w, request, 500);
    }
    let Worker { event, groups, upstreams, .. } = w;
    let peer = &mut groups[group].peers[at];
    let addr = &peer.settings.addr;
    let owner = Owner::Upstream(id);
    let (read, write) = (handler!(readable), handler!(writable));
    let local = upstreams[id].peer.local.as_deref();
    let settings = &w.conf.location(w.requests[request].location).upstream;
    let options = ConnectOptions {
        local,
        transparent: settings.bind.as_ref().is_some_and(|bind| bind.transparent),
        keepalive: settings.socket_keepalive,
        rcvbuf: settings.socket_rcvbuf,
        sndbuf: settings.socket_sndbuf,
    };
    let begun = event.connect(addr, &options, owner, read, write);
    if !matches!(begun, Err((call, _)) if call != CONNECT) {
        w.stats.dials += 1;
        peer.counters.count(Count::Dials);
        peer.counters.add(Count::DialFailures, u64::from(begun.is_err()));
    }
    match begun {
        Ok(conn) => match handshake::begin(w, id, conn) {
            Ok(()) => adopt_dial(w, id, conn),
            Err(e) => {
                max_conns::close(w, conn, group, at);
                handshake::log_failure(w, id, &e);
                match e {
                    // No other server would get it either.
                    TlsError::Certificate(_) => respond::error(w, request, 500),
                    _ => retry::next(w, id, Failures::ERROR),
                }
            }
        },
        Err((call, e)) if call != CONNECT => {
            let (level, call) = setup_failure(call, local);
            max_conns::give_back(w, group, at);
            log::error(w, request, level, format_args!("{call} failed ({e})"));
            respond::error(w, request, 500);
        }
        Err((_, e)) => {
            let addr = &w.groups[group].peers[at].settings.addr;
            let text = format!("connect() to {addr} failed ({e})");
            max_conns::give_back(w, group, at);
            log::error(w, request, level(e), format_args!("{text}"));
            retry::next(w, id, Failures::ERROR);
        }
    }
}

/// nginx's words for a socket that could not be made ready.
fn setup_failure(call: &'static str, local: Option<&Addr>) -> (Level, String) {
    match (call, local) {
        ("bind", Some(Addr::Inet(addr))) if addr.port() == 0 => {
            (Level::Crit, format!("bind({})", addr.ip()))
        }
        ("bind", Some(local)) => (Level::Crit, format!("bind({local})")),
        (call, _) if call.ends_with(')') => (Level::Alert, call.to_owned()),
        (call, _) => (Level::Crit, format!("{call}()")),
    }
}

/// What happens to servers is an error; what does not is more.
fn level(e: Errno) -> Level {
    match e {
        Errno::REFUSED | Errno::AGAIN | Errno::RESET => Level::Error,
        Errno::NETDOWN | Errno::NETUNREACH | Errno::HOSTDOWN | Errno::HOSTUNREACH => Level::Error,
        _ => Level::Crit,
    }
}

fn arm_connect(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let timeout = scripted::connect_timeout(w, id);
    w.event.arm(conn, Side::Write, timeout);
}

/// The connection is still being made: one of the same identity that is free before serves as well.
fn list_as_dialing(w: &mut Worker, id: UpstreamId) {
    let Worker { upstreams, groups, .. } = w;
    let Some(task) = upstreams.get_mut(id) else { return };
    let begun = task.written > Written::Nothing || task.released || task.peer.cached;
    let (Some(at), Some(_), false) = (task.peer.peer, task.peer.connection, begun) else { return };
    if task.waits == Waits::No {
        task.waits = Waits::Dialing;
        let group = task.peer.group;
        let peer = &mut groups[group].peers[at];
        peer.dialing.push_front(upstreams, id);
        peer.count_dialing();
    }
}

/// The task no longer waits for its own connection.
pub fn unlist_as_dialing(w: &mut Worker, id: UpstreamId) {
    let Worker { upstreams, groups, .. } = w;
    let task = &mut upstreams[id];
    if task.waits != Waits::Dialing {
        return;
    }
    task.waits = Waits::No;
    let (group, Some(at)) = (task.peer.group, task.peer.peer) else { return };
    let peer = &mut groups[group].peers[at];
    peer.dialing.remove(upstreams, id);
    peer.count_dialing();
}

pub fn adopt(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let c = &mut w.event.conns[conn];
    c.owner = Owner::Upstream(id);
    c.read.handler = handler!(readable);
    c.write.handler = handler!(writable);
    c.count_anew();
    let task = &mut w.upstreams[id];
    task.peer.connection = Some(conn);
    task.read = response_head::receive;
    task.write = send::send;
}

/// The number of the client's connection, for debug lines.
pub fn serial(w: &Worker, id: UpstreamId) -> u32 {
    downstream::number(w, w.upstreams[id].request)
}
