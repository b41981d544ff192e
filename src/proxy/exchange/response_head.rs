//! The head of the response comes in: interim ones are dropped, a wrong one is a failure, the final one
//! becomes the head of the client's response.

use crate::event::Side;
use crate::http::exchange::{MOST_INTERIM, Seen, Spoiled, Written};
use crate::http::filters::HeadFilters;
use crate::http::response;
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::{Field, Got, Method, Name, Version, Violation};
use crate::proxy::connection;
use crate::proxy::pool::{balance, handshake, release, retry, scripted, undelivered};
use crate::serve::downstream;
use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::serve::respond::{self, Begun};
use crate::tls::TlsError;
use crate::upstream::failure::Failures;
use crate::worker::*;

use super::{accel, cache, discard, fields, messages, pump, tap, upgrade};

/// The task's read handler until the final head is here.
pub fn receive(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    if w.event.conns[conn].read.timedout {
        w.event.conns[conn].read.timedout = false;
        let request = w.upstreams[id].request;
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Error, text);
        return retry::next(w, id, Failures::TIMEOUT);
    }
    if !w.event.conns[conn].read.ready {
        return;
    }
    let request = w.upstreams[id].request;
    let settings = &w.location_of(request).upstream;
    // What stands behind the head goes out with it, unless it is to be read slowly.
    let most = match settings.limit_rate {
        Some(_) => settings.buffer_size.clamp(1024, SCRATCH),
        None if w.requests[request].line.upgrade => upgrade::most(w, request),
        None => pump::piece(settings, settings.buffering),
    };
    let mut scratch = w.buffers.take();
    read(w, id, conn, &mut scratch[..most]);
    w.buffers.give(scratch);
}

fn read(w: &mut Worker, id: UpstreamId, conn: ConnId, scratch: &mut [u8]) {
    let upstream = &mut w.upstreams[id];
    let mut len = upstream.inbox.len();
    scratch[..len].copy_from_slice(&upstream.inbox);
    // What is no part of a head (STDERR of FastCGI, interim responses) may come without end.
    let mut budget = pump::BUDGET;
    while w.event.conns[conn].read.ready {
        if budget == 0 {
            w.event.post(conn, Side::Read);
            break;
        }
        match w.event.recv(conn, &mut scratch[len..]) {
            Io::Done(n) => {
                budget = budget.saturating_sub(SCRATCH);
                len += n;
                w.upstreams[id].seen = Seen::Some;
                count_received(w, id, n);
                // Silence is timed: bytes end it, a wake for nothing does not.
                w.event.cancel(conn, Side::Read);
            }
            Io::Again => break,
            end => {
                // What has come is kept: a connection that has begun to answer was not dead.
                keep(w, id, &scratch[..len]);
                w.upstreams[id].client.close();
                messages::log(w, id);
                return closed(w, id, if let Io::Fail(e) = end { Some(e) } else { None });
            }
        }
        match parse(w, id, scratch, &mut len) {
            Ok(true) => return,
            Ok(false) if messages::log(w, id) => return give_up_invalid(w, id),
            Ok(false) => {}
            Err(violation) => {
                messages::log(w, id);
                log_invalid(w, id, &violation, &scratch[..len]);
                return give_up_invalid(w, id);
            }
        }
    }
    keep(w, id, &scratch[..len]);
    if w.upstreams[id].written == Written::All && !w.event.conns[conn].read.is_armed() {
        let timeout = scripted::read_timeout(w, id);
        w.event.arm(conn, Side::Read, timeout);
    }
}

/// The bytes of a head that is not whole.
fn keep(w: &mut Worker, id: UpstreamId, bytes: &[u8]) {
    let inbox = &mut w.upstreams[id].inbox;
    inbox.clear();
    inbox.extend_from_slice(bytes);
}

pub fn count_received(w: &mut Worker, id: UpstreamId, n: usize) {
    let request = w.upstreams[id].request;
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.bytes_received += n as u64;
    }
}

