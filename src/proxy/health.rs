//! `health_check`: servers are asked whether they are well, by the worker itself.
//!
//! ```text
//! begin, sync ──> start ──> send ──> receive ──> done ──┐
//!                   ^                                   │ what came of it is told to the group
//!                   └────────── interval, jitter ───────┘
//! ```
//!
//! Each check of each address is a probe, with a connection of its own while it asks. Peers are known to it by
//! their address: their numbers change when names are looked up again.

use std::collections::HashSet;
use std::fmt;

use crate::base::logging::Severity;
use crate::event::Side;
use crate::handler;
use crate::http::conf::Location;
use crate::http::settings::health::{HealthCheck, judge_status};
use crate::http::settings::proxy::BindAddr;
use crate::http::vars::{Part, Template, Var};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{CONNECT, ConnectOptions, Io};
use crate::upstream::health::Probe;
use crate::worker::*;

use super::queue;

/// Reads in a row; then others have their turn.
const ROUNDS: u32 = 16;

const CONNECTING: &str = "connecting to upstream";
const SENDING: &str = "sending request to upstream";
const READING: &str = "reading response from upstream";

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
        let able = it.peers[..it.live].iter().filter(|peer| !peer.settings.down);
        let mut wanted: HashSet<Addr> = able.map(|peer| peer.settings.addr.clone()).collect();
        let own = w.probes.iter().filter(|(_, probe)| probe.check == at);
        let gone: Vec<ProbeId> =
            own.filter(|(_, probe)| !wanted.remove(&probe.addr)).map(|(id, _)| id).collect();
        for id in gone {
            end(w, id);
        }
        // In a fixed order, so that the same things happen again under the same circumstances.
        let mut wanted: Vec<Addr> = wanted.into_iter().collect();
        wanted.sort();
        for addr in wanted {
            let id = w.probes.insert(Probe::new(at, addr));
            later(w, id, 0, check.jitter);
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

/// Its timer, if one runs, will find nothing.
fn end(w: &mut Worker, id: ProbeId) {
    if let Some(conn) = w.probes.remove(id).and_then(|probe| probe.connection) {
        w.event.close(conn);
    }
}

fn later(w: &mut Worker, id: ProbeId, after: u64, jitter: u64) {
    let jitter = if jitter > 0 { w.rng.below(jitter + 1) } else { 0 };
    w.event.arm_job(Job::Probe(id), after + jitter);
}

fn check_of(w: &Worker, id: ProbeId) -> Option<(&'static HealthCheck, &'static Location)> {
    let check = &w.conf.http.checks[w.probes.get(id)?.check];
    Some((check, w.conf.location(check.location)))
}

/// [`Job::Probe`]: it is time to ask.
pub fn start(w: &mut Worker, id: ProbeId) {
    let Some((check, location)) = check_of(w, id) else { return };
    let now = w.event.now;
    // Should this worker be gone by then, another makes the check.
    let until = now + 2 * check.interval + 1000;
    let (group, addr) = (&w.groups[check.group], &w.probes[id].addr);
    if let Err(wait) = group.take_check(addr, check.number, now, until) {
        return later(w, id, wait, 0);
    }
    if w.event.conns.len() >= w.event.limit {
        let limit = w.event.limit;
        say(w, id, Severity::Alert, format_args!("{limit} worker_connections are not enough"));
        return later(w, id, check.interval, check.jitter);
    }
    let Worker { event, probes, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    write_request(&mut probe.out, check, location);
    let addr = match (&probe.addr, check.port) {
        (Addr::Inet(addr), Some(port)) => Addr::Inet((addr.ip(), port).into()),
        (addr, _) => addr.clone(),
    };
    let proxy = &location.proxy;
    let bind = proxy.bind.as_ref();
    let local = bind.and_then(|bind| match &bind.addr {
        BindAddr::Fixed(addr) => Some(addr),
        // There is no request that its variables could be of.
        BindAddr::Variable(_) => None,
    });
    let options = ConnectOptions {
        local,
        transparent: bind.is_some_and(|bind| bind.transparent),
        keepalive: false,
        rcvbuf: proxy.socket_rcvbuf,
        sndbuf: proxy.socket_sndbuf,
    };
    let (read, write) = (handler!(receive), handler!(send));
    match event.connect(&addr, &options, Owner::Probe(id), read, write) {
        Ok(conn) => {
            probe.connection = Some(conn);
            event.arm(conn, Side::Write, proxy.connect_timeout);
            send(w, conn);
        }
        Err((CONNECT, e)) => fail(w, id, CONNECT, e, CONNECTING),
        Err((call, e)) => {
            // It is not the peer's fault.
            say(w, id, Severity::Crit, format_args!("{call}() failed ({e})"));
            if let Some(probe) = w.probes.get_mut(id) {
                probe.reset();
            }
            later(w, id, check.interval, check.jitter);
        }
    }
}

/// `GET`, with those fields of the location's own that need no request.
fn write_request(out: &mut Vec<u8>, check: &HealthCheck, location: &Location) {
    out.extend_from_slice(b"GET ");
    out.extend_from_slice(&check.uri);
    out.extend_from_slice(b" HTTP/1.0\r\n");
    let host = location.proxy.pass.as_ref().map_or(&[][..], |pass| &pass.host);
    let mut has_host = false;
    for header in &location.proxy.headers.set {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name.as_bytes());
        let of_body = ["Content-Length", "Transfer-Encoding", "Connection", "Upgrade"];
        if of_body.into_iter().any(is) {
            continue;
        }
        if let Some(value) = fixed(&header.value, location) {
            has_host |= is("Host");
            write_field(out, &header.name, &value);
        }
    }
    if !has_host {
        write_field(out, b"Host", host);
    }
    write_field(out, b"Connection", b"close");
    out.extend_from_slice(b"\r\n");
}

fn write_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// A value that is the same for all requests.
fn fixed(template: &Template, location: &Location) -> Option<Vec<u8>> {
    let pass = location.proxy.pass.as_ref()?;
    let mut value = Vec::new();
    for part in &template.parts {
        value.extend_from_slice(match part {
            Part::Text(text) => text,
            Part::Var(Var::ProxyHost) => &pass.host,
            Part::Var(Var::ProxyPort) => &pass.port,
            Part::Var(_) => return None,
        });
    }
    Some(value)
}

/// The write handler: the connection comes about, and the request goes out.
fn send(w: &mut Worker, conn: ConnId) {
    let Owner::Probe(id) = w.event.conns[conn].owner else { return };
    if w.event.conns[conn].write.timedout {
        return timed_out(w, id, CONNECTING);
    }
    let Worker { event, probes, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    if probe.unsent().is_empty() {
        return;
    }
    while !probe.unsent().is_empty() {
        match event.send(conn, probe.unsent()) {
            Io::Done(n) => probe.sent += n,
            Io::Again | Io::Eof => return,
            Io::Fail(e) => {
                let first = probe.sent == 0;
                let (call, doing) = if first { (CONNECT, CONNECTING) } else { ("send", SENDING) };
                return fail(w, id, call, e, doing);
            }
        }
    }
    event.disarm(conn, Side::Write);
    // For the whole of the answer: nobody would be served by one that comes a byte at a time.
    let Some((_, location)) = check_of(w, id) else { return };
    w.event.arm(conn, Side::Read, location.proxy.read_timeout);
}

/// The read handler.
fn receive(w: &mut Worker, conn: ConnId) {
    let Owner::Probe(id) = w.event.conns[conn].owner else { return };
    if w.event.conns[conn].read.timedout {
        return timed_out(w, id, READING);
    }
    let mut scratch = w.buffers.take();
    let read = read(w, id, conn, &mut scratch);
    w.buffers.give(scratch);
    match read {
        Read::More => {}
        Read::Answer => judge(w, id),
        Read::Wrong(text) => {
            say(w, id, Severity::Error, format_args!("{text} while {READING}"));
            done(w, id, Err(READING));
        }
        Read::Fail(e) => match w.probes[id].sent {
            0 => fail(w, id, CONNECT, e, CONNECTING),
            _ => fail(w, id, "recv", e, READING),
        },
    }
}

enum Read {
    More,
    Answer,
    Wrong(&'static str),
    Fail(Errno),
}

fn read(w: &mut Worker, id: ProbeId, conn: ConnId, scratch: &mut [u8]) -> Read {
    let Some((check, location)) = check_of(w, id) else { return Read::More };
    let wants_body = check.matching.as_ref().is_some_and(|it| it.wants_body());
    let Worker { event, probes, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return Read::More };
    for _ in 0..ROUNDS {
        if !event.conns[conn].read.ready {
            return Read::More;
        }
        let taken = match event.recv(conn, scratch) {
            Io::Done(n) => probe.take(&mut scratch[..n], location.proxy.buffer_size, wants_body),
            Io::Again => return Read::More,
            Io::Eof if probe.is_whole() => return Read::Answer,
            Io::Eof => return Read::Wrong("upstream prematurely closed connection"),
            Io::Fail(e) => return Read::Fail(e),
        };
        match taken {
            Ok(true) => return Read::Answer,
            Ok(false) => {}
            Err(violation) => return Read::Wrong(violation.why),
        }
    }
    event.post(conn, Side::Read);
    Read::More
}

/// The answer is here.
fn judge(w: &mut Worker, id: ProbeId) {
    let Some((check, _)) = check_of(w, id) else { return };
    let Some(probe) = w.probes.get(id) else { return };
    let status = probe.line.map_or(0, |line| line.status);
    let found = match &check.matching {
        Some(it) => it.judge(status, &probe.head, &probe.body),
        None => judge_status(status),
    };
    done(w, id, found);
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
fn done(w: &mut Worker, id: ProbeId, found: Result<(), &'static str>) {
    let Some((check, _)) = check_of(w, id) else { return };
    let now = w.event.now;
    let Worker { event, probes, groups, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return };
    if let Some(conn) = probe.connection {
        event.close(conn);
    }
    probe.reset();
    groups[check.group].check_again(&probe.addr, check.number, now + check.interval);
    let change = groups[check.group].checked(&probe.addr, check.number, found.is_ok(), now);
    if let Some(change) = change {
        match found {
            Err(doing) => {
                say(w, id, Severity::Warn, format_args!("peer is unhealthy while {doing}"));
            }
            Ok(()) => say(w, id, Severity::Notice, format_args!("peer is healthy")),
        }
        if change.freed {
            queue::place_freed(w, check.group);
        }
    }
    later(w, id, check.interval, check.jitter);
}

/// A line of the error log of the check's location.
fn say(w: &Worker, id: ProbeId, severity: Severity, text: fmt::Arguments<'_>) {
    let Some((check, _)) = check_of(w, id) else { return };
    let number = w.error_logs.get(check.location.index()).copied().unwrap_or(0);
    let name = check.matching.as_ref().map_or(&[][..], |it| &it.name);
    crate::log_to!(
        number,
        severity,
        "{text}, health check \"{}\" of peer {} in upstream \"{}\"",
        String::from_utf8_lossy(name),
        w.probes[id].addr,
        String::from_utf8_lossy(&w.groups[check.group].name)
    );
}
