//! Access logs whose path a variable decided, and `open_log_file_cache`.
//!
//! Without the directive a file is closed after the turn in which it was written to.

use std::collections::HashMap;

use slab::Slab;

use super::out::{Faults, Out, path_of};
use crate::conf::value::Msec;
use crate::http::settings::log::FileCache;
use crate::os::Errno;
use crate::os::logfile::LogFile;

#[derive(Debug, Default)]
pub(super) struct Named {
    entries: Slab<Entry>,
    by_path: HashMap<Box<[u8]>, usize>,
    /// When it was last looked for what is not used any more.
    swept: Msec,
}

#[derive(Debug)]
struct Entry {
    path: Box<[u8]>,
    /// `None`: used too seldom to stay open.
    out: Option<Out>,
    /// Of the location that used it last.
    cache: Option<FileCache>,
    uses: u32,
    used: Msec,
    checked: Msec,
}

/// Files without the directive that a turn has open at most.
const AT_ONCE: usize = 16;
const SWEEP_MS: Msec = 1000;

impl Named {
    /// The file of that path, opened if it is not open: its slot.
    pub fn find(
        &mut self,
        path: &[u8],
        cache: Option<FileCache>,
        now: Msec,
        faults: &mut Faults,
    ) -> Result<usize, Errno> {
        self.sweep(now, faults);
        let Some(&slot) = self.by_path.get(path) else {
            let out = Out::file(LogFile::open(path_of(path))?);
            self.make_room(cache, faults);
            let path: Box<[u8]> = path.into();
            let entry = Entry {
                path: path.clone(),
                out: Some(out),
                cache,
                uses: 1,
                used: now,
                checked: now,
            };
            let slot = self.entries.insert(entry);
            self.by_path.insert(path, slot);
            return Ok(slot);
        };
        let entry = &mut self.entries[slot];
        entry.used = now;
        entry.uses = entry.uses.saturating_add(1);
        entry.cache = cache;
        let stale = cache.is_some_and(|cache| now - entry.checked >= cache.valid);
        if entry.out.is_none() || stale {
            if let Some(out) = &mut entry.out {
                out.write_out(faults);
            }
            match LogFile::open(path_of(path)) {
                // Its place among the dirty ones goes to the new one.
                Ok(file) => {
                    let mut out = Out::file(file);
                    out.dirty = entry.out.as_ref().is_some_and(|out| out.dirty);
                    entry.out = Some(out);
                    entry.checked = now;
                }
                Err(e) => {
                    self.remove(slot, faults);
                    return Err(e);
                }
            }
        }
        Ok(slot)
    }

    pub fn get(&mut self, slot: usize) -> Option<&mut Out> {
        self.entries.get_mut(slot)?.out.as_mut()
    }

    /// What was gathered for it has been written: it is closed, if nothing says that it stays open.
    pub fn turn_ended(&mut self, slot: usize) {
        let Some(entry) = self.entries.get_mut(slot) else { return };
        match entry.cache {
            None => self.remove(slot, &mut Faults::default()),
            Some(cache) if entry.uses < cache.min_uses => entry.out = None,
            Some(_) => {}
        }
    }

    /// How many are known, and how many are open.
    #[cfg(test)]
    pub fn len(&self) -> (usize, usize) {
        let open = self.entries.iter().filter(|(_, entry)| entry.out.is_some()).count();
        (self.entries.len(), open)
    }

    fn sweep(&mut self, now: Msec, faults: &mut Faults) {
        if now - self.swept < SWEEP_MS {
            return;
        }
        self.swept = now;
        let unused =
            |entry: &Entry| entry.cache.is_some_and(|cache| now - entry.used > cache.inactive);
        let old: Vec<usize> =
            self.entries.iter().filter(|(_, entry)| unused(entry)).map(|(slot, _)| slot).collect();
        old.into_iter().for_each(|slot| self.remove(slot, faults));
    }

    /// The one that was not used for longest goes, if there are as many as there may be.
    fn make_room(&mut self, cache: Option<FileCache>, faults: &mut Faults) {
        let same = |entry: &(usize, &Entry)| entry.1.cache == cache;
        let most = cache.map_or(AT_ONCE, |cache| cache.max);
        if self.entries.iter().filter(same).count() < most {
            return;
        }
        let oldest = self.entries.iter().filter(same).min_by_key(|(_, entry)| entry.used);
        if let Some((slot, _)) = oldest {
            self.remove(slot, faults);
        }
    }

    fn remove(&mut self, slot: usize, faults: &mut Faults) {
        let Some(mut entry) = self.entries.try_remove(slot) else { return };
        self.by_path.remove(&entry.path);
        if let Some(out) = &mut entry.out {
            out.write_out(faults);
        }
    }
}
