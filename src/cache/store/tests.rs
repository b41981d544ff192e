//! A cache on a real disk: what is stored is found; what is not whole is not.

use std::fs;

use super::*;
use crate::cache::fixture::{BODY, Fixture, KEY};
use crate::cache::format::{FIXED, Unusable};

#[test]
fn what_is_stored_is_found() {
    let it = Fixture::new("found");
    assert_eq!(it.open(None), Err(Miss::NotFound));
    let version = it.put(KEY, BODY);
    assert_eq!(it.open(version).as_deref(), Ok(BODY));
    let large = vec![b'x'; 100_000];
    let next = it.put(KEY, &large);
    assert!(next > version);
    assert_eq!(it.open(next), Ok(large));
    assert_eq!(fs::read_dir(it.dir.join("temp")).unwrap().count(), 1);
    assert!(it.store().purge(Key::of(KEY)) && !it.store().purge(Key::of(KEY)));
    assert_eq!(it.open(None), Err(Miss::NotFound));
    assert_eq!(counters::value(&it.zone, Counter::Purged), 1);
}

#[test]
fn a_new_process_finds_the_files() {
    let it = Fixture::new("restart");
    it.put(KEY, BODY);
    let other = Fixture::new("restart-zone");
    let store = Store { zone: &other.zone, ..it.store() };
    let mut buf = Vec::new();
    let (entry, version) = store.open(Key::of(KEY), KEY, None, 0, &mut buf).unwrap();
    assert_eq!(entry.body, BODY);
    let Found::Present(known) = store.look(Key::of(KEY), 0, 1).0 else { panic!() };
    assert_eq!((known.version, index::size(&other.zone)), (version, (4096, 1)));
}

#[test]
fn a_file_that_was_cut_is_a_miss_and_goes() {
    let it = Fixture::new("cut");
    it.put(KEY, BODY);
    let path = it.place.file(Key::of(KEY));
    let whole = fs::read(&path).unwrap();
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        let version = index::add(&it.zone, Key::of(KEY), 0, 4096).0;
        assert_eq!(it.open(version), Err(Miss::Unusable(Unusable::Torn)), "{len}");
        assert!(!path.exists() && !it.is_known(), "{len}");
    }
    fs::write(&path, [&whole[..], b"!"].concat()).unwrap();
    assert_eq!(it.open(None), Err(Miss::Unusable(Unusable::Torn)));
    let mut other = whole.clone();
    other[8] = 9;
    fs::write(&path, &other).unwrap();
    assert_eq!(it.open(None), Err(Miss::Unusable(Unusable::OtherVersion(9))));
    fs::write(&path, &whole).unwrap();
    assert_eq!(it.open(None).as_deref(), Ok(BODY));
}

#[test]
fn another_key_of_the_same_digest_is_not_served() {
    let it = Fixture::new("digest");
    let version = it.put(b"another key", BODY);
    let path = it.place.file(Key::of(KEY));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::rename(it.place.file(Key::of(b"another key")), &path).unwrap();
    assert_eq!(it.open(version), Err(Miss::OtherKey));
    assert!(path.exists());
}

#[test]
fn times_are_replaced_in_the_file() {
    let it = Fixture::new("refresh");
    let version = it.put(KEY, BODY).unwrap();
    let (store, key) = (it.store(), Key::of(KEY));
    let mut buf = Vec::new();
    let (entry, _) = store.open(key, KEY, Some(version), 0, &mut buf).unwrap();
    let meta = Meta { valid: 99, ..entry.head.meta };
    let of = (&entry.file, &entry.head);
    let next = store.refresh(key, of, meta, (version, None)).unwrap();
    assert!(next > Some(version));
    assert_eq!(store.refresh(key, of, meta, (version, None)), Ok(None));
    let mut buf = Vec::new();
    let (now, _) = store.open(key, KEY, next, 0, &mut buf).unwrap();
    assert_eq!((now.head.meta.valid, now.body), (99, BODY));
    // It was replaced meanwhile: that file stays as it is.
    let newest = it.put(KEY, b"another").unwrap();
    assert_eq!(store.refresh(key, of, meta, (newest, None)), Ok(None));
    assert_eq!(it.open(Some(newest)).as_deref(), Ok(&b"another"[..]));
}

#[test]
fn what_cannot_be_written_is_said_and_leaves_nothing() {
    let it = Fixture::new("fails");
    fs::create_dir_all(&it.dir).unwrap();
    // A file is where the directory should be.
    fs::write(it.dir.join("cache"), b"").unwrap();
    let (store, key) = (it.store(), Key::of(KEY));
    let (temp, head) = (it.dir.join("temp"), Head { key: KEY, ..Head::default() });
    let temporary = TempPath { path: &temp, levels: &[] };
    let (_, began) = store.look(key, 0, 1);
    let Marked::Taken(ticket) = store.mark(key, 0, 100, None) else { panic!() };
    let fill = store.create(key, temporary, head.len(), 1).unwrap();
    let update = Update { began, ticket: Some(ticket) };
    let failed = store.store(key, 0, fill, head, update, 1).unwrap_err();
    assert_eq!((failed.call, failed.path), ("rename()", it.place.file(key)));
    assert_eq!(fs::read_dir(&temp).unwrap().count(), 0);
    // The mark is given back.
    assert!(matches!(store.mark(key, 0, 100, None), Marked::Taken(_)));
    // Half written, then dropped.
    drop(store.create(key, temporary, FIXED, 1).unwrap());
    assert_eq!(fs::read_dir(&temp).unwrap().count(), 0);
    let nowhere = it.dir.join("cache/temp");
    let temporary = TempPath { path: &nowhere, levels: &[] };
    assert_eq!(store.create(key, temporary, FIXED, 1).unwrap_err().call, "open()");
}

#[test]
fn a_directory_that_was_removed_is_made_again() {
    let it = Fixture::new("removed");
    let version = it.put(KEY, BODY);
    fs::remove_dir_all(it.dir.join("cache")).unwrap();
    assert_eq!(it.open(version), Err(Miss::NotFound));
    assert!(!it.is_known());
    let version = it.put(KEY, BODY);
    assert_eq!(it.open(version).as_deref(), Ok(BODY));
}

#[test]
fn files_that_are_written_beside_stay_in_the_directory() {
    let mut it = Fixture::new("beside");
    it.place.use_temp_path = false;
    let version = it.put(KEY, BODY);
    assert_eq!(it.open(version).as_deref(), Ok(BODY));
    assert!(!it.dir.join("temp").exists());
}
