//! For the tests of this folder: a cache on a real disk.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::entry::Miss;
use super::fill::TempPath;
use super::format::{Head, Meta};
use super::index::Found;
use super::key::Key;
use super::place::Place;
use super::store::{Store, Update};
use crate::os::disk::Disk;
use crate::shared::zone::{Declaration, Kind, Process, Zone};

/// A cache in a directory of its own, which goes with it.
pub struct Fixture {
    pub place: Place,
    pub zone: Zone,
    pub disk: Disk,
    pub dir: PathBuf,
}

pub const KEY: &[u8] = b"http://localhost/a";
pub const BODY: &[u8] = b"hello world";

impl Fixture {
    pub fn new(name: &str) -> Self {
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

    pub fn store(&self) -> Store<'_> {
        Store { place: &self.place, zone: &self.zone, disk: &self.disk }
    }

    pub fn put(&self, key: &[u8], body: &[u8]) -> Option<u64> {
        self.put_at(key, body, 0)
    }

    /// What was asked for at `requested_ms`.
    pub fn put_at(&self, key: &[u8], body: &[u8], requested_ms: u64) -> Option<u64> {
        let (store, name) = (self.store(), Key::of(key));
        let (_, began) = store.look(name, 0, 1);
        let meta = Meta { requested_ms, ..Meta::default() };
        let head = Head { meta, key, response: b"HTTP/1.1 200 OK\r\n\r\n", ..Head::default() };
        let temp = self.dir.join("temp");
        let temporary = TempPath { path: &temp, levels: &[1] };
        let mut fill = store.create(name, temporary, head.len(), 7).unwrap();
        for part in body.chunks(4) {
            fill.write(part).unwrap();
        }
        store.store(name, 0, fill, head, Update { began, ticket: None }, 8).unwrap()
    }

    pub fn open(&self, version: Option<u64>) -> Result<Vec<u8>, Miss> {
        let mut buf = vec![0; 5];
        let (entry, _) = self.store().open(Key::of(KEY), KEY, version, 0, &mut buf)?;
        let mut body = vec![0; entry.head.meta.body as usize];
        entry.file.read_exact_at(&mut body, entry.start).unwrap();
        assert!(body.starts_with(entry.body));
        Ok(body)
    }

    pub fn is_known(&self) -> bool {
        matches!(self.store().look(Key::of(KEY), 0, 1).0, Found::Present(_))
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
