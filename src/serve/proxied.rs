//! `listen … proxy_protocol`: a header of the PROXY protocol comes before the first request.
//!
//! state            read            write      leaves when
//! reading header   read_header     writable   header complete: wait_request or handshake; client_header_timeout closes

use crate::handler;
use crate::http::channel::Scheme;
use crate::os::net::Io;
use crate::proto::proxy_protocol::{self, Proxied};
use crate::worker::*;

use super::h1::connection::{channel_of, close};
use super::h1::head::{exact, wait_request};
use super::{h2, log, tls};

/// Longer headers than these are not read: nginx has the same bound.
const LONGEST: usize = 4096;

pub fn read_header(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let c = &w.event.conns[conn];
    if c.read.timedout || c.give_up {
        return close(w, id);
    }
    if !c.read.ready {
        return;
    }
    let mut scratch = w.buffers.take();
    let mut len = w.channels[id].inbox.len();
    scratch[..len].copy_from_slice(&w.channels[id].inbox);
    let step = loop {
        if len >= LONGEST {
            break Step::Broken;
        }
        match w.event.recv(conn, &mut scratch[len..LONGEST]) {
            Io::Done(n) => len += n,
            Io::Again => break Step::More,
            Io::Eof | Io::Fail(_) => break Step::Gone,
        }
        match proxy_protocol::parse(&scratch[..len]) {
            Ok(Some((n, it))) => break Step::Done(n, it),
            Ok(None) => {}
            Err(proxy_protocol::Broken) => break Step::Broken,
        }
    };
    let from = if let Step::Done(n, _) = &step { *n } else { 0 };
    w.channels[id].inbox = exact(&scratch[from..len]);
    w.buffers.give(scratch);
    match step {
        Step::More => {}
        Step::Gone => close(w, id),
        Step::Broken => {
            let line = String::from_utf8_lossy(&w.channels[id].inbox).into_owned();
            let text = format_args!("broken header: \"{line}\"");
            log::connection(w, id, log::Level::Error, "reading PROXY protocol", text);
            close(w, id);
        }
        Step::Done(_, it) => {
            let origin = &mut w.channels[id].origin;
            origin.proxied = Some(Box::new(it));
            if origin.scheme == Scheme::Https {
                tls::begin(w, conn);
                return tls::handshake(w, conn);
            }
            match h2::is_spoken(w, id) {
                true => w.event.conns[conn].read.handler = handler!(h2::wait_preface),
                false => w.event.conns[conn].read.handler = handler!(wait_request),
            }
            w.event.conns[conn].read.handler.run(w, conn);
        }
    }
}

enum Step {
    More,
    Gone,
    Broken,
    Done(usize, Proxied),
}
