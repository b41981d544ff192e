//! `dav_methods`: clients change files with PUT, DELETE, MKCOL, COPY and MOVE (RFC 4918).
//!
//! A file is placed by a rename when it is whole: what was there before, or nothing, is seen until then. What takes
//! longer than a turn is a [`Transfer`], which goes on until it is done, also if the client leaves.

mod copy;
mod target;

use crate::http::conf::Conf;
use crate::http::dates;
use crate::http::place::{Attributes, Failed, Place, mode_of_directories};
use crate::http::settings::block::Methods;
use crate::http::transfer::{Answer, Progress, Transfer};
use crate::http::uri;
use crate::os::Errno;
use crate::proto::{Method, Name};
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::serve::{abort, body, delay, phases, respond};
use crate::worker::*;

use target::{Depth, Refused, check_conditions, depth, failed, is_collection, refuse};

pub static MODULE: Module = Module { name: "dav", phases: &[(Phase::Content, serve)] };

/// What one turn may cost; the event loop gives a request up to sixteen turns before it looks for new events.
const TURN: usize = 16;

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| it.dav.methods != Methods(0))
}

/// 405 of a file, with the methods that the location takes.
pub(super) fn not_allowed(w: &mut Worker, id: RequestId) -> Flow {
    let methods = w.location_of(id).dav.methods;
    let mut allowed = b"GET, HEAD".to_vec();
    for name in ["PUT", "DELETE", "MKCOL", "COPY", "MOVE"] {
        if methods.contains(name.as_bytes()) {
            allowed.extend_from_slice(b", ");
            allowed.extend_from_slice(name.as_bytes());
        }
    }
    respond::not_allowed(w, id, &allowed)
}

fn serve(w: &mut Worker, id: RequestId) -> Flow {
    let request = &w.requests[id];
    let handler = match request.method {
        Method::Put => put,
        Method::Delete => delete,
        Method::Mkcol => make_collection,
        Method::Copy | Method::Move => copy::serve,
        _ => return Flow::Next,
    };
    if !w.location_of(id).dav.methods.contains(request.method_name()) {
        return Flow::Next;
    }
    handler(w, id).unwrap_or_else(|Refused(status)| Flow::End(status))
}

fn put(w: &mut Worker, id: RequestId) -> Result<Flow, Refused> {
    let request = &w.requests[id];
    if is_collection(&request.uri) {
        return refuse(w, id, 409, format_args!("cannot PUT to a collection"));
    }
    if request.head.get(Name::ContentRange).is_some() {
        return refuse(w, id, 501, format_args!("PUT with range is unsupported"));
    }
    let path = target::map(w, id)?;
    // Twice: a body is not to be sent in vain, and the file may change meanwhile.
    if let Ok(place) = target::place(w, id, &path, None, "open()") {
        check_conditions(w, id, place.metadata().ok().as_ref())?;
    }
    let request = &mut w.requests[id];
    request.body.in_file = true;
    request.write = phases::run;
    match body::read(w, id) {
        Flow::Next => w.requests[id].write = rest,
        other => return Ok(other),
    }
    let file = body::file(w, id).map_err(Refused)?;
    let dav = &w.location_of(id).dav;
    let directories = dav.create_full_put_path.then(|| mode_of_directories(dav.access));
    let modified = w.requests[id].head.get(Name::Date).and_then(dates::parse);
    let attributes = Attributes { mode: Some(dav.access), modified };
    let to = target::place(w, id, &path, directories, "rename()")
        .map_err(|it| failed(w, id, &it, 409))?;
    let found = match w.location_of(id).core.disable_symlinks {
        None => to.directory.target(&to.name),
        Some(_) => to.directory.metadata(&to.name),
    };
    check_conditions(w, id, found.as_ref().ok())?;
    let done = match found {
        Ok(found) if found.is_dir() => {
            let (path, e) = (to.path.display(), Errno::ISDIR);
            return refuse(w, id, 409, format_args!("\"{path}\" could not be created ({e})"));
        }
        Ok(_) => 204,
        Err(_) => 201,
    };
    let from = Place::of(&file.path, None).map_err(|it| failed(w, id, &it, 500))?;
    let random = w.rng.word();
    let transfer = Transfer::of_file(&from, &file.file, &to, attributes, random);
    let transfer = transfer.map_err(|it| failed(w, id, &it, 409))?;
    file.keep.set(transfer.is_none());
    Ok(start(w, id, transfer, Answer { done, missing: 409 }))
}

