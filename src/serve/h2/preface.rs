//! Where HTTP/1 and HTTP/2 are spoken without TLS, the client's first bytes tell which it is (RFC 9113, 3.3).

use crate::handler;
use crate::os::net::Io;
use crate::proto::h2::PREFACE;
use crate::worker::*;

use super::super::h1::connection::{channel_of, close};
use super::super::h1::head::wait_request;
use super::connection::begin;

/// HTTP/2 is spoken at the address of the connection, or by the server that it has come to.
pub fn is_spoken(w: &Worker, id: ChannelId) -> bool {
    let origin = &w.channels[id].origin;
    w.conf.listen(origin.listen).options.http2 || w.conf.server(origin.server).http2.enable
}

/// The read handler before the first bytes: what is no preface is the head of a request.
pub fn wait_preface(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let c = &w.event.conns[conn];
    if c.read.timedout || c.give_up {
        return wait_request(w, conn);
    }
    let mut bytes = [0; PREFACE.len()];
    let mut len = w.channels[id].inbox.len();
    let seen = len.min(bytes.len());
    bytes[..seen].copy_from_slice(&w.channels[id].inbox[..seen]);
    // The system announces neither the rest nor the end twice. What is no preface may be a request before the end.
    while len < bytes.len() && PREFACE.starts_with(&bytes[..len]) && w.event.conns[conn].read.ready
    {
        match w.event.recv(conn, &mut bytes[len..]) {
            Io::Done(n) => {
                w.channels[id].inbox.extend_from_slice(&bytes[len..len + n]);
                len += n;
            }
            Io::Again => break,
            Io::Eof | Io::Fail(_) => return close(w, id),
        }
    }
    let inbox = &w.channels[id].inbox;
    let known = len.min(PREFACE.len());
    if inbox[..known] != PREFACE[..known] {
        w.event.conns[conn].read.handler = handler!(wait_request);
        return wait_request(w, conn);
    }
    if known == PREFACE.len() {
        return begin(w, id);
    }
    if len > 0 {
        w.event.set_reusable(conn, false);
    }
}
