//! What the methods are about: the path that a uri stands for, conditions, `Depth`, and statuses of failures.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::http::place::{self, Failed, Place};
use crate::os::Errno;
use crate::proto::Name;
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::super::{files, not_modified, symlinks};

/// The status of an answer that ends the request.
#[derive(Debug)]
pub(super) struct Refused(pub u16);

/// Logs why the request is refused.
pub(super) fn refuse<T>(
    w: &Worker,
    id: RequestId,
    status: u16,
    text: fmt::Arguments<'_>,
) -> Result<T, Refused> {
    log::error(w, id, Level::Error, text);
    Err(Refused(status))
}

/// Logs a call that has failed, and gives the status; `missing` is that of a file that does not exist.
pub(super) fn failed(w: &Worker, id: RequestId, failed: &Failed, missing: u16) -> Refused {
    let (level, status) = match failed.error {
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG => (Level::Error, missing),
        Errno::ACCES | Errno::PERM | Errno::LOOP => (Level::Error, 403),
        Errno::EXIST => (Level::Error, 405),
        Errno::NOSPC | Errno::DQUOT => (Level::Crit, 507),
        _ => (Level::Crit, 500),
    };
    log::error(w, id, level, format_args!("{failed}"));
    Refused(status)
}

pub(super) fn is_collection(uri: &[u8]) -> bool {
    uri.last() == Some(&b'/')
}

/// The path of the request's uri. 403: it is not below the `root` or `alias` of the location.
pub(super) fn map(w: &mut Worker, id: RequestId) -> Result<Vec<u8>, Refused> {
    let mut name = Vec::new();
    let Some(len) = path::map_uri(w, id, &mut name) else { return Err(Refused(500)) };
    let root = &w.location_of(id).core.root;
    // What variables are a part of is made of the request, too.
    let from = if root.path.as_text().is_some() { len } else { 0 };
    let (root, rest) = name.split_at(from.min(name.len()));
    if !is_below(root, rest) {
        let name = path::of(&name).display();
        return refuse(w, id, 403, format_args!("\"{name}\" is outside of the root"));
    }
    Ok(name)
}

/// `/files../x` in `location /files { alias /data/; }` is `/data/../x`, and `/files-x` with `alias /data;` is
/// `/data-x`.
fn is_below(root: &[u8], rest: &[u8]) -> bool {
    let is_apart =
        root.is_empty() || root.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/");
    is_apart && rest.split(|&byte| byte == b'/').all(|part| part != b"..")
}

/// The place with this path, which may end in a slash. `mode`: missing directories are made. A failure names `call`,
/// which is the one that the place is for.
pub(super) fn place(
    w: &mut Worker,
    id: RequestId,
    name: &[u8],
    mode: Option<u32>,
    call: &'static str,
) -> Result<Place, Failed> {
    let end = name.iter().rposition(|&byte| byte != b'/').map_or(1, |at| at + 1);
    let path = path::of(name.get(..end).unwrap_or_default());
    let above = path.parent().unwrap_or(path);
    let mut open = |path: &Path| symlinks::directory(w, id, path);
    let directory = place::directory(above, mode, &mut open);
    let directory = directory.map_err(|it| Failed::new(call, path, it.error))?;
    Ok(Place::new(directory, path))
}

/// `If-Match` and its kin: 412 if they forbid to change what is there.
pub(super) fn check_conditions(
    w: &Worker,
    id: RequestId,
    found: Option<&Metadata>,
) -> Result<(), Refused> {
    let request = &w.requests[id];
    let mut tag = Vec::new();
    if let Some(found) = found.filter(|_| w.location_of(id).core.etag) {
        files::etag(found.mtime(), found.len(), &mut tag);
    }
    let tag = (!tag.is_empty()).then_some(&*tag);
    let file = found.map(|found| (tag, found.mtime()));
    match not_modified::is_forbidden(&request.head, request.method, file) {
        true => Err(Refused(412)),
        false => Ok(()),
    }
}

/// `Depth` (RFC 4918, 10.2)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Depth {
    Zero,
    One,
    Infinity,
}

/// Infinity without the field. None: the value is invalid, and was logged.
pub(super) fn depth(w: &Worker, id: RequestId) -> Option<Depth> {
    match w.requests[id].head.get(Name::Depth) {
        None => Some(Depth::Infinity),
        Some(b"0") => Some(Depth::Zero),
        Some(b"1") => Some(Depth::One),
        Some(value) if value.eq_ignore_ascii_case(b"infinity") => Some(Depth::Infinity),
        Some(value) => {
            let value = String::from_utf8_lossy(value);
            let text = format_args!("client sent invalid \"Depth\" header: \"{value}\"");
            log::error(w, id, Level::Error, text);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn paths_below_a_root() {
        for (root, rest, is_within) in [
            ("/data", "/a/b", true),
            ("/data", "", true),
            ("/data/", "a", true),
            ("/data/", "..a/b..", true),
            ("/data", "-x/a", false),
            ("/data", "../x", false),
            ("/data/", "../x", false),
            ("/data/", "a/..", false),
            ("", "/data/../x", false),
        ] {
            assert_eq!(is_below(root.as_bytes(), rest.as_bytes()), is_within, "{root}{rest}");
        }
    }
}
