//! Names to addresses while the worker runs: the sockets and the timer of the resolver, and what its answers change.
//!
//! ```text
//! a request, proxy_pass with a name    wait ──> resolved ──> start::go, or 502
//! a `server` line with `resolve`       start ──> line_told ──> the group's peers ──> again when the TTL is over
//! a question on its way                send ──> receive (each has a socket of its own)
//! ```

use std::collections::HashSet;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::base::rng::Rng;
use crate::handler;
use crate::http::exchange::{NameOf, Resolving};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::ConnectOptions;
use crate::os::net::Io;
use crate::proxy::exchange::start;
use crate::serve::log::{self, Level};
use crate::serve::respond;
use crate::upstream::change::Found;
use crate::upstream::conf::{Group, Resolve};
use crate::upstream::group::on_demand;
use crate::upstream::peers::Peer;
use crate::upstream::resolve::{self, Act, Answer, Asked, Failure, Outcome, Wanted, Who};
use crate::upstream::run_time::Key;
use crate::worker::*;

use super::{health, idle, queue};

/// At the most after an answer that is none, and at the least between two: ms.
const AGAIN_AFTER_FAILURE: u64 = 10_000;
const AGAIN_AT_LEAST: u64 = 1000;

/// The worker begins: the names of `server` lines are looked up.
pub fn begin(w: &mut Worker) {
    for (group, line) in lines(w) {
        refresh(w, group, line);
    }
    run(w);
}

/// The worker has joined its zones. Until their names are found, lines of a group with a `zone` come to what other
/// workers, also of the configuration before, were told last.
pub fn start_from_last(w: &mut Worker) {
    for (group, line) in lines(w) {
        let zone = w.groups[group].zone.as_ref();
        if let Some(found) = zone.and_then(|zone| zone.last_answer(line)) {
            let found = line_found(w, group, line, &found);
            set_line(w, group, line, &found);
        }
    }
}

/// Those of the configuration whose names are looked up.
fn lines(w: &Worker) -> Vec<(GroupIndex, u16)> {
    let of_group = |(at, group): (u32, &Group)| {
        let numbers = (0..).zip(&group.servers).filter(|(_, line)| line.resolve.is_some());
        numbers.map(|(number, _)| (GroupIndex(at), number)).collect::<Vec<_>>()
    };
    (0..).zip(&w.conf.http.groups).flat_map(of_group).collect()
}

/// A `Job`: something is due.
pub fn expired(w: &mut Worker) {
    w.resolver_timer = None;
    let mut rng = unguessable(w);
    w.resolver.expire(w.event.now, &mut rng);
    run(w);
}

/// A request needs the addresses of a name.
pub fn wait(w: &mut Worker, id: UpstreamId, key: Key) {
    let Some(resolver) = key.resolver else { return };
    let wanted = Wanted::addresses(resolver, &key.host);
    let timeout = w.location_of(w.upstreams[id].request).core.resolver_timeout;
    ask_for(w, id, wanted, NameOf::Group(key), timeout);
}

/// A request came before a name of its group was found the first time, and no other lookup is under way: it looks
/// too. False: there is none such.
pub fn wait_for_group(w: &mut Worker, id: UpstreamId, group: GroupIndex) -> bool {
    let it = &w.groups[group];
    if it.peers[..it.live].iter().any(Peer::takes_part) {
        return false;
    }
    let Some(settings) = w.conf.http.groups.get(group.0 as usize) else { return false };
    let lines = settings.servers.iter().zip(0..).filter(|(line, _)| !line.down && !line.drain);
    let named = lines.map(|(_, at)| at).find_map(|at| Some((at, wanted(w, group, at)?)));
    let Some((line, wanted)) = named else { return false };
    ask_for(w, id, wanted, NameOf::Line(group, line), settings.resolver_timeout);
    true
}

fn ask_for(w: &mut Worker, id: UpstreamId, wanted: Wanted, of: NameOf, timeout: u64) {
    let mut resolving = Resolving { waiter: None, outcome: None, of };
    match ask(w, wanted, Who::Upstream(id), timeout) {
        Asked::Known(outcome) => {
            resolving.outcome = Some(outcome);
            w.upstreams[id].rare.get_or_insert().resolving = Some(resolving);
            resolved(w, id);
        }
        Asked::Wait(waiter) => {
            resolving.waiter = Some(waiter);
            w.upstreams[id].rare.get_or_insert().resolving = Some(resolving);
        }
    }
}

/// Looks a name up for a waiter that gives up after `timeout` ms. The answer is never told within this call.
pub fn ask(w: &mut Worker, wanted: Wanted, who: Who, timeout: u64) -> Asked {
    let mut rng = unguessable(w);
    let asked = w.resolver.ask(wanted, who, timeout, w.event.now, &mut rng);
    if let Asked::Wait(_) = asked {
        run(w);
    }
    asked
}

