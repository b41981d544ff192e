//! Peers that are in no `server` line: a script has named their addresses. Balancers do not choose them.

use super::Group;
use crate::base::ids::PeerIndex;
use crate::os::addr::Addr;
use crate::upstream::counters::Count;
use crate::upstream::peers::{Peer, PeerSettings};

/// The `line` of such peers.
pub const LINE: u16 = u16::MAX;

/// Addresses of a group that are remembered, with their connections and counters.
pub const MOST: usize = 4096;

impl Group {
    /// The peer of an address that a script names. `None`: there are [`MOST`] others, which are to be forgotten first.
    pub fn on_demand(&mut self, addr: &Addr) -> Option<PeerIndex> {
        if let Some(at) = self.on_demand.0.get(addr) {
            return Some(*at);
        }
        if self.on_demand.0.len() >= MOST {
            return None;
        }
        let is_same = |peer: &Peer| peer.line == LINE && peer.settings.addr == *addr;
        let behind = &mut self.peers[self.live..];
        let at = match behind.iter_mut().position(|peer| is_same(peer)) {
            // It was forgotten, and is still in use.
            Some(at) => {
                behind[at].come_on_demand();
                self.live + at
            }
            None => {
                if self.peers.len() >= usize::from(u16::MAX) {
                    return None;
                }
                let mut peer = Peer::new(settings(addr), LINE);
                peer.come_on_demand();
                self.peers.push(peer);
                self.list_counters();
                self.peers.len() - 1
            }
        };
        let at = PeerIndex(at as u16);
        self.on_demand.0.insert(addr.clone(), at);
        Some(at)
    }

    /// A try at such a peer begins.
    pub fn begin_on_demand(&mut self, at: PeerIndex, now: u64) {
        let peer = &mut self.peers[at];
        peer.picked(now);
        peer.counters.count(Count::Tries);
        peer.counters.count(Count::Busy);
        self.cache.windows.touch(&mut self.peers, at, now);
    }
}

/// Its failures are the script's to judge.
fn settings(addr: &Addr) -> PeerSettings {
    PeerSettings {
        addr: addr.clone(),
        server: addr.to_string(),
        weight: 1,
        max_fails: 0,
        fail_timeout: 0,
        max_conns: 0,
        slow_start: 0,
        backup: false,
        down: false,
        drain: false,
        route: Box::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::upstream::balance::hint::{End, Hint};
    use crate::upstream::conf;
    use crate::upstream::peers::Tried;

    fn addr(host: u16) -> Addr {
        let [high, low] = host.to_be_bytes();
        Addr::Inet(([10, 0, high, low], 80).into())
    }

    fn group(members: u16) -> Group {
        let lines = (0..members).map(|host| conf::ServerLine::new(b"a", vec![addr(host)]));
        Group::new(&conf::Group { servers: lines.collect(), ..conf::Group::default() })
    }

    fn end(group: &mut Group, at: PeerIndex, failed: bool) {
        let end = End { start: 1000, heard: !failed, well: !failed, unreached: failed };
        assert!(!group.done(at, &Hint::default(), failed, end, 1000));
    }

    #[test]
    fn they_are_peers_that_no_balancer_chooses() {
        let mut group = group(1);
        let at = group.on_demand(&addr(7)).unwrap();
        assert_eq!((at, group.on_demand(&addr(7))), (PeerIndex(1), Some(at)));
        assert!(group.is_single());
        group.begin_on_demand(at, 1000);
        assert_eq!((group.peers[at].conns, group.peers[at].counters.own(Count::Tries)), (1, 1));
        end(&mut group, at, true);
        assert_eq!(group.peers[at].conns, 0);
        let mut tried = Tried::default();
        let mut pick = || group.pick(&mut tried, &mut Hint::default(), &mut Rng::new(1), 1000);
        assert_eq!((pick(), pick()), (Some(PeerIndex(0)), None));
    }

    #[test]
    fn they_stay_when_a_line_has_other_addresses() {
        let mut group = group(2);
        let at = group.on_demand(&addr(7)).unwrap();
        let moved = group.set_line(0, &[], |_| false).unwrap();
        let now = moved[usize::from(at.0)].unwrap();
        assert_eq!((now, group.on_demand(&addr(7))), (PeerIndex(1), Some(now)));
        assert_eq!(group.live, 1);
    }

    #[test]
    fn when_there_are_too_many_those_in_use_stay() {
        let mut group = group(0);
        for host in 0..MOST as u16 {
            group.on_demand(&addr(host)).unwrap();
        }
        assert_eq!(group.on_demand(&addr(60_000)), None);
        group.begin_on_demand(PeerIndex(3), 1000);
        let moved = group.set_line(LINE, &[], |peer| peer == PeerIndex(3)).unwrap();
        assert_eq!(moved.iter().flatten().collect::<Vec<_>>(), [&PeerIndex(0)]);
        assert_eq!(group.on_demand(&addr(60_000)), Some(PeerIndex(1)));
        assert_eq!(group.on_demand(&addr(3)), Some(PeerIndex(0)));
        assert!(!group.peers[0].is_removed());
        end(&mut group, PeerIndex(0), false);
    }
}
