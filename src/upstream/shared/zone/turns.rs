//! Round robin in common: while nothing is unusual a turn is a number drawn from the zone.
//!
//! For each weight that peers have, the zone counts the turns that peers of that weight have taken. The current
//! weights of all peers follow from these numbers: each worker reads them, computes whose turn it is, and draws it by
//! an atomic increment. When the peer on its turn cannot be used, or has failed of late, the weights are written out
//! and all workers add them up, for a cooldown of `CALM` usual turns. Then a new epoch begins with these weights:
//! the numbers begin at 0, and each worker computes its schedule anew.
//!
//! Only the order of turns depends on these numbers, and a race between two workers changes it by about a turn. So
//! they are `Relaxed`, but for the end of a cooldown: the store that ends it is `Release` and [`Zone::is_calm`] is
//! `Acquire`, so a worker that sees the end also sees the numbers and the epoch that were written before it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::Zone;
use super::layout::{CURRENT, WIDTH};
use crate::os::prefetch::prefetch;
use crate::os::shm::AtomicU64;
use crate::upstream::balance::schedule::Schedule;
use crate::upstream::peers::{NOWHERE, Peer};
use crate::upstream::shared::gauge::add;

/// The turns of a tier as this worker knows them.
#[derive(Default)]
pub struct InCommon {
    schedule: Schedule,
    /// The number of turns of each weight that the schedule has come to.
    seen: Vec<u64>,
    /// Where these numbers begin among those of the group.
    first: usize,
    /// Whose turns they are, in short.
    sign: u64,
    /// The epoch of the schedule.
    epoch: u64,
    /// Other workers know other peers: the schedule is this worker's own until they agree.
    apart: bool,
}

/// A turn that was drawn: by its place in the tier the peer, and which of the weights it has.
pub struct Drawn {
    pub at: usize,
    class: usize,
}

/// Usual turns that a cooldown lasts.
const CALM: u64 = 16;

/// The number of turns that are computed ahead, of the same weight.
const AHEAD: u64 = 8;

/// In the line of a tier: whose turns are counted.
const SIGN: usize = 0;
/// Usual turns left until turns are drawn again; 0: they are.
const COOLDOWN: usize = 1;
/// The number of the epoch: how often the numbers of turns began at 0, with the weights that are written out.
const EPOCH: usize = 2;

impl InCommon {
    /// `first`: the number of the first of them in the group.
    pub fn new(peers: &[Peer], first: usize) -> Self {
        let mut fresh = Self { first, ..Self::default() };
        fresh.schedule.begin(peers, |_, peer| (0, peer.place));
        fresh.seen = vec![0; fresh.schedule.classes()];
        let able = peers.iter().filter(|peer| peer.takes_part());
        let mut known: Vec<_> = able.map(|peer| (peer.place, peer.weight)).collect();
        known.sort_unstable();
        let mut hasher = DefaultHasher::new();
        (first, known).hash(&mut hasher);
        fresh.sign = hasher.finish().max(1);
        fresh
    }

    /// Comes to what the numbers say.
    fn catch_up(&mut self, numbers: &[AtomicU64]) {
        for (class, (number, seen)) in numbers.iter().zip(&mut self.seen).enumerate() {
            let number = number.load(Relaxed);
            if number != *seen {
                self.schedule.pay(class, number.wrapping_sub(*seen) as i64);
                *seen = number;
            }
        }
    }
}

impl Zone {
    /// The turns of a tier are those of these peers from now on.
    pub fn agree(&self, tier: usize, common: &InCommon) {
        let Some(numbers) = self.turns(common) else { return };
        let former = self.tier(tier)[SIGN].swap(common.sign, Relaxed);
        if former != 0 && former != common.sign {
            numbers.iter().for_each(|number| number.store(0, Relaxed));
        }
    }

    /// Whose turn it is; `None`: weights are to be added up.
    pub fn draw(&self, tier: usize, common: &mut InCommon, peers: &[Peer]) -> Option<Drawn> {
        let numbers = self.turns(common)?;
        if !self.is_calm(tier) || numbers.is_empty() || !self.follow(tier, common, peers) {
            return None;
        }
        if !self.is_agreed(tier, common) {
            common.apart = true;
            let class = common.schedule.foremost();
            let at = common.schedule.peer(class);
            common.schedule.pay(class, 1);
            return Some(Drawn { at, class });
        }
        if std::mem::take(&mut common.apart) {
            common.schedule.begin_again();
            common.seen.fill(0);
        }
        let mut class = 0;
        if numbers.len() > 1 {
            common.catch_up(numbers);
            class = common.schedule.foremost();
        }
        let number = numbers[class].fetch_add(1, Relaxed);
        let ahead = &peers[common.schedule.peer_of_turn(class, number.wrapping_add(AHEAD))];
        ahead.prefetch();
        if ahead.place != NOWHERE {
            prefetch(&self.state(ahead.place as usize)[0]);
        }
        Some(Drawn { at: common.schedule.peer_of_turn(class, number), class })
    }

