//! A group: an `upstream` block, or the implicit one of a `proxy_pass` address.

use crate::base::arena::Arena;
use crate::base::ids::{DialKey, GroupIndex, PeerIndex};
use crate::base::rng::Rng;

use super::conf;
use super::counters::Count;
use super::health::Rule;
use super::peers::{Peer, Tried};
use crate::upstream::balance::balancer::Balancer;
use crate::upstream::balance::hint::{End, Hint};
use crate::upstream::balance::loads::Loads;
use crate::upstream::balance::method::Method;
use crate::upstream::balance::sticky::Sticky;
use crate::upstream::balance::tier::{Ask, Tier};
use crate::upstream::balance::turn::Turn;
use crate::upstream::pool::identity::Identities;
use crate::upstream::pool::idle::Idles;
use crate::upstream::pool::keepalive::Cache;
use crate::upstream::pool::queue::{Dial, Queue};
use crate::upstream::pool::tls::{Sessions, TlsPeers};
use crate::upstream::shared::counters::{Counters, SharedCounters};
use crate::upstream::shared::wakers::Wakers;
use crate::upstream::shared::zone::turns::InCommon;
use crate::upstream::shared::zone::{Seen, Zone};
use addresses::OnDemand;

mod addresses;
mod arrange;
pub mod checks;
pub mod on_demand;

/// How often another peer is chosen because other workers were faster.
const ROUNDS: u32 = 16;

pub struct Group {
    pub name: Box<[u8]>,
    pub peers: Vec<Peer>,
    /// How many of the peers are primary; those after them, as far as `live`, are backup.
    pub primary: usize,
    /// Peers from here on have left the group, and wait for those who still name them.
    pub live: usize,
    /// The `server` lines, which a change of addresses goes back to.
    pub lines: Vec<conf::ServerLine>,
    method: Method,
    pub balancer: Balancer,
    pub sticky: Option<Sticky>,
    /// Of its active checks.
    pub checks: Vec<Rule>,
    /// Round robin among the primary peers, and among the backup ones.
    turns: [Turn; 2],
    /// `least_conn`, likewise.
    loads: [Loads; 2],
    /// The turns that all workers take in common, likewise.
    commons: [InCommon; 2],
    pub cache: Cache,
    /// A script chooses the peers of tries.
    pub is_scripted: bool,
    /// Peers that scripts have named.
    on_demand: OnDemand,
    /// The cache is to be looked at when its group is quiet again.
    pub trimming: bool,
    pub queue: Queue,
    /// What is counted of the group, not of its peers.
    pub counters: Counters,
    /// Where its counters are shared, its name there, and the first of its places.
    shared_counters: Option<(SharedCounters, u64, Option<usize>)>,
    /// Turns to be left out when there are peers.
    skipped: usize,
    /// What all workers know of the peers, if they share it.
    pub zone: Option<Zone>,
}

/// Every group of a worker, and every idle connection.
#[derive(Default)]
pub struct Groups {
    pub all: Vec<Group>,
    pub idle: Idles,
    pub dials: Arena<Dial, DialKey>,
    pub identities: Identities,
    pub sessions: Sessions,
    pub tls_peers: TlsPeers,
    /// Where counters are shared.
    pub shared_counters: Option<SharedCounters>,
    /// How many turns later than those of other workers new groups begin.
    pub skipped: usize,
    /// By which other workers of the same zones wake this one, and its row there.
    pub wakers: Option<(Wakers, usize)>,
}

impl Groups {
    /// The peers of groups with a zone become what all workers know of them, to be looked at.
    pub fn pull(&mut self) {
        for group in &mut self.all {
            let Some(zone) = &group.zone else { continue };
            group.peers.iter_mut().for_each(|peer| zone.pull(peer));
        }
    }

    /// See [`Group::begin_at`]; those that are made later too.
    pub fn begin_at(&mut self, turns: usize) {
        self.skipped = turns;
        self.all.iter_mut().for_each(|group| group.begin_at(turns));
    }
}

impl Group {
    /// The tries that a request may make at first: one for each peer that is not down.
    pub fn tries(&self) -> u32 {
        self.peers[..self.live].iter().filter(|peer| peer.takes_bound()).count() as u32
    }

    /// A group of one peer always tries it: there is nothing to go to instead.
    pub fn is_single(&self) -> bool {
        self.live == 1
    }

    /// Picks the next peer and counts its connection; `None`: all are tried, down, disabled or full.
    #[inline(always)]
    pub fn pick(
        &mut self,
        tried: &mut Tried,
        hint: &mut Hint,
        rng: &mut Rng,
        now: u64,
    ) -> Option<PeerIndex> {
        let mut ask = Ask { tried, hint, rng, now };
        let mut rounds = 0..ROUNDS;
        let picked = loop {
            rounds.next()?;
            let picked = self.choose(&mut ask)?;
            if self.begin(picked, now) {
                break picked;
            }
            // Another worker was faster. It is known to be full now.
            self.unsettle_turns(picked);
        };
        tried.set(picked);
        let peer = &mut self.peers[picked];
        peer.counters.count(Count::Tries);
        peer.counters.count(Count::Busy);
        self.balancer.begun(peer, now);
        if peer.is_full() {
            self.unsettle_turns(picked);
        }
        self.counted(picked);
        self.cache.windows.touch(&mut self.peers, picked, now);
        Some(picked)
    }

