//! What the memory of a zone says, read out whole: for the simulation, which compares it with what is so.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{HEAD, HELD, USED, Zone, line};

/// The numbers as they are, also those that should never be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Places from here on are those of peers that names come to.
    pub fixed: usize,
    /// Of each place: tries under way, and workers that have a peer there.
    pub conns: Vec<i64>,
    pub users: Vec<i64>,
    /// Somebody waits, by what the line says: which worker, and since when.
    pub front: Option<(usize, u64)>,
}

impl Zone {
    pub fn audit(&self) -> Audit {
        let read = |it: &AtomicU64| it.load(Relaxed) as i64;
        let places = || 0..self.layout.places;
        Audit {
            fixed: self.layout.fixed,
            conns: places().map(|place| read(self.conns_word(place))).collect(),
            users: places().map(|place| read(self.users(place))).collect(),
            front: line::front(&self.words(0, HEAD)[line::FRONT]),
        }
    }

    /// What the ledger of a worker says of each place: tries under way, and peers.
    pub fn audit_of(&self, worker: usize) -> Vec<[i64; 2]> {
        let read = |it: &AtomicU64| it.load(Relaxed) as i64;
        let of = |place| {
            let ledger = self.ledger(worker, place);
            [read(&ledger[HELD]), read(&ledger[USED])]
        };
        (0..self.layout.places).map(of).collect()
    }
}
