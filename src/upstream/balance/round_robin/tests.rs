//! Sequences as real nginx gives them; and the short way is the long one's.

use crate::base::rng::Rng;
use crate::upstream::balance::balancer::tests::{Client, Pool, letter};
use crate::upstream::balance::method::Method;

fn pool(lines: &[&str]) -> Pool {
    Pool::new(Method::RoundRobin, lines)
}

#[test]
fn sequences_are_nginx_s() {
    for (lines, expected) in [
        (&["a", "b", "c"][..], "abcabca"),
        (&["a weight=5", "b", "c"], "aabacaaaabacaa"),
        (&["a weight=3", "b weight=2", "c"], "abacbaabacba"),
        (&["a weight=4", "b weight=2", "c"], "abacabaabacaba"),
        (&["a", "b weight=2"], "babbab"),
        (&["a weight=2", "b weight=2"], "ababab"),
        (&["a", "b down", "c"], "acac"),
        (&["a down", "c weight=2 backup", "d backup"], "bcbbcb"),
        (&["a", "b drain", "c"], "acac"),
        (&["a down", "b down"], "--"),
    ] {
        assert_eq!(pool(lines).sequence(expected.len()), expected, "{lines:?}");
    }
}

#[test]
fn a_failed_peer_is_left_out_and_probed_once() {
    let mut pool = pool(&["a", "b"]);
    let mut client = Client::default();
    assert_eq!(letter(pool.pick(&mut client)), 'a');
    pool.done(&mut client, true);
    pool.now += 5000;
    assert_eq!(pool.sequence(3), "bbb");
    // After fail_timeout one request goes there; until it has ended no other does.
    pool.now += 5001;
    let mut clients: Vec<Client> = (0..6).map(|_| Client::default()).collect();
    let picked: String = clients.iter_mut().map(|client| letter(pool.pick(client))).collect();
    assert_eq!(picked, "bbabbb");
    for client in &mut clients {
        pool.done(client, false);
    }
    assert_eq!(pool.group.peers[0].fails, 0);
}

#[test]
fn tried_peers_are_not_picked_again() {
    let mut pool = pool(&["a"; 100]);
    let mut client = Client::default();
    for at in 0..100 {
        assert_eq!(pool.pick(&mut client), Some(at));
    }
    assert_eq!(pool.pick(&mut client), None);
}

#[test]
fn a_full_peer_is_left_out_while_it_is() {
    let mut pool = pool(&["a", "b max_conns=1", "c"]);
    let mut clients: Vec<Client> = (0..5).map(|_| Client::default()).collect();
    let picked: String = clients.iter_mut().map(|client| letter(pool.pick(client))).collect();
    assert_eq!(picked, "abcca");
    pool.done(&mut clients[1], false);
    assert_eq!(pool.sequence(3), "cab");
}

#[test]
fn a_peer_that_recovers_starts_slowly() {
    let mut pool = pool(&["a slow_start=100s", "b"]);
    assert_eq!(pool.sequence(4), "abab");
    let mut client = Client::default();
    pool.pick(&mut client);
    pool.done(&mut client, true);
    pool.now += 10_001;
    // The probe brings it back, at first with nothing of its weight.
    let probes = pool.sequence(4);
    assert!(probes.contains('a'), "{probes}");
    let share = |pool: &mut Pool| pool.sequence(100).matches('a').count();
    assert!(share(&mut pool) <= 1);
    pool.now += 50_000;
    // A third: half a weight against one.
    assert!((32..=34).contains(&share(&mut pool)));
    pool.now += 50_000;
    assert_eq!(share(&mut pool), 50);
}

/// Everything that can happen to two equal groups happens to both, one of which never takes the short way.
#[test]
fn the_short_way_is_the_long_one() {
    let mut rng = Rng::new(7);
    let (mut short, mut turns) = (0, 0);
    for round in 0..300 {
        let peers = 1 + rng.below(if round % 10 == 0 { 60 } else { 9 }) as usize;
        let lines = ["a", "a max_conns=2", "a max_fails=3", "a max_fails=0", "a fail_timeout=1s"];
        let lines: Vec<String> = (0..peers)
            .map(|_| {
                let weight = if round % 2 == 0 { 1 } else { 1 + rng.below(4) };
                format!("{} weight={weight}", lines[rng.below(5) as usize])
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (mut one, mut other) = (pool(&lines), pool(&lines));
        let mut clients: Vec<(Client, Client)> = vec![];
        // Trouble comes in bursts.
        for turn in 0..400 {
            let trouble = turn / 50 % 2 == 0;
            other.group.unsettle_all();
            match rng.below(if trouble { 8 } else { 3 }) {
                0 | 1 => {
                    let mut pair = (Client::default(), Client::default());
                    turns += 1;
                    short += u32::from(one.group.is_settled());
                    let picked = (one.pick(&mut pair.0), other.pick(&mut pair.1));
                    assert_eq!(picked.0, picked.1, "round {round}, turn {turn}: {lines:?}");
                    if picked.0.is_some() {
                        clients.push(pair);
                    }
                }
                2 | 3 if !clients.is_empty() => {
                    let at = rng.below(clients.len() as u64) as usize;
                    let (mut a, mut b) = clients.swap_remove(at);
                    let failed = trouble && rng.one_in(2);
                    one.done(&mut a, failed);
                    other.done(&mut b, failed);
                    if failed {
                        assert_eq!(one.pick(&mut a), other.pick(&mut b));
                        if a.at.is_some() {
                            clients.push((a, b));
                        }
                    }
                }
                _ => {
                    let step = rng.below(if trouble { 900 } else { 20 });
                    one.now += step;
                    other.now += step;
                }
            }
        }
    }
    assert!(short * 12 > turns, "the short way was taken in {short} of {turns} turns");
}

/// What turns have come to when they end before the end of a cycle, others go on with at once.
#[test]
fn an_end_within_a_cycle_does_not_keep_turns_from_being_short() {
    for lines in [&["a", "b", "c", "d", "e"][..], &["a weight=2", "b weight=2", "c"]] {
        let whole = pool(lines).sequence(200);
        let mut one = pool(lines);
        let mut seen = one.sequence(3);
        one.group.unsettle_all();
        seen += &one.sequence(16);
        assert!(one.group.is_settled());
        seen += &one.sequence(181);
        assert_eq!(seen, whole);
    }
}

#[test]
fn a_later_worker_begins_later_in_the_same_sequence() {
    for method in [Method::RoundRobin, Method::LeastConn] {
        for lines in [&["a", "b", "c"][..], &["a weight=5", "b", "c down", "d weight=2"]] {
            let whole = Pool::new(method, lines).sequence(60);
            for turns in 0..20 {
                let mut pool = Pool::new(method, lines);
                pool.group.begin_at(turns);
                assert_eq!(pool.sequence(40), whole[turns..turns + 40], "{lines:?} {turns}");
            }
        }
    }
}
