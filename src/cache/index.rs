//! The records of a cache in its zone: one for each key that was asked for or is stored, in the order of their last use.
//!
//! A record is 16 words, two cells of the zone. All of it is read and changed under the zone's lock, in steps that leave
//! it as it was or as it is to be; nothing waits while the lock is held, and no file is touched.
//!
//! A process that updates an entry *marks* its record, with a ticket that no other update has and with the time when
//! others need not wait for it any more. The mark of a process that has died holds no more.

use std::sync::atomic::Ordering::Relaxed;

use super::key::{self, Key};
use crate::shared::table::Record;
use crate::shared::zone::{Locked, Mark, Zone};

/// What is known of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    pub found: Found,
    /// For [`stored`]: nothing that is purged from here on is stored.
    pub began: Began,
    /// Had to go for a record of this key: its file is to be removed.
    pub evicted: Option<Key>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// A file is stored.
    Present(Present),
    /// None is known.
    Absent {
        /// It was asked for as often as it takes to be stored (`min_uses`).
        stores: bool,
        /// There may be a file that no loader has seen yet.
        is_cold: bool,
    },
    /// There is no room for a record, or the zone cannot be locked: the cache is passed by.
    Unknown,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Present {
    /// No two files of a zone have the same one, and none that was changed has the one that it had before.
    pub version: u64,
    /// Until when it is fresh, in seconds since 1970; 0 if no process has read that yet.
    pub valid: i64,
    /// A process that lives updates it.
    pub is_updating: bool,
}

/// The moment at which an answer was asked for, in the order of changes of a zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Began(pub u64);

/// Of one update of one entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket(u64);

/// What comes of the wish to update an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Marked {
    /// The caller: it calls [`release`] in the end, or [`stored`].
    Taken(Ticket),
    /// Another does, until then (ms) at the longest.
    Held(u64),
    /// It was stored meanwhile.
    Present(u64),
    /// The key is not to be waited for: its answers were not stored, lately.
    Open,
    /// The zone knows nothing of it.
    Unknown,
}

/// An entry that goes because it was not used, or when the next one does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inactive {
    /// And whether it had a file.
    Removed(Key, bool),
    /// In that many ms.
    Later(u64),
    None,
}

/// Words of the zone.
const SIZE: usize = 0;
const LAST: usize = 1;
/// 0 until all files have a record, then 1.
const IS_LOADED: usize = 2;
const LOADER: usize = 3;
/// The latest moment of a wildcard purge that is not noted any more.
pub(super) const LAST_FORGOTTEN: usize = 4;
/// Of the last purge, in the order of changes.
const LAST_PURGE: usize = 5;
/// See [`super::purges`].
pub(super) const PREFIXES: usize = 6;
pub(super) const FIRST_COUNTER: usize = 7;

/// The value of a record: bit 0, whether a file is stored; the high half, how often it was asked for.
const STATE: usize = 0;
const EXISTS: u64 = 1;
const USE: u64 = 1 << 32;

/// Words of a record.
const VERSION: usize = 0;
/// Bytes on the disk.
const BYTES: usize = 1;
/// When it was used last, in ms.
const USED: usize = 2;
const VALID: usize = 3;
/// Of the update, 0 without one; whose it is, and until when.
const TICKET: usize = 4;
const OWNER: usize = 5;
const UNTIL: usize = 6;
/// Until when no process waits for an update of another.
const OPEN_UNTIL: usize = 7;
/// What was asked for before that is not stored.
const PURGED: usize = 8;
const WORDS: usize = 9;

/// How many entries that are being updated are passed over in the search for one that may go.
const TRIES: usize = 20;

/// How many wildcard purges are noted at the same time.
pub(super) const PURGES: u32 = 32;

/// The records of a zone, under its lock.
pub(super) struct Index<'a> {
    pub zone: &'a Zone,
    pub locked: Locked<'a>,
}

impl<'a> Index<'a> {
    pub fn lock(zone: &'a Zone) -> Option<Self> {
        Some(Self { zone, locked: zone.lock()? })
    }

    fn word(&self, it: Record, at: usize) -> u64 {
        self.locked.payload_word(it, at)
    }

    fn set(&self, it: Record, at: usize, value: u64) {
        self.locked.set_payload_word(it, at, value);
    }

    fn find(&self, key: Key) -> Option<Record> {
        self.locked.find(self.zone.key(&key.0))
    }

