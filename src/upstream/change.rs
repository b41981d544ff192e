//! The addresses of a group change while it is in use: its names were looked up again.

use std::collections::{HashMap, HashSet};

use crate::base::ids::{GroupIndex, IdleId, PeerIndex};
use crate::os::addr::Addr;

use super::conf;
use super::group::{Group, Groups};
use super::peers::{Peer, PeerSettings};
use crate::upstream::pool::idle::Idle;

/// One address that a name came to, and what was said of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub addr: Addr,
    /// `None`: the line's own.
    pub weight: Option<u32>,
    /// Of less than the best priority.
    pub backup: bool,
}

/// The addresses of one line that are used.
const MOST_ADDRS: usize = 4096;

impl Group {
    /// Gives a `server` line other addresses. Peers that stay keep what is known of them; one that goes
    /// stays behind `live` for as long as a try or a connection names it, and is the same when its address comes back.
    ///
    /// `on_demand::LINE`: all peers that scripts have named go.
    ///
    /// The peers are numbered anew: returned is each one's new number, `None` for one that nothing
    /// named. `None` instead of a list: nothing has changed.
    pub fn set_line(
        &mut self,
        line: u16,
        found: &[Found],
        named: impl Fn(PeerIndex) -> bool,
    ) -> Option<Vec<Option<PeerIndex>>> {
        let wanted = match self.lines.get(usize::from(line)) {
            Some(settings) => found_peers(settings, found),
            None => vec![],
        };
        let own = |peer: &&Peer| peer.line == line && !peer.is_removed();
        let now: Vec<&PeerSettings> =
            self.peers.iter().filter(own).map(|peer| &*peer.settings).collect();
        if now.len() == wanted.len() && wanted.iter().all(|it| now.contains(&it)) {
            self.find_places();
            return None;
        }
        let mut wanted: HashMap<Addr, (usize, PeerSettings)> =
            wanted.into_iter().enumerate().map(|(at, it)| (it.addr.clone(), (at, it))).collect();
        self.unsettle_all();
        let mut old = Vec::new();
        for (at, mut peer) in std::mem::take(&mut self.peers).into_iter().enumerate() {
            if peer.line == line {
                match wanted.remove(&peer.settings.addr) {
                    Some((_, settings)) if !peer.is_removed() && settings == *peer.settings => {}
                    Some((_, settings)) => peer.change(settings),
                    None => peer.leave(),
                }
            }
            let index = PeerIndex(at as u16);
            if !peer.is_removed() || peer.connections() > 0 || named(index) {
                old.push((Some(at), peer));
            } else if let Some(zone) = &self.zone {
                zone.release(peer.place);
            }
        }
        let mut new: Vec<_> = wanted.into_values().collect();
        new.sort_by_key(|&(at, _)| at);
        let room = usize::from(u16::MAX).saturating_sub(old.len());
        let new = new.into_iter().take(room);
        old.extend(new.map(|(_, settings)| (None, Peer::new(settings, line))));
        old.sort_by_key(|(_, peer)| peer.place());
        let most = old.iter().filter_map(|&(at, _)| at).max().map_or(0, |at| at + 1);
        let mut moved = vec![None; most];
        for (new, (at, _)) in old.iter().enumerate() {
            if let Some(at) = *at {
                moved[at] = Some(PeerIndex(new as u16));
            }
        }
        self.peers = old.into_iter().map(|(_, peer)| peer).collect();
        self.arrange();
        Some(moved)
    }
}

impl Groups {
    /// Gives a line of a group other addresses; see [`Group::set_line`]. Idle connections go with their peers.
    pub fn set_line(
        &mut self,
        at: GroupIndex,
        line: u16,
        found: &[Found],
        named: impl Fn(PeerIndex) -> bool,
    ) -> Option<Vec<Option<PeerIndex>>> {
        let moved = self[at].set_line(line, found, named)?;
        let own: Vec<IdleId> =
            self.idle.items.iter().filter(|(_, it)| it.group == at).map(|(id, _)| id).collect();
        for id in own {
            let idle = &mut self.idle.items[id];
            idle.peer =
                moved[usize::from(idle.peer.0)].expect("a peer with idle connections stays");
        }
        let own: Vec<_> =
            self.dials.iter().filter(|(_, dial)| dial.group == at).map(|(id, _)| id).collect();
        for id in own {
            let dial = &mut self.dials[id];
            dial.peer = moved[usize::from(dial.peer.0)].expect("a peer with dials stays");
        }
        Some(moved)
    }

