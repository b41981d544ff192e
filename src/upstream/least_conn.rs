//! `least_conn`: the fewest tries under way for its weight; among equals, smooth weighted round robin.

use std::cmp::Ordering;

use super::balancer::{Ask, Tier};
use super::peers::Peer;

pub fn pick(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    least(tier, ask, |peer| u64::from(peer.conns))
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
            total += tier.peers[at].gain(ask.now);
            if tier.peers[at].current_weight > tier.peers[best].current_weight {
                best = at;
            }
        }
        tier.peers[best].current_weight -= total;
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
