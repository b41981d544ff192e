//! The client's body: read into memory and then a file, thrown away, or left to what passes it on.

use std::cell::Cell;
use std::io::Write;
use std::rc::Rc;

use crate::http::request::{BodyFile, BodyState, Persistence, SizeCheck};
use crate::http::settings::core::InFileOnly;
use crate::proto::h1::body::Body;
use crate::proto::{Head, Violation};
use crate::worker::*;

use super::{abort, downstream, finish, log, respond};

/// Reads of one event; then others get their turn.
const BUDGET: usize = 16;

/// Memory for a body before it is there.
const ANNOUNCED: usize = 1 << 20;

/// What is looked at of a body before the rest is passed on as it comes.
const FIRST: usize = 16 << 10;

/// Reads the whole body. `Next`: it is here. `Wait`: the request's write handler is called when it is.
pub fn read(w: &mut Worker, id: RequestId) -> Flow {
    let request = &mut w.requests[id];
    if request.body.state == BodyState::Complete {
        return Flow::Next;
    }
    let core = &w.conf.location(request.location).core;
    request.body.state = BodyState::Reading;
    if let Some(len) = request.body.length {
        if len <= core.client_body_buffer_size as u64 {
            // What is only announced gets no more, however large the buffer may become.
            request.body.memory.reserve_exact((len as usize).min(ANNOUNCED));
        }
    }
    request.read = collect;
    if !say_continue(w, id) {
        return Flow::Answered;
    }
    match gather(w, id) {
        Gathered::All => Flow::Next,
        Gathered::Some => Flow::Wait,
        Gathered::Gone => Flow::Answered,
        Gathered::Bad(status) => Flow::End(status),
    }
}

/// What came with the head of a body that is passed on as it comes.
pub enum First {
    /// All of it: there is nothing to wait for, and it can be sent again.
    Whole,
    /// Some of it, or nothing. Of a chunked one that is in memory, decoded.
    Part,
    /// It is not a valid body: this is the status, and no server is asked.
    Bad(u16),
    Gone,
}

/// Looks at what came with the head before anything is passed on.
pub fn first(w: &mut Worker, id: RequestId) -> First {
    if !say_continue(w, id) {
        return First::Gone;
    }
    let request = &w.requests[id];
    match request.body.rest {
        Body::Sized(left) if downstream::at_hand(&w.channels, request).len() as u64 == left => {
            return First::Whole;
        }
        Body::Chunked(_) if !downstream::has_read_all(&w.channels, request) => {}
        _ => return First::Part,
    }
    let mut scratch = w.buffers.take();
    let first = match downstream::read(w, id, &mut scratch[..FIRST]) {
        Part::Data(n, true) => match keep(w, id, &scratch[..n]) {
            Ok(()) => {
                complete(w, id);
                First::Whole
            }
            Err(status) => First::Bad(status),
        },
        Part::Data(n, false) => {
            w.requests[id].body.memory.extend_from_slice(&scratch[..n]);
            First::Part
        }
        Part::Bad(status) => First::Bad(status),
        Part::Again | Part::Gone => First::Part,
    };
    w.buffers.give(scratch);
    first
}

/// Before an answer that needs nothing of the body: what came of that with the head is thrown away, and what
/// did not may come. False: it is no body, or too large, which is answered instead.
///
/// As in nginx an error is answered as what it is, and asks for no more. Nor does a body that is too large
/// take the place of a redirect.
pub fn pass_over(w: &mut Worker, id: RequestId) -> bool {
    let request = &w.requests[id];
    if request.body.state != BodyState::Untouched || request.body.rest.is_done() {
        return true;
    }
    let status = request.status_override.unwrap_or(request.response.status);
    let is_error = request.status_override.is_some_and(|status| status >= 400);
    let outranks_size = status >= 300 || request.body.size == SizeCheck::Settled;
    match throw_away(w, id, is_error) {
        Thrown::Fine => true,
        Thrown::Gone => false,
        Thrown::Bad(violation) if is_error || violation == 413 && outranks_size => true,
        Thrown::Bad(violation) => {
            respond::error(w, id, violation);
            false
        }
    }
}

enum Thrown {
    Fine,
    Bad(u16),
    Gone,
}

fn throw_away(w: &mut Worker, id: RequestId, is_error: bool) -> Thrown {
    if !w.requests[id].internal && !is_size_allowed(w, id) {
        return Thrown::Bad(413);
    }
    if !is_error && !say_continue(w, id) {
        return Thrown::Gone;
    }
    let room = room(w, id);
    match downstream::pass_over(w, id, room) {
        Ok(()) => Thrown::Fine,
        Err(violation) => Thrown::Bad(broken(w, id, violation)),
    }
}

