//! `least_conn`: the fewest tries under way for its weight; among equals, smooth weighted round robin.
//!
//! While nothing is unusual [`Loads`](super::loads::Loads) comes to the same with less work.

use std::cmp::Ordering;

use super::loads::is_usual;
use super::tier::{Ask, Tier};
use crate::upstream::peers::Peer;

pub fn pick(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    if tier.zone.is_some() {
        return pick_in_common(tier, ask);
    }
    if tier.loads.is_fast() {
        if ask.tried.is_empty() {
            return tier.loads.turn();
        }
        tier.loads.leave(tier.peers, None);
    }
    let picked = least(tier, ask, |peer| u64::from(peer.conns));
    tier.loads.weighed(tier.peers, ask.now);
    picked
}

/// The loads are those that all workers know; the turns among equals are each worker's own, but for times in
/// which something is unusual.
fn pick_in_common(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    let zone = tier.zone?;
    if tier.loads.is_fast() && zone.is_calm(tier.number) {
        if ask.tried.is_empty() {
            tier.loads.refresh(zone);
            if let Some(at) = tier.loads.turn() {
                if tier.is_open(at, ask) && tier.peers[at].is_plain(ask.now) {
                    return Some(at);
                }
                tier.loads.give_back(at);
            }
        }
        tier.loads.leave(tier.peers, Some(zone));
    }
    let picked = least(tier, ask, |peer| u64::from(peer.conns));
    let usual = tier.peers.iter().all(|peer| is_usual(peer, ask.now));
    zone.weighed(tier.number, tier.common, usual);
    if !usual {
        tier.loads.forget();
    } else if !tier.loads.is_fast() && zone.is_calm(tier.number) {
        tier.loads.enter(tier.peers, Some(zone));
    }
    picked
}

/// The open peer with the least `cost` for its weight. Equals take turns among themselves: only they gain
/// and pay, so that their order is kept while others are busier.
pub fn least(tier: &mut Tier<'_>, ask: &Ask<'_>, cost: impl Fn(&Peer) -> u64) -> Option<usize> {
    let share = |peer: &Peer| Share {
        cost: cost(peer),
        // While a peer starts slowly it may weigh nothing; then it is the last resort.
        weight: peer.weight_now(ask.now).max(1) as u64,
    };
    let mut best: Option<(usize, Share)> = None;
    let mut many = false;
    for at in 0..tier.peers.len() {
        if !tier.is_open(at, ask) {
            continue;
        }
        let own = share(&tier.peers[at]);
        match best.map(|(_, least)| own.compare(least)) {
            None | Some(Ordering::Less) => {
                best = Some((at, own));
                many = false;
            }
            Some(Ordering::Equal) => many = true,
            Some(Ordering::Greater) => {}
        }
    }
    let (first, least) = best?;
    let mut best = first;
    if many {
        let mut total = 0;
        for at in first..tier.peers.len() {
            let equal = share(&tier.peers[at]).compare(least) == Ordering::Equal;
            if !equal || !tier.is_open(at, ask) {
                continue;
            }
            total += tier.gain(at, ask.now);
            if tier.peers[at].current_weight > tier.peers[best].current_weight {
                best = at;
            }
        }
        tier.pay(best, total);
    }
    Some(best)
}

/// What a peer bears for what it weighs.
#[derive(Clone, Copy)]
struct Share {
    cost: u64,
    weight: u64,
}

impl Share {
    fn compare(self, other: Self) -> Ordering {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        product(self.cost, other.weight).cmp(&product(other.cost, self.weight))
    }
}
