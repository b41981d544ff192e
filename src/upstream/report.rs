//! What each group and each of its peers has done and holds, in all workers: the counters, by name, as a value.
//!
//! A peer is known by its address: two `server` lines of one address are one row, and so is a peer that has
//! left and come back.

use std::collections::HashMap;

use super::counters::{Count, Counts, Disposition, HandshakeFailure, Undecided};
use super::group::{Group, Groups};
use super::peers::Peer;

pub struct GroupReport {
    pub name: Box<[u8]>,
    pub counters: Counts,
    pub peers: Vec<PeerReport>,
}

pub struct PeerReport {
    /// The address, and the `server` line's word for it.
    pub name: Box<str>,
    pub server: Box<str>,
    pub backup: bool,
    pub state: State,
    /// Connections that exist now.
    pub idle: u64,
    pub busy: u64,
    pub dialing: u64,
    pub counters: Counts,
}

/// Whether requests may be sent to a peer now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    Up,
    /// As many connections as `max_conns`.
    Full,
    /// `drain`
    Draining,
    /// `max_fails` was reached, and `fail_timeout` is not over.
    Disabled,
    /// Active checks have not found it well.
    Unhealthy,
    Down,
    /// Its name has other addresses now.
    Gone,
}

impl State {
    fn of(peer: &Peer, now: u64) -> Self {
        match peer {
            _ if peer.is_removed() => Self::Gone,
            _ if !peer.is_member() => Self::Up,
            _ if !peer.takes_bound() => Self::Down,
            _ if peer.barred => Self::Unhealthy,
            _ if peer.recovers(now).is_some() => Self::Disabled,
            _ if !peer.takes_part() => Self::Draining,
            _ if peer.is_full() => Self::Full,
            _ => Self::Up,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Full => "full",
            Self::Draining => "draining",
            Self::Disabled => "disabled",
            Self::Unhealthy => "unhealthy",
            Self::Down => "down",
            Self::Gone => "gone",
        }
    }
}

/// A number of a peer, and its name, which users' tools rely on.
pub type Named<T> = (&'static str, fn(&T) -> u64);

/// Of a group what is the case now: requests that wait for a place.
pub static WAITING: Named<GroupReport> = ("waiting", |it| it.counters[Count::Waiting]);

/// Of a group the requests that were refused: the queue was full, or its time over; every server was full or tried;
/// none could be asked.
pub static REFUSED: [Named<GroupReport>; 4] = [
    ("overflows", |it| it.counters[Count::Overflows]),
    ("timeouts", |it| it.counters[Count::Timeouts]),
    ("busy", |it| it.counters[Count::NoneFree]),
    ("unavailable", |it| it.counters[Count::Unavailable]),
];

/// What is the case now.
pub static PRESENT: [Named<PeerReport>; 3] =
    [("idle", |it| it.idle), ("busy", |it| it.busy), ("dialing", |it| it.dialing)];

/// What has been counted, but for the reasons.
pub static COUNTED: [Named<Counts>; 19] = [
    ("tries", |it| it[Count::Tries]),
    ("hits", |it| it[Count::Hits]),
    ("dials", |it| it[Count::Dials]),
    ("dial_failures", |it| it[Count::DialFailures]),
    ("late", |it| it[Count::Late]),
    ("kept", |it| it[Count::Kept]),
    ("stale_replays", |it| it[Count::StaleReplays]),
    ("never_sent_replays", |it| it[Count::NeverSentReplays]),
    ("undelivered_replays", |it| it[Count::UndeliveredReplays]),
    ("undecided", |it| it.undecided().map(|(_, count)| count).sum()),
    ("evicted", |it| it[Count::Evicted]),
    ("expired", |it| it[Count::Expired]),
    ("closed_idle", |it| it[Count::ClosedIdle]),
    ("waited", |it| it[Count::Waited]),
    ("wait_ms", |it| it[Count::WaitMs]),
    ("denied", |it| it[Count::Denied]),
    ("handshakes", |it| it[Count::Handshakes]),
    ("resumed", |it| it[Count::Resumed]),
    ("handshake_failures", |it| it.handshake_failures().map(|(_, count)| count).sum()),
];

impl Counts {
    /// How many connections were not kept, for each reason that there is.
    pub fn not_kept(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let reasons =
            Disposition::ALL.iter().filter(|disposition| **disposition != Disposition::Kept);
        reasons.map(|&disposition| (disposition.as_str(), self.of(disposition)))
    }

    /// How many requests were not sent again for want of a proof, for each thing that can be in its way.
    pub fn undecided(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Undecided::ALL.iter().map(|&reason| (reason.as_str(), self.of(reason)))
    }

    /// How many handshakes of TLS did not end well, for each reason that there is.
    pub fn handshake_failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        HandshakeFailure::ALL.iter().map(|&reason| (reason.as_str(), self.of(reason)))
    }
}

/// Every group that requests can still reach, or that still counts something.
pub fn of(groups: &Groups, now: u64) -> Vec<GroupReport> {
    let mut reports: Vec<GroupReport> = vec![];
    let mut places: HashMap<(&[u8], &str), (usize, usize)> = HashMap::new();
    let mut named: HashMap<&[u8], usize> = HashMap::new();
    for group in &groups.all {
        let at = *named.entry(&group.name).or_insert_with(|| {
            reports.push(GroupReport::of(group));
            reports.len() - 1
        });
        let report = &mut reports[at];
        report.counters += group.counters.sums();
        for peer in &group.peers {
            let it = PeerReport::of(peer, now);
            match places.get(&(&*group.name, &*peer.name)) {
                Some(&(_, place)) => report.peers[place].add(&it),
                None => {
                    places.insert((&group.name, &peer.name), (at, report.peers.len()));
                    report.peers.push(it);
                }
            }
        }
    }
    reports
}

impl GroupReport {
    fn of(group: &Group) -> Self {
        Self { name: group.name.clone(), counters: Counts::default(), peers: vec![] }
    }
}

impl PeerReport {
    fn of(peer: &Peer, now: u64) -> Self {
        let counters = peer.counters.sums();
        Self {
            name: peer.name.clone(),
            server: peer.settings.server.as_str().into(),
            backup: peer.settings.backup,
            state: State::of(peer, now),
            idle: counters[Count::Idle],
            // Of other workers the one may be seen without the other.
            busy: counters[Count::Busy].saturating_sub(counters[Count::Dialing]),
            dialing: counters[Count::Dialing] + counters[Count::Spare],
            counters,
        }
    }

    /// The same address once more: the better state counts.
    fn add(&mut self, other: &Self) {
        self.backup &= other.backup;
        self.state = self.state.min(other.state);
        self.idle += other.idle;
        self.busy += other.busy;
        self.dialing += other.dialing;
        self.counters += other.counters;
    }
}
