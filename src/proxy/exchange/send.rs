//! The request goes to the server: the head, then the body from memory, from a file, or from the client.

use std::io::IoSlice;
use std::os::unix::fs::FileExt;

use crate::event::Side;
use crate::http::exchange::{Seen, Written};
use crate::http::request::BodyState;
use crate::os::Errno;
use crate::os::net::Io;
use crate::os::splice::Pipe;
use crate::proto::Client;
use crate::proto::h1::body::Body;
use crate::proxy::connection;
use crate::proxy::pool::{release, retry, scripted, undelivered};
use crate::serve::body::{self, Part};
use crate::serve::log::{self, Level};
use crate::serve::{abort, downstream, respond};
use crate::upstream::failure::Failures;
use crate::worker::*;

/// Writes of one event; then others get their turn.
const BUDGET: usize = 32;

/// A piece of a body that is passed on as it comes. What the server does not take is copied and moved, so
/// that larger pieces cost more than the calls they save.
pub const PIECE: usize = 32 << 10;

/// As much of it as is moved through a pipe at once: a little less than the largest packet holds, so that
/// no small one follows each.
pub const SPLICED: usize = 60 << 10;

/// Writes the head, and the body with it if that is in memory.
pub fn begin(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    let request = w.upstreams[id].request;
    let mut line = w.buffers.line();
    let location = w.location_of(request);
    let protocol = w.protocol_of(id);
    w.upstreams[id].building = !location.upstream.request_dynamic;
    let created = (protocol.create_request)(w, id, &mut line);
    w.upstreams[id].building = false;
    if let Err(status) = created {
        w.buffers.give_line(line);
        release::release(w, id);
        return respond::error(w, request, status);
    }
    let own_body = (protocol.has_own_body)(location);
    let framed = match w.upstreams[id].client.frames() {
        true => frame_memory(w, id, own_body, &mut line),
        false => 0,
    };
    let Worker { event, channels, requests, upstreams, .. } = w;
    let it = &requests[request];
    let frames = upstreams[id].client.frames();
    let is_streamed = !own_body && it.body.state == BodyState::Streaming;
    let memory: &[u8] = match it.body.state {
        _ if frames => &[],
        BodyState::Complete if !own_body && it.body.in_memory() => &it.body.memory,
        BodyState::Streaming if is_streamed => downstream::at_hand(channels, it),
        _ => &[],
    };
    let sent = match memory.is_empty() {
        true => event.send(conn, &line),
        false => event.sendv(conn, &[IoSlice::new(&line), IoSlice::new(memory)]),
    };
    let in_line = match sent {
        Io::Done(n) => n.min(line.len()),
        _ => 0,
    };
    let upstream = &mut w.upstreams[id];
    upstream.out.extend_from_slice(&line[in_line..]);
    upstream.own_body = own_body;
    w.buffers.give_line(line);
    match sent {
        Io::Done(n) => {
            w.upstreams[id].body_sent = framed + (n - in_line) as u64;
            if is_streamed && n > in_line {
                downstream::take_at_hand(w, request, n - in_line);
            }
            progressed(w, id);
            send(w, id);
        }
        Io::Again => {
            w.upstreams[id].body_sent = framed;
            blocked(w, id, conn);
        }
        Io::Eof => failed(w, id, Errno::PIPE),
        Io::Fail(e) => failed(w, id, e),
    }
}

/// Appends a body that is in memory, or that there is none, as the protocol frames it. Returns how much of the body
/// that was.
fn frame_memory(w: &mut Worker, id: UpstreamId, own_body: bool, out: &mut Vec<u8>) -> u64 {
    let Worker { requests, upstreams, .. } = w;
    let upstream = &mut upstreams[id].it;
    let body = &requests[upstream.request].body;
    let is_here = own_body || body.state == BodyState::Complete && body.file.is_none();
    if !is_here {
        return 0;
    }
    let mut rest: &[u8] = if own_body { &[] } else { &body.memory };
    let sent = rest.len() as u64;
    while !upstream.stream_ended {
        let (piece, behind) = rest.split_at(rest.len().min(Client::MAX_FRAME));
        rest = behind;
        upstream.stream_ended = rest.is_empty();
        let tail = upstream.client.frame(piece.len(), rest.is_empty(), out);
        out.extend_from_slice(piece);
        out.extend_from_slice(tail);
    }
    sent
}

