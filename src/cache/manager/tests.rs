//! What the cache manager removes, and how much of it in one turn.

use std::cell::Cell;

use super::*;
use crate::cache::fixture::{BODY, Fixture};
use crate::cache::key::Key;

/// Stores `count` entries, of one block each.
fn with_entries(name: &str, count: u8) -> Fixture {
    let it = Fixture::new(name);
    for number in 0..count {
        it.put(&[number], BODY);
    }
    it
}

fn is_there(it: &Fixture, number: u8) -> bool {
    it.place.file(Key::of(&[number])).exists()
}

#[test]
fn what_was_not_used_is_removed() {
    let mut it = with_entries("inactive", 3);
    it.place.inactive_ms = 1000;
    it.store().look(Key::of(&[0]), 500, 1);
    it.store().look(Key::of(b"never stored"), 600, 1);
    assert_eq!(step(&it.store(), || 999), 1);
    assert_eq!(step(&it.store(), || 1000), 500);
    assert_eq!([0, 1, 2].map(|number| is_there(&it, number)), [true, false, false]);
    assert_eq!(counters::value(&it.zone, Counter::Inactive), 2);
    assert_eq!(step(&it.store(), || 1600), LONGEST_MS);
    assert_eq!((counters::value(&it.zone, Counter::Inactive), index::size(&it.zone)), (3, (0, 0)));
}

#[test]
fn what_is_too_much_is_removed() {
    let mut it = with_entries("max-size", 5);
    it.place.max_size = 3 * 4096;
    it.store().look(Key::of(&[0]), 500, 1);
    assert_eq!(step(&it.store(), || 600), LONGEST_MS);
    assert_eq!(
        [0, 1, 2, 3, 4].map(|number| is_there(&it, number)),
        [true, false, false, false, true]
    );
    assert_eq!(counters::value(&it.zone, Counter::Evicted), 3);
}

#[test]
fn a_file_system_without_room_empties_the_cache() {
    let mut it = with_entries("min-free", 2);
    it.place.min_free = u64::MAX;
    assert_eq!(step(&it.store(), || 1), LONGEST_MS);
    assert_eq!((index::size(&it.zone), is_there(&it, 0), is_there(&it, 1)), ((0, 0), false, false));
    it.place.min_free = 1;
    it.put(&[9], BODY);
    step(&it.store(), || 2);
    assert!(is_there(&it, 9));
}

#[test]
fn a_turn_is_bounded() {
    let mut it = with_entries("turns", 5);
    (it.place.inactive_ms, it.place.manager.files) = (0, 2);
    assert_eq!((step(&it.store(), || 1), index::size(&it.zone).1), (50, 3));
    // Each look at the clock takes 150 ms.
    it.place.manager.files = 100;
    let clock = Cell::new(0);
    let slow = || clock.replace(clock.get() + 150);
    assert_eq!((step(&it.store(), slow), index::size(&it.zone).1), (50, 2));
    it.place.inactive_ms = 600_000;
    (it.place.max_size, it.place.manager.files) = (0, 1);
    assert_eq!((step(&it.store(), || 1), index::size(&it.zone).1), (50, 1));
    assert_eq!((step(&it.store(), || 1), index::size(&it.zone).1), (50, 0));
    assert_eq!(step(&it.store(), || 1), LONGEST_MS);
}
