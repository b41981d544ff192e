//! `open_file_cache`: descriptors of files, and what is known of files, directories and errors, by path.
//!
//! What is known is believed for a while (`open_file_cache_valid`); then it is looked at again, and a file that is the
//! same keeps its descriptor.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;

use super::settings::core::FileCacheSize;
use crate::base::arena::{Arena, Id};
use crate::base::list::{Link, Linked, List};
use crate::conf::value::Msec;
use crate::os::{Errno, file};

/// One of them; of each worker, and of all locations that a directive holds for.
pub struct FileCache {
    size: FileCacheSize,
    entries: Arena<Entry>,
    by_path: HashMap<Box<[u8]>, Id<Entry>>,
    /// The one that was used last is in front.
    by_use: List<Entry, ByUse>,
}

enum ByUse {}

struct Entry {
    path: Box<[u8]>,
    known: Result<Known, Errno>,
    /// When it was looked at, and when it was asked for.
    checked: Msec,
    used: Msec,
    uses: u32,
    link: Link<Self>,
}

/// What there is at a path.
#[derive(Clone, Debug)]
pub struct Known {
    pub metadata: Metadata,
    /// Of a regular file; none: it was not asked for, or is not kept.
    pub file: Option<Rc<File>>,
}

/// What a location says of its cache.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub valid: Msec,
    /// Fewer uses do not keep a descriptor.
    pub min_uses: u32,
    /// Errors are remembered, too.
    pub errors: bool,
}

impl Linked<ByUse> for Entry {
    fn link(&mut self) -> &mut Link<Self> {
        &mut self.link
    }
}

impl FileCache {
    pub fn new(size: FileCacheSize) -> Self {
        Self { size, entries: Arena::default(), by_path: HashMap::new(), by_use: List::default() }
    }

    /// What is at the path, with a descriptor if that is a regular file and `opens`.
    pub fn find(
        &mut self,
        path: &[u8],
        opens: bool,
        rules: Rules,
        now: Msec,
    ) -> Result<Known, Errno> {
        for _ in 0..2 {
            self.remove_oldest(|entry, size| now.saturating_sub(entry.used) >= size.inactive);
        }
        let Some(&id) = self.by_path.get(path) else {
            let found = look(path, opens);
            if found.is_ok() || rules.errors {
                self.insert(path, &found, rules, now);
            }
            return found;
        };
        self.by_use.remove(&mut self.entries, id);
        self.by_use.push_front(&mut self.entries, id);
        let entry = &mut self.entries[id];
        entry.used = now;
        entry.uses = entry.uses.saturating_add(1);
        let is_valid = now.saturating_sub(entry.checked) < rules.valid;
        if is_valid || entry.is_unchanged() {
            if !is_valid {
                entry.checked = now;
            }
            match &entry.known {
                Err(e) if rules.errors => return Err(*e),
                Ok(known) if known.has_all(opens) => return Ok(known.clone()),
                _ => {}
            }
        }
        let found = look(path, opens);
        entry.checked = now;
        entry.keep(&found, rules);
        if found.is_err() && !rules.errors {
            self.remove(id);
        }
        found
    }

    fn insert(&mut self, path: &[u8], found: &Result<Known, Errno>, rules: Rules, now: Msec) {
        if self.by_path.len() >= self.size.max {
            self.remove_oldest(|_, _| true);
        }
        let path: Box<[u8]> = path.into();
        let mut entry = Entry {
            path: path.clone(),
            known: Err(Errno::NOENT),
            checked: now,
            used: now,
            uses: 1,
            link: Link::default(),
        };
        entry.keep(found, rules);
        let id = self.entries.insert(entry);
        self.by_path.insert(path, id);
        self.by_use.push_front(&mut self.entries, id);
    }

    /// Removes the entry that was not used for longest, if it `may` go.
    fn remove_oldest(&mut self, may: impl Fn(&Entry, &FileCacheSize) -> bool) {
        let oldest = self.by_use.back().filter(|id| may(&self.entries[*id], &self.size));
        if let Some(id) = oldest {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: Id<Entry>) {
        self.by_use.remove(&mut self.entries, id);
        if let Some(entry) = self.entries.remove(id) {
            self.by_path.remove(&entry.path);
        }
    }
}

impl Entry {
    fn keep(&mut self, found: &Result<Known, Errno>, rules: Rules) {
        self.known = found.clone();
        if let (Ok(known), true) = (&mut self.known, self.uses < rules.min_uses) {
            known.file = None;
        }
    }

