//! Active checks: what they have found of each peer, and one check's exchange with a peer as it goes.
//!
//! Pure: what is asked and when is `proxy::health`'s business, what a good answer is the configuration's.

use std::sync::atomic::Ordering;

use crate::base::ids::ConnId;
use crate::os::addr::Addr;
use crate::os::shm::AtomicU64;
use crate::proto::h1::body::Body;
use crate::proto::h1::response::{self, ResponseHead};
use crate::proto::{Head, Violation};

use super::group::Group;
use super::peers::Peer;
use super::zone::{Seen, Zone};

/// What one `health_check` of a group says of counting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// So many failures in a row make a peer unhealthy.
    pub fails: u32,
    /// So many good answers in a row bring it back.
    pub passes: u32,
    /// A peer is not used before its first good answer.
    pub mandatory: bool,
    /// It is used at once if it was well under the former configuration.
    pub persistent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// `mandatory`: nothing is known yet.
    Checking,
    Healthy,
    Unhealthy,
}

/// What one check knows of one peer.
#[derive(Clone, Copy, Debug)]
struct Mark {
    state: State,
    /// Answers in a row that speak against the state.
    against: u32,
}

impl Mark {
    fn new(rule: &Rule) -> Self {
        let state = if rule.mandatory { State::Checking } else { State::Healthy };
        Self { state, against: 0 }
    }

    /// Counts an answer; true: the state has changed by it.
    fn told(&mut self, rule: &Rule, passed: bool) -> bool {
        let needed = match (self.state, passed) {
            (State::Healthy, true) | (State::Unhealthy, false) => {
                self.against = 0;
                return false;
            }
            (State::Checking, true) => 1,
            (State::Unhealthy, true) => rule.passes,
            (State::Healthy | State::Checking, false) => rule.fails,
        };
        self.against += 1;
        if self.against < needed {
            return false;
        }
        self.against = 0;
        self.state = if passed { State::Healthy } else { State::Unhealthy };
        true
    }
}

/// What all checks of its group have found of a peer: each of them can keep it from being used.
#[derive(Default, Debug)]
pub struct Health {
    marks: Vec<Mark>,
}

/// A mark as a number, which is never 0, and the other way round.
impl From<Mark> for u64 {
    fn from(mark: Mark) -> Self {
        let state = match mark.state {
            State::Healthy => HEALTHY,
            State::Unhealthy => 2,
            State::Checking => 3,
        };
        state | Self::from(mark.against) << 2
    }
}

impl From<u64> for Mark {
    fn from(word: u64) -> Self {
        let state = match word & 3 {
            HEALTHY => State::Healthy,
            2 => State::Unhealthy,
            _ => State::Checking,
        };
        Self { state, against: (word >> 2) as u32 }
    }
}

const HEALTHY: u64 = 1;

/// Whether that number says so.
pub fn is_healthy(word: u64) -> bool {
    word & 3 == HEALTHY
}

impl Health {
    /// Takes over what others have found, where they have; returns whether it is barred.
    pub fn pull(&mut self, words: &[AtomicU64]) -> bool {
        for (mark, word) in self.marks.iter_mut().zip(words) {
            let word = word.load(Ordering::Relaxed);
            if word != 0 {
                *mark = word.into();
            }
        }
        self.bars()
    }

    /// What that check has found; 0: there is none such.
    pub fn word(&self, check: usize) -> u64 {
        self.marks.get(check).map_or(0, |mark| (*mark).into())
    }

    /// For the checks of its group; those that know something of it go on. Returns whether it is barred.
    pub fn begin(&mut self, rules: &[Rule]) -> bool {
        let known = self.marks.len().min(rules.len());
        self.marks.extend(rules[known..].iter().map(Mark::new));
        self.bars()
    }

    /// Some check says that it is not to be used.
    fn bars(&self) -> bool {
        self.marks.iter().any(|mark| mark.state != State::Healthy)
    }
}

/// What an answer has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// In the eyes of the check that has told it.
    pub healthy: bool,
    /// The peer may be used again.
    pub freed: bool,
}

