//! Levels of tries that all workers count: each worker follows what is told of changes.

use super::levels::{ASIDE, Levels};
use crate::upstream::peers::Peer;
use crate::upstream::zone::Zone;

pub(super) struct Followed {
    levels: Levels,
    /// How many changes have been heard of; `None`: all peers are to be looked at.
    heard: Option<u64>,
    /// Of each peer its place in the zone, and how many tries there may be.
    peers: Vec<(u32, u32)>,
    /// Of each place whose it is; `NOBODY`: of none of this tier.
    holders: Vec<u16>,
}

const NOBODY: u16 = u16::MAX;

impl Followed {
    /// For peers that weigh `own` each, and have a place each.
    pub(super) fn new(own: i64, peers: &[Peer]) -> Self {
        let places = peers.iter().map(|peer| peer.place as usize + 1).max().unwrap_or(0);
        let mut holders = vec![NOBODY; places];
        for (peer, at) in peers.iter().zip(0..) {
            holders[peer.place as usize] = at;
        }
        Self {
            levels: Levels::new(own, peers.iter().map(|peer| (peer.current_weight, ASIDE))),
            heard: None,
            peers: peers.iter().map(|peer| (peer.place, peer.limit())).collect(),
            holders,
        }
    }

    /// As many tries are under way at all peers as all workers know.
    pub(super) fn refresh(&mut self, zone: &Zone) {
        let now = zone.changes();
        let Self { levels, heard, peers, holders } = self;
        let mut look = |at: usize| {
            let (place, limit) = peers[at];
            let conns = zone.conns(place);
            levels.set(at, if conns < limit { conns } else { ASIDE });
        };
        *heard = heard.and_then(|heard| {
            zone.changed(heard, now, |place| match holders.get(place as usize) {
                None | Some(&NOBODY) => {}
                Some(&at) => look(usize::from(at)),
            })
        });
        if heard.is_none() {
            (0..peers.len()).for_each(look);
            *heard = Some(now);
        }
    }

    pub(super) fn turn(&mut self) -> Option<usize> {
        self.levels.turn()
    }
}
