//! COPY and MOVE (RFC 4918, 9.8 and 9.9).

use std::fs::Metadata;

use crate::http::channel::Scheme;
use crate::http::conf::Kind;
use crate::http::place::{Attributes, Failed, Place, mode_of_directories};
use crate::http::transfer::{Answer, Transfer};
use crate::http::tree::Rules;
use crate::http::uri;
use crate::os::Errno;
use crate::os::directory::Identity;
use crate::proto::{Method, Name};
use crate::serve::downstream;
use crate::serve::eval::path;
use crate::worker::*;

use super::super::{files, symlinks};
use super::target::{
    Depth, Refused, check_conditions, depth, failed, is_collection, map, place, refuse,
};
use super::{start, without_body};

pub(super) fn serve(w: &mut Worker, id: RequestId) -> Result<Flow, Refused> {
    without_body(w, id, "COPY and MOVE with body are")?;
    let destination = destination(w, id)?;
    let depth = depth(w, id);
    let is_move = w.requests[id].method == Method::Move;
    match depth {
        Some(Depth::Infinity) => {}
        _ if is_move => {
            return refuse(w, id, 400, format_args!("\"Depth\" header must be infinity"));
        }
        Some(Depth::Zero) => {}
        _ => return refuse(w, id, 400, format_args!("\"Depth\" header must be 0 or infinity")),
    }
    let overwrite = overwrite(w, id)?;
    let path = map(w, id)?;
    let to = map_destination(w, id, destination)?;
    let from = place(w, id, &path, None, "lstat()").map_err(|it| failed(w, id, &it, 404))?;
    let source = from.metadata().map_err(|it| failed(w, id, &it, 404))?;
    if !source.is_dir() && is_collection(&path) {
        return Err(failed(w, id, &Failed::new("lstat()", path::of(&path), Errno::NOTDIR), 404));
    }
    check_conditions(w, id, Some(&source))?;
    let directories =
        (is_move && !source.is_dir()).then(|| mode_of_directories(w.location_of(id).dav.access));
    let is_to_collection = is_collection(&to);
    let to = place(w, id, &to, directories, "open()").map_err(|it| failed(w, id, &it, 409))?;
    check_destination(w, id, &to, is_to_collection, overwrite)?;
    if source.is_dir() && !is_collection(&w.requests[id].uri) {
        let uri = String::from_utf8_lossy(&w.requests[id].uri);
        return refuse(w, id, 400, format_args!("\"{uri}\" is collection"));
    }
    check_apart(w, id, (&from, &source), &to)?;
    let random = w.rng.word();
    let started = match (source.is_dir(), is_move) {
        (true, true) => Ok(Some(Transfer::move_tree(from, to, random))),
        (true, false) => {
            let rules = Rules { members: depth == Some(Depth::Infinity), is_move };
            Ok(Some(Transfer::copy_tree(from, to, rules, random)))
        }
        (false, true) => Transfer::move_file(&from, &to, random),
        (false, false) => return copy_file(w, id, &path, &to, random),
    };
    let transfer = started.map_err(|it| failed(w, id, &it, 409))?;
    let done = if source.is_dir() { 201 } else { 204 };
    Ok(start(w, id, transfer, Answer { done, missing: 409 }))
}

/// Of a link, what it leads to.
fn copy_file(
    w: &mut Worker,
    id: RequestId,
    name: &[u8],
    to: &Place,
    random: u64,
) -> Result<Flow, Refused> {
    let (file, found) = symlinks::open_anew(w, id, name)
        .map_err(|(call, error)| failed(w, id, &Failed::new(call, path::of(name), error), 404))?;
    if !found.is_file() {
        return Ok(files::not_regular(w, id, name));
    }
    let transfer = Transfer::copy(file, to, Attributes::of(&found), random);
    let transfer = transfer.map_err(|it| failed(w, id, &it, 409))?;
    Ok(start(w, id, Some(transfer), Answer { done: 204, missing: 409 }))
}

/// The path of `Destination`, decoded.
fn destination(w: &Worker, id: RequestId) -> Result<Vec<u8>, Refused> {
    let request = &w.requests[id];
    let Some(value) = request.head.get(Name::Destination) else {
        return refuse(w, id, 400, format_args!("client sent no \"Destination\" header"));
    };
    let shown = String::from_utf8_lossy(value);
    let invalid = || {
        refuse(w, id, 400, format_args!("client sent invalid \"Destination\" header: \"{shown}\""))
    };
    let raw = match value.first() {
        Some(b'/') => value,
        _ => {
            let host = request.line.host.of(&request.head.bytes);
            if host.is_empty() {
                return refuse(w, id, 400, format_args!("client sent no \"Host\" header"));
            }
            let scheme: &[u8] = match downstream::scheme(w, id) {
                Scheme::Https => b"https://",
                Scheme::Http | Scheme::PlainToHttps => b"http://",
            };
            let Some(rest) = value.strip_prefix(scheme) else { return invalid() };
            let (authority, path) = rest.split_at(memchr::memchr(b'/', rest).unwrap_or(rest.len()));
            if !without_port(authority).eq_ignore_ascii_case(host) {
                let text = format_args!(
                    "\"Destination\" URI \"{shown}\" is handled by different repository than the \
                     source URI"
                );
                return refuse(w, id, 400, text);
            }
            path
        }
    };
    let mut path = Vec::new();
    if !raw.starts_with(b"/") || uri::normalize(raw, true, &mut path).is_err() {
        return invalid();
    }
    // What would lead out of the root, if it were not for the parts around it, is nothing a client needs.
    if uri::parse_unsafe(raw, &mut Vec::new()).is_err() {
        return invalid();
    }
    if is_collection(&request.uri) != is_collection(&path) {
        let from = String::from_utf8_lossy(&request.uri);
        let text = format_args!(
            "both URI \"{from}\" and \"Destination\" URI \"{shown}\" should be either collections \
             or non-collections"
        );
        return refuse(w, id, 409, text);
    }
    Ok(path)
}