    fn choose(&mut self, ask: &mut Ask<'_>) -> Option<PeerIndex> {
        if self.is_single() {
            if let Some(zone) = &self.zone {
                zone.pull(&mut self.peers[0]);
            }
            let peer = &self.peers[0];
            let bound = || self.sticky.as_ref()?.peer_of(ask.hint, ask.now);
            let usable = !peer.barred
                && (peer.takes_part() || peer.takes_bound() && bound().is_some())
                && !peer.is_full()
                && !ask.tried.has(PeerIndex(0));
            usable.then_some(PeerIndex(0))
        } else {
            self.pick_in_tier(ask).or_else(|| {
                // As in nginx the request then stays with the backup peers.
                let others = self.primary < self.live && !ask.hint.backup;
                ask.hint.backup = true;
                others.then(|| self.pick_in_tier(ask)).flatten()
            })
        }
    }

    /// The try begins. False: the peer is full, which it was not when it was chosen.
    fn begin(&mut self, at: PeerIndex, now: u64) -> bool {
        let peer = &mut self.peers[at];
        match &self.zone {
            Some(zone) => zone.begin(peer, now),
            None => {
                peer.picked(now);
                true
            }
        }
    }

    /// Whether a request waits in the queue, here or in another worker, that goes before one that comes now.
    pub fn others_wait(&self, now: u64) -> bool {
        let elsewhere = |zone: &Zone| self.queue.most > 0 && zone.others_wait(now);
        !self.queue.list.is_empty() || self.zone.as_ref().is_some_and(elsewhere)
    }

    /// Whether a request may wait for a place, here or in another worker.
    pub fn is_waited_for(&self) -> bool {
        let elsewhere = |zone: &Zone| self.queue.most > 0 && zone.is_waited_for();
        self.queue.is_awaited() || self.zone.as_ref().is_some_and(elsewhere)
    }

    /// A peer that another worker could send a request to now.
    pub fn free_peer(&mut self, now: u64) -> Option<PeerIndex> {
        let Self { zone, peers, live, .. } = self;
        let at = peers[..*live].iter_mut().position(|peer| {
            zone.iter().for_each(|zone| zone.pull(peer));
            peer.is_usable(now)
        });
        at.map(|at| PeerIndex(at as u16))
    }

    /// No peer could be picked now: may one be later, without a further event of this request's?
    pub fn may_recover(&self, tried: &Tried, now: u64) -> bool {
        let mut live = self.peers[..self.live].iter().zip(0..);
        live.any(|(peer, at)| {
            let waits = peer.is_full() || peer.barred || peer.recovers(now).is_some();
            waits && peer.takes_part() && !tried.has(PeerIndex(at))
        })
    }

    /// Whether a peer was tried, or could be if it were not full.
    pub fn is_available(&self, tried: &Tried, now: u64) -> bool {
        let serves =
            |peer: &Peer| peer.takes_part() && !peer.barred && peer.recovers(now).is_none();
        !tried.is_empty() || self.peers[..self.live].iter().any(serves)
    }

    /// When the first of the peers that are disabled may be tried again.
    pub fn next_recovery(&mut self, now: u64) -> Option<u64> {
        if let Some(zone) = &self.zone {
            self.peers[..self.live].iter_mut().for_each(|peer| zone.pull(peer));
        }
        self.peers[..self.live].iter().filter_map(|peer| peer.recovers(now)).min()
    }

    fn pick_in_tier(&mut self, ask: &mut Ask<'_>) -> Option<PeerIndex> {
        let backup = ask.hint.backup;
        let number = usize::from(backup);
        let mut tier = Tier {
            peers: of_tier(&mut self.peers[..self.live], self.primary, number),
            first: if backup { self.primary } else { 0 },
            turn: &mut self.turns[number],
            loads: &mut self.loads[number],
            zone: self.zone.as_ref(),
            number,
            common: &mut self.commons[number],
        };
        let bound = self.sticky.as_ref().and_then(|sticky| sticky.pick(&mut tier, ask));
        if let Some(at) = bound {
            self.balancer.bound(&mut tier, ask, at);
        }
        let at = bound.or_else(|| self.balancer.pick(&mut tier, ask))?;
        Some(tier.index(at))
    }

    /// A try at a peer has begun or ended.
    fn counted(&mut self, PeerIndex(at): PeerIndex) {
        let index = usize::from(at);
        // Of a zone the loads are read when they are needed.
        if index >= self.live || self.zone.is_some() {
            return;
        }
        let backup = index >= self.primary;
        let first = if backup { self.primary } else { 0 };
        let loads = &mut self.loads[usize::from(backup)];
        loads.counted(index - first, &self.peers[index]);
        if let Some(ahead) = loads.ahead() {
            self.peers[first + ahead].prefetch();
            self.peers[first + ahead].prefetch_counters();
        }
    }

