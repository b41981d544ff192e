//! Two workers in one process: what one does, the other knows.

use crate::base::ids::PeerIndex;
use crate::base::rng::Rng;
use crate::os::addr::Addr;
use crate::upstream::balance::balancer::tests::{Client, Pool};
use crate::upstream::balance::hint::{End, Hint};
use crate::upstream::balance::method::Method;
use crate::upstream::conf::{self};
use crate::upstream::group::checks::{Change, Claim};
use crate::upstream::group::{Group, Groups};
use crate::upstream::health::Rule;
use crate::upstream::peers::{Peer, Tried};
use crate::upstream::shared::state::SharedState;

use super::{Seen, Zone};

/// Two groups of these servers that share their zone.
fn pair(lines: &[&str]) -> [Group; 2] {
    pair_of(Method::RoundRobin, lines)
}

fn pair_of(method: Method, lines: &[&str]) -> [Group; 2] {
    let fixed: Vec<(u16, u64)> = (0..lines.len() as u16).map(|line| (line, 7)).collect();
    let settings = conf::Group { method, ..conf::Group::default() };
    let zone = Zone::new("u", &fixed, 8, &settings, 2).unwrap();
    [0, 1].map(|worker| {
        let mut group = Pool::new(method, lines).group;
        group.share_state(zone.of_worker(worker));
        group
    })
}

const END: End = End { start: 0, heard: true, well: true, unreached: false };

fn pick(group: &mut Group, now: u64) -> Option<u16> {
    let (mut tried, mut rng) = (Tried::default(), Rng::new(1));
    group.pick(&mut tried, &mut Hint::default(), &mut rng, now).map(|peer| peer.0)
}

fn done(group: &mut Group, peer: u16, failed: bool, now: u64) {
    let peer = PeerIndex(peer);
    group.done(peer, &Hint::default(), failed, END, now);
}

#[test]
fn turns_are_taken_in_common() {
    let [mut a, mut b] = pair(&["a weight=5", "b", "c"]);
    let mut order = Vec::new();
    for turn in 0..70 {
        let group = if turn % 2 == 0 { &mut a } else { &mut b };
        let peer = pick(group, 1000).unwrap();
        done(group, peer, false, 1000);
        order.push(peer);
    }
    assert_eq!(order[..7], [0, 0, 1, 0, 2, 0, 0]);
    assert_eq!(order[63..], order[..7]);
}

#[test]
fn each_worker_keeps_connections_for_what_itself_was_busy_with() {
    let [mut a, mut b] = pair(&["a", "b"]);
    (0..90).for_each(|_| assert!(pick(&mut a, 1000).is_some()));
    (0..2).for_each(|_| assert!(pick(&mut b, 1000).is_some()));
    assert_eq!((a.cache.windows.sum(), b.cache.windows.sum()), (90, 2));
}

#[test]
fn each_turn_is_taken_once_and_in_order() {
    let weights: Vec<String> = (0..40).map(|at| format!("a weight={}", 1 + at * at % 13)).collect();
    for lines in [&["a"; 5][..], &weights.iter().map(String::as_str).collect::<Vec<_>>()] {
        let mut alone = Pool::new(Method::RoundRobin, lines);
        let mut workers = pair(lines);
        let mut rng = Rng::new(3);
        for turn in 0..3000 {
            // Now and then one that has taken no turn for long.
            let group = &mut workers[usize::from(turn / 100 % 3 == 0 && rng.one_in(2))];
            let peer = pick(group, 1000).unwrap();
            done(group, peer, false, 1000);
            let mut client = Client::default();
            assert_eq!(alone.pick(&mut client), Some(usize::from(peer)), "turn {turn}");
            alone.done(&mut client, false);
        }
    }
}

