//! Smooth weighted round robin, with nginx's sequences.
//!
//! Each turn every usable peer gains its effective weight; the one with the most is picked and pays the sum.
//! While nothing is unusual [`Turn`] comes to the same with less work.

use super::balancer::{Ask, Tier};
use super::rota::Rota;
use crate::upstream::peers::Peer;

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
            if let Some(drawn) = zone.draw(tier.number, tier.common, tier.peers) {
                if tier.is_open(drawn.at, ask) && tier.peers[drawn.at].is_plain(ask.now) {
                    return Some(drawn.at);
                }
                zone.give_back(tier.common, drawn);
            }
        }
        zone.stir(tier.number, tier.common, tier.peers);
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
        zone.stir(tier.number, tier.common, tier.peers);
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
        Some(zone) => zone.weighed(tier.number, tier.common, plain == tier.turn.able),
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

/// Round robin while nothing is unusual: a [`Rota`], without a look at the peers.
///
/// Meanwhile the weights in the peers are those of the beginning. Whatever is unusual, a peer that failed, is
/// full, or was tried by this request, ends this, and the weights are written out; it begins again when turns
/// have been usual for a while.
#[derive(Default)]
pub struct Turn {
    fast: bool,
    /// Peers that may be picked at all.
    able: usize,
    rota: Rota,
    /// Usual turns in a row.
    calm: u32,
}

/// Usual turns before peers are put in order, which costs more than a turn.
const CALM: u32 = 16;

/// So many turns ahead; among thousands of peers each is far away in memory.
const AHEAD: usize = 32;
const AHEAD_OF_COUNTERS: usize = 16;

impl Turn {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer]) -> Self {
        let mut turn = Self::in_common(peers);
        let usual = |peer: &Peer| peer.is_spotless() && !peer.is_full() && !peer.barred;
        if peers.iter().filter(|peer| peer.takes_part()).all(usual) {
            turn.enter(peers);
        }
        turn
    }

    /// For turns that are those of all workers: always the general way.
    pub fn in_common(peers: &[Peer]) -> Self {
        Self { able: peers.iter().filter(|peer| peer.takes_part()).count(), ..Self::default() }
    }

    /// For a method that leaves nothing to turns but what it cannot decide: so too.
    pub fn off() -> Self {
        Self { able: usize::MAX, ..Self::default() }
    }

    /// Whether the next turn will be a short one.
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// The next one, if it may be used; then this has been its turn.
    fn next(&mut self, peers: &[Peer], now: u64) -> Option<usize> {
        let class = self.rota.foremost();
        let at = self.rota.peer(class);
        if !peers[at].is_usable(now) {
            return None;
        }
        self.rota.pay(class, 1);
        if let Some(ahead) = self.rota.peer_ahead(class, AHEAD) {
            peers[ahead].prefetch();
        }
        if let Some(ahead) = self.rota.peer_ahead(class, AHEAD_OF_COUNTERS) {
            peers[ahead].prefetch_counters();
        }
        Some(at)
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights.
    pub fn leave(&mut self, peers: &mut [Peer]) {
        if std::mem::take(&mut self.fast) {
            for (at, weight) in self.rota.weights() {
                peers[at].current_weight = weight;
            }
            self.calm = 0;
        }
    }

    /// A turn was taken the general way, in which so many peers took part as if nothing had ever failed.
    fn weighed(&mut self, peers: &[Peer], plain: usize) {
        self.calm = if plain == self.able { self.calm + 1 } else { 0 };
        if self.calm == CALM {
            self.calm = 0;
            self.enter(peers);
        }
    }

    fn enter(&mut self, peers: &[Peer]) {
        self.fast = self.rota.begin(peers, |at, peer| (peer.current_weight, at.into()));
    }
}

#[cfg(test)]
mod tests;
