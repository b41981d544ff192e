//! A new client: from a listener's queue to a channel that waits for a request.

use std::cell::OnceCell;

use crate::event::Side;
use crate::event::listen::{self, Accepted};
use crate::handler;
use crate::http::channel::{Channel, Origin, Scheme};
use crate::http::conf::ListenIndex;
use crate::http::servers::Beginning;
use crate::os::addr::Addr;
use crate::os::net::Socket;
use crate::worker::{ConnId, Exit, Owner, Worker};

use super::h1::connection::writable;
use super::h1::head::wait_request;
use super::h2::wait_preface;
use super::proxied::read_header;
use super::tls;

/// A listener's read handler.
pub fn accept(w: &mut Worker, listener: ConnId) {
    if w.event.conns[listener].read.timedout {
        w.event.conns[listener].read.timedout = false;
        return listen::resume(&mut w.event, listener);
    }
    let Owner::Listener(at) = w.event.conns[listener].owner else {
        return;
    };
    if w.exit != Exit::No {
        return;
    }
    // The listener is level-triggered: connections left in the queue raise another event.
    let most = if w.conf.main.multi_accept { listen::BATCH } else { 1 };
    for _ in 0..most {
        match listen::accept(w, listener) {
            Accepted::Client(socket, addr) => start(w, at, socket, addr),
            Accepted::NoClient => return,
            Accepted::Refused => {
                w.stats.accepted += 1;
                log::error!(target: "alert", "{} worker_connections are not enough", w.event.limit);
            }
            Accepted::Paused(e) => {
                log::error!(target: "crit", "accept4() failed ({e})");
                return;
            }
        }
    }
}

/// The worker stops: connections in the queue are accepted, and then the listener is closed.
///
/// Connections that come later wake the other workers at that listener, if there are any.
pub fn leave(w: &mut Worker, listener: ConnId) {
    w.event.stop_listening(listener);
    if let Owner::Listener(at) = w.event.conns[listener].owner {
        for _ in 0..LAST {
            match listen::accept(w, listener) {
                Accepted::Client(socket, addr) => start(w, at, socket, addr),
                _ => break,
            }
        }
    }
    w.event.close(listener);
}

/// Clients taken from a queue at the end.
const LAST: usize = 1024;

fn start(w: &mut Worker, at: ListenIndex, socket: Socket, client: Addr) {
    w.stats.accepted += 1;
    let listen = w.conf.listen(at);
    // One socket may serve several addresses, told apart by where the client connected to.
    let at = match listen.locals.is_empty() {
        true => at,
        false => {
            let local = socket.local_addr().and_then(|addr| addr.ip());
            let found = listen.locals.iter().find(|(ip, _)| local == Some(*ip));
            found.map_or(at, |&(_, other)| other)
        }
    };
    let server = w.conf.listen(at).default_server;
    let options = &w.conf.listen(at).options;
    let wait = match w.conf.listen(at).begins_with {
        Beginning::Head => handler!(wait_request),
        Beginning::HeadOrPreface => handler!(wait_preface),
        Beginning::ProxyHeader => handler!(read_header),
    };
    let scheme = if options.ssl { Scheme::Https } else { Scheme::Http };
    let begins_with_tls = options.ssl && !options.proxy_protocol;
    let Ok(conn) = w.event.add(socket, Owner::None, wait, handler!(writable)) else {
        return;
    };
    w.stats.handled += 1;
    let (since, number) = (w.event.now, w.number_of(conn));
    let origin = Origin {
        client,
        proxied: None,
        since,
        number,
        server,
        scheme,
        listen: at,
        local: OnceCell::new(),
    };
    // As the listener's, from which it has them.
    let nodelay = w.conf.location(w.conf.server(listen.default_server).root).core.tcp_nodelay;
    let channel = Channel { nodelay, ..Channel::new(conn, origin) };
    let channel = w.channels.insert(channel);
    w.event.conns[conn].owner = Owner::Channel(channel);
    w.event.arm(conn, Side::Read, w.conf.server(server).core.client_header_timeout);
    w.event.set_reusable(conn, true);
    if begins_with_tls {
        tls::begin(w, conn);
    }
    log::debug!(
        "*{} accept: {} fd:{}",
        number,
        w.channels[channel].origin.client,
        w.event.conns[conn].socket.number()
    );
}
