//! The cache manager: removes what was not used, and what is too much. nginx's limits on one turn of it hold.

use super::counters::{self, Counter};
use super::index::{self, Inactive};
use super::purges;
use super::store::Store;

/// The longest time in ms between two turns. nginx looks each ten seconds.
const LONGEST_MS: u64 = 1000;

/// One turn. In how many ms the next one is due. `now` is asked for the time in ms.
pub fn step(store: &Store<'_>, now: impl Fn() -> u64) -> u64 {
    let batch = store.place.manager;
    let began = now();
    let mut files = 0;
    let mut is_enough = || {
        files += 1;
        files >= batch.files || now().saturating_sub(began) >= batch.threshold_ms
    };
    if store.place.purger.is_none() && !index::is_cold(store.zone) {
        purges::expire(store.zone, began);
    }
    let wait = loop {
        match index::expire(store.zone, now(), store.place.inactive_ms) {
            Inactive::Removed(key, existed) => {
                if existed {
                    store.remove(key);
                    counters::count(store.zone, Counter::Inactive, 1);
                }
            }
            Inactive::Later(0) => {}
            Inactive::Later(ms) => break ms.min(LONGEST_MS),
            Inactive::None => break LONGEST_MS,
        }
        if is_enough() {
            return batch.sleep_ms;
        }
    };
    while is_too_much(store) {
        let Some((key, existed)) = index::evict(store.zone) else { break };
        store.evicted(Some(key).filter(|_| existed));
        if is_enough() {
            return batch.sleep_ms;
        }
    }
    wait
}

fn is_too_much(store: &Store<'_>) -> bool {
    let place = store.place;
    if place.max_size < u64::MAX && index::size(store.zone).0 >= place.max_size {
        return true;
    }
    // Where that cannot be asked, nothing is removed for it.
    let available = (place.min_free > 0).then(|| store.disk.available(&place.root));
    available.and_then(Result::ok).is_some_and(|bytes| bytes <= place.min_free)
}

#[cfg(test)]
mod tests;
