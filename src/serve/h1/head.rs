//! A connection between requests: waiting, reading a head, beginning a request.

use crate::event::Side;
use crate::handler;
use crate::http::downstream::Downstream;
use crate::http::request::{BodyState, Persistence};
use crate::http::settings::server::ServerCore;
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::h1::body::Body;
use crate::proto::h1::{Limits, request};
use crate::proto::{Form, Framing, Version, Violation};
use crate::worker::*;

use super::super::{begin, log, phases, respond};
use super::connection::{channel_of, close, serve};
use super::{body, refused};

/// The first read of a head takes no more: little of a body behind it is copied along.
const HEAD_READ: usize = 16 << 10;

/// Nothing of a request has come yet.
pub fn wait_request(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let timedout = w.event.conns[conn].read.timedout;
    if timedout && matches!(w.event.peek(conn, &mut [0]), Io::Done(_)) {
        // A request that is already here is not thrown away.
        let settings = &w.conf.server(w.channels[id].server).core;
        w.event.conns[conn].read.ready = true;
        w.event.arm(conn, Side::Read, settings.client_header_timeout);
    } else if timedout && w.channels[id].keepalive_min > 0 {
        // From here on the connection may be given up.
        w.channels[id].keepalive_min = 0;
        let rest = u64::from(w.channels[id].keepalive_rest);
        let rest = if w.exit == Exit::No { rest } else { w.grace_ms };
        w.event.set_reusable(conn, true);
        w.event.arm(conn, Side::Read, rest);
    } else if timedout {
        // Between two requests that is the ordinary end of a connection; before the first it is not.
        if w.channels[id].requests == 0 && w.exit == Exit::No {
            let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
            log::connection(w, id, log::Level::Info, "waiting for request", text);
        }
        return close(w, id);
    }
    let c = &w.event.conns[conn];
    if c.give_up {
        return close(w, id);
    }
    if w.channels[id].inbox.is_empty() && !c.read.ready {
        return;
    }
    if !w.channels[id].inbox.is_empty() {
        // It has been pipelined: the connection does not rest at all.
        w.event.set_reusable(conn, false);
    }
    w.event.conns[conn].read.handler = handler!(read_head);
    w.channels[id].scanned = 0;
    let now = w.event.now;
    w.channels[id].head_since = now;
    read_head(w, conn);
}

/// Parses what is there; reads what is not.
pub fn read_head(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    if w.event.conns[conn].read.timedout {
        return refused::timed_out(w, id);
    }
    let request = new_request(w, id);
    let mut scratch = w.buffers.take();
    let kept = &w.channels[id].inbox;
    let mut len = kept.len();
    scratch[..len].copy_from_slice(kept);
    // What a former request left behind is parsed before more is read.
    let mut fresh = len > w.channels[id].scanned as usize;
    loop {
        let parsed = if fresh { parse(w, id, request, &scratch[..len]) } else { Parsed::Part };
        match parsed {
            Parsed::Part => {}
            Parsed::Refused => return w.buffers.give(scratch),
            Parsed::Whole(n) => {
                keep_rest(w, id, &scratch[n..len]);
                w.buffers.give(scratch);
                w.requests[request].length = n as u64;
                start(w, id, request);
                return settle(w, id);
            }
        }
        if !w.event.conns[conn].read.ready {
            break;
        }
        let most = (len + HEAD_READ).min(scratch.len());
        match w.event.recv(conn, &mut scratch[len..most]) {
            Io::Done(n) => {
                if len == 0 {
                    let settings = &w.conf.server(w.channels[id].server).core;
                    w.event.set_reusable(conn, false);
                    w.event.arm(conn, Side::Read, settings.client_header_timeout);
                }
                len += n;
                fresh = true;
            }
            Io::Again => break,
            Io::Eof | Io::Fail(_) => {
                refused::cut_off(w, id, request, &scratch[..len]);
                return w.buffers.give(scratch);
            }
        }
    }
    w.channels[id].inbox = exact(&scratch[..len]);
    w.buffers.give(scratch);
    w.requests.retire(request);
    if len == 0 {
        // A spurious wake: nothing has begun.
        w.event.conns[conn].read.handler = handler!(wait_request);
    }
}

enum Parsed {
    /// More is to come.
    Part,
    /// It is as long as that.
    Whole(usize),
    /// It is wrong, and has been answered.
    Refused,
}

fn parse(w: &mut Worker, id: ChannelId, request: RequestId, bytes: &[u8]) -> Parsed {
    let mut limits = limits(&w.conf.server(w.channels[id].server).core);
    // The limits of another server are tried once: two could point at each other.
    let mut again = false;
    loop {
        let (channel, it) = (&mut w.channels[id], &mut w.requests[request].it);
        let mut scanned = channel.scanned as usize;
        let parsed = request::parse(bytes, &mut scanned, &limits, &mut it.head, &mut it.line);
        // No more than a head may have.
        channel.scanned = scanned as u32;
        match parsed {
            Ok(Some(n)) => {
                if again || !other_names(w, request, &mut limits) {
                    if w.requests[request].line.ignored_fields {
                        log_ignored(w, id, &bytes[..n], &limits);
                    }
                    return Parsed::Whole(n);
                }
            }
            Ok(None) => return Parsed::Part,
            Err(violation) => {
                let others = refused::other_limits(w, request, bytes, &mut limits);
                if again || !others {
                    refused::refuse(w, id, request, bytes, violation);
                    return Parsed::Refused;
                }
            }
        }
        again = true;
        w.channels[id].scanned = 0;
    }
}

