//! What a side of a connection knows of the bytes that it has sent, as Linux tells it.
//!
//! - Bytes that were written may be held back for a while. What is still held when a reset comes never leaves.
//! - The other side's system acknowledges what has arrived there, whether anybody reads it or not: after a while, or
//!   with the next that it sends, its end among that. A reset acknowledges nothing.

use super::SimSocket;
use super::end::Account;
use super::world::World;
use crate::os::delivery::Delivery;

impl World {
    /// The system has taken `n` bytes of `at`.
    pub(super) fn wrote(&mut self, at: usize, n: usize) {
        let holds = self.rng.one_in(self.faults.hold);
        let account = &mut self.ends[at].account;
        account.written += n as u64;
        if holds || account.held > 0 {
            account.held += n;
        }
        self.carry(at);
    }

    /// What `at` sends now acknowledges what has arrived there.
    pub(super) fn carry(&mut self, at: usize) {
        let (peer, arrived) = (self.ends[at].peer, self.ends[at].account.arrived);
        if let Some(peer) = peer {
            self.ends[peer].account.carried = arrived;
        }
    }

    /// `n` bytes have arrived at `at`: its system will acknowledge them.
    pub(super) fn arrived(&mut self, at: usize, n: usize) {
        let account = &mut self.ends[at].account;
        account.arrived += n as u64;
        let (arrived, peer) = (account.arrived, self.ends[at].peer);
        let when = self.now + self.rng.below(self.faults.ack_ms + 1);
        if let Some(peer) = peer {
            let (when, _) = self.ends[peer].account.coming.unwrap_or((when, 0));
            self.ends[peer].account.coming = Some((when, arrived));
        }
    }

    /// What `at` holds back may leave, and what is acknowledged by now is known.
    pub(super) fn advance_account(&mut self, at: usize) {
        let Self { now, rng, ends, .. } = self;
        let end = &mut ends[at];
        if end.account.held > 0 && !end.dead && rng.one_in(3) {
            end.account.held = 0;
            end.reset_coming |= end.peer.is_none();
        }
        let due = end.account.coming.filter(|(when, _)| when <= now && !end.dead);
        if let Some((_, n)) = due {
            end.account.acknowledged = end.account.acknowledged.max(n);
            end.account.coming = None;
        }
    }

    /// `at` loses its other side by a reset: nothing is acknowledged but what was on its way already.
    pub(super) fn doubt(&mut self, at: usize) {
        let Some(peer) = self.ends[at].peer else { return };
        let sent = self.rng.one_in(2);
        let account = &mut self.ends[peer].account;
        account.coming = account.coming.filter(|_| sent);
        let known = account.acknowledged;
        let account = &mut self.ends[at].account;
        account.in_doubt = known < account.arrived;
    }

    /// `at` is about to be closed. True: that resets, for it is wanted, or not all that has arrived was read.
    pub(super) fn hang_up(&mut self, at: usize) -> bool {
        let end = &self.ends[at];
        let resets = end.abrupt || !end.inbox.is_empty();
        match resets || end.finished {
            true => self.doubt(at),
            false => self.carry(at),
        }
        // What the other side holds back may still leave, and does if nothing keeps it from that.
        let leaves = !resets || self.rng.one_in(2);
        if let Some(peer) = self.ends[at].peer.filter(|_| leaves) {
            self.ends[peer].account.held = 0;
        }
        resets
    }

    /// The bytes on their way to `at` that have left their sender.
    pub(super) fn on_the_way(&self, at: usize) -> usize {
        let end = &self.ends[at];
        let held = end.peer.map_or(0, |peer| self.ends[peer].account.held);
        end.transit.len().saturating_sub(held)
    }
}

impl SimSocket {
    /// As the system tells it of a connection.
    pub fn delivery(&self) -> Delivery {
        let end = &self.net.0.borrow().ends[self.at];
        let Account { written, held, acknowledged, round_trip, .. } = end.account;
        Delivery {
            sent: written - held as u64,
            acknowledged,
            outstanding: (written - acknowledged) as u32,
            closed: end.dead,
            round_trip,
        }
    }

    /// The other side does not know that all has arrived here that has; for the checks of a test.
    pub fn is_in_doubt(&self) -> bool {
        let world = self.net.0.borrow();
        let end = &world.ends[self.at];
        match end.peer {
            Some(peer) => world.ends[peer].account.acknowledged < end.account.arrived,
            None => end.account.in_doubt,
        }
    }

    /// Closing it resets the other side, or what is on its way here will; likewise.
    pub fn is_to_reset(&self) -> bool {
        let world = self.net.0.borrow();
        let end = &world.ends[self.at];
        end.abrupt || end.dead || !end.inbox.is_empty() || end.is_coming()
    }
}
