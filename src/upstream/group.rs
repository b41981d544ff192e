//! A group: an `upstream` block, or the implicit one of a `proxy_pass` address.

use crate::base::arena::Arena;
use crate::base::ids::{GroupIndex, IdleKey, PeerIndex};
use crate::os::addr::Addr;

use super::change::{Found, found_peer};
use super::conf;
use super::keepalive::{Cache, Idle};
use super::peers::{Peer, Tried};
use super::round_robin;

pub struct Group {
    pub name: Box<[u8]>,
    pub peers: Vec<Peer>,
    /// How many of the peers are primary; those after them, as far as `live`, are backup.
    pub primary: usize,
    /// Peers from here on have left the group, and wait for those who still name them.
    pub live: usize,
    /// The `server` lines, which a change of addresses goes back to.
    pub lines: Vec<conf::ServerLine>,
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
        let lines = settings.servers.iter().zip(0..);
        let peers = lines.flat_map(|(line, number)| peers_of(line, number)).collect();
        let options = &settings.options;
        let cache = Cache {
            cap: options.keepalive.unwrap_or(conf::DEFAULT_KEEPALIVE),
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
            cache,
        };
        group.arrange();
        group
    }

    /// The group of a literal address that a variable came to: one peer.
    pub fn of_address(addr: Addr) -> Self {
        let name: Box<[u8]> = addr.to_string().into_bytes().into();
        let line = conf::ServerLine::new(&name, vec![addr]);
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
        self.peers[..self.live].iter().filter(|peer| !peer.settings.down).count() as u32
    }

    /// A group of one peer always tries it: there is nothing to go to instead.
    pub fn is_single(&self) -> bool {
        self.live == 1
    }

    /// Picks the next peer and counts its connection; `None`: all are tried, down, disabled or full.
    pub fn pick(&mut self, tried: &mut Tried, now: u64) -> Option<PeerIndex> {
        let picked = if self.is_single() {
            let peer = &self.peers[0];
            let usable = !peer.settings.down && !peer.is_full() && !tried.has(PeerIndex(0));
            usable.then_some(PeerIndex(0))
        } else {
            let (all, primary) = (self.live, self.primary);
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

    /// Primary peers first, then the backup ones, each in the order of the file; last who has left.
    pub(super) fn arrange(&mut self) {
        self.peers.sort_by_key(Peer::place);
        self.live = self.peers.iter().filter(|peer| !peer.gone).count();
        let primary = |peer: &&Peer| !peer.gone && !peer.settings.backup;
        self.primary = self.peers.iter().filter(primary).count();
    }
}

/// Each address of a `server` line is a peer.
fn peers_of(line: &conf::ServerLine, number: u16) -> impl Iterator<Item = Peer> {
    line.addrs.iter().map(move |addr| {
        let found = Found { addr: addr.clone(), weight: None, backup: false };
        Peer { line: number, ..Peer::new(found_peer(line, &found)) }
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
