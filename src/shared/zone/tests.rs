//! Zones that fill up, whose processes die, and whose words are spoiled.

use std::cell::Cell;

use super::super::table::VALUES;
use super::*;
use crate::base::rng::Rng;
use crate::os::sim::lanes::Lanes;

/// No numbers of the system: these processes are alive until they are settled.
fn process(row: u32) -> Process {
    Process { pid: (1 << 40) + u64::from(row), row }
}

fn open(size: usize, kind: Kind) -> Zone {
    let declared = Declaration { name: "one".into(), kind, size, key: (*b"$key").into() };
    Zone::open(declared, [7, 8], process(0)).unwrap()
}

/// Finds the record or makes it, at the price of the oldest ones; its first value goes up.
fn count(zone: &Zone, key: &[u8]) -> Option<u64> {
    let locked = zone.lock()?;
    let key = zone.own_key(key);
    let record = loop {
        if let Some(it) = locked.find(key).or_else(|| locked.insert(key)) {
            break it;
        }
        locked.remove(locked.oldest()?);
    };
    locked.touch(record);
    let value = locked.value(record, 0).wrapping_add(1);
    (0..VALUES).for_each(|at| locked.set_value(record, at, value));
    Some(value)
}

#[test]
fn a_million_keys_pass_through_a_full_zone() {
    let zone = open(1 << 20, Kind::LimitReq);
    for number in 0..1_000_000u64 {
        assert_eq!(count(&zone, &number.to_le_bytes()), Some(1));
    }
    // As many as nginx's documentation promises for 64-byte states, but for the buckets.
    let len = zone.lock().unwrap().len();
    assert!((14_000..16_384).contains(&len), "{len}");
    // The last ones are there.
    assert_eq!(count(&zone, &999_999u64.to_le_bytes()), Some(2));
    assert_eq!(count(&zone, &(1_000_000 - len).to_le_bytes()), Some(2));
    assert_eq!(count(&zone, &0u64.to_le_bytes()), Some(1));
}

#[test]
fn keys_of_all_lengths_share_a_zone() {
    let zone = open(256 << 10, Kind::LimitReq);
    let mut rng = Rng::new(1);
    let long = vec![b'x'; 65_535];
    for _ in 0..6000 {
        let len = 1 << rng.below(16);
        let at = rng.below(100) as usize;
        assert!(count(&zone, &long[at..(at + len).min(long.len())]).is_some());
    }
    assert!(count(&zone, &long).is_some());
    // One that no zone of this size can hold leaves it empty, and usable.
    assert_eq!(count(&zone, &vec![b'x'; 300 << 10]), None);
    assert_eq!(count(&zone, b"a"), Some(1));
}

#[test]
fn a_death_with_the_lock_empties_the_zone_and_any_other_loses_nothing() {
    let mut emptied = 0;
    for accesses in 1.. {
        let zone = open(64 << 10, Kind::LimitReq);
        let lanes = Lanes::new(1, 1, 1000);
        let finished = Cell::new(false);
        lanes.run(0, || {
            let dying = zone.of_process(process(1));
            (0..40u8).for_each(|key| assert_eq!(count(&zone, &[key; 30]), Some(1)));
            let life = lanes.mortal(0, accesses, || {
                count(&dying, &[1; 500]);
                let locked = dying.lock().unwrap();
                locked.find(dying.key(&[7; 30])).into_iter().for_each(|it| locked.remove(it));
            });
            finished.set(life.is_some());
            let held = zone.memory[LOCK].load(Relaxed) != 0;
            zone.settle(process(1));
            assert_eq!(zone.memory[LOCK].load(Relaxed), 0, "{accesses}");
            let len = zone.lock().unwrap().len();
            assert_eq!(len == 0, held, "{accesses}");
            emptied += u32::from(held);
            if !held && !finished.get() {
                assert_eq!(count(&zone, &[3; 30]), Some(2), "{accesses}");
            }
            // It can be used as before.
            (100..200u8).for_each(|key| assert_eq!(count(&zone, &[key; 400]), Some(1)));
        });
        if finished.get() {
            break;
        }
    }
    assert!(emptied > 50, "{emptied}");
}

#[test]
fn what_a_dead_process_owned_goes_and_the_rest_stays() {
    let zone = open(64 << 10, Kind::LimitConn);
    let others = [1, 2].map(|row| zone.of_process(process(row)));
    for _ in 0..3 {
        others.iter().for_each(|zone| assert!(count(zone, b"a").is_some()));
    }
    count(&others[0], b"b");
    zone.settle(process(1));
    let locked = zone.lock().unwrap();
    assert_eq!((locked.sum(zone.key(b"a"), 0), locked.sum(zone.key(b"b"), 0)), (3, 0));
    assert_eq!((locked.len(), locked.epoch()), (1, 0));
}

#[test]
fn a_process_that_holds_the_lock_and_does_not_go_on_is_not_waited_for() {
    let zone = open(64 << 10, Kind::LimitReq);
    let other = zone.of_process(process(1));
    let held = other.lock().unwrap();
    assert!(zone.lock().is_none());
    drop(held);
    assert_eq!(count(&zone, b"a"), Some(1));
}

#[test]
fn spoiled_words_neither_panic_nor_hang() {
    for seed in 1..=80 {
        let zone = open(32 << 10, Kind::LimitConn);
        let mut rng = Rng::new(seed);
        let long = [b'x'; 6000];
        for _ in 0..60 {
            for _ in 0..10 {
                let (key, len) = (rng.below(90) as usize, 1 << rng.below(12));
                count(&zone, &long[key..key + len]);
            }
            for _ in 0..=rng.below(3) {
                // Half of them in the head and the states of the pages.
                let most = if rng.one_in(2) { 48 } else { zone.memory.len() as u64 };
                let at = rng.below(most) as usize;
                let value = match rng.below(4) {
                    0 => rng.word(),
                    1 => rng.below(600),
                    2 => zone.memory[rng.below(zone.memory.len() as u64) as usize].load(Relaxed),
                    _ => zone.memory[at].load(Relaxed) ^ 1 << rng.below(64),
                };
                zone.memory[at].store(value, Relaxed);
            }
            if let Some(locked) = zone.lock() {
                locked.sum(zone.key(b"x"), 0);
                locked.remove_all_of(process(rng.below(3) as u32));
            }
        }
        zone.memory[LOCK].store(0, Relaxed);
        let locked = zone.lock().unwrap();
        locked.memory().clear();
        drop(locked);
        (0..100u8).for_each(|key| assert_eq!(count(&zone, &[key]), Some(1)));
    }
}
