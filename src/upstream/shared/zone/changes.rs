//! The peers whose count of tries changed, one after another: a worker that has read all changes finds the least busy
//! peer without a look at each.

use std::sync::atomic::Ordering::{Acquire, Release};

use super::Zone;
use super::layout::{Layout, WIDTH};
use crate::upstream::balance::loads::FEW;

/// The number of the last changes that are kept.
const KEPT: usize = 4096;

/// A change is its number, the first is 1, and the place.
const PLACE_BITS: u32 = 20;
const PLACE: u64 = (1 << PLACE_BITS) - 1;

impl Layout {
    /// Words for changes; that of their number has a cache line of its own.
    pub(super) fn of_changes(self) -> usize {
        if self.told { WIDTH + KEPT } else { 0 }
    }

    /// Whether changes of this number of places are worth recording.
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
            let word = number.wrapping_add(1) << PLACE_BITS | place as u64;
            self.memory[first + WIDTH + number as usize % KEPT].store(word, Release);
        }
    }

    /// Too much has changed, or a worker has died that may have counted without recording it: all places are to be read.
    pub(super) fn tell_all(&self) {
        if self.layout.told {
            self.memory[self.layout.changes()].fetch_add(2 * KEPT as u64, Release);
        }
    }

    /// How many changes there have been.
    pub fn changes(&self) -> u64 {
        self.memory[self.layout.changes()].load(Acquire)
    }

    /// The places of the changes after the first `heard`, and the number of changes read then; `None`:
    /// too many are not known any more. One that is still being told is heard of later, and those behind it then
    /// once more: the worker that tells it may be stopped for long.
    pub fn changed(&self, heard: u64, now: u64, mut each: impl FnMut(u32)) -> Option<u64> {
        if now.wrapping_sub(heard) >= KEPT as u64 {
            return None;
        }
        let ring = self.words(self.layout.changes() + WIDTH, KEPT);
        let mut heard_of = now;
        for number in (0..now.wrapping_sub(heard)).map(|at| heard.wrapping_add(at)) {
            let word = ring[number as usize % KEPT].load(Acquire);
            // As many as a word has room for: the numbers begin anew some day.
            let later = (word & !PLACE).wrapping_sub(number.wrapping_add(1) << PLACE_BITS) as i64;
            match later {
                0 => each((word & PLACE) as u32),
                1.. => return None,
                _ if heard_of == now => heard_of = number,
                _ => {}
            }
        }
        Some(heard_of)
    }

    /// Whether each change is recorded.
    pub fn tells(&self) -> bool {
        self.layout.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::balance::method::Method;
    use crate::upstream::conf::{self};
    use crate::upstream::shared::zone::Zone;

    fn zone() -> Zone {
        let settings = conf::Group { method: Method::LeastConn, ..conf::Group::default() };
        Zone::new("u", &[(0, 7); 40], 0, &settings, 1).unwrap()
    }

    fn heard(zone: &Zone, since: u64) -> (Vec<u32>, Option<u64>) {
        let mut places = vec![];
        let heard = zone.changed(since, zone.changes(), |place| places.push(place));
        (places, heard)
    }

    #[test]
    fn changes_behind_one_that_is_not_told_are_heard_of_at_once() {
        let zone = zone();
        zone.tell(3);
        // A worker has taken a number, and is stopped.
        zone.memory[zone.layout.changes()].fetch_add(1, Release);
        zone.tell(5);
        assert_eq!(heard(&zone, 0), (vec![3, 5], Some(1)));
        zone.tell(6);
        assert_eq!(heard(&zone, 1), (vec![5, 6], Some(1)));
        // It goes on.
        let late = zone.layout.changes() + WIDTH + 1;
        zone.memory[late].store(2 << PLACE_BITS | 4, Release);
        assert_eq!(heard(&zone, 1), (vec![4, 5, 6], Some(4)));
        zone.tell_all();
        assert_eq!(heard(&zone, 4), (vec![], None));
    }

    #[test]
    fn numbers_may_be_more_than_a_word_has_room_for() {
        let zone = zone();
        for most in [1u64 << (64 - PLACE_BITS), 0] {
            let before = most.wrapping_sub(3);
            zone.memory[zone.layout.changes()].store(before, Release);
            (0..6).for_each(|place| zone.tell(place));
            assert_eq!(heard(&zone, before), ((0..6).collect(), Some(before.wrapping_add(6))));
        }
    }
}
