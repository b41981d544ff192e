//! Two workers in one process: what one does, the other knows.

use crate::base::rng::Rng;
use crate::upstream::balancer::tests::Pool;
use crate::upstream::balancer::{End, Hint};
use crate::upstream::conf::Method;
use crate::upstream::group::Group;
use crate::upstream::peers::Tried;

use super::Zone;

/// Two groups of these servers that share their zone.
fn pair(lines: &[&str]) -> [Group; 2] {
    let zone = Zone::new(lines.len(), 2).unwrap();
    [0, 1].map(|worker| {
        let mut group = Pool::new(Method::RoundRobin, lines).group;
        group.zone = Some(zone.of_worker(worker));
        group
    })
}

const END: End = End { start: 0, heard: true, well: true };

fn pick(group: &mut Group, now: u64) -> Option<u16> {
    let (mut tried, mut rng) = (Tried::default(), Rng::new(1));
    group.pick(&mut tried, &mut Hint::default(), &mut rng, now).map(|peer| peer.0)
}

fn done(group: &mut Group, peer: u16, failed: bool, now: u64) {
    let peer = crate::base::ids::PeerIndex(peer);
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
