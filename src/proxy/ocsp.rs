//! OCSP: responders are asked for the status of clients' certificates, and for the staples of our own.
//!
//! ```text
//! check_client, fetch_staples ──> begin ──> resolved ──> connect ──> send ──> receive ──> judge ──> end
//!                                              the next address <──┴────────┘ failed, or timed out
//! ```
//!
//! A client whose certificate is asked about waits behind its handshake ([`crate::serve::tls`]); its verdict stays with
//! the connection. No answer that may be believed is a verdict too, and not a good one.

use std::fmt;
use std::sync::Arc;

use crate::base::logging::Severity;
use crate::event::Side;
use crate::handler;
use crate::http::conf::{OcspCheck, ServerId};
use crate::http::ocsp::{LONGEST, Ocsp, Purpose};
use crate::http::settings::responder::Responder;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::ConnectOptions;
use crate::proto::Name;
use crate::serve::tls;
use crate::tls::{Answer, CertificateStatus, Question, Status, Verdict};
use crate::upstream::resolve::{Asked, Wanted, Who};
use crate::worker::*;

use super::fetch::{self, Read, Sent};
use super::pool::resolve;

/// nginx's, of each of the connection and the answer.
const TIMEOUT: u64 = 60_000;

/// How long an answer is remembered that does not say how long it holds, in seconds: nginx's number.
const UNSAID: u64 = 3600;

/// Asks whether the certificate of a client whose handshake is done is revoked, if its server block wants to know. True:
/// [`tls::vouched`] is to be awaited.
pub fn check_client(w: &mut Worker, channel: ChannelId) -> bool {
    let server = w.channels[channel].origin.server;
    let Some(it) = &w.conf.server(server).ssl.verify_client else { return false };
    let Some(check) = &it.ocsp else { return false };
    let conn = w.channels[channel].conn;
    if w.event.judge_client(conn, Some(&it.rules)) != Verdict::Trusted {
        return false;
    }
    let now = seconds(w);
    let tls = w.event.conns[conn].tls();
    match tls.and_then(|tls| tls.questions(&it.rules, now)) {
        None => {
            settle(w, channel, CertificateStatus::RequestFailed);
            false
        }
        Some(mut questions) => {
            if check.is_leaf {
                questions.truncate(1);
            }
            questions.reverse();
            ask(w, channel, check.clone(), questions)
        }
    }
}

/// Asks the last of those questions whose answer is not remembered. False: there is none, and the verdict is there.
fn ask(
    w: &mut Worker,
    channel: ChannelId,
    check: Arc<OcspCheck>,
    mut questions: Vec<Question>,
) -> bool {
    let server = w.channels[channel].origin.server;
    while let Some(question) = questions.pop() {
        match remembered(&check, &question, seconds(w)) {
            Some(Status::Good) => continue,
            Some(status) => {
                settle(w, channel, CertificateStatus::Is(status));
                return false;
            }
            None => {}
        }
        let responder = match (&check.responder, &question.responder) {
            (Some(responder), _) => Ok(responder.clone()),
            (None, Some(url)) => Responder::parse(url)
                .map_err(|e| format!("{e} in OCSP responder \"{url}\" in certificate")),
            (None, None) => Err("no OCSP responder URL in certificate".into()),
        };
        let responder = match responder {
            Ok(responder) => responder,
            Err(text) => {
                let text = format_args!("{text} while {REQUESTING}");
                say_of_server(w, server, Severity::Error, text);
                settle(w, channel, CertificateStatus::RequestFailed);
                return false;
            }
        };
        let purpose = Purpose::Client { channel, check, rest: questions };
        begin(w, Ocsp::new(purpose, question, responder, server));
        return true;
    }
    settle(w, channel, CertificateStatus::GOOD);
    false
}

fn settle(w: &mut Worker, channel: ChannelId, status: CertificateStatus) {
    let Some(conn) = w.channels.get(channel).map(|channel| channel.conn) else { return };
    if let Some(tls) = w.event.conns[conn].tls_mut() {
        tls.set_certificate_status(status);
    }
}

fn remembered(check: &OcspCheck, question: &Question, now: u64) -> Option<Status> {
    let kept = check.cache.as_ref()?.get(question.id(), false)?;
    let (valid, status) = kept.split_first_chunk()?;
    let status = match status {
        [0] => Status::Good,
        [1] => Status::Revoked,
        [2] => Status::Unknown,
        _ => return None,
    };
    (u64::from_be_bytes(*valid) >= now).then_some(status)
}

fn remember(check: &OcspCheck, question: &Question, answer: Answer, now: u64) {
    let valid = answer.next_update.unwrap_or(now + UNSAID);
    if let Some(cache) = check.cache.as_ref().filter(|_| valid >= now) {
        let status = match answer.status {
            Status::Good => 0,
            Status::Revoked => 1,
            Status::Unknown => 2,
        };
        let value = [&valid.to_be_bytes()[..], &[status]].concat();
        cache.put(question.id().to_vec(), value);
    }
}