fn make_collection(w: &mut Worker, id: RequestId) -> Result<Flow, Refused> {
    without_body(w, id, "MKCOL with body is")?;
    if !is_collection(&w.requests[id].uri) {
        return refuse(w, id, 409, format_args!("MKCOL can create a collection only"));
    }
    let path = target::map(w, id)?;
    let mode = mode_of_directories(w.location_of(id).dav.access);
    let place =
        target::place(w, id, &path, None, "mkdir()").map_err(|it| failed(w, id, &it, 409))?;
    match place.directory.create_directory(&place.name, mode) {
        Ok(()) => {
            answer(w, id, 201);
            Ok(Flow::Answered)
        }
        Err(e) => {
            let Refused(status) = failed(w, id, &Failed::new("mkdir()", &place.path, e), 409);
            Ok(if status == 405 { not_allowed(w, id) } else { Flow::End(status) })
        }
    }
}

fn delete(w: &mut Worker, id: RequestId) -> Result<Flow, Refused> {
    without_body(w, id, "DELETE with body is")?;
    check_depth_of_uri(w, id)?;
    let path = target::map(w, id)?;
    let place =
        target::place(w, id, &path, None, "lstat()").map_err(|it| failed(w, id, &it, 404))?;
    let found = place.metadata().map_err(|it| failed(w, id, &it, 404))?;
    check_conditions(w, id, Some(&found))?;
    let is_collection = is_collection(&w.requests[id].uri);
    if found.is_dir() {
        if !is_collection {
            let (path, e) = (place.path.display(), Errno::ISDIR);
            return refuse(w, id, 409, format_args!("DELETE \"{path}\" failed ({e})"));
        }
        if depth(w, id) != Some(Depth::Infinity) {
            return refuse(w, id, 400, format_args!("\"Depth\" header must be infinity"));
        }
    } else if is_collection {
        return Err(failed(w, id, &Failed::new("lstat()", path::of(&path), Errno::NOTDIR), 409));
    } else if !matches!(depth(w, id), Some(Depth::Zero | Depth::Infinity)) {
        return refuse(w, id, 400, format_args!("\"Depth\" header must be 0 or infinity"));
    }
    let transfer = Transfer::remove(&place);
    Ok(start(w, id, Some(transfer), Answer { done: 204, missing: 404 }))
}

/// `min_delete_depth`
fn check_depth_of_uri(w: &Worker, id: RequestId) -> Result<(), Refused> {
    let min = w.location_of(id).dav.min_delete_depth as usize;
    let uri = &w.requests[id].uri;
    let slashes = uri.iter().filter(|&&byte| byte == b'/').count();
    // A slash at the end has nothing behind it.
    if slashes - usize::from(is_collection(uri)) >= min {
        return Ok(());
    }
    refuse(w, id, 409, format_args!("insufficient URI depth:{slashes} to DELETE"))
}

fn without_body(w: &Worker, id: RequestId, what: &str) -> Result<(), Refused> {
    match w.requests[id].has_body() {
        true => refuse(w, id, 415, format_args!("{what} unsupported")),
        false => Ok(()),
    }
}

/// Begins what is left to be done; None: nothing.
fn start(w: &mut Worker, id: RequestId, transfer: Option<Transfer>, statuses: Answer) -> Flow {
    let Some(mut transfer) = transfer else {
        answer(w, id, statuses.done);
        return Flow::Answered;
    };
    let request = &mut w.requests[id];
    transfer.answer = statuses;
    request.it.rare.get_or_insert().transfer = Some(Box::new(transfer));
    request.write = go_on;
    abort::await_end(w, id);
    go_on(w, id);
    Flow::Answered
}

/// The write handler until the work is done.
fn go_on(w: &mut Worker, id: RequestId) {
    let mut buffer = w.buffers.take();
    let mut cost = 0;
    let mut ended = None;
    while cost < TURN && ended.is_none() {
        let Some(request) = w.requests.get_mut(id).filter(|it| it.outcome.is_none()) else { break };
        let rare = request.it.rare.if_any();
        let Some(transfer) = rare.and_then(|it| it.transfer.as_mut()) else { break };
        match transfer.step(&mut buffer) {
            Progress::More(more) => cost += more,
            Progress::Left(failed) => {
                cost += 1;
                log::error(w, id, Level::Error, format_args!("{failed}"));
            }
            Progress::Done(result) => ended = Some((result, transfer.answer)),
        }
    }
    w.buffers.give(buffer);
    let Some((result, statuses)) = ended else { return delay::next_step(w, id) };
    let request = &mut w.requests[id];
    request.write = rest;
    request.it.rare.get_or_insert().transfer = None;
    match result {
        Ok(()) => answer(w, id, statuses.done),
        Err(it) => {
            let Refused(status) = failed(w, id, &it, statuses.missing);
            respond::error(w, id, status);
        }
    }
}

fn answer(w: &mut Worker, id: RequestId, status: u16) {
    let request = &mut w.requests[id].it;
    if status == 201 && matches!(request.method, Method::Put | Method::Mkcol) {
        let location = request.response.rare.get_or_insert().location.insert(Vec::new());
        uri::escape_uri(&request.uri, location);
    }
    respond::text(w, id, status, b"", b"");
}
