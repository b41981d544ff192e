//! How many connections a group needs: the sum, over its peers, of the most that were busy at that peer at
//! the same time of late.
//!
//! Answers come in batches, so a strict cap on idle connections closes some that are opened again a
//! millisecond later. The sum over the peers, not the group's own maximum, is what balances by chance need.
//! Two maxima a peer, of this window and of the one before, are rotated; only peers that were touched are
//! looked at, so an idle group costs nothing.

use crate::base::ids::PeerIndex;

use crate::upstream::counters::Count;
use crate::upstream::peers::Peer;

/// A window, in ms: what was busy is remembered for one to two of them.
pub const WINDOW: u64 = 100;

/// A group's part.
#[derive(Default, Debug)]
pub struct Windows {
    since: u64,
    sum: u32,
    /// Tries under way in the whole group, and the most of late.
    busy: u32,
    most: u32,
    before: u32,
    /// The peers that have been busy in this window or the one before.
    touched: Vec<PeerIndex>,
}

impl Windows {
    /// What is needed. One client after another needs no more than it is given anyway, however many peers
    /// it is sent to.
    pub fn sum(&self) -> u32 {
        if self.most.max(self.before) > 1 { self.sum } else { 0 }
    }

    /// A try ended.
    pub fn ended(&mut self) {
        self.busy -= 1;
    }

    /// A try at `at` began, and is counted.
    pub fn touch(&mut self, peers: &mut [Peer], at: PeerIndex, now: u64) {
        self.rotate(peers, now);
        self.busy += 1;
        self.most = self.most.max(self.busy);
        let peer = &mut peers[at];
        if !std::mem::replace(&mut peer.busy.touched, true) {
            self.touched.push(at);
        }
        let had = peer.busy.needs();
        peer.busy.most = peer.busy.most.max(busy_now(peer));
        self.sum += peer.busy.needs() - had;
    }

    /// Forgets what is older than the windows.
    pub fn rotate(&mut self, peers: &mut [Peer], now: u64) {
        let passed = (now - self.since.min(now)) / WINDOW;
        if passed == 0 {
            return;
        }
        self.since = now - now % WINDOW;
        for _ in 0..passed.min(2) {
            self.turn(peers);
        }
    }

    fn turn(&mut self, peers: &mut [Peer]) {
        self.before = self.most;
        self.most = self.busy;
        self.sum = 0;
        self.touched.retain(|at| {
            let peer = &mut peers[*at];
            peer.busy.before = peer.busy.most;
            // What is busy now is busy in the new window too.
            peer.busy.most = busy_now(peer);
            peer.busy.touched = peer.busy.needs() > 0;
            self.sum += peer.busy.needs();
            peer.busy.touched
        });
    }

    /// The peers were numbered anew.
    pub fn renumber(&mut self, peers: &[Peer]) {
        let numbered = peers.iter().zip(0..);
        self.touched =
            numbered.filter(|(p, _)| p.busy.touched).map(|(_, at)| PeerIndex(at)).collect();
        self.sum = peers.iter().map(|peer| peer.busy.needs()).sum();
    }
}

/// Tries of this worker under way: in a zone `conns` has those of all.
fn busy_now(peer: &Peer) -> u32 {
    peer.counters.own(Count::Busy) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::addr::Addr;
    use crate::upstream::conf::{Group, ServerLine};
    use crate::upstream::group;

    fn peers(n: u8) -> Vec<Peer> {
        let addrs = (1..=n).map(|host| Addr::Inet(([10, 0, 0, host], 80).into())).collect();
        let line = ServerLine::new(b"x", addrs);
        group::Group::new(&Group::implicit(Box::default(), None, line)).peers
    }

    fn set(peer: &mut Peer, busy: u64) {
        peer.counters.set(Count::Busy, busy);
    }

    #[test]
    fn the_sum_of_the_peers_maxima_lasts_two_windows() {
        let mut peers = peers(3);
        let mut windows = Windows::default();
        for (at, conns) in [(0, 5), (1, 7)] {
            set(&mut peers[at], conns);
            windows.touch(&mut peers, PeerIndex(at as u16), 1000);
            set(&mut peers[at], 0);
        }
        windows.ended();
        assert_eq!(windows.sum(), 12);
        windows.rotate(&mut peers, 1050);
        assert_eq!(windows.sum(), 12);
        windows.rotate(&mut peers, 1100);
        assert_eq!(windows.sum(), 12);
        set(&mut peers[1], 2);
        windows.touch(&mut peers, PeerIndex(1), 1110);
        windows.rotate(&mut peers, 1200);
        assert_eq!(windows.sum(), 2);
        windows.rotate(&mut peers, 5000);
        assert_eq!(windows.sum(), 2, "what is still busy counts");
        set(&mut peers[1], 0);
        windows.rotate(&mut peers, 6000);
        assert_eq!(windows.sum(), 0);
        assert!(windows.touched.is_empty());
    }

    #[test]
    fn one_after_another_stretches_nothing() {
        let mut peers = peers(9);
        let mut windows = Windows::default();
        for at in 0..9 {
            set(&mut peers[at], 1);
            windows.touch(&mut peers, PeerIndex(at as u16), 1000);
            set(&mut peers[at], 0);
            windows.ended();
        }
        assert_eq!((windows.sum, windows.sum()), (9, 0));
    }
}
