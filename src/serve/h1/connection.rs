//! A connection while a request is served, and behind it: the next request, lingering, or the end.

use crate::event::Side;
use crate::handler;
use crate::http::channel::Discarding;
use crate::http::request::{Outcome, Persistence};
use crate::http::settings::core::Lingering;
use crate::os::Errno;
use crate::proto::h1::body::Body;
use crate::worker::*;

use super::super::downstream::{self, Sent};
use super::super::{body, finish, log};
use super::head::wait_request;
use super::{channel, linger};

/// The channel of a connection whose handlers are in this file.
pub fn channel_of(w: &Worker, conn: ConnId) -> Option<ChannelId> {
    match w.event.conns[conn].owner {
        Owner::Channel(id) => Some(id),
        _ => None,
    }
}

/// From now on the connection does what its request says.
pub fn serve(w: &mut Worker, conn: ConnId) {
    w.event.cancel(conn, Side::Read);
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(readable);
    c.write.handler = handler!(writable);
    look_again(w, conn);
}

/// While a request is served: whatever its read handler makes of it.
pub fn readable(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    if let Some(request) = w.channels[id].request {
        (w.requests[request].read)(w, request);
    }
}

/// Sends what waits; then the request's write handler is called.
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

/// The request on the connection has ended: the connection goes on, or ends too.
pub fn request_ended(w: &mut Worker, id: ChannelId, request: RequestId, outcome: Outcome) {
    let channel = &mut w.channels[id];
    channel.request = None;
    channel.pace = None;
    if std::mem::take(&mut channel.nopush) {
        w.event.conns[channel.conn].socket.set_nopush(false);
    }
    match outcome {
        Outcome::Done => go_on(w, id, request),
        Outcome::Close => close(w, id),
    }
}

fn go_on(w: &mut Worker, channel: ChannelId, id: RequestId) {
    let core = &w.location_of(id).core;
    let request = &mut w.requests[id];
    let conn = w.channels[channel].conn;
    let body = std::mem::replace(&mut request.body.rest, Body::Empty);
    let unread = !body.is_done();
    // A client that has finished sending may have sent more requests before: the next read tells.
    // One that was promised another answer gets it, even if the worker is to stop meanwhile.
    if request.keeps_alive() {
        w.channels[channel].keepalive_min =
            u32::try_from(core.keepalive_min_timeout).unwrap_or(u32::MAX);
        // What the discarding costs is bounded by lingering_time and client_max_body_size.
        if unread {
            let (time, timeout) = (core.lingering_time, core.lingering_timeout);
            let lingering = (core.lingering_close != Lingering::Off).then_some((time, timeout));
            let keepalive_timeout = core.keepalive_timeout;
            let room = body::room(w, id);
            let it = Discarding { body, room, keepalive_timeout, lingering };
            return linger::discard(w, channel, it, time);
        }
        return next_request(w, channel, core.keepalive_timeout);
    }
    let more = request.persistence == Persistence::Linger
        || unread
        || !w.channels[channel].inbox.is_empty()
        || w.event.conns[conn].read.ready;
    let linger = match core.lingering_close {
        Lingering::Off => false,
        Lingering::On => more,
        Lingering::Always => true,
    };
    if linger && w.requests[id].line.version != crate::proto::Version::V09 {
        let (time, timeout) = (core.lingering_time, core.lingering_timeout);
        return linger::start(w, channel, time, timeout);
    }
    w.event.cancel(conn, Side::Write);
    close(w, channel);
}

/// The connection waits for the next request, or finds it in what has been received already.
pub fn next_request(w: &mut Worker, id: ChannelId, keepalive_timeout: u64) {
    let channel = &mut w.channels[id];
    let conn = channel.conn;
    channel.scanned = 0;
    channel.pipelined = !channel.inbox.is_empty();
    // The next request may name another server.
    channel.server = channel.origin.server;
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

/// The worker stops: a client that rests is let go, but not when it is about to ask for something.
///
/// A request may be on its way, and a close by the server loses it. Only an answer with `Connection: close`
/// ends a connection without that risk; so the client has some time to ask once more. One that has asked
/// for nothing in the last second is not waited for unless there is plenty of time.
pub fn retire(w: &mut Worker, conn: ConnId) {
    let Some(id) = channel_of(w, conn) else { return };
    if w.channels[id].keepalive_min > 0 {
        return; // `keepalive_min_timeout` holds; the connection ends after it.
    }
    let quiet_ms = w.event.now - w.channels[id].head_since;
    let grace = if quiet_ms > RECENT_MS && w.grace_ms < RECENT_MS { 0 } else { w.grace_ms };
    w.event.arm_sooner(conn, Side::Read, grace);
}

/// A client that has asked for something so short a time ago may well do it again.
const RECENT_MS: u64 = 1000;

/// The read handler is called later in this turn if the end of the client's input has been told of already.
pub fn look_again(w: &mut Worker, conn: ConnId) {
    if w.event.conns[conn].ended {
        w.event.post(conn, Side::Read);
    }
}
