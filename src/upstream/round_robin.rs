//! Smooth weighted round robin, with nginx's sequences.
//!
//! Each turn every usable peer gains its effective weight; the one with the most is picked and pays the sum.
//! Among peers of equal weight this comes to a fixed order, in which [`Turn`] goes on without looking at
//! all of them.

use std::cmp::Reverse;

use super::balancer::{Ask, Tier};
use super::peers::Peer;

/// Picks among the peers of a tier that are usable and not yet tried.
pub fn pick(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    if tier.turn.fast {
        if ask.tried.is_empty() {
            if let Some(at) = tier.turn.next(tier.peers, ask.now) {
                return Some(at);
            }
        }
        tier.turn.leave(tier.peers);
    }
    weigh(tier, ask)
}

/// The general way: as many steps as there are peers.
fn weigh(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    let now = ask.now;
    let mut best: Option<(usize, i64)> = None;
    let mut total = 0;
    let mut plain = 0;
    for at in 0..tier.peers.len() {
        if !tier.is_open(at, ask) {
            continue;
        }
        let peer = &mut tier.peers[at];
        plain += usize::from(peer.is_plain(now));
        total += peer.gain(now);
        let weight = peer.current_weight;
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some((at, weight));
        }
    }
    let (best, _) = best?;
    tier.peers[best].current_weight -= total;
    tier.turn.weighed(tier.peers, plain);
    Some(best)
}

/// Round robin among peers of equal weight in constant time.
///
/// Once each picked peer falls behind all others, which the weights of peers that take part in every turn
/// soon come to, the picks are a fixed cycle: the peers by their current weights, the heaviest first, the
/// earlier one of two equals. After a whole cycle all weights are what they were before it. So nothing
/// needs to be added up: the weights in the peers stay as they were at its beginning, and `taken` says the
/// rest. Whatever is unusual, a peer that failed, is full, or was tried by this request, ends this, and
/// the weights are written out; it begins again when turns have been usual for a while.
#[derive(Default)]
pub struct Turn {
    fast: bool,
    /// Peers that may be picked at all; 0 if their weights differ.
    equals: usize,
    /// What each weighs.
    weight: i64,
    /// Their places, in the order of their turns.
    order: Vec<u16>,
    /// Turns since the beginning of the cycle.
    taken: usize,
    /// Usual turns in a row.
    calm: u32,
}

/// Usual turns before peers are put in order, which costs more than a turn.
const CALM: u32 = 16;

fn takes_part(peer: &Peer) -> bool {
    !peer.settings.down && !peer.settings.drain
}

impl Turn {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer]) -> Self {
        let mut able = peers.iter().filter(|peer| takes_part(peer));
        let weight = able.next().map_or(0, |peer| peer.weight);
        let mut turn = Self { weight, ..Self::default() };
        if able.all(|peer| peer.weight == weight) {
            turn.equals = peers.iter().filter(|peer| takes_part(peer)).count();
            let usual = |peer: &Peer| !takes_part(peer) || peer.is_spotless() && !peer.is_full();
            if peers.iter().all(usual) {
                turn.enter(peers);
            }
        }
        turn
    }

    /// Whether the next turn will be a short one.
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// The next of the cycle, if it may be used.
    fn next(&mut self, peers: &[Peer], now: u64) -> Option<usize> {
        let at = usize::from(self.order[self.taken]);
        if !peers[at].is_usable(now) {
            return None;
        }
        self.taken += 1;
        if self.taken == self.order.len() {
            self.taken = 0;
        }
        Some(at)
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights.
    pub fn leave(&mut self, peers: &mut [Peer]) {
        if !self.fast {
            return;
        }
        let gained = self.weight * self.taken as i64;
        let paid = self.weight * self.order.len() as i64;
        for (turn, &at) in self.order.iter().enumerate() {
            let peer = &mut peers[usize::from(at)];
            peer.current_weight += gained - if turn < self.taken { paid } else { 0 };
        }
        self.fast = false;
        self.taken = 0;
        self.calm = 0;
    }

    /// A turn was taken the general way, in which so many peers took part as if nothing had ever failed.
    fn weighed(&mut self, peers: &[Peer], plain: usize) {
        if plain != self.equals {
            self.calm = 0;
            return;
        }
        self.calm += 1;
        if self.calm == CALM {
            self.calm = 0;
            self.enter(peers);
        }
    }

    fn enter(&mut self, peers: &[Peer]) {
        let able = |at: &u16| takes_part(&peers[usize::from(*at)]);
        self.order.clear();
        self.order.extend((0..peers.len()).map(|at| at as u16).filter(able));
        let weight = |at: u16| peers[usize::from(at)].current_weight;
        self.order.sort_by_key(|&at| Reverse(weight(at)));
        let (Some(&first), Some(&last)) = (self.order.first(), self.order.last()) else { return };
        // Else the one that is picked next would not fall behind all others.
        self.fast = weight(first) - weight(last) < self.weight * self.order.len() as i64;
    }
}

#[cfg(test)]
mod tests;
