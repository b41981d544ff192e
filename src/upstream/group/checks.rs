//! Active checks of a group: what each answer changes, and which worker makes a check.

use super::Group;
use crate::base::ids::PeerIndex;
use crate::os::addr::Addr;
use crate::upstream::health::State;
#[cfg(feature = "sim")]
use crate::upstream::peers::NOWHERE;
use crate::upstream::peers::Peer;
use crate::upstream::shared::zone::{Seen, Zone};

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
            let Some((was, changed)) = peer.health.told(check, &rule, passed) else { continue };
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

/// A check of one address, made by the workers of a zone in turn.
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
        places.filter(|&place| place != NOWHERE).collect()
    }

    fn shared(&self, addr: &Addr) -> impl Iterator<Item = (&Zone, &Peer)> {
        let zone = self.zone.iter();
        let peers = zone.flat_map(|zone| self.peers[..self.live].iter().map(move |it| (zone, it)));
        peers.filter(move |(_, peer)| peer.settings.addr == *addr)
    }
}

#[cfg(test)]
mod tests;
