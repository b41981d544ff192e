//! A group: an `upstream` block, or the implicit one of a `proxy_pass` address.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::arena::Arena;
use crate::base::ids::{DialKey, GroupIndex, PeerIndex};
use crate::base::rng::Rng;

use super::balancer::{Ask, Balancer, End, Hint, Tier};
use super::bells::Bells;
use super::board::Board;
use super::change::{Found, found_peer};
use super::conf;
use super::counters::{Count, Counters};
use super::health::Rule;
use super::identity::Identities;
use super::keepalive::{Cache, Idles};
use super::least_conn::Loads;
use super::peers::{Peer, SLOW_UNIT, Tried};
use super::queue::{Dial, Queue};
use super::round_robin::{self, Turn};
use super::sticky::Sticky;
use super::zone::turns::InCommon;
use super::zone::{NOWHERE, Seen, Zone};

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
    method: conf::Method,
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
    /// The cache is to be looked at when its group is quiet again.
    pub trimming: bool,
    pub queue: Queue,
    /// What is counted of the group, not of its peers.
    pub counters: Counters,
    /// Where its counters are shared, its name there, and the first of its places.
    board: Option<(Board, u64, Option<usize>)>,
    /// Turns to be left out when there are peers.
    skipped: usize,
    /// What all workers know of the peers, if they share it.
    pub zone: Option<Zone>,
}

/// Every group of a worker, and every connection that serves nobody.
#[derive(Default)]
pub struct Groups {
    pub all: Vec<Group>,
    pub idle: Idles,
    pub dials: Arena<Dial, DialKey>,
    pub identities: Identities,
    /// Where counters are shared.
    pub board: Option<Board>,
    /// How many turns later than those of other workers new groups begin.
    pub skipped: usize,
    /// By which other workers of the same zones wake this one, and its row there.
    pub bells: Option<(Bells, usize)>,
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
    pub fn new(settings: &conf::Group) -> Self {
        let lines = settings.servers.iter().zip(0..);
        let mut peers: Vec<Peer> =
            lines.flat_map(|(line, number)| peers_of(line, number)).collect();
        for (peer, place) in peers.iter_mut().zip(0..) {
            peer.place = place;
        }
        let options = &settings.options;
        let cap = options.keepalive.unwrap_or(conf::DEFAULT_KEEPALIVE);
        let cache = Cache {
            cap,
            per_server: options.keepalive_per_server.unwrap_or(u32::MAX),
            timeout: options.keepalive_timeout,
            requests: options.keepalive_requests,
            time: options.keepalive_time,
            ..Cache::default()
        };
        let mut group = Self {
            name: settings.name.clone(),
            peers,
            primary: 0,
            live: 0,
            lines: settings.servers.clone(),
            method: settings.method,
            balancer: Balancer::RoundRobin,
            sticky: settings.sticky.clone().map(Sticky::new),
            checks: settings.checks.clone(),
            turns: Default::default(),
            loads: Default::default(),
            commons: Default::default(),
            cache,
            trimming: false,
            queue: Queue {
                most: options.queue.map_or(0, |queue| queue.most),
                timeout: options.queue.map_or(0, |queue| queue.timeout),
                ..Queue::default()
            },
            counters: Counters::default(),
            board: None,
            skipped: 0,
            zone: None,
        };
        group.arrange();
        group
    }

    /// The tries that a request may make at first: one for each peer that is not down.
    pub fn tries(&self) -> u32 {
        self.peers[..self.live].iter().filter(|peer| !peer.settings.down).count() as u32
    }

    /// A group of one peer always tries it: there is nothing to go to instead.
    pub fn is_single(&self) -> bool {
        self.live == 1
    }

    /// Picks the next peer and counts its connection; `None`: all are tried, down, disabled or full.
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
        let peer = &mut self.peers[usize::from(picked.0)];
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
            let usable = !peer.settings.down
                && !peer.barred
                && (!peer.settings.drain || bound().is_some())
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
    fn begin(&mut self, PeerIndex(at): PeerIndex, now: u64) -> bool {
        let peer = &mut self.peers[usize::from(at)];
        match &self.zone {
            Some(zone) => zone.begin(peer, now),
            None => {
                peer.picked(now);
                true
            }
        }
    }

