//! `try_files`: the uri becomes that of the first file that exists; or the request goes elsewhere.

use crate::http::settings::try_files::{Last, TryFile};
use crate::os::Errno;
use crate::serve::eval::{self, path};
use crate::serve::log::{self, Level};
use crate::serve::phases;
use crate::worker::*;

use super::symlinks;

pub static MODULE: Module = Module { name: "try_files", phases: &[(Phase::PreContent, try_each)] };

fn try_each(w: &mut Worker, id: RequestId) -> Flow {
    let location = w.location_of(id);
    let Some(it) = &location.try_files else { return Flow::Next };
    if !path::is_mapped(w, id) {
        return Flow::End(500);
    }
    let mut path = w.buffers.line();
    path::document_root(w, id, &mut path);
    let root = path.len();
    let found = it.files.iter().any(|file| {
        path.truncate(root);
        exists(w, id, file, &mut path)
    });
    if found {
        set_uri(w, id, &path[root..]);
    }
    w.buffers.give_line(path);
    match &it.last {
        _ if found => Flow::Next,
        Last::Status(status) => Flow::End(*status),
        Last::Uri(template) => {
            let mut target = Vec::new();
            eval::template(w, id, template, &mut target);
            phases::redirect_to(w, id, target);
            Flow::Answered
        }
    }
}

/// Completes the path, which holds the root, and looks.
fn exists(w: &mut Worker, id: RequestId, file: &TryFile, path: &mut Vec<u8>) -> bool {
    let start = path.len();
    eval::template(w, id, &file.path, path);
    let root = &w.location_of(id).core.root;
    if let (true, Some(len), None) = (root.alias, root.replaces, file.path.as_text()) {
        // `$uri` begins with what alias stands for.
        let uri = &w.requests[id].uri;
        if uri.get(..len).is_some_and(|prefix| path[start..].starts_with(prefix)) {
            path.drain(start..start + len);
        }
    }
    match symlinks::metadata(w, id, path) {
        Ok(found) => found.is_dir() == file.is_directory,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => false,
        Err(e) => {
            let path = path::of(path).display();
            log::error(w, id, Level::Crit, format_args!("stat() \"{path}\" failed ({e})"));
            false
        }
    }
}

/// `name` is what stands behind the root.
fn set_uri(w: &mut Worker, id: RequestId, name: &[u8]) {
    let root = &w.location_of(id).core.root;
    let r = &mut w.requests[id];
    match (root.alias, root.replaces) {
        (false, _) => r.uri.clear(),
        (true, Some(len)) => r.uri.truncate(len),
        // The captures say where the alias leads; the file is below that.
        (true, None) => {
            r.uri.clear();
            r.uri_behind_alias = true;
        }
    }
    r.uri.extend_from_slice(name);
}
