//! The short way comes to the same as the general one.

use super::{FEW, Form, Loads};
use crate::base::rng::Rng;
use crate::upstream::balance::balancer::tests::{Client, Pool};
use crate::upstream::balance::method::Method;

/// Two groups are asked the same; one of them never takes the short way. At most this number of tries is held.
fn compare(lines: &[&str], most: usize, seed: u64) {
    let mut pools = [(); 2].map(|()| Pool::new(Method::LeastConn, lines));
    let mut rng = Rng::new(seed);
    let mut clients: Vec<[Client; 2]> = vec![];
    let mut short = 0;
    for step in 0..3000 {
        // Now there are more and more of them, now fewer and fewer.
        let more = if step / 400 % 2 == 0 { 3 } else { 1 };
        pools[1].group.unsettle_all();
        short += u32::from(pools[0].group.is_settled());
        let trouble = (900..960).contains(&step);
        if clients.is_empty() || clients.len() < most && rng.below(4) < more {
            let mut both = <[Client; 2]>::default();
            let picked = [0, 1].map(|at| pools[at].pick(&mut both[at]));
            assert_eq!(picked[0], picked[1], "{lines:?}, seed {seed}, step {step}");
            if picked[0].is_some() {
                clients.push(both);
            }
        } else {
            let at = rng.below(clients.len() as u64) as usize;
            let mut both = clients.swap_remove(at);
            let failed = trouble && rng.below(3) == 0;
            (0..2).for_each(|at| pools[at].done(&mut both[at], failed));
            if failed {
                let picked = [0, 1].map(|at| pools[at].pick(&mut both[at]));
                assert_eq!(picked[0], picked[1], "{lines:?}, seed {seed}, step {step}: again");
                if picked[0].is_some() {
                    clients.push(both);
                }
            }
        }
        pools.iter_mut().for_each(|pool| pool.now += if trouble { 100 } else { 700 });
    }
    assert!(short > 500, "{lines:?}: {short}");
}

#[test]
fn the_short_way_picks_as_the_general_one() {
    for seed in 1..20 {
        compare(&["a", "b", "c", "d"], 9, seed);
        compare(&["a weight=3", "b", "c weight=2", "d down", "e weight=7"], 9, seed);
        compare(&["a max_conns=1", "b max_conns=2 weight=5", "c", "d backup"], 9, seed);
    }
}

#[test]
fn levels_come_to_the_same() {
    for seed in 1..4 {
        compare(&["a"; FEW + 1], 50, seed);
        compare(&["a weight=3"; 100], 350, seed);
        let mixed = ["a max_conns=2", "a", "a down", "a max_conns=1", "a max_fails=2"];
        let mixed: Vec<_> = mixed.into_iter().cycle().take(83).collect();
        compare(&mixed, 200, seed);
        compare(&["a max_conns=1"; 40], 60, seed);
    }
}

#[test]
fn a_turn_that_is_given_back_has_not_been() {
    let many = ["a weight=2"; FEW + 1];
    for lines in [&["a weight=3", "b", "c weight=2", "d", "e weight=7"][..], &many] {
        let mut peers = Pool::new(Method::LeastConn, lines).group.peers;
        let mut loads = Loads::new(&peers, None);
        let weights = |loads: &Loads| match &loads.form {
            Form::General => vec![],
            Form::Row(row) => row.weights().collect(),
            Form::Levels(levels) => levels.weights().collect::<Vec<_>>(),
        };
        for turn in 0..200 {
            let before = weights(&loads);
            assert_eq!(before.len(), peers.len());
            let at = loads.turn().unwrap();
            loads.give_back(at);
            assert_eq!((weights(&loads), loads.turn()), (before, Some(at)), "turn {turn}");
            peers[at].conns += 1;
            loads.counted(at, &peers[at]);
            if turn % 3 == 1 {
                let other = turn * 7 % peers.len();
                peers[other].conns = peers[other].conns.saturating_sub(1);
                loads.counted(other, &peers[other]);
            }
        }
    }
}

#[test]
fn weights_without_a_common_measure_or_too_large_are_left_to_the_general_way() {
    let lines = ["a weight=1000003", "b weight=999983", "c weight=2"];
    let mut pool = Pool::new(Method::LeastConn, &lines);
    assert_eq!(pool.sequence(6), "ababab");
    assert!(!pool.group.is_settled());
    let equal = ["a", "a weight=2147483647 slow_start=1s"].map(|line| vec![line; 60]);
    let [mut light, mut heavy] = equal.map(|lines| Pool::new(Method::LeastConn, &lines));
    for _ in 0..200 {
        let [one, other] = [&mut light, &mut heavy].map(|pool| pool.pick(&mut Client::default()));
        assert_eq!(one, other);
    }
    assert!(light.group.is_settled() && !heavy.group.is_settled());
}