/// The task's write handler until the whole request has been written.
pub fn send(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    if w.event.conns[conn].write.timedout {
        w.event.conns[conn].write.timedout = false;
        return timed_out(w, id);
    }
    for _ in 0..BUDGET {
        if w.upstreams[id].written == Written::All {
            return;
        }
        match step(w, id, conn) {
            Step::Went => progressed(w, id),
            Step::Enough => {
                progressed(w, id);
                break;
            }
            Step::Blocked => return blocked(w, id, conn),
            Step::Starved => return,
            Step::Complete => return complete(w, id, conn),
            Step::Failed(e) => return failed(w, id, e),
            Step::Over => return,
        }
    }
    w.event.post(conn, Side::Write);
}

enum Step {
    Went,
    /// It went, and others get their turn.
    Enough,
    /// The server's socket is full.
    Blocked,
    /// The client has nothing more for now.
    Starved,
    Complete,
    Failed(Errno),
    /// The request has ended.
    Over,
}

fn step(w: &mut Worker, id: UpstreamId, conn: ConnId) -> Step {
    let Worker { event, requests, upstreams, .. } = w;
    let upstream = &mut upstreams[id].it;
    let body = &requests[upstream.request].body;
    if !event.conns[conn].write.ready {
        return Step::Blocked;
    }
    let at = upstream.body_sent;
    let sent = if !upstream.out.is_empty() {
        let sent = event.send(conn, &upstream.out);
        if let Io::Done(n) = sent {
            upstream.out.drain(..n);
        }
        return went(sent);
    } else if let Some(mut pipe) = upstream.take_pipe() {
        let sent = event.splice_out(conn, &mut pipe);
        return keep_rest(w, id, pipe, sent);
    } else if upstream.own_body {
        return Step::Complete;
    } else if body.state == BodyState::Streaming {
        return stream(w, id, conn);
    } else if upstream.client.frames() {
        return piece_of_file(w, id, conn);
    } else if let Some(file) = &body.file {
        match file.len - at {
            0 => return Step::Complete,
            left => event.sendfile(conn, &file.file, at, left as usize),
        }
    } else {
        match body.memory.get(at as usize..) {
            None | Some([]) => return Step::Complete,
            Some(rest) => event.send(conn, rest),
        }
    };
    if let Io::Done(n) = sent {
        upstream.body_sent += n as u64;
    }
    went(sent)
}

/// Sends a piece of a body that is in a file, as the protocol frames it.
fn piece_of_file(w: &mut Worker, id: UpstreamId, conn: ConnId) -> Step {
    let Worker { requests, upstreams, buffers, .. } = w;
    let upstream = &upstreams[id];
    let at = upstream.body_sent;
    let file = match &requests[upstream.request].body.file {
        Some(file) if !upstream.stream_ended => file,
        _ => return Step::Complete,
    };
    let mut scratch = buffers.take();
    let most = usize::try_from(file.len.saturating_sub(at)).unwrap_or(usize::MAX);
    let read = file.file.read_at(&mut scratch[..most.min(Client::MAX_FRAME)], at);
    let end = read.as_ref().is_ok_and(|&n| at + n as u64 == file.len);
    let step = match read {
        Ok(0) if !end => Step::Failed(Errno::IO),
        Ok(n) => forward(w, id, conn, &scratch[..n], end),
        Err(e) => Step::Failed(e.into()),
    };
    w.buffers.give(scratch);
    step
}

fn went(sent: Io) -> Step {
    match sent {
        Io::Done(_) => Step::Went,
        Io::Again => Step::Blocked,
        Io::Eof => Step::Failed(Errno::PIPE),
        Io::Fail(e) => Step::Failed(e),
    }
}

/// Passes on a piece of the client's body as it comes.
fn stream(w: &mut Worker, id: UpstreamId, conn: ConnId) -> Step {
    let request = w.upstreams[id].request;
    if w.requests[request].body.rest.is_done() && w.upstreams[id].stream_ended {
        return Step::Complete;
    }
    if !w.requests[request].body.memory.is_empty() {
        let first = std::mem::take(&mut w.requests[request].body.memory);
        return forward(w, id, conn, &first, false);
    }
    let (part, step) = match pipe_for(w, id, conn) {
        Some(pipe) => splice(w, id, conn, pipe),
        None => copy(w, id, conn),
    };
    match part {
        Part::Again => await_client(w, request),
        Part::Bad(status) => respond::error(w, request, status),
        Part::Gone => body::cut_off(w, request),
        Part::Data(..) => {
            downstream::cancel_body(w, request);
        }
    }
    step
}

