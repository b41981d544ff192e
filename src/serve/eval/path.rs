//! From a uri to a file: `root`, `alias`, and the variables that tell of them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::os::Errno;
use crate::worker::{RequestId, Worker};

use super::log::{self, Level};
use super::{put, template};

/// The path of bytes.
pub fn of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Appends the path of the file that the request's uri stands for. Returns the length of what
/// `root` or `alias` made of it. None: there is no such path, and nothing was appended.
pub fn map_uri(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> Option<usize> {
    if !is_mapped(w, id) {
        return None;
    }
    let root = &w.location_of(id).core.root;
    let start = out.len();
    template(w, id, &root.path, out);
    let len = out.len() - start;
    let uri = &w.requests[id].uri;
    match (root.alias, root.replaces) {
        (false, _) => out.extend_from_slice(uri),
        (true, Some(len)) => out.extend_from_slice(uri.get(len..).unwrap_or_default()),
        (true, None) if w.requests[id].uri_behind_alias => out.extend_from_slice(uri),
        // The captures have said it all.
        (true, None) => {}
    }
    Some(len)
}

/// False, with a line in the log: `alias` replaces the location's part of the uri, and `rewrite` has changed the
/// uri in the location, so that it has none.
pub fn is_mapped(w: &Worker, id: RequestId) -> bool {
    let location = w.location_of(id);
    let is_mapped = !(location.core.root.alias && w.requests[id].uri_is_final);
    if !is_mapped {
        let name = of(&location.name).display();
        let text =
            format_args!("\"alias\" cannot be used in location \"{name}\" where URI was rewritten");
        log::error(w, id, Level::Error, text);
    }
    is_mapped
}

pub(super) fn filename(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    map_uri(w, id, out).is_some()
}

pub fn document_root(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    template(w, id, &w.location_of(id).core.root.path, out);
    true
}

pub(super) fn realpath_root(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let mut root = w.buffers.line();
    document_root(w, id, &mut root);
    let real = std::fs::canonicalize(of(&root)).map_err(Errno::from);
    let found = match real {
        Ok(real) => put(out, real.as_os_str().as_bytes()),
        Err(e) => {
            let root = of(&root).display();
            log::error(w, id, Level::Crit, format_args!("realpath() \"{root}\" failed ({e})"));
            false
        }
    };
    w.buffers.give_line(root);
    found
}
