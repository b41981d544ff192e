//! A worker is gone: what it held is given back in its place.
//!
//! What a worker holds is in a sum, for all, and in its ledger: two numbers, between which it may be killed.
//! So it counts its steps, one before the first of them and one after the second: of one that died in between
//! its ledger cannot be trusted, and the sums are added up anew from the ledgers of the workers that are left.

use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};

use super::Zone;
use super::layout::{HELD, OPEN, USED, WANTED};
use super::line::STEPS;
use crate::os::shm::AtomicU64;
use crate::upstream::shared::gauge::add;

/// How often it is tried to find no worker between two steps, before that is left to the next settlement.
const LOOKS: u32 = 1000;

/// In the line of the whole group: not 0 if that is left to do.
const LEFT: usize = 18;

impl Zone {
    /// Changes a sum, and then the own ledger as well.
    pub(super) fn together<T>(&self, change: impl FnOnce() -> T) -> T {
        // No other worker writes there.
        let steps = &self.seat(self.worker)[STEPS];
        let before = steps.load(Relaxed);
        steps.store(before.wrapping_add(1), Relaxed);
        let result = change();
        steps.store(before.wrapping_add(2), Release);
        result
    }

    /// Changes the own ledger, to which no other worker writes.
    pub(super) fn note(&self, place: usize, field: usize, change: i64) {
        let it = &self.ledger(self.worker, place)[field];
        it.store(it.load(Relaxed).wrapping_add(change as u64), Release);
    }

    /// Only the master does so, of one after another.
    pub fn settle(&self, worker: usize) {
        self.stop_looking(worker);
        self.answers.iter().for_each(|answers| answers.settle(worker));
        let left = &self.memory[LEFT];
        let torn = is_between(self.seat(worker)[STEPS].swap(0, SeqCst)) || left.load(Relaxed) != 0;
        let mut anew = torn;
        for place in 0..self.layout.places {
            for field in [HELD, USED, OPEN, WANTED] {
                let Some(held) = self.ledger(worker, place).get(field) else { continue };
                let held = held.swap(0, SeqCst);
                anew = anew && self.add_up(place, field);
                if !anew {
                    add(self.sum(place, field), -(held as i64));
                }
            }
        }
        left.store(u64::from(torn && !anew), Relaxed);
        self.tell_all();
        self.leave_line(worker);
    }

    /// The sum becomes that of the ledgers. False: some worker or other was always changing both.
    ///
    /// Who sees a sum or a number of a ledger that is being changed sees, when it looks at the steps again, that they
    /// have gone on: the first step comes before the sum, which is changed by `SeqCst`, and the sum before the
    /// ledger, whose number is a `Release`.
    fn add_up(&self, place: usize, field: usize) -> bool {
        let rows = || 0..self.wakers.rows();
        let steps = || rows().map(|row| self.seat(row)[STEPS].load(SeqCst));
        let sum = self.sum(place, field);
        for _ in 0..LOOKS {
            let before: Vec<u64> = steps().collect();
            let known = sum.load(SeqCst);
            let ledgers = rows().map(|row| self.ledger(row, place)[field].load(SeqCst));
            let truth = ledgers.fold(0, u64::wrapping_add);
            if !before.iter().copied().any(is_between)
                && steps().eq(before)
                && sum.compare_exchange(known, truth, SeqCst, SeqCst).is_ok()
            {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    pub(super) fn sum(&self, place: usize, field: usize) -> &AtomicU64 {
        match field {
            HELD => self.conns_word(place),
            USED => self.users(place),
            _ => &self.room(place)[field - OPEN],
        }
    }
}

fn is_between(steps: u64) -> bool {
    steps % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::conf::{self, Resolve, ServerLine};
    use crate::upstream::resolve::Found;
    use crate::upstream::shared::wakers::Wakers;

    #[test]
    fn of_one_that_died_between_two_steps_the_sums_are_made_anew() {
        let zone = Zone::new("u", &[(0, 7)], 0, &conf::Group::default(), 3).unwrap();
        let [one, two, three] = [0, 1, 2].map(|worker| zone.of_worker(worker));
        let begin = |zone: &Zone| {
            zone.together(|| {
                add(zone.sum(0, HELD), 1);
                zone.note(0, HELD, 1);
            });
        };
        begin(&one);
        begin(&two);
        // It has counted a try for all, and not for itself.
        two.seat(1)[STEPS].store(5, Relaxed);
        add(two.sum(0, HELD), 1);
        // While another is between two steps nothing is certain.
        three.seat(2)[STEPS].store(7, Relaxed);
        one.settle(1);
        assert_eq!((zone.conns(0), zone.ledger(1, 0)[HELD].load(Relaxed)), (2, 0));
        // It is made up for when the next one is gone.
        three.seat(2)[STEPS].store(8, Relaxed);
        begin(&two);
        three.settle(2);
        assert_eq!((zone.conns(0), zone.memory[LEFT].load(Relaxed)), (2, 0));
        two.settle(1);
        one.settle(0);
        assert_eq!(zone.conns(0), 0);
    }

    #[test]
    fn an_answer_whose_writer_died_is_taken_away() {
        let name = Resolve { host: "a".into(), port: 80, service: None };
        let line = ServerLine { resolve: Some(name), ..ServerLine::new(b"a", vec![]) };
        let mut group = conf::Group { servers: vec![line], ..conf::Group::default() };
        group.options.zone = Some(conf::ZoneOptions { name: "z".into(), size: 65_536 });
        let zone = Zone::of_group(&group, 5, &Wakers::new(5, 0).unwrap()).unwrap().unwrap();
        let answers = zone.answers.as_ref().unwrap();
        let [three, four] = [3, 4].map(|row| zone.of_worker(row));
        let found = Found { ip: [127, 0, 0, 1].into(), port: None, weight: None, backup: false };
        three.tell_answer(0, &[found]);
        answers.begin(3, 0).unwrap();
        zone.settle(4);
        assert_eq!(answers.begin(4, 0), None, "another has died");
        zone.settle(3);
        assert_eq!(zone.last_answer(0), None);
        four.tell_answer(0, &[found]);
        zone.settle(4);
        assert_eq!(zone.last_answer(0), Some(vec![found]), "it had ended");
    }
}
