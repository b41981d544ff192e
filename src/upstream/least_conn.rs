//! `least_conn`: the fewest tries under way for its weight; among equals, smooth weighted round robin.
//!
//! While nothing is unusual [`Loads`] comes to the same with less work.

use std::cmp::Ordering;

use super::balancer::{Ask, Tier};
use super::peers::Peer;
use super::zone::{Zone, count};
use crate::os::shm::AtomicU64;

pub fn pick(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    if tier.zone.is_some() {
        return pick_in_common(tier, ask);
    }
    if tier.loads.fast {
        if ask.tried.is_empty() {
            return tier.loads.next();
        }
        tier.loads.leave(tier.peers);
    }
    let picked = least(tier, ask, |peer| u64::from(peer.conns));
    tier.loads.weighed(tier.peers, ask.now);
    picked
}

/// The loads are those that all workers know; the turns among equals are each worker's own, but for times in
/// which something is unusual.
fn pick_in_common(tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    let zone = tier.zone?;
    if ask.tried.is_empty() && zone.is_calm(tier.number) && tier.loads.fast {
        tier.loads.refresh(zone);
        if let Some(at) = tier.loads.next() {
            if tier.is_open(at, ask) && tier.peers[at].is_plain(ask.now) {
                return Some(at);
            }
        }
    }
    let picked = least(tier, ask, |peer| u64::from(peer.conns));
    let usual = tier.peers.iter().all(|peer| is_usual(peer, ask.now));
    zone.weighed(tier.number, usual);
    if !usual {
        tier.loads.fast = false;
    } else if !tier.loads.fast && zone.is_calm(tier.number) {
        tier.loads.enter(tier.peers);
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

/// The loads of a tier's peers side by side, while nothing is unusual: none has failed of late, starts slowly
/// or is found unhealthy, and the request asks for the first time. That a peer is full is nothing unusual.
///
/// The numbers are narrow and apart, and each step is for all of them alike: so the processor takes several
/// at a time. Meanwhile the current weights in the peers are those of the beginning; [`Loads::leave`] writes
/// them out.
#[derive(Default)]
pub struct Loads {
    fast: bool,
    /// What each peer bears for its weight, as a whole number; `NEVER`: it cannot be picked.
    loads: Vec<u32>,
    /// What one try adds to it.
    steps: Vec<u32>,
    /// How many tries there may be, and where in the zone they are counted, if there is one.
    limits: Vec<u32>,
    places: Vec<u32>,
    /// The places follow one another.
    in_order: bool,
    /// Their weights, and the current ones of round robin among equals.
    own: Vec<i32>,
    current: Vec<i32>,
    /// The least of the loads, and how many there are; none: it is to be looked for.
    least: u32,
    equals: usize,
    /// Usual turns in a row.
    calm: u32,
}

const NEVER: u32 = u32::MAX;

/// Usual turns before the loads are laid out, which costs more than a turn.
const CALM: u32 = 16;

/// The least number that all weights divide is at most this: so no load of 65,535 tries is too large.
const MOST: u64 = 1 << 16;
/// The sum of weights is at most this: current weights are less.
const MOST_WEIGHT: i64 = 1 << 30;

impl Loads {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer]) -> Self {
        let mut loads = Self::default();
        if peers.iter().all(|peer| is_usual(peer, 0) && peer.is_spotless()) {
            loads.enter(peers);
        }
        loads
    }

    #[cfg(test)]
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// As many tries are under way at all peers as all workers know.
    fn refresh(&mut self, zone: &Zone) {
        let words = zone.all_conns();
        let first = self.places.first().map_or(0, |place| *place as usize);
        // Those of the file are side by side there too, unless some are backups.
        let Some(words) = words.get(first..first + self.places.len()).filter(|_| self.in_order)
        else {
            let places = std::mem::take(&mut self.places);
            self.fill(places.iter().filter_map(|place| words.get(*place as usize)));
            self.places = places;
            return;
        };
        self.fill(words.iter());
    }

    fn fill<'a>(&mut self, words: impl Iterator<Item = &'a AtomicU64>) {
        let all = self.loads.iter_mut().zip(&self.steps).zip(&self.limits).zip(words);
        let mut least = NEVER;
        for (((load, step), limit), word) in all {
            let conns = count(word);
            let open = conns < *limit;
            *load = if open { conns.saturating_mul(*step).min(NEVER - 1) } else { NEVER };
            least = least.min(*load);
        }
        // How many they are is not asked: one that is alone gains what it pays.
        (self.least, self.equals) = (least, usize::MAX);
    }

    /// As many tries are under way at a peer as it says now.
    pub fn counted(&mut self, at: usize, peer: &Peer) {
        if !self.fast {
            return;
        }
        let new = load(peer, self.steps[at]);
        let old = std::mem::replace(&mut self.loads[at], new);
        if self.equals > 0 {
            self.equals -= usize::from(old == self.least);
            match new.cmp(&self.least) {
                Ordering::Less => (self.least, self.equals) = (new, 1),
                Ordering::Equal => self.equals += 1,
                Ordering::Greater => {}
            }
        }
    }

    fn next(&mut self) -> Option<usize> {
        if self.equals == 0 {
            self.least = self.loads.iter().copied().min()?;
            self.equals = self.loads.iter().filter(|&&load| load == self.least).count();
        }
        let least = self.least;
        if least == NEVER {
            return None;
        }
        // The one that is alone has no turn, and neither gains nor pays.
        if self.equals == 1 {
            return self.loads.iter().position(|&load| load == least);
        }
        let (mut most, mut total) = (i32::MIN, 0);
        for ((load, current), own) in self.loads.iter().zip(&mut self.current).zip(&self.own) {
            let gained = if *load == least { *own } else { 0 };
            *current += gained;
            total += gained;
            most = most.max(if *load == least { *current } else { i32::MIN });
        }
        let mut both = self.loads.iter().zip(&self.current);
        let best = both.position(|(load, current)| *load == least && *current == most)?;
        self.current[best] -= total;
        Some(best)
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights.
    pub fn leave(&mut self, peers: &mut [Peer]) {
        if std::mem::take(&mut self.fast) {
            for (peer, current) in peers.iter_mut().zip(&self.current) {
                peer.current_weight = i64::from(*current);
            }
        }
        self.calm = 0;
    }

    /// A turn was taken the general way.
    fn weighed(&mut self, peers: &[Peer], now: u64) {
        let usual = peers.iter().all(|peer| is_usual(peer, now));
        self.calm = if usual { self.calm + 1 } else { 0 };
        if self.calm == CALM {
            self.calm = 0;
            self.enter(peers);
        }
    }

    fn enter(&mut self, peers: &[Peer]) {
        let weight = |peer: &Peer| peer.settings.weight.max(1) as u64;
        let common = peers.iter().map(weight).try_fold(1, common_multiple);
        let total: i64 = peers.iter().map(|peer| peer.weight).sum();
        let most = peers.iter().map(|peer| peer.current_weight.abs()).max().unwrap_or(0);
        let Some(common) = common.filter(|_| total <= MOST_WEIGHT && most <= MOST_WEIGHT) else {
            return;
        };
        let each = |it: fn(&Peer) -> i64| peers.iter().map(|peer| it(peer) as i32).collect();
        self.fast = !peers.is_empty();
        self.steps = peers.iter().map(|peer| (common / weight(peer)) as u32).collect();
        self.own = each(|peer| peer.weight);
        self.limits = peers.iter().map(Peer::limit).collect();
        self.places = peers.iter().map(|peer| peer.place).collect();
        self.in_order = self.places.windows(2).all(|two| two[0].checked_add(1) == Some(two[1]));
        self.current = each(|peer| peer.current_weight);
        self.loads = peers.iter().zip(&self.steps).map(|(peer, step)| load(peer, *step)).collect();
        self.equals = 0;
    }
}

/// What one that takes part bears; a full one is left out.
fn load(peer: &Peer, step: u32) -> u32 {
    let open = peer.takes_part() && !peer.is_full();
    if open { peer.conns.saturating_mul(step).min(NEVER - 1) } else { NEVER }
}

fn is_usual(peer: &Peer, now: u64) -> bool {
    !peer.takes_part() || peer.is_plain(now) && !peer.barred
}

fn common_multiple(a: u64, b: u64) -> Option<u64> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    Some(a / x * b).filter(|&it| it <= MOST)
}

#[cfg(test)]
mod tests;
