//! Connections with a peer that exist in all workers, being made, busy or idle: `max_conns` bounds them.
//!
//! A try takes its place among those under way before anything else ([`Zone::begin`]). It may still find that
//! all connections that there may be exist: then some of them serve no request, for the tries are no more than
//! `max_conns`, and there are as many of those as of tries that want to make one. If they are another
//! worker's, it is asked to close one, and the try waits for that. A worker that closes a connection looks whether
//! a try waits, and wakes its worker.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::fence;

use super::Zone;
use super::layout::{HELD, OPEN, ROOM_WIDTH, WANTED};
use super::line::ASKED;
use crate::os::shm::AtomicU64;
use crate::upstream::peers::{NOWHERE, Peer};

const ALL: usize = 0;
const WANTING: usize = 1;

/// In the word of what a worker was asked for: some place of several.
const SEVERAL: u64 = u64::MAX;

/// Which places are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Nothing,
    Place(u32),
    Any,
}

impl Zone {
    /// Its connections are counted, and bounded by this number.
    fn bound_of(&self, peer: &Peer) -> Option<(usize, u64)> {
        let most = peer.most_conns();
        (most != 0 && peer.place != NOWHERE).then(|| (peer.place as usize, most.into()))
    }

    pub fn is_bound(&self, peer: &Peer) -> bool {
        self.bound_of(peer).is_some()
    }

    /// A connection with the peer may be made, and counts from now on. A request that has `waited` goes first.
    pub fn open(&self, peer: &Peer, waited: bool) -> bool {
        let Some((place, most)) = self.bound_of(peer) else { return true };
        let [all, wanting] = self.room(place) else { return true };
        let before = if waited { 0 } else { positive(wanting.load(SeqCst)) };
        let room = |all: u64| (positive(all) + before < most).then_some(all.wrapping_add(1));
        self.together(|| {
            let opens = all.fetch_update(SeqCst, SeqCst, room).is_ok();
            if opens {
                self.note(place, OPEN, 1);
            }
            opens
        })
    }

    /// A connection with the peer is closed: another worker that wants to make one hears of it.
    pub fn closed(&self, peer: &Peer) {
        let Some((place, _)) = self.bound_of(peer) else { return };
        self.together(|| {
            self.note(place, OPEN, -1);
            self.room(place)[ALL].fetch_sub(1, SeqCst);
        });
        self.pass_on(peer);
    }

    /// If there is room, another worker that wants it hears of it.
    pub fn pass_on(&self, peer: &Peer) {
        let Some((place, most)) = self.bound_of(peer) else { return };
        let [all, wanting] = self.room(place) else { return };
        if wanting.load(SeqCst) != 0 && positive(all.load(SeqCst)) < most {
            let wants = |row: &usize| self.ledger(*row, place)[WANTED].load(SeqCst) != 0;
            self.others().filter(wants).take(1).for_each(|row| self.wakers.wake(row));
        }
    }

    /// A try wants a connection to be closed elsewhere, or does so no longer.
    pub fn want(&self, peer: &Peer, wants: bool) {
        let Some((place, _)) = self.bound_of(peer) else { return };
        let change = if wants { 1 } else { -1 };
        self.together(|| {
            self.note(place, WANTED, change);
            self.room(place)[WANTING].fetch_add(change as u64, SeqCst);
        });
    }

    /// More than there may be, with those that want to be made: an idle one is to be closed.
    pub fn is_crowded(&self, peer: &Peer) -> bool {
        let Some((place, most)) = self.bound_of(peer) else { return false };
        // What this worker has just given up is to be seen by those who want it, or they are seen here.
        fence(SeqCst);
        let [all, wanting] = self.room(place) else { return false };
        positive(all.load(SeqCst)) + positive(wanting.load(SeqCst)) > most
    }

    /// That worker could send nothing to the peer unless another closes a connection.
    pub fn lacks_room(&self, peer: &Peer, row: usize) -> bool {
        let Some((place, most)) = self.bound_of(peer) else { return false };
        let all = positive(self.room(place)[ALL].load(SeqCst));
        all >= most && self.spare_of(row, place) <= 0
    }

    /// Another worker that has idle connections with the peer.
    pub fn ask(&self, peer: &Peer) {
        let Some((place, _)) = self.bound_of(peer) else { return };
        let Some(row) = self.others().find(|row| self.spare_of(*row, place) > 0) else { return };
        let asked = &self.seat(row)[ASKED];
        let own = place as u64 + 1;
        if let Err(other) = asked.compare_exchange(0, own, SeqCst, SeqCst) {
            if other != own {
                asked.store(SEVERAL, SeqCst);
            }
        }
        self.wakers.wake(row);
    }

