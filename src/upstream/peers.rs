//! The servers of a group: weights, failures, connections. Plain data with pure functions over it and `now`.

use std::ops::{Deref, DerefMut, Index, IndexMut};

use crate::base::ids::{DialKey, PeerIndex, UpstreamKey};
use crate::base::list::List;
use crate::os::addr::Addr;
use crate::os::prefetch::prefetch;

use super::counters::Count;
use super::health::Health;
use crate::upstream::balance::times::Times;
use crate::upstream::pool::idle::Shelf;
use crate::upstream::pool::peak::Peak;
use crate::upstream::pool::queue::{Dialing, OfPeer};
use crate::upstream::shared::counters::Counters;

/// What a `server` line says of one address. Times in milliseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerSettings {
    pub addr: Addr,
    /// As in the configuration: `$upstream_last_server_name`.
    pub server: String,
    pub weight: i32,
    /// 0: failures are not counted.
    pub max_fails: u32,
    pub fail_timeout: u64,
    /// 0: no limit.
    pub max_conns: u32,
    /// How long a peer that was disabled takes to come back to its weight; 0: it does at once.
    pub slow_start: u64,
    pub backup: bool,
    pub down: bool,
    /// Only requests that are bound to it by `sticky`.
    pub drain: bool,
    /// What `sticky` knows it by; empty: a sum of its address.
    pub route: Box<[u8]>,
}

/// Which requests the configuration allows at a peer, whatever health checks and failures say of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AdminState {
    Up,
    /// `drain`: only requests that `sticky` binds to it.
    Draining,
    /// `down`: none.
    Down,
    /// Only those that a script sends to its address: it is in no `server` line.
    OnDemand,
    /// None: its name has other addresses now.
    Removed,
}

/// Of many peers the next one to be picked is seldom in the processor's cache: what a pick needs of it, as
/// far as `barred`, is together in one line of that, and what adding up weights needs in the next.
#[repr(C, align(64))]
pub struct Peer {
    /// Tries under way.
    pub conns: u32,
    max_conns: u32,
    pub fails: u32,
    max_fails: u32,
    fail_timeout: u64,
    /// When it last failed or was tried again.
    pub checked: u64,
    pub counters: Counters,
    /// The most that were busy of late.
    pub busy: Peak,
    pub admin: AdminState,
    /// Active checks have found that it is not to be used, in any administrative state.
    pub barred: bool,
    /// When it last failed.
    pub accessed: u64,
    /// Where it is in the group's zone.
    pub place: u32,
    pub current_weight: i64,
    pub effective_weight: i64,
    /// The weight in use, in units.
    pub weight: i64,
    /// It was disabled, and found to be well again: then its slow start began.
    pub recovered: Option<u64>,
    details: Box<Details>,
}

/// What of a peer is not looked at when one is picked among many: apart from it, so that those are near each
/// other.
pub struct Details {
    /// Which of the group's `server` lines it comes from.
    pub line: u16,
    /// What a weight of 1 is: more than 1 where a slow start needs parts of it.
    pub unit: u32,
    /// What active checks have found.
    pub health: Health,
    /// Its connections in the cache.
    pub idle: Shelf,
    /// Requests that wait for a connection of their own to it to come about, the newest first.
    pub dialing: List<UpstreamKey, Dialing>,
    /// Connections being made whose requests were served by another connection, the newest first.
    pub dials: List<DialKey, OfPeer>,
    /// Waits in a row for a reset that did not come.
    pub vain_waits: u8,
    pub settings: Box<PeerSettings>,
    /// The address as text: `$upstream_addr`.
    pub name: Box<str>,
    /// What `sticky` knows it by; empty where there is no `sticky`. Sessions know it by `mark`.
    pub sid: Box<[u8]>,
    pub mark: u64,
    pub times: Times,
}

impl Deref for Peer {
    type Target = Details;
    fn deref(&self) -> &Details {
        &self.details
    }
}
impl DerefMut for Peer {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.details
    }
}

