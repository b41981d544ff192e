//! The cache loader: finds the files that are there from before, and what dead processes left behind.
//!
//! It reads names and lengths, no contents: a file that is not whole is found out when it is asked for. Files of nginx and
//! of others stay as they are.

use std::path::Path;

use super::format::FIXED;
use super::index;
use super::key::{self, Key, Named};
use super::place::on_disk;
use super::store::Store;
use super::walk::Walk;
use crate::os::disk::Entry;

/// What it has seen so far.
#[derive(Debug)]
pub struct Loader {
    walk: Walk,
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

impl Loader {
    /// None: all files have a record, or another process looks for them.
    pub fn begin(store: &Store<'_>) -> Option<Self> {
        if !index::begin_to_load(store.zone) {
            return None;
        }
        let epoch = index::epoch(store.zone);
        let walk = Walk::begin(store.disk, &store.place.root);
        Some(Self { walk, epoch, found: Found::default() })
    }

    /// One turn. `now` is asked for the time in ms.
    pub fn step(&mut self, store: &Store<'_>, now: impl Fn() -> u64) -> Step {
        let batch = store.place.loader;
        let began = now();
        let mut files = 0;
        while let Some((directory, entry)) = self.walk.next(store.disk) {
            self.file(store, &directory, &entry, now());
            files += 1;
            if files >= batch.files || now().saturating_sub(began) >= batch.threshold_ms {
                return Step::Sleep(batch.sleep_ms);
            }
        }
        index::loaded(store.zone, self.epoch);
        Step::Done(self.found)
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

#[cfg(test)]
mod tests;