/// A waiter waits no longer.
pub fn leave_waiter(w: &mut Worker, waiter: WaiterId) {
    w.resolver.leave(waiter);
    run(w);
}

fn take(w: &mut Worker, id: UpstreamId) -> Option<Resolving> {
    w.upstreams[id].rare.if_any()?.resolving.take()
}

/// The request ends while it waits.
pub fn leave(w: &mut Worker, id: UpstreamId) {
    let Some(resolving) = take(w, id) else { return };
    if let Some(waiter) = resolving.waiter {
        leave_waiter(w, waiter);
    }
}

/// A task's read handler: what it waits for is known.
fn resolved(w: &mut Worker, id: UpstreamId) {
    w.upstreams[id].read = rest;
    let Some(resolving) = take(w, id) else { return };
    let Some(outcome) = resolving.outcome else { return };
    let request = w.upstreams[id].request;
    match (resolving.of, outcome) {
        (NameOf::Group(key), Ok(answer)) => {
            let group = group_of(w, key, Some(answer), |_| vec![]);
            start::go(w, id, group);
        }
        (NameOf::Group(key), Err(failure)) => {
            let host = &key.host;
            let text = format_args!("{host} could not be resolved ({failure})");
            log::error(w, request, Level::Error, text);
            respond::error(w, request, 502);
        }
        (NameOf::Line(group, line), outcome) => {
            if let Ok(answer) = outcome {
                line_came_to(w, group, line, &answer.found);
            }
            start::go(w, id, group);
        }
    }
}

/// The group of a name or address that is known only now. `addrs` are those of an address.
pub fn group_of(
    w: &mut Worker,
    key: Key,
    answer: Option<Rc<Answer>>,
    addrs: impl Fn(&Key) -> Vec<Addr>,
) -> GroupIndex {
    let now = w.event.now;
    let port = key.port;
    let found = |answer: &Answer| -> Vec<Found> {
        answer.found.iter().map(|found| peer_address(found, port)).collect()
    };
    if let Some((group, same)) = w.run_time.find(&key, answer.as_ref(), now) {
        if let Some(answer) = answer.filter(|_| !same) {
            set_line(w, group, 0, &found(&answer));
        }
        return group;
    }
    let place = match w.run_time.is_full() {
        true => make_place(w),
        false => None,
    };
    let addrs = match &answer {
        Some(answer) => found(answer).into_iter().map(|found| found.addr).collect(),
        None => addrs(&key),
    };
    w.run_time.make(&mut w.groups, key, addrs, answer, place, now)
}

/// A group that no request uses goes, with its idle connections.
fn make_place(w: &mut Worker) -> Option<GroupIndex> {
    let mut used: HashSet<GroupIndex> = HashSet::new();
    used.extend(w.upstreams.iter().map(|(_, upstream)| upstream.peer.group));
    used.extend(w.requests.iter().flat_map(|(_, request)| &request.tries).map(|it| it.group));
    used.extend(w.groups.dials.iter().map(|(_, dial)| dial.group));
    let place = w.run_time.give_up_oldest(|group| used.contains(&group))?;
    let own: Vec<IdleId> = w
        .groups
        .idle
        .items
        .iter()
        .filter(|(_, idle)| idle.group == place)
        .map(|(id, _)| id)
        .collect();
    for idle in own {
        idle::close(w, idle);
    }
    Some(place)
}

fn peer_address(found: &resolve::Found, port: u16) -> Found {
    let port = found.port.unwrap_or(port);
    let addr = Addr::Inet(SocketAddr::new(found.ip, port));
    Found { addr, weight: found.weight, backup: found.backup }
}

/// What a line of a group is looked up by, if it is.
fn wanted(w: &Worker, group: GroupIndex, line: u16) -> Option<Wanted> {
    let group = w.conf.http.groups.get(group.0 as usize)?;
    let resolve = group.servers.get(usize::from(line))?.resolve.as_ref()?;
    let resolver = group.resolver?;
    Some(match &resolve.service {
        Some(service) => Wanted::services(resolver, service, &resolve.host),
        None => Wanted::addresses(resolver, &resolve.host),
    })
}

/// What a line's name came to, as its peers.
fn line_found(w: &Worker, group: GroupIndex, line: u16, found: &[resolve::Found]) -> Vec<Found> {
    let settings = &w.conf.http.groups[group.0 as usize].servers[usize::from(line)];
    let port = settings.resolve.as_ref().map_or(80, |resolve| resolve.port);
    found.iter().map(|found| peer_address(found, port)).collect()
}