    /// A word of the zone.
    fn whole(&self, at: usize) -> u64 {
        self.locked.module_word(at)
    }

    /// The next number of the order of changes.
    pub fn next(&self) -> u64 {
        let next = self.whole(LAST) + 1;
        self.locked.set_module_word(LAST, next);
        next
    }

    fn exists(&self, it: Record) -> bool {
        self.locked.value(it, STATE) & EXISTS != 0
    }

    /// A process that lives updates it.
    fn is_marked(&self, it: Record) -> bool {
        self.word(it, TICKET) != 0 && self.zone.is_alive(Mark(self.word(it, OWNER)))
    }

    fn key_of(&self, it: Record) -> Option<Key> {
        let mut key = Key([0; key::LEN]);
        (self.locked.key_of(it, &mut key.0) == key::LEN).then_some(key)
    }

    fn touch(&self, it: Record, now: u64) {
        self.locked.touch(it);
        self.set(it, USED, now);
    }

    /// A new record; another goes for it if it has to.
    fn insert(&self, key: Key, now: u64) -> (Option<Record>, Option<Key>) {
        let insert = || self.locked.insert_with(self.zone.key(&key.0), &[0; WORDS * 8]);
        let (it, evicted) = match insert() {
            Some(it) => (Some(it), None),
            None => match self.evict() {
                Some((evicted, existed)) => (insert(), Some(evicted).filter(|_| existed)),
                None => (None, None),
            },
        };
        if let Some(it) = it {
            self.set(it, USED, now);
            // Its last record may have been removed since the purge of its key.
            self.set(it, PURGED, self.whole(LAST_PURGE));
        }
        (it, evicted)
    }

    /// Removes the record that was not used for the longest time, but for those that are being updated. Its key, and
    /// whether it had a file.
    pub fn evict(&self) -> Option<(Key, bool)> {
        let mut next = self.oldest_entry();
        let mut passed = Vec::new();
        while passed.len() < TRIES + PURGES as usize {
            let Some(it) = next else { break };
            if let Some(key) = self.key_of(it).filter(|_| !self.is_marked(it)) {
                let existed = self.exists(it);
                self.forget(it);
                return Some((key, existed));
            }
            passed.push(it);
            next = self.locked.newer(it);
        }
        // The next search begins behind them.
        passed.into_iter().for_each(|it| self.locked.touch(it));
        None
    }

    /// The record of a key that was not used for the longest time. Those of purges before it become the youngest: they go
    /// when the purge is over, and have no time of use.
    fn oldest_entry(&self) -> Option<Record> {
        for _ in 0..PURGES {
            let it = self.locked.oldest()?;
            if self.key_of(it).is_some() {
                break;
            }
            self.locked.touch(it);
        }
        self.locked.oldest().filter(|it| self.key_of(*it).is_some())
    }

    fn forget(&self, it: Record) {
        self.set_absent(it);
        self.locked.remove(it);
    }

    fn set_absent(&self, it: Record) {
        if self.exists(it) {
            let left = self.whole(SIZE).saturating_sub(self.word(it, BYTES));
            self.locked.set_module_word(SIZE, left);
            self.set_state(it, 0);
            self.set(it, BYTES, 0);
        }
    }

    fn set_present(&self, it: Record, bytes: u64) {
        self.set_absent(it);
        self.locked.set_module_word(SIZE, self.whole(SIZE).saturating_add(bytes));
        self.set(it, BYTES, bytes);
        self.set(it, VERSION, self.next());
        self.set_state(it, EXISTS);
    }

    fn set_state(&self, it: Record, exists: u64) {
        self.locked.set_value(it, STATE, self.locked.value(it, STATE) & !EXISTS | exists);
    }

    fn present(&self, it: Record, now: u64) -> Present {
        Present {
            version: self.word(it, VERSION),
            valid: self.word(it, VALID) as i64,
            is_updating: self.is_marked(it) && now < self.word(it, UNTIL),
        }
    }

    fn needs_loader(&self) -> bool {
        self.whole(IS_LOADED) == 0 && !self.zone.is_alive(Mark(self.whole(LOADER)))
    }

    fn unmark(&self, it: Record, ticket: Ticket) {
        if self.word(it, TICKET) == ticket.0 {
            self.set(it, TICKET, 0);
        }
    }
}

