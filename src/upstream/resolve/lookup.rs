//! One name that is looked up: what was found so far, and what it comes to.

use std::net::IpAddr;

use super::answer::{Failure, Found, Outcome, Wanted};
use super::message::Service;
use crate::base::ids::*;
use crate::base::list::List;

/// A negative answer is kept for at most this time, in seconds.
const MOST_NEGATIVE: u32 = 300;
/// An answer is kept for at most this time, in seconds.
const MOST_TTL: u32 = 7 * 86_400;

/// Those that wait for a name.
pub(super) struct OfLookup;

/// A name under way.
pub(super) struct Lookup {
    pub(super) wanted: Wanted,
    pub(super) waiters: List<WaiterKey, OfLookup>,
    pub(super) queries: Vec<QueryId>,
    pub(super) addrs: Vec<IpAddr>,
    /// The least time of what was found, in seconds.
    pub(super) ttl: u32,
    /// The least time for which something is not there; `None` once that was not said.
    pub(super) negative: Option<u32>,
    pub(super) failure: Option<Failure>,
    pub(super) targets: Vec<Target>,
    /// Targets whose addresses are still looked up.
    pub(super) pending: usize,
}

/// What an SRV record names, and its addresses once they are known.
pub(super) struct Target {
    pub(super) service: Service,
    pub(super) waiter: Option<WaiterId>,
    pub(super) outcome: Option<Outcome>,
}

impl Lookup {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            waiters: List::default(),
            queries: Vec::new(),
            addrs: Vec::new(),
            ttl: MOST_TTL,
            negative: Some(MOST_NEGATIVE),
            failure: None,
            targets: Vec::new(),
            pending: 0,
        }
    }

    /// Addresses of one kind, or of some of a service's targets.
    pub(super) fn knows_some(&self) -> bool {
        let known = |target: &Target| matches!(target.outcome, Some(Ok(_)));
        !self.addrs.is_empty() || self.targets.iter().any(known)
    }

    pub(super) fn found(&mut self) -> Vec<Found> {
        let plain = |&ip: &IpAddr| Found { ip, port: None, weight: None, backup: false };
        let mut found: Vec<Found> = self.addrs.iter().map(plain).collect();
        self.targets.sort_by_key(|target| target.service.priority);
        let mut best = None;
        for Target { service, outcome, .. } in &self.targets {
            let Some(Ok(answer)) = outcome else { continue };
            // The best of those that are there.
            let best = *best.get_or_insert(service.priority);
            found.extend(answer.found.iter().map(|found| Found {
                port: Some(service.port),
                weight: Some(u32::from(service.weight).max(1)),
                backup: service.priority > best,
                ..*found
            }));
        }
        found
    }
}

impl Target {
    pub(super) fn until(&self) -> Option<u64> {
        Some(self.outcome.as_ref()?.as_ref().ok()?.until)
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        self.outcome.as_ref()?.as_ref().err().copied()
    }
}
