//! TLS with a server: the handshake between a connection and its request.
//!
//! state            read         write        leaves when
//! shaking hands    go_on        go_on        done: established; failed; proxy_connect_timeout
//!
//! A dial without a request shakes hands too, in `idle`.

use std::ops::Range;
use std::rc::Rc;

use crate::http::exchange::Written;
use crate::http::settings::upstream_conf::{UpstreamSettings, UpstreamTls};
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::proxy::connection;
use crate::serve::log::{self, Level};
use crate::serve::{certificates, eval};
use crate::tls::{Source, Step, Tls, TlsError};
use crate::upstream::counters::{Count, HandshakeFailure};
use crate::upstream::failure::Failures;
use crate::upstream::group::Groups;
use crate::upstream::pool::identity::Identity;
use crate::upstream::pool::tls::TlsPeer;
use crate::worker::*;

use super::{connect, retry};

/// `…_ssl_name`, and what else the handshakes of the request's tries are made with.
pub fn prepare(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    w.upstreams[id].peer.tls = peer_of(w, request);
}

/// What connections for the request are made with, by its location. None: without TLS.
pub fn peer_of(w: &mut Worker, request: RequestId) -> Option<Rc<TlsPeer>> {
    peer_named(w, request, None)
}

/// As `peer_of`, for a server of another name than `…_ssl_name` has.
pub fn peer_named(w: &mut Worker, request: RequestId, named: Option<&str>) -> Option<Rc<TlsPeer>> {
    let settings = &w.location_of(request).upstream;
    let UpstreamTls { client, number, own } = settings.tls.as_ref()?;
    let mut values = w.buffers.line();
    match &settings.ssl_name {
        _ if named.is_some() => values.extend(named.unwrap_or_default().bytes()),
        Some(name) => eval::template(w, request, name, &mut values),
        None => eval::proxy::host_of_pass(w, request, &mut values),
    }
    let host = host(&values);
    values.truncate(host.end);
    values.drain(..host.start);
    let len = values.len();
    let own = own.as_deref().and_then(|own| certificates::of_proxy(w, request, own));
    if let Some(own) = &own {
        values.extend(own.iter().flat_map(Source::digest));
    }
    // A name that ends as those digests do, without a certificate, is something else.
    values.push(u8::from(own.is_some()));
    let reuse = settings.ssl_session_reuse;
    let peer = w.groups.tls_peers.of(*number, &values, |number| {
        let name = String::from_utf8_lossy(&values[..len]).into();
        TlsPeer { client, number, name, reuse, own: own.map(Box::new) }
    });
    w.buffers.give_line(values);
    Some(peer)
}

/// Of an address with a port the host counts, without brackets.
fn host(name: &[u8]) -> Range<usize> {
    let until = |from: usize, end| {
        let len = name[from..].iter().position(|&byte| byte == end);
        from..len.map_or(name.len(), |len| from + len)
    };
    match name.first() {
        Some(b'[') => until(1, b']'),
        _ => until(0, b':'),
    }
}

/// The connection of the task, which has just been begun, gets TLS.
pub fn begin(w: &mut Worker, id: UpstreamId, conn: ConnId) -> Result<(), TlsError> {
    let pc = &w.upstreams[id].peer;
    let (Some(at), Some(tls)) = (pc.peer, pc.tls.clone()) else { return Ok(()) };
    let (group, identity) = (pc.group, pc.identity);
    let settings = &w.location_of(w.upstreams[id].request).upstream;
    let addr = w.groups[group].peers[at].settings.addr.clone();
    let begun = encrypt(w, conn, &addr, identity, &tls, settings);
    if let Err(e) = &begun {
        w.groups[group].peers[at].counters.count(Count::from(reason(e)));
    }
    begun
}

/// The connection to that address gets TLS.
pub fn encrypt(
    w: &mut Worker,
    conn: ConnId,
    addr: &Addr,
    identity: Identity,
    tls: &TlsPeer,
    settings: &UpstreamSettings,
) -> Result<(), TlsError> {
    let of_variables = settings.tls.as_ref().and_then(|it| it.own.as_deref());
    let own = match (&tls.own, of_variables) {
        (Some(own), Some(of)) => {
            let ([certificate, key], now) = (&**own, w.event.now);
            let loaded = w.certificates.get(of.cache, certificate, key, &of.passwords, now);
            Some(loaded.map_err(|e| TlsError::Certificate(e.message))?)
        }
        _ => None,
    };
    let client = w.groups.sessions.of(addr, identity, tls, own);
    let tls = Tls::to_server(client, &tls.name)?;
    w.event.encrypt(conn, tls);
    Ok(())
}

/// A handshake with the peer has ended well.
pub fn count_done(w: &mut Worker, conn: ConnId, group: GroupIndex, at: PeerIndex) {
    let resumed = w.event.conns[conn].tls().is_some_and(Tls::is_resumed);
    let counters = &mut w.groups[group].peers[at].counters;
    counters.count(Count::Handshakes);
    counters.add(Count::Resumed, u64::from(resumed));
}