/// True: the head was found and has been dealt with, and so has what came behind it.
fn parse(
    w: &mut Worker,
    id: UpstreamId,
    scratch: &mut [u8],
    len: &mut usize,
) -> Result<bool, Violation> {
    if w.upstreams[id].head.bytes.capacity() == 0 {
        w.upstreams[id].head = w.buffers.head();
    }
    loop {
        let upstream = &mut w.upstreams[id].it;
        let (input, head) = (&mut scratch[..*len], &mut upstream.head);
        let at = match upstream.client.receive(input, head, &mut upstream.line)? {
            Got::Head { consumed } => {
                upstream.seen = Seen::Head;
                upstream.inbox = Vec::new();
                match messages::log(w, id) {
                    true => give_up_invalid(w, id),
                    false => process(w, id, &mut scratch[consumed..*len]),
                }
                return Ok(true);
            }
            Got::More { consumed } => {
                scratch.copy_within(consumed..*len, 0);
                *len -= consumed;
                return Ok(false);
            }
            Got::Interim { consumed } => {
                upstream.interim += 1;
                if upstream.interim > MOST_INTERIM {
                    return Err(Violation::UpstreamManyInterim);
                }
                if upstream.line.status == 103 && !early_hints(w, id) {
                    return Ok(true);
                }
                w.upstreams[id].head.clear();
                consumed
            }
            Got::Body(_) => return Ok(false),
        };
        scratch.copy_within(at..*len, 0);
        *len -= at;
    }
}

/// 103 is passed on to clients that can know it (RFC 8297). False: the request has ended.
fn early_hints(w: &mut Worker, id: UpstreamId) -> bool {
    let (request, line) = (w.upstreams[id].request, w.upstreams[id].line);
    let conditions = &w.location_of(request).core.early_hints;
    let wanted = match conditions {
        Some(any) => any.iter().any(|condition| eval::is_true(w, request, condition)),
        None => true,
    };
    if w.requests[request].line.version < Version::V11 || !wanted {
        return true;
    }
    let settings = &w.location_of(request).upstream;
    let mut out = w.buffers.head();
    let head = &w.upstreams[id].head;
    for field in &head.fields {
        let name = head.name(field);
        let stays =
            fields::ends_here(head, &line, settings, field) || field.id == Name::ContentLength;
        if !stays && !settings.hidden.has(field.id, name) {
            response::push_line(&mut out, name, head.value(field));
        }
    }
    let alive = respond::interim(w, request, line.status, &out);
    w.buffers.give_head(out);
    alive
}

/// The connection ended where a head should have come.
fn closed(w: &mut Worker, id: UpstreamId, e: Option<Errno>) {
    // Before a response nothing can be missing of one: what the kernel knows is that the server has closed.
    let e = e.filter(|_| handshake::failure(w, id) != Some(&TlsError::Truncated));
    if let Some(conn) = connection(w, id) {
        if undelivered::ended(w, id, conn, e) {
            return;
        }
    }
    give_up(w, id, e);
}

/// It is known what the end means.
pub fn give_up(w: &mut Worker, id: UpstreamId, e: Option<Errno>) {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    upstream.spoiled = Some(Spoiled::PeerClosed);
    let connecting = upstream.written == Written::Nothing && !upstream.peer.cached;
    let send_error = upstream.rare.send_error;
    match (e.or(send_error), connecting) {
        (Some(e), true) => {
            log::error(w, request, Level::Error, format_args!("connect() failed ({e})"));
        }
        (Some(e), false) => {
            let call = if send_error.is_some() { "send" } else { "recv" };
            let text = handshake::words(w, id, call, e);
            log::error(w, request, Level::Error, format_args!("{text}"));
        }
        (None, _) => {
            let text = format_args!("upstream prematurely closed connection");
            log::error(w, request, Level::Error, text);
        }
    }
    retry::next(w, id, Failures::ERROR);
}

/// Says what is wrong, and where if the violation alone does not say it.
fn log_invalid(w: &Worker, id: UpstreamId, violation: &Violation, read: &[u8]) {
    let request = w.upstreams[id].request;
    let upstream = &w.upstreams[id];
    let details = upstream.client.details(*violation, read, &upstream.head);
    log::error(w, request, Level::Error, format_args!("{violation}{details}"));
}

fn give_up_invalid(w: &mut Worker, id: UpstreamId) {
    w.upstreams[id].spoiled = Some(Spoiled::Failed);
    retry::next(w, id, Failures::INVALID_HEADER);
}

/// Fields that can be there only once: what comes after the first is not looked at.
fn drop_repeated(w: &mut Worker, id: UpstreamId) {
    let mut head = std::mem::take(&mut w.upstreams[id].head);
    let request = w.upstreams[id].request;
    let mut at = 0;
    while let Some(field) = head.fields.get(at).copied() {
        let first = head.fields[..at].iter().find(|first| first.id == field.id);
        let Some(first) = first.filter(|_| field.id.is_single()) else {
            at += 1;
            continue;
        };
        let line = |field: &Field| {
            let (name, value) = (head.name(field), head.value(field));
            [name, b": ", value].concat().escape_ascii().to_string()
        };
        let (repeated, first) = (line(&field), line(first));
        let text = format_args!(
            "upstream sent duplicate header line: \"{repeated}\", previous value: \"{first}\", ignored"
        );
        log::error(w, request, Level::Warn, text);
        head.fields.remove(at);
    }
    w.upstreams[id].head = head;
}

