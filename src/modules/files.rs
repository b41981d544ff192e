//! Files under `root` or `alias`, with their types, dates and tags; whole, in ranges, or not at all
//! if the client has them already.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use crate::http::file_cache::Known;
use crate::http::filters::{FileBody, HeadFilters, Passed};
use crate::http::uri;
use crate::http::video::Video;
use crate::os::Errno;
use crate::proto::Method;
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::serve::{abort, filter, respond};
use crate::worker::*;

use super::{autoindex, dav, symlinks};

pub static MODULE: Module = Module { name: "static", phases: &[(Phase::Content, serve)] };

fn serve(w: &mut Worker, id: RequestId) -> Flow {
    let r = &w.requests[id];
    if !matches!(r.method, Method::Get | Method::Head | Method::Post) {
        return dav::not_allowed(w, id);
    }
    let is_directory = r.uri.last() == Some(&b'/');
    let mut name = w.buffers.line();
    let flow = match path::map_uri(w, id, &mut name) {
        None => Flow::End(500),
        Some(_) if is_directory => directory(w, id, &name),
        Some(root) => serve_path(w, id, &name, root),
    };
    w.buffers.give_line(name);
    flow
}

/// No index was found.
fn directory(w: &mut Worker, id: RequestId, name: &[u8]) -> Flow {
    let flow = autoindex::serve(w, id, name);
    if flow != Flow::Next {
        return flow;
    }
    let name = path::of(name).display();
    let text = format_args!("directory index of \"{name}\" is forbidden");
    log::error(w, id, Level::Error, text);
    Flow::End(403)
}

fn serve_path(w: &mut Worker, id: RequestId, name: &[u8], root: usize) -> Flow {
    let Known { file, metadata } = match symlinks::open(w, id, name) {
        Ok(opened) => opened,
        Err((call, e)) => return failed(w, id, name, call, e),
    };
    if metadata.is_dir() {
        return add_slash(w, id, name, root);
    }
    let Some(file) = file.filter(|_| metadata.is_file()) else {
        return not_regular(w, id, name);
    };
    if w.requests[id].method == Method::Post {
        return dav::not_allowed(w, id);
    }
    w.requests[id].response.filters.insert(HeadFilters::RANGE);
    send(w, id, file, &metadata)
}

/// A socket or a device: 404, and a line in the log.
pub(super) fn not_regular(w: &Worker, id: RequestId, name: &[u8]) -> Flow {
    let name = path::of(name).display();
    log::error(w, id, Level::Crit, format_args!("\"{name}\" is not a regular file"));
    Flow::End(404)
}

fn failed(w: &Worker, id: RequestId, name: &[u8], call: &str, e: Errno) -> Flow {
    Flow::End(open_failed(w, id, name, call, e, w.location_of(id).core.log_not_found))
}

/// `call` has failed with `e`. Returns the status for that; the log has a line, of a 404 only with `log_not_found`.
pub(super) fn open_failed(
    w: &Worker,
    id: RequestId,
    name: &[u8],
    call: &str,
    e: Errno,
    log_not_found: bool,
) -> u16 {
    let (level, status) = match e {
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => (Level::Error, 404),
        Errno::ACCES | Errno::LOOP => (Level::Error, 403),
        _ => (Level::Crit, 500),
    };
    if status != 404 || log_not_found {
        let name = path::of(name).display();
        log::error(w, id, level, format_args!("{call} \"{name}\" failed ({e})"));
    }
    status
}

/// The client is to ask for the directory by its right name.
fn add_slash(w: &mut Worker, id: RequestId, name: &[u8], root: usize) -> Flow {
    let alias = w.location_of(id).core.root.alias;
    let r = &mut w.requests[id];
    let location = r.it.response.rare.get_or_insert().location.insert(Vec::new());
    let uri = if alias { &r.it.uri } else { name.get(root..).unwrap_or_default() };
    uri::escape_uri(uri, location);
    location.push(b'/');
    uri::push_args(&r.it.args, location);
    Flow::End(301)
}