#[test]
fn who_knows_other_peers_takes_turns_of_its_own_until_all_agree() {
    let zone = Zone::new("u", &[(0, 7); 4], 8, &conf::Group::default(), 2).unwrap();
    let worker = |number: usize, lines: &[&str]| {
        let mut group = Pool::new(Method::RoundRobin, lines).group;
        group.share_state(zone.of_worker(number));
        group
    };
    let turn = |group: &mut Group, now: u64| {
        let peer = pick(group, now).unwrap();
        done(group, peer, false, now);
        peer
    };
    let turns = |group: &mut Group, n: usize| (0..n).map(|_| turn(group, 1000)).collect::<Vec<_>>();
    let (old, new) = (&["a weight=3", "b"][..], &["a", "b weight=2", "c"][..]);
    let mut a = worker(0, old);
    assert_eq!(turns(&mut a, 6), [0, 0, 1, 0, 0, 0]);
    let mut b = worker(1, new);
    assert_eq!((turns(&mut b, 5), turns(&mut a, 4)), (vec![1, 0, 2, 1, 1], vec![0, 1, 0, 0]));
    a = worker(0, new);
    assert_eq!((turns(&mut a, 2), turns(&mut b, 2)), (vec![0, 2], vec![1, 1]));
    // What was unusual changes nothing in the end.
    let failed = pick(&mut a, 1000).unwrap();
    done(&mut a, failed, true, 1000);
    for step in 0..20 {
        turn(&mut b, 20_000 + step);
        turn(&mut a, 20_000 + step);
    }
    let mut picked: Vec<_> = (0..8).map(|_| turn(&mut a, 20_020)).collect();
    picked.sort();
    assert_eq!(picked, [0, 0, 1, 1, 1, 1, 2, 2]);
}

#[test]
fn connections_are_limited_in_common_and_given_back_for_the_dead() {
    let [mut a, mut b] = pair(&["a max_conns=2", "b max_conns=1"]);
    assert!(pick(&mut a, 1000).is_some() && pick(&mut a, 1000).is_some());
    let last = pick(&mut b, 1000).unwrap();
    assert_eq!((pick(&mut a, 1000), pick(&mut b, 1000)), (None, None));
    // Worker 0 dies.
    b.zone.as_ref().unwrap().settle(0);
    done(&mut b, last, false, 1000);
    let picks: Vec<_> = (0..4).map(|_| pick(&mut b, 1000)).collect();
    assert_eq!(picks.iter().flatten().count(), 3, "{picks:?}");
}

#[test]
fn a_peer_that_fails_in_one_worker_is_avoided_by_all() {
    let [mut a, mut b] = pair(&["a", "b"]);
    let first = pick(&mut a, 1000).unwrap();
    done(&mut a, first, true, 1000);
    for _ in 0..5 {
        let peer = pick(&mut b, 2000).unwrap();
        assert_ne!(peer, first);
        done(&mut b, peer, false, 2000);
    }
    // After fail_timeout one of them tries it again, and it is well for both.
    let tried: Vec<_> = (0..4)
        .map(|_| {
            let peer = pick(&mut b, 12_000).unwrap();
            done(&mut b, peer, false, 12_000);
            peer
        })
        .collect();
    assert!(tried.contains(&first), "{tried:?}");
    pick(&mut a, 12_000);
    assert_eq!(a.peers[usize::from(first)].fails, 0);
}

#[test]
fn what_another_worker_has_found_may_be_later_than_the_own_turn() {
    let [mut a, mut b] = pair(&["a slow_start=9s", "b"]);
    let first = pick(&mut a, 2000).unwrap();
    done(&mut a, first, true, 2000);
    for _ in 0..4 {
        let peer = pick(&mut b, 1990).unwrap();
        assert_ne!(peer, first);
        done(&mut b, peer, false, 1990);
    }
    // It recovers, and begins slowly.
    let recovered = (0..4).map(|_| {
        let peer = pick(&mut a, 13_000).unwrap();
        done(&mut a, peer, false, 13_000);
        peer
    });
    assert!(recovered.collect::<Vec<_>>().contains(&first));
    let picks: Vec<_> = (0..3).map(|_| pick(&mut b, 12_990)).collect();
    assert!(picks.iter().all(|peer| peer.is_some_and(|peer| peer != first)), "{picks:?}");
}

#[test]
fn one_worker_alone_takes_turns_as_without_a_zone() {
    let few = ["a weight=5", "b", "c weight=2", "d down", "e backup"];
    for lines in [&["a", "b", "c"][..], &few, &["a"; 40]] {
        for method in [Method::RoundRobin, Method::LeastConn] {
            let expected = Pool::new(method, lines).sequence(60);
            let mut pool = Pool::new(method, lines);
            let [shared, _] = pair_of(method, lines);
            pool.group = shared;
            assert_eq!(pool.sequence(60), expected, "{lines:?}");
        }
    }
}

