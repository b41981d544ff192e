//! What checks make of their peers.

use super::*;
use crate::base::rng::Rng;
use crate::upstream::balance::hint::{End, Hint};
use crate::upstream::change::Found;
use crate::upstream::conf;
use crate::upstream::health::Rule;
use crate::upstream::peers::Tried;

const RULE: Rule = Rule { fails: 2, passes: 3, mandatory: false, persistent: false };
const MANDATORY: Rule = Rule { mandatory: true, ..RULE };

fn addr(host: u8) -> Addr {
    Addr::Inet(([10, 0, 0, host], 80).into())
}

fn group(hosts: &[u8], checks: Vec<Rule>) -> Group {
    let addrs = hosts.iter().map(|&host| addr(host)).collect();
    let line = conf::ServerLine { slow_start: 5000, ..conf::ServerLine::new(b"name", addrs) };
    Group::new(&conf::Group { servers: vec![line], checks, ..conf::Group::default() })
}

fn picks(group: &mut Group) -> Vec<u16> {
    let pick = |_| {
        let (mut tried, mut hint) = (Tried::default(), Hint::default());
        group.pick(&mut tried, &mut hint, &mut Rng::new(1), 1000).map(|peer| peer.0)
    };
    (0..3).filter_map(pick).collect()
}

#[test]
fn an_unhealthy_peer_is_not_picked() {
    let mut group = group(&[1, 2, 3], vec![RULE]);
    assert_eq!(group.checked(&addr(2), 0, false, 1000), None);
    assert_eq!(picks(&mut group), [0, 1, 2]);
    let change = group.checked(&addr(2), 0, false, 1000);
    assert_eq!(change, Some(Change { healthy: Some(false), freed: false }));
    assert!(!group.is_settled());
    assert_eq!(picks(&mut group), [0, 2, 0]);
    assert!(group.may_recover(&Tried::default(), 1000));
    assert_eq!(group.checked(&addr(2), 0, true, 1000), None);
    assert_eq!(group.checked(&addr(2), 0, true, 1000), None);
    let change = group.checked(&addr(2), 0, true, 1000);
    assert_eq!(change, Some(Change { healthy: Some(true), freed: true }));
    assert_eq!(group.peers[1].recovered, Some(1000));
    assert_eq!(group.checked(&addr(9), 0, true, 1000), None);
    assert_eq!(group.checked(&addr(1), 7, true, 1000), None);
}

#[test]
fn the_only_peer_of_a_group_is_not_picked_either() {
    let mut group = group(&[1], vec![RULE]);
    assert_eq!(picks(&mut group).len(), 3);
    group.checked(&addr(1), 0, false, 1000);
    group.checked(&addr(1), 0, false, 1000);
    assert!(picks(&mut group).is_empty());
}

#[test]
fn every_check_has_its_say() {
    let once = Rule { fails: 1, passes: 1, mandatory: false, persistent: false };
    let mut group = group(&[1, 2], vec![once, once]);
    group.checked(&addr(1), 0, false, 1000);
    group.checked(&addr(1), 1, false, 1000);
    let change = group.checked(&addr(1), 0, true, 1000);
    assert_eq!(change, Some(Change { healthy: Some(true), freed: false }));
    assert_eq!(picks(&mut group), [1, 1, 1]);
    let change = group.checked(&addr(1), 1, true, 1000);
    assert_eq!(change, Some(Change { healthy: Some(true), freed: true }));
}

#[test]
fn peers_that_come_later_are_checked_first() {
    let mut group = group(&[1], vec![MANDATORY]);
    assert!(picks(&mut group).is_empty());
    group.checked(&addr(1), 0, true, 1000);
    assert_eq!(picks(&mut group), [0, 0, 0]);
    let found = [2, 1].map(|host| Found { addr: addr(host), weight: None, backup: false });
    group.set_line(0, &found, |_| false).unwrap();
    let usable: Vec<bool> = group.peers.iter().map(|peer| peer.is_usable(1000)).collect();
    assert_eq!(usable, [true, false]);
}

/// Two servers, at each of which tries are under way.
fn tried(checks: Vec<Rule>) -> Group {
    let mut group = group(&[1, 2], checks);
    assert_eq!([picks(&mut group), picks(&mut group)].concat(), [0, 1, 0, 1, 0, 1]);
    group
}

/// One of them fails, before a connection stands or later.
fn fail(group: &mut Group, at: u16, unreached: bool) {
    let end = End { start: 1000, heard: false, well: false, unreached };
    group.done(PeerIndex(at), &Hint::default(), true, end, 1000);
}

#[test]
fn failures_to_reach_a_peer_are_forgotten_once_checks_have_reached_it() {
    let mut group = tried(vec![RULE]);
    // What was passed before says nothing.
    for _ in 0..5 {
        group.checked(&addr(1), 0, true, 1000);
    }
    fail(&mut group, 0, true);
    assert_eq!(picks(&mut group), [1; 3]);
    assert_eq!(group.checked(&addr(1), 0, true, 1000), None);
    assert_eq!(group.checked(&addr(1), 0, true, 1000), None);
    // Neither does what is passed before the last of them, nor what is not in a row.
    fail(&mut group, 0, true);
    for passed in [true, true, false, true, true] {
        assert_eq!(group.checked(&addr(1), 0, passed, 1000), None);
    }
    let change = group.checked(&addr(1), 0, true, 1000);
    assert_eq!(change, Some(Change { healthy: None, freed: true }));
    let peer = &group.peers[0];
    assert_eq!((peer.fails, peer.recovered), (0, Some(1000)));
    assert_eq!(peer.effective_weight, peer.weight);
    assert!(!group.is_settled());
    assert_eq!(group.checked(&addr(1), 0, true, 1000), None);
}

#[test]
fn failures_of_other_kinds_are_not_forgotten() {
    let mut group = tried(vec![RULE]);
    fail(&mut group, 0, true);
    fail(&mut group, 0, false);
    for _ in 0..2 {
        assert_eq!(group.checked(&addr(1), 0, true, 1000), None);
    }
    let change = group.checked(&addr(1), 0, true, 1000);
    assert_eq!(change, Some(Change { healthy: None, freed: false }));
    assert_eq!((group.peers[0].fails, group.peers[0].recovered), (1, None));
    assert_eq!(picks(&mut group), [1; 3]);
}

#[test]
fn each_check_has_to_reach_a_peer() {
    let mut group = tried(vec![RULE, RULE]);
    fail(&mut group, 0, true);
    for _ in 0..3 {
        assert_eq!(group.checked(&addr(1), 0, true, 1000), None);
    }
    assert_eq!(group.checked(&addr(1), 1, true, 1000), None);
    assert_eq!(group.checked(&addr(1), 1, true, 1000), None);
    let change = group.checked(&addr(1), 1, true, 1000);
    assert_eq!(change, Some(Change { healthy: None, freed: true }));
}

/// Failures that a good answer has ended are no part of those that come later.
#[test]
fn what_a_good_answer_has_cleared_is_not_cleared_again() {
    let mut group = tried(vec![RULE]);
    fail(&mut group, 0, true);
    // The probe after `fail_timeout` goes well.
    group.peers[0].picked(20_000);
    let end = End { start: 20_000, heard: true, well: true, unreached: false };
    group.done(PeerIndex(0), &Hint::default(), false, end, 20_000);
    assert_eq!(group.peers[0].fails, 0);
    fail(&mut group, 0, false);
    for _ in 0..3 {
        assert_eq!(group.checked(&addr(1), 0, true, 1000), None);
    }
    assert_eq!(group.peers[0].fails, 1);
}
