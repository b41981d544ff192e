//! The response's body: read if there is room, written if there is data.
//!
//! A piece is read into the worker's scratch buffer, decoded there, and written to the client in the same
//! call. What the client does not take stays in its outbox, and until that is empty nothing more is read:
//! the remainder is bounded by one read. A client that takes too long over it has the rest in a file.

use crate::base::pace::Pace;
use crate::event::Side;
use crate::http::exchange::{Buffering, Spoiled};
use crate::http::filters::BodyFilters;
use crate::http::response::Stage;
use crate::http::settings::upstream_conf::{IgnoreHeaders, UpstreamSettings};
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::{Method, Name};
use crate::proxy::connection;
use crate::proxy::pool::{handshake, release, scripted};
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval, filter, respond};
use crate::worker::*;

use super::{discard, fields, messages, response_head, send::SPLICED, splice, spool, tap};

/// Bytes of one event, then others get their turn; a small read counts as much as the largest. Fewer would
/// cost more: a client that goes on reading need not be woken.
pub const BUDGET: usize = 16 * SCRATCH;

/// Filters that take long over each byte, and how much goes to them before others have their turn.
const CODERS: BodyFilters =
    BodyFilters::BROTLI.and(BodyFilters::GZIP).and(BodyFilters::GUNZIP).and(BodyFilters::CHARSET);
pub const CODED: usize = 64 << 10;

/// How the response is to be passed on, by the settings and what the server said of it.
pub fn prepare(w: &mut Worker, id: UpstreamId) {
    let upstream = &mut w.upstreams[id].it;
    let request = upstream.request;
    let settings = &w.conf.location(w.requests[request].location).upstream;
    let obeys = |bit| !settings.ignore_headers.contains(bit);
    let mut is_on = settings.buffering;
    if upstream.line.accel && obeys(IgnoreHeaders::X_ACCEL_BUFFERING) {
        match upstream.head.get(Name::XAccelBuffering) {
            Some(word) if word.eq_ignore_ascii_case(b"no") => is_on = false,
            Some(word) if word.eq_ignore_ascii_case(b"yes") => is_on = true,
            _ => {}
        }
    }
    upstream.buffering = match is_on {
        true if settings.max_temp_file_size > 0 => Buffering::File,
        true => Buffering::Memory,
        false => Buffering::Off,
    };
    if is_on && settings.limit_rate.is_some() {
        let rate = eval::size(w, request, settings.limit_rate.as_ref());
        w.upstreams[id].rare.get_or_insert().pace = Pace::new(rate, 0, w.event.now, 0);
    }
}

/// What came behind the head, and then what comes.
pub fn begin(w: &mut Worker, id: UpstreamId, first: &mut [u8]) {
    let request = w.upstreams[id].request;
    w.requests[request].write = client_writable;
    w.upstreams[id].received = first.len() as u64;
    if !take(w, id, first) {
        return;
    }
    let is_ready = connection(w, id).is_some_and(|conn| w.event.conns[conn].read.ready);
    if !is_ready && respond::flush(w, request).is_over() {
        return;
    }
    // A filter may have kept the first piece, and the head with it.
    if w.requests[request].response.stage > Stage::Begun {
        forget_heads(w, id);
    }
    if let Some(conn) = connection(w, id) {
        if is_ready {
            w.event.post(conn, Side::Read);
        }
        w.event.cancel(conn, Side::Read);
        arm(w, id, conn);
    }
}

/// The response goes on: it may take long, and its head has been passed on.
fn forget_heads(w: &mut Worker, id: UpstreamId) {
    // What Connection names is not passed on behind the body either.
    if w.conf.http.remembers_fields || w.upstreams[id].line.connection_fields {
        return;
    }
    let Worker { requests, upstreams, buffers, .. } = w;
    let upstream = &mut upstreams[id].it;
    buffers.give_head(std::mem::take(&mut upstream.head));
    let id = upstream.request;
    let response = &mut requests[id].response;
    buffers.give_head(std::mem::take(&mut response.fields));
    response.content_type = Vec::new();
    downstream::forget_body(w, id);
}

/// The task's read handler while the body comes.
pub fn readable(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    if w.event.conns[conn].read.timedout {
        w.event.conns[conn].read.timedout = false;
        let request = w.upstreams[id].request;
        let pace = w.upstreams[id].rare.if_any().and_then(|rare| rare.pace.as_mut());
        if pace.is_some_and(|pace| std::mem::replace(&mut pace.paused, false)) {
            // proxy_limit_rate lets it go on.
            return resume(w, id, conn);
        }
        if is_waiting(w, id) {
            // It is the client that keeps the server waiting; send_timeout watches it.
            if spool::open(w, id) {
                client_writable(w, request);
            }
            return;
        }
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Error, text);
        return cut_short(w, id, Spoiled::Failed);
    }
    let mut scratch = w.buffers.take();
    let more = read(w, id, conn, &mut scratch);
    w.buffers.give(scratch);
    if !more {
        return;
    }
    let has_no_more = !w.event.conns[conn].read.ready || is_paused(w, id);
    if has_no_more && respond::flush(w, w.upstreams[id].request).is_over() {
        return;
    }
    arm(w, id, conn);
}

