//! The keepalive cache: idle connections of a group, found by peer and identity, given up least recently
//! used first.
//!
//! An item is in four lists, so that each question has an answer in constant time: which connection serves
//! this identity ([`ByKey`](super::idle::ByKey)), which is the oldest of the peer ([`ByPeer`](super::idle::ByPeer)), of the group ([`Lru`]), of the
//! worker ([`Total`](super::idle::Total)). What an idle connection does when it wakes is in `proxy::pool::idle`; here
//! are only the lists.

use crate::base::ids::{IdleId, IdleKey};
use crate::base::list::List;
use crate::os::prefetch::prefetch;

use super::busy::Windows;
use super::idle::{Idle, Idles, Kept, Lru};
use crate::upstream::counters::Count;
use crate::upstream::peers::Peer;

/// A group's cache. Times in milliseconds.
#[derive(Default)]
pub struct Cache {
    pub(in crate::upstream) list: List<IdleKey, Lru>,
    /// Connections kept when the group is quiet; 0: none.
    pub cap: u32,
    /// Only connections of requests whose script wants it are kept.
    pub on_demand: bool,
    /// Of one peer; the same as `cap` if not said.
    pub per_server: u32,
    pub timeout: u64,
    pub requests: u32,
    pub time: u64,
    /// What the cap is lifted to while the group is busy.
    pub windows: Windows,
}

impl Cache {
    /// Puts a connection in front. The caller sets its handlers after, and closes what is then too much.
    pub fn push(&mut self, idles: &mut Idles, peers: &mut [Peer], kept: Kept) -> IdleId {
        let (peer, identity) = (kept.peer, kept.identity);
        let id = idles.items.insert(Idle::new(kept));
        idles.list.push_front(&mut idles.items, id);
        self.list.push_front(&mut idles.items, id);
        let peer = &mut peers[peer];
        peer.idle.all.push_front(&mut idles.items, id);
        peer.idle.of(identity).push_front(&mut idles.items, id);
        peer.counters.count(Count::Idle);
        id
    }

    /// Takes an item out of all lists and frees it. `None` if it is gone already.
    pub fn remove(&mut self, idles: &mut Idles, peers: &mut [Peer], id: IdleId) -> Option<Idle> {
        let item = idles.items.get(id)?;
        let (peer, identity) = (item.peer, item.identity);
        idles.list.remove(&mut idles.items, id);
        self.list.remove(&mut idles.items, id);
        let peer = &mut peers[peer];
        peer.idle.all.remove(&mut idles.items, id);
        peer.idle.of(identity).remove(&mut idles.items, id);
        peer.idle.tidy();
        peer.counters.less(Count::Idle);
        // The next to be given up is seldom near: most of the others were used since.
        if let Some(next) = self.list.back().and_then(|next| idles.items.get(next)) {
            prefetch(next);
            prefetch(&next.by_key);
        }
        idles.items.remove(id)
    }

    /// An item to close, if the group keeps more than it may now: the least recently used.
    pub fn surplus(&self) -> Option<IdleId> {
        if self.list.len() > self.limit() { self.list.back() } else { None }
    }

    /// How many connections may be kept now: while the group is busy, as many as were busy of late.
    pub fn limit(&self) -> u32 {
        if self.cap == 0 { 0 } else { self.cap.max(self.windows.sum()) }
    }

    /// More are kept than a quiet group keeps: the cap is to be looked at again.
    pub fn is_stretched(&self) -> bool {
        self.list.len() > self.cap
    }

    pub fn len(&self) -> u32 {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The items, after seeing that the list is whole.
    pub fn check(&self, idles: &mut Idles) -> Result<Vec<IdleId>, String> {
        self.list.check(&mut idles.items)
    }
}