fn copy(w: &mut Worker, id: UpstreamId, conn: ConnId) -> (Part, Step) {
    let request = w.upstreams[id].request;
    let mut scratch = w.buffers.take();
    let part = downstream::read(w, request, &mut scratch[..PIECE]);
    let step = match part {
        Part::Data(n, end) => forward(w, id, conn, &scratch[..n], end),
        Part::Again => Step::Starved,
        Part::Bad(_) | Part::Gone => Step::Over,
    };
    w.buffers.give(scratch);
    (part, step)
}

/// A pipe for the next piece, if that may pass by our memory.
fn pipe_for(w: &mut Worker, id: UpstreamId, conn: ConnId) -> Option<Pipe> {
    let Worker { event, channels, requests, upstreams, buffers, .. } = w;
    let upstream = &upstreams[id];
    let request = &requests[upstream.request];
    let is_large = request.body.length.is_some_and(|len| len >= buffers.splice_from);
    let is_sized = matches!(request.body.rest, Body::Sized(1..));
    match is_large
        && is_sized
        && !upstream.client.frames()
        && downstream::has_read_all(channels, request)
        && downstream::gives_splice(event, channels, request)
        && !event.conns[conn].is_encrypted()
    {
        true => buffers.pipe(&event.driver),
        false => None,
    }
}

/// Pieces of several clients in turn cost less than all of one: while the others have theirs, the system
/// sends this one off, where the next right behind it would wait for a timer.
fn splice(w: &mut Worker, id: UpstreamId, conn: ConnId, mut pipe: Pipe) -> (Part, Step) {
    let request = w.upstreams[id].request;
    let part = downstream::read_into(w, request, &mut pipe, SPLICED);
    let step = match part {
        Part::Data(n, end) => {
            let upstream = &mut w.upstreams[id];
            upstream.body_sent += n as u64;
            upstream.stream_ended = end;
            let sent = w.event.splice_out(conn, &mut pipe);
            let step = match keep_rest(w, id, pipe, sent) {
                Step::Went if !end => Step::Enough,
                step => step,
            };
            return (part, step);
        }
        Part::Again => Step::Starved,
        Part::Bad(_) | Part::Gone => Step::Over,
    };
    w.buffers.give_pipe(pipe);
    (part, step)
}

/// What the server did not take waits in the pipe.
fn keep_rest(w: &mut Worker, id: UpstreamId, pipe: Pipe, sent: Io) -> Step {
    match pipe.held() {
        0 => w.buffers.give_pipe(pipe),
        _ => w.upstreams[id].rare.get_or_insert().pipe = Some(pipe),
    }
    went(sent)
}

/// Frames a piece of the body as the head announced it, and sends it.
fn forward(w: &mut Worker, id: UpstreamId, conn: ConnId, data: &[u8], end: bool) -> Step {
    let mut line = w.buffers.line();
    let client = &mut w.upstreams[id].client;
    let frames = client.frames();
    let tail = if frames { client.frame(data.len(), end, &mut line) } else { b"" };
    let parts = [&line, data, tail];
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let sent = match total {
        0 => Io::Done(0),
        _ if frames => w.event.sendv(conn, &parts.map(IoSlice::new)),
        _ => w.event.send(conn, data),
    };
    let upstream = &mut w.upstreams[id];
    upstream.stream_ended = end;
    let mut done = match sent {
        Io::Done(n) => n,
        _ => 0,
    };
    upstream.body_sent += data.len() as u64;
    for part in parts {
        let gone = done.min(part.len());
        done -= gone;
        upstream.out.extend_from_slice(&part[gone..]);
    }
    w.buffers.give_line(line);
    match sent {
        Io::Again => Step::Blocked,
        Io::Done(_) if end && w.upstreams[id].out.is_empty() => Step::Complete,
        other => went(other),
    }
}

/// The client is to send more; its read handler brings us back here.
fn await_client(w: &mut Worker, request: RequestId) {
    let timeout = w.location_of(request).core.client_body_timeout;
    w.requests[request].read = client_readable;
    downstream::want_body(w, request, timeout);
}