#[test]
fn failures_and_limits_change_the_turns_of_a_zone_as_those_of_one_worker() {
    let few = ["a weight=2 max_conns=2", "b weight=2", "c", "d weight=3", "e", "f weight=2 backup"];
    let many = [&["a", "b max_conns=1", "c"].repeat(12)[..], &["d backup"]].concat();
    let cases =
        [(Method::RoundRobin, &few[..]), (Method::LeastConn, &few), (Method::LeastConn, &many)];
    for ((method, lines), seed) in cases.into_iter().flat_map(|it| (1..100).map(move |n| (it, n))) {
        let mut rng = Rng::new(seed);
        let [mut shared, _] = pair_of(method, lines);
        let mut alone = Pool::new(method, lines).group;
        let mut busy: Vec<(u16, Tried)> = vec![];
        let begin = |groups: [&mut Group; 2], tried: &mut Tried, now| {
            let mut rng = Rng::new(1);
            let mut pick = |group: &mut Group| {
                let mut tried = tried.clone();
                group.pick(&mut tried, &mut Hint::default(), &mut rng, now).map(|peer| peer.0)
            };
            let [shared, alone] = groups.map(&mut pick);
            assert_eq!(shared, alone, "{method:?}, {} peers, seed {seed}, {now} ms", lines.len());
            shared.map(|peer| {
                tried.set(PeerIndex(peer));
                (peer, tried.clone())
            })
        };
        for step in 0..200 {
            let now = 1000 + step;
            // What a check has found. For a while nothing happens.
            if step < 100 && rng.one_in(20) {
                let at = rng.below(lines.len() as u64) as usize;
                for group in [&mut shared, &mut alone] {
                    group.peers[at].barred ^= true;
                    group.unsettle_all();
                }
            }
            busy.extend(begin([&mut shared, &mut alone], &mut Tried::default(), now));
            while !busy.is_empty() && rng.below(5) > 1 {
                let (peer, mut tried) = busy.swap_remove(rng.below(busy.len() as u64) as usize);
                let failed = step < 100 && rng.below(12) == 0;
                for group in [&mut shared, &mut alone] {
                    done(group, peer, failed, now);
                }
                // Sometimes another is tried, whether it had failed or not.
                if rng.one_in(if failed { 2 } else { 12 }) {
                    busy.extend(begin([&mut shared, &mut alone], &mut tried, now));
                }
            }
        }
    }
}

#[test]
fn of_two_who_see_the_last_place_one_gets_it() {
    let [mut a, mut b] = pair(&["a max_conns=1", "b"]);
    let begin = |group: &mut Group| {
        let Group { zone, peers, .. } = group;
        zone.as_ref().unwrap().begin(&mut peers[0], 1000)
    };
    // Neither has looked again since there was room.
    assert_eq!((begin(&mut a), begin(&mut b)), (true, false));
    assert!(b.peers[0].is_full());
    let Group { zone, peers, .. } = &mut a;
    let seen = Seen::of(&peers[0]);
    peers[0].conns -= 1;
    zone.as_ref().unwrap().push(&peers[0], seen);
    assert_eq!((begin(&mut b), begin(&mut a)), (true, false));
    // What the dead held is given back.
    b.zone.as_ref().unwrap().settle(1);
    assert_eq!((begin(&mut a), begin(&mut b)), (true, false));
}

#[test]
fn turns_go_on_after_a_failure() {
    let lines = ["a fail_timeout=1s", "b weight=2", "c"];
    let [mut a, mut b] = pair(&lines);
    let mut counts = [0; 3];
    for turn in 0..400u64 {
        let now = 1000 + turn * 100;
        let group = if turn % 3 == 0 { &mut a } else { &mut b };
        let peer = pick(group, now).unwrap();
        done(group, peer, turn == 8 && peer == 0 || turn == 9, now);
        counts[usize::from(peer)] += u32::from(turn >= 200);
    }
    assert_eq!(counts, [50, 100, 50]);
}

/// Two servers that are checked, in a zone.
fn checked_settings(rule: Rule) -> conf::Group {
    let addrs = [1, 2].map(|host| Addr::Inet(([10, 0, 0, host], 80).into()));
    conf::Group {
        servers: vec![conf::ServerLine::new(b"x", addrs.into())],
        options: conf::GroupOptions {
            zone: Some(conf::ZoneOptions { name: "z".into(), size: 65_536 }),
            ..conf::GroupOptions::default()
        },
        checks: vec![rule],
        ..conf::Group::default()
    }
}

