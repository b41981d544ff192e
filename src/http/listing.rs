//! A directory that is being read and listed, some entries at a time.

use std::collections::BTreeSet;
use std::fs::{self, ReadDir};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::place::Failed;
use crate::os::Errno;

/// What is there of the list: the entries in order, less those that were taken out.
#[derive(Debug)]
pub struct Listing {
    /// Of the directory.
    pub path: PathBuf,
    directory: ReadDir,
    pub entries: BTreeSet<Entry>,
    /// Some of the list has been written.
    pub is_begun: bool,
    /// Names count in characters.
    pub utf8: bool,
    /// `callback` of JSONP; empty: none.
    pub callback: Vec<u8>,
    /// `random_index`: the regular files so far, and one of them.
    pub files: u64,
    pub chosen: Box<[u8]>,
}

/// In their order: directories first, then by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    pub kind: Kind,
    pub name: Box<[u8]>,
    /// Seconds since 1970.
    pub modified: i64,
    /// Bytes.
    pub size: u64,
    /// Neither directory nor regular file.
    pub is_special: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Directory,
    Other,
}

/// A name in a directory.
#[derive(Debug)]
pub struct Name {
    pub name: Box<[u8]>,
    /// It is that of a regular file, and no link.
    pub is_file: bool,
}

impl Listing {
    pub fn open(path: &Path) -> Result<Self, Errno> {
        let directory = fs::read_dir(path)?;
        Ok(Self {
            path: path.to_owned(),
            directory,
            entries: BTreeSet::new(),
            is_begun: false,
            utf8: false,
            callback: Vec::new(),
            files: 0,
            chosen: Box::default(),
        })
    }

    /// The next name that does not begin with a dot.
    pub fn next_name(&mut self) -> Option<Result<Name, Errno>> {
        loop {
            let entry = match self.directory.next()? {
                Ok(entry) => entry,
                Err(e) => return Some(Err(e.into())),
            };
            let name = entry.file_name();
            if name.as_bytes().first() != Some(&b'.') {
                let is_file = entry.file_type().is_ok_and(|it| it.is_file());
                return Some(Ok(Name { name: name.as_bytes().into(), is_file }));
            }
        }
    }

    /// Reads the next entry; false: there is none. An entry that may not be known is an error, but not the end. A link
    /// that leads nowhere stands for itself.
    pub fn read(&mut self) -> Result<bool, Failed> {
        let name = match self.next_name() {
            None => return Ok(false),
            Some(Err(error)) => {
                return Err(Failed::new("readdir()", &self.path, error));
            }
            Some(Ok(found)) => found.name,
        };
        let file = self.path.join(std::ffi::OsStr::from_bytes(&name));
        let found = match fs::metadata(&file).map_err(Errno::from) {
            Err(Errno::NOENT | Errno::LOOP) => {
                fs::symlink_metadata(&file).map_err(|e| ("lstat()", e.into()))
            }
            found => found.map_err(|e| ("stat()", e)),
        };
        let found = match found {
            Ok(found) => found,
            Err((call, error)) => return Err(Failed::new(call, &file, error)),
        };
        self.entries.insert(Entry {
            kind: if found.is_dir() { Kind::Directory } else { Kind::Other },
            name,
            modified: found.mtime(),
            size: found.len(),
            is_special: !found.is_dir() && !found.is_file(),
        });
        Ok(true)
    }
}
