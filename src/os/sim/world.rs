//! What the sockets of a simulation share: their ends, what is on its way between them, and which events are due.

use std::net::SocketAddr;
use std::sync::Arc;

use slab::Slab;

use super::end::{Account, Edge, End, State};
use super::faults::Faults;
use super::lanes::Common;
use crate::base::rng::Rng;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::Readiness;

pub(super) struct World {
    pub(super) now: u64,
    pub(super) rng: Rng,
    pub(super) faults: Faults,
    pub(super) ends: Slab<End>,
    /// What is so in other worlds as well.
    pub(super) common: Option<Arc<Common>>,
    /// Connects so far: each gets an address of its own.
    pub(super) dialed: u32,
    pub(super) digest: u64,
}

impl World {
    pub(super) fn dial(&mut self, addr: &Addr) -> usize {
        self.dialed += 1;
        let [_, a, b, c] = self.dialed.to_be_bytes();
        let local = SocketAddr::from(([10, 1 + a, b, c], 40_000));
        let window = self.window();
        let round_trip = [0, 1, 30, 200][self.rng.below(4) as usize];
        let account = Account::new(round_trip);
        let end = End { local: local.into(), remote: addr.clone(), account, ..End::new(window) };
        self.ends.insert(end)
    }

    pub(super) fn window(&mut self) -> usize {
        let Self { rng, faults, .. } = self;
        faults.windows[rng.below(faults.windows.len() as u64) as usize].max(1)
    }

    /// Joins `near` to a listener of its remote address, or has it refused.
    pub(super) fn establish(&mut self, near: usize, faulty: bool) {
        let addr = &self.ends[near].remote;
        let listens = |end: &End| matches!(end.state, State::Listening) && end.local == *addr;
        let mut there = self.ends.iter().filter(|(_, end)| listens(end)).map(|(at, _)| at);
        let several = there.clone().count() as u64;
        let which = if several > 1 { self.rng.below(several) } else { 0 };
        let listener = there.nth(which as usize);
        let refused = faulty && self.rng.one_in(self.faults.refuse);
        let Some(listener) = listener.filter(|_| !refused) else {
            let end = &mut self.ends[near];
            end.state = State::Open;
            end.fail(Errno::REFUSED);
            return;
        };
        let window = self.window();
        let end = &mut self.ends[near];
        let (local, remote) = (end.remote.clone(), end.local.clone());
        let far = End { peer: Some(near), local, remote, ..End::new(window) };
        end.state = State::Open;
        end.raised.write = true;
        let far = self.ends.insert(far);
        self.ends[near].peer = Some(far);
        let end = &mut self.ends[listener];
        end.backlog.push_back(far);
        end.raised.read = true;
    }

    /// What is on its way arrives, or does not yet.
    pub(super) fn advance(&mut self) {
        let all: Vec<usize> = self.ends.iter().map(|(at, _)| at).collect();
        for at in all {
            let end = &self.ends[at];
            if let State::Connecting(until) = end.state {
                if until.is_some_and(|until| until <= self.now) {
                    self.establish(at, true);
                }
                continue;
            }
            if end.is_coming() && self.rng.one_in(self.faults.slow.max(1)) {
                self.arrive(at);
            }
            self.advance_account(at);
        }
    }

