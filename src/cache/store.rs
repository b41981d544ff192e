//! One cache, for the process that uses it: its place, its index, and the disk.

use std::fs::File;

use super::counters::{self, Counter};
use super::entry::{self, Entry, Miss};
use super::fill::{Failed, Fill, TempPath};
use super::format::{Head, Meta};
use super::index::{self, Began, Found, Kept, Marked, Ticket};
use super::key::Key;
use super::place::{Place, on_disk};
use super::purges;
use crate::os::disk::Disk;
use crate::shared::zone::Zone;

#[derive(Clone, Copy, Debug)]
pub struct Store<'a> {
    pub place: &'a Place,
    pub zone: &'a Zone,
    pub disk: &'a Disk,
}

/// Of an answer that is to be stored: when it was asked for, and the mark of its update, if it has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Update {
    pub began: Began,
    pub ticket: Option<Ticket>,
}

impl Store<'_> {
    /// What is known of a key that is asked for at `now` (ms), which counts as a use of it.
    pub fn look(&self, key: Key, now: u64, min_uses: u32) -> (Found, Began) {
        let look = index::look(self.zone, key, now, min_uses);
        self.evicted(look.evicted);
        (look.found, look.began)
    }

    /// Opens the file of a key whose bytes are `bytes`. `version` is that of its record, and a miss is noted there; in a
    /// cold zone there is none, and a file that is found gets one: it is returned.
    pub fn open<'b>(
        &self,
        key: Key,
        bytes: &[u8],
        version: Option<u64>,
        now: u64,
        buf: &'b mut Vec<u8>,
    ) -> Result<(Entry<'b>, u64), Miss> {
        let miss = match entry::open(self.disk, &self.place.file(key), bytes, buf) {
            Ok(entry) if self.is_purged(bytes, version, &entry.head.meta) => {
                self.remove(key);
                Miss::NotFound
            }
            Ok(entry) => {
                let version = version.unwrap_or_else(|| self.add(key, now, &entry));
                return Ok((entry, version));
            }
            Err(miss) => miss,
        };
        // The file of another key stays, and so does one that cannot be opened now.
        if matches!(miss, Miss::NotFound | Miss::Unusable(_)) {
            version.into_iter().for_each(|it| index::lost(self.zone, key, it));
        }
        Err(miss)
    }

    /// Whether a wildcard purge holds for the file of that version: also one that a worker has kept open is not used then.
    pub fn is_purged(&self, bytes: &[u8], version: Option<u64>, meta: &Meta) -> bool {
        purges::is_purged(self.zone, bytes, version, meta.requested_ms)
    }

    /// A file that was found gets a record. Its version; 0 if there is no room for one.
    fn add(&self, key: Key, now: u64, entry: &Entry<'_>) -> u64 {
        let len = entry.start.saturating_add(entry.head.meta.body);
        let (version, evicted) = index::add(self.zone, key, now, on_disk(len));
        self.evicted(evicted);
        version.unwrap_or(0)
    }

    /// See [`index::mark`].
    pub fn mark(&self, key: Key, now: u64, age: u64, seen: Option<u64>) -> Marked {
        index::mark(self.zone, key, now, age, seen)
    }

    /// The update has ended without a file.
    pub fn release(&self, key: Key, ticket: Ticket) {
        index::release(self.zone, key, ticket);
    }

    /// The update has ended without a file, and until then (ms) no request waits for another one of this key.
    pub fn open_until(&self, key: Key, ticket: Option<Ticket>, until: u64) {
        index::open_until(self.zone, key, ticket, until);
    }

    /// A file to write an answer to, whose head will have this length.
    pub fn create(
        &self,
        key: Key,
        temporary: TempPath<'_>,
        head: usize,
        seed: u64,
    ) -> Result<Fill, Failed> {
        Fill::create(self.disk, self.place, key, temporary, head as u64, seed)
    }

    /// The answer is there, and the file gets its name. Its version; none: it was purged meanwhile. The mark of the
    /// update goes in any case.
    pub fn store(
        &self,
        key: Key,
        now: u64,
        fill: Fill,
        head: Head<'_>,
        update: Update,
        seed: u64,
    ) -> Result<Option<u64>, Failed> {
        let release = || update.ticket.into_iter().for_each(|it| self.release(key, it));
        if purges::came_after(self.zone, head.key, update.began) {
            release();
            return Ok(None);
        }
        let stored = fill.store(self.place, key, head, seed).inspect_err(|_| release())?;
        let of = (update.began, update.ticket);
        let (kept, evicted) =
            index::stored(self.zone, key, now, of, (stored.size, head.meta.valid));
        self.evicted(evicted);
        match kept {
            Kept::As(version) => {
                counters::count(self.zone, Counter::Stored, stored.size);
                Ok(Some(version))
            }
            Kept::Not => {
                self.remove(key);
                Ok(None)
            }
        }
    }

    /// A server has said that the entry of that version is still valid: its times become those of `meta`. Its new
    /// version; none: it is not that any more. The mark of the update goes in any case.
    pub fn refresh(
        &self,
        key: Key,
        (file, head): (&File, &Head<'_>),
        meta: Meta,
        (version, ticket): (u64, Option<Ticket>),
    ) -> Result<Option<u64>, Failed> {
        let path = self.place.file(key);
        let refreshed = entry::refresh(self.disk, &path, file, &head.refreshed(meta));
        if let Ok(Some(())) = refreshed {
            return Ok(index::refreshed(self.zone, key, (version, ticket), meta.valid));
        }
        ticket.into_iter().for_each(|ticket| self.release(key, ticket));
        refreshed.map(|_| None).map_err(|(call, error)| Failed { call, path, error })
    }

    /// Whether there was a file, which is gone. What was asked for before this and is still on its way is not stored.
    pub fn purge(&self, key: Key) -> bool {
        let known = index::purge(self.zone, key);
        let there = self.remove(key);
        if known || there {
            counters::count(self.zone, Counter::Purged, 1);
        }
        known || there
    }

    /// All keys that begin with these bytes are purged: none of their files that is there now is used any more, nor what
    /// was asked for before this. `now` in ms; `wall_ms` since 1970. False: there is no room to note it.
    pub fn purge_prefix(&self, prefix: &[u8], now: u64, wall_ms: u64) -> bool {
        // By then the cache manager has removed what was not used.
        let until = now.saturating_add(self.place.inactive_ms).saturating_add(purges::MARGIN_MS);
        let (is_noted, evicted) = purges::add(self.zone, prefix, wall_ms, until);
        evicted.into_iter().for_each(|key| self.evicted(Some(key)));
        is_noted
    }

    pub fn count(&self, counter: Counter, n: u64) {
        counters::count(self.zone, counter, n);
    }

    /// Removes the file of a key that has no record any more, or none yet.
    pub(super) fn remove(&self, key: Key) -> bool {
        self.disk.remove(&self.place.file(key)).is_ok()
    }

    /// The record had to go for another.
    pub(super) fn evicted(&self, key: Option<Key>) {
        if let Some(key) = key {
            self.remove(key);
            counters::count(self.zone, Counter::Evicted, 1);
        }
    }
}

#[cfg(test)]
mod tests;