impl Peer {
    /// An address of the `server` line of that number.
    pub fn new(settings: PeerSettings, line: u16) -> Self {
        let details = Details {
            name: settings.addr.to_string().into(),
            line,
            unit: 0,
            sid: Box::default(),
            mark: 0,
            health: Health::default(),
            idle: Shelf::default(),
            dialing: List::default(),
            dials: List::default(),
            vain_waits: 0,
            settings: Box::new(settings),
            times: Times::default(),
        };
        let mut peer = Self {
            place: NOWHERE,
            admin: AdminState::Up,
            barred: false,
            weight: 0,
            current_weight: 0,
            effective_weight: 0,
            conns: 0,
            max_conns: 0,
            fails: 0,
            max_fails: 0,
            fail_timeout: 0,
            accessed: 0,
            checked: 0,
            recovered: None,
            busy: Peak::default(),
            counters: Counters::default(),
            details: Box::new(details),
        };
        peer.take_over();
        peer.scale(1);
        peer
    }

    /// What is asked for often is kept at hand.
    fn take_over(&mut self) {
        let PeerSettings { max_fails, fail_timeout, max_conns, down, drain, .. } = *self.settings;
        self.max_fails = max_fails;
        self.fail_timeout = fail_timeout;
        self.max_conns = max_conns;
        self.admin = match (down, drain) {
            (true, _) => AdminState::Down,
            (false, true) => AdminState::Draining,
            (false, false) => AdminState::Up,
        };
    }

    /// All peers of a group count their weights in the same unit: nginx's own numbers, but for slow starts.
    pub fn scale(&mut self, unit: u32) {
        if self.unit == unit {
            return;
        }
        self.unit = unit;
        self.weight = i64::from(self.settings.weight) * i64::from(unit);
        self.current_weight = 0;
        self.effective_weight = self.weight;
    }

    /// Its line says something else of the same address, or names it again.
    pub fn change(&mut self, settings: PeerSettings) {
        *self.settings = settings;
        self.take_over();
        self.weight = i64::from(self.settings.weight) * i64::from(self.unit);
        self.effective_weight = self.weight;
    }

    /// From now on scripts may name it.
    pub fn come_on_demand(&mut self) {
        self.admin = AdminState::OnDemand;
    }

    /// Nothing more is sent to it.
    pub fn leave(&mut self) {
        self.admin = AdminState::Removed;
    }

    /// Where it stands among the peers of its group.
    pub fn place(&self) -> (bool, bool, u16) {
        (!self.is_member(), self.settings.backup, self.line)
    }

    /// No failure of it is remembered, and it is not in a slow start.
    pub fn is_spotless(&self) -> bool {
        self.fails == 0 && self.effective_weight == self.weight && self.recovered.is_none()
    }

    /// May be tried now: neither down, nor failed of late, nor full, nor found unhealthy.
    pub fn is_usable(&self, now: u64) -> bool {
        self.takes_part() && !self.barred && !self.is_full() && !self.is_disabled(now)
    }

    /// As `is_usable`, for a request that `sticky` binds to this peer.
    pub fn is_usable_if_bound(&self, now: u64) -> bool {
        self.takes_bound() && !self.barred && !self.is_full() && !self.is_disabled(now)
    }

    /// Any request may be sent to it.
    pub fn takes_part(&self) -> bool {
        self.admin == AdminState::Up
    }

    /// A request that `sticky` binds to it may be sent to it.
    pub fn takes_bound(&self) -> bool {
        self.admin <= AdminState::Draining
    }

    /// One of the peers of `server` lines, among which balancers choose.
    pub fn is_member(&self) -> bool {
        self.admin <= AdminState::Down
    }

    /// Its address is no longer one of its line's.
    pub fn is_removed(&self) -> bool {
        self.admin == AdminState::Removed
    }

    /// How many tries may be under way; 0: none, whatever happens.
    pub fn limit(&self) -> u32 {
        match (self.takes_part(), self.max_conns) {
            (false, _) => 0,
            (true, 0) => u32::MAX,
            (true, most) => most,
        }
    }

    /// `max_conns`; 0: no limit.
    pub fn most_conns(&self) -> u32 {
        self.max_conns
    }

    pub fn is_full(&self) -> bool {
        self.max_conns != 0 && self.conns >= self.max_conns
    }

    /// Connections with it that exist or are being made: what `max_conns` bounds.
    pub fn connections(&self) -> u32 {
        self.conns + self.idle.len() + self.dials.len()
    }

