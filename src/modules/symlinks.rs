//! `disable_symlinks`: which links may lie on the way to a file that is looked for.

use std::fs::{self, File, Metadata};

use crate::os::{Errno, file, symlinks};
use crate::serve::eval::{self, path};
use crate::worker::*;

/// Opens a file for reading; the error names the call that failed.
pub fn open(
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

/// What is there, if it may be known.
pub fn metadata(w: &mut Worker, id: RequestId, name: &[u8]) -> Result<Metadata, Errno> {
    match w.location_of(id).core.disable_symlinks {
        None => fs::metadata(path::of(name)).map_err(Errno::from),
        Some(_) => open(w, id, name).map(|(_, metadata)| metadata).map_err(|(_, e)| e),
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