/// How much is read at once: the bound of what a client that stops reading leaves in memory.
pub fn piece(settings: &UpstreamSettings, buffering: bool) -> usize {
    match (buffering, settings.buffers) {
        (true, Some(buffers)) => buffers.total().max(settings.buffer_size).min(SCRATCH),
        (true, None) => SCRATCH,
        (false, _) => settings.buffer_size.clamp(4096, SCRATCH),
    }
}

fn most(w: &Worker, id: UpstreamId) -> usize {
    let upstream = &w.upstreams[id];
    let request = upstream.request;
    let filters = w.requests[request].filters;
    if filters.is_empty() {
        let settings = &w.location_of(request).upstream;
        return piece(settings, upstream.buffering > Buffering::Off);
    }
    let most = match filters.has(BodyFilters::SPOOL) {
        true => spool::piece(w, request),
        false => piece(&w.location_of(request).upstream, upstream.buffering > Buffering::Off),
    };
    if filters.has(CODERS) { most.min(CODED) } else { most }
}

/// Reads on after a pause, if there is something to read.
fn resume(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    if w.event.conns[conn].read.ready {
        w.event.post(conn, Side::Read);
    }
    arm(w, id, conn);
}

/// `proxy_limit_rate`: how much may be read now; none: a timer will say when.
fn allowed(w: &mut Worker, id: UpstreamId, conn: ConnId, most: usize) -> Option<usize> {
    let now = w.event.now;
    let upstream = &mut w.upstreams[id].it;
    let pace = upstream.rare.if_any().and_then(|rare| rare.pace.as_mut());
    let Some(pace) = pace else { return Some(most) };
    if pace.paused {
        return None;
    }
    match pace.allowance(now, upstream.received) {
        Ok(n) => Some(usize::try_from(n).unwrap_or(usize::MAX).min(most)),
        Err(wait) => {
            pace.paused = true;
            w.event.arm(conn, Side::Read, wait);
            None
        }
    }
}

fn read(w: &mut Worker, id: UpstreamId, conn: ConnId, scratch: &mut [u8]) -> bool {
    let most = most(w, id);
    let is_coded = w.requests[w.upstreams[id].request].filters.has(CODERS);
    let mut budget = if is_coded { CODED } else { BUDGET };
    while budget > 0 {
        if is_waiting(w, id) || !w.event.conns[conn].read.ready {
            return true;
        }
        let Some(most) = allowed(w, id, conn, most) else { return true };
        let passed = splice::piece(w, id, conn, &mut scratch[..most]);
        let is_passed = passed.is_some();
        let got = passed.unwrap_or_else(|| w.event.recv(conn, &mut scratch[..most]));
        if let Io::Done(n) = got {
            budget = budget.saturating_sub(if n >= SPLICED { n } else { SCRATCH });
        }
        match got {
            Io::Done(_) if is_passed => {
                w.event.cancel(conn, Side::Read);
                if connection(w, id) != Some(conn) {
                    return false;
                }
            }
            Io::Done(n) => {
                response_head::count_received(w, id, n);
                w.upstreams[id].received += n as u64;
                w.event.cancel(conn, Side::Read);
                if !take(w, id, &mut scratch[..n]) {
                    return false;
                }
            }
            Io::Again => return true,
            Io::Eof => {
                ended(w, id, None);
                return false;
            }
            Io::Fail(e) => {
                ended(w, id, Some(e));
                return false;
            }
        }
    }
    if w.event.conns[conn].read.ready {
        w.event.post(conn, Side::Read);
    }
    true
}

/// The server is kept waiting: the client has not taken yet what was read last, and no file takes more.
fn is_waiting(w: &Worker, id: UpstreamId) -> bool {
    let request = w.upstreams[id].request;
    !filter::is_drained(w, request) && !spool::takes_more(w, request)
}

/// The request's write handler: the client took everything, or the filters go on, so the server may go on.
fn client_writable(w: &mut Worker, request: RequestId) {
    let is_drained = filter::resume(w, request);
    let Some(id) = w.requests[request].upstream else { return };
    let Some(conn) = connection(w, id) else { return };
    if !is_drained && !spool::takes_more(w, request) {
        // From now on it may be the client that is waited for, and no subrequest.
        return arm(w, id, conn);
    }
    // The client has caught up: the file is not needed any more.
    let was_spooled = is_drained && spool::forget(w, request);
    if is_drained && !was_spooled && !is_paused(w, id) {
        w.event.cancel(conn, Side::Read);
    }
    resume(w, id, conn);
}

fn is_paused(w: &Worker, id: UpstreamId) -> bool {
    w.upstreams[id].rare.pace.as_ref().is_some_and(|pace| pace.paused)
}