/// How much more of the body may come: what is left of the location's `client_max_body_size`, in bytes.
pub fn room(w: &Worker, id: RequestId) -> u64 {
    match w.location_of(id).core.client_max_body_size {
        0 => u64::MAX,
        most => most.saturating_sub(w.requests[id].body.received),
    }
}

/// Whether the length that the head announces, or that of a body that was read, is within the `client_max_body_size`
/// of the location; if not, the body is forgotten.
pub fn is_size_allowed(w: &mut Worker, id: RequestId) -> bool {
    let most = w.location_of(id).core.client_max_body_size;
    let body = &mut w.requests[id].it.body;
    let read = (body.state == BodyState::Complete).then_some(body.received);
    let Some(len) = body.length.or(read).filter(|&len| most != 0 && len > most) else {
        body.size = SizeCheck::Allowed;
        return true;
    };
    let text = format_args!("client intended to send too large body: {len} bytes");
    log::error(w, id, log::Level::Error, text);
    // The location that makes the page for it does not get any of it either.
    forget(w, id);
    false
}

/// What the client sends is no body. What has come of it is forgotten; what still comes is not looked at.
pub(super) fn broken(w: &mut Worker, id: RequestId, violation: Violation) -> u16 {
    let body = &w.requests[id].body;
    match violation {
        Violation::LargeChunkedBody => {
            let text = format_args!("{violation}: {}+{} bytes", body.received, body.rest.chunk());
            log::error(w, id, log::Level::Error, text);
        }
        _ => log::error(w, id, log::Level::Error, format_args!("{violation}")),
    }
    forget(w, id);
    violation.status()
}

/// From here on the request has no body: what is not read yet ends with the connection.
pub fn forget(w: &mut Worker, id: RequestId) {
    let request = &mut w.requests[id].it;
    if !request.body.rest.is_done() {
        request.persistence = Persistence::Linger;
        downstream::forget_received(w, id);
    }
    let body = &mut w.requests[id].it.body;
    body.clear();
    body.state = BodyState::Complete;
}

/// Sends `100 Continue` if the client asked for it, also if some of the body has come. False: the client is gone.
pub fn say_continue(w: &mut Worker, id: RequestId) -> bool {
    let request = &mut w.requests[id];
    if !std::mem::take(&mut request.body.expects_continue) {
        return true;
    }
    respond::interim(w, id, 100, &Head::default())
}

/// The read handler of a request whose body is being collected.
fn collect(w: &mut Worker, id: RequestId) {
    if downstream::body_timed_out(w, id) {
        return timed_out(w, id);
    }
    match gather(w, id) {
        Gathered::All => (w.requests[id].write)(w, id),
        Gathered::Some | Gathered::Gone => {}
        Gathered::Bad(status) => respond::error(w, id, status),
    }
}

/// `client_body_timeout`: as nginx, the connection is closed without an answer; the log has 408.
pub fn timed_out(w: &mut Worker, id: RequestId) {
    let text = format_args!("client timed out ({})", crate::os::Errno::TIMEDOUT);
    log::error(w, id, log::Level::Info, text);
    if !w.requests[id].response.is_begun() {
        w.requests[id].response.status = 408;
    }
    downstream::reset_if_wanted(w, id);
    finish::close(w, id);
}

enum Gathered {
    All,
    Some,
    Bad(u16),
    Gone,
}

fn gather(w: &mut Worker, id: RequestId) -> Gathered {
    let mut scratch = w.buffers.take();
    let mut gathered = Gathered::Some;
    for round in 0.. {
        if round == BUDGET {
            downstream::resume_body(w, id);
            break;
        }
        match downstream::read(w, id, &mut scratch) {
            Part::Data(n, end) => {
                downstream::cancel_body(w, id);
                if let Err(status) = keep(w, id, &scratch[..n]) {
                    gathered = Gathered::Bad(status);
                    break;
                }
                if end {
                    gathered = complete(w, id);
                    break;
                }
            }
            Part::Again => {
                let timeout = w.location_of(id).core.client_body_timeout;
                downstream::want_body(w, id, timeout);
                break;
            }
            Part::Bad(status) => {
                gathered = Gathered::Bad(status);
                break;
            }
            Part::Gone => {
                gathered = Gathered::Gone;
                break;
            }
        }
    }
    w.buffers.give(scratch);
    if matches!(gathered, Gathered::Gone) {
        cut_off(w, id);
    }
    gathered
}

