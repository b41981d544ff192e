//! `sticky`: requests of one client go to one peer. A layer above the method, which decides for those that
//! are not bound, or whose peer cannot be used.
//!
//! What a request brings is a peer's own name (`cookie`, `route`) or that of a session (`learn`), whose
//! peer is looked up here. Where these come from and how a client learns them is HTTP's business.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::ids::PeerIndex;

use super::hint::Hint;
use super::tier::{Ask, Tier};
use crate::upstream::conf;
use crate::upstream::peers::Peer;
use crate::upstream::shared::sessions::Sessions;

pub struct Sticky {
    learn: Option<conf::Learn>,
    /// Of `learn`.
    pub sessions: Option<Sessions>,
    /// What peers are known by, of the primary ones and of the backup ones.
    known: [Known; 2],
}

/// The first peer of each name.
#[derive(Default)]
struct Known {
    by_sid: BTreeMap<Box<[u8]>, PeerIndex>,
    by_mark: BTreeMap<u64, PeerIndex>,
}

impl Sticky {
    pub fn new(options: conf::Sticky) -> Self {
        Self { learn: options.learn, sessions: None, known: Default::default() }
    }

    /// Gives the peers their names; they may have been numbered anew.
    pub fn arrange(&mut self, peers: &mut [Peer], primary: usize) {
        self.known = Default::default();
        for (at, peer) in peers.iter_mut().enumerate() {
            peer.sid = match peer.settings.route.is_empty() {
                true => format!("{:x}", md5::compute(peer.name.as_bytes())).into_bytes().into(),
                false => peer.settings.route.clone(),
            };
            peer.mark = mark_of(&peer.sid);
            let Known { by_sid, by_mark } = &mut self.known[usize::from(at >= primary)];
            by_sid.entry(peer.sid.clone()).or_insert(PeerIndex(at as u16));
            by_mark.entry(peer.mark).or_insert(PeerIndex(at as u16));
        }
    }

    /// The peer that a request is bound to, of the primary ones, or of the backup ones if it is with those.
    pub fn peer_of(&self, hint: &Hint, now: u64) -> Option<PeerIndex> {
        if hint.bound.is_empty() {
            return None;
        }
        let known = &self.known[usize::from(hint.backup)];
        let index = match &self.learn {
            Some(learn) => {
                let mark = self.sessions.as_ref()?.find(&hint.bound, learn.timeout, now)?;
                known.by_mark.get(&mark)
            }
            None => known.by_sid.get(&*hint.bound),
        };
        index.copied()
    }

    /// The place in the tier of the peer that the request is bound to, if it may be tried.
    pub fn pick(&self, tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
        let index = self.peer_of(ask.hint, ask.now)?;
        let at = usize::from(index.0).checked_sub(tier.first)?;
        if at < tier.peers.len() {
            tier.pull(at);
        }
        let usable = tier.peers.get(at)?.is_usable_if_bound(ask.now) && !ask.tried.has(index);
        usable.then_some(at)
    }

    /// The head of a response came from the peer.
    pub fn heard(&self, peer: &Peer, hint: &Hint, now: u64) {
        self.learn(true, peer, hint, now);
    }

    /// A try at the peer is over, and nothing was wrong with it.
    pub fn done(&self, peer: &Peer, hint: &Hint, now: u64) {
        self.learn(false, peer, hint, now);
    }

    /// The session is the one that the response has begun, or the one that was asked for: that is only gone
    /// on with.
    fn learn(&self, by_header: bool, peer: &Peer, hint: &Hint, now: u64) {
        let (Some(learn), Some(sessions)) = (&self.learn, &self.sessions) else { return };
        if learn.header != by_header {
            return;
        }
        let begins = !hint.session.is_empty();
        let name = if begins { &hint.session } else { &hint.bound };
        if !name.is_empty() {
            sessions.learn(name, begins, peer.mark, learn.timeout, now);
        }
    }
}

