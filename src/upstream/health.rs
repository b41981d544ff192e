//! Active checks: what they have found of each peer, and which worker makes them.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::base::ids::PeerIndex;
use crate::os::addr::Addr;
use crate::os::shm::AtomicU64;

use super::group::Group;
use super::peers::Peer;
use crate::upstream::shared::zone::{Seen, Zone, count};

/// What one `health_check` of a group says of counting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// So many failures in a row make a peer unhealthy.
    pub fails: u32,
    /// So many good answers in a row bring it back.
    pub passes: u32,
    /// A peer is not used before its first good answer.
    pub mandatory: bool,
    /// It is used at once if it was well under the former configuration.
    pub persistent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// `mandatory`: nothing is known yet.
    Checking,
    Healthy,
    Unhealthy,
}

/// What one check knows of one peer.
#[derive(Clone, Copy, Debug)]
struct Mark {
    state: State,
    /// Answers in a row that speak against the state.
    against: u32,
    /// Checks that the peer has passed, and how many of them before it last failed one or could not be reached.
    passed: u64,
    before: u64,
}

impl Mark {
    fn new(rule: &Rule) -> Self {
        let state = if rule.mandatory { State::Checking } else { State::Healthy };
        Self { state, against: 0, passed: 0, before: 0 }
    }

    /// So many checks in a row were passed since the peer could last not be reached.
    fn reaches(&self, rule: &Rule) -> bool {
        self.passed.saturating_sub(self.before) >= u64::from(rule.passes)
    }

    /// Counts an answer; true: the state has changed by it.
    fn told(&mut self, rule: &Rule, passed: bool) -> bool {
        match passed {
            true => self.passed += 1,
            false => self.before = self.passed,
        }
        let needed = match (self.state, passed) {
            (State::Healthy, true) | (State::Unhealthy, false) => {
                self.against = 0;
                return false;
            }
            (State::Checking, true) => 1,
            (State::Unhealthy, true) => rule.passes,
            (State::Healthy | State::Checking, false) => rule.fails,
        };
        self.against += 1;
        if self.against < needed {
            return false;
        }
        self.against = 0;
        self.state = if passed { State::Healthy } else { State::Unhealthy };
        true
    }
}

/// What all checks of its group have found of a peer: each of them can keep it from being used.
#[derive(Default, Debug)]
pub struct Health {
    marks: Vec<Mark>,
    /// Of the peer's failures, those to reach it: checks that it passes can clear them.
    pub unreached: u32,
}

/// What a check has found, as a number, which is never 0.
impl From<Mark> for u64 {
    fn from(mark: Mark) -> Self {
        let state = match mark.state {
            State::Healthy => HEALTHY,
            State::Unhealthy => 2,
            State::Checking => 3,
        };
        state | Self::from(mark.against) << 2
    }
}

impl Mark {
    /// The other way round.
    fn found(&mut self, word: u64) {
        self.state = match word & 3 {
            HEALTHY => State::Healthy,
            2 => State::Unhealthy,
            _ => State::Checking,
        };
        self.against = (word >> 2) as u32;
    }
}

const HEALTHY: u64 = 1;

/// Whether that number says so.
pub fn is_healthy(word: u64) -> bool {
    word & 3 == HEALTHY
}

impl Health {
    /// Takes over what others have found, where they have; returns whether it is barred.
    pub fn pull(&mut self, shared: &Shared<'_>) -> bool {
        let words = shared.found.iter().zip(shared.passed).zip(shared.before);
        for (mark, ((found, passed), before)) in self.marks.iter_mut().zip(words) {
            let word = found.load(Relaxed);
            if word != 0 {
                mark.found(word);
            }
            mark.passed = passed.load(Relaxed);
            mark.before = before.load(Relaxed);
        }
        self.unreached = count(shared.unreached);
        self.bars()
    }

    /// All workers hear what that check has found.
    pub fn push(&self, shared: &Shared<'_>, check: usize) {
        let words = shared.found.iter().zip(shared.passed).zip(shared.before);
        let Some((mark, ((found, passed), before))) = self.marks.iter().zip(words).nth(check)
        else {
            return;
        };
        passed.store(mark.passed, Relaxed);
        before.fetch_max(mark.before, Relaxed);
        // It may free a place: see `zone::line`.
        found.store((*mark).into(), SeqCst);
    }

    /// The peer could not be reached: checks that it has passed until now say nothing of that.
    pub fn unreached(&mut self) {
        self.unreached = self.unreached.saturating_add(1);
        self.marks.iter_mut().for_each(|mark| mark.before = mark.passed);
    }

    /// As each of its checks has it, the peer can be reached again.
    fn is_reached(&self, rules: &[Rule]) -> bool {
        self.unreached > 0 && self.marks.iter().zip(rules).all(|(mark, rule)| mark.reaches(rule))
    }

    /// For the checks of its group; those that know something of it go on. Returns whether it is barred.
    pub fn begin(&mut self, rules: &[Rule]) -> bool {
        let known = self.marks.len().min(rules.len());
        self.marks.extend(rules[known..].iter().map(Mark::new));
        self.bars()
    }

