//! `health_check`: servers are asked whether they are well, by the worker itself.
//!
//! ```text
//! begin, sync ──> start ──> send ──> receive ──> done ──┐
//!                   ^                                   │ the group gets the result
//!                   └────────── interval, jitter ───────┘
//! ```
//!
//! Of a location with `proxy_pass https://` the check speaks TLS too, with the settings of `proxy_ssl_…`: `shake` comes
//! between `connect` and `send`.
//!
//! Each check of each address is a probe, with a connection of its own while it asks. Peers are known to it by
//! their address: their numbers change when names are looked up again.
//!
//! While it is asked, the probe's timer tells the other workers of a zone again and again that it is: a check
//! may take long, and a worker may end or stand still in the middle of one.

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use crate::base::logging::Severity;
use crate::event::Side;
use crate::handler;
use crate::http::conf::Location;
use crate::http::probe::Probe;
use crate::http::settings::health::{HealthCheck, Verdict, judge_status};
use crate::http::settings::upstream_conf::{BindAddr, ProtocolIndex};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{CONNECT, ConnectOptions, Io};
use crate::tls::Step;
use crate::upstream::pool::identity::{self, Identity};
use crate::upstream::pool::tls::TlsPeer;
use crate::worker::*;

use super::super::fetch::{self, Read, Sent};
use super::{handshake, queue};

mod required;

/// Bytes of a body that are looked at, as nginx has it.
const MOST_BODY: usize = 256 << 10;

/// The interval, in ms, at which the zone is renewed as "check under way".
const TELLING: u64 = 1000;

/// A worker that has told nothing for so long makes the check no longer.
const SILENCE: u64 = 3 * TELLING;

const CONNECTING: &str = "connecting to upstream";
const SHAKING: &str = "SSL handshaking to upstream";
const SENDING: &str = "sending request to upstream";
const READING_HEAD: &str = "reading response header from upstream";
const READING: &str = "reading response from upstream";
const CHECKING: &str = "checking variables";

/// The worker begins.
pub fn begin(w: &mut Worker) {
    for group in 0..w.conf.http.groups.len() {
        sync(w, GroupIndex(group as u32));
    }
}

/// The addresses of a group may have changed: those that are new are asked, those that are gone no longer.
pub fn sync(w: &mut Worker, group: GroupIndex) {
    if w.exit != Exit::No {
        return;
    }
    let conf = w.conf;
    for (at, check) in conf.http.checks.iter().enumerate().filter(|(_, it)| it.group == group) {
        let it = &w.groups[group];
        let able = it.peers[..it.live].iter().filter(|peer| peer.takes_bound());
        let mut wanted: HashSet<Addr> = able.map(|peer| peer.settings.addr.clone()).collect();
        let own = w.probes.iter().filter(|(_, probe)| probe.check == at);
        let gone: Vec<ProbeId> =
            own.filter(|(_, probe)| !wanted.remove(&probe.claim.addr)).map(|(id, _)| id).collect();
        for id in gone {
            end(w, id);
        }
        // In a fixed order, so that the same things happen again under the same circumstances.
        let mut wanted: Vec<Addr> = wanted.into_iter().collect();
        wanted.sort();
        for addr in wanted {
            let id = w.probes.insert(Probe::new(at, addr));
            let after = delay(w, 0, check.jitter);
            later(w, id, after);
        }
    }
}

/// The worker stops: it need not know any more.
pub fn stop(w: &mut Worker) {
    let all: Vec<ProbeId> = w.probes.iter().map(|(id, _)| id).collect();
    for id in all {
        end(w, id);
    }
}

fn end(w: &mut Worker, id: ProbeId) {
    if let Some(timer) = w.probe_timers.remove(&id) {
        w.event.cancel_job(timer);
    }
    let Some(mut probe) = w.probes.remove(id) else { return };
    if probe.is_asking() {
        let check = &w.conf.http.checks[probe.check];
        w.groups[check.group].check_again(&mut probe.claim, check.number, w.event.now);
    }
    if let Some(conn) = probe.connection {
        w.event.close(conn);
    }
}

