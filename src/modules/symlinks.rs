//! Files that are looked for: through `open_file_cache`, or by a way that `disable_symlinks` allows.

use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use crate::http::file_cache::{Known, Rules};
use crate::http::settings::core::FileCacheIndex;
use crate::os::directory::Directory;
use crate::os::{Errno, file, symlinks};
use crate::serve::eval::{self, path};
use crate::worker::*;

/// What is at a path, with a descriptor if it is a regular file; the error names the call that failed.
pub fn open(w: &mut Worker, id: RequestId, name: &[u8]) -> Result<Known, (&'static str, Errno)> {
    if let Some(found) = cached(w, id, name, true) {
        return found.map_err(|e| ("open()", e));
    }
    let (file, metadata) = open_anew(w, id, name)?;
    Ok(Known { metadata, file: Some(Rc::new(file)) })
}

/// What is there, if it may be known.
pub fn metadata(w: &mut Worker, id: RequestId, name: &[u8]) -> Result<Metadata, Errno> {
    if let Some(found) = cached(w, id, name, false) {
        return found.map(|known| known.metadata);
    }
    match w.location_of(id).core.disable_symlinks {
        None => fs::metadata(path::of(name)).map_err(Errno::from),
        Some(_) => open_anew(w, id, name).map(|(_, metadata)| metadata).map_err(|(_, e)| e),
    }
}

/// What `open_file_cache` knows or finds out. None: the location has none, or looks at each link itself.
fn cached(w: &mut Worker, id: RequestId, name: &[u8], opens: bool) -> Option<Result<Known, Errno>> {
    let core = &w.location_of(id).core;
    let FileCacheIndex(at) = core.open_file_cache.filter(|_| core.disable_symlinks.is_none())?;
    let rules = Rules {
        valid: core.open_file_cache_valid,
        min_uses: core.open_file_cache_min_uses,
        errors: core.open_file_cache_errors,
    };
    let now = w.event.now;
    Some(w.file_caches.get_mut(usize::from(at))?.find(name, opens, rules, now))
}

/// A directory.
pub fn directory(w: &mut Worker, id: RequestId, name: &Path) -> Result<Directory, Errno> {
    if w.location_of(id).core.disable_symlinks.is_none() {
        return Directory::open(name);
    }
    let (file, metadata) = open_anew(w, id, name.as_os_str().as_bytes()).map_err(|(_, e)| e)?;
    if metadata.is_dir() { Ok(file.into()) } else { Err(Errno::NOTDIR) }
}

/// As `open`, whatever `open_file_cache` knows.
pub fn open_anew(
    w: &mut Worker,
    id: RequestId,
    name: &[u8],
) -> Result<(File, Metadata), (&'static str, Errno)> {
    let Some(it) = &w.location_of(id).core.disable_symlinks else {
        return file::open(path::of(name));
    };
    let mut from = w.buffers.line();
    if let Some(template) = &it.from {
        eval::template(w, id, template, &mut from);
    }
    let trusted = trusted(name, &from);
    w.buffers.give_line(from);
    match trusted {
        Trusted::All => file::open(path::of(name)),
        Trusted::First(len) => symlinks::open(path::of(name), len, it.links),
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Trusted {
    All,
    First(usize),
}

/// `from=` holds if it is the beginning of the path up to a slash.
fn trusted(name: &[u8], from: &[u8]) -> Trusted {
    if from.is_empty() || !name.starts_with(from) {
        return Trusted::First(0);
    }
    let len = from.len();
    match (name.get(len), from.last()) {
        (None, _) => Trusted::All,
        (Some(b'/'), _) => Trusted::First(len),
        (_, Some(b'/')) => Trusted::First(len.max(2) - 1),
        _ => Trusted::First(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_trusted_ends_at_a_slash() {
        assert_eq!(trusted(b"/a/b/c", b""), Trusted::First(0));
        assert_eq!(trusted(b"/a/b/c", b"/a"), Trusted::First(2));
        assert_eq!(trusted(b"/a/b/c", b"/a/"), Trusted::First(2));
        assert_eq!(trusted(b"/a/b/c", b"/a/b/c"), Trusted::All);
        assert_eq!(trusted(b"/a/bb/c", b"/a/b"), Trusted::First(0));
        assert_eq!(trusted(b"/a/b/c", b"/x"), Trusted::First(0));
        assert_eq!(trusted(b"/a", b"/"), Trusted::First(1));
    }
}