    /// The idle connections of peers that have left a group.
    pub fn left_behind(&self, at: GroupIndex) -> Vec<IdleId> {
        let is = |idle: &Idle| idle.group == at && self[at].peers[idle.peer].is_removed();
        self.idle.items.iter().filter(|(_, idle)| is(idle)).map(|(id, _)| id).collect()
    }
}

/// The peers that a line is to have.
fn found_peers(line: &conf::ServerLine, found: &[Found]) -> Vec<PeerSettings> {
    let mut seen = HashSet::new();
    // Of a service that is itself a backup only the best priority counts.
    let found = found.iter().filter(|found| !(line.backup && found.backup));
    let found = found.filter(|found| seen.insert(&found.addr)).take(MOST_ADDRS);
    found.map(|found| found_peer(line, found)).collect()
}

/// What a peer of this line is that has this address.
pub(super) fn found_peer(line: &conf::ServerLine, found: &Found) -> PeerSettings {
    PeerSettings {
        addr: found.addr.clone(),
        server: String::from_utf8_lossy(&line.name).into_owned(),
        weight: i32::try_from(found.weight.unwrap_or(line.weight).max(1)).unwrap_or(i32::MAX),
        max_fails: line.max_fails,
        fail_timeout: line.fail_timeout,
        max_conns: line.max_conns,
        slow_start: line.slow_start,
        backup: line.backup || found.backup,
        down: line.down,
        drain: line.drain,
        route: line.route.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::upstream::balance::hint::{End, Hint};
    use crate::upstream::peers::Tried;

    fn found(hosts: &[u8]) -> Vec<Found> {
        let addr = |host| Addr::Inet(([10, 0, 0, host], 80).into());
        hosts.iter().map(|&h| Found { addr: addr(h), weight: None, backup: false }).collect()
    }

    fn line(hosts: &[u8], backup: bool) -> conf::ServerLine {
        let addrs = found(hosts).into_iter().map(|found| found.addr).collect();
        conf::ServerLine { backup, ..conf::ServerLine::new(b"name", addrs) }
    }

    fn group(servers: Vec<conf::ServerLine>) -> Group {
        Group::new(&conf::Group { servers, ..conf::Group::default() })
    }

    fn pick(group: &mut Group, tried: &mut Tried) -> Option<PeerIndex> {
        group.pick(tried, &mut Hint::default(), &mut Rng::new(1), 1000)
    }

    fn done(group: &mut Group, peer: PeerIndex, failed: bool) {
        let end = End { start: 1000, heard: false, well: !failed, unreached: false };
        group.done(peer, &Hint::default(), failed, end, 1000);
    }

    fn shown(group: &Group) -> String {
        let mut shown = String::new();
        for (at, peer) in group.peers.iter().enumerate() {
            shown += if at == group.primary { "|" } else { "" };
            shown += if at == group.live { "!" } else { "" };
            let ip = peer.settings.addr.ip().unwrap().to_string();
            shown += &format!("{} ", ip.rsplit('.').next().unwrap());
        }
        shown
    }

    #[test]
    fn peers_that_stay_keep_what_is_known_of_them() {
        let mut group = group(vec![line(&[1, 2], false), line(&[9], true), line(&[5], false)]);
        assert_eq!(shown(&group), "1 2 5 |9 ");
        group.peers[1].fails = 7;
        assert_eq!(group.set_line(0, &found(&[2, 1]), |_| false), None);
        let moved = group.set_line(0, &found(&[3, 2, 4]), |_| false).unwrap();
        assert_eq!(shown(&group), "2 3 4 5 |9 ");
        assert_eq!(group.peers[0].fails, 7);
        let to = |at| Some(PeerIndex(at));
        assert_eq!(moved, [None, to(0), to(3), to(4)]);
    }

    #[test]
    fn who_is_still_named_stays_behind_and_is_not_picked() {
        let mut group = group(vec![line(&[1, 2, 3], false)]);
        let mut tried = Tried::default();
        assert_eq!(pick(&mut group, &mut tried), Some(PeerIndex(0)));
        let moved = group.set_line(0, &found(&[3, 4]), |peer| peer == PeerIndex(1)).unwrap();
        assert_eq!(shown(&group), "3 4 |!1 2 ");
        assert_eq!(moved, [Some(PeerIndex(2)), Some(PeerIndex(3)), Some(PeerIndex(0))]);
        tried.renumber(&moved);
        assert!(tried.has(PeerIndex(2)) && !tried.has(PeerIndex(0)));
        for _ in 0..4 {
            let peer = pick(&mut group, &mut Tried::default()).unwrap();
            assert!(usize::from(peer.0) < group.live);
            done(&mut group, peer, false);
        }
        done(&mut group, PeerIndex(2), true);
        group.set_line(0, &found(&[4]), |_| false).unwrap();
        assert_eq!(shown(&group), "4 ");
        assert!(group.is_single());
        group.set_line(0, &[], |_| false).unwrap();
        assert_eq!(pick(&mut group, &mut Tried::default()), None);
    }

    #[test]
    fn an_address_that_comes_back_is_the_peer_that_is_still_named() {
        let limited = conf::ServerLine { max_conns: 1, ..line(&[1], false) };
        let mut group = group(vec![limited]);
        let mut tried = Tried::default();
        assert_eq!(pick(&mut group, &mut tried), Some(PeerIndex(0)));
        group.set_line(0, &[], |_| true).unwrap();
        assert_eq!((shown(&group).as_str(), group.live), ("|!1 ", 0));
        group.set_line(0, &found(&[1]), |_| true).unwrap();
        assert_eq!(shown(&group), "1 ");
        assert_eq!(pick(&mut group, &mut Tried::default()), None, "it is full");
        done(&mut group, PeerIndex(0), false);
        assert_eq!(pick(&mut group, &mut Tried::default()), Some(PeerIndex(0)));
    }

    #[test]
    fn what_is_alone_is_tried_but_not_forgiven_by_another_failure() {
        let mut group = group(vec![line(&[1, 2], false)]);
        let fail = |group: &mut Group, now| {
            let (mut tried, mut hint) = (Tried::default(), Hint::default());
            let at = group.pick(&mut tried, &mut hint, &mut Rng::new(1), now).unwrap();
            let end = End { start: now, heard: false, well: false, unreached: false };
            (at, group.done(at, &hint, true, end, now))
        };
        assert_eq!(fail(&mut group, 1000), (PeerIndex(0), true));
        group.set_line(0, &found(&[1]), |_| false).unwrap();
        assert_eq!(fail(&mut group, 20_000), (PeerIndex(0), false));
        group.set_line(0, &found(&[1, 2]), |_| false).unwrap();
        assert_eq!(fail(&mut group, 20_000), (PeerIndex(1), true));
    }

    #[test]
    fn weights_and_priorities_come_with_the_addresses() {
        let mut group = group(vec![line(&[], false)]);
        let mut all = found(&[1, 2, 2]);
        (all[0].backup, all[1].weight) = (true, Some(5));
        group.set_line(0, &all, |_| false).unwrap();
        assert_eq!(shown(&group), "2 |1 ");
        assert_eq!(group.peers[0].settings.weight, 5);
        let many: Vec<Found> = (0..10_000u32)
            .map(|n| Found { addr: Addr::Inet((n.to_be_bytes(), 80).into()), ..all[1].clone() })
            .collect();
        group.set_line(0, &many, |_| false).unwrap();
        assert_eq!(group.live, MOST_ADDRS);
    }
}
