//! `random`: one by its weight; `random two`: of two such the less busy one, or the quicker one.

use super::method::{Choice, LeastTime};
use super::round_robin;
use super::shares::Shares;
use super::tier::{Ask, Tier};
use crate::upstream::peers::Peer;

pub struct Random {
    shares: Shares,
    how: Choice,
}

impl Random {
    pub fn new(primary: &[Peer], how: Choice) -> Self {
        Self { shares: Shares::new(primary), how }
    }

    pub fn times(&self) -> Option<LeastTime> {
        match self.how {
            Choice::LeastTime(how) => Some(how),
            _ => None,
        }
    }

    pub fn pick(&self, tier: &mut Tier<'_>, ask: &mut Ask<'_>) -> Option<usize> {
        let mut first: Option<usize> = None;
        loop {
            let at = self.shares.at(ask.rng.below(self.shares.total()));
            if first != Some(at) && tier.is_open(at, ask) {
                match (self.how, first) {
                    (Choice::One, _) => return Some(at),
                    (_, None) => first = Some(at),
                    (_, Some(first)) => return Some(self.better(tier.peers, first, at, ask.now)),
                }
            }
            if ask.hint.missed() {
                return round_robin::pick(tier, ask);
            }
        }
    }

    fn better(&self, peers: &[Peer], first: usize, second: usize, now: u64) -> usize {
        let cost = |peer: &Peer| match self.how {
            Choice::LeastTime(how) => u128::from(how.estimate(peer, now)),
            _ => u128::from(peer.conns),
        };
        let (a, b) = (&peers[first], &peers[second]);
        // The second is taken unless it is worse.
        match cost(b) * a.weight as u128 > cost(a) * b.weight as u128 {
            true => first,
            false => second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::balance::balancer::tests::{Client, Pool};
    use crate::upstream::balance::method::Method;

    fn shares(how: Choice, lines: &[&str]) -> Vec<usize> {
        let mut pool = Pool::new(Method::Random(how), lines);
        let mut counts = vec![0; lines.len()];
        for letter in pool.sequence(6000).bytes() {
            counts[usize::from(letter - b'a')] += 1;
        }
        counts
    }

    #[test]
    fn chance_is_weighed() {
        let near = |count: usize, expected: usize| count.abs_diff(expected) < expected / 8;
        let counts = shares(Choice::One, &["a weight=3", "b", "c weight=2", "d down"]);
        assert!(near(counts[0], 3000) && near(counts[1], 1000), "{counts:?}");
        assert!(near(counts[2], 2000) && counts[3] == 0, "{counts:?}");
        // Of two that are idle the second is taken, so that all have their share.
        let counts = shares(Choice::LeastConn, &["a", "b", "c"]);
        assert!(counts.iter().all(|&count| near(count, 2000)), "{counts:?}");
    }

    #[test]
    fn of_two_the_less_busy_one() {
        let mut pool = Pool::new(Method::Random(Choice::LeastConn), &["a", "b", "c", "d"]);
        for _ in 0..400 {
            pool.pick(&mut Client::default());
        }
        let conns: Vec<u32> = pool.group.peers.iter().map(|peer| peer.conns).collect();
        assert!(conns.iter().all(|conns| (98..=102).contains(conns)), "{conns:?}");
    }

    #[test]
    fn every_peer_is_tried_once() {
        for how in [Choice::One, Choice::LeastConn] {
            let mut tried: Vec<char> =
                Pool::new(Method::Random(how), &["a"; 9]).tries(b"").chars().collect();
            tried.sort();
            assert_eq!(tried.iter().collect::<String>(), "abcdefghi");
        }
    }
}
