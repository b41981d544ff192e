//! A response that its client takes too slowly goes to a temporary file, so that the server's connection
//! is free again: the last filter of a body, which is there once the file is.
//!
//! It begins only when the client has kept the server waiting for a while: one whose socket is full for a
//! moment costs no file. What was pending by then is sent from memory, what follows from the file; when the
//! client has caught up the file is given up, and pieces pass from hand to hand again.

use std::fs;
use std::io::Write;
use std::rc::Rc;

use crate::http::ctx::Spool;
use crate::http::exchange::Buffering;
use crate::http::filters::{BodyFilters, FileBody, Passed, Piece};
use crate::os::{Errno, temp};
use crate::serve::log::{self, Level};
use crate::serve::{downstream, filter};
use crate::worker::*;

pub const FILTER: BodyFilter = BodyFilter { write, resume };

/// How long, in ms, a client may keep the server waiting before a file is used.
pub const PATIENCE: u64 = 50;

/// Whether what comes now goes to the file, for which there is room yet.
pub fn takes_more(w: &Worker, request: RequestId) -> bool {
    let request = &w.requests[request];
    request.held.except(BodyFilters::SPOOL).is_empty()
        && request.rare.ctx.as_ref().is_some_and(|ctx| ctx.takes_more())
}

/// How much may be read at once for the file.
pub fn piece(w: &Worker, request: RequestId) -> usize {
    let spool = w.requests[request].rare.ctx.as_ref().and_then(|ctx| ctx.spool.as_ref());
    let left = spool.map_or(0, |spool| spool.max.saturating_sub(spool.len));
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    let size = w.location_of(request).upstream.temp_file_write_size;
    size.unwrap_or(SCRATCH).min(left).clamp(1, SCRATCH)
}

/// A file can be of use: there is none yet, and it is the client that is waited for. Subrequests have none: what they make
/// goes into their main request's.
pub fn may_open(w: &Worker, request: RequestId) -> bool {
    let r = &w.requests[request];
    let is_open = r.filters.has(BodyFilters::SPOOL);
    !is_open && !r.held.has(BodyFilters::POSTPONE) && !downstream::is_subrequest(r)
}

/// The client kept the server waiting for long enough. False: there is no file to be had.
pub fn open(w: &mut Worker, id: UpstreamId) -> bool {
    if w.upstreams[id].buffering < Buffering::File {
        return false;
    }
    let request = w.upstreams[id].request;
    if !may_open(w, request) {
        return false;
    }
    let settings = &w.location_of(request).upstream;
    let (place, max) = (&settings.temp_path, settings.max_temp_file_size);
    match temp::create(&place.path, &place.levels, w.rng.word()) {
        Ok((file, path)) => {
            // Without a name, the kernel frees it with its last descriptor.
            let _ = fs::remove_file(&path);
            let path = path.display();
            let text = format_args!("an upstream response is buffered to a temporary file {path}");
            log::error(w, request, Level::Warn, text);
            let r = &mut w.requests[request];
            r.filters.insert(BodyFilters::SPOOL);
            r.ctx().spool =
                Some(Spool { file: Rc::new(file), passed: 0, len: 0, max, last: false });
            true
        }
        Err((e, path)) => {
            let path = path.display();
            log::file_failed(w, request, e, format_args!("open() \"{path}\" failed ({e})"));
            w.upstreams[id].buffering = Buffering::Memory;
            false
        }
    }
}

/// The client has all of it, and the file has done its service. False: there was none.
pub fn forget(w: &mut Worker, request: RequestId) -> bool {
    let request = &mut w.requests[request];
    let was_open = request.filters.has(BodyFilters::SPOOL);
    if was_open {
        request.filters.remove(BodyFilters::SPOOL);
        request.ctx().spool = None;
    }
    was_open
}

/// A piece goes behind what the client has yet to take.
fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let is_holding = w.requests[id].held.has(BodyFilters::SPOOL);
    if !is_holding && downstream::is_drained(w, id) {
        return filter::next(w, id, next, piece, last);
    }
    let data = match piece {
        Piece::Bytes(data) => data,
        Piece::Flush => return Passed::All,
        Piece::File(_) => {
            let sent = give_up(w, id, next);
            return if sent.is_over() { sent } else { filter::next(w, id, next, piece, last) };
        }
    };
    let request = &mut w.requests[id];
    let Some(spool) = request.ctx().spool.as_mut() else {
        return filter::next(w, id, next, piece, last);
    };
    match (&*spool.file).write_all(data) {
        Ok(()) => {
            spool.len += data.len() as u64;
            spool.last |= last;
            let sent = if spool.has_room() { Passed::All } else { Passed::Blocked };
            request.held.insert(BodyFilters::SPOOL);
            sent
        }
        Err(e) => {
            let e = Errno::from(e);
            log::file_failed(w, id, e, format_args!("pwrite() failed ({e})"));
            if let Some(upstream) = w.requests[id].upstream {
                w.upstreams[upstream].buffering = Buffering::Memory;
            }
            let sent = give_up(w, id, next);
            if sent.is_over() { sent } else { filter::next(w, id, next, Piece::Bytes(data), last) }
        }
    }
}

/// What is in the file waits for the client like anything else, and nothing more comes in.
fn give_up(w: &mut Worker, id: RequestId, next: Next) -> Passed {
    let sent = resume(w, id, next);
    if !sent.is_over() {
        forget(w, id);
    }
    sent
}

/// The client is to get what is in the file.
fn resume(w: &mut Worker, id: RequestId, next: Next) -> Passed {
    let request = &mut w.requests[id];
    request.held.remove(BodyFilters::SPOOL);
    let Some(spool) = request.ctx().spool.as_mut() else { return Passed::All };
    let (offset, last) = (spool.passed, spool.last);
    spool.passed = spool.len;
    let body = FileBody { file: spool.file.clone(), offset, left: spool.len - offset };
    filter::next(w, id, next, Piece::File(body), last)
}