/// A colon within brackets is none of a port.
fn without_port(authority: &[u8]) -> &[u8] {
    let colon = authority.iter().rposition(|&byte| byte == b':');
    match colon.filter(|&at| authority[at..].iter().all(|&byte| byte != b']')) {
        Some(at) => &authority[..at],
        None => authority,
    }
}

fn overwrite(w: &Worker, id: RequestId) -> Result<bool, Refused> {
    match w.requests[id].head.get(Name::Overwrite) {
        None | Some(b"T" | b"t") => Ok(true),
        Some(b"F" | b"f") => Ok(false),
        Some(value) => {
            let value = String::from_utf8_lossy(value);
            let text = format_args!("client sent invalid \"Overwrite\" header: \"{value}\"");
            refuse(w, id, 400, text)
        }
    }
}

/// The path of the destination, by the `root` or `alias` of the request's location. Another location must have the
/// same, and take the method; its rules of access are not applied, as in nginx.
fn map_destination(w: &mut Worker, id: RequestId, uri: Vec<u8>) -> Result<Vec<u8>, Refused> {
    let request = &w.requests[id];
    let (server, own) = (request.server, w.location_of(id));
    let mut captures = w.buffers.captures();
    let found = w.conf.http.find_location(server, &uri, &mut captures).map(|it| it.location);
    w.buffers.give_captures(captures);
    let Ok(found) = found else { return Err(Refused(500)) };
    let other = w.conf.location(found);
    // A block within the location has its name; another location may have that, too.
    let is_named_alike =
        own.name == other.name && (own.kind == other.kind || own.kind == Kind::LimitExcept);
    let takes = other.dav.methods.contains(request.method_name())
        && (is_named_alike || !other.internal)
        && (is_named_alike || !own.core.root.alias)
        && other.core.root == own.core.root;
    if found != request.location && !takes {
        let name = String::from_utf8_lossy(&uri);
        let text = format_args!("\"Destination\" URI \"{name}\" is in another location");
        return refuse(w, id, 403, text);
    }
    let request = &mut w.requests[id].it;
    let from = std::mem::replace(&mut request.uri, uri);
    let path = map(w, id);
    w.requests[id].uri = from;
    path
}

/// What is at the destination may be replaced.
fn check_destination(
    w: &Worker,
    id: RequestId,
    to: &Place,
    is_collection: bool,
    overwrite: bool,
) -> Result<(), Refused> {
    let found = match to.metadata() {
        Ok(found) => found,
        Err(Failed { error: Errno::NOENT, .. }) => return Ok(()),
        Err(it) => return Err(failed(w, id, &it, 404)),
    };
    let request = &w.requests[id];
    if found.is_dir() && !is_collection {
        let [uri, method, to] = [
            &*request.uri,
            request.method_name(),
            request.head.get(Name::Destination).unwrap_or_default(),
        ]
        .map(String::from_utf8_lossy);
        let text = format_args!("\"{uri}\" could not be {method}ed to collection \"{to}\"");
        return refuse(w, id, 409, text);
    }
    if !overwrite {
        let (path, e) = (to.path.display(), Errno::EXIST);
        return refuse(w, id, 412, format_args!("\"{path}\" could not be created ({e})"));
    }
    Ok(())
}

/// Neither is the other, nor is one within the other, by whatever names (RFC 4918, 9.8.5).
fn check_apart(
    w: &Worker,
    id: RequestId,
    (from, source): (&Place, &Metadata),
    to: &Place,
) -> Result<(), Refused> {
    let source_is = Identity::of(source);
    let is_near = || -> Result<bool, Errno> {
        if source.is_dir() && to.directory.is_within(source_is)? {
            return Ok(true);
        }
        match to.directory.metadata(&to.name) {
            Ok(found) if Identity::of(&found) == source_is => Ok(true),
            Ok(found) if found.is_dir() => from.directory.is_within(Identity::of(&found)),
            _ => Ok(false),
        }
    };
    match is_near() {
        Ok(false) => Ok(()),
        Ok(true) => {
            let (from, to) = (from.path.display(), to.path.display());
            let text = format_args!("\"{from}\" and \"{to}\" are the same or within one another");
            refuse(w, id, 403, text)
        }
        Err(e) => Err(failed(w, id, &Failed::new("open()", &to.path, e), 409)),
    }
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn hosts() {
        assert_eq!(without_port(b"a:80"), b"a");
        assert_eq!(without_port(b"a"), b"a");
        assert_eq!(without_port(b"[::1]"), b"[::1]");
        assert_eq!(without_port(b"[::1]:80"), b"[::1]");
    }
}
