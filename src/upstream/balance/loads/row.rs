//! Loads side by side, for peers that are few or weigh differently.
//!
//! The numbers are narrow and apart, and each step is for all of them alike: so the processor takes several
//! at a time.

use std::cmp::Ordering;

use super::tries::{ASIDE, tries};
use crate::os::shm::AtomicU64;
use crate::upstream::peers::Peer;
use crate::upstream::shared::gauge::count;
use crate::upstream::shared::zone::Zone;

pub(super) struct Row {
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
}

const NEVER: u32 = u32::MAX;

/// The least number that all weights divide is at most this: so no load of 65,535 tries is too large.
const MOST: u64 = 1 << 16;
/// The sum of weights is at most this: current weights stay within a few times of it.
const MOST_WEIGHT: i64 = 1 << 28;

impl Row {
    /// `None`: the numbers are too large for it.
    pub(super) fn new(peers: &[Peer]) -> Option<Self> {
        let weight = |peer: &Peer| peer.settings.weight.max(1) as u64;
        let common = peers.iter().map(weight).try_fold(1, common_multiple)?;
        let total: i64 = peers.iter().map(|peer| peer.weight).sum();
        let most = peers.iter().map(|peer| peer.current_weight.abs()).max().unwrap_or(0);
        if total > MOST_WEIGHT || most > MOST_WEIGHT {
            return None;
        }
        let each = |it: fn(&Peer) -> i64| peers.iter().map(|peer| it(peer) as i32).collect();
        let steps: Vec<u32> = peers.iter().map(|peer| (common / weight(peer)) as u32).collect();
        let places: Vec<u32> = peers.iter().map(|peer| peer.place).collect();
        Some(Self {
            loads: peers.iter().zip(&steps).map(|(it, step)| load(tries(it), *step)).collect(),
            limits: peers.iter().map(Peer::limit).collect(),
            in_order: places.windows(2).all(|two| two[0].checked_add(1) == Some(two[1])),
            own: each(|peer| peer.weight),
            current: each(|peer| peer.current_weight),
            steps,
            places,
            least: 0,
            equals: 0,
        })
    }

    /// As many tries are under way at all peers as all workers know: of a few, each is looked at.
    pub(super) fn refresh(&mut self, zone: &Zone) {
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
            let tries = count(word);
            let open = tries < *limit;
            *load = if open { tries.saturating_mul(*step).min(NEVER - 1) } else { NEVER };
            least = least.min(*load);
        }
        // How many they are is not asked: one that is alone gains what it pays.
        (self.least, self.equals) = (least, usize::MAX);
    }

    /// As many tries are under way at a peer; [`ASIDE`]: it is not to be picked.
    pub(super) fn set(&mut self, at: usize, tries: u32) {
        let new = load(tries, self.steps[at]);
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

    /// Whose turn it is. One that is alone neither gains nor pays.
    pub(super) fn turn(&mut self) -> Option<usize> {
        if self.equals == 0 {
            self.least = self.loads.iter().copied().min()?;
            self.equals = self.loads.iter().filter(|&&load| load == self.least).count();
        }
        let least = self.least;
        if least == NEVER {
            return None;
        }
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

    /// The one whose turn it was cannot be used: as if it had not been.
    pub(super) fn give_back(&mut self, best: usize) {
        if self.equals == 1 {
            return;
        }
        let mut total = 0;
        for ((load, current), own) in self.loads.iter().zip(&mut self.current).zip(&self.own) {
            let gained = if *load == self.least { *own } else { 0 };
            *current -= gained;
            total += gained;
        }
        self.current[best] += total;
    }

    /// The current weight of each peer.
    pub(super) fn weights(&self) -> impl Iterator<Item = i64> {
        self.current.iter().map(|&current| i64::from(current))
    }
}

/// What a peer bears.
fn load(tries: u32, step: u32) -> u32 {
    if tries == ASIDE { NEVER } else { tries.saturating_mul(step).min(NEVER - 1) }
}

fn common_multiple(a: u64, b: u64) -> Option<u64> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    Some(a / x * b).filter(|&it| it <= MOST)
}
