//! A group: an `upstream` block, or the implicit one of a `proxy_pass` address.

use crate::base::arena::Arena;
use crate::base::ids::{GroupIndex, IdleKey, PeerIndex};

use super::keepalive::{Cache, Idle};
use super::peers::{Peer, PeerSettings, Tried};
use super::round_robin;

/// What an `upstream` block says. Times in milliseconds.
#[derive(Clone, Debug)]
pub struct GroupSettings {
    /// The block's name, or `host:port`.
    pub name: String,
    /// Primary peers first, then the backup ones.
    pub peers: Vec<PeerSettings>,
    /// Idle connections kept; 0 turns the cache off.
    pub keepalive: u32,
    pub keepalive_timeout: u64,
    pub keepalive_requests: u32,
    pub keepalive_time: u64,
}

pub struct Group {
    pub name: Box<str>,
    pub peers: Vec<Peer>,
    /// How many of the peers are primary; the others are backup.
    pub primary: usize,
    pub cache: Cache,
}

/// Every group of a worker, and every idle connection.
#[derive(Default)]
pub struct Groups {
    pub all: Vec<Group>,
    pub idle: Arena<Idle, IdleKey>,
}

impl Group {
    pub fn new(settings: &GroupSettings) -> Self {
        let mut peers: Vec<_> = settings.peers.iter().cloned().map(Peer::new).collect();
        peers.sort_by_key(|peer| peer.settings.backup);
        let primary = peers.iter().filter(|peer| !peer.settings.backup).count();
        let cache = Cache {
            cap: settings.keepalive,
            timeout: settings.keepalive_timeout,
            requests: settings.keepalive_requests,
            time: settings.keepalive_time,
            ..Cache::default()
        };
        Self { name: settings.name.as_str().into(), peers, primary, cache }
    }

    /// The tries that a request may make at first: one for each peer that is not down.
    pub fn tries(&self) -> u32 {
        self.peers.iter().filter(|peer| !peer.settings.down).count() as u32
    }

    /// A group of one peer always tries it: there is nothing to go to instead.
    pub fn is_single(&self) -> bool {
        self.peers.len() == 1
    }

    /// Picks the next peer and counts its connection; `None`: all are tried, down, disabled or full.
    pub fn pick(&mut self, tried: &mut Tried, now: u64) -> Option<PeerIndex> {
        let picked = if self.is_single() {
            let peer = &self.peers[0];
            let usable = !peer.settings.down && !peer.is_full() && !tried.has(PeerIndex(0));
            usable.then_some(PeerIndex(0))
        } else {
            let (all, primary) = (self.peers.len(), self.primary);
            round_robin::pick(&mut self.peers, 0..primary, tried, now)
                .or_else(|| round_robin::pick(&mut self.peers, primary..all, tried, now))
        }?;
        tried.set(picked);
        self.peers[usize::from(picked.0)].conns += 1;
        Some(picked)
    }

    /// Hears how a try at `peer` went. True if the peer is disabled by it.
    pub fn done(&mut self, peer: PeerIndex, failed: bool, now: u64) -> bool {
        let single = self.is_single();
        let peer = &mut self.peers[usize::from(peer.0)];
        peer.conns -= 1;
        if failed && !single {
            return peer.failed(now);
        }
        peer.succeeded();
        false
    }
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
