//! `autoindex`: the list of a directory that has no index.
//!
//! A directory is read, and its list written, some entries at a time: between two turns the worker serves others.

mod write;

use std::path::Path;

use crate::http::filters::Passed;
use crate::http::listing::Listing;
use crate::http::place::Failed;
use crate::http::settings::autoindex::ListFormat;
use crate::http::uri;
use crate::os::Errno;
use crate::proto::Method;
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::serve::{abort, delay, filter, respond};
use crate::worker::*;

use super::charset;

/// Entries of one turn. The event loop gives a request up to sixteen turns before it looks for new events.
pub(super) const TURN: usize = 32;

/// The answer for the directory `name`, which ends in a slash, if there is to be a list of it.
pub(super) fn serve(w: &mut Worker, id: RequestId, name: &[u8]) -> Flow {
    let settings = &w.location_of(id).autoindex;
    if !settings.is_on || !matches!(w.requests[id].method, Method::Get | Method::Head) {
        return Flow::Next;
    }
    let mut callback = Vec::new();
    if settings.format == ListFormat::Jsonp {
        match jsonp_callback(&w.requests[id].args) {
            Ok(found) => callback = found.to_vec(),
            Err(name) => {
                let name = String::from_utf8_lossy(name);
                let text = format_args!("client sent invalid callback name: \"{name}\"");
                log::error(w, id, Level::Info, text);
                return Flow::End(400);
            }
        }
    }
    let directory = path::of(name);
    let mut listing = match Listing::open(directory) {
        Ok(listing) => listing,
        Err(e) => return failed(w, id, directory, e),
    };
    listing.callback = callback;
    let request = &mut w.requests[id];
    if request.method == Method::Head {
        begin(w, id, &mut listing);
        respond::write(w, id, b"", true);
        return Flow::Answered;
    }
    request.it.rare.get_or_insert().listing = Some(Box::new(listing));
    request.write = read_on;
    abort::await_end(w, id);
    read_on(w, id);
    Flow::Answered
}

pub(super) fn failed(w: &Worker, id: RequestId, directory: &Path, e: Errno) -> Flow {
    let (level, status) = match e {
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => (Level::Error, 404),
        Errno::ACCES => (Level::Error, 403),
        _ => (Level::Crit, 500),
    };
    let text = format_args!("opendir() \"{}\" failed ({e})", trimmed(directory));
    log::error(w, id, level, text);
    Flow::End(status)
}

/// A directory as the log names it: without the slash at its end.
pub(super) fn trimmed(directory: &Path) -> std::path::Display<'_> {
    directory.components().as_path().display()
}

/// The argument `callback`, empty if there is none. Error: it is no name, or a complicated one.
fn jsonp_callback(args: &[u8]) -> Result<&[u8], &[u8]> {
    let name = uri::arg(args, b"callback").unwrap_or_default();
    let is_fit = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.');
    if name.iter().all(is_fit) { Ok(name) } else { Err(name) }
}

/// The write handler while the directory is read.
fn read_on(w: &mut Worker, id: RequestId) {
    for _ in 0..TURN {
        let Some(request) = w.requests.get_mut(id).filter(|it| it.outcome.is_none()) else {
            return;
        };
        let Some(listing) = &mut request.it.rare.get_or_insert().listing else { return };
        match listing.read() {
            Ok(true) => {}
            Ok(false) => return write(w, id),
            Err(Failed { call, path, error, .. }) => {
                let text = format_args!("{call} \"{}\" failed ({error})", trimmed(&path));
                log::error(w, id, Level::Crit, text);
                if error != Errno::ACCES {
                    return respond::error(w, id, 500);
                }
            }
        }
    }
    delay::next_step(w, id);
}

/// False: another answer took the place of this one.
fn begin(w: &mut Worker, id: RequestId, listing: &mut Listing) -> bool {
    let media: &[u8] = match w.location_of(id).autoindex.format {
        ListFormat::Html => b"text/html",
        ListFormat::Json => b"application/json",
        ListFormat::Jsonp if listing.callback.is_empty() => b"application/json",
        ListFormat::Jsonp => b"application/javascript",
        ListFormat::Xml => b"text/xml; charset=utf-8",
    };
    let response = &mut w.requests[id].response;
    response.status = 200;
    response.content_type.clear();
    response.content_type.extend_from_slice(media);
    let is_begun = respond::begin(w, id);
    if is_begun {
        let said = charset::charset_of(&w.requests[id].response.content_type);
        listing.utf8 = said.is_some_and(|charset| charset.eq_ignore_ascii_case(b"utf-8"));
    }
    is_begun
}

/// The directory has been read.
fn write(w: &mut Worker, id: RequestId) {
    let Some(mut listing) = take(w, id) else { return };
    if !begin(w, id, &mut listing) {
        return;
    }
    let request = &mut w.requests[id];
    request.it.rare.get_or_insert().listing = Some(listing);
    request.write = write_on;
    write_on(w, id);
}

fn take(w: &mut Worker, id: RequestId) -> Option<Box<Listing>> {
    w.requests[id].it.rare.if_any()?.listing.take()
}

/// The write handler while the list is written.
fn write_on(w: &mut Worker, id: RequestId) {
    if !filter::resume(w, id) {
        return;
    }
    let Some(mut listing) = take(w, id) else { return };
    let mut text = w.buffers.line();
    let offset = w.event.wall.offset;
    let settings = &w.location_of(id).autoindex;
    let uri = &w.requests[id].uri;
    let list = write::List { settings, uri, offset };
    let last = list.write(&mut listing, TURN, &mut text);
    w.requests[id].it.rare.get_or_insert().listing = Some(listing);
    let sent = respond::write(w, id, &text, last);
    w.buffers.give_line(text);
    if sent == Passed::All && !last {
        delay::next_step(w, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_are_names() {
        assert_eq!(jsonp_callback(b"a=1&callback=f_0.x"), Ok(&b"f_0.x"[..]));
        assert_eq!(jsonp_callback(b""), Ok(&b""[..]));
        for wrong in ["alert(1)", "f[0]", "%66", "$", "a+b"] {
            let args = format!("callback={wrong}");
            assert_eq!(jsonp_callback(args.as_bytes()), Err(wrong.as_bytes()));
        }
    }
}