/// A handshake with the peer has failed, by that step. A session that was offered in vain is not offered again.
pub fn count_failed(
    w: &mut Worker,
    group: GroupIndex,
    at: PeerIndex,
    identity: Identity,
    step: &Step,
) {
    let reason = match step {
        Step::Failed(e) => reason(e),
        Step::Closed(_) => HandshakeFailure::Ended,
        Step::Hello | Step::Plain | Step::Again | Step::Done => return,
    };
    let Groups { all, sessions, .. } = &mut w.groups;
    let peer = &mut all[group.0 as usize].peers[at];
    sessions.forget(&peer.settings.addr, identity);
    peer.counters.count(Count::from(reason));
}

/// A handshake with the peer has taken longer than `proxy_connect_timeout`.
pub fn count_timed_out(w: &mut Worker, group: GroupIndex, at: PeerIndex) {
    w.groups[group].peers[at].counters.count(Count::from(HandshakeFailure::TimedOut));
}

fn reason(e: &TlsError) -> HandshakeFailure {
    match e {
        e if e.is_of_name() => HandshakeFailure::OtherName,
        e if e.verify_error().is_some() => HandshakeFailure::Untrusted,
        _ => HandshakeFailure::Protocol,
    }
}

/// The handshake of the task's connection goes on; when it is done, the request does. The handler of both sides.
pub fn go_on(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    let request = w.upstreams[id].request;
    if w.event.conns[conn].write.timedout {
        w.event.conns[conn].write.timedout = false;
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Error, text);
        let pc = &w.upstreams[id].peer;
        if let (Some(at), group, true) =
            (pc.peer, pc.group, w.event.conns[conn].socket.is_connected())
        {
            count_timed_out(w, group, at);
        }
        return retry::next(w, id, Failures::TIMEOUT);
    }
    if w.upstreams[id].written == Written::Nothing && w.event.conns[conn].socket.is_connected() {
        w.requests[request].action = "SSL handshaking to upstream";
    }
    match w.event.handshake(conn) {
        Step::Again => {}
        Step::Done => {
            let pc = &w.upstreams[id].peer;
            if let (Some(at), group) = (pc.peer, pc.group) {
                count_done(w, conn, group, at);
            }
            connect::established(w, id);
        }
        step => failed(w, id, step),
    }
}

fn failed(w: &mut Worker, id: UpstreamId, step: Step) {
    let request = w.upstreams[id].request;
    let is_connected = connection(w, id).is_some_and(|it| w.event.conns[it].socket.is_connected());
    if let Step::Closed(Some(e)) = step {
        if !is_connected {
            log::error(w, request, Level::Error, format_args!("connect() failed ({e})"));
            return retry::next(w, id, Failures::ERROR);
        }
    }
    let pc = &w.upstreams[id].peer;
    if let (Some(at), group, identity) = (pc.peer, pc.group, pc.identity) {
        count_failed(w, group, at, identity, &step);
    }
    match step {
        Step::Closed(None) => log::error(w, request, Level::Error, format_args!("{CLOSED}")),
        Step::Closed(Some(e)) => {
            log::error(w, request, Level::Error, format_args!("{CLOSED} ({e})"));
        }
        Step::Failed(e) => log_failure(w, id, &e),
        Step::Hello | Step::Plain | Step::Again | Step::Done => {}
    }
    retry::next(w, id, Failures::ERROR);
}

pub const CLOSED: &str = "peer closed connection in SSL handshake";

pub fn log_failure(w: &Worker, id: UpstreamId, e: &TlsError) {
    let name = w.upstreams[id].peer.tls.as_ref().map_or("", |tls| &tls.name);
    let text = failure_words(e, name);
    log::error(w, w.upstreams[id].request, Level::Error, format_args!("{text}"));
}

/// nginx's words for what it checks of a certificate, rustls' for all else. `name`: what was asked for.
pub fn failure_words(e: &TlsError, name: &str) -> String {
    match (e.is_of_name(), e.verify_error()) {
        (true, _) => format!("upstream SSL certificate does not match \"{name}\""),
        (false, Some(why)) => format!("upstream SSL certificate verify error: ({why})"),
        (false, None) if matches!(e, TlsError::Certificate(_)) => e.to_string(),
        (false, None) => format!("SSL_do_handshake() failed ({e})"),
    }
}

/// Why TLS failed on the task's connection, if it did.
pub fn failure(w: &Worker, id: UpstreamId) -> Option<&TlsError> {
    w.event.conns[connection(w, id)?].tls()?.failure()
}

/// What the log says of a read, or a write, that failed with that error.
pub fn words(w: &Worker, id: UpstreamId, call: &str, e: Errno) -> String {
    match failure(w, id) {
        Some(why) => format!("SSL_read() failed ({why})"),
        None => format!("{call}() failed ({e})"),
    }
}

/// Whether the connection is still to become one that a request may be written to.
pub fn is_under_way(w: &Worker, conn: ConnId) -> bool {
    w.event.conns[conn].is_shaking_hands()
}