    /// Delivers some of what is on its way to `at`, unless it is silent.
    pub(super) fn arrive(&mut self, at: usize) {
        if self.ends[at].datagrams.is_some() {
            return self.deliver_datagrams(at);
        }
        let Self { now, rng, faults, ends, .. } = self;
        if ends[at].silent_until > *now || !ends[at].is_coming() {
            return;
        }
        if ends[at].peer.is_some() && rng.one_in(faults.reset) {
            return self.lose(at);
        }
        if ends[at].peer.is_some() && !ends[at].fin_coming && rng.one_in(faults.close) {
            self.cut(at);
        }
        let len = self.on_the_way(at) as u64;
        if len > 0 {
            let some = self.faults.slow > 1 && self.rng.one_in(2);
            let n = if some { 1 + self.rng.below(len) } else { len } as usize;
            self.arrived(at, n);
            let Self { now, rng, faults, ends, .. } = self;
            let end = &mut ends[at];
            end.inbox.extend(end.transit.drain(..n));
            end.raised.read = true;
            if rng.one_in(faults.stall) {
                end.silent_until = *now + rng.below(faults.stall_ms);
                return;
            }
            if end.transit.is_empty() {
                end.account.hear();
            }
            if !end.transit.is_empty() || rng.one_in(2) {
                return;
            }
        }
        let Self { rng, ends, .. } = self;
        let end = &mut ends[at];
        if !end.transit.is_empty() {
            return; // Held back.
        }
        if end.fin_coming {
            end.fin_coming = false;
            end.eof = true;
            end.account.hear();
            end.raised.read = true;
            if rng.one_in(2) {
                return;
            }
        }
        if end.reset_coming {
            end.fail(Errno::RESET);
        }
    }

    /// The connection is lost: whatever is on its way is cut anywhere, and both sides hear of it.
    pub(super) fn lose(&mut self, at: usize) {
        for side in [Some(at), self.ends[at].peer].into_iter().flatten() {
            self.doubt(side);
            let left = self.rng.below(self.on_the_way(side) as u64 + 1) as usize;
            let end = &mut self.ends[side];
            end.transit.truncate(left);
            end.fin_coming = false;
            end.reset_coming = true;
            end.peer = None;
        }
    }

    /// `at` sees its sender's end after any byte; the sender will find itself reset.
    pub(super) fn cut(&mut self, at: usize) {
        let end = &mut self.ends[at];
        let left = self.rng.below(end.transit.len() as u64 + 1) as usize;
        end.transit.truncate(left);
        end.fin_coming = true;
        if let Some(peer) = end.peer.take() {
            let peer = &mut self.ends[peer];
            peer.peer = None;
            peer.reset_coming = true;
        }
    }

    pub(super) fn tell(&mut self, process: u32, ready: &mut Vec<Readiness>) {
        let Self { rng, faults, ends, .. } = self;
        let mut told: Vec<(u64, usize, Readiness)> = Vec::new();
        for (at, end) in ends.iter() {
            let Some(token) = end.token.filter(|_| end.process == process) else { continue };
            let ended = end.eof || end.dead;
            let mut bits = Readiness { token, readable: false, writable: false, ended };
            if end.level {
                bits.readable = !end.backlog.is_empty();
            } else if end.raised.read || end.raised.write {
                // At the least what raised it; on Linux all that is so.
                let all = rng.one_in(2);
                bits.readable = end.raised.read || all && end.readable();
                bits.writable = end.raised.write || all && end.is_open() && end.has_space(ends);
            }
            if !matches!(end.state, State::Connecting(_)) && rng.one_in(faults.spurious) {
                let both = rng.below(3);
                bits.readable |= both != 1;
                bits.writable |= both != 0 && !end.level;
            }
            bits.readable |= ended && (bits.readable || bits.writable);
            if (bits.readable || bits.writable) && !rng.one_in(faults.late) {
                told.push((rng.word(), at, bits));
            }
        }
        told.sort_unstable_by_key(|&(order, ..)| order);
        told.truncate(faults.batch.max(1) as usize);
        for (_, at, bits) in told {
            self.ends[at].raised = Edge::default();
            let flags = u64::from(bits.readable) << 2
                | u64::from(bits.writable) << 1
                | u64::from(bits.ended);
            self.note(&[bits.token.0 as u64, flags]);
            ready.push(bits);
        }
    }

    pub(super) fn note(&mut self, words: &[u64]) {
        for word in words {
            self.digest = (self.digest ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        }
    }
}
