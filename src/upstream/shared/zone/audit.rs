//! What the memory of a zone says, read out whole: for the simulation, which compares it with what is so.

use std::sync::atomic::Ordering::Relaxed;

use super::layout::{KEY, LEDGER};
use super::{Zone, line};
use crate::os::shm::AtomicU64;

/// The numbers as they are, also those that should never be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Places from here on are those of peers that names come to.
    pub fixed: usize,
    /// Of each place: tries under way, and workers that have a peer there.
    pub conns: Vec<i64>,
    pub users: Vec<i64>,
    /// Of each place of a peer with `max_conns`: connections that exist, and tries that wait for room.
    pub open: Vec<i64>,
    pub wanting: Vec<i64>,
    /// The rows of workers in which a request waits.
    pub waiting: Vec<usize>,
    /// Those of workers with a pending wake.
    pub told: Vec<usize>,
}

impl Zone {
    /// Places from here on have never been anybody's.
    pub fn known(&self) -> usize {
        let is_free = |place: &usize| self.state(*place)[KEY].load(Relaxed) == 0;
        (self.layout.fixed..self.layout.places).find(is_free).unwrap_or(self.layout.places)
    }

    pub fn places(&self) -> usize {
        self.layout.places
    }

    /// Of this number of places.
    pub fn audit(&self, places: usize) -> Audit {
        let read = |it: &AtomicU64| it.load(Relaxed) as i64;
        let places = || 0..places;
        let rows = || 0..self.wakers.rows();
        let waits = |row: &usize| self.seat(*row)[line::SINCE].load(Relaxed) != 0;
        Audit {
            fixed: self.layout.fixed,
            conns: places().map(|place| read(self.conns_word(place))).collect(),
            users: places().map(|place| read(self.users(place))).collect(),
            open: places().map(|place| read(&self.room(place)[0])).collect(),
            wanting: places().map(|place| read(&self.room(place)[1])).collect(),
            waiting: rows().filter(waits).collect(),
            told: rows().filter(|&row| self.wakers.is_woken(row)).collect(),
        }
    }

    /// What the ledger of a worker says of each place: tries under way, peers, connections, tries that want
    /// room.
    pub fn audit_of(&self, worker: usize, places: usize) -> Vec<[i64; LEDGER]> {
        let read = |it: &AtomicU64| it.load(Relaxed) as i64;
        let of = |place| {
            let ledger = self.ledger(worker, place);
            std::array::from_fn(|field| read(&ledger[field]))
        };
        (0..places).map(of).collect()
    }
}
