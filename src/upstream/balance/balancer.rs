//! Which peer gets a request: the method of a group, and the one place where the methods are told apart.
//!
//! A balancer knows peers, `now`, a few bytes that were made of the request, and a random generator; no
//! socket and no HTTP. A method is a file beside this one, a variant, and a row of the directives' table.

use crate::base::ids::PeerIndex;
use crate::base::rng::Rng;

use super::hash::{self, Ring};
use super::least_conn::Loads;
use super::method::LeastTime;
use super::random::Random;
use super::round_robin::Turn;
use super::shares::Shares;
use super::{ip_hash, least_conn, round_robin};
use crate::upstream::balance::method::Method;
use crate::upstream::peers::{Peer, Tried};
use crate::upstream::shared::zone::turns::InCommon;
use crate::upstream::shared::zone::{Seen, Zone};

pub enum Balancer {
    RoundRobin,
    LeastConn,
    LeastTime(LeastTime),
    IpHash(Shares),
    Hash(Shares),
    Consistent(Ring),
    Random(Random),
}

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

/// What a method is told of the request, and what it notes between the tries.
#[derive(Default, Debug)]
pub struct Hint {
    /// `hash`: the key; `ip_hash`: the client's address.
    pub key: Text,
    /// `sticky`: what the request brought, a peer's name or a session's; empty: it is not bound.
    pub bound: Text,
    /// `sticky learn`: the session that the response begins or goes on with.
    pub session: Text,
    /// The hash so far, or the place on the ring.
    pub hash: u64,
    /// How often the key was hashed.
    pub rehash: u32,
    /// Picks that hit a peer which could not be used.
    pub misses: u32,
    /// No primary peer was left; those of the first tier are not asked again.
    pub backup: bool,
}

/// A short text that most requests do not have: then it is one word.
#[derive(Default, Debug)]
#[expect(clippy::box_collection, reason = "one word in place of three")]
pub struct Text(Option<Box<Vec<u8>>>);

impl Text {
    /// To be written to.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        self.0.get_or_insert_default()
    }

    pub fn clear(&mut self) {
        if let Some(bytes) = &mut self.0 {
            bytes.clear();
        }
    }
}

impl std::ops::Deref for Text {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |bytes| bytes)
    }
}

impl Hint {
    /// Ready for another request.
    pub fn reset(&mut self) {
        self.key.clear();
        self.bound.clear();
        self.session.clear();
        self.hash = 0;
        self.rehash = 0;
        self.misses = 0;
        self.backup = false;
    }

    /// Nobody was picked, and the request waits: it will ask again as if for the first time.
    pub fn ask_again(&mut self) {
        self.hash = 0;
        self.rehash = 0;
        self.misses = 0;
        self.backup = false;
    }

    /// One more miss; true: too many, round robin is to decide.
    pub fn missed(&mut self) -> bool {
        self.misses += 1;
        self.misses > MOST_MISSES
    }

    /// Whether round robin decides from now on.
    pub fn is_lost(&self) -> bool {
        self.misses > MOST_MISSES
    }
}

/// As nginx: then peers are taken in turn.
const MOST_MISSES: u32 = 20;

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

/// How a try ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    pub start: u64,
    /// The head of a response had come.
    pub heard: bool,
    /// Neither a failure nor a reason to try another peer.
    pub well: bool,
    /// A failure before a connection stood.
    pub unreached: bool,
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

#[cfg(test)]
mod model;
#[cfg(test)]
mod sequences;
#[cfg(test)]
pub mod tests;
