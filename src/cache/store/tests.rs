//! A cache on a real disk: what is stored is found; what is not whole is not.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::*;
use crate::cache::format::{FIXED, Unusable};
use crate::shared::zone::{Declaration, Kind, Process};

/// A cache in a directory of its own, which goes with it.
struct Fixture {
    place: Place,
    zone: Zone,
    disk: Disk,
    dir: PathBuf,
}

const KEY: &[u8] = b"http://localhost/a";
const BODY: &[u8] = b"hello world";

impl Fixture {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("peerage-store-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let mut place = Place::new(dir.join("cache"));
        place.levels = [1, 2, 0];
        let declared = Declaration {
            name: name.into(),
            kind: Kind::Cache,
            size: 1 << 20,
            key: place.described(),
        };
        let zone = Zone::open(declared, [1, 2], Process { pid: 1 << 40, row: 0 }).unwrap();
        Self { place, zone, disk: Disk::Os, dir }
    }

    fn store(&self) -> Store<'_> {
        Store { place: &self.place, zone: &self.zone, disk: &self.disk }
    }

    fn put(&self, key: &[u8], body: &[u8]) -> Option<u64> {
        let (store, name) = (self.store(), Key::of(key));
        let (_, began) = store.look(name, 0, 1);
        let head = Head { key, response: b"HTTP/1.1 200 OK\r\n\r\n", ..Head::default() };
        let temp = self.dir.join("temp");
        let temporary = TempPath { path: &temp, levels: &[1] };
        let mut fill = store.create(name, temporary, head.len(), 7).unwrap();
        for part in body.chunks(4) {
            fill.write(part).unwrap();
        }
        store.store(name, 0, fill, head, Update { began, ticket: None }, 8).unwrap()
    }

    fn open(&self, version: Option<u64>) -> Result<Vec<u8>, Miss> {
        let mut buf = vec![0; 5];
        let (entry, _) = self.store().open(Key::of(KEY), KEY, version, 0, &mut buf)?;
        let mut body = vec![0; entry.head.meta.body as usize];
        entry.file.read_exact_at(&mut body, entry.start).unwrap();
        assert!(body.starts_with(entry.body));
        Ok(body)
    }

    fn is_known(&self) -> bool {
        matches!(self.store().look(Key::of(KEY), 0, 1).0, Found::Present(_))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

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