/// What is known of a key that is asked for at `now` (ms), which counts as a use of it.
pub fn look(zone: &Zone, key: Key, now: u64, min_uses: u32) -> Look {
    let Some(index) = Index::lock(zone) else {
        return Look { found: Found::Unknown, began: Began::default(), evicted: None };
    };
    let (it, evicted) = match index.find(key) {
        Some(it) => {
            index.touch(it, now);
            (Some(it), None)
        }
        None => index.insert(key, now),
    };
    let found = match it {
        None => Found::Unknown,
        Some(it) => {
            let state = index.locked.value(it, STATE);
            let state = state.checked_add(USE).unwrap_or(state);
            index.locked.set_value(it, STATE, state);
            match state & EXISTS {
                0 => Found::Absent {
                    stores: state / USE >= u64::from(min_uses),
                    is_cold: index.whole(IS_LOADED) == 0,
                },
                _ => Found::Present(index.present(it, now)),
            }
        }
    };
    Look { found, began: Began(index.whole(LAST)), evicted }
}

/// Makes the caller the one that updates an entry, unless another does, for `age` ms at the longest. `seen` is the version
/// that the caller knows; none: it knows of no file.
pub fn mark(zone: &Zone, key: Key, now: u64, age: u64, seen: Option<u64>) -> Marked {
    let Some(index) = Index::lock(zone) else { return Marked::Unknown };
    let Some(it) = index.find(key) else { return Marked::Unknown };
    let version = index.exists(it).then(|| index.word(it, VERSION));
    match version {
        Some(version) if seen != Some(version) => return Marked::Present(version),
        _ => {}
    }
    let until = index.word(it, UNTIL);
    if index.is_marked(it) && now < until {
        return Marked::Held(until);
    }
    if now < index.word(it, OPEN_UNTIL) {
        return Marked::Open;
    }
    let ticket = index.next();
    index.set(it, TICKET, ticket);
    index.set(it, OWNER, zone.mark().0);
    index.set(it, UNTIL, now.saturating_add(age));
    Marked::Taken(Ticket(ticket))
}

/// The update has ended without a file.
pub fn release(zone: &Zone, key: Key, ticket: Ticket) {
    let Some(index) = Index::lock(zone) else { return };
    if let Some(it) = index.find(key) {
        index.unmark(it, ticket);
    }
}

/// As [`release`]; no process waits for an update of this key until then (ms).
pub fn open_until(zone: &Zone, key: Key, ticket: Option<Ticket>, until: u64) {
    let Some(index) = Index::lock(zone) else { return };
    if let Some(it) = index.find(key) {
        ticket.into_iter().for_each(|ticket| index.unmark(it, ticket));
        index.set(it, OPEN_UNTIL, until);
    }
}

/// How a file that has got its name came into the index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// The entry's new version.
    As(u64),
    /// The key was purged after the answer was asked for, or there is no room for a record: the file is to be removed.
    Not,
}

/// A file of that key has got its name. The key of another whose file is to be removed for it, if one is.
pub fn stored(
    zone: &Zone,
    key: Key,
    now: u64,
    (began, ticket): (Began, Option<Ticket>),
    (bytes, valid): (u64, i64),
) -> (Kept, Option<Key>) {
    let Some(index) = Index::lock(zone) else { return (Kept::Not, None) };
    let (it, evicted) = match index.find(key) {
        Some(it) => (Some(it), None),
        // Whether the key was purged since is not known any more.
        None if index.whole(LAST_PURGE) > began.0 => return (Kept::Not, None),
        None => index.insert(key, now),
    };
    let Some(it) = it else { return (Kept::Not, evicted) };
    ticket.into_iter().for_each(|ticket| index.unmark(it, ticket));
    if index.word(it, PURGED).max(index.whole(LAST_FORGOTTEN)) > began.0 {
        return (Kept::Not, evicted);
    }
    index.touch(it, now);
    index.set_present(it, bytes);
    index.set(it, VALID, valid as u64);
    (Kept::As(index.word(it, VERSION)), evicted)
}

/// The times in the file of that version were replaced. Its new version; none: it is not that any more.
pub fn refreshed(
    zone: &Zone,
    key: Key,
    (version, ticket): (u64, Option<Ticket>),
    valid: i64,
) -> Option<u64> {
    let index = Index::lock(zone)?;
    let it = index.find(key)?;
    ticket.into_iter().for_each(|ticket| index.unmark(it, ticket));
    if !index.exists(it) || index.word(it, VERSION) != version {
        return None;
    }
    let next = index.next();
    index.set(it, VERSION, next);
    index.set(it, VALID, valid as u64);
    Some(next)
}

