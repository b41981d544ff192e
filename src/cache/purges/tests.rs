//! Wildcard purges: what they hold for, and for how long.

use super::*;
use crate::cache::fixture::{BODY, Fixture};
use crate::cache::key::Key;
use crate::cache::manager;
use crate::cache::place::Batch;
use crate::cache::purger::Purger;
use crate::cache::{entry::Miss, index};

fn open(it: &Fixture, key: &[u8], version: Option<u64>) -> Result<Vec<u8>, Miss> {
    let mut buf = Vec::new();
    let opened = it.store().open(Key::of(key), key, version, 0, &mut buf);
    opened.map(|(entry, _)| entry.body.to_vec())
}

#[test]
fn files_of_a_prefix_are_not_used() {
    let it = Fixture::new("prefix");
    let [one, two, other] = [b"/a/1", b"/a/2", b"/b/1"].map(|key| it.put_at(key, BODY, 100));
    assert!(it.store().purge_prefix(b"/a/", 0, 100));
    assert_eq!(open(&it, b"/a/1", one), Err(Miss::NotFound));
    assert!(!it.place.file(Key::of(b"/a/1")).exists());
    assert_eq!(open(&it, b"/b/1", other).as_deref(), Ok(BODY));
    // Its record does not tell: it was loaded later.
    assert_eq!(open(&it, b"/a/2", None), Err(Miss::NotFound));
    assert_eq!(open(&it, b"/a/2", two), Err(Miss::NotFound));
    // What was asked for later is used.
    let newer = it.put_at(b"/a/1", b"newer", 101);
    assert_eq!(open(&it, b"/a/1", newer).as_deref(), Ok(&b"newer"[..]));
    // A clock that went back does not hide a purge.
    it.put_at(b"/a/3", BODY, 500);
    let version = it.put_at(b"/a/3", BODY, 500);
    assert!(it.store().purge_prefix(b"/a/", 0, 50));
    assert_eq!(open(&it, b"/a/3", version), Err(Miss::NotFound));
}

#[test]
fn what_is_on_its_way_is_not_stored() {
    let it = Fixture::new("prefix-way");
    let began = it.store().look(Key::of(b"/a/1"), 0, 1).1;
    assert!(!came_after(&it.zone, b"/a/1", began));
    assert!(it.store().purge_prefix(b"/a/", 0, 100));
    assert!(came_after(&it.zone, b"/a/1", began) && !came_after(&it.zone, b"/b/1", began));
    // The purge is forgotten meanwhile.
    done(&it.zone, index::moment(&it.zone));
    let stored = |began| index::stored(&it.zone, Key::of(b"/a/1"), 0, (began, None), (1, 0)).0;
    assert_eq!(stored(began), index::Kept::Not);
    let began = it.store().look(Key::of(b"/a/1"), 0, 1).1;
    assert!(matches!(stored(began), index::Kept::As(_)));
}

#[test]
fn many_purges_are_joined() {
    let it = Fixture::new("prefix-many");
    for number in 0..100u8 {
        let prefix = [b"/common/".as_slice(), &[b'a' + number / 10, number]].concat();
        assert!(it.store().purge_prefix(&prefix, 0, 100));
    }
    let index = Index::lock(&it.zone).unwrap();
    assert_eq!(index.slots().count(), SLOTS as usize);
    assert!(index.slots().all(|(_, it)| it.prefix.starts_with(b"/common/")));
    drop(index);
    for number in 0..100u8 {
        let key = [b"/common/".as_slice(), &[b'a' + number / 10, number], b"/x"].concat();
        assert!(is_purged(&it.zone, &key, None, 99), "{number}");
    }
    assert!(!is_purged(&it.zone, b"/other", None, 99));
    // One that covers them takes the place of all.
    assert!(it.store().purge_prefix(b"/", 0, 100));
    assert_eq!(Index::lock(&it.zone).unwrap().slots().count(), 1);
    // More than that is not compared.
    assert!(it.store().purge_prefix(&vec![b'x'; 70_000], 0, 100));
    let [long, short] =
        [LONGEST, LONGEST - 1].map(|n| is_purged(&it.zone, &vec![b'x'; n], None, 99));
    assert!(long && !short);
    assert!(it.store().purge_prefix(b"", 0, 100) && is_purged(&it.zone, b"/other", None, 99));
}