fn join(settings: &conf::Group, shared: &SharedState, row: usize) -> Group {
    let mut groups = Groups { all: vec![Group::new(settings)], ..Groups::default() };
    shared.join(&mut groups, row);
    groups.all.remove(0)
}

#[test]
fn a_check_is_made_by_one_worker_and_known_to_all() {
    let rule = Rule { fails: 1, passes: 1, mandatory: true, persistent: true };
    let settings = checked_settings(rule);
    let addrs = settings.servers[0].addrs.clone();
    let all = std::slice::from_ref(&settings);
    let open = || SharedState::open(all, false, 2, [1, 2]).unwrap();
    let join = |shared: &SharedState, row| join(&settings, shared, row);
    let shared = open();
    let [mut a, mut b] = [0, 1].map(|row| join(&shared, row));
    assert_eq!((pick(&mut a, 1000), pick(&mut b, 1000)), (None, None));
    let probe = |at: usize| Claim::new(addrs[at].clone());
    let (mut by_a, mut by_b) = (probe(0), probe(0));
    assert_eq!(a.take_check(&mut by_a, 0, 1000, 1500), Ok(()));
    assert_eq!(b.take_check(&mut by_b, 0, 1000, 1500), Err(500));
    assert_eq!(b.take_check(&mut probe(1), 0, 1000, 1500), Ok(()));
    assert!(a.check_again(&mut by_a, 0, 1200));
    assert_eq!(b.take_check(&mut by_b, 0, 1200, 1500), Ok(()));
    // One that comes back when another makes the check has nothing to say of when it is due.
    assert!(!a.check_again(&mut by_a, 0, 1300));
    assert_eq!(a.take_check(&mut by_a, 0, 1400, 1900), Err(100));
    assert!(b.check_again(&mut by_b, 0, 1800));
    let change = Some(Change { healthy: Some(true), freed: true });
    assert_eq!(a.checked(&addrs[0], 0, true, 1000), change);
    assert_eq!((pick(&mut a, 1000), pick(&mut b, 1000)), (Some(0), Some(0)));
    assert_eq!(b.checked(&addrs[0], 0, false, 1000).and_then(|it| it.healthy), Some(false));
    assert_eq!(pick(&mut a, 1000), None);
    // After a reload those that were well are so at once.
    b.checked(&addrs[1], 0, true, 1000);
    let mut next = open();
    next.remember(&shared, all);
    let mut c = join(&next, 0);
    assert_eq!([(); 2].map(|()| pick(&mut c, 1000)), [Some(1); 2]);
}

#[test]
fn what_one_worker_could_not_reach_is_cleared_by_checks_of_another() {
    let rule = Rule { fails: 1, passes: 2, mandatory: false, persistent: false };
    let settings = checked_settings(rule);
    let shared = SharedState::open(std::slice::from_ref(&settings), false, 2, [1, 2]).unwrap();
    let [mut a, mut b] = [0, 1].map(|row| join(&settings, &shared, row));
    let addr = a.peers[0].settings.addr.clone();
    let fail = |group: &mut Group, unreached| {
        let end = End { heard: false, well: false, unreached, ..END };
        group.done(PeerIndex(0), &Hint::default(), true, end, 1000);
    };
    for _ in 0..3 {
        b.checked(&addr, 0, true, 1000);
    }
    for group in [&mut a, &mut b] {
        assert_eq!([(); 6].map(|()| pick(group, 1000)), [0, 1, 0, 1, 0, 1].map(Some));
    }
    fail(&mut a, true);
    assert_eq!((pick(&mut a, 1000), pick(&mut b, 1000)), (Some(1), Some(1)));
    assert_eq!(b.checked(&addr, 0, true, 1000), None);
    // The other worker comes between two checks of this one.
    fail(&mut a, true);
    assert_eq!(b.checked(&addr, 0, true, 1000), None);
    assert_eq!(a.checked(&addr, 0, true, 1000), Some(Change { healthy: None, freed: true }));
    assert!([(); 2].map(|()| pick(&mut b, 1000)).contains(&Some(0)));
    fail(&mut b, true);
    fail(&mut a, false);
    a.checked(&addr, 0, true, 1000);
    assert_eq!(b.checked(&addr, 0, true, 1000), Some(Change { healthy: None, freed: false }));
    assert_eq!([(); 3].map(|()| pick(&mut a, 1000)), [Some(1); 3]);
    assert_eq!((a.peers[0].fails, b.peers[0].fails), (1, 1));
}

