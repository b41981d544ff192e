//! The cache manager and the cache loader: processes of the master that serve no clients.
//!
//! As nginx's, the manager removes what is not used and what is too much, for as long as there are workers; the loader
//! finds the files that are there from before, and ends.

use std::os::fd::OwnedFd;

use super::children::Role;
use super::cycle::Cycle;
use super::signals::{Action, Part, words};
use super::start::Program;
use super::worker::{self, Birth};
use crate::cache::index;
use crate::cache::loader::{Found, Loader, Step};
use crate::cache::manager;
use crate::cache::place::{Batch, Cache};
use crate::cache::purger::Purger;
use crate::cache::store::Store;
use crate::logs::error::ErrorLogs;
use crate::os::channel;
use crate::os::clock::Clock;
use crate::os::disk::Disk;
use crate::os::net::Io;
use crate::shared::zone::{Process, Zone};
use crate::shared::zones::Zones;

/// From the manager to the master: a zone was emptied, and there may be files that it has no records of.
pub(super) const LOAD: u8 = b'l';

/// How long the loader leaves the disk to the workers after the start. nginx's begins after a minute.
const LOADER_DELAY_MS: u64 = 1000;

/// How often it is looked for wildcard purges.
const PURGER_REST_MS: u64 = 1000;

/// The longest sleep of the manager.
const LONGEST_MS: u64 = 3_600_000;

/// What one of these processes lives with.
struct Life {
    zones: Zones,
    disk: Disk,
    clock: Clock,
    caught: OwnedFd,
    /// To the master.
    channel: OwnedFd,
    logs: ErrorLogs,
}

/// Whether some zone of a cache has not seen all files yet.
pub(super) fn are_cold(cycle: &Cycle) -> bool {
    let http = &cycle.conf.http;
    let index = |number| http.zone_of_cache(number);
    let zones = (0..http.caches.len()).filter_map(index).filter_map(|it| cycle.zones.get(it));
    zones.into_iter().any(index::is_cold)
}

/// In a process that was just forked: works until it is done, or until a signal or the master ends it.
pub(super) fn run(mut cycle: Cycle, birth: Birth, program: &Program) {
    program.title.set(format!("peerage: {}", birth.role.name()).as_bytes());
    // Neither listening sockets nor access logs are used here.
    cycle.listening.clear();
    drop(std::mem::take(&mut cycle.logs));
    let Ok(caught) = worker::begin_child(&cycle) else { std::process::exit(worker::FATAL) };
    let life = Life {
        zones: cycle.zones.of_process(Process::own(birth.row)),
        disk: Disk::default(),
        clock: birth.clock,
        caught,
        channel: birth.channel,
        logs: program.logs,
    };
    let http = &cycle.conf.http;
    let with_zone = |(number, cache)| {
        let zone = http.zone_of_cache(number).and_then(|index| life.zones.get(index));
        zone.map(|zone: &Zone| (cache, zone))
    };
    let caches: Vec<_> = http.caches.iter().enumerate().filter_map(with_zone).collect();
    let ended = match birth.role {
        Role::CacheLoader => life.load(&caches),
        Role::CacheManager | Role::Worker(_) => life.manage(&caches),
    };
    if ended == End::Asked {
        crate::notice!("exiting");
    }
}

/// What the manager does next in one cache.
#[derive(Default)]
struct Managed {
    /// When it is to be looked for what is too much.
    due: u64,
    /// When it is to be looked for what was purged; 0 without a purger.
    purge_due: u64,
    purger: Option<Purger>,
}

impl Managed {
    /// One turn of the purger. In how many ms the next one is due.
    fn purge(&mut self, store: &Store<'_>, batch: Batch, now: impl Fn() -> u64) -> u64 {
        if self.purger.is_none() {
            self.purger = Purger::begin(store);
        }
        match self.purger.as_mut().and_then(|it| it.step(store, batch, now)) {
            Some(ms) => ms,
            None => {
                self.purger = None;
                PURGER_REST_MS
            }
        }
    }

    fn next(&self) -> u64 {
        if self.purge_due == 0 { self.due } else { self.due.min(self.purge_due) }
    }
}

/// Why such a process ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Done,
    Asked,
}

impl Life {
    fn manage(&self, caches: &[(&Cache, &Zone)]) -> End {
        let mut all: Vec<_> = caches.iter().map(|_| Managed::default()).collect();
        loop {
            let mut next = LONGEST_MS;
            for ((cache, zone), it) in caches.iter().zip(&mut all) {
                let store = self.store(cache, zone);
                let now = self.now();
                if it.due <= now {
                    it.due = now + manager::step(&store, || self.now());
                    if index::needs_loader(zone) {
                        let _ = channel::send(&self.channel, LOAD);
                    }
                }
                if let Some(batch) = cache.place.purger.filter(|_| it.purge_due <= now) {
                    it.purge_due = self.now() + it.purge(&store, batch, || self.now());
                }
                next = next.min(it.next().saturating_sub(self.now()));
            }
            if self.is_told_to_end(next) {
                return End::Asked;
            }
        }
    }

    fn load(&self, caches: &[(&Cache, &Zone)]) -> End {
        if self.is_told_to_end_within(LOADER_DELAY_MS) {
            return End::Asked;
        }
        for (cache, zone) in caches {
            let store = self.store(cache, zone);
            let Some(mut loader) = Loader::begin(&store) else { continue };
            loop {
                match loader.step(&store, || self.now()) {
                    Step::Sleep(ms) if self.is_told_to_end_within(ms) => return End::Asked,
                    Step::Sleep(_) => {}
                    Step::Done(found) => break say(&store, found),
                }
            }
        }
        End::Done
    }

    fn store<'a>(&'a self, cache: &'a Cache, zone: &'a Zone) -> Store<'a> {
        Store { place: &cache.place, zone, disk: &self.disk }
    }

    fn now(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    /// Sleeps for that time, but for signals.
    fn is_told_to_end_within(&self, ms: u64) -> bool {
        let until = self.now() + ms;
        loop {
            let left = until.saturating_sub(self.now());
            if self.is_told_to_end(left) {
                return true;
            }
            if left == 0 {
                return false;
            }
        }
    }

    /// Sleeps for that time at most, and obeys signals and the master.
    fn is_told_to_end(&self, ms: u64) -> bool {
        channel::wait([&self.caught, &self.channel].into_iter(), Some(ms));
        let mut ends = false;
        for (it, action) in worker::receive(&self.caught, Part::Worker) {
            crate::notice!("{}", words(it, action));
            match action {
                Action::Exit | Action::Quit => ends = true,
                Action::Reopen => {
                    crate::notice!("reopening logs");
                    self.logs.reopen();
                }
                _ => {}
            }
        }
        ends || match channel::receive(&self.channel) {
            Io::Done(byte) => byte == worker::RETIRE || byte == worker::QUIT,
            Io::Again => false,
            Io::Eof | Io::Fail(_) => {
                log::error!("the master process is gone");
                true
            }
        }
    }
}

/// In nginx's words; and once what the directory has of nginx.
fn say(store: &Store<'_>, found: Found) {
    let root = store.place.root.display();
    let megabytes = index::size(store.zone).0 as f64 / f64::from(1 << 20);
    crate::notice!("http file cache: {root} {megabytes:.3}M, bsize: 4096");
    if found.foreign > 0 {
        log::warn!(
            "{} files of nginx's cache in \"{root}\" are neither used nor counted: find {root} \
             -type f -regextype egrep -regex '.*/[0-9a-f]{{32}}' -delete removes them",
            found.foreign
        );
    }
}
