//! Tries that all workers count: each worker follows the record of changes.

use super::tries::ASIDE;
use crate::upstream::peers::Peer;
use crate::upstream::shared::zone::Zone;

pub(super) struct Followed {
    /// How many changes have been heard of; `None`: all peers are to be looked at.
    heard: Option<u64>,
    /// Of each peer its place in the zone, and how many tries there may be.
    peers: Vec<(u32, u32)>,
    /// The peer of each place; `NONE`: of no peer of this tier.
    holders: Vec<u16>,
}

const NONE: u16 = u16::MAX;

impl Followed {
    /// For peers that have a place each.
    pub(super) fn new(peers: &[Peer]) -> Self {
        let places = peers.iter().map(|peer| peer.place as usize + 1).max().unwrap_or(0);
        let mut holders = vec![NONE; places];
        for (peer, at) in peers.iter().zip(0..) {
            holders[peer.place as usize] = at;
        }
        let peers = peers.iter().map(|peer| (peer.place, peer.limit())).collect();
        Self { heard: None, peers, holders }
    }

    /// Tells of each peer that may have changed how many tries all workers have under way there.
    pub(super) fn refresh(&mut self, zone: &Zone, mut set: impl FnMut(usize, u32)) {
        let now = zone.changes();
        let Self { heard, peers, holders } = self;
        let mut look = |at: usize| {
            let (place, limit) = peers[at];
            let tries = zone.conns(place);
            set(at, if tries < limit { tries } else { ASIDE });
        };
        *heard = heard.and_then(|heard| {
            zone.changed(heard, now, |place| match holders.get(place as usize) {
                None | Some(&NONE) => {}
                Some(&at) => look(usize::from(at)),
            })
        });
        if heard.is_none() {
            (0..peers.len()).for_each(look);
            *heard = Some(now);
        }
    }
}