#[test]
fn least_conn_sees_the_connections_of_others() {
    let [mut a, mut b] = pair_of(Method::LeastConn, &["a", "b", "c"]);
    let picks: Vec<_> = (0..2).map(|_| pick(&mut a, 1000)).collect();
    assert_eq!(picks, [Some(0), Some(1)]);
    assert_eq!(pick(&mut b, 1000), Some(2));
    done(&mut a, 1, false, 1000);
    assert_eq!((pick(&mut b, 1000), pick(&mut a, 1000).is_some()), (Some(1), true));
}

/// Everything that several workers do: each picks one of those that are the least busy in all.
#[test]
fn many_peers_are_followed_by_what_is_told_of_them() {
    let weights = ["a weight=2", "a", "a weight=3 max_conns=4"].repeat(20);
    for (lines, most) in [(&["a"; 50][..], 130), (&["a max_conns=3"; 40], 140), (&weights, 200)] {
        let fixed = vec![(0, 7); lines.len()];
        let settings = conf::Group { method: Method::LeastConn, ..conf::Group::default() };
        let zone = Zone::new("u", &fixed, 8, &settings, 3).unwrap();
        let mut workers = [0, 1, 2].map(|worker| {
            let mut group = Pool::new(Method::LeastConn, lines).group;
            group.share_state(zone.of_worker(worker));
            group
        });
        let mut rng = Rng::new(5);
        let mut held: Vec<(usize, u16)> = vec![];
        for step in 0..20_000 {
            // One of them is asked seldom, so that many changes are announced meanwhile.
            let worker = if step % 9000 < 8000 { rng.below(2) } else { rng.below(3) } as usize;
            if step == 15_000 {
                zone.settle(2);
                held.retain(|(worker, _)| *worker != 2);
                workers[2] = Pool::new(Method::LeastConn, lines).group;
                workers[2].share_state(zone.of_worker(2));
            }
            if held.len() < most && rng.one_in(2) {
                let before: Vec<u32> = (0..lines.len()).map(|at| zone.conns(at as u32)).collect();
                let group = &mut workers[worker];
                let picked = pick(group, 1000);
                let share = |at: usize, peer: &Peer| f64::from(before[at]) / peer.weight as f64;
                let open = |(at, peer): &(usize, &Peer)| before[*at] < peer.limit();
                let open = group.peers.iter().enumerate().filter(open);
                let least = open.map(|(at, peer)| share(at, peer)).reduce(f64::min);
                let of = |at: u16| share(at.into(), &group.peers[usize::from(at)]);
                assert_eq!(picked.map(of), least, "step {step}");
                held.extend(picked.map(|at| (worker, at)));
            } else if !held.is_empty() {
                let (worker, at) = held.swap_remove(rng.below(held.len() as u64) as usize);
                done(&mut workers[worker], at, false, 1000);
            }
        }
        assert!(workers.iter().all(Group::is_settled));
    }
}

#[test]
fn one_without_a_place_is_looked_at_by_itself() {
    let [mut a, _] = pair_of(Method::LeastConn, &["a"; 40]);
    a.peers[7].place = crate::upstream::peers::NOWHERE;
    a.unsettle_all();
    let picked: Vec<_> = (0..80).map(|_| pick(&mut a, 1000)).collect();
    assert!((0..40).all(|at| picked.iter().filter(|it| **it == Some(at)).count() == 2));
    assert!(!a.is_settled());
}

#[test]
fn turns_are_drawn_again_when_nothing_was_unusual_for_a_while() {
    for method in [Method::RoundRobin, Method::LeastConn] {
        let [mut a, mut b] = pair_of(method, &["a", "b weight=2", "c"]);
        let is_calm = |group: &Group| group.zone.as_ref().unwrap().is_calm(0);
        assert!(is_calm(&a), "{method:?}");
        let failed = pick(&mut a, 1000).unwrap();
        done(&mut a, failed, true, 1000);
        pick(&mut b, 1000).unwrap();
        assert!(!is_calm(&a) && !is_calm(&b), "{method:?}");
        for turn in 0..100 {
            let group = if turn % 3 == 0 { &mut a } else { &mut b };
            let peer = pick(group, 20_000 + turn).unwrap();
            done(group, peer, false, 20_000 + turn);
        }
        assert!(is_calm(&a), "{method:?}");
    }
}
