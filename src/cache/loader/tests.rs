//! What the cache loader takes in, what it removes, and what it leaves alone.

use std::fs;

use super::*;
use crate::cache::fixture::{BODY, Fixture, KEY};
use crate::cache::place::Place;
use crate::shared::zone::{Declaration, Process, Zone};

/// The same files, and a zone that knows none of them.
fn restarted(it: &Fixture, name: &str) -> Fixture {
    let mut other = Fixture::new(name);
    other.place = Place::new(it.place.root.clone());
    other.place.levels = it.place.levels;
    other
}

fn load(it: &Fixture) -> Found {
    let mut loader = Loader::begin(&it.store()).unwrap();
    loop {
        match loader.step(&it.store(), || 0) {
            Step::Sleep(_) => {}
            Step::Done(found) => return found,
        }
    }
}

#[test]
fn files_from_before_are_known_again() {
    let before = Fixture::new("load-before");
    for number in 0..250u8 {
        before.put(&[number], BODY);
    }
    before.put(KEY, BODY);
    let now = restarted(&before, "load-after");
    let mut loader = Loader::begin(&now.store()).unwrap();
    assert!(Loader::begin(&now.store()).is_none());
    assert_eq!(loader.step(&now.store(), || 0), Step::Sleep(50));
    assert_eq!(index::size(&now.zone), (100 * 4096, 100));
    assert_eq!(loader.step(&now.store(), || 0), Step::Sleep(50));
    let found = Found { loaded: 251, ..Found::default() };
    assert_eq!(loader.step(&now.store(), || 0), Step::Done(found));
    assert_eq!((index::size(&now.zone).1, index::is_cold(&now.zone)), (251, false));
    assert!(now.is_known() && Loader::begin(&now.store()).is_none());
    let mut loader = restarted(&before, "load-slowly");
    loader.place.loader.threshold_ms = 0;
    let mut one = Loader::begin(&loader.store()).unwrap();
    assert_eq!(one.step(&loader.store(), || 0), Step::Sleep(50));
    assert_eq!(index::size(&loader.zone).1, 1);
}

#[test]
fn nothing_to_load_is_no_fault() {
    let it = Fixture::new("load-nothing");
    assert_eq!((load(&it), index::is_cold(&it.zone)), (Found::default(), false));
}

#[test]
fn what_is_left_over_goes_and_what_is_of_others_stays() {
    let it = Fixture::new("load-others");
    it.put(KEY, BODY);
    let file = it.place.file(Key::of(KEY));
    let directory = file.parent().unwrap();
    let in_directory = |name: &str| directory.join(name);
    let hex = "900150983cd24fb0d6963f7d28e17f72";
    let [stays, goes, written, ours_elsewhere] = [
        in_directory(hex),
        in_directory(&format!("{hex}.by_peerage.0000000001")),
        in_directory(&format!("{hex}.by_peerage.0000000002")),
        // Of other levels.
        it.place.root.join(file.file_name().unwrap()),
    ];
    fs::write(&stays, BODY).unwrap();
    fs::write(in_directory(&format!("{hex}.0000000007")), BODY).unwrap();
    fs::write(in_directory("README"), BODY).unwrap();
    fs::write(&goes, BODY).unwrap();
    fs::write(&ours_elsewhere, BODY).unwrap();
    let writer = it.disk.create(&written).unwrap();
    // Not a level: it is not looked into.
    let beyond = it.place.root.join("beyond");
    fs::create_dir_all(&beyond).unwrap();
    fs::write(beyond.join(file.file_name().unwrap()), BODY).unwrap();
    // Too short for a head.
    let torn = it.place.file(Key::of(b"torn"));
    fs::create_dir_all(torn.parent().unwrap()).unwrap();
    fs::write(&torn, [0; 100]).unwrap();
    let again = restarted(&it, "load-others-again");
    assert_eq!(load(&again), Found { loaded: 1, removed: 3, foreign: 2 });
    for path in [&stays, &file, &written, &in_directory("README")] {
        assert!(path.exists(), "{path:?}");
    }
    assert!(beyond.join(file.file_name().unwrap()).exists());
    assert!(!goes.exists() && !ours_elsewhere.exists() && !torn.exists());
    drop(writer);
    assert_eq!(load(&restarted(&it, "load-others-last")).removed, 1);
}

#[test]
fn more_files_than_records_are_removed() {
    let before = Fixture::new("load-many");
    for number in 0..1000u32 {
        before.put(&number.to_le_bytes(), b"");
    }
    let mut small = restarted(&before, "load-small");
    small.zone = {
        let declared = (*small.zone.declared).clone();
        let declared = Declaration { size: 32 << 10, ..declared };
        Zone::open(declared, [1, 2], Process { pid: 1 << 40, row: 0 }).unwrap()
    };
    load(&small);
    let (bytes, records) = index::size(&small.zone);
    let files = |directory: &Path| fs::read_dir(directory).unwrap().flatten().collect::<Vec<_>>();
    let count: usize = files(&small.place.root)
        .iter()
        .flat_map(|one| files(&one.path()))
        .map(|two| files(&two.path()).len())
        .sum();
    assert!((100..1000).contains(&records), "{records}");
    assert_eq!((count as u64, bytes), (records, records * 4096));
}
