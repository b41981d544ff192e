//! Requests that wait: for a place at a peer (`queue`), or for a connection that is being made.
//!
//! First come, first served. Waiters are upstream tasks, threaded through a link of their own; a task is in
//! one list at the most.

use crate::base::arena::Arena;
use crate::base::ids::{ConnId, DialId, DialKey, GroupIndex, PeerIndex, UpstreamId, UpstreamKey};
use crate::base::list::{Link, Linked, List};

use super::identity::Identity;

/// The list of a group's requests that wait for a place.
pub struct Waiting;
/// The list of a peer's requests whose own connection is being made.
pub struct Dialing;
/// The list of a peer's connections that are being made and that no request has claimed.
pub struct OfPeer;

/// What a task waits for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Waits {
    #[default]
    No,
    /// In the group's queue.
    Queued,
    /// For its own connection, or for one that is free before.
    Dialing,
    /// For another worker to close a connection, so that it can make its own.
    Room,
}

/// A group's queue.
#[derive(Default)]
pub struct Queue {
    /// The newest in front: the one to be served next, which has waited the longest, is at the back.
    pub list: List<UpstreamKey, Waiting>,
    /// `queue N`; 0: requests do not wait.
    pub most: u32,
    /// ms
    pub timeout: u64,
    /// When the queue will next be looked at by itself; 0: not at all.
    pub wake: u64,
    /// From when on that is needed whatever is reported; before, it is looked at only in case that a free
    /// connection was not reported.
    pub due: u64,
    /// When it was last looked at.
    pub looked: u64,
    /// It is to be looked at in this turn.
    pub posted: bool,
    /// The oldest request has left since the last look: an invitation may have been for that one.
    pub moved: bool,
    /// Requests that have a place, but wait for another worker to close a connection.
    pub for_room: Vec<UpstreamId>,
}

impl Queue {
    /// A request waits here, for a place or for room.
    pub fn is_awaited(&self) -> bool {
        !self.list.is_empty() || !self.for_room.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.list.len() >= self.most
    }
}

/// A connection that is being made and that no request has claimed: once established it is an idle one.
pub struct Dial {
    pub conn: ConnId,
    pub group: GroupIndex,
    pub peer: PeerIndex,
    pub identity: Identity,
    pub since: u64,
    link: Link<DialKey>,
}

impl Linked<OfPeer, DialKey> for Dial {
    fn link(&mut self) -> &mut Link<DialKey> {
        &mut self.link
    }
}

impl Dial {
    pub fn new(conn: ConnId, group: GroupIndex, peer: PeerIndex, identity: Identity) -> Self {
        Self { conn, group, peer, identity, since: 0, link: Link::default() }
    }
}

/// A dial of the list that may serve `identity`.
pub fn find_dial(
    list: &List<DialKey, OfPeer>,
    arena: &mut Arena<Dial, DialKey>,
    identity: Identity,
) -> Option<DialId> {
    let mut at = list.back();
    while let Some(id) = at {
        if arena[id].identity == identity {
            return Some(id);
        }
        at = list.before(arena, id);
    }
    None
}

/// The entry of a list of tasks that has waited the longest and passes a test.
pub fn longest<T, Tag>(
    list: &List<UpstreamKey, Tag>,
    arena: &mut Arena<T, UpstreamKey>,
    test: impl Fn(&T) -> bool,
) -> Option<UpstreamId>
where
    T: Linked<Tag, UpstreamKey>,
{
    let mut at = list.back();
    while let Some(id) = at {
        if test(&arena[id]) {
            return Some(id);
        }
        at = list.before(arena, id);
    }
    None
}
