//! Wildcard purges: prefixes of keys that were purged, noted in the zone until no file of theirs is left.
//!
//! The index knows digests, no keys. So a file that such a purge holds for is found out when it is opened; what is not
//! opened is removed by the purger, or by the cache manager when it was not used for `inactive`.

use std::sync::atomic::Ordering::Relaxed;

use super::index::{Began, Index, LAST_FORGOTTEN, PREFIXES, PURGES};
use super::key::Key;
use crate::shared::table::Record;
use crate::shared::zone::Zone;

/// How many are noted at the same time; a further one is joined with another to a shorter prefix.
const SLOTS: u32 = PURGES;

/// How long a purge is noted after its files have become inactive.
pub(super) const MARGIN_MS: u64 = 60_000;

/// The longest prefix in bytes; of a longer one this much counts.
const LONGEST: usize = 1024;

/// A prefix that is no longer has a record of the size of an entry's: one entry makes room for it.
const SMALL: usize = 40;

/// Entries that go for a longer one.
const EVICTED: usize = 16;

/// The key of the record of a slot: not as long as a digest.
const NAME: &[u8] = b"wildcard purge ";

/// Words of its payload; the prefix follows.
const MOMENT: usize = 0;
const WALL_MS: usize = 1;
const UNTIL: usize = 2;
const WORDS: usize = 3;

/// A prefix, and when its keys were purged.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Purge {
    /// In the order of changes.
    moment: u64,
    /// In ms since 1970: for files whose versions do not tell, since they were stored before the last start.
    wall_ms: u64,
    /// In ms; it need not be noted any longer.
    until: u64,
    prefix: Vec<u8>,
}

impl Index<'_> {
    fn record_of(&self, slot: u32) -> Option<Record> {
        self.locked.find(self.zone.key(&name(slot)))
    }

    fn slot(&self, slot: u32) -> Option<Purge> {
        let payload = self.locked.payload(self.record_of(slot)?);
        let (words, prefix) = payload.split_at_checked(WORDS * 8)?;
        let word = |at: usize| {
            let bytes = words.get(at * 8..).and_then(|it| it.first_chunk::<8>());
            bytes.map_or(0, |bytes| u64::from_ne_bytes(*bytes))
        };
        let (moment, wall_ms, until) = (word(MOMENT), word(WALL_MS), word(UNTIL));
        Some(Purge { moment, wall_ms, until, prefix: prefix.to_vec() })
    }

    fn used(&self) -> u64 {
        self.locked.module_word(PREFIXES)
    }

    fn slots(&self) -> impl Iterator<Item = (u32, Purge)> {
        let used = self.used();
        let is_used = move |slot: &u32| used & (1 << slot) != 0;
        (0..SLOTS).filter(is_used).filter_map(|slot| Some((slot, self.slot(slot)?)))
    }

    fn clear(&self, slot: u32) {
        if let Some(it) = self.record_of(slot) {
            self.locked.remove(it);
        }
        self.locked.set_module_word(PREFIXES, self.used() & !(1 << slot));
    }

    /// Writes a purge to a slot that is free. Entries that were not used for the longest time go for it, and if these
    /// are not enough, the end of its prefix. False: there is no room; and the keys of entries that had files.
    fn note(&self, slot: u32, purge: &Purge) -> (bool, Vec<Key>) {
        let mut evicted = Vec::new();
        for longest in [LONGEST, SMALL] {
            let mut payload = Vec::new();
            for word in [purge.moment, purge.wall_ms, purge.until] {
                payload.extend_from_slice(&word.to_ne_bytes());
            }
            payload.extend_from_slice(&purge.prefix[..purge.prefix.len().min(longest)]);
            for _ in 0..=EVICTED {
                if self.locked.insert_with(self.zone.key(&name(slot)), &payload).is_some() {
                    self.locked.set_module_word(PREFIXES, self.used() | 1 << slot);
                    return (true, evicted);
                }
                let Some((key, existed)) = self.evict() else { break };
                evicted.extend(existed.then_some(key));
            }
        }
        (false, evicted)
    }
}

