//! Round robin in common: while nothing is unusual a turn is one number drawn from the zone.
//!
//! The picks of peers that nothing has happened to are a fixed cycle. Each worker knows it, and draws the place
//! in it that is next. When a peer on its turn cannot be used, or was not well of late, the weights are
//! written out, and all workers add them up until turns have been usual for a while; then the cycle goes on.

use std::sync::atomic::Ordering::Relaxed;

use super::{CURRENT, NOWHERE, Zone, add};
use crate::upstream::peers::Peer;

/// The cycle of a tier; empty if it is too long to be laid out.
#[derive(Default)]
pub struct Cycle {
    order: Vec<u16>,
    total: i64,
}

/// Steps that laying it out may take.
const MOST_STEPS: i64 = 1 << 22;

/// Usual turns before the cycle goes on.
const CALM: u64 = 16;

/// In the line of a tier.
const TURN: usize = 0;
/// So many usual turns are missing; 0: the cycle goes on.
const UNREST: usize = 1;

impl Cycle {
    pub fn new(peers: &[Peer]) -> Self {
        let able = peers.iter().zip(0u16..).filter(|(peer, _)| peer.takes_part());
        let mut all: Vec<(i64, i64, u16)> = able.map(|(peer, at)| (0, peer.weight, at)).collect();
        let common = all.iter().fold(0, |common, (_, own, _)| divisor(*own, common)).max(1);
        all.iter_mut().for_each(|(_, own, _)| *own /= common);
        let turns: i64 = all.iter().map(|(_, own, _)| own).sum();
        let total = turns * common;
        if all.iter().all(|(_, own, _)| *own == 1) {
            return Self { order: all.into_iter().map(|(.., at)| at).collect(), total };
        }
        if turns.saturating_mul(all.len() as i64) > MOST_STEPS {
            return Self::default();
        }
        let mut order = Vec::with_capacity(turns as usize);
        for _ in 0..turns {
            let mut best = 0;
            for at in 0..all.len() {
                all[at].0 += all[at].1;
                if all[at].0 > all[best].0 {
                    best = at;
                }
            }
            all[best].0 -= turns;
            order.push(all[best].2);
        }
        Self { order, total }
    }
}

impl Zone {
    /// Whose turn it is, by its place in the tier; `None`: weights are to be added up.
    pub fn next(&self, tier: usize, cycle: &Cycle, peers: &[Peer]) -> Option<usize> {
        let line = self.words(tier * super::WIDTH, super::WIDTH);
        if !self.is_calm(tier) || cycle.order.is_empty() {
            return None;
        }
        let turn = line[TURN].fetch_add(1, Relaxed) as usize;
        let at = cycle.order[turn % cycle.order.len()];
        let ahead = cycle.order[(turn + 8) % cycle.order.len()];
        let ahead = &peers[usize::from(ahead)];
        ahead.prefetch();
        if ahead.place != NOWHERE {
            crate::os::prefetch::prefetch(&self.state(ahead.place as usize)[0]);
        }
        Some(usize::from(at))
    }

    /// Nothing unusual is known of any peer.
    pub fn is_calm(&self, tier: usize) -> bool {
        self.words(tier * super::WIDTH, super::WIDTH)[UNREST].load(Relaxed) == 0
    }

    /// The turn that was drawn cannot be taken.
    pub fn give_back(&self, tier: usize) {
        self.words(tier * super::WIDTH, super::WIDTH)[TURN].fetch_sub(1, Relaxed);
    }

    /// Something is unusual: what the cycle has come to is written out.
    pub fn stir(&self, tier: usize, cycle: &Cycle, peers: &[Peer]) {
        let line = self.words(tier * super::WIDTH, super::WIDTH);
        if line[UNREST].swap(CALM, Relaxed) != 0 || cycle.order.is_empty() {
            return;
        }
        let turns = line[TURN].load(Relaxed) as usize % cycle.order.len();
        let mut picked = vec![0; peers.len()];
        cycle.order[..turns].iter().for_each(|at| picked[usize::from(*at)] += 1);
        for (peer, picked) in peers.iter().zip(picked) {
            if peer.place != NOWHERE && peer.takes_part() {
                let current = turns as i64 * peer.weight - picked * cycle.total;
                self.state(peer.place as usize)[CURRENT].store(current as u64, Relaxed);
            }
        }
    }

    /// Weights were added up; `usual`: all took part, and none had failed of late.
    pub fn weighed(&self, tier: usize, usual: bool) {
        let unrest = &self.words(tier * super::WIDTH, super::WIDTH)[UNREST];
        match usual {
            true if unrest.load(Relaxed) > 0 => add(unrest, -1),
            true => {}
            false => unrest.store(CALM, Relaxed),
        }
    }
}

fn divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