/// Sends a file with its time and tag, or nothing if the client has it.
pub(super) fn send(w: &mut Worker, id: RequestId, file: Rc<File>, metadata: &Metadata) -> Flow {
    let len = metadata.len();
    w.requests[id].action = "sending response to client";
    if begin(w, id, len, metadata.mtime()) {
        respond::file(w, id, FileBody { file, offset: 0, left: len });
    }
    Flow::Answered
}

/// Begins the answer that is made of a file, with this length, the file's time, and a tag of both. False: another answer
/// took its place.
pub(super) fn begin(w: &mut Worker, id: RequestId, len: u64, modified: i64) -> bool {
    let core = &w.location_of(id).core;
    let mut tag = w.buffers.line();
    if core.etag {
        etag(modified, len, &mut tag);
    }
    let r = &mut w.requests[id];
    r.response.status = 200;
    // The page of an error is not as old as the file that it is in.
    let is_page = r.status_override.is_some_and(|status| status != 200);
    r.response.rare.get_or_insert().last_modified = (!is_page).then_some(modified);
    if !tag.is_empty() {
        r.response.add(b"ETag", &tag);
    }
    w.buffers.give_line(tag);
    set_content_type(w, id);
    let response = &mut w.requests[id].response;
    response.content_length = Some(len);
    response.filters.insert(HeadFilters::NOT_MODIFIED);
    respond::begin(w, id)
}

/// The regular file that a GET or HEAD of a video asks for; else what is to be done in its place.
pub(super) fn video(w: &mut Worker, id: RequestId) -> Result<Video, Flow> {
    let r = &w.requests[id];
    if !matches!(r.method, Method::Get | Method::Head) {
        return Err(respond::not_allowed(w, id, b"GET, HEAD"));
    }
    if r.uri.last() == Some(&b'/') {
        return Err(Flow::Next);
    }
    let mut path = Vec::new();
    if path::map_uri(w, id, &mut path).is_none() {
        return Err(Flow::End(500));
    }
    match symlinks::open(w, id, &path) {
        Ok(Known { file: Some(file), metadata }) if metadata.is_file() => {
            Ok(Video { file, metadata, path, cutter: None })
        }
        Ok(_) => Err(Flow::Next),
        Err((call, e)) => Err(failed(w, id, &path, call, e)),
    }
}

/// Hands over a part of a file behind some bytes: the whole body of an answer that has begun.
pub(super) fn send_behind(w: &mut Worker, id: RequestId, bytes: &[u8], body: FileBody) {
    let request = &mut w.requests[id];
    request.it.rare.get_or_insert().behind = Some(body);
    request.write = send_rest;
    abort::await_end(w, id);
    if bytes.is_empty() || respond::write(w, id, bytes, false) == Passed::All {
        send_rest(w, id);
    }
}

/// The write handler until the bytes have gone: a filter that still holds some of them takes no more.
fn send_rest(w: &mut Worker, id: RequestId) {
    if !filter::resume(w, id) {
        return;
    }
    if let Some(body) = w.requests[id].it.rare.get_or_insert().behind.take() {
        respond::file(w, id, body);
    }
}

/// By the extension of the uri, else `default_type`; but a server that handed the answer over has said it.
pub(super) fn set_content_type(w: &mut Worker, id: RequestId) {
    let core = &w.location_of(id).core;
    let request = &mut w.requests[id];
    if request.response.content_type.is_empty() {
        let known = core.types.of(&request.uri).unwrap_or(&core.default_type);
        request.response.content_type.extend_from_slice(known);
    }
}

/// `"TIME-LENGTH"`, both in hexadecimal.
pub(super) fn etag(modified: i64, len: u64, out: &mut Vec<u8>) {
    use std::io::Write;
    let _ = write!(out, "\"{modified:x}-{len:x}\"");
}

#[cfg(test)]
mod tests {
    #[test]
    fn etag() {
        let mut out = Vec::new();
        super::etag(0x6b00_1cc9, 40, &mut out);
        assert_eq!(out, b"\"6b001cc9-28\"");
    }
}
