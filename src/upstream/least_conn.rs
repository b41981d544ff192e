//! `least_conn`: the fewest tries under way for its weight; among equals, smooth weighted round robin.

use super::balancer::{Ask, Tier};
use super::peers::Peer;

pub fn pick(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    least(tier, ask, |peer| u128::from(peer.conns))
}

/// The open peer with the least `cost` for its weight. Equals take turns among themselves: only they gain
/// and pay, so that their order is kept while others are busier.
pub fn least(tier: &mut Tier<'_>, ask: &Ask<'_>, cost: impl Fn(&Peer) -> u128) -> Option<usize> {
    // While a peer starts slowly it may weigh nothing; then it is the last resort.
    let weight = |peer: &Peer| peer.weight_now(ask.now).max(1) as u128;
    let mut best: Option<(usize, u128, u128)> = None;
    let mut many = false;
    for at in 0..tier.peers.len() {
        if !tier.is_open(at, ask) {
            continue;
        }
        let own = (cost(&tier.peers[at]), weight(&tier.peers[at]));
        let Some((_, least, of)) = best else {
            best = Some((at, own.0, own.1));
            continue;
        };
        if own.0 * of < least * own.1 {
            best = Some((at, own.0, own.1));
            many = false;
        } else if own.0 * of == least * own.1 {
            many = true;
        }
    }
    let (first, least, of) = best?;
    let mut best = first;
    if many {
        let mut total = 0;
        for at in first..tier.peers.len() {
            let peer = &tier.peers[at];
            if cost(peer) * of != least * weight(peer) || !tier.is_open(at, ask) {
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