/// [`wake`] is called in `after` ms, and not before.
fn later(w: &mut Worker, id: ProbeId, after: u64) {
    let Worker { event, probes, probe_timers, .. } = w;
    if let Some(probe) = probes.get_mut(id) {
        probe.wake = event.now + after;
        let timer = event.arm_job(Job::Probe(id), after);
        if let Some(former) = probe_timers.insert(id, timer) {
            event.cancel_job(former);
        }
    }
}

/// After how long a check comes: some of the time is left to chance.
fn delay(w: &mut Worker, after: u64, jitter: u64) -> u64 {
    after + if jitter > 0 { w.rng.below(jitter + 1) } else { 0 }
}

fn check_of(w: &Worker, id: ProbeId) -> Option<(&'static HealthCheck, &'static Location)> {
    let check = &w.conf.http.checks[w.probes.get(id)?.check];
    Some((check, w.conf.location(check.location)))
}

/// [`Job::Probe`]: it is time to ask, or to tell that it is being asked.
pub fn wake(w: &mut Worker, id: ProbeId) {
    let Some((check, _)) = check_of(w, id) else { return };
    let now = w.event.now;
    let (group, probe) = (&w.groups[check.group], &mut w.probes[id]);
    if now < probe.wake {
        return;
    }
    if probe.is_asking() {
        if group.check_again(&mut probe.claim, check.number, now + SILENCE) {
            return later(w, id, TELLING);
        }
        // This worker has been silent for so long that another makes the check.
        close(w, id);
    }
    let (group, probe) = (&w.groups[check.group], &mut w.probes[id]);
    if let Err(wait) = group.take_check(&mut probe.claim, check.number, now, now + SILENCE) {
        // A worker that has a connection for the check goes first, unless it is late.
        let kept = check.keepalive_time > 0;
        let grace = if kept { SILENCE.min(check.interval / 2) } else { 0 };
        return later(w, id, wait + grace);
    }
    start(w, id);
}

fn start(w: &mut Worker, id: ProbeId) {
    let Some((check, location)) = check_of(w, id) else { return };
    later(w, id, TELLING);
    let Some(conn) = w.probes[id].connection else { return connect(w, id) };
    let Some(probe) = w.probes.get_mut(id) else { return };
    probe.reused = true;
    (w.pipeline.protocol(location).create_probe)(&mut probe.fetch, check, location);
    let event = &mut w.event;
    event.disarm(conn, Side::Read);
    event.arm(conn, Side::Write, location.upstream.send_timeout);
    let c = &mut event.conns[conn];
    c.read.handler = handler!(receive);
    c.write.handler = handler!(send);
    send(w, conn);
}

