//! The keepalive cache: idle connections of a group, found by peer and identity, given up least recently
//! used first.
//!
//! An item is in four lists, so that each question has an answer in constant time: which connection serves
//! this identity ([`ByKey`]), which is the oldest of the peer ([`ByPeer`]), of the group ([`Lru`]), of the
//! worker ([`Total`]). What an idle connection does when it wakes is said above, in `proxy::spare`; here
//! are only the lists.

use crate::base::arena::Arena;
use crate::base::ids::{ConnId, GroupIndex, IdleId, IdleKey, PeerIndex};
use crate::base::list::{Link, Linked, List};
use crate::os::prefetch::prefetch;

use super::busy::Windows;
use super::identity::Identity;
use crate::upstream::counters::Count;
use crate::upstream::peers::Peer;

/// A connection that waits in a cache.
pub struct Idle {
    pub conn: ConnId,
    pub group: GroupIndex,
    pub peer: PeerIndex,
    /// Whom it may serve: a request of the same identity, and no other.
    pub identity: Identity,
    /// Requests that it has carried.
    pub requests: u32,
    /// When it was made.
    pub since: u64,
    total: Link<IdleKey>,
    lru: Link<IdleKey>,
    by_peer: Link<IdleKey>,
    by_key: Link<IdleKey>,
}

/// The list of all items of the worker, the most recently used in front.
pub struct Total;
/// The list of the items of a group, likewise.
pub struct Lru;
/// The list of the items of one peer, likewise.
pub struct ByPeer;
/// The list of the items of one peer and identity, likewise.
pub struct ByKey;

macro_rules! linked {
    ($($tag:ident $link:ident,)+) => { $(
        impl Linked<$tag, IdleKey> for Idle {
            fn link(&mut self) -> &mut Link<IdleKey> {
                &mut self.$link
            }
        }
    )+ };
}
linked! { Total total, Lru lru, ByPeer by_peer, ByKey by_key, }

/// The idle connections of one peer.
#[derive(Default)]
pub struct Shelf {
    all: List<IdleKey, ByPeer>,
    /// Nearly always one; as many as there are local addresses and the like.
    keys: Vec<(Identity, List<IdleKey, ByKey>)>,
}

/// Identities of a peer whose lists stay when they are empty.
const FEW: usize = 8;

/// A group's cache. Times in milliseconds.
#[derive(Default)]
pub struct Cache {
    pub(in crate::upstream) list: List<IdleKey, Lru>,
    /// Connections kept when the group is quiet; 0: none.
    pub cap: u32,
    /// Of one peer; the same as `cap` if not said.
    pub per_server: u32,
    pub timeout: u64,
    pub requests: u32,
    pub time: u64,
    /// What the cap is lifted to while the group is busy.
    pub windows: Windows,
}

/// The idle connections of the worker.
#[derive(Default)]
pub struct Idles {
    pub items: Arena<Idle, IdleKey>,
    list: List<IdleKey, Total>,
    /// `keepalive_total`; `None`: no limit.
    pub cap: Option<u32>,
}

/// What is known of a connection that goes into a cache.
pub struct Kept {
    pub conn: ConnId,
    pub group: GroupIndex,
    pub peer: PeerIndex,
    pub identity: Identity,
    pub requests: u32,
    pub since: u64,
}

impl Cache {
    /// Puts a connection in front. The caller sets its handlers after, and closes what is then too much.
    pub fn push(&mut self, idles: &mut Idles, peers: &mut [Peer], kept: Kept) -> IdleId {
        let Kept { conn, group, peer, identity, requests, since } = kept;
        let id = idles.items.insert(Idle {
            conn,
            group,
            peer,
            identity,
            requests,
            since,
            total: Link::default(),
            lru: Link::default(),
            by_peer: Link::default(),
            by_key: Link::default(),
        });
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

impl Shelf {
    /// The most recently used connection that may serve `identity`.
    pub fn find(&self, identity: Identity) -> Option<IdleId> {
        self.keys.iter().find(|(key, _)| *key == identity)?.1.front()
    }

    /// The one that was used the longest ago, whomever it may serve.
    pub fn oldest(&self) -> Option<IdleId> {
        self.all.back()
    }

    pub fn len(&self) -> u32 {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn of(&mut self, identity: Identity) -> &mut List<IdleKey, ByKey> {
        let at = self.keys.iter().position(|(key, _)| *key == identity).unwrap_or_else(|| {
            self.keys.push((identity, List::default()));
            self.keys.len() - 1
        });
        &mut self.keys[at].1
    }

    /// Where each client has an identity of its own, those that have gone leave no list behind.
    fn tidy(&mut self) {
        if self.keys.len() > FEW {
            self.keys.retain(|(_, list)| !list.is_empty());
        }
    }

    /// The items, after seeing that both lists are whole and hold the same.
    pub fn check(&self, idles: &mut Idles) -> Result<Vec<IdleId>, String> {
        let all = self.all.check(&mut idles.items)?;
        let mut keyed = 0;
        for (identity, list) in &self.keys {
            for id in list.check(&mut idles.items)? {
                keyed += 1;
                if idles.items[id].identity != *identity {
                    return Err(format!("{id:?} is under another identity"));
                }
            }
        }
        if keyed != all.len() {
            return Err(format!("{} idle connections of a peer, {keyed} by identity", all.len()));
        }
        Ok(all)
    }
}

impl Idles {
    pub fn new(cap: Option<u32>) -> Self {
        Self { cap, ..Self::default() }
    }

    /// An item to close, if the worker keeps more than it may.
    pub fn surplus(&self) -> Option<IdleId> {
        let cap = self.cap?;
        if self.list.len() > cap { self.list.back() } else { None }
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
