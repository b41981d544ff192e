//! Smooth weighted round robin, with nginx's sequences.
//!
//! Each turn every usable peer gains its effective weight; the one with the most is picked and pays the sum.
//! While nothing is unusual [`Turn`] comes to the same with less work.

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
    if let Some(zone) = tier.zone {
        if ask.tried.is_empty() {
            if let Some(at) = zone.next(tier.number, tier.cycle, tier.peers) {
                if tier.is_open(at, ask) && tier.peers[at].is_plain(ask.now) {
                    return Some(at);
                }
                zone.give_back(tier.number);
            }
        }
        zone.stir(tier.number, tier.cycle, tier.peers);
    }
    weigh(tier, ask, None)
}

/// The request is bound to this peer, which is its turn, too: those that are not bound go to the others then. As
/// in nginx one such turn is made up for, not any number of them in a row.
///
/// It takes as many steps as there are peers; among many it makes no difference.
pub fn bound(tier: &mut Tier<'_>, ask: &Ask<'_>, at: usize) {
    if tier.peers.len() > MANY {
        return;
    }
    tier.turn.leave(tier.peers);
    if let Some(zone) = tier.zone {
        zone.stir(tier.number, tier.cycle, tier.peers);
        tier.pull(at);
    }
    let all: i64 = tier.peers.iter().map(|peer| peer.weight).sum();
    if tier.peers[at].current_weight > tier.peers[at].weight - all {
        weigh(tier, ask, Some(at));
    }
}

const MANY: usize = 32;

/// The general way: as many steps as there are peers. `bound`: whose turn it is, whatever they weigh.
fn weigh(tier: &mut Tier<'_>, ask: &Ask<'_>, bound: Option<usize>) -> Option<usize> {
    let now = ask.now;
    let mut best: Option<(usize, i64)> = None;
    let mut total = 0;
    let mut plain = 0;
    for at in 0..tier.peers.len() {
        if !tier.is_open(at, ask) {
            continue;
        }
        plain += usize::from(tier.peers[at].is_plain(now));
        total += tier.gain(at, now);
        let weight = tier.peers[at].current_weight;
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some((at, weight));
        }
    }
    let best = match bound {
        Some(at) => at,
        None => best?.0,
    };
    tier.pay(best, total);
    match tier.zone {
        Some(zone) => zone.weighed(tier.number, plain == tier.turn.able),
        None => tier.turn.weighed(tier.peers, plain),
    }
    Some(best)
}

/// As if so many turns had been taken, of peers that nothing has happened to.
pub fn skip(peers: &mut [Peer], turns: usize) {
    let total: i64 = peers.iter().filter(|it| it.takes_part()).map(|it| it.weight).sum();
    // After so many turns all begins anew.
    for _ in 0..turns as i64 % total.max(1) {
        let mut best: Option<&mut Peer> = None;
        for peer in peers.iter_mut().filter(|peer| peer.takes_part()) {
            peer.current_weight += peer.weight;
            if best.as_ref().is_none_or(|best| peer.current_weight > best.current_weight) {
                best = Some(peer);
            }
        }
        if let Some(best) = best {
            best.current_weight -= total;
        }
    }
}

/// Round robin while nothing is unusual, without a look at the peers.
///
/// Among equal weights it takes constant time. Once each picked peer falls behind all others, which the
/// weights of peers that take part in every turn soon come to, the picks are a fixed cycle: the peers by their
/// current weights, the heaviest first, the earlier one of two equals. After a whole cycle all weights are
/// what they were before it. So nothing needs to be added up: `taken` says how far the cycle is.
///
/// Unequal weights are added up as ever, but here, where they stand side by side.
///
/// Meanwhile the weights in the peers are those of the beginning. Whatever is unusual, a peer that failed, is
/// full, or was tried by this request, ends this, and the weights are written out; it begins again when turns
/// have been usual for a while.
#[derive(Default)]
pub struct Turn {
    fast: bool,
    /// Peers that may be picked at all.
    able: usize,
    /// What each weighs; 0 if their weights differ.
    equal: i64,
    /// Their places; of equal ones in the order of their turns.
    order: Vec<u16>,
    /// Turns since the beginning of the cycle of equal ones.
    taken: usize,
    /// The weights of unequal ones, and their sum.
    unequal: Vec<Weight>,
    total: i64,
    /// Usual turns in a row.
    calm: u32,
}