    /// Which places this worker is asked to close a connection of.
    pub fn take_asked(&self) -> Asked {
        let asked = &self.seat(self.worker)[ASKED];
        match if asked.load(SeqCst) == 0 { 0 } else { asked.swap(0, SeqCst) } {
            0 => Asked::Nothing,
            SEVERAL => Asked::Any,
            place => Asked::Place((place - 1) as u32),
        }
    }

    /// Idle connections of that worker.
    pub(super) fn spare_of(&self, row: usize, place: usize) -> i64 {
        let of = |field: usize| self.ledger(row, place)[field].load(SeqCst) as i64;
        of(OPEN) + of(WANTED) - of(HELD)
    }

    pub(super) fn room(&self, place: usize) -> &[AtomicU64] {
        self.words(self.layout.room() + place * ROOM_WIDTH, ROOM_WIDTH)
    }

    /// The rows of other workers, those after this one's first.
    pub(super) fn others(&self) -> impl Iterator<Item = usize> {
        let (own, rows) = (self.worker, self.wakers.rows());
        (own + 1..rows).chain(0..own.min(rows))
    }
}

/// What several take from may be below 0 for a moment.
fn positive(word: u64) -> u64 {
    (word as i64).max(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::balance::balancer::tests::Pool;
    use crate::upstream::balance::method::Method;
    use crate::upstream::conf::{self};

    /// Zones of three workers, and the peer of two connections that they share.
    fn three() -> ([Zone; 3], Peer) {
        let zone = Zone::new("u", &[(0, 7)], 0, &conf::Group::default(), 3).unwrap();
        let mut group = Pool::new(Method::RoundRobin, &["a max_conns=2"]).group;
        ([0, 1, 2].map(|worker| zone.of_worker(worker)), group.peers.remove(0))
    }

    /// A try begins, as `Group::pick` has it.
    fn begin(zone: &Zone, peer: &mut Peer) -> bool {
        zone.pull(peer);
        zone.begin(peer, 1000)
    }

    fn end(zone: &Zone, peer: &mut Peer) {
        zone.pull(peer);
        let seen = super::super::Seen::of(peer);
        peer.conns -= 1;
        zone.push(peer, seen);
    }

    #[test]
    fn an_idle_connection_is_closed_for_another_worker() {
        let ([one, two, three], mut peer) = three();
        for zone in [&one, &three] {
            assert!(begin(zone, &mut peer) && zone.open(&peer, false));
            end(zone, &mut peer);
        }
        assert!(!one.is_crowded(&peer));
        assert!(begin(&two, &mut peer) && !two.open(&peer, false));
        two.want(&peer, true);
        assert!(!two.open(&peer, true));
        two.ask(&peer);
        // The next one is asked, and only that.
        assert!(three.wakers.take_wake(2) && !one.wakers.take_wake(0));
        assert_eq!((one.take_asked(), three.take_asked()), (Asked::Nothing, Asked::Place(0)));
        assert!(three.is_crowded(&peer));
        three.closed(&peer);
        assert!(!three.is_crowded(&peer) && two.wakers.take_wake(1));
        // A request that comes now does not take the place.
        assert!(begin(&three, &mut peer) && !three.open(&peer, false));
        assert!(two.open(&peer, true));
        two.want(&peer, false);
        assert!(!three.open(&peer, true) && one.lacks_room(&peer, 2) && !two.lacks_room(&peer, 0));
    }

    #[test]
    fn the_dead_hold_nothing_and_want_nothing() {
        let ([one, two, three], mut peer) = three();
        for _ in 0..2 {
            assert!(begin(&one, &mut peer) && one.open(&peer, false));
        }
        end(&one, &mut peer);
        assert!(begin(&two, &mut peer) && !two.open(&peer, true));
        two.want(&peer, true);
        assert!(three.is_crowded(&peer));
        three.settle(1);
        assert!(!three.is_crowded(&peer));
        three.settle(0);
        assert!(begin(&three, &mut peer) && begin(&three, &mut peer));
        assert!(three.open(&peer, false) && three.open(&peer, false) && !three.open(&peer, true));
    }

    #[test]
    fn who_is_asked_for_several_looks_at_all() {
        let zone = Zone::new("u", &[(0, 7), (1, 8)], 0, &conf::Group::default(), 2).unwrap();
        let [one, two] = [0, 1].map(|worker| zone.of_worker(worker));
        let mut group = Pool::new(Method::RoundRobin, &["a max_conns=1", "b max_conns=1"]).group;
        for peer in &mut group.peers {
            assert!(begin(&one, peer) && one.open(peer, false));
            end(&one, peer);
            two.ask(peer);
        }
        assert_eq!((one.take_asked(), one.take_asked()), (Asked::Any, Asked::Nothing));
        // One worker that could be asked is this one itself.
        one.ask(&group.peers[0]);
        assert!(!two.wakers.take_wake(1));
    }
}
