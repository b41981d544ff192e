//! The directory of a cache, and how much may be in it: a `*_cache_path`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::key::{Key, SUFFIX};
use crate::shared::zone::Declaration;

/// One cache of a configuration: its directory, and the zone of its index.
#[derive(Debug)]
pub struct Cache {
    pub place: Place,
    /// Its key is [`Place::described`].
    pub declared: Declaration,
}

#[derive(Debug)]
pub struct Place {
    pub root: PathBuf,
    /// `levels=`: letters of the name of each directory on the way to a file, from the end of its digits; 0: no more.
    pub levels: [u8; 3],
    /// `use_temp_path=`: files are written where the location's other temporary files are.
    pub use_temp_path: bool,
    /// `inactive=`: an entry that was not used for so long is removed.
    pub inactive_ms: u64,
    /// `max_size=`, in bytes.
    pub max_size: u64,
    /// `min_free=`: bytes of the file system that are to be available; 0: it is not asked.
    pub min_free: u64,
    /// `manager_files=`, `manager_sleep=`, `manager_threshold=`
    pub manager: Batch,
    /// `loader_files=`, `loader_sleep=`, `loader_threshold=`
    pub loader: Batch,
    /// `purger=on`, with `purger_files=`, `purger_sleep=`, `purger_threshold=`
    pub purger: Option<Batch>,
    /// A file cannot be renamed from the temporary directory to this one: they are on different file systems.
    is_elsewhere: AtomicBool,
}

/// How much of its work a process does before it sleeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Batch {
    pub files: u32,
    pub sleep_ms: u64,
    /// Also fewer files than `files`, if they took so long.
    pub threshold_ms: u64,
}

impl Batch {
    /// nginx's for manager and loader.
    pub const DEFAULT: Self = Self { files: 100, sleep_ms: 50, threshold_ms: 200 };
    /// nginx's for the purger.
    pub const PURGER: Self = Self { files: 10, sleep_ms: 50, threshold_ms: 50 };
}

/// What a file takes on a disk is counted in blocks of this many bytes.
const BLOCK: u64 = 4096;

/// Bytes on the disk of a file of that length.
pub fn on_disk(len: u64) -> u64 {
    len.checked_next_multiple_of(BLOCK).unwrap_or(len)
}

impl Place {
    /// With what nginx assumes where nothing is said.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            levels: [0; 3],
            use_temp_path: true,
            inactive_ms: 600_000,
            max_size: u64::MAX,
            min_free: 0,
            manager: Batch::DEFAULT,
            loader: Batch::DEFAULT,
            purger: None,
            is_elsewhere: AtomicBool::new(false),
        }
    }

    /// The file of that key: `ROOT/c/29/….by_peerage` with `levels=1:2`.
    pub fn file(&self, key: Key) -> PathBuf {
        let (hex, root) = (key.hex(), self.root.as_os_str().as_encoded_bytes());
        let mut path = Vec::with_capacity(root.len() + hex.len() + SUFFIX.len() + 16);
        path.extend_from_slice(root);
        let mut end = hex.len();
        for &level in self.levels.iter().take_while(|&&level| level > 0) {
            let start = end.saturating_sub(usize::from(level));
            path.push(b'/');
            path.extend_from_slice(&hex[start..end]);
            end = start;
        }
        path.push(b'/');
        path.extend_from_slice(&hex);
        path.extend_from_slice(SUFFIX.as_bytes());
        OsString::from_vec(path).into()
    }

    /// Whether new files are written in the directory that they are to stay in.
    pub fn writes_beside(&self) -> bool {
        !self.use_temp_path || self.is_elsewhere.load(Ordering::Relaxed)
    }

    /// The directory of temporary files is on another file system: from here on this one is used.
    pub fn note_elsewhere(&self) {
        self.is_elsewhere.store(true, Ordering::Relaxed);
    }

    /// The path of a new file for `key`; `number` tells apart those that are written at the same time.
    pub fn beside(&self, key: Key, number: &str) -> PathBuf {
        let mut path = self.file(key).into_os_string();
        path.push(".");
        path.push(number);
        path.into()
    }

    /// Whether the file of that key is to be in that directory.
    pub fn is_in(&self, directory: &Path, key: Key) -> bool {
        self.file(key).parent() == Some(directory)
    }

    /// What makes a zone of another place another zone: its path and, if there are any, its levels.
    pub fn described(&self) -> Box<[u8]> {
        let mut text = self.root.as_os_str().as_encoded_bytes().to_vec();
        for (at, level) in self.levels.iter().take_while(|&&level| level > 0).enumerate() {
            text.extend_from_slice(if at == 0 { b" levels=" } else { b":" });
            text.push(b'0' + level % 10);
        }
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_where_nginx_has_them() {
        let mut place = Place::new("/data/cache".into());
        let key = Key::of(b"abc");
        let shown = |place: &Place| place.file(key).display().to_string();
        assert_eq!(shown(&place), "/data/cache/900150983cd24fb0d6963f7d28e17f72.by_peerage");
        place.levels = [1, 2, 0];
        let name = "/data/cache/2/f7/900150983cd24fb0d6963f7d28e17f72.by_peerage";
        assert_eq!(shown(&place), name);
        let beside = place.beside(key, "0000000001");
        assert_eq!(beside.display().to_string(), format!("{name}.0000000001"));
        assert!(place.is_in(Path::new("/data/cache/2/f7"), key));
        assert!(!place.is_in(Path::new("/data/cache/2"), key));
        assert_eq!(*place.described(), *b"/data/cache levels=1:2");
    }

    #[test]
    fn sizes_are_those_of_blocks() {
        assert_eq!([0, 1, 4096, 4097, u64::MAX].map(on_disk), [0, 4096, 4096, 8192, u64::MAX]);
    }
}