    /// Whether somebody waits in the queue who goes before a request that comes now, here or in another worker.
    pub fn others_wait(&self, now: u64) -> bool {
        let elsewhere = |zone: &Zone| self.queue.most > 0 && zone.others_wait(now);
        !self.queue.list.is_empty() || self.zone.as_ref().is_some_and(elsewhere)
    }

    /// Whether somebody may wait for a place, here or in another worker.
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

    /// Nobody could be picked now: may somebody be later, without a further event of this request's?
    pub fn may_recover(&self, tried: &Tried, now: u64) -> bool {
        let mut live = self.peers[..self.live].iter().zip(0..);
        live.any(|(peer, at)| {
            let waits = peer.is_full() || peer.barred || peer.recovers(now).is_some();
            waits && !peer.settings.down && !peer.settings.drain && !tried.has(PeerIndex(at))
        })
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

    /// More connections with a peer than `max_conns`: one that serves nobody is to go.
    pub fn is_crowded(&self, PeerIndex(at): PeerIndex) -> bool {
        let peer = &self.peers[usize::from(at)];
        match self.zone.as_ref().filter(|zone| zone.is_bound(peer)) {
            Some(zone) => zone.is_crowded(peer),
            None => peer.is_crowded(),
        }
    }

    /// Its connections are counted in common, and bound by `max_conns`.
    pub fn is_bound(&self, PeerIndex(at): PeerIndex) -> bool {
        let peer = &self.peers[usize::from(at)];
        self.zone.as_ref().is_some_and(|zone| zone.is_bound(peer))
    }

    /// A connection with the peer is to be made. False: as many as there may be exist, in all workers.
    pub fn open(&self, PeerIndex(at): PeerIndex, waited: bool) -> bool {
        let peer = &self.peers[usize::from(at)];
        self.zone.as_ref().is_none_or(|zone| zone.open(peer, waited))
    }

    /// A connection with the peer was closed.
    pub fn closed(&self, PeerIndex(at): PeerIndex) {
        let peer = &self.peers[usize::from(at)];
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
        self.balancer.heard(&mut self.peers[usize::from(peer.0)], start, now);
        if let Some(sticky) = &self.sticky {
            sticky.heard(&self.peers[usize::from(peer.0)], hint, now);
        }
    }

    /// Hears how a try at `peer` went. True if the peer is disabled by it.
    pub fn done(&mut self, at: PeerIndex, hint: &Hint, failed: bool, end: End, now: u64) -> bool {
        let counts = failed && !self.is_single();
        if counts {
            self.unsettle(at);
        }
        self.cache.windows.ended();
        let index = usize::from(at.0);
        let peer = &mut self.peers[index];
        if let Some(zone) = &self.zone {
            zone.pull(peer);
        }
        let seen = Seen::of(peer);
        peer.conns = peer.conns.saturating_sub(1);
        peer.counters.less(Count::Busy);
        self.balancer.done(peer, end, now);
        let disabled = counts && peer.failed(now);
        if !failed {
            peer.succeeded(now);
        }
        if let Some(zone) = &self.zone {
            zone.push(peer, seen);
        }
        self.counted(at);
        if let Some(sticky) = self.sticky.as_ref().filter(|_| end.well) {
            sticky.done(&self.peers[index], hint, now);
        }
        disabled
    }

    /// What is known of its peers is what all workers know.
    pub fn share_state(&mut self, zone: Zone) {
        self.zone = Some(zone);
        self.arrange();
    }

    /// Its counters, and those of its peers, are with those of other workers; `name` tells it from others.
    pub fn share_counters(&mut self, board: &Board, name: impl Hash, first: Option<usize>) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        self.board = Some((board.clone(), hasher.finish(), first));
        self.list_counters();
    }

    fn list_counters(&mut self) {
        let Some((board, name, first)) = &self.board else { return };
        self.counters.join(board, name, *first);
        for peer in &mut self.peers {
            let number = Some(peer.place as usize + 1).filter(|_| peer.place != NOWHERE);
            let hint = first.zip(number).map(|(first, number)| first + number);
            let address = (name, peer.line, peer.settings.addr.clone());
            peer.counters.join(board, address, hint);
        }
    }

