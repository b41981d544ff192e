//! The life of a connection: its beginning, its timers, its end.

use crate::event::Side;
use crate::handler;
use crate::http::channel::Channel;
use crate::http::h2::{H2, Leaving, Stream};
use crate::os::Errno;
use crate::proto::h2::{Connection, ErrorCode, GoAway, Settings, Stream as CodecStream};
use crate::worker::*;

use super::super::downstream::Channels;
use super::super::h1::connection as h1;
use super::super::h1::linger;
use super::super::log;
use super::{flush, receive, streams};

/// Adds to the worker's counters what the codec has counted since the last call.
pub fn count_frames(w: &mut Worker, id: ChannelId) {
    let Some((_, h2)) = of(w, id) else { return };
    let it = h2.codec.counters;
    let now = [it.resets_received, it.resets_sent, it.refused];
    let before = std::mem::replace(&mut h2.counted, now);
    if now != before {
        let more = |at: usize| u64::from(now[at].saturating_sub(before[at]));
        w.http2.resets_received += more(0);
        w.http2.resets_sent += more(1);
        w.http2.refused += more(2);
        w.counters.set_http2(w.http2);
    }
}

fn count_farewell(w: &mut Worker, code: ErrorCode) {
    match code {
        ErrorCode::NoError => w.http2.goaway_no_error += 1,
        ErrorCode::EnhanceYourCalm => w.http2.goaway_calm += 1,
        _ => w.http2.goaway_error += 1,
    }
    w.counters.set_http2(w.http2);
}

/// What clients may send of all bodies together before some of it has been passed on.
const WINDOW: u32 = 1 << 20;

/// How long an idle connection keeps its tables, in ms: a client that goes on asking need not fill them again.
const COMPACT_AFTER: u64 = 1000;

/// From here on the connection speaks HTTP/2. What has been received of it is in the inbox.
pub fn begin(w: &mut Worker, id: ChannelId) {
    let channel = &mut w.channels[id];
    let settings = &w.conf.server(channel.origin.server).http2;
    let codec = Connection::new(
        Settings {
            max_streams: settings.max_concurrent_streams,
            initial_window: settings.body_preread_size as u32,
            connect_protocol: settings.extended_connect,
            ..Settings::default()
        },
        WINDOW.max(settings.body_preread_size as u32),
    );
    let h2 = channel.h2.insert(Box::new(H2::new(codec)));
    h2.codec.open(&mut h2.out.bytes);
    let conn = channel.conn;
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(readable);
    c.write.handler = handler!(writable);
    w.event.cancel(conn, Side::Read);
    w.event.post(conn, Side::Write);
    w.http2.connections += 1;
    if w.exit != Exit::No {
        retire(w, id);
    }
    readable(w, conn);
}

/// The two parts of a connection that speaks HTTP/2.
pub fn of(w: &mut Worker, id: ChannelId) -> Option<(ConnId, &mut H2)> {
    let Channel { conn, h2, .. } = w.channels.get_mut(id)?;
    Some((*conn, h2.as_deref_mut()?))
}

/// A stream that is open.
pub fn stream(channels: &Channels, id: ChannelId, stream: u32) -> Option<&CodecStream<Stream>> {
    channels.get(id)?.h2.as_ref()?.codec.streams.get(stream)
}

/// The connection's read handler.
pub fn readable(w: &mut Worker, conn: ConnId) {
    let Some(id) = h1::channel_of(w, conn) else { return };
    let c = &mut w.event.conns[conn];
    if std::mem::take(&mut c.read.timedout) {
        read_timers(w, id);
    }
    if of(w, id).is_none() {
        return;
    }
    if let Some(e) = of(w, id).and_then(|(_, h2)| h2.failed) {
        return gone(w, id, Some(e));
    }
    if std::mem::take(&mut w.event.conns[conn].give_up) {
        return give_up(w, id);
    }
    receive::receive(w, id);
    settle(w, id);
}

/// The connection's write handler.
pub fn writable(w: &mut Worker, conn: ConnId) {
    let Some(id) = h1::channel_of(w, conn) else { return };
    let c = &mut w.event.conns[conn];
    if std::mem::take(&mut c.write.timedout) {
        write_timers(w, id);
    }
    flush::flush(w, id);
    settle(w, id);
}

