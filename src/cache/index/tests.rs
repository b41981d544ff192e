//! The records of a cache: uses, versions, marks, the order in which they go.

use super::*;
use crate::shared::zone::{Declaration, Kind, Process};

fn process(row: u32) -> Process {
    Process { pid: 1 << 40 | u64::from(row), row }
}

fn zone(size: usize) -> Zone {
    let declared = Declaration { name: "z".into(), kind: Kind::Cache, size, key: (*b"/").into() };
    Zone::open(declared, [1, 2], process(0)).unwrap()
}

fn key(number: u64) -> Key {
    Key::of(&number.to_le_bytes())
}

/// Stores an entry of `bytes` bytes.
fn put(zone: &Zone, key: Key, now: u64, bytes: u64) -> u64 {
    match stored(zone, key, now, (Began(u64::MAX), None), (bytes, 0)).0 {
        Kept::As(version) => version,
        Kept::Not => panic!("not kept"),
    }
}

fn ticket(marked: Marked) -> Ticket {
    match marked {
        Marked::Taken(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_is_stored_after_so_many_uses() {
    let zone = zone(1 << 20);
    for stores in [false, false, true, true] {
        let look = look(&zone, key(1), 5, 3);
        assert_eq!(look.found, Found::Absent { stores, is_cold: true });
    }
    let version = put(&zone, key(1), 6, 100);
    let Found::Present(it) = look(&zone, key(1), 7, 3).found else { panic!() };
    assert_eq!((it.version, it.valid, it.is_updating), (version, 0, false));
    assert_eq!(size(&zone), (100, 1));
    assert_ne!(put(&zone, key(1), 8, 50), version);
    assert_eq!(size(&zone), (50, 1));
    // A version that has gone is not lost again.
    lost(&zone, key(1), version);
    assert_eq!(size(&zone), (50, 1));
}

#[test]
fn one_updates_and_the_others_wait() {
    let zone = zone(1 << 20);
    assert_eq!(mark(&zone, key(1), 0, 100, None), Marked::Unknown);
    look(&zone, key(1), 0, 1);
    let first = ticket(mark(&zone, key(1), 0, 100, None));
    assert_eq!(mark(&zone, key(1), 99, 100, None), Marked::Held(100));
    // Too late for the first: it ends nothing that is not its own.
    let second = ticket(mark(&zone, key(1), 100, 100, None));
    release(&zone, key(1), first);
    assert_eq!(mark(&zone, key(1), 101, 100, None), Marked::Held(200));
    let (kept, _) = stored(&zone, key(1), 102, (Began(9), Some(second)), (1, 77));
    let Kept::As(version) = kept else { panic!() };
    assert_eq!(mark(&zone, key(1), 103, 100, None), Marked::Present(version));
    let third = ticket(mark(&zone, key(1), 103, 100, Some(version)));
    let Found::Present(it) = look(&zone, key(1), 104, 1).found else { panic!() };
    assert_eq!((it.is_updating, it.valid), (true, 77));
    let newer = refreshed(&zone, key(1), (version, Some(third)), 99).unwrap();
    let Found::Present(it) = look(&zone, key(1), 104, 1).found else { panic!() };
    assert_eq!(it, Present { version: newer, valid: 99, is_updating: false });
    assert_eq!(refreshed(&zone, key(1), (version, None), 1), None);
}

#[test]
fn an_answer_that_is_not_stored_holds_no_one_up() {
    let zone = zone(1 << 20);
    look(&zone, key(1), 0, 1);
    let it = ticket(mark(&zone, key(1), 0, 100, None));
    open_until(&zone, key(1), Some(it), 10_000);
    assert_eq!(mark(&zone, key(1), 9999, 100, None), Marked::Open);
    ticket(mark(&zone, key(1), 10_000, 100, None));
}

#[test]
fn the_mark_of_a_dead_process_is_given_back() {
    let master = zone(1 << 20);
    let [one, other] = [1, 2].map(|row| master.of_process(process(row)));
    look(&one, key(1), 0, 1);
    ticket(mark(&one, key(1), 0, 1000, None));
    assert_eq!(mark(&other, key(1), 1, 1000, None), Marked::Held(1000));
    master.settle(process(2));
    assert_eq!(mark(&other, key(1), 1, 1000, None), Marked::Held(1000));
    master.settle(process(1));
    ticket(mark(&other, key(1), 1, 1000, None));
    // Another process with the number of the dead one is another one.
    let again = master.of_process(process(1));
    assert_eq!(mark(&again, key(1), 2, 1000, None), Marked::Held(1001));
    ticket(mark(&again, key(1), 1001, 1000, None));
    assert_eq!(mark(&other, key(1), 1002, 1000, None), Marked::Held(2001));
}

#[test]
fn what_was_asked_for_before_a_purge_is_not_stored() {
    let zone = zone(1 << 20);
    let began = look(&zone, key(1), 0, 1).began;
    assert!(!purge(&zone, key(1)));
    let stored = |began| stored(&zone, key(1), 0, (began, None), (10, 0)).0;
    assert_eq!((stored(began), size(&zone).0), (Kept::Not, 0));
    assert!(matches!(stored(look(&zone, key(1), 0, 1).began), Kept::As(_)));
    assert!(purge(&zone, key(1)));
    assert_eq!((purge(&zone, key(1)), size(&zone).0), (false, 0));
    // Its record has gone meanwhile.
    let began = look(&zone, key(2), 0, 1).began;
    while evict(&zone).is_some() {}
    assert!(!purge(&zone, key(2)));
    assert_eq!(super::stored(&zone, key(2), 0, (began, None), (10, 0)).0, Kept::Not);
}

#[test]
fn a_full_zone_gives_up_what_was_not_used() {
    let zone = zone(32 << 10);
    let mut full = 0;
    let evicted = loop {
        full += 1;
        look(&zone, key(full), full, 1);
        let (kept, evicted) = stored(&zone, key(full), full, (Began(full * 9), None), (10, 0));
        assert!(matches!(kept, Kept::As(_)));
        if index_len(&zone) < full {
            break evicted;
        }
    };
    // Its record went when the key was looked up.
    assert_eq!((evicted, full > 100), (None, true));
    assert!(matches!(look(&zone, key(2), full, 1).found, Found::Present(_)));
    let more = look(&zone, key(full + 1), full, 1);
    assert_eq!(more.evicted, Some(key(3)));
    assert_eq!(size(&zone).0, 10 * (full - 2));
    // Those that are being updated stay: the next ones go.
    let oldest = [4, 5].map(|number| {
        let Found::Present(it) = peek(&zone, key(number)) else { panic!() };
        ticket(mark(&zone, key(number), full, 100, Some(it.version)))
    });
    assert_eq!(evict(&zone), Some((key(6), true)));
    release(&zone, key(4), oldest[0]);
    assert_eq!(evict(&zone), Some((key(4), true)));
}

fn index_len(zone: &Zone) -> u64 {
    size(zone).1
}

/// As `look`, without a use.
fn peek(zone: &Zone, key: Key) -> Found {
    let index = Index::lock(zone).unwrap();
    Found::Present(index.present(index.find(key).unwrap(), 0))
}

#[test]
fn keys_that_are_all_being_updated_leave_no_room() {
    let zone = zone(32 << 10);
    let mut number = 0;
    while look(&zone, key(number), 0, 1).found != Found::Unknown {
        assert_ne!(mark(&zone, key(number), 0, 100, None), Marked::Unknown);
        number += 1;
    }
    assert_eq!(look(&zone, key(0), 0, 1).found, Found::Absent { stores: true, is_cold: true });
    assert_eq!(stored(&zone, key(number), 0, (Began(0), None), (1, 0)), (Kept::Not, None));
    assert_eq!(add(&zone, key(number), 0, 1), (None, None));
}

#[test]
fn what_is_not_used_goes() {
    let zone = zone(1 << 20);
    assert_eq!(expire(&zone, 0, 100), Inactive::None);
    put(&zone, key(1), 10, 1);
    put(&zone, key(2), 20, 1);
    look(&zone, key(1), 30, 1);
    assert_eq!(expire(&zone, 50, 100), Inactive::Later(70));
    assert_eq!(expire(&zone, 120, 100), Inactive::Removed(key(2), true));
    let Found::Present(it) = peek(&zone, key(1)) else { panic!() };
    let held = ticket(mark(&zone, key(1), 120, 50, Some(it.version)));
    assert_eq!(expire(&zone, 140, 100), Inactive::Later(0));
    release(&zone, key(1), held);
    assert_eq!(expire(&zone, 239, 100), Inactive::Later(1));
    assert_eq!(expire(&zone, 240, 100), Inactive::Removed(key(1), true));
    assert_eq!(size(&zone), (0, 0));
}

#[test]
fn entries_that_are_updated_do_not_stop_eviction() {
    let zone = zone(1 << 20);
    for number in 0..100 {
        look(&zone, key(number), 0, 1);
        ticket(mark(&zone, key(number), 0, 100, None));
    }
    look(&zone, key(100), 0, 1);
    assert!((0..4).any(|_| evict(&zone) == Some((key(100), false))));
}

#[test]
fn a_purge_outlives_the_record_of_its_key() {
    let zone = zone(1 << 20);
    let began = look(&zone, key(1), 0, 1).began;
    purge(&zone, key(1));
    assert!(evict(&zone).is_some());
    look(&zone, key(1), 0, 1);
    assert_eq!(stored(&zone, key(1), 0, (began, None), (10, 0)).0, Kept::Not);
}

#[test]
fn one_process_loads() {
    let master = zone(1 << 20);
    let [one, other] = [1, 2].map(|row| master.of_process(process(row)));
    assert!(is_cold(&one) && begin_to_load(&one) && !begin_to_load(&other));
    let began = epoch(&one);
    assert!(add(&one, key(1), 0, 4096).0.is_some());
    // It has died.
    master.settle(process(1));
    assert!(begin_to_load(&other));
    loaded(&other, began);
    assert_eq!((is_cold(&one), begin_to_load(&one)), (false, false));
    let absent = Found::Absent { stores: true, is_cold: false };
    assert_eq!(look(&one, key(2), 0, 1).found, absent);
    // A process has died with the lock: all of it is gone, and the files are still there.
    let dying = master.of_process(process(3));
    std::mem::forget(dying.lock());
    master.settle(process(3));
    assert_eq!((size(&one), is_cold(&one)), ((0, 0), true));
    loaded(&other, began);
    assert!(is_cold(&one));
}

#[test]
fn a_key_that_was_loaded_is_as_one_that_was_stored() {
    let zone = zone(1 << 20);
    let (version, _) = add(&zone, key(1), 5, 4096);
    assert_eq!(add(&zone, key(1), 6, 9999).0, version);
    let Found::Present(it) = look(&zone, key(1), 7, 1).found else { panic!() };
    assert_eq!((Some(it.version), size(&zone)), (version, (4096, 1)));
    lost(&zone, key(1), it.version);
    assert_eq!(size(&zone), (0, 1));
}
