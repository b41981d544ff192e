//! The cache purger: removes the files of keys that a wildcard purge holds for.

use super::counters::{self, Counter};
use super::entry;
use super::format::Head;
use super::index::{self, Began};
use super::key::{self, Named};
use super::place::Batch;
use super::purges;
use super::store::Store;
use super::walk::Walk;

/// A walk through all files, for the purges that were noted before it began.
#[derive(Debug)]
pub struct Purger {
    walk: Walk,
    began: Began,
    buf: Vec<u8>,
}

impl Purger {
    /// None: nothing is to be purged.
    pub fn begin(store: &Store<'_>) -> Option<Self> {
        if !purges::is_any(store.zone) {
            return None;
        }
        let began = index::moment(store.zone);
        Some(Self { walk: Walk::begin(store.disk, &store.place.root), began, buf: Vec::new() })
    }

    /// One turn. In how many ms the next one is due; `None`: all files were seen. `now` is asked for the time in ms.
    pub fn step(&mut self, store: &Store<'_>, batch: Batch, now: impl Fn() -> u64) -> Option<u64> {
        let began = now();
        let mut files = 0;
        while let Some((directory, entry)) = self.walk.next(store.disk) {
            if let Named::Entry(key) = key::named(entry.name.as_encoded_bytes()) {
                let path = directory.join(&entry.name);
                let head = entry::head(store.disk, &path, &mut self.buf);
                let is_purged = |head: Head<'_>| {
                    purges::is_purged(store.zone, head.key, None, head.meta.requested_ms)
                };
                if head.is_some_and(is_purged) {
                    index::forget(store.zone, key);
                    store.remove(key);
                    counters::count(store.zone, Counter::Purged, 1);
                }
            }
            files += 1;
            if files >= batch.files || now().saturating_sub(began) >= batch.threshold_ms {
                return Some(batch.sleep_ms);
            }
        }
        purges::done(store.zone, self.began);
        None
    }
}
