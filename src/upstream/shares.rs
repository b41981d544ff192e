//! Peers laid side by side, each as wide as its weight: a number below the sum names one of them.

use super::peers::Peer;

pub struct Shares {
    /// Where each peer's share ends.
    ends: Vec<u64>,
}

impl Shares {
    pub fn new(peers: &[Peer]) -> Self {
        let mut sum = 0;
        let add = |peer: &Peer| {
            sum += peer.settings.weight.max(0) as u64;
            sum
        };
        Self { ends: peers.iter().map(add).collect() }
    }

    /// The sum of all weights, of those that are down too.
    pub fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whose share `point` lies in; `point` is below the total.
    pub fn at(&self, point: u64) -> usize {
        self.ends.partition_point(|&end| end <= point)
    }
}
