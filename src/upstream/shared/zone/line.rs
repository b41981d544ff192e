//! The order in which waiting requests of all workers get a place that becomes free: the oldest first.
//!
//! Each worker serves its own queue in order, and publishes since when its oldest request has waited. A worker that
//! frees a place and has no request for it, or only later ones, leaves it to the worker whose oldest request has
//! waited the longest: it invites and wakes that worker. If that one cannot use the place, it invites the next in
//! line behind it, or the first if its own oldest request has left since, so that no place stays free while a request
//! waits for it.
//!
//! While no request waits, a worker that frees a place reads one word, which no worker writes.
//!
//! No wake-up is lost, by Dekker's pattern: each side stores first and loads then. A worker that waits stores that it
//! does and looks for places; one that frees a place stores that and loads whether a worker waits. One of the two
//! sees the other if neither load can go before the store: the freeing side does both as `SeqCst`; the waiting side
//! has a `SeqCst` fence between them, since it looks for places by loads of many kinds.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::fence;

use super::Zone;
use super::layout::SEAT_WIDTH;
use crate::os::shm::AtomicU64;

/// In the line of the queue, behind those of the tiers: not 0 if a request may wait.
const WAITED_FOR: usize = 16;

/// Since when its oldest request has waited; 0: none waits.
pub(super) const SINCE: usize = 0;
/// When it was left a place, and has not looked since; 0: it was not.
const INVITED: usize = 1;
/// Which place's idle connections others would like to be closed; see `room`.
pub(super) const ASKED: usize = 2;
/// Changes that it has begun or ended; see `settle`.
pub(super) const STEPS: usize = 3;

/// Requests that came within this time, in ms, count as having come together: to leave a place to another worker
/// costs that worker a wake-up, and often a new connection.
const MUCH_MS: u64 = 50;
/// A worker that has not looked so long after it was invited is not waited for.
const DEAF_MS: u64 = 50;

/// A worker in line: since when its oldest request waits, and its row.
pub type Standing = (u64, usize);

impl Zone {
    /// This worker's oldest request has waited since then; 0: none waits.
    pub fn stand_in_line(&self, since: u64) {
        let it = &self.seat(self.worker)[SINCE];
        if it.load(SeqCst) == since {
            return;
        }
        it.store(since, SeqCst);
        let waited_for = self.waited_for();
        if since != 0 && waited_for.load(SeqCst) == 0 {
            waited_for.store(1, SeqCst);
        }
        fence(SeqCst);
    }

    /// This worker looks for places now. Whether one was left to it.
    pub fn take_invitation(&self) -> bool {
        let it = &self.seat(self.worker)[INVITED];
        it.load(SeqCst) != 0 && it.swap(0, SeqCst) != 0
    }

    /// A place is left to that worker.
    pub fn invite(&self, row: usize, now: u64) {
        let _ = self.seat(row)[INVITED].compare_exchange(0, now, SeqCst, SeqCst);
        self.wakers.wake(row);
    }

    /// Workers in which requests wait look at their queues.
    pub fn wake_all_in_line(&self) {
        if self.is_waited_for() {
            let waits = |row: &usize| self.seat(*row)[SINCE].load(SeqCst) != 0;
            self.others().filter(waits).for_each(|row| self.wakers.wake(row));
        }
    }

    /// Whether a place may go to this worker's oldest request, or is left to another's.
    pub fn goes_first(&self, since: u64, now: u64) -> bool {
        self.first_elsewhere(None, now).is_none_or(|(theirs, _)| theirs + MUCH_MS >= since)
    }

    /// Whether a request that comes now has to stay behind one that waits in another worker.
    pub fn others_wait(&self, now: u64) -> bool {
        self.is_waited_for() && !self.goes_first(now, now)
    }

    /// Whether a request may wait for a place. It may be true although none waits, but not false while one does.
    pub fn is_waited_for(&self) -> bool {
        self.waited_for().load(SeqCst) != 0
    }

    /// The other worker whose oldest request has waited the longest, of those `behind` that place in line.
    pub fn first_elsewhere(&self, behind: Option<Standing>, now: u64) -> Option<Standing> {
        if !self.is_waited_for() {
            return None;
        }
        if !self.does_anybody_wait() {
            // A worker that begins to wait in between stores that too late to be seen above, or is seen below.
            self.waited_for().store(0, SeqCst);
            if !self.does_anybody_wait() {
                return None;
            }
            self.waited_for().store(1, SeqCst);
            // A place may have been freed meanwhile with no request to take it.
            self.wake_all_in_line();
        }
        let standing = |row: usize| {
            let [since, invited, ..] = self.seat(row) else { return None };
            let (since, invited) = (since.load(SeqCst), invited.load(SeqCst));
            let is_deaf = invited != 0 && invited + DEAF_MS <= now;
            (since != 0 && !is_deaf).then_some((since, row))
        };
        let others = self.others().filter_map(standing);
        others.filter(|it| behind.is_none_or(|behind| *it > behind)).min()
    }

