//! What a zone counts, for all processes together. A zone that is emptied counts from 0 again.

use std::sync::atomic::Ordering::Relaxed;

use super::index::FIRST_COUNTER;
use crate::shared::zone::Zone;

/// Something that is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counter {
    /// Requests, by what `$upstream_cache_status` says of them.
    Hit,
    Miss,
    Bypass,
    Expired,
    Stale,
    Updating,
    Revalidated,
    /// Bytes of bodies that were sent from the cache.
    Sent,
    /// Bytes of files that were stored.
    Stored,
    /// Entries that were removed because of `max_size` or `min_free`, or because the zone was full.
    Evicted,
    /// Entries that were removed because they were not used (`inactive`).
    Inactive,
    /// Entries that were removed by a purge.
    Purged,
}

/// In the order of their numbers.
pub const ALL: [Counter; 12] = [
    Counter::Hit,
    Counter::Miss,
    Counter::Bypass,
    Counter::Expired,
    Counter::Stale,
    Counter::Updating,
    Counter::Revalidated,
    Counter::Sent,
    Counter::Stored,
    Counter::Evicted,
    Counter::Inactive,
    Counter::Purged,
];

/// Each with its name, which users' tools rely on.
pub fn named(zone: &Zone) -> [(&'static str, u64); 12] {
    ALL.map(|it| (it.name(), value(zone, it)))
}

impl Counter {
    fn name(self) -> &'static str {
        match self {
            Self::Hit => "hits",
            Self::Miss => "misses",
            Self::Bypass => "bypasses",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Updating => "updating",
            Self::Revalidated => "revalidated",
            Self::Sent => "sent_bytes",
            Self::Stored => "stored_bytes",
            Self::Evicted => "evicted",
            Self::Inactive => "inactive",
            Self::Purged => "purged",
        }
    }
}

pub fn count(zone: &Zone, counter: Counter, n: u64) {
    zone.module_word(FIRST_COUNTER + counter as usize).fetch_add(n, Relaxed);
}

pub fn value(zone: &Zone, counter: Counter) -> u64 {
    zone.module_word(FIRST_COUNTER + counter as usize).load(Relaxed)
}