/// A request's read handler while its body is passed on as it comes.
fn client_readable(w: &mut Worker, request: RequestId) {
    let Some(id) = w.requests[request].upstream else {
        // The answer was sooner whole than the body, of which nothing more is awaited.
        return abort::watch(w, request);
    };
    if downstream::body_timed_out(w, request) {
        return body::timed_out(w, request);
    }
    // That of a connection which was handed over writes the head first.
    (w.upstreams[id].write)(w, id);
    // While the server takes nothing, no read comes to the end.
    abort::watch(w, request);
}

/// The system took some bytes: so the connection stands.
fn progressed(w: &mut Worker, id: UpstreamId) {
    let now = w.event.now;
    if let Some(conn) = connection(w, id) {
        // `proxy_send_timeout` begins anew with each part, and does not run while the client is awaited.
        w.event.cancel(conn, Side::Write);
    }
    let upstream = &mut w.upstreams[id];
    if upstream.written > Written::Nothing {
        return;
    }
    upstream.written = Written::Some;
    let (request, started) = (upstream.request, upstream.started);
    crate::proxy::pool::connect::unlist_as_dialing(w, id);
    let request = &mut w.requests[request];
    request.action = "sending request to upstream";
    if let Some(it) = request.tries.last_mut() {
        it.connect_time.set(now - started);
    }
}

/// The server's socket is full, or the connection is still being made, which has its time already: it has
/// `proxy_send_timeout` for each further bit.
fn blocked(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let request = w.upstreams[id].request;
    if !w.event.conns[conn].write.is_armed() {
        let timeout = scripted::send_timeout(w, id);
        w.event.arm(conn, Side::Write, timeout);
    }
    // While the server does not take it, nothing more is asked of the client.
    downstream::cancel_body(w, request);
}

/// The request is out: now the server has `proxy_read_timeout` for each bit of its answer. An answer that came
/// early has its time already.
fn complete(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let task = &mut w.upstreams[id];
    task.written = Written::All;
    task.write = rest;
    task.out = Vec::new();
    let request = task.request;
    let head_done = task.seen == Seen::Head;
    w.event.disarm(conn, Side::Write);
    let it = &mut w.requests[request];
    if it.body.state == BodyState::Streaming {
        it.body.state = BodyState::Complete;
        downstream::cancel_body(w, request);
        abort::await_end(w, request);
    }
    if !head_done {
        let timeout = scripted::read_timeout(w, id);
        w.event.arm(conn, Side::Read, timeout);
        w.requests[request].action = "reading response header from upstream";
    }
}

fn timed_out(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    if w.upstreams[id].seen == Seen::Head {
        // The server answers but does not take the rest of the body: its answer is passed on.
        w.upstreams[id].write = rest;
        w.upstreams[id].forget_rest();
        return;
    }
    let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
    log::error(w, request, Level::Error, text);
    retry::next(w, id, Failures::TIMEOUT);
}

fn failed(w: &mut Worker, id: UpstreamId, e: Errno) {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    if upstream.seen == Seen::Head {
        // Its answer came early and goes on; only the rest of the body is lost.
        upstream.write = rest;
        upstream.forget_rest();
        return;
    }
    let connecting = upstream.written == Written::Nothing && !upstream.peer.cached;
    if !connecting && matches!(e, Errno::PIPE | Errno::RESET) {
        // It may have answered before it closed: that answer, or its absence, decides.
        upstream.write = rest;
        let conn = upstream.peer.connection;
        if let Some(conn) = conn.filter(|&conn| !w.event.conns[conn].read.ready) {
            w.event.conns[conn].read.ready = true;
        }
        w.upstreams[id].rare.get_or_insert().send_error = Some(e);
        super::response_head::receive(w, id);
        // The rest of an answer, or the end, is on its way: but it is not awaited for ever.
        if let Some(conn) = conn.filter(|&conn| connection(w, id) == Some(conn)) {
            if w.upstreams[id].seen < Seen::Head && !w.event.conns[conn].read.is_armed() {
                let timeout = scripted::read_timeout(w, id);
                w.event.arm(conn, Side::Read, timeout);
            }
        }
        return;
    }
    if let Some(conn) = connection(w, id) {
        undelivered::ended(w, id, conn, Some(e));
    }
    let call = if connecting { "connect" } else { "send" };
    log::error(w, request, Level::Error, format_args!("{call}() failed ({e})"));
    retry::next(w, id, Failures::ERROR);
}
