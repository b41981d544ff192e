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

pub fn count(zone: &Zone, counter: Counter, n: u64) {
    zone.module_word(FIRST_COUNTER + counter as usize).fetch_add(n, Relaxed);
}

pub fn value(zone: &Zone, counter: Counter) -> u64 {
    zone.module_word(FIRST_COUNTER + counter as usize).load(Relaxed)
}
