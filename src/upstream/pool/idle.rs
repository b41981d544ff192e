//! Idle connections and the lists that they are in: of a peer, of the worker.

use crate::base::arena::Arena;
use crate::base::ids::{ConnId, GroupIndex, IdleId, IdleKey, PeerIndex};
use crate::base::list::{Link, Linked, List};

use super::identity::Identity;

/// What is known of a connection that goes into a cache.
pub struct Kept {
    pub conn: ConnId,
    pub group: GroupIndex,
    pub peer: PeerIndex,
    pub identity: Identity,
    pub requests: u32,
    pub since: u64,
    /// How long it may be idle; `None`: as long as others of its group.
    pub timeout: Option<u64>,
}

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
    pub(super) total: Link<IdleKey>,
    pub(super) lru: Link<IdleKey>,
    pub(super) by_peer: Link<IdleKey>,
    pub(super) by_key: Link<IdleKey>,
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

impl Idle {
    /// In no list yet.
    pub(super) fn new(kept: Kept) -> Self {
        let Kept { conn, group, peer, identity, requests, since, timeout: _ } = kept;
        Self {
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
        }
    }
}

/// The idle connections of one peer.
#[derive(Default)]
pub struct Shelf {
    pub(super) all: List<IdleKey, ByPeer>,
    /// Nearly always one; as many as there are local addresses and the like.
    keys: Vec<(Identity, List<IdleKey, ByKey>)>,
}

/// Identities of a peer whose lists stay when they are empty.
const FEW: usize = 8;

/// The idle connections of the worker.
#[derive(Default)]
pub struct Idles {
    pub items: Arena<Idle, IdleKey>,
    pub(super) list: List<IdleKey, Total>,
    /// `keepalive_total`; `None`: no limit.
    pub cap: Option<u32>,
}

impl Shelf {
    /// The most recently used connection that may serve `identity`.
    pub fn find(&self, identity: Identity) -> Option<IdleId> {
        self.keys.iter().find(|(key, _)| *key == identity)?.1.front()
    }

    /// The least recently used one, of any identity.
    pub fn oldest(&self) -> Option<IdleId> {
        self.all.back()
    }

    pub fn len(&self) -> u32 {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn of(&mut self, identity: Identity) -> &mut List<IdleKey, ByKey> {
        let at = self.keys.iter().position(|(key, _)| *key == identity).unwrap_or_else(|| {
            self.keys.push((identity, List::default()));
            self.keys.len() - 1
        });
        &mut self.keys[at].1
    }

    /// Where each client has an identity of its own, those that have gone leave no list behind.
    pub(super) fn tidy(&mut self) {
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
