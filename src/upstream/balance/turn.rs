//! The turns of round robin that need no look at the peers.

use super::schedule::Schedule;
use crate::upstream::peers::Peer;

/// Round robin while nothing is unusual: a [`Schedule`], without a look at the peers.
///
/// Meanwhile the weights in the peers are those of the beginning. Whatever is unusual, a peer that failed, is
/// full, or was tried by this request, ends this, and the weights are written out; it begins again when turns
/// have been usual for a while.
#[derive(Default)]
pub struct Turn {
    fast: bool,
    /// Peers that may be picked at all.
    able: usize,
    schedule: Schedule,
    /// Usual turns in a row.
    calm: u32,
}

/// Usual turns before peers are put in order, which costs more than a turn.
const CALM: u32 = 16;

/// The number of turns ahead; among thousands of peers each is far away in memory.
const AHEAD: usize = 32;
const AHEAD_OF_COUNTERS: usize = 16;

impl Turn {
    /// For peers as they are; those of a new group, or after a change of addresses.
    pub fn new(peers: &[Peer]) -> Self {
        let mut turn = Self::in_common(peers);
        let usual = |peer: &Peer| peer.is_spotless() && !peer.is_full() && !peer.barred;
        if peers.iter().filter(|peer| peer.takes_part()).all(usual) {
            turn.enter(peers);
        }
        turn
    }

    /// For turns that are those of all workers: always the general way.
    pub fn in_common(peers: &[Peer]) -> Self {
        Self { able: peers.iter().filter(|peer| peer.takes_part()).count(), ..Self::default() }
    }

    /// For a method that leaves nothing to turns but what it cannot decide: so too.
    pub fn off() -> Self {
        Self { able: usize::MAX, ..Self::default() }
    }

    /// How many peers may be picked at all.
    pub(super) fn able(&self) -> usize {
        self.able
    }

    /// Whether the next turn will be a short one.
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// The next one, if it may be used; then this has been its turn.
    pub(super) fn next(&mut self, peers: &[Peer], now: u64) -> Option<usize> {
        let class = self.schedule.foremost();
        let at = self.schedule.peer(class);
        if !peers[at].is_usable(now) {
            return None;
        }
        self.schedule.pay(class, 1);
        if let Some(ahead) = self.schedule.peer_ahead(class, AHEAD) {
            peers[ahead].prefetch();
        }
        if let Some(ahead) = self.schedule.peer_ahead(class, AHEAD_OF_COUNTERS) {
            peers[ahead].prefetch_counters();
        }
        Some(at)
    }

    /// Something unusual is about to happen to one of the peers, or has happened: writes out the weights.
    pub fn leave(&mut self, peers: &mut [Peer]) {
        if std::mem::take(&mut self.fast) {
            for (at, weight) in self.schedule.weights() {
                peers[at].current_weight = weight;
            }
            self.calm = 0;
        }
    }

    /// A turn was taken the general way, in which this number of peers took part as if none had ever failed.
    pub(super) fn weighed(&mut self, peers: &[Peer], plain: usize) {
        self.calm = if plain == self.able { self.calm + 1 } else { 0 };
        if self.calm == CALM {
            self.calm = 0;
            self.enter(peers);
        }
    }

    fn enter(&mut self, peers: &[Peer]) {
        self.fast = self.schedule.begin(peers, |at, peer| (peer.current_weight, at.into()));
    }
}
