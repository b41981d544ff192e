//! Which peer gets a request: the method of a group, and the one match on the methods.
//!
//! A balancer knows peers, `now`, a few bytes that were made of the request, and a random generator; no
//! socket and no HTTP. A method is a file beside this one, a variant, and a row of the directives' table.

use super::hash::{self, Ring};
use super::hint::End;
use super::method::LeastTime;
use super::random::Random;
use super::shares::Shares;
use super::tier::{Ask, Tier};
use super::{ip_hash, least_conn, round_robin};
use crate::upstream::balance::method::Method;
use crate::upstream::peers::Peer;

pub enum Balancer {
    RoundRobin,
    LeastConn,
    LeastTime(LeastTime),
    IpHash(Shares),
    Hash(Shares),
    Consistent(Ring),
    Random(Random),
}

impl Balancer {
    pub fn new(method: Method, primary: &[Peer]) -> Self {
        match method {
            Method::RoundRobin => Self::RoundRobin,
            Method::LeastConn => Self::LeastConn,
            Method::LeastTime(how) => Self::LeastTime(how),
            Method::IpHash => Self::IpHash(Shares::new(primary)),
            Method::Hash => Self::Hash(Shares::new(primary)),
            Method::Consistent => Self::Consistent(Ring::new(primary)),
            Method::Random(how) => Self::Random(Random::new(primary, how)),
        }
    }

    /// The place in the tier of a peer that may be tried now.
    pub fn pick(&self, tier: &mut Tier<'_>, ask: &mut Ask<'_>) -> Option<usize> {
        if tier.peers.is_empty() {
            return None;
        }
        match self {
            Self::LeastConn => least_conn::pick(tier, ask),
            Self::LeastTime(how) => how.pick(tier, ask),
            // The others are laid over the primary peers; backup ones take turns.
            Self::RoundRobin => round_robin::pick(tier, ask),
            _ if tier.number > 0 || ask.hint.is_lost() => round_robin::pick(tier, ask),
            Self::IpHash(shares) => ip_hash::pick(shares, tier, ask),
            Self::Hash(shares) => hash::pick(shares, tier, ask),
            Self::Consistent(ring) => ring.pick(tier, ask),
            Self::Random(random) => random.pick(tier, ask),
        }
    }

    /// `sticky` has decided that it is the peer at this place.
    pub fn bound(&self, tier: &mut Tier<'_>, ask: &Ask<'_>, at: usize) {
        if self.in_turn()[tier.number] {
            round_robin::bound(tier, ask, at);
        }
    }

    /// Whether primary and backup peers take turns, and nothing else is done to their weights.
    pub fn in_turn(&self) -> [bool; 2] {
        let backup = !matches!(self, Self::LeastConn | Self::LeastTime(_));
        [matches!(self, Self::RoundRobin), backup]
    }

    /// A try at `peer` begins.
    pub fn begun(&self, peer: &mut Peer, now: u64) {
        if let Some(how) = self.times() {
            how.begun(peer, now);
        }
    }

    /// The head of a response came, for a try that began at `start`.
    pub fn heard(&self, peer: &mut Peer, start: u64, now: u64) {
        if let Some(how) = self.times() {
            how.heard(peer, start, now);
        }
    }

    /// The try ended; `heard`: the head of a response had come, and nothing was wrong with it.
    pub fn done(&self, peer: &mut Peer, end: End, now: u64) {
        if let Some(how) = self.times() {
            how.done(peer, end, now);
        }
    }

    fn times(&self) -> Option<LeastTime> {
        match self {
            Self::LeastTime(how) => Some(*how),
            Self::Random(random) => random.times(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod sequences;
#[cfg(test)]
pub mod tests;