/// The staples of a server block that are due are fetched.
pub fn fetch_staples(w: &mut Worker, server: ServerId) {
    if w.exit != Exit::No {
        return;
    }
    let now = seconds(w);
    for (stapling, responder) in w.conf.server(server).ssl.staplings.iter() {
        if stapling.begin(now) {
            let question = stapling.question().clone();
            let purpose = Purpose::Staple(stapling.clone());
            begin(w, Ocsp::new(purpose, question, responder.clone(), server));
        }
    }
}

/// The client waits no longer.
pub fn leave(w: &mut Worker, channel: ChannelId) {
    let is_its =
        |it: &Ocsp| matches!(it.purpose, Purpose::Client { channel: its, .. } if its == channel);
    let own: Vec<OcspId> = w.ocsp.iter().filter(|(_, it)| is_its(it)).map(|(id, _)| id).collect();
    own.into_iter().for_each(|id| drop(remove(w, id)));
}

/// The worker stops: no staple is needed any more.
pub fn stop(w: &mut Worker) {
    let is_staple = |it: &Ocsp| matches!(it.purpose, Purpose::Staple(_));
    let all: Vec<OcspId> =
        w.ocsp.iter().filter(|(_, it)| is_staple(it)).map(|(id, _)| id).collect();
    all.into_iter().for_each(|id| drop(remove(w, id)));
}

fn remove(w: &mut Worker, id: OcspId) -> Option<Ocsp> {
    let it = w.ocsp.remove(id)?;
    if let Some(conn) = it.connection {
        w.event.close(conn);
    }
    if let Some(waiter) = it.waiter {
        resolve::leave_waiter(w, waiter);
    }
    Some(it)
}

fn begin(w: &mut Worker, it: Ocsp) {
    let core = &w.conf.location(w.conf.server(it.server).root).core;
    let is_literal = it.responder.host.parse::<std::net::IpAddr>().is_ok();
    let wanted = core.resolver.filter(|_| !is_literal);
    let wanted = wanted.map(|resolver| Wanted::addresses(resolver, &it.responder.host));
    let id = w.ocsp.insert(it);
    let Some(wanted) = wanted else {
        if w.ocsp[id].addrs.is_empty() {
            let host = w.ocsp[id].responder.host.clone();
            let text = format_args!("no resolver defined to resolve {host}");
            say(w, id, Severity::Error, text);
            return end(w, id, None);
        }
        return connect(w, id);
    };
    match resolve::ask(w, wanted, Who::Ocsp(id), core.resolver_timeout) {
        Asked::Wait(waiter) => w.ocsp[id].waiter = Some(waiter),
        Asked::Known(outcome) => {
            w.ocsp[id].outcome = Some(outcome);
            resolved(w, id);
        }
    }
}

/// [`Job::Ocsp`]: the responder's name is known.
pub fn resolved(w: &mut Worker, id: OcspId) {
    let Some(it) = w.ocsp.get_mut(id) else { return };
    match it.outcome.take() {
        None => {}
        Some(Ok(answer)) => {
            let port = it.responder.port;
            it.addrs = answer.found.iter().map(|it| (it.ip, port).into()).map(Addr::Inet).collect();
            connect(w, id);
        }
        Some(Err(failure)) => {
            let text = format!("{} could not be resolved ({failure})", it.responder.host);
            say(w, id, Severity::Error, format_args!("{text}"));
            end(w, id, None);
        }
    }
}

fn connect(w: &mut Worker, id: OcspId) {
    let Worker { event, ocsp, .. } = w;
    let Some(it) = ocsp.get_mut(id) else { return };
    let Some(addr) = it.addrs.get(it.at).cloned() else { return end(w, id, None) };
    if event.conns.len() >= event.limit {
        let limit = event.limit;
        say(w, id, Severity::Alert, format_args!("{limit} worker_connections are not enough"));
        return end(w, id, None);
    }
    it.create_request();
    let options = ConnectOptions::default();
    let (read, write) = (handler!(receive), handler!(send));
    match event.connect(&addr, &options, Owner::Ocsp(id), read, write) {
        Ok(conn) => {
            it.connection = Some(conn);
            event.arm(conn, Side::Write, TIMEOUT);
            send(w, conn);
        }
        Err((call, e)) => {
            say(w, id, Severity::Error, format_args!("{call}() failed ({e})"));
            next(w, id);
        }
    }
}

/// Another address of the responder is asked.
fn next(w: &mut Worker, id: OcspId) {
    let Some(it) = w.ocsp.get_mut(id) else { return };
    it.at += 1;
    if let Some(conn) = it.connection.take() {
        w.event.close(conn);
    }
    connect(w, id);
}

/// The write handler.
fn send(w: &mut Worker, conn: ConnId) {
    let Owner::Ocsp(id) = w.event.conns[conn].owner else { return };
    let Worker { event, ocsp, .. } = w;
    let Some(it) = ocsp.get_mut(id) else { return };
    if event.conns[conn].write.timedout {
        return timed_out(w, id);
    }
    match fetch::send(event, conn, &mut it.fetch) {
        Sent::Before | Sent::Part => {}
        Sent::All => event.arm(conn, Side::Read, TIMEOUT),
        Sent::Fail(e) => fail(w, id, "send", e),
    }
}