impl Group {
    /// Hears how a check of the peers at an address ended. `None`: it is as it was.
    pub fn checked(&mut self, addr: &Addr, check: usize, passed: bool, now: u64) -> Option<Change> {
        let rule = *self.checks.get(check)?;
        let mut change = None;
        let mut turned = false;
        let single = self.is_single();
        for peer in self.peers[..self.live].iter_mut().filter(|it| it.settings.addr == *addr) {
            let seen = self.zone.as_ref().map(|zone| {
                zone.pull(peer);
                Seen::of(peer)
            });
            let Some(mark) = peer.health.marks.get_mut(check) else { continue };
            let was = mark.state;
            let changed = mark.told(&rule, passed);
            if let Some(zone) = &self.zone {
                zone.push_health(peer, check);
            }
            if !changed {
                continue;
            }
            let bars = peer.health.bars();
            let was_barred = std::mem::replace(&mut peer.barred, bars);
            let freed = was_barred && !peer.barred;
            turned |= was_barred != peer.barred;
            if freed && was == State::Unhealthy && peer.settings.slow_start > 0 && !single {
                peer.recovered = Some(now);
            }
            if let (Some(zone), Some(seen)) = (&self.zone, seen) {
                zone.push(peer, seen);
            }
            let before = change.is_some_and(|it: Change| it.freed);
            change = Some(Change { healthy: passed, freed: freed || before });
        }
        if turned {
            self.unsettle_all();
        }
        change
    }
}

impl Group {
    /// Whether this worker is to make a check of an address now, which takes no longer than `until`;
    /// otherwise after how long it may be: workers that share what they know of it share the work.
    pub fn take_check(&self, addr: &Addr, check: usize, now: u64, until: u64) -> Result<(), u64> {
        let Some((zone, peer)) = self.shared(addr) else { return Ok(()) };
        zone.take_check(peer, check, now, until)
    }

    /// The next check of the address is due then.
    pub fn check_again(&self, addr: &Addr, check: usize, at: u64) {
        if let Some((zone, peer)) = self.shared(addr) {
            zone.check_again(peer, check, at);
        }
    }

    fn shared(&self, addr: &Addr) -> Option<(&Zone, &Peer)> {
        let peer = self.peers[..self.live].iter().find(|peer| peer.settings.addr == *addr)?;
        Some((self.zone.as_ref()?, peer))
    }
}

/// One check of one address, again and again.
#[derive(Debug)]
pub struct Probe {
    /// Its place in the configuration's list of checks.
    pub check: usize,
    /// That of the peer; another port may be asked.
    pub addr: Addr,
    pub connection: Option<ConnId>,
    /// The request, and how much of it the system has taken.
    pub out: Vec<u8>,
    pub sent: usize,
    /// What is not parsed yet of the response's head.
    inbox: Vec<u8>,
    scanned: usize,
    pub head: Head,
    pub line: Option<ResponseHead>,
    rest: Body,
    /// As much of the response's body as is looked at.
    pub body: Vec<u8>,
}

/// Bytes of a body that are looked at, as nginx has it.
const MOST_BODY: usize = 256 << 10;

impl Probe {
    pub fn new(check: usize, addr: Addr) -> Self {
        Self {
            check,
            addr,
            connection: None,
            out: Vec::new(),
            sent: 0,
            inbox: Vec::new(),
            scanned: 0,
            head: Head::default(),
            line: None,
            rest: Body::Empty,
            body: Vec::new(),
        }
    }

    /// Forgets the last exchange, with its memory: most of the time there is none.
    pub fn reset(&mut self) {
        let addr = self.addr.clone();
        *self = Self::new(self.check, addr);
    }

    pub fn unsent(&self) -> &[u8] {
        &self.out[self.sent..]
    }