/// `proxy_read_timeout` from now on, unless it runs already. While the client is awaited, only
/// [`spool::PATIENCE`] runs.
fn arm(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    if w.event.conns[conn].read.is_armed() || is_paused(w, id) {
        return;
    }
    let upstream = &w.upstreams[id];
    if !is_waiting(w, id) {
        let timeout = scripted::read_timeout(w, id);
        w.event.arm(conn, Side::Read, timeout);
    } else if upstream.buffering == Buffering::File && spool::may_open(w, upstream.request) {
        w.event.arm(conn, Side::Read, spool::PATIENCE);
    }
}

/// Passes on what of `bytes` is body. False: the response is whole, or over.
fn take(w: &mut Worker, id: UpstreamId, bytes: &mut [u8]) -> bool {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    // What follows the head is dropped: servers that send a body all the same are common.
    let head_only = w.requests[request].method == Method::Head;
    if let Some(it) = w.requests[request].tries.last_mut() {
        // As they came, with the lines of chunks.
        it.response_length = if head_only { 0 } else { upstream.received };
    }
    let decoded = match upstream.take_body(bytes) {
        Ok(decoded) => decoded,
        Err(violation) => {
            let details = upstream.client.details(violation, &[], &upstream.head);
            messages::log(w, id);
            log::error(w, request, Level::Error, format_args!("{violation}{details}"));
            cut_short(w, id, Spoiled::Failed);
            return false;
        }
    };
    messages::log(w, id);
    if decoded.end {
        if decoded.consumed < bytes.len() {
            w.upstreams[id].spoiled = Some(Spoiled::ExcessBytes);
            if !head_only {
                log_excess(w, id);
            }
        }
        take_trailers(w, id);
        tap::write(w, id, &bytes[..decoded.data]);
        tap::finish(w, id);
        release::release(w, id);
        pass_on(w, id, &bytes[..decoded.data], true);
        return false;
    }
    tap::write(w, id, &bytes[..decoded.data]);
    if !pass_on(w, id, &bytes[..decoded.data], false) {
        return false;
    }
    if is_enough(w, id) {
        discard::rest(w, id, &mut []);
        release::release(w, id);
        pass_on(w, id, &[], true);
        return false;
    }
    true
}

/// The client has the part that it asked for, and what else the server sends is of no use.
fn is_enough(w: &Worker, id: UpstreamId) -> bool {
    let upstream = &w.upstreams[id];
    let request = &w.requests[upstream.request];
    request.filters.has(BodyFilters::RANGE)
        && request.rare.ctx.as_ref().is_some_and(|ctx| ctx.range.left == 0)
        && upstream.rare.tap.is_none()
}

fn log_excess(w: &Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    log::error(w, upstream.request, Level::Warn, format_args!("{}", upstream.client.excess()));
}

/// `proxy_pass_trailers`: the fields behind the body, which are not to change what was said before it.
fn take_trailers(w: &mut Worker, id: UpstreamId) {
    let Worker { conf, requests, upstreams, .. } = w;
    let upstream = &upstreams[id];
    let it = &mut requests[upstream.request].it;
    let settings = &conf.location(it.location).upstream;
    for (name, value) in upstream.client.trailers() {
        it.rare.get_or_insert().upstream_trailers.get_or_insert_default().push_copy(name, value);
        let known = Name::of(name);
        let is_ours = fields::HOP_BY_HOP.has(known)
            || (upstream.line.connection_fields
                && fields::is_named_by_connection(&upstream.head, name))
            || matches!(known, Name::ContentLength | Name::Host | Name::SetCookie)
            || settings.hidden.contains(name);
        if !is_ours {
            it.response.add_trailer(name, value);
        }
    }
}

/// To the client. False: the request has ended.
fn pass_on(w: &mut Worker, id: UpstreamId, data: &[u8], last: bool) -> bool {
    !respond::write(w, w.upstreams[id].request, data, last).is_over()
}

/// The server closed. With a body that lasts until then, that is its end.
fn ended(w: &mut Worker, id: UpstreamId, e: Option<Errno>) {
    w.upstreams[id].client.close();
    messages::log(w, id);
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    match e {
        None if upstream.client.ends_at_close() => {
            upstream.spoiled = Some(Spoiled::PeerClosed);
            tap::finish(w, id);
            release::release(w, id);
            pass_on(w, id, &[], true);
            return;
        }
        Some(e) => {
            // The words that people know from nginx.
            let call = if upstream.buffering > Buffering::Off { "readv" } else { "recv" };
            let text = handshake::words(w, id, call, e);
            log::error(w, request, Level::Error, format_args!("{text}"));
        }
        None => {
            let text = format_args!("upstream prematurely closed connection");
            log::error(w, request, Level::Error, text);
        }
    }
    cut_short(w, id, Spoiled::PeerClosed);
}

/// The response cannot be completed. What there is of it goes to the client.
fn cut_short(w: &mut Worker, id: UpstreamId, why: Spoiled) {
    let upstream = &mut w.upstreams[id];
    upstream.spoiled = Some(why);
    let request = upstream.request;
    release::release(w, id);
    if w.requests[request].response.stage == Stage::Begun || !respond::flush(w, request).is_over() {
        respond::cut_short(w, request, 502);
    }
}