/// The final head: another try, an error page of ours, or this answer.
fn process(w: &mut Worker, id: UpstreamId, rest_of_read: &mut [u8]) {
    if w.upstreams[id].line.repeated {
        drop_repeated(w, id);
    }
    let now = w.event.now;
    let upstream = &mut w.upstreams[id];
    let (request, status, started) = (upstream.request, upstream.line.status, upstream.started);
    if let Some(it) = w.requests[request].tries.last_mut() {
        it.status = status;
        it.header_time.set(now - started);
    }
    let settings = &w.location_of(request).upstream;
    let failure = Failures::of_status(status);
    if failure != Failures::NONE {
        messages::log_not_found(w, id);
        if retry::would_retry(w, id, failure) {
            discard::rest(w, id, rest_of_read);
            return retry::next(w, id, failure);
        }
    }
    if status >= 300 && cache::instead(w, id, failure, rest_of_read) {
        return;
    }
    if status == 101 && !upgrade::was_asked_for(w, id) {
        let why = Violation::UpstreamUnexpected101;
        log_invalid(w, id, &why, &[]);
        return give_up_invalid(w, id);
    }
    if w.upstreams[id].is_head && w.requests[request].method != Method::Head {
        // `proxy_method HEAD`: the length in the head has no body behind it.
        w.requests[request].disable_keepalive();
    }
    balance::heard_head(w, id);
    let accel = w.upstreams[id].line.accel;
    if accel {
        accel::obey(w, id);
    }
    if settings.intercept_errors && status >= 300 {
        // As in nginx also while a page is made already: then the built-in one takes its place.
        let core = &w.location_of(request).core;
        let is_ours = status == 404 && settings.intercept_404;
        if is_ours || core.error_page_for(status).is_some() {
            return intercept(w, id, status, rest_of_read);
        }
    }
    if accel && accel::redirect(w, id, rest_of_read) {
        return;
    }
    if fields::copy(w, id).is_err() {
        release::release(w, id);
        return respond::error(w, request, 500);
    }
    pump::prepare(w, id);
    if status == 101 {
        return upgrade::begin(w, id, rest_of_read);
    }
    if settings.has_tap {
        tap::begin(w, id);
    }
    if settings.force_ranges {
        let response = &mut w.requests[request].response;
        response.filters.insert(HeadFilters::RANGE);
        response.rare.get_or_insert().single_range = true;
    }
    w.requests[request].action = "reading upstream";
    w.upstreams[id].read = pump::readable;
    match respond::decide(w, request) {
        Begun::Yes => {}
        Begun::No => return,
        Begun::Instead(status) => {
            discard::rest(w, id, rest_of_read);
            release::release(w, id);
            return respond::error(w, request, status);
        }
    }
    match downstream::is_discarded(w, request) {
        true if w.upstreams[id].rare.tap.is_none() => head_only(w, id, rest_of_read),
        _ => pump::begin(w, id, rest_of_read),
    }
}

/// The response to a request that has no use for a body.
fn head_only(w: &mut Worker, id: UpstreamId, rest_of_read: &mut [u8]) {
    let request = w.upstreams[id].request;
    discard::rest(w, id, rest_of_read);
    release::release(w, id);
    respond::write(w, request, &[], true);
}

/// `proxy_intercept_errors`: our page instead of the server's.
fn intercept(w: &mut Worker, id: UpstreamId, status: u16, rest_of_read: &mut [u8]) {
    let request = w.upstreams[id].request;
    cache::fill::intercepted(w, id, status);
    let kept = respond::kept_field(status);
    let Worker { requests, upstreams, .. } = w;
    let head = &upstreams[id].head;
    for field in head.fields.iter().filter(|it| it.id != Name::Other && it.id == kept) {
        requests[request].response.add_line(head, field);
    }
    discard::rest(w, id, rest_of_read);
    // The cookie of `sticky` goes with the page.
    w.requests[request].rare.get_or_insert().handed_over = true;
    w.requests[request].action = "sending to client";
    release::release(w, id);
    respond::error(w, request, status);
}