fn name(slot: u32) -> Vec<u8> {
    [NAME, &slot.to_ne_bytes()].concat()
}

/// Notes that the keys of a prefix are purged; others that share its begin may be, too. False: there is no room for it.
/// The keys of other entries whose files are to be removed for it.
pub fn add(zone: &Zone, prefix: &[u8], wall_ms: u64, until: u64) -> (bool, Vec<Key>) {
    let Some(index) = Index::lock(zone) else { return (false, Vec::new()) };
    let moment = index.next();
    let mut purge = Purge { moment, wall_ms, until, prefix: prefix.to_vec() };
    purge.prefix.truncate(LONGEST);
    // Those that this one covers go.
    let covered = index.slots().filter(|(_, it)| it.prefix.starts_with(&purge.prefix));
    let covered: Vec<u32> = covered.map(|it| it.0).collect();
    let free = (0..SLOTS).find(|slot| index.used() & (1 << slot) == 0);
    let slot = free.or_else(|| covered.first().copied()).unwrap_or_else(|| {
        let common = |it: &Purge| it.prefix.iter().zip(prefix).take_while(|(a, b)| a == b).count();
        let nearest = index.slots().map(|(slot, it)| (common(&it), slot)).max();
        let (len, slot) = nearest.unwrap_or((0, 0));
        purge.prefix.truncate(len);
        slot
    });
    let former = index.slot(slot);
    index.clear(slot);
    let (is_noted, mut evicted) = index.note(slot, &purge);
    if is_noted {
        covered.into_iter().filter(|&it| it != slot).for_each(|it| index.clear(it));
    } else if let Some(former) = former {
        evicted.extend(index.note(slot, &former).1);
    }
    (is_noted, evicted)
}

/// Whether a file of that key is purged, which was asked for at `requested_ms` since 1970. `version` is that of its record,
/// if it has one.
pub fn is_purged(zone: &Zone, key: &[u8], version: Option<u64>, requested_ms: u64) -> bool {
    is_any(zone)
        && has(zone, |it| {
            let is_older = version.is_some_and(|version| version < it.moment);
            key.starts_with(&it.prefix) && (is_older || requested_ms <= it.wall_ms)
        })
}

/// Whether a purge holds for an answer to that key which was asked for at `began`.
pub fn came_after(zone: &Zone, key: &[u8], began: Began) -> bool {
    is_any(zone) && has(zone, |it| key.starts_with(&it.prefix) && it.moment > began.0)
}

/// Whether some purge is noted.
pub fn is_any(zone: &Zone) -> bool {
    zone.module_word(PREFIXES).load(Relaxed) != 0
}

fn has(zone: &Zone, holds: impl Fn(&Purge) -> bool) -> bool {
    Index::lock(zone).is_some_and(|index| index.slots().any(|(_, it)| holds(&it)))
}

/// Forgets purges that were noted up to `moment`: no file of theirs is left.
pub fn done(zone: &Zone, moment: Began) {
    forget(zone, |it| it.moment <= moment.0);
}

/// Forgets purges whose files have become inactive by now (ms).
pub fn expire(zone: &Zone, now: u64) {
    if is_any(zone) {
        forget(zone, |it| it.until <= now);
    }
}

fn forget(zone: &Zone, is_over: impl Fn(&Purge) -> bool) {
    let Some(index) = Index::lock(zone) else { return };
    let over: Vec<_> = index.slots().filter(|(_, it)| is_over(it)).collect();
    for (slot, purge) in over {
        // What was asked for before it may still come.
        let last = index.locked.module_word(LAST_FORGOTTEN).max(purge.moment);
        index.locked.set_module_word(LAST_FORGOTTEN, last);
        index.clear(slot);
    }
}

#[cfg(test)]
mod tests;
