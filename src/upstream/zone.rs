//! `zone`: what a group knows of its peers, one state for all workers, in memory that they share.
//!
//! A worker takes over what the memory says before it decides anything, and afterwards adds what it has
//! changed. Nobody locks anything: two workers that decide at the same moment may pick the same peer, as
//! they would if each were alone, but nothing that either has counted is lost. What a worker holds of
//! connections is also in a ledger of its own, so that they can be given back in its place when it dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::os::Errno;
use crate::os::shm::Shared;

use super::conf;
use super::peers::Peer;

/// The shared state of a group, and which of the workers this process is.
#[derive(Clone, Debug)]
pub struct Zone {
    memory: Arc<Shared>,
    peers: usize,
    worker: usize,
}

/// What a peer was taken to be: the rest is what this worker has made of it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    conns: u32,
    fails: u32,
    effective: i64,
    current: i64,
}

/// A peer fills a cache line. Times are by the master's clock, 0: never.
const WIDTH: usize = 8;
const CONNS: usize = 0;
const FAILS: usize = 1;
const ACCESSED: usize = 2;
const CHECKED: usize = 3;
const RECOVERED: usize = 4;
/// How much less than its weight a peer is worth after failures.
const LOST: usize = 5;
const CURRENT: usize = 6;

impl Zone {
    /// The state of a group that has a `zone`, for so many workers. Peers that come and go by their names
    /// cannot be in it: they are each worker's own.
    pub fn of_group(group: &conf::Group, workers: usize) -> Result<Option<Self>, Errno> {
        let fixed = group.servers.iter().all(|line| line.resolve.is_none());
        if group.options.zone.is_none() || !fixed {
            return Ok(None);
        }
        let peers = group.servers.iter().map(|line| line.addrs.len()).sum();
        Self::new(peers, workers).map(Some)
    }

    fn new(peers: usize, workers: usize) -> Result<Self, Errno> {
        let memory = Arc::new(Shared::new(peers * (WIDTH + workers))?);
        Ok(Self { memory, peers, worker: 0 })
    }

    /// The same state for the process that keeps that ledger.
    pub fn of_worker(&self, worker: usize) -> Self {
        Self { memory: self.memory.clone(), peers: self.peers, worker }
    }

    /// The peer becomes what all workers know of it.
    pub fn pull(&self, at: usize, peer: &mut Peer) -> Seen {
        let count = |field| signed(self.field(at, field)).max(0) as u32;
        let time = |field| self.field(at, field).load(Ordering::Relaxed);
        let seen = Seen {
            conns: count(CONNS),
            fails: count(FAILS),
            effective: (peer.weight - signed(self.field(at, LOST))).clamp(0, peer.weight),
            current: signed(self.field(at, CURRENT)),
        };
        peer.conns = seen.conns;
        peer.fails = seen.fails;
        peer.effective_weight = seen.effective;
        peer.current_weight = seen.current;
        peer.accessed = time(ACCESSED);
        peer.checked = time(CHECKED);
        peer.recovered = Some(time(RECOVERED)).filter(|&at| at != 0);
        seen
    }

    /// All workers hear what has changed.
    pub fn push(&self, at: usize, peer: &Peer, seen: Seen) {
        let conns = i64::from(peer.conns) - i64::from(seen.conns);
        add(self.field(at, CONNS), conns);
        add(self.ledger(self.worker, at), conns);
        match peer.fails {
            0 if seen.fails > 0 => self.field(at, FAILS).store(0, Ordering::Relaxed),
            fails => add(self.field(at, FAILS), i64::from(fails) - i64::from(seen.fails)),
        }
        add(self.field(at, LOST), seen.effective - peer.effective_weight);
        add(self.field(at, CURRENT), peer.current_weight - seen.current);
        for (field, time) in [
            (ACCESSED, peer.accessed),
            (CHECKED, peer.checked),
            (RECOVERED, peer.recovered.unwrap_or(0)),
        ] {
            let it = self.field(at, field);
            if it.load(Ordering::Relaxed) < time {
                it.fetch_max(time, Ordering::Relaxed);
            }
        }
    }

    /// The worker is gone: what it held of connections is given back.
    pub fn settle(&self, worker: usize) {
        for at in 0..self.peers {
            let held = self.ledger(worker, at).swap(0, Ordering::Relaxed) as i64;
            add(self.field(at, CONNS), -held);
        }
    }

    fn field(&self, at: usize, field: usize) -> &AtomicU64 {
        &self.memory[at * WIDTH + field]
    }

    fn ledger(&self, worker: usize, at: usize) -> &AtomicU64 {
        &self.memory[self.peers * WIDTH + worker * self.peers + at]
    }
}

fn signed(it: &AtomicU64) -> i64 {
    it.load(Ordering::Relaxed) as i64
}

fn add(it: &AtomicU64, change: i64) {
    if change != 0 {
        it.fetch_add(change as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