fn refresh(w: &mut Worker, group: GroupIndex, line: u16) {
    let Some(wanted) = wanted(w, group, line) else { return };
    let timeout = w.conf.http.groups[group.0 as usize].resolver_timeout;
    let mut rng = unguessable(w);
    let now = w.event.now;
    if let Asked::Known(outcome) =
        w.resolver.ask(wanted, Who::Line(group, line), timeout, now, &mut rng)
    {
        line_told(w, group, line, &outcome);
    }
}

/// The addresses of a `server` line. After a failure the last good ones stay; that there is no such name is none.
fn line_told(w: &mut Worker, group: GroupIndex, line: u16, outcome: &Outcome) {
    let now = w.event.now;
    let after = match outcome {
        Ok(answer) => {
            line_came_to(w, group, line, &answer.found);
            answer.until.saturating_sub(now).max(AGAIN_AT_LEAST)
        }
        Err(failure) => {
            let settings = &w.conf.http.groups[group.0 as usize].servers[usize::from(line)];
            if let Some(Resolve { host, service, .. }) = &settings.resolve {
                let of = service.as_ref().map(|service| format!("service {service} of "));
                let of = of.unwrap_or_default();
                ::log::error!("{of}{host} could not be resolved ({failure})");
            }
            if *failure == Failure::NOT_FOUND {
                line_came_to(w, group, line, &[]);
            }
            again_after(w, group, *failure)
        }
    };
    w.resolver.refresh_at(group, line, now + after);
}

/// A name server has said so. Workers of the same `zone` that begin later may start from it.
fn line_came_to(w: &mut Worker, group: GroupIndex, line: u16, found: &[resolve::Found]) {
    w.groups[group].zone.iter().for_each(|zone| zone.tell_answer(line, found));
    let found = line_found(w, group, line, found);
    set_line(w, group, line, &found);
}

/// As nginx: what a name server knows, even that there is nothing, may be taken to hold for `valid=`; for the rest it
/// has the time that a request would wait for it.
fn again_after(w: &Worker, group: GroupIndex, failure: Failure) -> u64 {
    let settings = &w.conf.http.groups[group.0 as usize];
    let valid = settings.resolver.and_then(|resolver| w.resolver.valid(resolver));
    let after = match failure {
        Failure::NOT_FOUND => valid.unwrap_or(AGAIN_AFTER_FAILURE),
        _ => settings.resolver_timeout,
    };
    after.clamp(AGAIN_AT_LEAST, AGAIN_AFTER_FAILURE)
}

/// Peers that scripts have named are forgotten, but for those in use.
pub fn forget_on_demand(w: &mut Worker, group: GroupIndex) {
    set_line(w, group, on_demand::LINE, &[]);
}

/// Other addresses for a line. Connections in use go on; idle ones of addresses that are gone are closed.
fn set_line(w: &mut Worker, group: GroupIndex, line: u16, found: &[Found]) {
    let Worker { groups, requests, upstreams, .. } = w;
    let mut named: HashSet<PeerIndex> = HashSet::new();
    let tries = requests.iter().flat_map(|(_, request)| &request.tries);
    named.extend(tries.filter(|it| it.group == group).filter_map(|it| it.peer));
    let own = |upstream: &&UpstreamTask| upstream.peer.group == group;
    let tasks = upstreams.iter().map(|(_, upstream)| upstream).filter(own);
    named.extend(tasks.filter_map(|upstream| upstream.peer.peer));
    let Some(moved) = groups.set_line(group, line, found, |peer| named.contains(&peer)) else {
        return;
    };
    let new = |peer: Option<PeerIndex>| moved[usize::from(peer?.0)];
    let all: Vec<UpstreamId> = upstreams.iter().map(|(id, _)| id).collect();
    for id in all {
        let pc = &mut upstreams[id].peer;
        if pc.group == group {
            pc.peer = new(pc.peer);
            pc.tried.renumber(&moved);
        }
    }
    let all: Vec<RequestId> = requests.iter().map(|(id, _)| id).collect();
    for id in all {
        for it in requests[id].tries.iter_mut().filter(|it| it.group == group) {
            it.peer = new(it.peer);
        }
    }
    for idle in w.groups.left_behind(group) {
        idle::close(w, idle);
    }
    health::sync(w, group);
    queue::place_freed(w, group);
}

type UpstreamTask = Task<UpstreamKey, crate::http::exchange::Upstream>;

