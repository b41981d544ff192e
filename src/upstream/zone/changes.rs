//! Whose tries were counted, one after another: who has heard of all changes need not look at all peers to know
//! which of them is the least busy.

use std::sync::atomic::Ordering::{Acquire, Release};

use super::{Layout, WIDTH, Zone};
use crate::upstream::least_conn::FEW;

/// So many of the last changes are known.
const KEPT: usize = 4096;

/// A change is its number, the first is 1, and the place.
const PLACE_BITS: u32 = 20;

impl Layout {
    /// Words for changes; that of their number has a cache line of its own.
    pub(super) fn of_changes(self) -> usize {
        if self.told { WIDTH + KEPT } else { 0 }
    }

    /// Whether it is worth it to tell of changes in so many places.
    pub(super) fn may_tell(places: usize) -> bool {
        places > FEW && places < 1 << PLACE_BITS
    }
}

impl Zone {
    /// Tries at the peer in that place have been counted.
    pub(super) fn tell(&self, place: usize) {
        if self.layout.told {
            let first = self.layout.changes();
            let number = self.memory[first].fetch_add(1, Release);
            let word = (number + 1) << PLACE_BITS | place as u64;
            self.memory[first + WIDTH + number as usize % KEPT].store(word, Release);
        }
    }

    /// Much has changed, or somebody has died who may have counted without a word: all are to be looked at.
    pub(super) fn tell_all(&self) {
        if self.layout.told {
            self.memory[self.layout.changes()].fetch_add(2 * KEPT as u64, Release);
        }
    }

    /// How many changes there have been.
    pub fn changes(&self) -> u64 {
        self.memory[self.layout.changes()].load(Acquire)
    }

    /// The places of changes behind so many that were heard of, and how many have been heard of then; `None`:
    /// too many are not known any more. One that is still being told is heard of later.
    pub fn changed(&self, heard: u64, now: u64, mut each: impl FnMut(u32)) -> Option<u64> {
        if now.wrapping_sub(heard) >= KEPT as u64 {
            return None;
        }
        let ring = self.words(self.layout.changes() + WIDTH, KEPT);
        for number in heard..now {
            let word = ring[number as usize % KEPT].load(Acquire);
            if word >> PLACE_BITS != number + 1 {
                return (word >> PLACE_BITS <= number).then_some(number);
            }
            each((word & ((1 << PLACE_BITS) - 1)) as u32);
        }
        Some(now)
    }

    /// Whether each change is told.
    pub fn tells(&self) -> bool {
        self.layout.told
    }
}