    fn does_anybody_wait(&self) -> bool {
        (0..self.wakers.rows()).any(|row| self.seat(row)[SINCE].load(SeqCst) != 0)
    }

    /// The worker is gone.
    pub(super) fn leave_line(&self, row: usize) {
        self.seat(row).iter().for_each(|it| it.store(0, SeqCst));
        self.waited_for().store(1, SeqCst);
    }

    fn waited_for(&self) -> &AtomicU64 {
        &self.memory[WAITED_FOR]
    }

    pub(super) fn seat(&self, row: usize) -> &[AtomicU64] {
        self.words(self.layout.seats() + row * SEAT_WIDTH, SEAT_WIDTH)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::os::sim::lanes::Lanes;
    use crate::upstream::conf;
    use crate::upstream::shared::gauge::add;

    fn three() -> [Zone; 3] {
        let zone = Zone::new("u", &[(0, 7)], 0, &conf::Group::default(), 3).unwrap();
        [0, 1, 2].map(|worker| zone.of_worker(worker))
    }

    #[test]
    fn who_has_waited_much_longer_goes_first() {
        let [one, two, _] = three();
        assert!(!one.is_waited_for());
        one.stand_in_line(1000);
        assert!(one.is_waited_for());
        assert!(!one.others_wait(1060) && !two.others_wait(1050) && two.others_wait(1051));
        // About the same time: each serves its own.
        two.stand_in_line(1000 + MUCH_MS);
        assert!(one.goes_first(1000, 1060) && two.goes_first(1000 + MUCH_MS, 1060));
        two.stand_in_line(1001 + MUCH_MS);
        assert!(one.goes_first(1000, 1060) && !two.goes_first(1001 + MUCH_MS, 1060));
        one.stand_in_line(0);
        assert!(two.goes_first(1001 + MUCH_MS, 1060) && one.others_wait(1102));
        two.stand_in_line(0);
        // The next worker that looks finds it out.
        assert!(!one.others_wait(1200) && !two.is_waited_for());
    }

    #[test]
    fn a_place_is_offered_down_the_line() {
        let [one, two, three] = three();
        for (zone, since) in [(&one, 1010), (&two, 1020), (&three, 1000)] {
            zone.stand_in_line(since);
        }
        let next = |zone: &Zone, behind| zone.first_elsewhere(behind, 1100).map(|it| it.1);
        assert_eq!(next(&two, None), Some(2));
        two.invite(2, 1100);
        assert!(three.wakers.take_wake(2) && three.take_invitation() && !three.take_invitation());
        assert_eq!(next(&three, Some((1000, 2))), Some(0));
        assert_eq!(next(&one, Some((1010, 0))), Some(1));
        assert_eq!(next(&two, Some((1020, 1))), None);
    }

    #[test]
    fn the_dead_and_the_deaf_are_not_waited_for() {
        let [one, two, three] = three();
        one.stand_in_line(1000);
        two.stand_in_line(1500);
        two.invite(0, 2000);
        two.invite(0, 2040);
        assert!(!two.goes_first(1500, 2000 + DEAF_MS - 1));
        assert!(two.goes_first(1500, 2000 + DEAF_MS) && !three.goes_first(2050, 2050));
        // It looks after all.
        assert!(one.take_invitation() && !two.goes_first(1500, 2051));
        three.settle(0);
        assert!(two.goes_first(1500, 2051) && two.is_waited_for());
    }

    /// One comes, another frees a place, and a third finds that none has waited before, all at once.
    #[test]
    fn a_request_that_comes_while_the_line_is_found_empty_hears_of_a_place() {
        for seed in 0..500 {
            let zones = three();
            zones[0].stand_in_line(1000);
            zones[0].stand_in_line(0);
            add(zones[0].conns_word(0), 1);
            let found = AtomicBool::new(false);
            let lanes = Lanes::new(seed, 3, 2);
            std::thread::scope(|scope| {
                for (me, zone) in zones.iter().enumerate() {
                    let (lanes, found) = (&lanes, &found);
                    scope.spawn(move || {
                        lanes.run(me, || match me {
                            0 => {
                                zone.stand_in_line(2000);
                                found.store(zone.conns(0) == 0, SeqCst);
                            }
                            1 => {
                                add(zone.conns_word(0), -1);
                                zone.wake_all_in_line();
                            }
                            _ => drop(zone.first_elsewhere(None, 2000)),
                        });
                    });
                }
            });
            assert!(found.into_inner() || zones[0].wakers.is_woken(0), "seed {seed}");
        }
    }
}
