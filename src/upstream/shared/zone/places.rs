//! Places of peers that names come to: each is found by its address. One that no worker has a peer in any more
//! keeps what is known of it, and is another's when there is no free one.
//!
//! A place changes hands in several steps, in which no other worker may take it for what it was or for what it
//! will be: so workers look for places one at a time. Who looks stands in a word; the master takes a dead one
//! out of it, and one that is stopped there is not waited for: then a peer does without a place, and another is
//! looked for when its name is next looked up.

use std::collections::HashMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::layout::{CONNS, HELD, KEY, OPEN, USED};
use super::{Zone, key_of, name_of};
use crate::upstream::peers::{NOWHERE, Peer};
use crate::upstream::shared::gauge::add;

/// In the line of the whole group: the row of the worker that looks for places, from 1; 0: none does.
const LOOKS: usize = 17;

/// How often it is tried to be the one who looks.
const TRIES: u32 = 1000;

/// What a place is known by, and the address in short.
pub(super) type Key = (u64, u64);

impl Zone {
    /// Gives peers that are not in the file their places, as far as there are any.
    pub fn find_places<'a>(&self, peers: impl Iterator<Item = &'a mut Peer>) {
        let peers: Vec<&mut Peer> = peers.collect();
        let key = |peer: &&mut Peer| {
            let name = name_of(&peer.settings.addr);
            (key_of(peer.line, name), name)
        };
        let wanted: Vec<Key> = peers.iter().map(key).collect();
        for (peer, place) in peers.into_iter().zip(self.claim(&wanted)) {
            if let Some(place) = place {
                peer.place = place as u32;
                self.bring(peer);
            }
        }
    }

    /// The places of these keys; each is used once more by this worker.
    pub(super) fn claim(&self, wanted: &[Key]) -> Vec<Option<usize>> {
        let mut found = vec![None; wanted.len()];
        if !wanted.is_empty() {
            self.look(|| self.find(wanted, &mut found));
        }
        found
    }

    /// No other worker looks for places meanwhile.
    fn look(&self, find: impl FnOnce()) {
        let looks = &self.memory[LOOKS];
        let own = self.worker as u64 + 1;
        for _ in 0..TRIES {
            if looks.compare_exchange(0, own, Acquire, Relaxed).is_ok() {
                find();
                return looks.store(0, Release);
            }
            std::thread::yield_now();
        }
    }

    /// The worker is gone, and looks no longer.
    pub(super) fn stop_looking(&self, worker: usize) {
        let _ = self.memory[LOOKS].compare_exchange(worker as u64 + 1, 0, Release, Relaxed);
    }

    fn find(&self, wanted: &[Key], found: &mut [Option<usize>]) {
        let places = || self.layout.fixed..self.layout.places;
        let key = |place: usize| self.state(place)[KEY].load(Relaxed);
        let mut known: HashMap<u64, usize> = places().map(|place| (key(place), place)).collect();
        // First those that are known, so that their places are not given away.
        for ((wanted, _), found) in wanted.iter().zip(&mut *found) {
            *found = known.get(wanted).copied();
            found.iter().for_each(|place| self.use_place(*place, 1));
        }
        let free = places().filter(|&place| key(place) == 0);
        // Others may cease to use one now, but none begins to.
        let unused = places().filter(|&place| self.users(place).load(Acquire) == 0);
        let mut vacant = free.chain(unused);
        for ((wanted, name), found) in wanted.iter().zip(found).filter(|it| it.1.is_none()) {
            let place = known.get(wanted).copied().or_else(|| {
                let place = vacant.next()?;
                self.forget(place);
                self.name_of(place).store(*name, Relaxed);
                self.state(place)[KEY].store(*wanted, Release);
                known.insert(*wanted, place);
                Some(place)
            });
            place.iter().for_each(|place| self.use_place(*place, 1));
            *found = place;
        }
    }

    /// The peer is gone here; what is known of it stays for as long as there is room.
    pub fn release(&self, place: u32) {
        let place = place as usize;
        if (self.layout.fixed..self.layout.places).contains(&place) {
            self.use_place(place, -1);
        }
    }

    fn use_place(&self, place: usize, change: i64) {
        self.together(|| {
            add(self.users(place), change);
            self.note(place, USED, change);
        });
    }

    /// No worker has a peer there. The key is cleared first: a worker that dies here leaves a free place.
    fn forget(&self, place: usize) {
        self.state(place)[KEY].store(0, Relaxed);
        self.state(place)[CONNS..KEY].iter().for_each(|it| it.store(0, Release));
        self.conns_word(place).store(0, Release);
        self.room(place).iter().for_each(|it| it.store(0, Release));
        self.marks(place).iter().for_each(|it| it.store(0, Release));
        self.tell(place);
    }

    /// What this worker has of a peer that had no place until now counts for all.
    fn bring(&self, peer: &Peer) {
        if peer.place == NOWHERE || peer.connections() == 0 {
            return;
        }
        let place = peer.place as usize;
        let (tries, open) = (peer.conns.into(), peer.connections().into());
        self.together(|| {
            add(self.conns_word(place), tries);
            self.note(place, HELD, tries);
        });
        if peer.most_conns() != 0 {
            self.together(|| {
                add(self.sum(place, OPEN), open);
                self.note(place, OPEN, open);
            });
        }
        self.tell(place);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::super::layout::{ACCESSED, FAILS};
    use super::*;
    use crate::base::rng::Rng;
    use crate::os::sim::lanes::{Lanes, next};
    use crate::upstream::balance::hint::{End, Hint};
    use crate::upstream::change::Found;
    use crate::upstream::conf;
    use crate::upstream::group::Group;
    use crate::upstream::peers::Tried;

    fn zone(room: usize, workers: usize) -> Zone {
        Zone::new("u", &[(0, 7)], room, &conf::Group::default(), workers).unwrap()
    }

    fn claim(zone: &Zone, key: u64) -> Option<usize> {
        zone.claim(&[(key, key - 10)])[0]
    }

    #[test]
    fn peers_of_names_are_known_by_their_addresses() {
        let zone = zone(2, 2);
        let two = zone.of_worker(1);
        let (first, second) = (claim(&zone, 11).unwrap(), claim(&zone, 12).unwrap());
        assert_eq!((first, second, claim(&zone, 13)), (1, 2, None));
        assert_eq!(claim(&two, 11), Some(first));
        zone.state(first)[FAILS].store(5, Relaxed);
        zone.release(first as u32);
        assert_eq!(claim(&zone, 13), None, "another worker has a peer there");
        // It dies: the place is another's, who knows nothing of what was there.
        zone.settle(1);
        assert_eq!(claim(&zone, 13), Some(first));
        assert_eq!(zone.state(first)[FAILS].load(Relaxed), 0);
        assert_eq!((claim(&zone, 12), claim(&zone, 11)), (Some(second), None));
        assert_eq!(zone.claim(&[(14, 4), (13, 3)]), [None, Some(first)]);
    }

    #[test]
    fn who_is_stopped_while_it_looks_is_not_waited_for() {
        let zone = zone(2, 2);
        zone.memory[LOOKS].store(2, Relaxed);
        assert_eq!(claim(&zone, 11), None);
        zone.settle(0);
        assert_eq!(claim(&zone, 11), None);
        zone.settle(1);
        assert_eq!(claim(&zone, 11), Some(1));
    }

    /// Workers come and go between any two steps of one another, and one dies there.
    #[test]
    fn a_place_is_one_peer_s_and_a_peer_s_place_is_one() {
        for seed in 0..100 {
            let mut rng = Rng::new(seed);
            let zone = zone(3, 3);
            // By their keys: where they are, and how many workers have a peer there.
            let all: Mutex<BTreeMap<u64, (usize, u32)>> = Mutex::default();
            let lanes = Lanes::new(rng.word(), 3, [1, 2, 5][rng.below(3) as usize]);
            let had = |key: u64, place: usize| {
                let mut all = all.lock().unwrap();
                let (at, users) = all.get(&key).copied().unwrap_or((place, 0));
                let other = all.iter().find(|it| *it.0 != key && it.1.0 == place);
                assert!(at == place && other.is_none(), "seed {seed}: {key} at {place}, {all:?}");
                all.insert(key, (at, users + 1));
            };
            let gone = |key: u64| {
                let mut all = all.lock().unwrap();
                let (_, users) = all.get_mut(&key).unwrap();
                *users -= 1;
                if *users == 0 {
                    all.remove(&key);
                }
            };
            let life = |zone: &Zone, held: &mut Vec<(u64, usize)>, rng: &mut Rng| {
                for _ in 0..20 {
                    let key = 11 + rng.below(5);
                    if held.iter().all(|it| it.0 != key) && held.len() < 2 {
                        let Some(place) = claim(zone, key) else { continue };
                        had(key, place);
                        held.push((key, place));
                        // No worker forgets what is known of it meanwhile.
                        zone.state(place)[ACCESSED].store(key, Relaxed);
                    } else if !held.is_empty() {
                        let which = rng.below(held.len() as u64) as usize;
                        let (key, place) = held[which];
                        assert_eq!(zone.state(place)[ACCESSED].load(Relaxed), key, "seed {seed}");
                        held.swap_remove(which);
                        gone(key);
                        zone.release(place as u32);
                    }
                }
            };
            std::thread::scope(|scope| {
                for me in 0..3 {
                    let (zone, lanes) = (zone.of_worker(me), &lanes);
                    let mut rng = Rng::new(rng.word());
                    let (life, gone) = (&life, &gone);
                    scope.spawn(move || {
                        lanes.run(me, || {
                            for _ in 0..4 {
                                let mut held = vec![];
                                let dies_in = if me == 0 { 1 + rng.below(200) } else { 0 };
                                lanes.mortal(me, dies_in, || life(&zone, &mut held, &mut rng));
                                held.iter().for_each(|it| gone(it.0));
                                if me == 0 {
                                    (0..rng.below(20)).for_each(|_| next());
                                    zone.settle(me);
                                } else {
                                    held.iter().for_each(|it| zone.release(it.1 as u32));
                                }
                            }
                        });
                    });
                }
            });
            assert!((1..4).all(|place| zone.users(place).load(Relaxed) == 0), "seed {seed}");
        }
    }

    #[test]
    fn what_is_under_way_counts_when_a_place_is_found() {
        let settings = conf::Group {
            servers: vec![conf::ServerLine { max_conns: 2, ..conf::ServerLine::new(b"x", vec![]) }],
            ..conf::Group::default()
        };
        let zone = Zone::new("u", &[], 1, &settings, 2).unwrap();
        let addr = crate::os::addr::Addr::Inet(([10, 0, 0, 1], 80).into());
        let found = [Found { addr, weight: None, backup: false }];
        let worker = |row: usize| {
            let mut group = Group::new(&settings);
            group.share_state(zone.of_worker(row));
            group.set_line(0, &found, |_| false);
            group
        };
        let pick = |group: &mut Group| {
            group.pick(&mut Tried::default(), &mut Hint::default(), &mut Rng::new(1), 1000)
        };
        let end = End { start: 1000, heard: true, well: true, unreached: false };
        assert_eq!(claim(&zone, 11), Some(0));
        let mut a = worker(0);
        let first = pick(&mut a).unwrap();
        assert_eq!((a.peers[0].place, pick(&mut a), pick(&mut a)), (NOWHERE, Some(first), None));
        zone.release(0);
        // The name is looked up again.
        assert_eq!(a.set_line(0, &found, |_| false), None);
        let mut b = worker(1);
        assert_eq!((zone.conns(0), pick(&mut b)), (2, None));
        assert!(!b.open(first, false));
        a.done(first, &Hint::default(), false, end, 1000);
        a.closed(first);
        assert!(pick(&mut b).is_some() && b.open(first, false) && !b.open(first, false));
        a.done(first, &Hint::default(), false, end, 1000);
        b.done(first, &Hint::default(), false, end, 1000);
        assert_eq!(zone.conns(0), 0);
    }
}
