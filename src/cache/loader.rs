//! The cache loader: finds the files that are there from before, and what dead processes left behind.
//!
//! It reads names and lengths, no contents: a file that is not whole is found out when it is asked for. Only directories
//! whose names are as those of levels are looked into. Files of nginx and of others stay as they are.

use std::path::Path;
use std::rc::Rc;

use super::format::FIXED;
use super::index;
use super::key::{self, Key, Named};
use super::place::on_disk;
use super::store::Store;
use crate::os::Errno;
use crate::os::disk::{Entry, Listing};

/// A walk through the directory of a cache.
#[derive(Debug)]
pub struct Loader {
    /// The directories on the way to where it is.
    open: Vec<(Listing, Rc<Path>)>,
    /// Of the zone when it began.
    epoch: u64,
    found: Found,
}

/// What there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// Files that have a record now.
    pub loaded: u64,
    /// Files that were removed: not whole, left behind, or at a place where none is looked for.
    pub removed: u64,
    /// Files of nginx.
    pub foreign: u64,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Another turn, in that many ms.
    Sleep(u64),
    /// All of it was seen.
    Done(Found),
}

/// As many directories on the way to a file as `levels` can say.
const DEEPEST: usize = 3;

impl Loader {
    /// None: all files have a record, or another process looks for them.
    pub fn begin(store: &Store<'_>) -> Option<Self> {
        if !index::begin_to_load(store.zone) {
            return None;
        }
        let epoch = index::epoch(store.zone);
        let mut it = Self { open: Vec::new(), epoch, found: Found::default() };
        it.enter(store, &store.place.root);
        Some(it)
    }

    /// One turn. `now` is asked for the time in ms.
    pub fn step(&mut self, store: &Store<'_>, now: impl Fn() -> u64) -> Step {
        let batch = store.place.loader;
        let began = now();
        let mut files = 0;
        while let Some((listing, directory)) = self.open.last_mut() {
            let directory = directory.clone();
            match listing.next() {
                Some(Ok(entry)) if !entry.is_dir => self.file(store, &directory, &entry, now()),
                Some(Ok(entry)) => {
                    if self.open.len() <= DEEPEST && is_level(entry.name.as_encoded_bytes()) {
                        self.enter(store, &directory.join(&entry.name));
                    }
                    continue;
                }
                Some(Err(e)) => {
                    failed("readdir()", &directory, e);
                    self.open.pop();
                    continue;
                }
                None => {
                    self.open.pop();
                    continue;
                }
            }
            files += 1;
            if files >= batch.files || now().saturating_sub(began) >= batch.threshold_ms {
                return Step::Sleep(batch.sleep_ms);
            }
        }
        index::loaded(store.zone, self.epoch, self.found.foreign);
        Step::Done(self.found)
    }

    fn enter(&mut self, store: &Store<'_>, path: &Path) {
        match store.disk.list(path) {
            Ok(listing) => self.open.push((listing, path.into())),
            // It may have gone, or not be made yet.
            Err(Errno::NOENT) => {}
            Err(e) => failed("opendir()", path, e),
        }
    }

    fn file(&mut self, store: &Store<'_>, directory: &Path, entry: &Entry, now: u64) {
        let path = || directory.join(&entry.name);
        let is_kept = match key::named(entry.name.as_encoded_bytes()) {
            Named::Entry(key) => match entry.len() {
                Ok(Some(len)) if len >= FIXED as u64 && store.place.is_in(directory, key) => {
                    self.load(store, key, len, now);
                    true
                }
                Ok(_) => false,
                Err(_) => true,
            },
            Named::Temporary => !store.disk.is_abandoned(&path()),
            Named::Nginx => {
                self.found.foreign += 1;
                true
            }
            Named::Foreign => true,
        };
        if !is_kept && store.disk.remove(&path()).is_ok() {
            self.found.removed += 1;
        }
    }

    fn load(&mut self, store: &Store<'_>, key: Key, len: u64, now: u64) {
        let (version, evicted) = index::add(store.zone, key, now, on_disk(len));
        store.evicted(evicted);
        self.found.loaded += u64::from(version.is_some());
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

#[cfg(test)]
mod tests;
