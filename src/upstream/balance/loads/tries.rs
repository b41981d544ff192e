//! Tries under way at a peer, as a number to compare.

use crate::upstream::peers::Peer;

/// In place of a number of tries: the peer is not to be picked.
pub(super) const ASIDE: u32 = u32::MAX;

/// How many tries are under way at a peer that may be picked.
pub(super) fn tries(peer: &Peer) -> u32 {
    if peer.takes_part() && !peer.is_full() { peer.conns } else { ASIDE }
}
