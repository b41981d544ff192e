//! A walk through the directory of a cache, one file at a time. Only directories whose names are as those of levels are
//! looked into.

use std::path::Path;
use std::rc::Rc;

use crate::os::Errno;
use crate::os::disk::{Disk, Entry, Listing};

#[derive(Debug)]
pub struct Walk {
    /// The directories on the way to where it is.
    open: Vec<(Listing, Rc<Path>)>,
}

/// As many directories on the way to a file as `levels` can say.
const DEEPEST: usize = 3;

impl Walk {
    pub fn begin(disk: &Disk, root: &Path) -> Self {
        let mut it = Self { open: Vec::new() };
        it.enter(disk, root);
        it
    }

    /// The next file, and the directory that it is in; `None` at the end.
    pub fn next(&mut self, disk: &Disk) -> Option<(Rc<Path>, Entry)> {
        while let Some((listing, directory)) = self.open.last_mut() {
            match listing.next() {
                Some(Ok(entry)) if !entry.is_dir => return Some((directory.clone(), entry)),
                Some(Ok(entry)) => {
                    let path = directory.join(&entry.name);
                    if self.open.len() <= DEEPEST && is_level(entry.name.as_encoded_bytes()) {
                        self.enter(disk, &path);
                    }
                }
                Some(Err(e)) => {
                    failed("readdir()", directory, e);
                    self.open.pop();
                }
                None => {
                    self.open.pop();
                }
            }
        }
        None
    }

    fn enter(&mut self, disk: &Disk, path: &Path) {
        match disk.list(path) {
            Ok(listing) => self.open.push((listing, path.into())),
            // It may have gone, or not be made yet.
            Err(Errno::NOENT) => {}
            Err(e) => failed("opendir()", path, e),
        }
    }
}

/// Whether a directory of that name can be one of a level.
fn is_level(name: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    matches!(name.len(), 1 | 2) && name.iter().all(is_digit)
}

fn failed(call: &str, path: &Path, e: Errno) {
    crate::crit!("{call} \"{}\" failed ({e})", path.display());
}
