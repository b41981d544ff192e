//! Peers of equal weight by the number of tries under way: among those with the fewest the one whose turn it
//! is, without a look at the others.
//!
//! Peers with as many tries are a level. A turn is among those of the least one: what all of them gain is
//! noted once, and the heaviest pays and goes to the next level. When one comes back it is mostly lighter than
//! all others there, and stands behind them in a line: so while about as many requests are under way, a step
//! takes constant time, however many peers there are. One that would have to stand further in front is put
//! into a heap instead, whose height is 5 for 10,000 peers. The first of both is the heaviest.

use super::tries::{ASIDE, tries};
use crate::upstream::peers::Peer;

/// The peers of a tier; those that are not to be picked are in no level.
#[derive(Default)]
pub(super) struct Levels {
    /// By the number of tries.
    levels: Vec<Level>,
    /// None below has peers.
    least: usize,
    /// Of each peer.
    spots: Vec<Spot>,
    /// What each peer weighs.
    own: i64,
    /// Whose turn the last one was, and what it has not paid yet.
    due: Option<(usize, i64)>,
    /// Memory of levels that are empty.
    spare: Vec<Vec<Key>>,
}

struct Level {
    peers: usize,
    /// What its peers have gained more than their keys say.
    gained: i64,
    /// The ends of the line.
    first: u16,
    last: u16,
    /// The least key is the first; below each are [`WIDE`] others.
    heap: Vec<Key>,
}

/// Where a peer is.
#[derive(Clone, Copy)]
struct Spot {
    key: Key,
    level: u16,
    /// In the heap; `IN_LINE`: it is in the line, between these two.
    place: u16,
    before: u16,
    after: u16,
}

/// The level of those that are not to be picked, and that of as many tries as there are numbers for, or more.
const NO_LEVEL: u16 = u16::MAX;
const MOST: u32 = NO_LEVEL as u32 - 1;

const IN_LINE: u16 = u16::MAX;
const NONE: u16 = u16::MAX;

/// As many keys as fill a line of the processor's cache.
const WIDE: usize = 8;

/// A current weight and a peer, as one number: the heaviest is the least, the earlier one of two equals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(i64);

/// What is gained is put into the keys when it is more: they have room for weights below 2^47.
const MOST_GAINED: i64 = 1 << 45;
/// The sum of weights is at most this: current weights stay within a few times of it.
const MOST_WEIGHT: i64 = 1 << 43;

impl Key {
    fn new(weight: i64, peer: usize) -> Self {
        Self(-weight << 16 | peer as i64)
    }

    fn weight(self) -> i64 {
        -(self.0 >> 16)
    }

    fn peer(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}

impl Levels {
    /// For peers that weigh `own` each. `None`: the numbers are too large for it.
    pub(super) fn new(own: i64, peers: &[Peer]) -> Option<Self> {
        let mut levels = Self { own, ..Self::default() };
        let total = own.checked_mul(peers.len() as i64)?;
        for (at, peer) in peers.iter().enumerate() {
            let current = peer.current_weight;
            if total.max(current.abs()) > MOST_WEIGHT {
                return None;
            }
            levels.spots.push(Spot {
                key: Key::new(current, at),
                level: NO_LEVEL,
                place: 0,
                before: NONE,
                after: NONE,
            });
            levels.set(at, tries(peer));
        }
        Some(levels)
    }

    /// As many tries are under way at a peer; [`ASIDE`]: it is not to be picked.
    pub(super) fn set(&mut self, peer: usize, tries: u32) {
        let level = if tries == ASIDE { NO_LEVEL } else { tries.min(MOST) as u16 };
        if self.spots[peer].level != level || self.due.is_some_and(|(at, _)| at == peer) {
            self.move_to(peer, level);
        }
    }

    /// Whose turn it is. One that is alone neither gains nor pays.
    pub(super) fn turn(&mut self) -> Option<usize> {
        if let Some((peer, _)) = self.due {
            self.move_to(peer, self.spots[peer].level);
        }
        let first = self.foremost()?;
        let level = &mut self.levels[self.least];
        if level.peers > 1 {
            level.gained += self.own;
            self.due = Some((first, self.own * level.peers as i64));
            if level.gained > MOST_GAINED {
                let gained = std::mem::take(&mut level.gained) << 16;
                level.heap.iter_mut().for_each(|key| key.0 -= gained);
                let least = self.least;
                let own = self.spots.iter_mut().filter(|spot| usize::from(spot.level) == least);
                own.for_each(|spot| spot.key.0 -= gained);
            }
        }
        Some(first)
    }

    /// The one whose turn it was cannot be used: as if it had not been.
    pub(super) fn give_back(&mut self) {
        if let Some((peer, _)) = self.due.take() {
            self.levels[usize::from(self.spots[peer].level)].gained -= self.own;
        }
    }

