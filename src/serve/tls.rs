//! `listen … ssl`: a handshake comes before the first request.
//!
//! state            read        write       leaves when
//! handshake        handshake   handshake   done: wait_request; failed; client_header_timeout closes
//! vouching         vouching    rest        an OCSP responder has spoken; client_header_timeout closes
//!
//! The client's hello is read first. By the name in it the server block is found, and with the block what it is
//! answered with.

use crate::base::regex::Captures;
use crate::event::Side;
use crate::handler;
use crate::http::channel::Scheme;
use crate::logs::counters::TlsTotals;
use crate::os::Errno;
use crate::tls::{Step, Tls, TlsError};
use crate::worker::*;

use super::h1::connection::{channel_of, close, writable};
use super::h1::head::wait_request;
use super::{certificates, h2, log};

/// The handshake begins. What has been received of it is in the inbox.
pub fn begin(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let received = std::mem::take(&mut w.channels[id].inbox);
    w.event.encrypt(conn, Tls::from_client(received));
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(handshake);
    c.write.handler = handler!(handshake);
}

/// The connection's handler, of both sides, until the handshake is done.
pub fn handshake(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let c = &w.event.conns[conn];
    if c.read.timedout {
        let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
        log::connection(w, id, log::Level::Info, SHAKING, text);
        count(w, |tls| &mut tls.timed_out);
        return close(w, id);
    }
    if c.give_up {
        return close(w, id);
    }
    loop {
        match w.event.handshake(conn) {
            Step::Hello => choose(w, id),
            Step::Again => return,
            Step::Done => return shaken(w, id),
            Step::Plain => return plain(w, id),
            Step::Closed(e) => return closed(w, id, e),
            Step::Failed(e) => return failed(w, id, &e),
        }
    }
}

/// nginx's word for what is being done.
const SHAKING: &str = "SSL handshaking";

/// The client has named the server that it wants.
fn choose(w: &mut Worker, id: ChannelId) {
    let Worker { conf, channels, event, .. } = w;
    let channel = &mut channels[id];
    event.set_reusable(channel.conn, false);
    let listen = conf.listen(channel.origin.listen);
    let name = match event.conns[channel.conn].tls() {
        Some(tls) => tls.hello().server_name.as_bytes(),
        None => return,
    };
    let mut captures = Captures::default();
    let found = match name {
        b"" => listen.default_server,
        // A name that takes too long to match is none.
        name => listen
            .find(listen.default_server, name, &mut captures)
            .map_or(listen.default_server, |it| it.server),
    };
    (channel.origin.server, channel.server) = (found, found);
    let (ssl, default) = (&conf.server(found).ssl, &conf.server(listen.default_server).ssl);
    let conn = channel.conn;
    let h2 = listen.options.http2 || conf.server(found).http2.enable;
    // A server without a certificate of its own is known by the first one's.
    let of = if ssl.server.is_some() { ssl } else { default };
    let server = match &of.server {
        Some(server) if !ssl.reject_handshake => server,
        _ => return event.reject_tls(conn, TlsError::Rejected),
    };
    let accepted = match &of.certificates {
        None => event.accept_tls(conn, server, h2),
        Some(of) => match certificates::of_server(w, id, of) {
            Ok(all) => w.event.accept_tls(conn, &server.with(&all, h2), h2),
            Err(e) => {
                log::connection(w, id, log::Level::Error, SHAKING, format_args!("{}", e.message));
                Err(TlsError::Certificate("no certificate".into()))
            }
        },
    };
    if let Err(e) = accepted {
        w.event.reject_tls(conn, e);
    }
    if !of.staplings.is_empty() {
        let server = if ssl.server.is_some() { found } else { listen.default_server };
        (w.pipeline.ocsp.fetch_staples)(w, server);
    }
}

/// The handshake is done. The first request waits until it is known whether the client's certificate is revoked.
fn shaken(w: &mut Worker, id: ChannelId) {
    count(w, |tls| &mut tls.handshakes);
    let conn = w.channels[id].conn;
    if w.event.conns[conn].tls().is_some_and(|tls| tls.is_resumed()) {
        count(w, |tls| &mut tls.resumed);
    }
    if !(w.pipeline.ocsp.check_client)(w, id) {
        return done(w, id);
    }
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(vouching);
    c.write.handler = handler!(vouching);
}

/// The handler of both sides while an OCSP responder is asked.
fn vouching(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let c = &w.event.conns[conn];
    if c.tls().is_some_and(|tls| tls.certificate_status().is_some()) {
        return done(w, id);
    }
    if c.read.timedout || c.give_up {
        if c.read.timedout {
            let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
            log::connection(w, id, log::Level::Info, SHAKING, text);
        }
        (w.pipeline.ocsp.leave)(w, id);
        close(w, id);
    }
}

/// It is known what OCSP responders say of the client's certificate. The connection goes on by itself, not within what
/// was answered here.
pub fn vouched(w: &mut Worker, id: ChannelId) {
    if let Some(conn) = w.channels.get(id).map(|channel| channel.conn) {
        w.event.post(conn, Side::Read);
    }
}

fn done(w: &mut Worker, id: ChannelId) {
    let conn = w.channels[id].conn;
    if w.event.conns[conn].tls().is_some_and(|tls| tls.speaks_h2()) {
        return h2::begin(w, id);
    }
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(wait_request);
    c.write.handler = handler!(writable);
    w.event.set_reusable(conn, true);
    // The request may have come with the end of the handshake: then no event tells of it.
    wait_request(w, conn);
}

/// It is no TLS that the client speaks: its request is read, and refused with 400.
fn plain(w: &mut Worker, id: ChannelId) {
    let conn = w.channels[id].conn;
    w.channels[id].inbox = w.event.decline_tls(conn);
    w.channels[id].origin.scheme = Scheme::PlainToHttps;
    done(w, id);
}

fn closed(w: &mut Worker, id: ChannelId, e: Option<Errno>) {
    count(w, |tls| &mut tls.ended);
    let text = "peer closed connection in SSL handshake";
    match e {
        None => log::connection(w, id, log::Level::Info, SHAKING, format_args!("{text}")),
        Some(e) => log::connection(w, id, log::Level::Info, SHAKING, format_args!("{text} ({e})")),
    }
    close(w, id);
}

fn failed(w: &mut Worker, id: ChannelId, e: &TlsError) {
    count(w, |tls| match e {
        TlsError::Rejected => &mut tls.rejected,
        e if e.is_alert() => &mut tls.refused,
        _ => &mut tls.protocol,
    });
    match e {
        TlsError::Rejected => {
            let text = format_args!("handshake rejected");
            log::connection(w, id, log::Level::Info, SHAKING, text);
        }
        e => {
            let text = format_args!("SSL_do_handshake() failed ({e})");
            log::connection(w, id, log::Level::Info, SHAKING, text);
        }
    }
    close(w, id);
}

/// One more, for `pool_status`.
fn count(w: &mut Worker, which: impl FnOnce(&mut TlsTotals) -> &mut u64) {
    *which(&mut w.tls) += 1;
    w.counters.set_tls(w.tls);
}