/// Does what the resolver wants done, and sets its timer.
fn run(w: &mut Worker) {
    while let Some(act) = w.resolver.next_act() {
        match act {
            Act::Send { query, server, tcp } => send(w, query, server, tcp),
            Act::Close(conn) => w.event.close(conn),
            Act::Tell(Who::Upstream(id), outcome) => tell(w, id, outcome),
            Act::Tell(Who::Ocsp(id), outcome) => {
                if let Some(it) = w.ocsp.get_mut(id) {
                    (it.waiter, it.outcome) = (None, Some(outcome));
                    w.event.post_job(Job::Ocsp(id));
                }
            }
            Act::Tell(Who::Line(group, line), outcome) => line_told(w, group, line, &outcome),
            // The resolver itself logs how a lookup failed.
            Act::Tell(Who::Lookup(_), _) => {}
            Act::Refresh(group, line) => refresh(w, group, line),
        }
    }
    let due = w.resolver.next_due();
    if w.resolver_timer.as_ref().map(|(when, _)| *when) == due {
        return;
    }
    if let Some((_, timer)) = w.resolver_timer.take() {
        w.event.cancel_job(timer);
    }
    if let Some(when) = due {
        let after = when.saturating_sub(w.event.now);
        w.resolver_timer = Some((when, w.event.arm_job(Job::Resolve, after)));
    }
}

/// The request goes on by itself, not within what was answered here.
fn tell(w: &mut Worker, id: UpstreamId, outcome: Outcome) {
    let Some(upstream) = w.upstreams.get_mut(id) else { return };
    let resolving = upstream.rare.if_any().and_then(|rare| rare.resolving.as_mut());
    let Some(resolving) = resolving else { return };
    resolving.waiter = None;
    resolving.outcome = Some(outcome);
    upstream.read = resolved;
    w.event.post_job(Job::UpstreamRead(id));
}

/// A question goes out, on a socket of its own.
fn send(w: &mut Worker, query: QueryId, server: SocketAddr, tcp: bool) {
    if w.event.conns.len() >= w.event.limit {
        ::log::error!("{} worker_connections are not enough", w.event.limit);
        return broke(w, query);
    }
    let owner = Owner::Resolver(query);
    let (read, write) = (handler!(receive), handler!(send_rest));
    let opened = match tcp {
        true => {
            let options = ConnectOptions::default();
            let opened = w.event.connect(&server.into(), &options, owner, read, write);
            opened.map_err(|(_, e)| e)
        }
        false => w.event.connect_datagram(server, owner, read, write),
    };
    match opened {
        Ok(conn) => {
            if let Some(other) = w.resolver.opened(query, conn) {
                w.event.close(other);
            }
            send_rest(w, conn);
        }
        Err(e) => fail(w, query, "connect", e),
    }
}

/// A write handler: what of the question the system has not taken yet.
fn send_rest(w: &mut Worker, conn: ConnId) {
    let Owner::Resolver(query) = w.event.conns[conn].owner else { return };
    while !w.resolver.unsent(query).is_empty() {
        match w.event.send(conn, w.resolver.unsent(query)) {
            Io::Done(n) => w.resolver.sent(query, n),
            Io::Fail(e) => return fail(w, query, "send", e),
            Io::Again | Io::Eof => return,
        }
    }
}

/// A read handler: an answer, or a datagram that pretends to be one.
fn receive(w: &mut Worker, conn: ConnId) {
    let Owner::Resolver(query) = w.event.conns[conn].owner else { return };
    let mut rng = unguessable(w);
    let mut buffer = w.buffers.take();
    // After a short read there may be another datagram; the query itself bounds how many are looked at.
    loop {
        let more = match w.event.recv(conn, &mut buffer) {
            Io::Again => break,
            Io::Done(n) => w.resolver.received(query, &buffer[..n], w.event.now, &mut rng),
            Io::Eof if !w.resolver.is_stream(query) => {
                w.resolver.received(query, &[], w.event.now, &mut rng)
            }
            Io::Eof => {
                w.resolver.broke(query, w.event.now, &mut rng);
                false
            }
            Io::Fail(e) => {
                fail(w, query, "recv", e);
                false
            }
        };
        if !more {
            break;
        }
    }
    w.buffers.give(buffer);
    run(w);
}

fn fail(w: &mut Worker, query: QueryId, call: &str, e: Errno) {
    if let Some(server) = w.resolver.server(query) {
        ::log::error!("{call}() failed ({e}) while resolving, resolver: {server}");
    }
    broke(w, query);
}

fn broke(w: &mut Worker, query: QueryId) {
    let mut rng = unguessable(w);
    w.resolver.broke(query, w.event.now, &mut rng);
}

/// Ids are of the system's own randomness: the worker's generator shows through `$request_id`.
fn unguessable(w: &Worker) -> Rng {
    Rng::new(w.event.driver.seed())
}