    /// The heaviest of the least level.
    pub(super) fn foremost(&mut self) -> Option<usize> {
        while self.levels.get(self.least)?.peers == 0 {
            self.least += 1;
        }
        let Level { first, heap, .. } = &self.levels[self.least];
        let in_line = self.spots.get(usize::from(*first)).map(|spot| spot.key);
        in_line.into_iter().chain(heap.first().copied()).min().map(Key::peer)
    }

    /// The current weight of each peer.
    pub(super) fn weights(&self) -> impl Iterator<Item = i64> {
        self.spots.iter().enumerate().map(|(at, spot)| {
            let gained = self.levels.get(usize::from(spot.level)).map_or(0, |level| level.gained);
            let due = self.due.map_or(0, |(peer, due)| if peer == at { due } else { 0 });
            spot.key.weight() + gained - due
        })
    }

    /// Pays what is due, and goes to that level.
    fn move_to(&mut self, peer: usize, level: u16) {
        let due = self.due.take_if(|(at, _)| *at == peer).map_or(0, |(_, due)| due);
        let spot = self.spots[peer];
        let mut weight = spot.key.weight() - due;
        if spot.level != NO_LEVEL {
            let from = &mut self.levels[usize::from(spot.level)];
            weight += from.gained;
            from.take(spot, &mut self.spots);
            if from.peers == 0 {
                from.gained = 0;
                self.spare.push(std::mem::take(&mut from.heap));
            }
        }
        let number = usize::from(level);
        self.spots[peer].level = level;
        if level == NO_LEVEL {
            self.spots[peer].key = Key::new(weight, peer);
            return;
        }
        self.least = self.least.min(number);
        if self.levels.len() <= number {
            self.levels.resize_with(number + 1, Level::default);
        }
        let to = &mut self.levels[number];
        if to.peers == 0 {
            to.heap = self.spare.pop().unwrap_or_default();
        }
        to.put(Key::new(weight - to.gained, peer), &mut self.spots);
    }
}

impl Default for Level {
    fn default() -> Self {
        Self { peers: 0, gained: 0, first: NONE, last: NONE, heap: vec![] }
    }
}

impl Level {
    fn put(&mut self, key: Key, spots: &mut [Spot]) {
        self.peers += 1;
        let peer = key.peer();
        spots[peer].key = key;
        if self.last != NONE && key < spots[usize::from(self.last)].key {
            let last = self.heap.len();
            self.heap.push(key);
            rise(&mut self.heap, spots, last, key);
            return;
        }
        let before = std::mem::replace(&mut self.last, peer as u16);
        match before {
            NONE => self.first = peer as u16,
            at => spots[usize::from(at)].after = peer as u16,
        }
        spots[peer] = Spot { place: IN_LINE, before, after: NONE, ..spots[peer] };
    }

    fn take(&mut self, Spot { place, before, after, .. }: Spot, spots: &mut [Spot]) {
        self.peers -= 1;
        if place == IN_LINE {
            match before {
                NONE => self.first = after,
                at => spots[usize::from(at)].after = after,
            }
            match after {
                NONE => self.last = before,
                at => spots[usize::from(at)].before = before,
            }
            return;
        }
        let (at, heap) = (usize::from(place), &mut self.heap);
        if let Some(last) = heap.pop().filter(|_| at < heap.len()) {
            match at > 0 && last < heap[(at - 1) / WIDE] {
                true => rise(heap, spots, at, last),
                false => sink(heap, spots, at, last),
            }
        }
    }
}

/// The key belongs at that place of the heap, or nearer to its top.
fn rise(heap: &mut [Key], spots: &mut [Spot], mut at: usize, key: Key) {
    while at > 0 {
        let above = (at - 1) / WIDE;
        if heap[above] < key {
            break;
        }
        settle(heap, spots, at, heap[above]);
        at = above;
    }
    settle(heap, spots, at, key);
}

/// The key belongs at that place of the heap, or below it.
fn sink(heap: &mut [Key], spots: &mut [Spot], mut at: usize, key: Key) {
    loop {
        let first = at * WIDE + 1;
        let below = heap.get(first..heap.len().min(first + WIDE)).unwrap_or_default();
        let Some((step, &least)) = below.iter().enumerate().min_by_key(|(_, key)| **key) else {
            break;
        };
        if key < least {
            break;
        }
        settle(heap, spots, at, least);
        at = first + step;
    }
    settle(heap, spots, at, key);
}

fn settle(heap: &mut [Key], spots: &mut [Spot], at: usize, key: Key) {
    heap[at] = key;
    spots[key.peer()].place = at as u16;
}