    /// Some check says that it is not to be used.
    fn bars(&self) -> bool {
        self.marks.iter().any(|mark| mark.state != State::Healthy)
    }
}

/// What the workers of a zone know of a peer's health: words for each of its checks.
pub struct Shared<'a> {
    pub found: &'a [AtomicU64],
    pub passed: &'a [AtomicU64],
    pub before: &'a [AtomicU64],
    pub unreached: &'a AtomicU64,
}

impl Shared<'_> {
    /// The peer could not be reached, as far as its checks are concerned.
    pub fn doubt(&self) {
        for (passed, before) in self.passed.iter().zip(self.before) {
            before.fetch_max(passed.load(Relaxed), Relaxed);
        }
    }
}

/// What an answer has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// In the eyes of the check that has told it; `None`: as it was.
    pub healthy: Option<bool>,
    /// The peer may be used again.
    pub freed: bool,
}

impl Group {
    /// Hears how a check of the peers at an address ended. `None`: it is as it was.
    pub fn checked(&mut self, addr: &Addr, check: usize, passed: bool, now: u64) -> Option<Change> {
        let rule = *self.checks.get(check)?;
        let mut change = None;
        let mut turned = false;
        let single = self.is_single();
        for peer in self.peers[..self.live].iter_mut().filter(|it| it.settings.addr == *addr) {
            let seen = self.zone.as_ref().map(|zone| {
                zone.pull(peer);
                Seen::of(peer)
            });
            let Some(mark) = peer.health.marks.get_mut(check) else { continue };
            let was = mark.state;
            let changed = mark.told(&rule, passed);
            if let Some(zone) = &self.zone {
                zone.push_health(peer, check);
            }
            let reached = peer.health.is_reached(&self.checks);
            if !changed && !reached {
                continue;
            }
            let enabled = reached && peer.reached(now);
            let bars = peer.health.bars();
            let was_barred = std::mem::replace(&mut peer.barred, bars);
            let freed = (was_barred || enabled) && !peer.barred;
            turned |= reached || was_barred != peer.barred;
            if was_barred
                && freed
                && was == State::Unhealthy
                && peer.settings.slow_start > 0
                && !single
            {
                peer.recovered = Some(now);
            }
            if let (Some(zone), Some(seen)) = (&self.zone, seen) {
                zone.push(peer, seen);
            }
            let before = change.unwrap_or(Change { healthy: None, freed: false });
            let healthy = before.healthy.or_else(|| changed.then_some(passed));
            change = Some(Change { healthy, freed: freed || before.freed });
        }
        if turned {
            self.unsettle_all();
        }
        change
    }
}

/// A check of one address, as workers that share what they know of it take turns.
#[derive(Debug)]
pub struct Claim {
    pub addr: Addr,
    /// Until when the check is this worker's own.
    taken: u64,
}

impl Claim {
    pub fn new(addr: Addr) -> Self {
        Self { addr, taken: 0 }
    }
}

impl Group {
    /// Whether this worker is to make the check now; otherwise after how long it may be. Workers that share what
    /// they know of a peer share the work: the others hear that it is done, or leave it until then.
    pub fn take_check(
        &self,
        claim: &mut Claim,
        number: usize,
        now: u64,
        until: u64,
    ) -> Result<(), u64> {
        for (taken, (zone, peer)) in self.shared(&claim.addr).enumerate() {
            if let Err(wait) = zone.take_check(peer, number, now, until) {
                // Another worker knows the address by one of its names, and not by those before.
                for (zone, peer) in self.shared(&claim.addr).take(taken) {
                    zone.check_again(peer, number, until, now);
                }
                return Err(wait);
            }
        }
        claim.taken = until;
        Ok(())
    }

    /// The others may have the check that was taken at that time. False: another has it already.
    pub fn check_again(&self, claim: &mut Claim, number: usize, at: u64) -> bool {
        let taken = std::mem::replace(&mut claim.taken, at);
        let told =
            |own, (zone, peer): (&Zone, &Peer)| zone.check_again(peer, number, taken, at) && own;
        self.shared(&claim.addr).fold(true, told)
    }

    /// The peer at an address; of several the first.
    pub fn peer_of(&self, addr: &Addr) -> Option<PeerIndex> {
        let at = self.peers[..self.live].iter().position(|peer| peer.settings.addr == *addr)?;
        Some(PeerIndex(at as u16))
    }

    /// The places of an address in the zone: it may be in several lines.
    #[cfg(feature = "sim")]
    pub fn places_of(&self, addr: &Addr) -> Vec<u32> {
        let places = self.shared(addr).map(|(_, peer)| peer.place);
        places.filter(|&place| place != crate::upstream::peers::NOWHERE).collect()
    }

    fn shared(&self, addr: &Addr) -> impl Iterator<Item = (&Zone, &Peer)> {
        let zone = self.zone.iter();
        let peers = zone.flat_map(|zone| self.peers[..self.live].iter().map(move |it| (zone, it)));
        peers.filter(move |(_, peer)| peer.settings.addr == *addr)
    }
}

#[cfg(test)]
mod tests;