/// Which names are good is said by the server block that Host names; the head was read by the rules of
/// another. True: it is to be read again, by `limits` as they are now.
fn other_names(w: &mut Worker, r: RequestId, limits: &mut Limits) -> bool {
    let by_default = limits.ignore_invalid && !limits.underscores;
    if by_default && !w.requests[r].line.ignored_fields || phases::find_server(w, r).is_err() {
        return false;
    }
    let found = self::limits(&w.server_of(r).core);
    let others =
        (found.ignore_invalid, found.underscores) != (limits.ignore_invalid, limits.underscores);
    if others {
        *limits = found;
    }
    others
}

/// The head is here: the request begins.
fn start(w: &mut Worker, id: ChannelId, r: RequestId) {
    attach(w, id, r);
    respond::take_fields(w, r);
    let request = &mut w.requests[r].it;
    let line = &request.line;
    let (version, form) = (line.version, line.form);
    request.method = line.method;
    if line.keep_alive {
        request.persistence = Persistence::KeepAlive;
    }
    request.body.expects_continue = line.expect_continue;
    match line.framing {
        Framing::None => {}
        Framing::Sized(len) => {
            request.body.length = Some(len);
            request.body.rest = if len == 0 { Body::Empty } else { Body::Sized(len) };
        }
        Framing::Chunked => {
            let settings = &w.conf.server(request.server).core;
            request.body.rest = body::chunked(settings);
        }
    }
    if request.body.rest.is_done() {
        request.body.state = BodyState::Complete;
    }
    let conn = w.channels[id].conn;
    serve(w, conn);
    if let Err(violation) = phases::set_uri(w, r) {
        w.requests[r].uri.clear();
        return respond::refuse_started(w, r, violation);
    }
    if version == Version::V09 && w.requests[r].number > 1 {
        return respond::refuse_started(w, r, Violation::LateHttp09);
    }
    match phases::find_server(w, r) {
        Ok(()) if form == Form::Asterisk => respond::options(w, r),
        Ok(()) => phases::run(w, r),
        Err(violation) => respond::refuse_started(w, r, violation),
    }
}

/// The request becomes the one that the channel is at.
pub fn attach(w: &mut Worker, id: ChannelId, r: RequestId) {
    let (channel, request) = (&mut w.channels[id], &mut w.requests[r]);
    channel.requests += 1;
    channel.request = Some(r);
    request.number = channel.requests;
    request.pipelined = channel.pipelined;
    request.start = channel.head_since;
    w.stats.requests += 1;
}

pub fn limits(settings: &ServerCore) -> Limits {
    let buffers = settings.large_client_header_buffers;
    // A head must fit the scratch buffer, with room to read more behind it.
    let most = SCRATCH - 2 * HEAD_READ;
    let one = buffers.size.max(settings.client_header_buffer_size).min(most);
    Limits {
        line: one,
        field: one,
        total: buffers.total().max(one).min(most),
        fields: settings.max_headers as usize,
        ignore_invalid: settings.ignore_invalid_headers,
        underscores: settings.underscores_in_headers,
    }
}

/// A request for this channel, which is not at it yet.
pub fn new_request(w: &mut Worker, id: ChannelId) -> RequestId {
    let server = w.channels[id].server;
    begin::request(w, Downstream::H1(id), server)
}

/// Lines whose names are not proper are passed over, as in nginx; the log has them.
fn log_ignored(w: &Worker, id: ChannelId, head: &[u8], limits: &Limits) {
    if !::log::log_enabled!(::log::Level::Info) {
        return;
    }
    for line in request::ignored(head, limits) {
        let line = String::from_utf8_lossy(line);
        let text = format_args!("client sent invalid header line: \"{line}\"");
        log::connection(w, id, log::Level::Info, "reading client request headers", text);
    }
}

/// What came with a head: mostly a small body, which is read at once. So it is kept in a buffer that others had.
fn keep_rest(w: &mut Worker, id: ChannelId, rest: &[u8]) {
    let Worker { channels, buffers, .. } = w;
    let inbox = &mut channels[id].inbox;
    buffers.give_line(std::mem::take(inbox));
    if !rest.is_empty() {
        *inbox = buffers.line();
        inbox.extend_from_slice(rest);
    }
}

/// What was not read at once may have to wait for long: it gets no more room than it needs.
fn settle(w: &mut Worker, id: ChannelId) {
    let Worker { channels, buffers, .. } = w;
    let Some(channel) = channels.get_mut(id) else { return };
    if !channel.inbox.is_empty() {
        let kept = exact(&channel.inbox);
        buffers.give_line(std::mem::replace(&mut channel.inbox, kept));
    }
}

pub fn exact(bytes: &[u8]) -> Vec<u8> {
    match bytes.is_empty() {
        true => Vec::new(),
        false => bytes.to_vec(),
    }
}
