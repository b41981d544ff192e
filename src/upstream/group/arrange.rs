//! The peers of a group in their order, and what follows from it: when it is made, when it shares what it knows
//! with other workers, and whenever its names come to other addresses.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::Group;
use super::addresses::OnDemand;
use crate::upstream::balance::balancer::Balancer;
use crate::upstream::balance::loads::Loads;
use crate::upstream::balance::method::Method;
use crate::upstream::balance::round_robin;
use crate::upstream::balance::sticky::Sticky;
use crate::upstream::balance::turn::Turn;
use crate::upstream::change::{Found, found_peer};
use crate::upstream::conf;
use crate::upstream::peers::{NOWHERE, Peer, SLOW_UNIT};
use crate::upstream::pool::keepalive::Cache;
use crate::upstream::pool::queue::Queue;
use crate::upstream::shared::counters::{Counters, SharedCounters};
use crate::upstream::shared::zone::Zone;
use crate::upstream::shared::zone::turns::InCommon;

impl Group {
    pub fn new(settings: &conf::Group) -> Self {
        let lines = settings.servers.iter().zip(0..);
        let mut peers: Vec<Peer> =
            lines.flat_map(|(line, number)| peers_of(line, number)).collect();
        for (peer, place) in peers.iter_mut().zip(0..) {
            peer.place = place;
        }
        let options = &settings.options;
        let on_demand = settings.scripted && options.keepalive.is_none();
        let cap = if on_demand { options.balancer_keepalive } else { options.keepalive };
        let cache = Cache {
            cap: cap.unwrap_or(conf::DEFAULT_KEEPALIVE),
            on_demand,
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
            is_scripted: settings.scripted,
            on_demand: OnDemand::default(),
            queue: Queue {
                most: options.queue.map_or(0, |queue| queue.most),
                timeout: options.queue.map_or(0, |queue| queue.timeout),
                ..Queue::default()
            },
            counters: Counters::default(),
            shared_counters: None,
            skipped: 0,
            zone: None,
        };
        group.arrange();
        group
    }

    /// What is known of its peers is what all workers know.
    pub fn share_state(&mut self, zone: Zone) {
        self.zone = Some(zone);
        self.arrange();
    }

    /// Its counters, and those of its peers, are with those of other workers; `name` tells it from others.
    pub fn share_counters(
        &mut self,
        shared_counters: &SharedCounters,
        name: impl Hash,
        first: Option<usize>,
    ) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        self.shared_counters = Some((shared_counters.clone(), hasher.finish(), first));
        self.list_counters();
    }

    pub(super) fn list_counters(&mut self) {
        let Some((shared_counters, name, first)) = &self.shared_counters else { return };
        self.counters.join(shared_counters, name, *first);
        for peer in &mut self.peers {
            let number = Some(peer.place as usize + 1).filter(|_| peer.place != NOWHERE);
            let hint = first.zip(number).map(|(first, number)| first + number);
            let address = (name, peer.line, peer.settings.addr.clone());
            peer.counters.join(shared_counters, address, hint);
        }
    }

    /// Primary peers first, then the backup ones, each in the order of the file; those that have left are the last.
    pub(in crate::upstream) fn arrange(&mut self) {
        self.peers.sort_by_key(Peer::place);
        self.live = self.peers.iter().filter(|peer| peer.is_member()).count();
        let primary = |peer: &&Peer| peer.is_member() && !peer.settings.backup;
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
            zone.find_places(
                self.peers.iter_mut().filter(|it| it.place == NOWHERE && it.is_member()),
            );
        }
        self.list_counters();
        self.on_demand.arrange(&self.peers, self.live);
        self.cache.windows.renumber(&self.peers);
        let primary = &self.peers[..self.primary];
        self.balancer = Balancer::new(self.method, primary);
        if self.live > 0 && self.zone.is_none() {
            self.skip_turns();
        }
        self.settle();
    }

    /// Peers for which there was no place in the zone may find one now.
    pub(in crate::upstream) fn find_places(&mut self) {
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

    /// Round robin begins this number of turns later, so that not all workers begin with the same peer. Where they
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
        if self.method == Method::LeastConn {
            self.loads = [primary, others].map(|peers| Loads::new(peers, self.zone.as_ref()));
        }
    }

    /// A group of one has nothing to go to instead: nothing is counted against its peer.
    fn has_slow_start(&self) -> bool {
        self.live > 1 && self.lines.iter().any(|line| line.slow_start > 0)
    }
}

/// Each address of a `server` line is a peer.
fn peers_of(line: &conf::ServerLine, number: u16) -> impl Iterator<Item = Peer> {
    line.addrs.iter().map(move |addr| {
        let found = Found { addr: addr.clone(), weight: None, backup: false };
        Peer::new(found_peer(line, &found), number)
    })
}
