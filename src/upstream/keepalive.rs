//! The keepalive cache: idle connections of a group, found by peer and given up least recently used first.
//!
//! Two links an item make both constant time. What an idle connection does when it wakes is said above, in
//! `proxy::release`; here are only the lists.

use crate::base::arena::Arena;
use crate::base::ids::{ConnId, GroupIndex, IdleId, IdleKey, PeerIndex};
use crate::base::list::{Link, Linked, List};

use super::peers::Peer;

/// A connection that waits in a cache.
pub struct Idle {
    pub conn: ConnId,
    pub group: GroupIndex,
    pub peer: PeerIndex,
    /// Requests that it has carried.
    pub requests: u32,
    /// When it was made.
    pub since: u64,
    lru: Link<IdleKey>,
    by_peer: Link<IdleKey>,
}

/// The list of all items of a group, the most recently used in front.
pub struct Lru;
/// The list of the items of one peer, likewise.
pub struct ByPeer;

impl Linked<Lru, IdleKey> for Idle {
    fn link(&mut self) -> &mut Link<IdleKey> {
        &mut self.lru
    }
}
impl Linked<ByPeer, IdleKey> for Idle {
    fn link(&mut self) -> &mut Link<IdleKey> {
        &mut self.by_peer
    }
}

/// A group's cache. Times in milliseconds.
#[derive(Default)]
pub struct Cache {
    pub list: List<IdleKey, Lru>,
    /// Connections kept when the group is quiet; 0: none.
    pub cap: u32,
    pub timeout: u64,
    pub requests: u32,
    pub time: u64,
}

impl Cache {
    /// Puts a connection in front. The caller makes room first and sets the connection's handlers after.
    pub fn push(
        &mut self,
        arena: &mut Arena<Idle, IdleKey>,
        peers: &mut [Peer],
        item: Kept,
    ) -> IdleId {
        let Kept { conn, group, peer, requests, since } = item;
        let (lru, by_peer) = (Link::default(), Link::default());
        let id = arena.insert(Idle { conn, group, peer, requests, since, lru, by_peer });
        self.list.push_front(arena, id);
        peers[usize::from(peer.0)].idle.push_front(arena, id);
        id
    }

    /// Takes an item out of both lists and frees it. `None` if it is gone already.
    pub fn remove(
        &mut self,
        arena: &mut Arena<Idle, IdleKey>,
        peers: &mut [Peer],
        id: IdleId,
    ) -> Option<Idle> {
        let peer = arena.get(id)?.peer;
        self.list.remove(arena, id);
        peers[usize::from(peer.0)].idle.remove(arena, id);
        arena.remove(id)
    }

    /// The item to close if one more comes in, once the cache is full.
    pub fn surplus(&self) -> Option<IdleId> {
        if self.list.len() >= self.cap { self.list.back() } else { None }
    }
}

/// What is known of a connection that goes into a cache.
pub struct Kept {
    pub conn: ConnId,
    pub group: GroupIndex,
    pub peer: PeerIndex,
    pub requests: u32,
    pub since: u64,
}
