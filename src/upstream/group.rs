//! A group: an `upstream` block, or the implicit one of a `proxy_pass` address.

use crate::base::arena::Arena;
use crate::base::ids::{GroupIndex, IdleKey, PeerIndex};

use crate::os::addr::Addr;

use super::conf;
use super::keepalive::{Cache, Idle};
use super::peers::{Peer, PeerSettings, Tried};
use super::round_robin;

pub struct Group {
    pub name: Box<[u8]>,
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
    pub fn new(settings: &conf::Group) -> Self {
        let mut peers: Vec<_> = settings.servers.iter().flat_map(peers_of).collect();
        // Primary peers first, then the backup ones, each in the order of the file.
        peers.sort_by_key(|peer| peer.settings.backup);
        let primary = peers.iter().filter(|peer| !peer.settings.backup).count();
        let options = &settings.options;
        let cache = Cache {
            cap: options.keepalive.unwrap_or(conf::DEFAULT_KEEPALIVE),
            timeout: options.keepalive_timeout,
            requests: options.keepalive_requests,
            time: options.keepalive_time,
            ..Cache::default()
        };
        Self { name: settings.name.clone(), peers, primary, cache }
    }

    /// The group of a literal address that a variable came to: one peer.
    pub fn of_address(addr: Addr) -> Self {
        let name: Box<[u8]> = addr.to_string().into_bytes().into();
        let line = conf::ServerLine {
            name: name.clone(),
            addrs: vec![addr],
            weight: 1,
            max_fails: 1,
            fail_timeout: 10_000,
            max_conns: 0,
            backup: false,
            down: false,
        };
        Self::new(&conf::Group {
            name,
            port: None,
            servers: vec![line],
            options: conf::GroupOptions::default(),
            explicit: false,
        })
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

/// Each address of a `server` line is a peer.
fn peers_of(line: &conf::ServerLine) -> impl Iterator<Item = Peer> {
    line.addrs.iter().map(|addr| {
        Peer::new(PeerSettings {
            addr: addr.clone(),
            server: String::from_utf8_lossy(&line.name).into_owned(),
            weight: i32::try_from(line.weight).unwrap_or(i32::MAX),
            max_fails: line.max_fails,
            fail_timeout: line.fail_timeout,
            max_conns: line.max_conns,
            backup: line.backup,
            down: line.down,
        })
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