#[test]
fn a_full_zone_has_room_for_purges() {
    let it = Fixture::new("prefix-full");
    let known = || index::size(&it.zone).1;
    for number in 0u64.. {
        let before = known();
        it.store().look(Key::of(&number.to_le_bytes()), 0, 1);
        if known() == before {
            break;
        }
    }
    assert!(it.store().purge_prefix(b"/a/", 0, 100));
    for length in [10, 60, 900] {
        let prefix = [b"/a/".as_slice(), &vec![b'a'; length]].concat();
        assert!(it.store().purge_prefix(&prefix, 0, 100), "{length}");
        assert!(is_purged(&it.zone, &[&prefix, b"x".as_slice()].concat(), None, 99), "{length}");
    }
    assert!(is_purged(&it.zone, b"/a/b", None, 99) && !is_purged(&it.zone, b"/b", None, 99));
}

#[test]
fn the_purger_removes_the_files() {
    let it = Fixture::new("purger");
    assert!(Purger::begin(&it.store()).is_none());
    for number in 0..30u8 {
        it.put_at(&[b'a', number], BODY, 100);
        it.put_at(&[b'b', number], BODY, 100);
    }
    it.store().purge_prefix(b"a", 0, 100);
    let mut purger = Purger::begin(&it.store()).unwrap();
    assert_eq!(purger.step(&it.store(), Batch::PURGER, || 0), Some(50));
    // A purge that comes meanwhile is for the next walk.
    it.store().purge_prefix(b"b", 0, 50);
    while purger.step(&it.store(), Batch::PURGER, || 0).is_some() {}
    assert_eq!(index::size(&it.zone).0, 30 * 4096);
    assert!(is_any(&it.zone) && !is_purged(&it.zone, b"a", None, 1));
    let mut purger = Purger::begin(&it.store()).unwrap();
    while purger.step(&it.store(), Batch::PURGER, || 0).is_some() {}
    assert!(!is_any(&it.zone));
    assert!(it.place.file(Key::of(b"b\0")).exists() && !it.place.file(Key::of(b"a\0")).exists());
}

#[test]
fn without_a_purger_they_are_noted_until_files_are_inactive() {
    let mut it = Fixture::new("prefix-time");
    it.place.inactive_ms = 1000;
    it.put_at(b"/a/1", BODY, 100);
    it.store().purge_prefix(b"/a/", 500, 100);
    manager::step(&it.store(), || 1499 + MARGIN_MS);
    assert!(is_any(&it.zone));
    let epoch = index::epoch(&it.zone);
    manager::step(&it.store(), || 1500 + MARGIN_MS);
    assert!(is_any(&it.zone), "the zone is cold");
    index::loaded(&it.zone, epoch);
    manager::step(&it.store(), || 1500 + MARGIN_MS);
    assert!(!is_any(&it.zone));
    assert_eq!(index::size(&it.zone), (0, 0));
}

#[test]
fn noted_purges_keep_no_entry_from_going() {
    let it = Fixture::new("prefix-order");
    let note = || (0..25u8).for_each(|slot| assert!(add(&it.zone, &[slot], 0, 1 << 50).0));
    let key = |text: &[u8]| Key::of(text);
    note();
    index::look(&it.zone, key(b"1"), 0, 1);
    index::look(&it.zone, key(b"2"), 10, 1);
    let gone = index::Inactive::Removed(key(b"1"), false);
    assert_eq!(index::expire(&it.zone, 100, 100), gone);
    assert_eq!(index::expire(&it.zone, 100, 100), index::Inactive::Later(10));
    note();
    index::look(&it.zone, key(b"2"), 10, 1);
    assert_eq!(index::evict(&it.zone), Some((key(b"2"), false)));
    assert_eq!(index::evict(&it.zone), None);
    assert_eq!(index::expire(&it.zone, 100, 100), index::Inactive::None);
    assert!(is_purged(&it.zone, &[24], None, 0));
}
