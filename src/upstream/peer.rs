//! One try: a peer is picked and perhaps a connection of it found (`get`); its outcome is reported (`free`).

use std::rc::Rc;

use crate::base::ids::{ConnId, GroupIndex, PeerIndex};
use crate::base::rng::Rng;
use crate::os::addr::Addr;

use super::counters::Count;
use super::group::Groups;
use super::peers::Tried;
use crate::upstream::balance::hint::{End, Hint};
use crate::upstream::balance::scripted::{Last, Scripted};
use crate::upstream::pool::identity::Identity;
use crate::upstream::pool::idle::Idle;
use crate::upstream::pool::queue::{self, Dial};
use crate::upstream::pool::tls::TlsPeer;

/// How a try ended, for `free`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerState {
    Ok,
    /// Another peer is tried, though this one did not fail.
    Next,
    Failed,
    /// It failed before a connection stood.
    Unreached,
}

/// What `get` found.
pub enum Get {
    /// A live idle connection: write the request at once.
    Done(Idle),
    /// A connection is being made that no request has claimed: wait for it.
    Dial(Dial),
    /// A peer to connect to.
    Ok,
    /// Every peer was tried or is full.
    Busy,
    /// Every peer is down, disabled or unhealthy.
    Unavailable,
    /// So it is, but a place will be free: wait in the queue.
    Wait,
    /// So it is, and the queue is full.
    Overflow,
    /// The script that balances has ended the request with this status.
    End(u16),
}

/// A connection with a server that is wanted, being made, or in use: nginx's `ngx_peer_connection_t`.
#[derive(Default, Debug)]
pub struct PeerConnection {
    pub connection: Option<ConnId>,
    pub group: GroupIndex,
    /// The peer of the try under way.
    pub peer: Option<PeerIndex>,
    /// Tries left, the one under way included.
    pub tries: u32,
    /// When the first try began.
    pub start_time: u64,
    /// The connection came from the cache.
    pub cached: bool,
    /// A connection from the cache has died under this request: it gets no other.
    pub fresh: bool,
    pub local: Option<Box<Addr>>,
    pub tls: Option<Rc<TlsPeer>>,
    /// `local` and `identity` are found out in each try, when its peer is known.
    pub binds_anew: bool,
    /// A script chooses the peer of each try.
    pub scripted: Option<Box<Scripted>>,
    /// Whose connections it may be given.
    pub identity: Identity,
    pub tried: Tried,
    /// What the balancer knows of the request.
    pub hint: Hint,
    /// When the try under way began, and whether the head of a response came.
    pub try_start: u64,
    pub heard: bool,
    /// Requests that the connection carried before this one, and when it was made.
    pub requests: u32,
    pub since: u64,
}

impl PeerConnection {
    /// Ready for another request's tries.
    pub fn reset(&mut self) {
        self.connection = None;
        self.peer = None;
        self.tries = 0;
        self.cached = false;
        self.fresh = false;
        self.local = None;
        self.tls = None;
        self.binds_anew = false;
        self.scripted = None;
        self.identity = Identity::default();
        self.tried.clear();
        self.hint.reset();
        self.requests = 0;
    }
}

/// The balancer, then the cache. Asks no socket, opens none.
///
/// `from_queue`: the request is the one that has waited the longest, and does not wait behind others.
#[inline]
pub fn get(
    groups: &mut Groups,
    pc: &mut PeerConnection,
    rng: &mut Rng,
    now: u64,
    from_queue: bool,
) -> Get {
    match pick(groups, pc, rng, now, from_queue) {
        Ok(()) => find(groups, pc, now),
        Err(none) => none,
    }
}

/// The first half of [`get`]: the balancer picks a peer. The error is what there is in place of one.
///
/// The halves are inlined wherever they are called: no try pays for their being two.
#[inline(always)]
pub fn pick(
    groups: &mut Groups,
    pc: &mut PeerConnection,
    rng: &mut Rng,
    now: u64,
    from_queue: bool,
) -> Result<(), Get> {
    let group = &mut groups[pc.group];
    pc.cached = false;
    pc.connection = None;
    let behind_others = !from_queue && group.others_wait(now);
    let picked = match behind_others {
        true => None,
        false => group.pick(&mut pc.tried, &mut pc.hint, rng, now),
    };
    let Some(at) = picked else {
        if group.queue.most > 0 {
            pc.hint.ask_again();
        }
        let waits = group.queue.most > 0 && (behind_others || group.may_recover(&pc.tried, now));
        return Err(match waits {
            false if group.is_available(&pc.tried, now) => Get::Busy,
            false => Get::Unavailable,
            true if from_queue || !group.queue.is_full() => Get::Wait,
            true => {
                group.counters.count(Count::Overflows);
                Get::Overflow
            }
        });
    };
    pc.try_start = now;
    pc.heard = false;
    pc.peer = Some(at);
    Ok(())
}

/// As [`pick`], for a peer that a script has named.
pub fn pick_on_demand(groups: &mut Groups, pc: &mut PeerConnection, at: PeerIndex, now: u64) {
    pc.cached = false;
    pc.connection = None;
    groups[pc.group].begin_on_demand(at, now);
    pc.try_start = now;
    pc.heard = false;
    pc.peer = Some(at);
}

/// The second half of [`get`]: a connection of the peer that was picked.
#[inline(always)]
pub fn find(groups: &mut Groups, pc: &mut PeerConnection, now: u64) -> Get {
    let Some(at) = pc.peer else { return Get::Busy };
    let Groups { all, idle, dials, .. } = groups;
    let group = &mut all[pc.group.0 as usize];
    let peer = &mut group.peers[at];
    let kept = if pc.fresh { None } else { peer.idle.find(pc.identity) };
    if let Some(id) = kept {
        peer.counters.count(Count::Hits);
        let item = group.cache.remove(idle, &mut group.peers, id).expect("a listed item lives");
        pc.connection = Some(item.conn);
        pc.cached = true;
        pc.requests = item.requests;
        pc.since = item.since;
        return Get::Done(item);
    }
    pc.requests = 0;
    pc.since = now;
    match queue::find_dial(&peer.dials, dials, pc.identity) {
        Some(id) => {
            peer.dials.remove(dials, id);
            peer.count_dialing();
            Get::Dial(dials.remove(id).expect("a listed dial lives"))
        }
        None => Get::Ok,
    }
}

/// Tells the balancer that the head of a response is here.
pub fn heard(groups: &mut Groups, pc: &mut PeerConnection, now: u64) {
    let Some(peer) = pc.peer else { return };
    if !std::mem::replace(&mut pc.heard, true) {
        groups[pc.group].heard(peer, &pc.hint, pc.try_start, now);
    }
}

/// Tells the balancer how the try went. May be called again for the same try: then nothing more happens.
///
/// Returns true if the peer is disabled by this failure.
pub fn free(groups: &mut Groups, pc: &mut PeerConnection, state: PeerState, now: u64) -> bool {
    let Some(peer) = pc.peer.take() else {
        return false;
    };
    pc.tries = pc.tries.saturating_sub(1);
    if let Some(scripted) = &mut pc.scripted {
        scripted.last = Some(match state {
            PeerState::Next => Last::Next,
            // A connection from the cache that has died, too.
            _ => Last::Failed,
        });
    }
    let unreached = state == PeerState::Unreached;
    let failed = unreached || state == PeerState::Failed;
    let well = state == PeerState::Ok;
    let end = End { start: pc.try_start, heard: pc.heard, well, unreached };
    groups[pc.group].done(peer, &pc.hint, failed, end, now)
}
