//! Peers laid side by side, each as wide as its weight: a number below the sum names one of them.

use crate::upstream::peers::Peer;

pub struct Shares {
    /// Where each peer's share ends.
    ends: Vec<u64>,
    /// How wide each is; 0: they differ.
    equal: u64,
}

impl Shares {
    pub fn new(peers: &[Peer]) -> Self {
        let mut sum = 0;
        let add = |peer: &Peer| {
            sum += peer.settings.weight.max(0) as u64;
            sum
        };
        let ends: Vec<u64> = peers.iter().map(add).collect();
        let first = ends.first().copied().unwrap_or(0);
        let is_equal = ends.windows(2).all(|two| two[1] - two[0] == first);
        Self { ends, equal: if is_equal { first } else { 0 } }
    }

    /// The sum of all weights, of those that are down too.
    pub fn total(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whose share `point` lies in; `point` is below the total.
    pub fn at(&self, point: u64) -> usize {
        match self.equal {
            0 => self.ends.partition_point(|&end| end <= point),
            equal => (point / equal) as usize,
        }
    }
}