/// The same in every worker and every configuration, as the name is.
fn mark_of(sid: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    sid.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::os::addr::Addr;
    use crate::upstream::balance::balancer::tests::{Client, Pool, letter};
    use crate::upstream::balance::method::Method;
    use crate::upstream::change::Found;

    fn learn(header: bool) -> Option<conf::Sticky> {
        let learn = conf::Learn { zone: "z".into(), size: 32_768, timeout: 100, header };
        Some(conf::Sticky { learn: Some(learn) })
    }

    fn one(pool: &mut Pool, bound: &[u8], began: &[u8]) -> char {
        let mut client = Client::default();
        client.hint.bound.bytes().extend_from_slice(bound);
        let at = pool.pick(&mut client);
        client.hint.session.bytes().extend_from_slice(began);
        if at.is_some() {
            pool.heard(&mut client);
            pool.done(&mut client, false);
        }
        letter(at)
    }

    #[test]
    fn a_request_goes_to_the_peer_that_it_names() {
        let options = Some(conf::Sticky { learn: None });
        let lines = ["a route=x", "b", "c route=z drain", "d route=down down", "e route=y backup"];
        let mut pool = Pool::sticky(Method::RoundRobin, options, &lines);
        let picked: String = ["z", "x", "", "", "down", "y", "nobody"]
            .iter()
            .map(|bound| one(&mut pool, bound.as_bytes(), b""))
            .collect();
        // Backup peers are not asked for as long as others can be.
        assert_eq!(picked, "cababab");
        let sum = md5::compute(b"127.0.0.1:80");
        assert_eq!(*pool.group.peers[1].sid, *format!("{sum:x}").as_bytes());
        let mut client = Client::default();
        client.hint.bound.bytes().extend_from_slice(b"x");
        let mut tries = String::new();
        while let Some(at) = pool.pick(&mut client) {
            tries.push(letter(Some(at)));
            pool.done(&mut client, true);
        }
        assert_eq!(tries, "abe");
    }

    #[test]
    fn a_session_goes_to_the_peer_that_began_it() {
        for header in [false, true] {
            let lines = ["a route=1", "b route=2", "c route=3"];
            let mut pool = Pool::sticky(Method::LeastConn, learn(header), &lines);
            assert_eq!(one(&mut pool, b"s", b""), 'a');
            assert_eq!(one(&mut pool, b"", b"s"), 'b');
            assert_eq!([(); 3].map(|()| one(&mut pool, b"s", b"")), ['b'; 3]);
            pool.now += 101;
            assert_eq!(one(&mut pool, b"s", b""), 'c');
        }
    }

    /// What nginx does, without a thought to speed.
    fn take_turn(weights: &mut [(i64, i64)], bound: Option<usize>) -> usize {
        let all: i64 = weights.iter().map(|(own, _)| own).sum();
        if let Some(at) = bound.filter(|&at| weights[at].1 <= weights[at].0 - all) {
            return at;
        }
        weights.iter_mut().for_each(|(own, current)| *current += *own);
        let most = weights.iter().map(|it| it.1).max().unwrap();
        let first = weights.iter().position(|it| it.1 == most).unwrap();
        let at = bound.unwrap_or(first);
        weights[at].1 -= all;
        at
    }

    #[test]
    fn a_bound_request_takes_a_turn() {
        for lines in [
            ["a route=a", "b route=b", "c route=c"],
            ["a route=a weight=5", "b route=b", "c route=c weight=2"],
        ] {
            let mut pool =
                Pool::sticky(Method::RoundRobin, Some(conf::Sticky { learn: None }), &lines);
            let mut weights: Vec<_> =
                pool.group.peers.iter().map(|peer| (peer.weight, 0)).collect();
            let mut rng = Rng::new(1);
            for turn in 0..3000 {
                // Now and then no request is bound for so long that turns are quick again.
                let bound = rng.below(3) as usize;
                let bound = (turn / 100 % 2 == 0 && rng.one_in(2)).then_some(bound);
                let name = bound.map_or(b"".as_slice(), |at| [b"a", b"b", b"c"][at]);
                let expected = letter(Some(take_turn(&mut weights, bound)));
                assert_eq!(one(&mut pool, name, b""), expected, "{turn}");
            }
        }
    }

    #[test]
    fn a_session_stays_with_the_address_that_a_name_came_to() {
        let found = |hosts: &[u8]| -> Vec<Found> {
            let addr = |host| Addr::Inet(([10, 0, 0, host], 80).into());
            hosts.iter().map(|&h| Found { addr: addr(h), weight: None, backup: false }).collect()
        };
        let mut pool = Pool::sticky(Method::RoundRobin, learn(false), &["a"]);
        let host = |pool: &mut Pool, bound: &[u8], began: &[u8]| {
            let at = one(pool, bound, began) as usize - 'a' as usize;
            pool.group.peers[at].name.to_string()
        };
        let to = |pool: &mut Pool, hosts: &[u8]| {
            pool.group.set_line(0, &found(hosts), |_| false);
            [(); 3].map(|()| host(pool, b"s", b""))
        };
        to(&mut pool, &[1, 2]);
        let own = host(&mut pool, b"", b"s");
        assert_eq!(own, "10.0.0.2:80");
        // Whatever its number is.
        for hosts in [[2, 3, 4].as_slice(), &[5, 6, 7, 2], &[1, 2]] {
            assert_eq!(to(&mut pool, hosts), [(); 3].map(|()| own.clone()));
        }
        // When the address is gone, it is another's from then on.
        let [first, second, third] = to(&mut pool, &[1, 3, 4]);
        assert!(first != own && first == second && second == third);
        assert_eq!(to(&mut pool, &[1, 2, 3, 4])[0], first);
    }
}