/// Behind each event: what is counted, whether the connection rests, or ends, and what time runs.
pub fn settle(w: &mut Worker, id: ChannelId) {
    count_frames(w, id);
    let now = w.event.now;
    let Some(channel) = w.channels.get_mut(id) else { return };
    let is_partial = !channel.inbox.is_empty();
    let is_first = channel.requests == 0;
    let Channel { conn, h2: Some(h2), origin, .. } = channel else { return };
    let conn = *conn;
    let server = w.conf.server(origin.server);
    let is_idle = h2.codec.streams.is_empty();
    if is_idle && h2.leaving == Leaving::Last && h2.out.is_empty() {
        return part(w, id);
    }
    let was_idle = h2.idle_until != 0;
    if is_idle && !was_idle {
        let core = &w.conf.location(server.root).core;
        let wait = match is_first {
            true => server.core.client_header_timeout,
            false => core.keepalive_timeout,
        };
        h2.idle_until = now + wait;
        h2.is_compact = false;
        let mut ring = wait.min(COMPACT_AFTER);
        if let Leaving::Noticed { until } = h2.leaving {
            ring = ring.min(until.saturating_sub(now));
        }
        w.event.set_reusable(conn, true);
        w.event.arm(conn, Side::Read, ring);
    } else if !is_idle && was_idle {
        h2.idle_until = 0;
        w.event.set_reusable(conn, false);
    }
    if !is_partial || h2.is_stalled {
        h2.frame_until = 0;
    } else if h2.frame_until == 0 {
        h2.frame_until = now + server.core.client_header_timeout;
        w.event.arm_sooner(conn, Side::Read, server.core.client_header_timeout);
    }
}

/// The time that the read side was armed for is over: for which of its reasons, and when is the next?
fn read_timers(w: &mut Worker, id: ChannelId) {
    let now = w.event.now;
    let Some((_, h2)) = of(w, id) else { return };
    let is_over = |until: u64| until != 0 && until <= now;
    if is_over(h2.frame_until) {
        let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
        log::connection(w, id, log::Level::Info, "processing HTTP/2 connection", text);
        return fail(w, id, ErrorCode::ProtocolError, None);
    }
    if let Leaving::Noticed { until } = h2.leaving {
        if until <= now {
            say_last(w, id);
        }
    }
    let Some((conn, h2)) = of(w, id) else { return };
    if is_over(h2.idle_until) {
        return goodbye(w, id);
    }
    if h2.idle_until != 0 && !h2.is_compact {
        h2.is_compact = true;
        h2.codec.rest();
        h2.out.give_back();
    }
    let due = h2.codec.streams.iter().filter(|stream| is_over(stream.it.body_until));
    let due: Vec<u32> = due.map(|stream| stream.id).collect();
    for stream in due {
        let Some((_, h2)) = of(w, id) else { return };
        let Some(it) = h2.stream(stream) else { continue };
        (it.body_until, it.body_timed_out) = (0, true);
        streams::wake_reader(w, id, stream);
    }
    let Some((_, h2)) = of(w, id) else { return };
    let noticed = match h2.leaving {
        Leaving::Noticed { until } => until,
        _ => 0,
    };
    let of_streams = h2.codec.streams.iter().map(|stream| stream.it.body_until);
    let all = of_streams.chain([h2.frame_until, h2.idle_until, noticed]);
    if let Some(next) = all.filter(|&until| until != 0).min() {
        w.event.arm(conn, Side::Read, next.saturating_sub(now));
    }
}

/// As `read_timers`, of the write side.
fn write_timers(w: &mut Worker, id: ChannelId) {
    let now = w.event.now;
    let Some((_, h2)) = of(w, id) else { return };
    let is_over = |until: u64| until != 0 && until <= now;
    if is_over(h2.out_until) {
        let text = format_args!("client timed out ({})", Errno::TIMEDOUT);
        log::connection(w, id, log::Level::Info, "sending to client", text);
        return gone(w, id, Some(Errno::TIMEDOUT));
    }
    let (mut due, mut resumed) = (Vec::new(), Vec::new());
    for stream in h2.codec.streams.iter_mut() {
        let it = &mut stream.it;
        if is_over(it.paused_until) {
            it.paused_until = 0;
            if let Some(pace) = &mut it.pace {
                pace.paused = false;
            }
            resumed.extend(it.request.map(|request| (stream.id, request)));
        }
        if is_over(it.room_until) {
            it.room_until = 0;
            due.extend(it.request);
        }
    }
    for (stream, request) in resumed {
        flush::want_room(w, id, stream, request, false);
    }
    for request in due {
        streams::send_timed_out(w, request);
    }
    let Some((conn, h2)) = of(w, id) else { return };
    let of_streams = h2.codec.streams.iter();
    let of_streams = of_streams.flat_map(|stream| [stream.it.paused_until, stream.it.room_until]);
    if let Some(next) = of_streams.chain([h2.out_until]).filter(|&until| until != 0).min() {
        w.event.arm(conn, Side::Write, next.saturating_sub(now));
    }
}

