//! A response that its client takes too slowly goes to a temporary file, so that the server's connection
//! is free again.
//!
//! It begins only when the client has kept the server waiting for a while: one whose socket is full for a
//! moment costs no file. What was pending by then is sent from memory, what follows from the file; when the
//! client has caught up the file is given up, and pieces pass from hand to hand again.

use std::fs;
use std::io::Write;
use std::rc::Rc;

use crate::http::exchange::{Buffering, Spool};
use crate::os::{Errno, temp};
use crate::serve::log::{self, Level};
use crate::serve::respond;
use crate::worker::*;

/// How long, in ms, a client may keep the server waiting before a file is used.
pub const PATIENCE: u64 = 50;

/// Whether what comes now goes to the file, for which there is room yet.
pub fn takes_more(w: &Worker, id: UpstreamId) -> bool {
    let upstream = &w.upstreams[id];
    let most = w.location_of(upstream.request).upstream.max_temp_file_size;
    upstream.rare.spool.as_ref().is_some_and(|spool| spool.len < most)
}

/// How much may be read at once for the file.
pub fn piece(w: &Worker, id: UpstreamId) -> usize {
    let upstream = &w.upstreams[id];
    let settings = &w.location_of(upstream.request).upstream;
    let len = upstream.rare.spool.as_ref().map_or(0, |spool| spool.len);
    let left =
        usize::try_from(settings.max_temp_file_size.saturating_sub(len)).unwrap_or(usize::MAX);
    settings.temp_file_write_size.unwrap_or(SCRATCH).min(left).clamp(1, SCRATCH)
}

/// The client kept the server waiting for long enough. False: there is no file to be had.
pub fn open(w: &mut Worker, id: UpstreamId) -> bool {
    if w.upstreams[id].buffering < Buffering::File {
        return false;
    }
    let request = w.upstreams[id].request;
    let place = &w.location_of(request).upstream.temp_path;
    match temp::create(&place.path, &place.levels, w.rng.word()) {
        Ok((file, path)) => {
            // It has no name from here on, and so ends with whoever still reads it.
            let _ = fs::remove_file(&path);
            let path = path.display();
            let text = format_args!("an upstream response is buffered to a temporary file {path}");
            log::error(w, request, Level::Warn, text);
            w.upstreams[id].rare.get().spool = Some(Spool { file: Rc::new(file), len: 0 });
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

/// The file has done its service. False: there was none.
pub fn forget(w: &mut Worker, id: UpstreamId) -> bool {
    w.upstreams[id].rare.if_any().is_some_and(|rare| rare.spool.take().is_some())
}

/// A piece of the body goes behind what the client has yet to take. False: it did not fit the disk.
pub fn write(w: &mut Worker, id: UpstreamId, data: &[u8], last: bool) -> bool {
    let upstream = &mut w.upstreams[id];
    let request = upstream.request;
    let spool = upstream.it.rare.if_any().and_then(|rare| rare.spool.as_mut());
    let Some(spool) = spool else { return false };
    let mut head = w.buffers.line();
    let tail = respond::frame(&w.requests[request].response, data.len(), last, &mut head);
    let mut file = &*spool.file;
    let parts = [&head, data, tail];
    let written = parts.iter().try_for_each(|part| file.write_all(part));
    let len: u64 = parts.iter().map(|part| part.len() as u64).sum();
    w.buffers.give_line(head);
    match written {
        Ok(()) => {
            let at = spool.len;
            spool.len += len;
            let file = spool.file.clone();
            respond::spooled(w, request, file, at..at + len, data.len(), last);
            true
        }
        Err(e) => {
            let e = Errno::from(e);
            log::file_failed(w, request, e, format_args!("pwrite() failed ({e})"));
            w.upstreams[id].buffering = Buffering::Memory;
            forget(w, id);
            false
        }
    }
}