    /// The number of connections that are being made has changed.
    pub fn count_dialing(&mut self) {
        self.counters.set(Count::Dialing, self.dialing.len().into());
        self.counters.set(Count::Spare, self.dials.len().into());
    }

    /// More connections than `max_conns`: an idle one is to be closed.
    pub fn is_crowded(&self) -> bool {
        self.max_conns != 0 && self.connections() > self.max_conns
    }

    /// When it may be tried again, if only that keeps it from being usable.
    pub fn recovers(&self, now: u64) -> Option<u64> {
        self.is_disabled(now).then(|| self.checked + self.fail_timeout + 1)
    }

    /// Another worker may have done so after this turn began.
    fn since_checked(&self, now: u64) -> u64 {
        now.saturating_sub(self.checked)
    }

    /// `max_fails` was reached within `fail_timeout`.
    fn is_disabled(&self, now: u64) -> bool {
        self.max_fails != 0
            && self.fails >= self.max_fails
            && self.since_checked(now) <= self.fail_timeout
    }

    /// Neither failures nor a slow start will change how it takes part without a further event.
    pub fn is_plain(&self, now: u64) -> bool {
        self.effective_weight == self.weight
            && (self.max_fails == 0 || self.fails < self.max_fails)
            && self.weight_now(now) == self.weight
    }

    /// The weight, or what a slow start allows of it so far.
    pub fn weight_now(&self, now: u64) -> i64 {
        match self.recovered.map(|at| now.saturating_sub(at)) {
            Some(passed) if passed < self.settings.slow_start => {
                let part = i128::from(self.weight) * i128::from(passed);
                (part / i128::from(self.settings.slow_start)) as i64
            }
            _ => self.weight,
        }
    }

    /// Takes part in a turn of round robin: gains what it weighs, which is returned, and forgets a
    /// little of its failures.
    pub fn gain(&mut self, now: u64) -> i64 {
        let gained = match self.recovered {
            None => self.effective_weight,
            Some(_) => self.effective_weight.min(self.weight_now(now)),
        };
        self.current_weight += gained;
        if self.effective_weight < self.weight {
            self.effective_weight = (self.effective_weight + i64::from(self.unit)).min(self.weight);
        }
        gained
    }

    /// It is going to be picked soon.
    pub fn prefetch(&self) {
        prefetch(self);
    }

    /// Sooner still: what was asked for then is here.
    pub fn prefetch_counters(&self) {
        self.counters.prefetch();
    }

    /// A try begins.
    pub fn picked(&mut self, now: u64) {
        self.conns += 1;
        if self.since_checked(now) > self.fail_timeout {
            self.checked = now;
        }
    }

    /// Counts a failure. True if the peer is disabled by it.
    pub fn failed(&mut self, now: u64) -> bool {
        self.fails = self.fails.saturating_add(1);
        self.accessed = now;
        self.checked = now;
        let PeerSettings { max_fails, weight, .. } = *self.settings;
        if max_fails != 0 {
            let part = i64::from(weight) / i64::from(max_fails);
            self.effective_weight = (self.effective_weight - part * i64::from(self.unit)).max(0);
        }
        max_fails != 0 && self.fails >= max_fails
    }

    /// A try went well: if it was the probe after a failure, the failures are forgotten.
    pub fn succeeded(&mut self, now: u64) {
        if self.fails == 0 || self.accessed >= self.checked {
            return;
        }
        let PeerSettings { max_fails, slow_start, .. } = *self.settings;
        if slow_start > 0 && max_fails != 0 && self.fails >= max_fails {
            self.recovered = Some(now);
        }
        self.fails = 0;
        self.health.unreached = 0;
    }

    /// Checks have reached it since it could not be reached: failures of that kind are forgotten, others are not. True:
    /// they had disabled it.
    pub fn reached(&mut self, now: u64) -> bool {
        let was_disabled = self.is_disabled(now);
        let PeerSettings { max_fails, weight, slow_start, .. } = *self.settings;
        let forgotten = std::mem::take(&mut self.health.unreached).min(self.fails);
        let had_enough = max_fails != 0 && self.fails >= max_fails;
        self.fails -= forgotten;
        if max_fails != 0 {
            let part = i64::from(weight) / i64::from(max_fails) * i64::from(self.unit);
            let regained = part.saturating_mul(i64::from(forgotten));
            self.effective_weight = (self.effective_weight + regained).min(self.weight);
        }
        if slow_start > 0 && had_enough && self.fails < max_fails {
            self.recovered = Some(now);
        }
        was_disabled && !self.is_disabled(now)
    }
}

