//! Active checks in common: what one worker has found all of them know, and each check is made by the worker
//! that comes first when it is due.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use super::places::Key;
use super::{Zone, key_of};
use crate::os::shm::AtomicU64;
use crate::upstream::health::{Rule, Shared};
use crate::upstream::peers::{NOWHERE, Peer};
use crate::upstream::shared::gauge::add;

impl Zone {
    /// What checks have found of the peer becomes what all workers know.
    pub(super) fn pull_health(&self, peer: &mut Peer) {
        if let Some(shared) = self.health(peer) {
            peer.barred = peer.health.pull(&shared);
        }
    }

    /// All workers hear what that check has found.
    pub fn push_health(&self, peer: &Peer, check: usize) {
        if let Some(shared) = self.health(peer) {
            peer.health.push(&shared, check);
        }
    }

    /// All workers hear that the peer could not be reached: what checks have found before does not clear that.
    pub fn push_doubt(&self, peer: &Peer) {
        self.health(peer).iter().for_each(Shared::doubt);
    }

    /// And how many of its failures are of that kind, since it was seen.
    pub(super) fn push_unreached(&self, peer: &Peer, seen: u32) {
        let Some(shared) = self.health(peer) else { return };
        match peer.fails {
            0 => shared.unreached.store(0, Relaxed),
            _ => add(shared.unreached, i64::from(peer.health.unreached) - i64::from(seen)),
        }
    }

    /// Of each check what it has found, when it is due, what was passed and before which failure; then the failures
    /// to reach the peer.
    fn health(&self, peer: &Peer) -> Option<Shared<'_>> {
        let checks = self.layout.checks;
        if peer.place == NOWHERE || checks == 0 {
            return None;
        }
        let marks = self.marks(peer.place as usize);
        Some(Shared {
            found: &marks[..checks],
            passed: &marks[2 * checks..3 * checks],
            before: &marks[3 * checks..4 * checks],
            unreached: &marks[4 * checks],
        })
    }

    /// Whether this worker is to make a check of the peer now; then it is due for the others at `until`, which
    /// is how it is known that this worker makes it. Otherwise after how long it may be.
    pub fn take_check(&self, peer: &Peer, check: usize, now: u64, until: u64) -> Result<(), u64> {
        let Some(due) = self.due(peer, check) else { return Ok(()) };
        let at = due.load(Relaxed);
        if at > now {
            return Err(at - now);
        }
        due.compare_exchange(at, until, Relaxed, Relaxed).map(|_| ()).map_err(|_| 1)
    }

    /// The check that was taken until then is due at another time. False: another worker has taken it since.
    pub fn check_again(&self, peer: &Peer, check: usize, taken: u64, at: u64) -> bool {
        let due = self.due(peer, check);
        due.is_none_or(|due| due.compare_exchange(taken, at, Relaxed, Relaxed).is_ok())
    }

    fn due(&self, peer: &Peer, check: usize) -> Option<&AtomicU64> {
        if peer.place == NOWHERE || check >= self.layout.checks {
            return None;
        }
        Some(&self.marks(peer.place as usize)[self.layout.checks + check])
    }

    /// `persistent`: a peer that passed its checks under the former configuration counts as passed under this one. `lines` are those
    /// of this group whose addresses are looked up at run time.
    pub fn remember(&self, former: &Self, rules: &[Rule], lines: &[u16]) {
        let (new, old) = (self.layout, former.layout);
        let persistent = (0..).zip(rules).filter(|(at, rule)| rule.persistent && *at < old.checks);
        for (check, _) in persistent {
            let mut well: BTreeMap<u64, u64> = BTreeMap::new();
            for place in 0..old.places {
                let word = former.marks(place)[check].load(Relaxed);
                let name = former.name_of(place).load(Relaxed);
                if name != 0 && crate::upstream::health::is_healthy(word) {
                    well.insert(name, word);
                }
            }
            let named =
                well.keys().flat_map(|name| lines.iter().map(|line| (key_of(*line, *name), *name)));
            let claimed = self.claim(&named.collect::<Vec<Key>>());
            for place in (0..new.fixed).chain(claimed.iter().copied().flatten()) {
                if let Some(word) = well.get(&self.name_of(place).load(Relaxed)) {
                    self.marks(place)[check].store(*word, Relaxed);
                }
            }
            claimed.into_iter().flatten().for_each(|place| self.release(place as u32));
        }
    }
}