    /// Takes what came. True: enough is here to judge by.
    pub fn take(
        &mut self,
        bytes: &mut [u8],
        limit: usize,
        wants_body: bool,
    ) -> Result<bool, Violation> {
        if self.line.is_some() {
            return self.take_body(bytes);
        }
        self.inbox.extend_from_slice(bytes);
        loop {
            let parsed = response::parse(&self.inbox, &mut self.scanned, limit, &mut self.head)?;
            let Some((n, line)) = parsed else { return Ok(false) };
            self.inbox.drain(..n);
            self.scanned = 0;
            // Interim answers are not the answer.
            if line.status < 200 && line.status != 101 {
                continue;
            }
            self.line = Some(line);
            self.rest = response::framing(&line, false, limit);
            let mut rest = std::mem::take(&mut self.inbox);
            return Ok(!wants_body || self.rest.is_done() || self.take_body(&mut rest)?);
        }
    }

    fn take_body(&mut self, bytes: &mut [u8]) -> Result<bool, Violation> {
        let decoded = self.rest.decode(bytes)?;
        let room = MOST_BODY - self.body.len();
        self.body.extend_from_slice(&bytes[..decoded.data.min(room)]);
        Ok(decoded.end || self.body.len() == MOST_BODY)
    }

    /// The peer has closed; true: what came is a whole answer.
    pub fn is_whole(&self) -> bool {
        self.line.is_some() && (self.rest.is_done() || self.rest == Body::UntilClose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::upstream::balancer::Hint;
    use crate::upstream::change::Found;
    use crate::upstream::conf;
    use crate::upstream::peers::Tried;

    const RULE: Rule = Rule { fails: 2, passes: 3, mandatory: false, persistent: false };
    const MANDATORY: Rule = Rule { mandatory: true, ..RULE };

    fn addr(host: u8) -> Addr {
        Addr::Inet(([10, 0, 0, host], 80).into())
    }

    fn group(hosts: &[u8], checks: Vec<Rule>) -> Group {
        let addrs = hosts.iter().map(|&host| addr(host)).collect();
        let line = conf::ServerLine { slow_start: 5000, ..conf::ServerLine::new(b"name", addrs) };
        Group::new(&conf::Group { servers: vec![line], checks, ..conf::Group::default() })
    }

    fn picks(group: &mut Group) -> Vec<u16> {
        let pick = |_| {
            let (mut tried, mut hint) = (Tried::default(), Hint::default());
            group.pick(&mut tried, &mut hint, &mut Rng::new(1), 1000).map(|peer| peer.0)
        };
        (0..3).filter_map(pick).collect()
    }

    #[test]
    fn so_many_in_a_row_change_a_state() {
        let mut mark = Mark::new(&RULE);
        let told: Vec<bool> =
            [false, true, false, false, false, true, true, false, true, true, true]
                .map(|passed| mark.told(&RULE, passed))
                .into();
        let changes: Vec<usize> = (0..told.len()).filter(|&at| told[at]).collect();
        assert_eq!(changes, [3, 10]);
        assert_eq!(mark.state, State::Healthy);
    }

    #[test]
    fn the_first_good_answer_is_enough_for_a_mandatory_check() {
        let mut mark = Mark::new(&MANDATORY);
        assert!(!mark.told(&MANDATORY, false));
        assert!(mark.told(&MANDATORY, true));
        assert_eq!(mark.state, State::Healthy);
        let mut mark = Mark::new(&MANDATORY);
        assert!(!mark.told(&MANDATORY, false) && mark.told(&MANDATORY, false));
        assert!(!mark.told(&MANDATORY, true) && !mark.told(&MANDATORY, true));
        assert!(mark.told(&MANDATORY, true));
    }

    #[test]
    fn an_unhealthy_peer_is_not_picked() {
        let mut group = group(&[1, 2, 3], vec![RULE]);
        assert_eq!(group.checked(&addr(2), 0, false, 1000), None);
        assert_eq!(picks(&mut group), [0, 1, 2]);
        let change = group.checked(&addr(2), 0, false, 1000);
        assert_eq!(change, Some(Change { healthy: false, freed: false }));
        assert!(!group.is_settled());
        assert_eq!(picks(&mut group), [0, 2, 0]);
        assert!(group.may_recover(&Tried::default(), 1000));
        assert_eq!(group.checked(&addr(2), 0, true, 1000), None);
        assert_eq!(group.checked(&addr(2), 0, true, 1000), None);
        let change = group.checked(&addr(2), 0, true, 1000);
        assert_eq!(change, Some(Change { healthy: true, freed: true }));
        assert_eq!(group.peers[1].recovered, Some(1000));
        assert_eq!(group.checked(&addr(9), 0, true, 1000), None);
        assert_eq!(group.checked(&addr(1), 7, true, 1000), None);
    }

    #[test]
    fn the_only_peer_of_a_group_is_not_picked_either() {
        let mut group = group(&[1], vec![RULE]);
        assert_eq!(picks(&mut group).len(), 3);
        group.checked(&addr(1), 0, false, 1000);
        group.checked(&addr(1), 0, false, 1000);
        assert!(picks(&mut group).is_empty());
    }

    #[test]
    fn every_check_has_its_say() {
        let once = Rule { fails: 1, passes: 1, mandatory: false, persistent: false };
        let mut group = group(&[1, 2], vec![once, once]);
        group.checked(&addr(1), 0, false, 1000);
        group.checked(&addr(1), 1, false, 1000);
        let change = group.checked(&addr(1), 0, true, 1000);
        assert_eq!(change, Some(Change { healthy: true, freed: false }));
        assert_eq!(picks(&mut group), [1, 1, 1]);
        let change = group.checked(&addr(1), 1, true, 1000);
        assert_eq!(change, Some(Change { healthy: true, freed: true }));
    }

    #[test]
    fn peers_that_come_later_are_checked_first() {
        let mut group = group(&[1], vec![MANDATORY]);
        assert!(picks(&mut group).is_empty());
        group.checked(&addr(1), 0, true, 1000);
        assert_eq!(picks(&mut group), [0, 0, 0]);
        let found = [2, 1].map(|host| Found { addr: addr(host), weight: None, backup: false });
        group.set_line(0, &found, |_| false).unwrap();
        let usable: Vec<bool> = group.peers.iter().map(|peer| peer.is_usable(1000)).collect();
        assert_eq!(usable, [true, false]);
    }

    fn probe(pieces: &[&str], wants_body: bool) -> (Result<bool, Violation>, Probe) {
        let mut probe = Probe::new(0, addr(1));
        let mut last = Ok(false);
        for piece in pieces {
            last = probe.take(&mut piece.as_bytes().to_vec(), 4096, wants_body);
            if last != Ok(false) {
                break;
            }
        }
        (last, probe)
    }

    #[test]
    fn answers_in_pieces() {
        let (last, probe1) = probe(&["HTTP/1.1 200 O", "K\r\nX: y\r\n\r\n"], false);
        assert_eq!(last, Ok(true));
        assert_eq!(probe1.line.unwrap().status, 200);
        assert_eq!(probe1.head.find(b"x"), Some(b"y".as_slice()));
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n";
        let (last, probe1) = probe(&[early, "HTTP/1.1 204 No\r\n\r\n"], true);
        assert_eq!((last, probe1.head.find(b"link")), (Ok(true), None));
        let sized = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        let (last, probe1) = probe(&[sized, "ab", "cdefg"], true);
        assert_eq!((last, &*probe1.body), (Ok(true), b"abcd".as_slice()));
        let (last, probe1) = probe(&[sized, "ab"], true);
        assert_eq!((last, probe1.is_whole()), (Ok(false), false));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
        let (last, probe1) = probe(&[chunked, "1\r\nc\r\n0\r\n\r\n"], true);
        assert_eq!((last, &*probe1.body), (Ok(true), b"abc".as_slice()));
        let (last, probe1) = probe(&["HTTP/1.0 200 OK\r\n\r\nab", "c"], true);
        assert_eq!((last, &*probe1.body), (Ok(false), b"abc".as_slice()));
        assert!(probe1.is_whole());
        let (last, _) = probe(&["SSH-2.0\r\n"], true);
        assert!(last.is_err());
        let long = "a".repeat(MOST_BODY);
        let (last, probe1) = probe(&["HTTP/1.0 200 OK\r\n\r\nab", &long], true);
        assert_eq!((last, probe1.body.len()), (Ok(true), MOST_BODY));
    }
}