/// The read handler.
fn receive(w: &mut Worker, conn: ConnId) {
    let Owner::Ocsp(id) = w.event.conns[conn].owner else { return };
    if w.event.conns[conn].read.timedout {
        return timed_out(w, id);
    }
    let Worker { event, ocsp, buffers, .. } = w;
    let Some(it) = ocsp.get_mut(id) else { return };
    match fetch::receive(event, buffers, conn, &mut it.fetch, LONGEST) {
        Read::More => {}
        Read::Answer => judge(w, id),
        Read::Wrong(fetch::CLOSED) => {
            let text = format_args!("OCSP responder prematurely closed connection");
            say(w, id, Severity::Error, text);
            next(w, id);
        }
        Read::Wrong(_) => refuse(w, id, format_args!("OCSP responder sent invalid response")),
        Read::Fail(e) => fail(w, id, "recv", e),
    }
}

fn timed_out(w: &mut Worker, id: OcspId) {
    let e = Errno::TIMEDOUT;
    say(w, id, Severity::Error, format_args!("OCSP responder timed out ({e})"));
    next(w, id);
}

fn fail(w: &mut Worker, id: OcspId, call: &str, e: Errno) {
    let is_connected = w.ocsp.get(id).is_some_and(|it| it.fetch.sent > 0);
    let call = if is_connected { call } else { "connect" };
    say(w, id, Severity::Error, format_args!("{call}() failed ({e})"));
    next(w, id);
}

fn refuse(w: &mut Worker, id: OcspId, text: fmt::Arguments<'_>) {
    say(w, id, Severity::Error, text);
    end(w, id, None);
}

/// The answer is here.
fn judge(w: &mut Worker, id: OcspId) {
    let now = seconds(w);
    let Some(it) = w.ocsp.get(id) else { return };
    let fetch = &it.fetch;
    let kind = fetch.head.get(Name::ContentType);
    if let Some(kind) = kind.filter(|kind| !kind.eq_ignore_ascii_case(CONTENT_TYPE)) {
        let kind = String::from_utf8_lossy(kind).into_owned();
        let text = format_args!("OCSP responder sent invalid \"Content-Type\" header: \"{kind}\"");
        return refuse(w, id, text);
    }
    if !fetch.is_whole() || fetch.line.is_none_or(|line| line.status != 200) {
        return refuse(w, id, format_args!("OCSP responder sent invalid response"));
    }
    match it.question.read(&fetch.body, now) {
        Ok(answer) => end(w, id, Some(answer)),
        Err(e) => refuse(w, id, format_args!("{e}")),
    }
}

const CONTENT_TYPE: &[u8] = b"application/ocsp-response";

/// It is answered; or there is no answer that may be believed.
fn end(w: &mut Worker, id: OcspId, answer: Option<Answer>) {
    let now = seconds(w);
    if let (Some(Ocsp { purpose: Purpose::Staple(stapling), fetch, .. }), Some(answer)) =
        (w.ocsp.get(id), answer)
    {
        if !stapling.put(&fetch.body, answer, now) {
            let name = answer.status.name();
            let text = format_args!("certificate status \"{name}\" in the OCSP response");
            say(w, id, Severity::Error, text);
        }
    }
    let Some(it) = remove(w, id) else { return };
    match (it.purpose, answer) {
        (Purpose::Staple(stapling), None) => stapling.failed(now),
        (Purpose::Staple(_), Some(_)) => {}
        (Purpose::Client { channel, .. }, None) => {
            settle(w, channel, CertificateStatus::RequestFailed);
            tls::vouched(w, channel);
        }
        (Purpose::Client { channel, check, rest }, Some(answer)) => {
            remember(&check, &it.question, answer, now);
            if answer.status != Status::Good {
                settle(w, channel, CertificateStatus::Is(answer.status));
                tls::vouched(w, channel);
            } else if w.channels.get(channel).is_some() && !ask(w, channel, check, rest) {
                tls::vouched(w, channel);
            }
        }
    }
}

/// Since 1970.
fn seconds(w: &Worker) -> u64 {
    u64::try_from(w.event.wall.secs).unwrap_or_default()
}

const REQUESTING: &str = "requesting certificate status";

fn say(w: &Worker, id: OcspId, severity: Severity, text: fmt::Arguments<'_>) {
    let Some(it) = w.ocsp.get(id) else { return };
    let host = &it.responder.host;
    match it.addrs.get(it.at) {
        Some(peer) => {
            let text = format_args!("{text} while {REQUESTING}, responder: {host}, peer: {peer}");
            say_of_server(w, it.server, severity, text);
        }
        None => {
            let text = format_args!("{text} while {REQUESTING}, responder: {host}");
            say_of_server(w, it.server, severity, text);
        }
    }
}

/// A line of the error log of a server block.
fn say_of_server(w: &Worker, server: ServerId, severity: Severity, text: fmt::Arguments<'_>) {
    let location = w.conf.server(server).root;
    let number = w.error_logs.get(location.index()).copied().unwrap_or(0);
    crate::log_to!(number, severity, "{text}");
}