    /// More connections with a peer than `max_conns`: an idle one is to be closed.
    pub fn is_crowded(&self, at: PeerIndex) -> bool {
        let peer = &self.peers[at];
        match self.zone.as_ref().filter(|zone| zone.is_bound(peer)) {
            Some(zone) => zone.is_crowded(peer),
            None => peer.is_crowded(),
        }
    }

    /// Its connections are counted in common, and bound by `max_conns`.
    pub fn is_bound(&self, at: PeerIndex) -> bool {
        let peer = &self.peers[at];
        self.zone.as_ref().is_some_and(|zone| zone.is_bound(peer))
    }

    /// A connection with the peer is to be made. False: as many as there may be exist, in all workers.
    pub fn open(&self, at: PeerIndex, waited: bool) -> bool {
        let peer = &self.peers[at];
        self.zone.as_ref().is_none_or(|zone| zone.open(peer, waited))
    }

    /// A connection with the peer was closed.
    pub fn closed(&self, at: PeerIndex) {
        let peer = &self.peers[at];
        self.zone.iter().for_each(|zone| zone.closed(peer));
    }

    /// Round robin is to look at all peers of this one's tier: whether it may be used has changed.
    pub fn unsettle(&mut self, peer: PeerIndex) {
        let tier = self.unsettle_turns(peer);
        self.unsettle_loads(tier);
    }

    /// As `unsettle`, for what looks at a peer that is full as at one that cannot be used. The tier is returned.
    fn unsettle_turns(&mut self, PeerIndex(peer): PeerIndex) -> usize {
        let tier = usize::from(usize::from(peer) >= self.primary);
        self.turns[tier].leave(of_tier(&mut self.peers[..self.live], self.primary, tier));
        self.stir(tier);
        tier
    }

    fn unsettle_loads(&mut self, tier: usize) {
        let peers = of_tier(&mut self.peers[..self.live], self.primary, tier);
        self.loads[tier].leave(peers, self.zone.as_ref());
    }

    /// The turns that all workers take in common are as those of one worker: what is unusual counts at once, not
    /// when its turn comes.
    fn stir(&mut self, tier: usize) {
        let Some(zone) = self.zone.as_ref().filter(|_| self.balancer.in_turn()[tier]) else {
            return;
        };
        let peers = of_tier(&mut self.peers[..self.live], self.primary, tier);
        zone.stir(tier, &mut self.commons[tier], peers);
    }

    /// As `unsettle`, for all peers.
    pub fn unsettle_all(&mut self) {
        for tier in 0..2 {
            self.turns[tier].leave(of_tier(&mut self.peers[..self.live], self.primary, tier));
            self.stir(tier);
            self.unsettle_loads(tier);
        }
    }

    #[cfg(test)]
    pub fn is_settled(&self) -> bool {
        self.turns[0].is_fast() || self.loads[0].is_fast()
    }

    /// Hears that the head of a response came from `peer`, in a try that began at `start`.
    pub fn heard(&mut self, peer: PeerIndex, hint: &Hint, start: u64, now: u64) {
        self.balancer.heard(&mut self.peers[peer], start, now);
        if let Some(sticky) = &self.sticky {
            sticky.heard(&self.peers[peer], hint, now);
        }
    }

    /// Hears how a try at `peer` went. True if the peer is disabled by it.
    pub fn done(&mut self, at: PeerIndex, hint: &Hint, failed: bool, end: End, now: u64) -> bool {
        let counts = failed && !self.is_single();
        if counts {
            self.unsettle(at);
        }
        self.cache.windows.ended();
        let peer = &mut self.peers[at];
        if let Some(zone) = &self.zone {
            zone.pull(peer);
        }
        let seen = Seen::of(peer);
        peer.conns = peer.conns.saturating_sub(1);
        peer.counters.less(Count::Busy);
        self.balancer.done(peer, end, now);
        let disabled = counts && peer.failed(now);
        if counts && end.unreached {
            peer.health.unreached();
        }
        if !failed {
            peer.succeeded(now);
        }
        if let Some(zone) = &self.zone {
            zone.push(peer, seen);
            if counts && end.unreached {
                zone.push_doubt(peer);
            }
        }
        self.counted(at);
        if let Some(sticky) = self.sticky.as_ref().filter(|_| end.well) {
            sticky.done(&self.peers[at], hint, now);
        }
        disabled
    }
}

/// Of all that are there the peers of a tier: 0, the primary ones, or 1, the backup ones.
fn of_tier(live: &mut [Peer], primary: usize, tier: usize) -> &mut [Peer] {
    let (first, second) = live.split_at_mut(primary);
    if tier == 0 { first } else { second }
}

impl std::ops::Index<GroupIndex> for Groups {
    type Output = Group;
    fn index(&self, GroupIndex(at): GroupIndex) -> &Group {
        &self.all[at as usize]
    }
}
impl std::ops::IndexMut<GroupIndex> for Groups {
    fn index_mut(&mut self, GroupIndex(at): GroupIndex) -> &mut Group {
        &mut self.all[at as usize]
    }
}
