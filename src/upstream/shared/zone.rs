//! `zone`: the state of a group's peers, one for all workers, in shared memory.
//!
//! A worker takes over what the memory says of a peer before it decides anything about it, and afterwards adds
//! what it has changed. There are no locks: two workers that decide at the same moment may pick the same
//! peer, as they would if each were alone, but nothing that either has counted is lost. What a worker holds of
//! connections is also in a ledger of its own, so that they can be given back in its place when it dies.
//! What must not be late is signalled by a wake ([`Wakers`]), and only to a worker with waiting requests.
//!
//! A peer of the file has the place of its number; for those that come with the answers of a resolver see
//! `places`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{Ordering::Relaxed, Ordering::SeqCst};

use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::shm::{AtomicU64, Shared};

use layout::{
    ACCESSED, CHECKED, CONNS, CURRENT, FAILS, HEAD, HELD, KEY, LEDGER, LOST, Layout, RECOVERED,
    WIDTH,
};

use super::gauge::{add, count};
use super::wakers::Wakers;
use crate::upstream::balance::method::Method;
use crate::upstream::conf;
use crate::upstream::peers::{NOWHERE, Peer};
use crate::upstream::resolve::Found;
use answers::Answers;

mod answers;
#[cfg(feature = "sim")]
pub mod audit;
pub mod changes;
pub mod checks;
mod layout;
pub mod line;
mod places;
pub mod room;
pub mod settle;
pub mod turns;

/// The shared state of a group, and which of the workers this process is.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Of a configuration and the next one, those of one name are the same group's.
    pub name: Arc<str>,
    memory: Arc<Shared>,
    layout: Layout,
    pub wakers: Wakers,
    pub worker: usize,
    /// What names came to, if there are lines with `resolve`.
    answers: Option<Answers>,
}

/// What a peer was taken to be: the rest is what this worker has made of it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    conns: u32,
    fails: u32,
    unreached: u32,
    effective: i64,
    current: i64,
}

impl Seen {
    pub fn of(peer: &Peer) -> Self {
        Self {
            conns: peer.conns,
            fails: peer.fails,
            // Of no failures none.
            unreached: if peer.fails > 0 { peer.health.unreached } else { 0 },
            effective: peer.effective_weight,
            current: peer.current_weight,
        }
    }
}

/// Addresses of a line with `resolve` that there is room for, at the least, and what a size is divided by.
const OF_A_NAME: usize = 64;
const A_PLACE: usize = 1024;
/// More are not addressed, however large the zone is said to be.
const MOST: usize = 1 << 20;

impl Zone {
    /// The state of a group that has a `zone`, for this number of workers.
    pub fn of_group(
        group: &conf::Group,
        workers: usize,
        wakers: &Wakers,
    ) -> Result<Option<Self>, Errno> {
        let Some(zone) = &group.options.zone else { return Ok(None) };
        let fixed: Vec<(u16, u64)> = (0..)
            .zip(&group.servers)
            .flat_map(|(line, server)| server.addrs.iter().map(move |addr| (line, name_of(addr))))
            .collect();
        let names = group.servers.iter().filter(|line| line.resolve.is_some()).count();
        let room =
            if names > 0 { (names * OF_A_NAME).max(zone.size / A_PLACE).min(MOST) } else { 0 };
        let made = Self::new(&zone.name, &fixed, room, group, workers)?;
        let answers = Answers::new(&group.servers, room)?;
        Ok(Some(Self { wakers: wakers.clone(), answers, ..made }))
    }

    fn new(
        name: &str,
        fixed: &[(u16, u64)],
        room: usize,
        group: &conf::Group,
        workers: usize,
    ) -> Result<Self, Errno> {
        let dense = group.method == Method::LeastConn;
        let layout = Layout {
            fixed: fixed.len(),
            places: fixed.len() + room,
            checks: group.checks.len(),
            workers,
            dense,
            told: dense && Layout::may_tell(fixed.len() + room),
        };
        let memory = Arc::new(Shared::new(layout.ledger(workers, 0))?);
        let wakers = Wakers::new(workers, 0)?;
        let zone = Self { name: name.into(), memory, layout, wakers, worker: 0, answers: None };
        for (place, (line, name)) in fixed.iter().enumerate() {
            zone.state(place)[KEY].store(key_of(*line, *name), Relaxed);
            zone.name_of(place).store(*name, Relaxed);
        }
        Ok(zone)
    }

    /// The same state for the process that keeps that ledger.
    pub fn of_worker(&self, worker: usize) -> Self {
        self.wakers.join(worker);
        Self { worker, ..self.clone() }
    }

    /// The peer becomes what all workers know of it.
    pub fn pull(&self, peer: &mut Peer) {
        if peer.place == NOWHERE {
            return;
        }
        let state = self.state(peer.place as usize);
        let word = |field: usize| state[field].load(Relaxed);
        peer.conns = self.conns(peer.place);
        peer.fails = count(&state[FAILS]);
        peer.effective_weight = (peer.weight - word(LOST) as i64).clamp(0, peer.weight);
        peer.current_weight = word(CURRENT) as i64;
        peer.accessed = word(ACCESSED);
        peer.checked = word(CHECKED);
        peer.recovered = Some(word(RECOVERED)).filter(|&at| at != 0);
        if self.layout.checks > 0 {
            self.pull_health(peer);
        }
    }