const _: () = assert!(std::mem::offset_of!(Peer, barred) < 64 && size_of::<Peer>() == 128);

/// A vector of peers, or a slice of it from the first on, by the number that the group gives a peer.
macro_rules! by_peer_index {
    ($($list:ty),+) => {$(
        impl Index<PeerIndex> for $list {
            type Output = Peer;
            fn index(&self, PeerIndex(at): PeerIndex) -> &Peer {
                &self[usize::from(at)]
            }
        }
        impl IndexMut<PeerIndex> for $list {
            fn index_mut(&mut self, PeerIndex(at): PeerIndex) -> &mut Peer {
                &mut self[usize::from(at)]
            }
        }
    )+};
}
by_peer_index!([Peer], Vec<Peer>);

/// The `place` of a peer that is not in the zone: there was no room for it.
pub const NOWHERE: u32 = u32::MAX;

/// What a weight of 1 is in a group with a slow start.
pub const SLOW_UNIT: u32 = 1000;

/// Which peers a request has tried: the first few by name, any number as bits.
#[derive(Clone, Default, Debug)]
pub struct Tried {
    few: [u16; FEW],
    len: u16,
    /// All of them, once there are more, which is rare.
    #[expect(clippy::box_collection, reason = "one word in place of three")]
    bits: Option<Box<Vec<u64>>>,
}

/// Most requests try one peer; a bit for each of thousands would cost more than the rest of a pick.
const FEW: usize = 3;

impl Tried {
    pub fn has(&self, peer: PeerIndex) -> bool {
        self.len > 0 && self.has_it(peer)
    }

    fn has_it(&self, peer: PeerIndex) -> bool {
        let (word, bit) = (usize::from(peer.0) / 64, peer.0 % 64);
        match &self.bits {
            None => self.few[..usize::from(self.len)].contains(&peer.0),
            Some(bits) => bits.get(word).is_some_and(|bits| bits >> bit & 1 == 1),
        }
    }

    pub fn set(&mut self, peer: PeerIndex) {
        if self.has(peer) {
            return;
        }
        let len = usize::from(self.len);
        if len < FEW {
            self.few[len] = peer.0;
            self.len += 1;
            return;
        }
        let (few, known) = (self.few, self.bits.is_some());
        let bits = self.bits.get_or_insert_default();
        let few = few.into_iter().filter(|_| !known);
        for peer in few.chain([peer.0]) {
            let (word, bit) = (usize::from(peer) / 64, peer % 64);
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            bits[word] |= 1 << bit;
        }
    }

    /// The peers have been numbered anew.
    pub fn renumber(&mut self, moved: &[Option<PeerIndex>]) {
        let old = std::mem::take(self);
        for (at, new) in moved.iter().enumerate() {
            if let Some(new) = new.filter(|_| old.has(PeerIndex(at as u16))) {
                self.set(new);
            }
        }
    }

    /// It may be tried again.
    pub fn remove(&mut self, peer: PeerIndex) {
        let old = std::mem::take(self);
        match &old.bits {
            None => {
                let few = old.few[..usize::from(old.len)].iter().filter(|it| **it != peer.0);
                few.for_each(|it| self.set(PeerIndex(*it)));
            }
            Some(bits) => {
                let all = (0..).take(bits.len() * 64).map(PeerIndex);
                all.filter(|it| *it != peer && old.has(*it)).for_each(|it| self.set(it));
            }
        }
    }

    pub fn clear(&mut self) {
        self.len = 0;
        self.bits = None;
    }

    /// None was tried since `clear`.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_tried_may_be_tried_again() {
        for count in [1, 3, 4, 200] {
            for gone in [0, count / 2, count - 1, count] {
                let mut tried = Tried::default();
                (0..count).for_each(|peer| tried.set(PeerIndex(peer)));
                tried.remove(PeerIndex(gone));
                for peer in 0..count + 1 {
                    assert_eq!(tried.has(PeerIndex(peer)), peer < count && peer != gone);
                }
                assert_eq!(tried.is_empty(), count == 1 && gone == 0);
            }
        }
    }
}
