//! Smooth weighted round robin, with nginx's sequences.
//!
//! Each turn every usable peer gains its effective weight; the one with the most is picked and pays the sum.

use crate::base::ids::PeerIndex;

use super::peers::{Peer, Tried};

/// Picks among the peers of `range` that are usable and not yet tried.
pub fn pick(
    peers: &mut [Peer],
    range: std::ops::Range<usize>,
    tried: &Tried,
    now: u64,
) -> Option<PeerIndex> {
    let mut best: Option<usize> = None;
    let mut total = 0;
    for at in range {
        if tried.has(PeerIndex(at as u16)) || !peers[at].is_usable(now) {
            continue;
        }
        let peer = &mut peers[at];
        peer.current_weight += peer.effective_weight;
        total += peer.effective_weight;
        if peer.effective_weight < peer.settings.weight {
            peer.effective_weight += 1;
        }
        let weight = peer.current_weight;
        if best.is_none_or(|best| weight > peers[best].current_weight) {
            best = Some(at);
        }
    }
    let best = best?;
    let peer = &mut peers[best];
    peer.current_weight -= total;
    if now - peer.checked > peer.settings.fail_timeout {
        peer.checked = now;
    }
    Some(PeerIndex(best as u16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::addr::Addr;
    use crate::upstream::peers::PeerSettings;

    fn peers(weights: &[i32]) -> Vec<Peer> {
        let peer = |&weight| {
            Peer::new(PeerSettings {
                addr: Addr::parse("127.0.0.1:1").unwrap(),
                server: String::new(),
                weight,
                max_fails: 1,
                fail_timeout: 10_000,
                max_conns: 0,
                backup: false,
                down: false,
            })
        };
        weights.iter().map(peer).collect()
    }

    fn sequence(peers: &mut [Peer], n: usize) -> String {
        let range = 0..peers.len();
        (0..n)
            .map(|_| match pick(peers, range.clone(), &Tried::default(), 100_000) {
                Some(PeerIndex(at)) => char::from(b'a' + at as u8),
                None => '-',
            })
            .collect()
    }

    #[test]
    fn sequences_are_nginx_s() {
        for (weights, expected) in [
            (&[1, 1, 1][..], "abcabc"),
            (&[5, 1, 1], "aabacaa"),
            (&[3, 2, 1], "abacba"),
            (&[4, 2, 1], "abacaba"),
            (&[2, 1], "abaaba"),
        ] {
            assert_eq!(sequence(&mut peers(weights), expected.len()), expected, "{weights:?}");
        }
    }

    #[test]
    fn a_failed_peer_is_left_out_and_probed_once() {
        let mut peers = peers(&[1, 1]);
        assert!(peers[0].failed(100_000));
        let none = Tried::default();
        for _ in 0..3 {
            assert_eq!(pick(&mut peers, 0..2, &none, 105_000), Some(PeerIndex(1)));
        }
        // After fail_timeout one request goes there; until it has ended no other does.
        let probes: Vec<_> = (0..6)
            .filter(|_| pick(&mut peers, 0..2, &none, 110_001) == Some(PeerIndex(0)))
            .collect();
        assert_eq!(probes.len(), 1);
        peers[0].succeeded();
        assert_eq!(peers[0].fails, 0);
    }

    #[test]
    fn tried_peers_are_not_picked_again() {
        let mut peers = peers(&[1; 100]);
        let mut tried = Tried::default();
        for _ in 0..100 {
            let peer = pick(&mut peers, 0..100, &tried, 100_000).unwrap();
            assert!(!tried.has(peer));
            tried.set(peer);
        }
        assert_eq!(pick(&mut peers, 0..100, &tried, 100_000), None);
    }
}