    /// A try begins at the peer. False: it is full, by what others have begun since it was looked at.
    pub fn begin(&self, peer: &mut Peer, now: u64) -> bool {
        let most = peer.most_conns();
        if most == 0 || peer.place == NOWHERE {
            let seen = Seen::of(peer);
            peer.picked(now);
            self.push(peer, seen);
            return true;
        }
        // Of all workers that see the last place only one gets it.
        let word = self.conns_word(peer.place as usize);
        let room = |conns: u64| ((conns as i64) < i64::from(most)).then_some(conns.wrapping_add(1));
        let taken = self.together(|| {
            let taken = word.fetch_update(SeqCst, SeqCst, room);
            if taken.is_ok() {
                self.note(peer.place as usize, HELD, 1);
            }
            taken
        });
        peer.conns = (taken.unwrap_or_else(|conns| conns) as i64).max(0) as u32;
        if taken.is_err() {
            return false;
        }
        self.tell(peer.place as usize);
        peer.picked(now);
        self.push(peer, Seen::of(peer));
        true
    }

    /// All workers hear what has changed since it was seen so.
    pub fn push(&self, peer: &Peer, seen: Seen) {
        if peer.place == NOWHERE {
            return;
        }
        let state = self.state(peer.place as usize);
        let conns = i64::from(peer.conns) - i64::from(seen.conns);
        if conns != 0 {
            self.together(|| {
                add(self.conns_word(peer.place as usize), conns);
                self.note(peer.place as usize, HELD, conns);
            });
            self.tell(peer.place as usize);
        }
        match peer.fails {
            // That may free a place: see `line`.
            0 if seen.fails > 0 => state[FAILS].store(0, SeqCst),
            fails => add(&state[FAILS], i64::from(fails) - i64::from(seen.fails)),
        }
        if peer.fails > 0 || seen.fails > 0 {
            self.push_unreached(peer, seen.unreached);
        }
        add(&state[LOST], seen.effective - peer.effective_weight);
        add(&state[CURRENT], peer.current_weight - seen.current);
        for (field, time) in [
            (ACCESSED, peer.accessed),
            (CHECKED, peer.checked),
            (RECOVERED, peer.recovered.unwrap_or(0)),
        ] {
            if state[field].load(Relaxed) < time {
                state[field].fetch_max(time, Relaxed);
            }
        }
    }

    /// The peer's current weight is what all workers go on with.
    pub fn tell_current(&self, peer: &Peer) {
        if peer.place != NOWHERE {
            self.state(peer.place as usize)[CURRENT].store(peer.current_weight as u64, Relaxed);
        }
    }

    /// A name server has said that the line comes to these.
    pub fn tell_answer(&self, line: u16, found: &[Found]) {
        self.answers.iter().for_each(|answers| answers.tell(self.worker, line, found));
    }

    /// What the line came to last, in any worker of this configuration or the one before. `None`: it is not known.
    pub fn last_answer(&self, line: u16) -> Option<Vec<Found>> {
        self.answers.as_ref()?.last(line)
    }

    /// The answers that a former configuration had for the same names.
    pub fn remember_answers(&self, former: &Self) {
        if let (Some(own), Some(former)) = (&self.answers, &former.answers) {
            own.remember(self.worker, former);
        }
    }

    fn words(&self, at: usize, len: usize) -> &[AtomicU64] {
        &self.memory[at..at + len]
    }

    fn state(&self, place: usize) -> &[AtomicU64] {
        self.words(HEAD + place * WIDTH, WIDTH)
    }

    /// Tries under way at the peer in that place.
    pub fn conns(&self, place: u32) -> u32 {
        count(self.conns_word(place as usize))
    }

    /// The same of all places, in a group where they are compared at each pick.
    pub fn all_conns(&self) -> &[AtomicU64] {
        self.words(self.layout.dense(), self.layout.places)
    }

    fn conns_word(&self, place: usize) -> &AtomicU64 {
        match self.layout.dense {
            true => &self.memory[self.layout.dense() + place],
            false => &self.state(place)[CONNS],
        }
    }

    /// How many workers have a peer in that place.
    fn users(&self, place: usize) -> &AtomicU64 {
        &self.memory[self.layout.users() + place]
    }

    /// Its address, in short.
    fn name_of(&self, place: usize) -> &AtomicU64 {
        &self.memory[self.layout.users() + self.layout.places + place]
    }

    /// Of each check a word of each kind (see `checks`), and one for all checks.
    fn marks(&self, place: usize) -> &[AtomicU64] {
        let width = self.layout.of_checks();
        self.words(self.layout.marks() + place * width, width)
    }

    fn ledger(&self, worker: usize, place: usize) -> &[AtomicU64] {
        self.words(self.layout.ledger(worker, place), LEDGER)
    }
}

fn name_of(addr: &Addr) -> u64 {
    let mut hasher = DefaultHasher::new();
    addr.hash(&mut hasher);
    hasher.finish().max(1)
}

/// Two lines of a group have their places apart even where they come to the same address.
fn key_of(line: u16, name: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (line, name).hash(&mut hasher);
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests;
