//! Who of all workers' requests has waited for a place the longest.
//!
//! Each worker serves its own queue in order. So that one whose clients are many does not keep all places to
//! itself, workers stand in line: the one whose oldest request has waited the longest says so, again and again,
//! and the others leave it what is free if theirs came much later. One that does not say so any more has no
//! claim; and nobody yields for long, since the one in front may not be able to use what is free.

use std::sync::atomic::Ordering::Relaxed;

use super::Zone;

/// In the line of the queue, behind those of the tiers.
pub(super) const FRONT: usize = 16;
/// When the one in front last said so.
const SEEN: usize = 17;

/// A claim that was not repeated for so long is none: ms. Who waits looks every few ms.
const STALE_MS: u64 = 50;
/// Requests that came within so many ms count as having come together: to leave a place to another worker
/// costs the time that it takes to find it.
const MUCH_MS: u64 = 50;
/// How long a worker yields at a time.
pub const MOST_MS: u64 = 20;

/// A worker and the time since which it waits, in one word that is never 0.
fn claim(worker: usize, since: u64) -> u64 {
    since << 16 | (worker as u64 + 1)
}

fn holder(word: u64) -> usize {
    (word & 0xffff) as usize - 1
}

/// Which worker claims to have waited the longest, and since when.
#[cfg(feature = "sim")]
pub(super) fn front(it: &std::sync::atomic::AtomicU64) -> Option<(usize, u64)> {
    let word = it.load(Relaxed);
    (word != 0).then(|| (holder(word), word >> 16))
}

impl Zone {
    /// This worker's oldest request has waited since then. True: what is free may go to it.
    pub fn stand_in_line(&self, since: u64, now: u64) -> bool {
        let [front, seen] = self.words(FRONT, SEEN + 1 - FRONT) else { return true };
        let word = front.load(Relaxed);
        let other = self.other_in_front(now);
        if other.is_some_and(|theirs| theirs < since) {
            return other.is_some_and(|theirs| theirs + MUCH_MS >= since);
        }
        if front.compare_exchange(word, claim(self.worker, since), Relaxed, Relaxed).is_ok() {
            seen.store(now, Relaxed);
        }
        true
    }

    /// Nobody waits here any more.
    pub fn leave_line(&self, worker: usize) {
        let front = &self.words(FRONT, 1)[0];
        let word = front.load(Relaxed);
        if word != 0 && holder(word) == worker {
            let _ = front.compare_exchange(word, 0, Relaxed, Relaxed);
        }
    }

    /// Whether a request that comes now has to stay behind one that waits in another worker.
    pub fn others_wait(&self, now: u64) -> bool {
        self.other_in_front(now).is_some_and(|theirs| theirs + MUCH_MS < now)
    }

    /// Since when the oldest request of another worker has waited.
    fn other_in_front(&self, now: u64) -> Option<u64> {
        let [front, seen] = self.words(FRONT, SEEN + 1 - FRONT) else { return None };
        let word = front.load(Relaxed);
        let valid = word != 0
            && holder(word) != self.worker
            && seen.load(Relaxed).saturating_add(STALE_MS) > now;
        valid.then_some(word >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::conf;

    fn pair() -> [Zone; 2] {
        let zone = Zone::new("u", &[(0, 7)], 0, &conf::Group::default(), 3).unwrap();
        [0, 2].map(|worker| zone.of_worker(worker))
    }

    #[test]
    fn who_has_waited_much_longer_goes_first() {
        let [one, two] = pair();
        assert!(one.stand_in_line(1000, 1000));
        assert!(!one.others_wait(1040) && !two.others_wait(1040));
        // About the same time: each serves its own.
        assert!(two.stand_in_line(1000 + MUCH_MS, 1040));
        assert!(!two.stand_in_line(1001 + MUCH_MS, 1049));
        assert!(one.stand_in_line(1000, 1060));
        assert!(two.others_wait(1060) && !one.others_wait(1060));
        // The older one of the other worker takes the front.
        assert!(two.stand_in_line(900, 1065));
        assert!(!one.stand_in_line(1000, 1070));
        two.leave_line(2);
        assert!(one.stand_in_line(1000, 1071));
    }

    #[test]
    fn claims_of_the_dead_and_the_deaf_are_void() {
        let [one, two] = pair();
        assert!(one.stand_in_line(1000, 2000));
        assert!(!two.stand_in_line(1900, 2000 + STALE_MS - 1));
        assert!(two.stand_in_line(1900, 2000 + STALE_MS));
        // Its claim was taken by then.
        assert!(one.stand_in_line(1000, 2051) && two.others_wait(2052));
        one.settle(0);
        assert!(!two.others_wait(2052));
    }
}