/// A file was found that has no record, by a loader or by a request in a cold zone. Its version, and the key of another
/// whose file is to be removed for it. None: there is no room for it.
pub fn add(zone: &Zone, key: Key, now: u64, bytes: u64) -> (Option<u64>, Option<Key>) {
    let Some(index) = Index::lock(zone) else { return (None, None) };
    let (it, evicted) = match index.find(key) {
        Some(it) => (Some(it), None),
        None => index.insert(key, now),
    };
    let Some(it) = it else { return (None, evicted) };
    if !index.exists(it) {
        index.set_present(it, bytes);
        index.set(it, VALID, 0);
    }
    (Some(index.word(it, VERSION)), evicted)
}

/// The file of that version is not there or not usable.
pub fn lost(zone: &Zone, key: Key, version: u64) {
    let Some(index) = Index::lock(zone) else { return };
    if let Some(it) = index.find(key).filter(|it| index.word(*it, VERSION) == version) {
        index.set_absent(it);
    }
}

/// The key is purged: what was asked for before now is not stored either. Whether there was a file.
pub fn purge(zone: &Zone, key: Key) -> bool {
    let Some(index) = Index::lock(zone) else { return false };
    let purge = index.next();
    index.locked.set_module_word(LAST_PURGE, purge);
    let Some(it) = index.find(key) else { return false };
    let existed = index.exists(it);
    index.set_absent(it);
    index.set(it, PURGED, purge);
    existed
}

/// The file of that key is about to be removed.
pub fn forget(zone: &Zone, key: Key) {
    let Some(index) = Index::lock(zone) else { return };
    if let Some(it) = index.find(key) {
        index.set_absent(it);
    }
}

/// Removes the entry that was not used for the longest time, and whether it had a file.
pub fn evict(zone: &Zone) -> Option<(Key, bool)> {
    Index::lock(zone)?.evict()
}

/// Removes the entry that was not used for the longest time, if that is `inactive` ms at least.
pub fn expire(zone: &Zone, now: u64, inactive: u64) -> Inactive {
    let Some(index) = Index::lock(zone) else { return Inactive::None };
    let Some(it) = index.oldest_entry() else { return Inactive::None };
    let end = index.word(it, USED).saturating_add(inactive);
    if now < end {
        return Inactive::Later(end - now);
    }
    match index.key_of(it).filter(|_| !index.is_marked(it)) {
        Some(key) => {
            let existed = index.exists(it);
            index.forget(it);
            Inactive::Removed(key, existed)
        }
        // It is in use.
        None => {
            index.touch(it, now);
            Inactive::Later(0)
        }
    }
}

/// Bytes on the disk of all files that are known, and the number of records.
pub fn size(zone: &Zone) -> (u64, u64) {
    Index::lock(zone).map_or((0, 0), |index| (index.whole(SIZE), index.locked.len()))
}

/// Whether there may be files without a record.
pub fn is_cold(zone: &Zone) -> bool {
    zone.module_word(IS_LOADED).load(Relaxed) == 0
}

/// Whether there may be such files, and no process looks for them.
pub fn needs_loader(zone: &Zone) -> bool {
    Index::lock(zone).is_some_and(|index| index.needs_loader())
}

/// This process is the one that looks for files without a record. False: all have one, or another process does.
pub fn begin_to_load(zone: &Zone) -> bool {
    let Some(index) = Index::lock(zone) else { return false };
    if !index.needs_loader() {
        return false;
    }
    index.locked.set_module_word(LOADER, zone.mark().0);
    true
}

/// All files have a record. `epoch` is that of the zone when the search began: if it was emptied since, there are others
/// to be found.
pub fn loaded(zone: &Zone, epoch: u64) {
    let Some(index) = Index::lock(zone) else { return };
    index.locked.set_module_word(LOADER, 0);
    if index.locked.epoch() == epoch {
        index.locked.set_module_word(IS_LOADED, 1);
    }
}

/// The last moment in the order of changes.
pub fn moment(zone: &Zone) -> Began {
    Began(zone.module_word(LAST).load(Relaxed))
}

pub fn epoch(zone: &Zone) -> u64 {
    Index::lock(zone).map_or(0, |index| index.locked.epoch())
}

#[cfg(test)]
mod tests;
