//! `sticky`: requests of one client go to one peer. A layer above the method, which decides for those that
//! are not bound, or whose peer cannot be used.
//!
//! What a request brings is a peer's own name (`cookie`, `route`) or that of a session (`learn`), whose
//! peer is looked up here. Where these come from and how a client is told is HTTP's business.

use std::collections::BTreeMap;

use crate::base::arena::Arena;
use crate::base::ids::PeerIndex;
use crate::base::list::{Link, Linked, List};

use super::balancer::{Ask, Tier};
use super::conf;
use super::peers::Peer;

pub struct Sticky {
    /// Of `learn`.
    pub sessions: Option<Sessions>,
    /// What peers are known by, of the primary ones and of the backup ones.
    by_sid: [BTreeMap<Box<[u8]>, PeerIndex>; 2],
}

impl Sticky {
    pub fn new(options: conf::Sticky) -> Self {
        Self { sessions: options.learn.map(Sessions::new), by_sid: Default::default() }
    }

    /// Gives the peers their names; they may have been numbered anew.
    pub fn arrange(&mut self, peers: &mut [Peer], primary: usize) {
        self.by_sid = Default::default();
        for (at, peer) in peers.iter_mut().enumerate() {
            peer.sid = match peer.settings.route.is_empty() {
                true => format!("{:x}", md5::compute(peer.name.as_bytes())).into_bytes().into(),
                false => peer.settings.route.clone(),
            };
            let tier = &mut self.by_sid[usize::from(at >= primary)];
            tier.entry(peer.sid.clone()).or_insert(PeerIndex(at as u16));
        }
    }

    /// The place in the tier of the peer that the request is bound to, if it may be tried.
    pub fn pick(&mut self, tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
        if ask.hint.bound.is_empty() {
            return None;
        }
        let sid = match &mut self.sessions {
            Some(sessions) => sessions.find(&ask.hint.bound, ask.now)?,
            None => &ask.hint.bound,
        };
        let index = *self.by_sid[usize::from(ask.hint.backup)].get(sid)?;
        let at = usize::from(index.0).checked_sub(tier.first)?;
        if at < tier.peers.len() {
            tier.pull(at);
        }
        let usable = tier.peers.get(at)?.is_usable_if_bound(ask.now) && !ask.tried.has(index);
        usable.then_some(at)
    }
}

/// The sessions of `sticky learn`: as many as the zone is said to hold, the longest unused go first.
pub struct Sessions {
    options: conf::Learn,
    all: Arena<Session>,
    by_key: BTreeMap<Key, SessionId>,
    /// The most recently used in front.
    used: List<Session, Used>,
}

/// A session by the sum of its name: names are the clients', of any length.
type Key = [u8; 16];
type SessionId = crate::base::arena::Id<Session>;

pub struct Session {
    key: Key,
    /// The name of its peer.
    sid: Box<[u8]>,
    last: u64,
    used: Link<Self>,
}

struct Used;

impl Linked<Used> for Session {
    fn link(&mut self) -> &mut Link<Self> {
        &mut self.used
    }
}

impl Sessions {
    pub fn new(options: conf::Learn) -> Self {
        let by_key = BTreeMap::new();
        Self { options, all: Arena::default(), by_key, used: List::default() }
    }

    /// Whether sessions begin with the head of a response, not with its end.
    pub fn by_header(&self) -> bool {
        self.options.header
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    fn find(&mut self, name: &[u8], now: u64) -> Option<&[u8]> {
        self.expire(now);
        let id = *self.by_key.get(&md5::compute(name).0)?;
        Some(&self.all[id].sid)
    }

    /// A response came from the peer `sid`, of the session that it `began`, or of the one that was asked for:
    /// that one is only gone on with.
    pub fn learn(&mut self, began: &[u8], asked: &[u8], sid: &[u8], now: u64) {
        let name = if began.is_empty() { asked } else { began };
        if name.is_empty() {
            return;
        }
        self.expire(now);
        let key = md5::compute(name).0;
        if let Some(&id) = self.by_key.get(&key) {
            let session = &mut self.all[id];
            if *session.sid != *sid {
                session.sid = sid.into();
            }
            session.last = now;
            self.used.remove(&mut self.all, id);
            self.used.push_front(&mut self.all, id);
            return;
        }
        if began.is_empty() {
            return;
        }
        while self.by_key.len() >= self.options.most as usize {
            let Some(oldest) = self.used.back() else { return };
            self.forget(oldest);
        }
        let id =
            self.all.insert(Session { key, sid: sid.into(), last: now, used: Link::default() });
        self.used.push_front(&mut self.all, id);
        self.by_key.insert(key, id);
    }

    fn expire(&mut self, now: u64) {
        while let Some(oldest) = self.used.back() {
            if now - self.all[oldest].last < self.options.timeout {
                break;
            }
            self.forget(oldest);
        }
    }

    fn forget(&mut self, id: SessionId) {
        self.used.remove(&mut self.all, id);
        if let Some(session) = self.all.remove(id) {
            self.by_key.remove(&session.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::balancer::tests::{Client, Pool, letter};
    use crate::upstream::conf::Method;

    #[test]
    fn sessions_are_learned_gone_on_with_and_forgotten() {
        let learn = conf::Learn { timeout: 100, most: 2, header: false };
        let mut sessions = Sessions::new(learn);
        sessions.learn(b"", b"a", b"1", 0);
        assert_eq!(sessions.find(b"a", 0), None);
        sessions.learn(b"a", b"", b"1", 0);
        assert_eq!(sessions.find(b"a", 10), Some(b"1".as_slice()));
        // A response moves it to its peer, and keeps it alive.
        sessions.learn(b"", b"a", b"2", 50);
        assert_eq!(sessions.find(b"a", 149), Some(b"2".as_slice()));
        assert_eq!(sessions.find(b"a", 150), None);
        assert!(sessions.is_empty());
        // Looking does not keep it; a third pushes out the one unused the longest.
        for (name, at) in [(b"a", 200), (b"b", 201), (b"a", 202), (b"c", 203)] {
            sessions.learn(name, b"", b"0", at);
        }
        let found = [b"a", b"b", b"c"].map(|name| sessions.find(name, 204).is_some());
        assert_eq!((found, sessions.len()), ([true, false, true], 2));
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
        assert_eq!(picked, "caababa");
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
            let learn = conf::Learn { timeout: 100, most: 100, header };
            let options = Some(conf::Sticky { learn: Some(learn) });
            let lines = ["a route=1", "b route=2", "c route=3"];
            let mut pool = Pool::sticky(Method::LeastConn, options, &lines);
            assert_eq!(one(&mut pool, b"s", b""), 'a');
            assert_eq!(one(&mut pool, b"", b"s"), 'b');
            assert_eq!([(); 3].map(|()| one(&mut pool, b"s", b"")), ['b'; 3]);
            pool.now += 101;
            assert_eq!(one(&mut pool, b"s", b""), 'c');
        }
    }
}
