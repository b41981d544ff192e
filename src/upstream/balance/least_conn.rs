//! `least_conn`: the fewest tries under way for its weight; among equals, smooth weighted round robin.
//!
//! While nothing is unusual [`Loads`] comes to the same with less work.

use std::cmp::Ordering;

use super::balancer::{Ask, Tier};
use crate::upstream::peers::Peer;
use crate::upstream::shared::zone::{NOWHERE, Zone};

mod followed;
mod levels;
mod row;

use followed::Followed;
use levels::Levels;
use row::Row;

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
        tier.loads.form = Form::General;
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

/// The loads of a tier's peers, while nothing is unusual: none has failed of late, starts slowly or is found
/// unhealthy, and the request asks for the first time. That a peer is full is nothing unusual.
///
/// Meanwhile the current weights in the peers are those of the beginning; [`Loads::leave`] writes them out.
#[derive(Default)]
pub struct Loads {
    form: Form,
    /// In a zone of many peers.
    followed: Option<Followed>,
    /// Usual turns in a row.
    calm: u32,
}

#[derive(Default)]
enum Form {
    /// Something is unusual, or the numbers are too large: peers are looked at one by one.
    #[default]
    General,
    Row(Row),
    Levels(Levels),
}

/// In place of a number of tries: the peer is not to be picked.
const ASIDE: u32 = u32::MAX;

/// Usual turns before the loads are laid out, which costs more than a turn.
const CALM: u32 = 16;

/// So many are as soon looked at one by one as found by their level.
pub const FEW: usize = 32;

impl Loads {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer], zone: Option<&Zone>) -> Self {
        let mut loads = Self::default();
        if peers.iter().all(|peer| is_usual(peer, 0) && peer.is_spotless()) {
            loads.enter(peers, zone);
        }
        loads
    }

    pub fn is_fast(&self) -> bool {
        !matches!(self.form, Form::General)
    }

    /// As many tries are under way at all peers as all workers know.
    fn refresh(&mut self, zone: &Zone) {
        match (&mut self.form, &mut self.followed) {
            (form, Some(followed)) => followed.refresh(zone, |at, tries| form.set(at, tries)),
            (Form::Row(row), None) => row.refresh(zone),
            (Form::General | Form::Levels(_), None) => {}
        }
    }

    /// As many tries are under way at a peer as it says now.
    pub fn counted(&mut self, at: usize, peer: &Peer) {
        self.form.set(at, tries(peer));
    }

    fn turn(&mut self) -> Option<usize> {
        match &mut self.form {
            Form::General => None,
            Form::Row(row) => row.turn(),
            Form::Levels(levels) => levels.turn(),
        }
    }

    /// The one whose turn it was cannot be used after all.
    fn give_back(&mut self, at: usize) {
        match &mut self.form {
            Form::General => {}
            Form::Row(row) => row.give_back(at),
            Form::Levels(levels) => levels.give_back(),
        }
    }

    /// Who is likely to be picked next, if that is known without a look at all.
    pub fn ahead(&mut self) -> Option<usize> {
        match &mut self.form {
            Form::Levels(levels) => levels.foremost(),
            _ => None,
        }
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights, for all
    /// workers if there is a zone.
    pub fn leave(&mut self, peers: &mut [Peer], zone: Option<&Zone>) {
        let write = |(peer, current): (&mut Peer, i64)| {
            peer.current_weight = current;
            zone.iter().for_each(|zone| zone.tell_current(peer));
        };
        match std::mem::take(&mut self.form) {
            Form::General => {}
            Form::Row(row) => peers.iter_mut().zip(row.weights()).for_each(write),
            Form::Levels(levels) => peers.iter_mut().zip(levels.weights()).for_each(write),
        }
        self.calm = 0;
    }

    /// A turn was taken the general way.
    fn weighed(&mut self, peers: &[Peer], now: u64) {
        let usual = peers.iter().all(|peer| is_usual(peer, now));
        self.calm = if usual { self.calm + 1 } else { 0 };
        if self.calm == CALM {
            self.calm = 0;
            self.enter(peers, None);
        }
    }

    fn enter(&mut self, peers: &[Peer], zone: Option<&Zone>) {
        // One that found no room in the zone is looked at by itself.
        if zone.is_some() && peers.iter().any(|peer| peer.place == NOWHERE) {
            return;
        }
        let mut weights = peers.iter().filter(|it| it.takes_part()).map(|peer| peer.weight);
        let own = weights.next();
        // In a zone of few peers all are looked at anyway.
        let many = peers.len() > FEW && zone.is_none_or(Zone::tells);
        let equal = own.filter(|own| many && weights.all(|weight| weight == *own));
        let form = match equal {
            Some(own) => Levels::new(own, peers).map(Form::Levels),
            None => Row::new(peers).map(Form::Row),
        };
        self.form = form.unwrap_or_default();
        self.followed = zone.filter(|zone| zone.tells()).map(|_| Followed::new(peers));
    }
}

impl Form {
    fn set(&mut self, at: usize, tries: u32) {
        match self {
            Self::General => {}
            Self::Row(row) => row.set(at, tries),
            Self::Levels(levels) => levels.set(at, tries),
        }
    }
}

/// How many tries are under way at a peer that may be picked.
fn tries(peer: &Peer) -> u32 {
    if peer.takes_part() && !peer.is_full() { peer.conns } else { ASIDE }
}

fn is_usual(peer: &Peer, now: u64) -> bool {
    !peer.takes_part() || peer.is_plain(now) && !peer.barred
}

#[cfg(test)]
mod tests;