fn connect(w: &mut Worker, id: ProbeId) {
    let Some((check, location)) = check_of(w, id) else { return };
    if w.event.conns.len() >= w.event.limit {
        let limit = w.event.limit;
        say(w, id, Severity::Alert, format_args!("{limit} worker_connections are not enough"));
        return unable(w, id);
    }
    let Worker { event, probes, pipeline, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    (pipeline.protocol(location).create_probe)(&mut probe.fetch, check, location);
    let addr = address(probe, check);
    let settings = &location.upstream;
    let bind = settings.bind.as_ref();
    let local = bind.and_then(|bind| match &bind.addr {
        BindAddr::Fixed(addr) => Some(addr),
        // There is no request that its variables could be of.
        BindAddr::Variable(_) => None,
    });
    let options = ConnectOptions {
        local,
        transparent: bind.is_some_and(|bind| bind.transparent),
        keepalive: false,
        rcvbuf: settings.socket_rcvbuf,
        sndbuf: settings.socket_sndbuf,
    };
    let (read, write) = (handler!(receive), handler!(send));
    match event.connect(&addr, &options, Owner::Probe(id), read, write) {
        Ok(conn) => {
            probe.connection = Some(conn);
            probe.since = event.now;
            event.arm(conn, Side::Write, settings.connect_timeout);
            match location.pass.as_ref().is_some_and(|pass| pass.ssl) {
                true => encrypt(w, id, conn, &addr),
                false => send(w, conn),
            }
        }
        Err((CONNECT, e)) => fail(w, id, CONNECT, e, CONNECTING),
        Err((call, e)) => {
            say(w, id, Severity::Crit, format_args!("{call}() failed ({e})"));
            unable(w, id);
        }
    }
}

/// Where a probe connects to: the peer, at the port of the check if that has one.
fn address(probe: &Probe, check: &HealthCheck) -> Addr {
    match (&probe.claim.addr, check.port) {
        (Addr::Inet(addr), Some(port)) => Addr::Inet((addr.ip(), port).into()),
        (addr, _) => addr.clone(),
    }
}

/// A handshake comes before the request.
fn encrypt(w: &mut Worker, id: ProbeId, conn: ConnId, addr: &Addr) {
    let Some((check, location)) = check_of(w, id) else { return };
    let Some(tls) = tls_of(w, check) else { return };
    let identity = identity_of(w, &tls);
    if let Err(e) = handshake::encrypt(w, conn, addr, identity, &tls, &location.upstream) {
        return shaking_failed(w, id, &handshake::failure_words(&e, &tls.name));
    }
    let c = &mut w.event.conns[conn];
    (c.read.handler, c.write.handler) = (handler!(shake), handler!(shake));
    shake(w, conn);
}

fn tls_of(w: &mut Worker, check: &HealthCheck) -> Option<Rc<TlsPeer>> {
    let request = required::detached(w, check);
    let tls = handshake::peer_of(w, request);
    w.requests.remove(request);
    tls
}

/// By which the sessions of checks are known.
fn identity_of(w: &mut Worker, tls: &TlsPeer) -> Identity {
    w.groups.identities.of(&identity::Settings {
        protocol: ProtocolIndex::Proxy as u8,
        tls: Some(tls.number),
        ..identity::Settings::default()
    })
}

/// The handler of both sides: the handshake goes on.
fn shake(w: &mut Worker, conn: ConnId) {
    let Owner::Probe(id) = w.event.conns[conn].owner else { return };
    if w.event.conns[conn].write.timedout {
        let is_connected = w.event.conns[conn].socket.is_connected();
        return timed_out(w, id, if is_connected { SHAKING } else { CONNECTING });
    }
    match w.event.handshake(conn) {
        Step::Done => {
            let c = &mut w.event.conns[conn];
            (c.read.handler, c.write.handler) = (handler!(receive), handler!(send));
            send(w, conn);
        }
        Step::Again | Step::Hello | Step::Plain => {}
        Step::Closed(Some(e)) if !w.event.conns[conn].socket.is_connected() => {
            fail(w, id, CONNECT, e, CONNECTING);
        }
        Step::Closed(None) => refused(w, id, |_| handshake::CLOSED.into()),
        Step::Closed(Some(e)) => refused(w, id, |_| format!("{} ({e})", handshake::CLOSED)),
        Step::Failed(e) => refused(w, id, |name| handshake::failure_words(&e, name)),
    }
}

/// The handshake has failed. A session that was offered in vain is not offered again. `text` gets the name that was
/// asked for.
fn refused(w: &mut Worker, id: ProbeId, text: impl FnOnce(&str) -> String) {
    let Some((check, _)) = check_of(w, id) else { return };
    let Some(tls) = tls_of(w, check) else { return };
    let (addr, identity) = (address(&w.probes[id], check), identity_of(w, &tls));
    w.groups.sessions.forget(&addr, identity);
    shaking_failed(w, id, &text(&tls.name));
}

fn shaking_failed(w: &mut Worker, id: ProbeId, text: &str) {
    say(w, id, Severity::Error, format_args!("{text} while {SHAKING}"));
    done(w, id, Err(SHAKING));
}

/// The write handler: the connection comes about, and the request goes out.
fn send(w: &mut Worker, conn: ConnId) {
    let Owner::Probe(id) = w.event.conns[conn].owner else { return };
    let Worker { event, probes, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    if event.conns[conn].write.timedout {
        let doing = if probe.reused { SENDING } else { CONNECTING };
        return timed_out(w, id, doing);
    }
    match fetch::send(event, conn, &mut probe.fetch) {
        Sent::Before | Sent::Part => {}
        Sent::All => {
            // For the whole of the answer: a server that sends a byte at a time is of no use.
            let Some((_, location)) = check_of(w, id) else { return };
            w.event.arm(conn, Side::Read, location.upstream.read_timeout);
        }
        Sent::Fail(_) if probe.is_stale() => afresh(w, id),
        Sent::Fail(e) if probe.fetch.sent == 0 => fail(w, id, CONNECT, e, CONNECTING),
        Sent::Fail(e) => fail(w, id, "send", e, SENDING),
    }
}

/// The read handler.
fn receive(w: &mut Worker, conn: ConnId) {
    let Owner::Probe(id) = w.event.conns[conn].owner else { return };
    if w.event.conns[conn].read.timedout {
        let doing = reading(w, id);
        return timed_out(w, id, doing);
    }
    let Some((check, _)) = check_of(w, id) else { return };
    let most = if check.wants_body() { MOST_BODY } else { 0 };
    let Worker { event, probes, buffers, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    let read = fetch::receive(event, buffers, conn, &mut probe.fetch, most);
    let doing = reading(w, id);
    match read {
        Read::More => {}
        Read::Answer => judge(w, id),
        Read::Wrong(_) | Read::Fail(_) if w.probes[id].is_stale() => afresh(w, id),
        Read::Wrong(text) => {
            say(w, id, Severity::Error, format_args!("{text} while {doing}"));
            done(w, id, Err(doing));
        }
        Read::Fail(e) => match w.probes[id].fetch.sent {
            0 => fail(w, id, CONNECT, e, CONNECTING),
            _ => fail(w, id, "recv", e, doing),
        },
    }
}

fn reading(w: &Worker, id: ProbeId) -> &'static str {
    let has_head = w.probes.get(id).is_some_and(|probe| probe.fetch.line.is_some());
    if has_head { READING } else { READING_HEAD }
}

/// The answer is here.
fn judge(w: &mut Worker, id: ProbeId) {
    let Some((check, _)) = check_of(w, id) else { return };
    let Some(probe) = w.probes.get(id) else { return };
    let status = probe.fetch.line.map_or(0, |line| line.status);
    let found = match &check.matching {
        None => judge_status(status),
        Some(it) => match it.judge(status, &probe.fetch.head, &probe.fetch.body) {
            Ok(_) if !it.required.is_empty() => match required::is_there(w, id, check, it) {
                true => Ok(CHECKING),
                false => Err(CHECKING),
            },
            found => found,
        },
    };
    done(w, id, found);
}

/// The kept connection was of no use: the same check is made over a new one.
fn afresh(w: &mut Worker, id: ProbeId) {
    close(w, id);
    connect(w, id);
}

fn close(w: &mut Worker, id: ProbeId) {
    let Some(probe) = w.probes.get_mut(id) else { return };
    if let Some(conn) = probe.connection.take() {
        w.event.close(conn);
    }
    probe.reset();
}

/// The exchange is over. Its connection is there for the next check, if that may be.
fn keep(w: &mut Worker, id: ProbeId) {
    let Some((check, _)) = check_of(w, id) else { return };
    let Worker { event, probes, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    let left = (probe.since + check.keepalive_time).saturating_sub(event.now);
    let kept = probe.connection.filter(|_| left > 0 && probe.fetch.may_be_kept());
    let Some(conn) = kept else { return close(w, id) };
    probe.reset();
    let c = &mut event.conns[conn];
    c.read.handler = handler!(idle);
    c.write.handler = handler!(send);
    event.disarm(conn, Side::Write);
    event.arm(conn, Side::Read, left);
    idle(w, conn);
}

/// The read handler of a connection between two checks: its time is up, or the peer has closed it.
fn idle(w: &mut Worker, conn: ConnId) {
    let Owner::Probe(id) = w.event.conns[conn].owner else { return };
    let c = &w.event.conns[conn];
    if c.read.timedout || c.read.ready && w.event.peek(conn, &mut [0]) != Io::Again {
        close(w, id);
    }
}

fn timed_out(w: &mut Worker, id: ProbeId, doing: &'static str) {
    let e = Errno::TIMEDOUT;
    say(w, id, Severity::Error, format_args!("upstream timed out ({e}) while {doing}"));
    done(w, id, Err(doing));
}

fn fail(w: &mut Worker, id: ProbeId, call: &str, e: Errno, doing: &'static str) {
    say(w, id, Severity::Error, format_args!("{call}() failed ({e}) while {doing}"));
    done(w, id, Err(doing));
}

/// The check has ended, well or while something was being done.
fn done(w: &mut Worker, id: ProbeId, found: Verdict) {
    let Some((check, _)) = check_of(w, id) else { return };
    match found {
        Err(READING_HEAD | READING | SENDING | CONNECTING | SHAKING) => close(w, id),
        _ => keep(w, id),
    }
    let now = w.event.now;
    let addr = &w.probes[id].claim.addr;
    let change = w.groups[check.group].checked(addr, check.number, found.is_ok(), now);
    if let Some(change) = change {
        match found {
            Err(doing) if change.healthy.is_some() => {
                say(w, id, Severity::Warn, format_args!("peer is unhealthy while {doing}"));
            }
            Ok(doing) if change.healthy.is_some() => {
                say(w, id, Severity::Notice, format_args!("peer is healthy while {doing}"));
            }
            _ if change.freed => {
                say(w, id, Severity::Notice, format_args!("peer is enabled, since it was reached"));
            }
            _ => {}
        }
        if change.freed {
            queue::place_freed(w, check.group);
        }
    }
    let after = delay(w, check.interval, check.jitter);
    again(w, id, after);
}

/// It is not the peer's fault. It is asked again before the others are asked once more: else the same peers
/// would be left out each time.
fn unable(w: &mut Worker, id: ProbeId) {
    let Some((check, _)) = check_of(w, id) else { return };
    again(w, id, check.interval.min(TELLING));
}

/// The next check is made after that time, by this worker or another.
fn again(w: &mut Worker, id: ProbeId, after: u64) {
    let Some((check, _)) = check_of(w, id) else { return };
    let Worker { event, probes, groups, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    probe.fetch.out.clear();
    groups[check.group].check_again(&mut probe.claim, check.number, event.now + after);
    later(w, id, after);
}

/// A line of the error log of the check's location.
fn say(w: &Worker, id: ProbeId, severity: Severity, text: fmt::Arguments<'_>) {
    let Some((check, _)) = check_of(w, id) else { return };
    let number = w.error_logs.get(check.location.index()).copied().unwrap_or(0);
    let name = check.matching.as_ref().map_or(&[][..], |it| &it.name);
    let port = check.port.map_or_else(String::new, |port| format!(", port {port}"));
    crate::log_to!(
        number,
        severity,
        "{text}, health check \"{}\" of peer {} in upstream \"{}\"{port}",
        String::from_utf8_lossy(name),
        w.probes[id].claim.addr,
        String::from_utf8_lossy(&w.groups[check.group].name)
    );
}
