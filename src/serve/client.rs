//! A client's connection between requests: waiting, reading a head, going on to the next, ending.
//!
//! state            read            write      leaves when
//! waiting          wait_request    writable   a byte arrives; keepalive_timeout closes
//! reading head     read_head       writable   head complete, 400/414/431, client_header_timeout
//! being served     readable        writable   finish()
//!
//! What is read after an answer, so that the client gets it, is in [`super::linger`].

use crate::event::Side;
use crate::handler;
use crate::http::downstream::Downstream;
use crate::http::request::{BodyState, Persistence, Request};
use crate::http::settings::server::ServerCore;
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::h1::body::Body;
use crate::proto::h1::{Limits, request};
use crate::proto::{Form, Framing, Version, Violation};
use crate::worker::*;

use super::channel::{self, Sent};
use super::{abort, body, downstream, finish, log, phases, refused, respond};

/// The first read of a head takes no more: little of a body behind it is copied along.
const HEAD_READ: usize = 16 << 10;

/// The channel of a connection whose handlers are in this file.
pub fn channel_of(w: &Worker, conn: ConnId) -> Option<ChannelId> {
    match w.event.conns[conn].owner {
        Owner::Channel(id) => Some(id),
        _ => None,
    }
}

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
    let settings = &w.conf.server(w.channels[id].server).core;
    let mut limits = limits(settings);
    // The limits of another server are tried once: two could point at each other.
    let mut again = false;
    let header_timeout = settings.client_header_timeout;
    let mut scratch = w.buffers.take();
    let kept = w.channels[id].inbox.len();
    scratch[..kept].copy_from_slice(&w.channels[id].inbox);
    let mut len = kept;
    // What a former request left behind is parsed before more is read.
    let mut fresh = kept > w.channels[id].scanned as usize;
    let request = new_request(w, id);
    loop {
        if fresh {
            let (channel, it) = (&mut w.channels[id], &mut w.requests[request].it);
            let mut scanned = channel.scanned as usize;
            let (bytes, head, line) = (&scratch[..len], &mut it.head, &mut it.line);
            let parsed = request::parse(bytes, &mut scanned, &limits, head, line);
            // No more than a head may have.
            channel.scanned = scanned as u32;
            match parsed {
                Ok(Some(n)) => {
                    if !again && other_names(w, request, &mut limits) {
                        again = true;
                        w.channels[id].scanned = 0;
                        continue;
                    }
                    if w.requests[request].line.ignored_fields {
                        log_ignored(w, id, &scratch[..n], &limits);
                    }
                    keep_rest(w, id, &scratch[n..len]);
                    w.buffers.give(scratch);
                    w.requests[request].length = n as u64;
                    start(w, id, request);
                    return settle(w, id);
                }
                Ok(None) => {}
                Err(violation) => {
                    let bytes = &scratch[..len];
                    let others = refused::other_limits(w, request, bytes, &mut limits);
                    if others && !again {
                        again = true;
                        w.channels[id].scanned = 0;
                        continue;
                    }
                    refused::refuse(w, id, request, bytes, violation);
                    return w.buffers.give(scratch);
                }
            }
        }
        if !w.event.conns[conn].read.ready {
            break;
        }
        let most = (len + HEAD_READ).min(scratch.len());
        match w.event.recv(conn, &mut scratch[len..most]) {
            Io::Done(n) => {
                if len == 0 {
                    w.event.set_reusable(conn, false);
                    w.event.arm(conn, Side::Read, header_timeout);
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

/// The worker stops: a client that rests is let go, but not when it is about to ask for something.
///
/// A request may be on its way, and whoever closes first loses it. Only an answer with `Connection: close`
/// ends a connection without that risk; so the client has some time to ask once more. One that has asked
/// for nothing in the last second is not waited for unless there is plenty of time.
pub fn retire(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    if w.channels[id].keepalive_min > 0 {
        return; // It has a promise; when that is kept it is told.
    }
    let quiet_ms = w.event.now - w.channels[id].head_since;
    let grace = if quiet_ms > RECENT_MS && w.grace_ms < RECENT_MS { 0 } else { w.grace_ms };
    w.event.arm_sooner(conn, Side::Read, grace);
}

/// A client that has asked for something so short a time ago may well do it again.
const RECENT_MS: u64 = 1000;

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
        return refused::refuse_started(w, r, violation);
    }
    if version == Version::V09 && w.requests[r].number > 1 {
        return refused::refuse_started(w, r, Violation::LateHttp09);
    }
    match phases::find_server(w, r) {
        Ok(()) if form == Form::Asterisk => options(w, r),
        Ok(()) => phases::run(w, r),
        Err(violation) => refused::refuse_started(w, r, violation),
    }
}

/// `OPTIONS *` is about the server, not about what is in it (RFC 9110, 9.3.7).
fn options(w: &mut Worker, r: RequestId) {
    phases::update_connection(w, r);
    w.requests[r].response.add(b"Allow", respond::METHODS);
    respond::text(w, r, 200, b"", b"");
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

/// From now on the connection does what its request says.
pub fn serve(w: &mut Worker, conn: ConnId) {
    w.event.cancel(conn, Side::Read);
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(readable);
    c.write.handler = handler!(writable);
    abort::look_again(w, conn);
}

/// While a request is served: whatever its read handler makes of it.
pub fn readable(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    if let Some(request) = w.channels[id].request {
        (w.requests[request].read)(w, request);
    }
}

/// Sends what waits; then whoever waited for that goes on.
pub fn writable(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    let request = w.channels[id].request;
    if !w.channels[id].outbox.is_empty() {
        if w.event.conns[conn].write.timedout {
            w.event.conns[conn].write.timedout = false;
            if !channel::resume(w, id) {
                return send_timed_out(w, id);
            }
        }
        let before = w.event.conns[conn].sent;
        match channel::flush(w, id) {
            Sent::All => w.event.cancel(conn, Side::Write),
            Sent::Blocked => {
                let c = &w.event.conns[conn];
                if c.sent > before || !c.write.is_armed() {
                    arm_send(w, id);
                }
                return;
            }
            Sent::Failed(e) => {
                return match request {
                    Some(request) if finish::goes_on_alone(w, request) => {}
                    Some(request) => finish::client_gone(w, request, Some(e)),
                    None => close(w, id),
                };
            }
        }
    }
    if let Some(request) = request {
        (w.requests[request].write)(w, request);
    }
}

fn send_timed_out(w: &mut Worker, id: ChannelId) {
    let Some(request) = w.channels[id].request else { return close(w, id) };
    w.requests[request].action = "sending to client";
    let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
    log::error(w, request, log::Level::Info, text);
    if finish::goes_on_alone(w, request) {
        return;
    }
    downstream::reset_if_wanted(w, request);
    finish::close(w, request);
}

/// `send_timeout`: between two writes, not for all of them; nor while `limit_rate` holds them back.
pub fn arm_send(w: &mut Worker, id: ChannelId) {
    let channel = &w.channels[id];
    if channel.is_paused() {
        return;
    }
    let timeout = match channel.request {
        Some(request) => w.location_of(request).core.send_timeout,
        None => 60_000,
    };
    w.event.arm(channel.conn, Side::Write, timeout);
}

/// The connection waits for the next request, or finds it in what has been received already.
pub fn next_request(w: &mut Worker, id: ChannelId, keepalive_timeout: u64) {
    let channel = &mut w.channels[id];
    let conn = channel.conn;
    channel.scanned = 0;
    channel.pipelined = !channel.inbox.is_empty();
    // The next request may name another server.
    channel.server = w.conf.listen(channel.origin.listen).default_server;
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(wait_request);
    c.write.handler = handler!(writable);
    let ready = c.read.ready || !channel.inbox.is_empty();
    w.event.cancel(conn, Side::Write);
    let min = u64::from(channel.keepalive_min);
    if min > 0 {
        let rest = keepalive_timeout.saturating_sub(min);
        channel.keepalive_rest = u32::try_from(rest).unwrap_or(u32::MAX);
        w.event.arm(conn, Side::Read, min.min(keepalive_timeout));
    } else {
        w.event.arm(conn, Side::Read, keepalive_timeout);
        w.event.set_reusable(conn, true);
        if w.exit != Exit::No {
            w.event.arm_sooner(conn, Side::Read, w.grace_ms);
        }
    }
    if ready {
        w.event.post(conn, Side::Read);
    }
}

/// The connection ends. A request on it has been finished before.
pub fn close(w: &mut Worker, id: ChannelId) {
    if let Some(channel) = w.channels.remove(id) {
        debug_assert!(channel.request.is_none());
        w.event.close(channel.conn);
    }
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

/// A request for this channel, which is not at it yet: where there is one, in the place of a former one.
pub fn new_request(w: &mut Worker, id: ChannelId) -> RequestId {
    let (downstream, server) = (Downstream::H1(id), w.channels[id].server);
    let location = w.conf.server(server).root;
    let Some(request) = w.requests.revive() else {
        let it = Request::new(downstream, server, location);
        return w.requests.insert(Task { read: abort::watch, write: rest, it });
    };
    let task = &mut w.requests[request];
    task.it.reset(downstream, server, location);
    (task.read, task.write) = (abort::watch, rest);
    request
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
