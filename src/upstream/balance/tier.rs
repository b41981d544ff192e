//! The primary peers of a group, or its backup ones, as a method sees them for one pick.

use crate::base::ids::PeerIndex;
use crate::base::rng::Rng;

use super::hint::Hint;
use super::loads::Loads;
use super::turn::Turn;
use crate::upstream::peers::{Peer, Tried};
use crate::upstream::shared::zone::turns::InCommon;
use crate::upstream::shared::zone::{Seen, Zone};

/// The primary peers of a group, or its backup ones, and their round robin.
pub struct Tier<'a> {
    pub peers: &'a mut [Peer],
    /// The number of the first of them in the group.
    pub first: usize,
    pub turn: &'a mut Turn,
    pub loads: &'a mut Loads,
    /// What all workers know, its number there, and the turns that they take in common.
    pub zone: Option<&'a Zone>,
    pub number: usize,
    pub common: &'a mut InCommon,
}

/// What is known of the request whose peer is wanted.
pub struct Ask<'a> {
    pub tried: &'a Tried,
    pub hint: &'a mut Hint,
    pub rng: &'a mut Rng,
    pub now: u64,
}

impl Tier<'_> {
    /// Whether a peer, by its place in the tier, may be tried by this request now.
    pub fn is_open(&mut self, at: usize, ask: &Ask<'_>) -> bool {
        self.pull(at);
        !ask.tried.has(self.index(at)) && self.peers[at].is_usable(ask.now)
    }

    /// The peer becomes what all workers know of it.
    pub fn pull(&mut self, at: usize) {
        if let Some(zone) = self.zone {
            zone.pull(&mut self.peers[at]);
        }
    }

    /// The peer takes part in a turn; returns what it gains.
    pub fn gain(&mut self, at: usize, now: u64) -> i64 {
        self.change(at, |peer| peer.gain(now))
    }

    /// It was its turn.
    pub fn pay(&mut self, at: usize, total: i64) {
        self.change(at, |peer| peer.current_weight -= total);
    }

    fn change<T>(&mut self, at: usize, change: impl FnOnce(&mut Peer) -> T) -> T {
        let peer = &mut self.peers[at];
        let seen = Seen::of(peer);
        let result = change(peer);
        if let Some(zone) = self.zone {
            zone.push(peer, seen);
        }
        result
    }

    pub fn index(&self, at: usize) -> PeerIndex {
        PeerIndex((self.first + at) as u16)
    }
}