struct Weight {
    current: i64,
    own: i64,
}

/// Usual turns before peers are put in order, which costs more than a turn.
const CALM: u32 = 16;

/// So many turns ahead; among thousands of peers each is far away in memory.
const AHEAD: usize = 32;
const AHEAD_OF_COUNTERS: usize = 16;

impl Turn {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer]) -> Self {
        let able = || peers.iter().filter(|peer| peer.takes_part());
        let first = able().next().map_or(0, |peer| peer.weight);
        let equal = if able().all(|peer| peer.weight == first) { first } else { 0 };
        let mut turn = Self { able: able().count(), equal, ..Self::default() };
        let usual = |peer: &Peer| peer.is_spotless() && !peer.is_full() && !peer.barred;
        if able().all(usual) {
            turn.enter(peers);
        }
        turn
    }

    /// For a method that leaves nothing to turns but what it cannot decide, and for turns that are those of
    /// all workers: always the general way.
    pub fn off() -> Self {
        Self { able: usize::MAX, ..Self::default() }
    }

    pub fn in_common(peers: &[Peer]) -> Self {
        Self { able: peers.iter().filter(|peer| peer.takes_part()).count(), ..Self::default() }
    }

    /// Whether the next turn will be a short one.
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// The next one, if it may be used; then this has been its turn.
    fn next(&mut self, peers: &[Peer], now: u64) -> Option<usize> {
        if self.equal == 0 {
            return self.weigh(peers, now);
        }
        let at = usize::from(self.order[self.taken]);
        if !peers[at].is_usable(now) {
            return None;
        }
        self.taken += 1;
        if self.taken == self.order.len() {
            self.taken = 0;
        }
        if let Some(&ahead) = self.order.get(self.taken + AHEAD) {
            peers[usize::from(ahead)].prefetch();
            peers[usize::from(self.order[self.taken + AHEAD_OF_COUNTERS])].prefetch_counters();
        }
        Some(at)
    }

    fn weigh(&mut self, peers: &[Peer], now: u64) -> Option<usize> {
        let (mut best, mut most) = (0, i64::MIN);
        for (at, weight) in self.unequal.iter_mut().enumerate() {
            weight.current += weight.own;
            if weight.current > most {
                (best, most) = (at, weight.current);
            }
        }
        let at = usize::from(self.order[best]);
        if !peers[at].is_usable(now) {
            for weight in &mut self.unequal {
                weight.current -= weight.own;
            }
            return None;
        }
        self.unequal[best].current -= self.total;
        Some(at)
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights.
    pub fn leave(&mut self, peers: &mut [Peer]) {
        if !self.fast {
            return;
        }
        if self.equal == 0 {
            for (weight, &at) in self.unequal.iter().zip(&self.order) {
                peers[usize::from(at)].current_weight = weight.current;
            }
        } else {
            let gained = self.equal * self.taken as i64;
            let paid = self.equal * self.order.len() as i64;
            for (turn, &at) in self.order.iter().enumerate() {
                let peer = &mut peers[usize::from(at)];
                peer.current_weight += gained - if turn < self.taken { paid } else { 0 };
            }
        }
        self.fast = false;
        self.calm = 0;
    }

    /// A turn was taken the general way, in which so many peers took part as if nothing had ever failed.
    fn weighed(&mut self, peers: &[Peer], plain: usize) {
        if plain != self.able {
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
        let able = |at: &u16| peers[usize::from(*at)].takes_part();
        self.order.clear();
        self.order.extend((0..peers.len()).map(|at| at as u16).filter(able));
        self.taken = 0;
        let weight = |at: u16| peers[usize::from(at)].current_weight;
        if self.equal == 0 {
            let own = self.order.iter().map(|&at| &peers[usize::from(at)]);
            let own = own.map(|peer| Weight { current: peer.current_weight, own: peer.weight });
            self.unequal.clear();
            self.unequal.extend(own);
            self.total = self.unequal.iter().map(|weight| weight.own).sum();
            self.fast = !self.order.is_empty();
            return;
        }
        self.order.sort_by_key(|&at| Reverse(weight(at)));
        let (Some(&first), Some(&last)) = (self.order.first(), self.order.last()) else { return };
        // Else the one that is picked next would not fall behind all others.
        self.fast = weight(first) - weight(last) < self.equal * self.order.len() as i64;
    }
}

#[cfg(test)]
mod tests;