    /// The path still leads to what is known of it.
    fn is_unchanged(&self) -> bool {
        let Ok(known) = &self.known else { return false };
        let identity =
            |it: &Metadata| (it.dev(), it.ino(), it.size(), it.mtime(), it.mtime_nsec(), it.mode());
        let found = fs::metadata(path_of(&self.path));
        found.is_ok_and(|found| identity(&found) == identity(&known.metadata))
    }
}

impl Known {
    fn has_all(&self, opens: bool) -> bool {
        !opens || self.file.is_some() || !self.metadata.is_file()
    }
}

fn path_of(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn look(path: &[u8], opens: bool) -> Result<Known, Errno> {
    if !opens {
        return Ok(Known { metadata: fs::metadata(path_of(path))?, file: None });
    }
    let (file, metadata) = file::open(path_of(path)).map_err(|(_, e)| e)?;
    let file = metadata.is_file().then(|| Rc::new(file));
    Ok(Known { metadata, file })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::path::PathBuf;

    const RULES: Rules = Rules { valid: 1000, min_uses: 1, errors: false };

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("peerage-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
        fn path(&self, name: &str) -> Vec<u8> {
            self.0.join(name).as_os_str().as_bytes().to_vec()
        }
        /// Another file takes the name.
        fn write(&self, name: &str, text: &str) {
            fs::write(self.0.join("new"), text).unwrap();
            fs::rename(self.0.join("new"), self.0.join(name)).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn len(found: Result<Known, Errno>) -> Option<u64> {
        found.ok().map(|known| known.metadata.len())
    }

    #[test]
    fn what_is_known_is_believed_for_a_while() {
        let folder = Folder::new("cache-valid");
        let (a, none) = (folder.path("a"), folder.path("none"));
        let mut cache = FileCache::new(FileCacheSize { max: 10, inactive: 60_000 });
        folder.write("a", "1");
        assert!(cache.find(&a, true, RULES, 0).unwrap().file.is_some());
        folder.write("a", "22");
        assert_eq!(len(cache.find(&a, true, RULES, 999)), Some(1));
        assert_eq!(len(cache.find(&a, true, RULES, 1000)), Some(2));
        let again = cache.find(&a, true, RULES, 5000).unwrap().file.unwrap().as_raw_fd();
        assert_eq!(cache.find(&a, true, RULES, 5001).unwrap().file.unwrap().as_raw_fd(), again);
        let errors = Rules { errors: true, ..RULES };
        assert_eq!(len(cache.find(&none, true, errors, 0)), None);
        folder.write("none", "1");
        assert_eq!(len(cache.find(&none, true, errors, 1)), None);
        assert_eq!(len(cache.find(&none, true, RULES, 2)), Some(1));
        fs::remove_file(folder.0.join("a")).unwrap();
        assert_eq!(len(cache.find(&a, false, RULES, 5002)), Some(2));
        assert_eq!(len(cache.find(&a, false, RULES, 9000)), None);
        assert!(!cache.by_path.contains_key(&*a));
    }

    #[test]
    fn descriptors_are_kept_for_what_is_used_often() {
        let folder = Folder::new("cache-uses");
        let a = folder.path("a");
        let mut cache = FileCache::new(FileCacheSize { max: 10, inactive: 60_000 });
        folder.write("a", "1");
        let twice = Rules { min_uses: 2, ..RULES };
        let count = |cache: &FileCache| {
            let kept = cache.by_path.values().map(|id| &cache.entries[*id].known);
            kept.filter(|known| known.as_ref().is_ok_and(|it| it.file.is_some())).count()
        };
        assert!(cache.find(&a, true, twice, 0).unwrap().file.is_some());
        assert_eq!(count(&cache), 0);
        assert!(cache.find(&a, true, twice, 1).unwrap().file.is_some());
        assert_eq!(count(&cache), 1);
    }

    #[test]
    fn it_is_bounded() {
        let folder = Folder::new("cache-max");
        let mut cache = FileCache::new(FileCacheSize { max: 2, inactive: 100 });
        for (now, name) in [(0, "a"), (1, "b"), (2, "a"), (3, "c")] {
            folder.write(name, "1");
            assert!(cache.find(&folder.path(name), true, RULES, now).is_ok());
        }
        let mut names: Vec<_> = cache.by_path.keys().filter_map(|path| path.last()).collect();
        names.sort();
        assert_eq!(names, [&b'a', &b'c']);
        assert!(cache.find(&folder.path("d"), true, RULES, 500).is_err());
        assert!(cache.by_path.is_empty());
    }
}
