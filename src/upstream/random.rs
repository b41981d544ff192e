//! `random`: one by its weight; `random two`: of two such the less busy one, or the quicker one.

use super::balancer::{Ask, Tier};
use super::least_time::LeastTime;
use super::peers::Peer;
use super::round_robin;
use super::shares::Shares;

pub struct Random {
    shares: Shares,
    how: Choice,
}

/// What decides between peers that were drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// One is drawn.
    One,
    LeastConn,
    LeastTime(LeastTime),
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
                    (_, None) => {
                        first = Some(at);
                        continue;
                    }
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