/// The worker needs the connection's place.
fn give_up(w: &mut Worker, id: ChannelId) {
    if of(w, id).is_some_and(|(_, h2)| h2.codec.streams.is_empty()) {
        say_last(w, id);
        flush::push(w, id);
        h1::close(w, id);
    }
}

/// The worker stops: a first GOAWAY asks the client for no new streams, and some time later a second names the last.
pub fn retire(w: &mut Worker, id: ChannelId) {
    let (now, wait) = (w.event.now, (w.grace_ms / 2).min(COMPACT_AFTER));
    let Some((conn, h2)) = of(w, id) else { return };
    match h2.leaving {
        Leaving::No => h2.codec.go_away(GoAway::Notice, &mut h2.out.bytes),
        Leaving::Noticed { until } if until > now + wait => {}
        Leaving::Noticed { .. } | Leaving::Last => return,
    }
    h2.leaving = Leaving::Noticed { until: now + wait };
    w.event.post(conn, Side::Write);
    w.event.arm_sooner(conn, Side::Read, wait);
}

/// No stream is taken any more; the connection ends with the last one.
pub fn say_last(w: &mut Worker, id: ChannelId) {
    let Some((conn, h2)) = of(w, id) else { return };
    if h2.leaving != Leaving::Last {
        h2.leaving = Leaving::Last;
        h2.codec.go_away(GoAway::Last(ErrorCode::NoError), &mut h2.out.bytes);
        w.event.post(conn, Side::Write);
        count_farewell(w, ErrorCode::NoError);
    }
}

/// An idle connection ends.
fn goodbye(w: &mut Worker, id: ChannelId) {
    say_last(w, id);
    flush::push(w, id);
    part(w, id);
}

/// The client broke the protocol, or its time is over: GOAWAY is sent, and the connection ends.
pub fn fail(w: &mut Worker, id: ChannelId, code: ErrorCode, why: Option<&str>) {
    if let Some(why) = why {
        let text = format_args!("{why}");
        log::connection(w, id, log::Level::Info, "processing HTTP/2 connection", text);
    }
    end_streams(w, id, None);
    let Some((_, h2)) = of(w, id) else { return };
    h2.leaving = Leaving::Last;
    h2.codec.go_away(GoAway::Last(code), &mut h2.out.bytes);
    flush::push(w, id);
    count_frames(w, id);
    count_farewell(w, code);
    part(w, id);
}

/// The client has left, or the connection has failed.
pub fn gone(w: &mut Worker, id: ChannelId, error: Option<Errno>) {
    end_streams(w, id, error);
    count_frames(w, id);
    h1::close(w, id);
}

fn end_streams(w: &mut Worker, id: ChannelId, error: Option<Errno>) {
    let Some((_, h2)) = of(w, id) else { return };
    let requests: Vec<RequestId> =
        h2.codec.streams.iter().filter_map(|stream| stream.it.request).collect();
    for request in requests {
        streams::client_left(w, request, error);
    }
}

/// The last frame is out. What the client still sends is read for a while, so that it gets what it was sent.
fn part(w: &mut Worker, id: ChannelId) {
    let Some(channel) = w.channels.get_mut(id) else { return };
    let conn = channel.conn;
    let is_out = channel.h2.take().is_none_or(|h2| h2.out.is_empty());
    let root = w.conf.server(channel.origin.server).root;
    let core = &w.conf.location(root).core;
    if !is_out || core.lingering_close == crate::http::settings::core::Lingering::Off {
        return h1::close(w, id);
    }
    w.event.conns[conn].write.handler = handler!(h1::writable);
    w.event.set_reusable(conn, false);
    linger::start(w, id, core.lingering_time, core.lingering_timeout);
}

/// A request has begun. `keepalive_requests`, `keepalive_time` and `keepalive_timeout 0` of the connection's server may
/// make it the last.
pub fn count(w: &mut Worker, id: ChannelId) {
    let now = w.event.now;
    let channel = &w.channels[id];
    let core = &w.conf.location(w.conf.server(channel.origin.server).root).core;
    let is_over = core.keepalive_timeout == 0
        || channel.requests >= core.keepalive_requests
        || now - channel.origin.since > core.keepalive_time;
    if is_over {
        say_last(w, id);
    }
}
