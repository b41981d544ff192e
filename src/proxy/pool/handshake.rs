//! TLS with a server: the handshake between a connection and its request.
//!
//! state            read         write        leaves when
//! shaking hands    go_on        go_on        done: established; failed; proxy_connect_timeout
//!
//! A dial without a request shakes hands too, in `idle`.

use std::ops::Range;

use crate::http::exchange::Written;
use crate::http::settings::upstream_conf::UpstreamTls;
use crate::os::Errno;
use crate::proxy::connection;
use crate::serve::log::{self, Level};
use crate::serve::{certificates, eval};
use crate::tls::{Certificate, Source, Step, Tls, TlsError};
use crate::upstream::failure::Failures;
use crate::upstream::group::Groups;
use crate::upstream::pool::tls::TlsPeer;
use crate::worker::*;

use super::{connect, retry};

/// `proxy_ssl_name`, and what else the handshakes of the request's tries are made with.
pub fn prepare(w: &mut Worker, id: UpstreamId) {
    let (conf, request) = (w.conf, w.upstreams[id].request);
    let settings = &conf.location(w.requests[request].location).upstream;
    let Some(UpstreamTls { client, number, own }) = &settings.tls else { return };
    let mut values = w.buffers.line();
    eval::template(w, request, &settings.ssl_name, &mut values);
    let host = host(&values);
    values.truncate(host.end);
    values.drain(..host.start);
    let len = values.len();
    let own = own.as_deref().and_then(|own| certificates::of_proxy(w, request, own));
    if let Some(own) = &own {
        values.extend(own.iter().flat_map(Source::digest));
    }
    let reuse = settings.ssl_session_reuse;
    let peer = w.groups.tls_peers.of(*number, &values, |number| {
        let name = String::from_utf8_lossy(&values[..len]).into();
        TlsPeer { client, number, name, reuse, own: own.map(Box::new) }
    });
    w.buffers.give_line(values);
    w.upstreams[id].peer.tls = Some(peer);
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
    let Some(tls) = w.upstreams[id].peer.tls.clone() else { return Ok(()) };
    let own = own_certificate(w, id, &tls)?;
    let Worker { groups, upstreams, .. } = w;
    let pc = &upstreams[id].peer;
    let Some(at) = pc.peer else { return Ok(()) };
    let Groups { all, sessions, .. } = groups;
    let addr = &all[pc.group.0 as usize].peers[at].settings.addr;
    let client = sessions.of(addr, pc.identity, &tls, own);
    let tls = Tls::to_server(client, &tls.name)?;
    w.event.encrypt(conn, tls);
    Ok(())
}

/// The certificate that variables say.
fn own_certificate(
    w: &mut Worker,
    id: UpstreamId,
    tls: &TlsPeer,
) -> Result<Option<Certificate>, TlsError> {
    let Some([certificate, key]) = tls.own.as_deref() else { return Ok(None) };
    let location = w.location_of(w.upstreams[id].request);
    let Some(of) = location.upstream.tls.as_ref().and_then(|it| it.own.as_ref()) else {
        return Ok(None);
    };
    let now = w.event.now;
    let loaded = w.certificates.get(of.cache, certificate, key, &of.passwords, now);
    loaded.map(Some).map_err(|e| TlsError::Certificate(e.message))
}

/// The handshake of the task's connection goes on; when it is done, the request does. The handler of both sides.
pub fn go_on(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    let request = w.upstreams[id].request;
    if w.event.conns[conn].write.timedout {
        w.event.conns[conn].write.timedout = false;
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Error, text);
        return retry::next(w, id, Failures::TIMEOUT);
    }
    if w.upstreams[id].written == Written::Nothing && w.event.conns[conn].socket.is_connected() {
        w.requests[request].action = "SSL handshaking to upstream";
    }
    match w.event.handshake(conn) {
        Step::Again => {}
        Step::Done => connect::established(w, id),
        step => failed(w, id, step),
    }
}

fn failed(w: &mut Worker, id: UpstreamId, step: Step) {
    forget_session(w, id);
    let request = w.upstreams[id].request;
    let is_connected = connection(w, id).is_some_and(|it| w.event.conns[it].socket.is_connected());
    match step {
        Step::Closed(Some(e)) if !is_connected => {
            log::error(w, request, Level::Error, format_args!("connect() failed ({e})"));
        }
        Step::Closed(None) => {
            let text = format_args!("peer closed connection in SSL handshake");
            log::error(w, request, Level::Error, text);
        }
        Step::Closed(Some(e)) => {
            let text = format_args!("peer closed connection in SSL handshake ({e})");
            log::error(w, request, Level::Error, text);
        }
        Step::Failed(e) => log_failure(w, id, &e),
        Step::Hello | Step::Plain | Step::Again | Step::Done => {}
    }
    retry::next(w, id, Failures::ERROR);
}

/// nginx's words for what it checks of a certificate, rustls' for all else.
pub fn log_failure(w: &Worker, id: UpstreamId, e: &TlsError) {
    let request = w.upstreams[id].request;
    let name = w.upstreams[id].peer.tls.as_ref().map_or("", |tls| &tls.name);
    match (e.is_of_name(), e.verify_error()) {
        (true, _) => {
            let text = format_args!("upstream SSL certificate does not match \"{name}\"");
            log::error(w, request, Level::Error, text);
        }
        (false, Some(why)) => {
            let text = format_args!("upstream SSL certificate verify error: ({why})");
            log::error(w, request, Level::Error, text);
        }
        (false, None) if matches!(e, TlsError::Certificate(_)) => {
            log::error(w, request, Level::Error, format_args!("{e}"));
        }
        (false, None) => {
            let text = format_args!("SSL_do_handshake() failed ({e})");
            log::error(w, request, Level::Error, text);
        }
    }
}

/// A session that is offered in vain is not offered again.
fn forget_session(w: &mut Worker, id: UpstreamId) {
    let Worker { groups, upstreams, .. } = w;
    let pc = &upstreams[id].peer;
    let Some(at) = pc.peer else { return };
    let Groups { all, sessions, .. } = groups;
    let addr = &all[pc.group.0 as usize].peers[at].settings.addr;
    sessions.forget(addr, pc.identity);
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
