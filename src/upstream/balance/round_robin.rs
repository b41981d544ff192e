//! Smooth weighted round robin, with nginx's sequences.
//!
//! Each turn every usable peer gains its effective weight; the one with the most is picked and pays the sum.
//! While nothing is unusual [`Turn`](super::turn::Turn) comes to the same with less work.

use super::tier::{Ask, Tier};
use crate::upstream::peers::Peer;

/// Picks among the peers of a tier that are usable and not yet tried.
pub fn pick(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    if tier.turn.is_fast() {
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
        Some(zone) => zone.weighed(tier.number, tier.common, plain == tier.turn.able()),
        None => tier.turn.weighed(tier.peers, plain),
    }
    Some(best)
}

/// The state after this number of turns of peers that never failed.
pub fn skip(peers: &mut [Peer], turns: usize) {
    let total: i64 = peers.iter().filter(|it| it.takes_part()).map(|it| it.weight).sum();
    // After this number of turns the sequence begins anew.
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

#[cfg(test)]
mod tests;