    /// Nothing unusual is known of any peer.
    pub fn is_calm(&self, tier: usize) -> bool {
        self.tier(tier)[COOLDOWN].load(Acquire) == 0
    }

    /// The schedule becomes that of the epoch. False: with such weights turns cannot be laid out.
    fn follow(&self, tier: usize, common: &mut InCommon, peers: &[Peer]) -> bool {
        let epoch = self.tier(tier)[EPOCH].load(Relaxed);
        if std::mem::replace(&mut common.epoch, epoch) == epoch {
            return true;
        }
        common.seen.fill(0);
        let current = |peer: &Peer| match peer.place {
            NOWHERE => peer.current_weight,
            place => self.state(place as usize)[CURRENT].load(Relaxed) as i64,
        };
        let can = common.schedule.begin(peers, |_, peer| (current(peer), peer.place));
        if !can {
            self.tier(tier)[COOLDOWN].store(CALM, Relaxed);
        }
        can
    }

    /// The turn that was drawn cannot be taken.
    pub fn give_back(&self, common: &mut InCommon, drawn: Drawn) {
        match self.turns(common) {
            Some(numbers) if !common.apart => add(&numbers[drawn.class], -1),
            _ => common.schedule.pay(drawn.class, -1),
        }
    }

    /// Something is unusual: what turns have come to is written out.
    pub fn stir(&self, tier: usize, common: &mut InCommon, peers: &[Peer]) {
        // While weights are added up, those turns say themselves for how long.
        if !self.is_calm(tier) || self.tier(tier)[COOLDOWN].swap(CALM, Relaxed) != 0 {
            return;
        }
        let Some(numbers) = self.turns(common).filter(|numbers| !numbers.is_empty()) else {
            return;
        };
        if !self.is_agreed(tier, common) || common.apart || !self.follow(tier, common, peers) {
            return;
        }
        common.catch_up(numbers);
        for (at, weight) in common.schedule.weights() {
            if peers[at].place != NOWHERE {
                self.state(peers[at].place as usize)[CURRENT].store(weight as u64, Relaxed);
            }
        }
    }

    /// Weights were added up; `usual`: all took part, and none had failed of late.
    pub fn weighed(&self, tier: usize, common: &InCommon, usual: bool) {
        let cooldown = &self.tier(tier)[COOLDOWN];
        if !usual {
            return cooldown.store(CALM, Relaxed);
        }
        let left = cooldown.load(Relaxed);
        if left == 1 {
            let Some(numbers) = self.turns(common) else { return };
            if !self.is_agreed(tier, common) {
                // A worker that knows these peers begins the epoch.
                return;
            }
            numbers.iter().for_each(|number| number.store(0, Relaxed));
            self.tier(tier)[EPOCH].fetch_add(1, Relaxed);
        }
        if left > 0 {
            // Release: see above. Of two workers at once one counts.
            let _ = cooldown.compare_exchange(left, left - 1, Release, Relaxed);
        }
    }

    fn is_agreed(&self, tier: usize, common: &InCommon) -> bool {
        self.tier(tier)[SIGN].load(Relaxed) == common.sign
    }

    fn tier(&self, tier: usize) -> &[AtomicU64] {
        self.words(tier * WIDTH, WIDTH)
    }

    /// The numbers of turns of a tier; `None`: there is no room for them.
    fn turns(&self, common: &InCommon) -> Option<&[AtomicU64]> {
        let first = self.layout.turns();
        let all = &self.memory[first..first + self.layout.places];
        all.get(common.first..common.first + common.seen.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::sim::lanes::Lanes;
    use crate::upstream::conf;

    #[test]
    fn of_two_that_count_the_last_unusual_turn_down_one_does() {
        for seed in 0..200 {
            let zone = Zone::new("u", &[(0, 7)], 0, &conf::Group::default(), 2).unwrap();
            zone.tier(0)[COOLDOWN].store(1, Relaxed);
            let lanes = Lanes::new(seed, 2, 1);
            std::thread::scope(|scope| {
                for me in 0..2 {
                    let (zone, lanes) = (&zone, &lanes);
                    scope.spawn(move || {
                        lanes.run(me, || zone.weighed(0, &InCommon::default(), true));
                    });
                }
            });
            assert!(zone.is_calm(0), "seed {seed}");
        }
    }
}