    /// Primary peers first, then the backup ones, each in the order of the file; last who has left.
    pub(super) fn arrange(&mut self) {
        self.peers.sort_by_key(Peer::place);
        self.live = self.peers.iter().filter(|peer| !peer.gone).count();
        let primary = |peer: &&Peer| !peer.gone && !peer.settings.backup;
        self.primary = self.peers.iter().filter(primary).count();
        let unit = if self.has_slow_start() { SLOW_UNIT } else { 1 };
        for peer in &mut self.peers {
            peer.scale(unit);
            peer.barred = peer.health.begin(&self.checks);
        }
        if let Some(sticky) = &mut self.sticky {
            sticky.arrange(&mut self.peers[..self.live], self.primary);
        }
        if let Some(zone) = &self.zone {
            zone.find_places(self.peers.iter_mut().filter(|it| it.place == NOWHERE && !it.gone));
        }
        self.list_counters();
        self.cache.windows.renumber(&self.peers);
        let primary = &self.peers[..self.primary];
        self.balancer = Balancer::new(self.method, primary);
        if self.live > 0 && self.zone.is_none() {
            self.skip_turns();
        }
        self.settle();
    }

    /// Peers for which there was no place in the zone may find one now.
    pub(super) fn find_places(&mut self) {
        let Some(zone) = &self.zone else { return };
        let without = |peers: &[Peer]| peers.iter().filter(|it| it.place == NOWHERE).count();
        let peers = &mut self.peers[..self.live];
        let before = without(peers);
        zone.find_places(peers.iter_mut().filter(|it| it.place == NOWHERE));
        if without(peers) < before {
            self.unsettle_all();
            self.settle();
        }
    }

    /// Round robin begins so many turns later, so that not all workers begin with the same peer. Where they
    /// share the turns they do not begin by themselves.
    pub fn begin_at(&mut self, turns: usize) {
        self.skipped = turns;
        self.arrange();
    }

    fn skip_turns(&mut self) {
        let turns = std::mem::take(&mut self.skipped);
        let (primary, others) = self.peers[..self.live].split_at_mut(self.primary);
        [primary, others].into_iter().for_each(|peers| round_robin::skip(peers, turns));
    }

    fn settle(&mut self) {
        let (primary, others) = self.peers[..self.live].split_at(self.primary);
        let shared = self.zone.is_some();
        let turn = |on, peers| match on {
            true if shared => Turn::in_common(peers),
            true => Turn::new(peers),
            false => Turn::off(),
        };
        let [on, backup_on] = self.balancer.in_turn();
        self.turns = [turn(on, primary), turn(backup_on, others)];
        if let Some(zone) = &self.zone {
            let tiers = [(0, on, primary, 0), (1, backup_on, others, self.primary)];
            for (tier, _, peers, first) in tiers.into_iter().filter(|(_, on, ..)| *on) {
                self.commons[tier] = InCommon::new(peers, first);
                zone.agree(tier, &self.commons[tier]);
            }
        }
        if self.method == conf::Method::LeastConn {
            self.loads = [primary, others].map(|peers| Loads::new(peers, self.zone.as_ref()));
        }
    }

    /// A group of one has nothing to go to instead: nothing is counted against its peer.
    fn has_slow_start(&self) -> bool {
        self.live > 1 && self.lines.iter().any(|line| line.slow_start > 0)
    }
}

/// Of all that are there the peers of a tier: 0, the primary ones, or 1, the backup ones.
fn of_tier(live: &mut [Peer], primary: usize, tier: usize) -> &mut [Peer] {
    let (first, second) = live.split_at_mut(primary);
    if tier == 0 { first } else { second }
}

/// Each address of a `server` line is a peer.
fn peers_of(line: &conf::ServerLine, number: u16) -> impl Iterator<Item = Peer> {
    line.addrs.iter().map(move |addr| {
        let found = Found { addr: addr.clone(), weight: None, backup: false };
        Peer::new(found_peer(line, &found), number)
    })
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