fn complete(w: &mut Worker, id: RequestId) -> Gathered {
    downstream::cancel_body(w, id);
    w.requests[id].body.state = BodyState::Complete;
    abort::await_end(w, id);
    Gathered::All
}

/// Another body in place of the one that was read. False: what the client sends is not read yet.
pub fn replace(w: &mut Worker, id: RequestId, data: Vec<u8>) -> bool {
    let body = &mut w.requests[id].it.body;
    if body.state != BodyState::Complete && !body.rest.is_done() {
        return false;
    }
    body.set(data);
    true
}

/// The client stopped before its body was whole.
pub fn cut_off(w: &mut Worker, id: RequestId) {
    log::error(w, id, log::Level::Info, format_args!("client prematurely closed connection"));
    if !w.requests[id].response.is_begun() {
        w.requests[id].response.status = 400;
    }
    finish::close(w, id);
}

/// A piece of the body, decoded, at the front of the buffer given.
pub enum Part {
    /// The number of bytes, and whether they were the last.
    Data(usize, bool),
    Again,
    /// The client broke the protocol, or sent too much.
    Bad(u16),
    /// The client closed.
    Gone,
}

/// Keeps a piece in memory, or in a file once memory is not to hold more.
fn keep(w: &mut Worker, id: RequestId, data: &[u8]) -> Result<(), u16> {
    let request = &mut w.requests[id];
    let core = &w.conf.location(request.location).core;
    let most = core.client_body_buffer_size;
    let to_file = core.client_body_in_file_only != InFileOnly::Off
        || request.body.in_file
        || request.body.file.is_some()
        || request.body.length.is_some_and(|len| len > most as u64)
        || request.body.memory.len() + data.len() > most;
    if !to_file {
        request.body.memory.extend_from_slice(data);
        return Ok(());
    }
    // A large body passes through memory a buffer at a time, not a read at a time.
    if request.body.memory.len() + data.len() < most && !request.body.rest.is_done() {
        request.body.memory.extend_from_slice(data);
        return Ok(());
    }
    write(w, id, data)
}

/// Writes what is in memory, and a piece behind that, to the file.
fn write(w: &mut Worker, id: RequestId, data: &[u8]) -> Result<(), u16> {
    if w.requests[id].body.file.is_none() {
        open_file(w, id)?;
    }
    let request = &mut w.requests[id];
    let body = &mut request.it.body;
    // While it is written no other request has it.
    let Some(file) = body.file.as_mut().and_then(Rc::get_mut) else { return Err(500) };
    let written = file.file.write_all(&body.memory).and_then(|()| file.file.write_all(data));
    match written {
        Ok(()) => {
            file.len += (body.memory.len() + data.len()) as u64;
            body.memory.clear();
            Ok(())
        }
        Err(e) => {
            let e = crate::os::Errno::from(e);
            let path = file.path.display().to_string();
            log::file_failed(w, id, e, format_args!("pwrite() \"{path}\" failed ({e})"));
            Err(500)
        }
    }
}

/// The file that holds the whole body, which has been read. Error: the status.
pub fn file(w: &mut Worker, id: RequestId) -> Result<Rc<BodyFile>, u16> {
    if w.requests[id].body.file.is_none() {
        write(w, id, &[])?;
    }
    w.requests[id].body.file.clone().ok_or(500)
}

fn open_file(w: &mut Worker, id: RequestId) -> Result<(), u16> {
    let core = &w.location_of(id).core;
    let keep = core.client_body_in_file_only == InFileOnly::On;
    let opened = crate::os::temp::create(
        &core.client_body_temp_path.path,
        &core.client_body_temp_path.levels,
        w.rng.word(),
    );
    match opened {
        Ok((file, path)) => {
            if core.client_body_in_file_only == InFileOnly::Off && !w.requests[id].body.in_file {
                let shown = path.display().to_string();
                let text =
                    format_args!("a client request body is buffered to a temporary file {shown}");
                log::error(w, id, log::Level::Warn, text);
            }
            w.requests[id].body.file =
                Some(Rc::new(BodyFile { file, path, len: 0, keep: Cell::new(keep) }));
            Ok(())
        }
        Err((e, path)) => {
            let path = path.display().to_string();
            log::file_failed(w, id, e, format_args!("open() \"{path}\" failed ({e})"));
            Err(500)
        }
    }
}
