//! What the pool's own work costs, without a socket: `cargo run --release --features bench --bin pool`,
//! with `-- cold` for cold caches.
//!
//! Picking a peer and hearing how it went, by method, weights and number of peers; finding, keeping and
//! evicting an idle connection, and finding and learning a session, by their number. Nanoseconds, the best of several rounds: the others were
//! disturbed. `cold`: between two picks other memory is read, as a request's other work does, so that the
//! processor's caches do not have at hand what a pick needs.

use std::hint::black_box;
use std::time::Instant;

use peerage::base::arena::Arena;
use peerage::base::ids::{Conn, ConnId, GroupIndex, IdleId, PeerIndex};
use peerage::base::rng::Rng;
use peerage::os::addr::Addr;
use peerage::upstream::balance::hint::{End, Hint};
use peerage::upstream::balance::method::Choice;
use peerage::upstream::balance::method::Method;
use peerage::upstream::conf::{self, GroupOptions, ZoneOptions};
use peerage::upstream::group::{Group, Groups};
use peerage::upstream::peers::Tried;
use peerage::upstream::pool::identity::Identity;
use peerage::upstream::pool::idle::Kept;
use peerage::upstream::shared::sessions::Sessions;
use peerage::upstream::shared::state::SharedState;

const ROUNDS: u32 = 41;
const PEERS: [usize; 3] = [10, 1000, 10_000];
const IDLE: [u32; 3] = [10, 100, 10_000];

fn main() {
    let cold = std::env::args().nth(1).is_some_and(|how| how == "cold");
    println!("{:38}{:>10}{:>10}{:>10}", "pick, ns; peers:", PEERS[0], PEERS[1], PEERS[2]);
    picks(false, cold);
    picks(true, cold);
    if !cold {
        println!("\n{:38}{:>10}{:>10}{:>10}", "cache, ns; idle:", IDLE[0], IDLE[1], IDLE[2]);
        caches();
        learnings();
    }
}

/// A weight by the number of a peer.
type Weights = fn(usize) -> u32;

fn picks(zone: bool, cold: bool) {
    let (equal, few, many): (Weights, Weights, Weights) =
        (|_| 1, |at| 1 + (at % 3) as u32, |at| 1 + at as u32);
    let row = |name: &str, method, weights, held: fn(usize) -> usize| {
        print!("{:38}", format!("{}{name}", if zone { "zone, " } else { "" }));
        for n in PEERS {
            let group = group(method, n, weights, zone, name.contains("sticky"));
            let ns = if cold { pick_cold(group, held(n)) } else { pick(group, held(n)) };
            print!("{ns:>10.1}");
        }
        println!();
    };
    let one = |_| 1;
    row("round robin, equal weights", Method::RoundRobin, equal, one);
    row("round robin, weights 1 to 3", Method::RoundRobin, few, one);
    row("round robin, all different", Method::RoundRobin, many, one);
    row("least_conn, equal weights", Method::LeastConn, equal, one);
    row("  half a try a peer under way", Method::LeastConn, equal, |n| n / 2);
    row("  three tries a peer", Method::LeastConn, equal, |n| 3 * n);
    row("least_conn, weights 1 to 3", Method::LeastConn, few, one);
    row("hash, equal weights", Method::Hash, equal, one);
    row("hash consistent, equal weights", Method::Consistent, equal, one);
    row("hash consistent, weights 1 to 3", Method::Consistent, few, one);
    row("ip_hash, equal weights", Method::IpHash, equal, one);
    row("random, equal weights", Method::Random(Choice::One), equal, one);
    row("random two, equal weights", Method::Random(Choice::LeastConn), equal, one);
    row("random two, weights 1 to 3", Method::Random(Choice::LeastConn), few, one);
    row("sticky, all are bound", Method::RoundRobin, equal, one);
}

fn caches() {
    let row = |name: &str, work: fn(&mut Groups, &mut Rng) -> u32| {
        print!("{name:38}");
        for n in IDLE {
            print!("{:>10.1}", cache(n, work));
        }
        println!();
    };
    row("take one and keep it", |groups, rng| {
        let peer = PeerIndex(rng.below(10) as u16);
        let Groups { all, idle, .. } = groups;
        let group = &mut all[0];
        let shelf = &group.peers[peer].idle;
        let id = shelf.find(Identity::default()).expect("each peer has some");
        let item = group.cache.remove(idle, &mut group.peers, id).expect("a listed item lives");
        group.cache.push(idle, &mut group.peers, kept(item.conn, peer));
        1
    });
    row("keep one, evict the oldest", |groups, _| {
        let Groups { all, idle, .. } = groups;
        let group = &mut all[0];
        // What was the oldest is no connection any more; its number will do for the new one.
        let (conn, peer) = (idle.items[oldest(group)].conn, PeerIndex(0));
        group.cache.push(idle, &mut group.peers, kept(conn, peer));
        let id = group.cache.surplus().expect("the cache is full");
        group.cache.remove(idle, &mut group.peers, id).expect("a listed item lives");
        1
    });
}

fn learnings() {
    let sessions = [10, 10_000, 1_000_000];
    let title = "sticky learn, ns; sessions:";
    println!("\n{title:38}{:>10}{:>10}{:>10}", sessions[0], sessions[1], sessions[2]);
    let row = |name: &str, work: fn(&Sessions, &[u8]) -> bool, new: bool| {
        print!("{name:38}");
        sessions.iter().for_each(|&n| print!("{:>10.1}", learned(n, work, new)));
        println!();
    };
    row("find", |all, name| all.find(name, TIMEOUT, 1001).is_some(), false);
    row("find none", |all, name| all.find(name, TIMEOUT, 1001).is_none(), true);
    let learn: fn(&Sessions, &[u8]) -> bool = |all, name| {
        all.learn(name, true, 7, TIMEOUT, 1001);
        true
    };
    row("go on with", learn, false);
    row("begin, another goes", learn, true);
}

fn kept(conn: ConnId, peer: PeerIndex) -> Kept {
    let (group, identity) = (GroupIndex(0), Identity::default());
    Kept { conn, group, peer, identity, requests: 1, since: 0, timeout: None }
}

fn oldest(group: &Group) -> IdleId {
    group.peers[0].idle.oldest().expect("each peer has some")
}

/// Its counters are where a worker has them; with `zone` its state too.
fn group(
    method: Method,
    peers: usize,
    weight: fn(usize) -> u32,
    zone: bool,
    sticky: bool,
) -> Group {
    let server = |at: usize| {
        let ip = std::net::Ipv4Addr::from(0x0a00_0000 + at as u32);
        let addr = Addr::Inet((ip, 80).into());
        let name = addr.to_string();
        conf::ServerLine {
            weight: weight(at),
            ..conf::ServerLine::new(name.as_bytes(), vec![addr])
        }
    };
    let servers = (0..peers).map(server).collect();
    let zone = zone.then(|| ZoneOptions { name: "z".into(), size: 65_536 });
    let options = GroupOptions { zone, ..GroupOptions::default() };
    let sticky = sticky.then_some(conf::Sticky { learn: None });
    let settings = conf::Group { servers, method, options, sticky, ..conf::Group::default() };
    let mut groups = Groups { all: vec![Group::new(&settings)], ..Groups::default() };
    let shared = SharedState::open(&[settings], false, 1, [1, 2]).expect("there is memory");
    shared.join(&mut groups, 0);
    groups.all.remove(0)
}

/// A group of which some tries are under way.
struct Load {
    group: Group,
    rng: Rng,
    clients: Vec<(Hint, Tried, Option<PeerIndex>)>,
}

impl Load {
    fn new(group: Group, held: usize) -> Self {
        let clients = (0..held).map(|_| Default::default()).collect();
        let mut load = Self { group, rng: Rng::new(1), clients };
        (0..held).for_each(|at| load.turn(at, 100_000));
        load
    }

    fn any(&mut self) -> usize {
        self.rng.below(self.clients.len() as u64) as usize
    }

    /// One try ends, and another begins.
    fn turn(&mut self, at: usize, now: u64) {
        let (hint, tried, peer) = &mut self.clients[at];
        if let Some(peer) = peer.take() {
            let end = End { start: now, heard: true, well: true, unreached: false };
            self.group.done(peer, hint, false, end, now);
        }
        hint.reset();
        tried.clear();
        hint.key.bytes().extend_from_slice(&self.rng.word().to_le_bytes());
        if self.group.sticky.is_some() {
            let at = self.rng.below(self.group.peers.len() as u64) as usize;
            hint.bound.bytes().extend_from_slice(&self.group.peers[at].sid);
        }
        *peer = black_box(self.group.pick(tried, hint, &mut self.rng, now));
    }
}

/// The time of a pick and of its end, with the given number of tries under way.
fn pick(group: Group, held: usize) -> f64 {
    let peers = group.peers.len();
    let few = 400_000 / peers.clamp(20, 2000);
    let (mut work, mut best) = (few, f64::MAX);
    let mut load = Load::new(group, held);
    for round in 0..ROUNDS {
        // Those that are quick go round all peers, so that these are as near as steady traffic has them.
        if best < 1000.0 {
            work = few.max(2 * peers);
        }
        let start = Instant::now();
        for _ in 0..work {
            let at = load.any();
            load.turn(at, 100_000 + u64::from(round));
        }
        best = best.min(start.elapsed().as_nanos() as f64 / work as f64);
    }
    best
}

/// What is read between two picks: about what the first of a processor's caches holds.
const BETWEEN: usize = 48 * 1024;
/// The size of memory to walk, larger than the second-level cache.
const OTHER: usize = 256 * BETWEEN;

/// Picks of which the median is shown.
const PICKS: usize = 8000;

/// The same when caches are cold. To read the clock is not counted.
fn pick_cold(group: Group, held: usize) -> f64 {
    let others = vec![1u8; OTHER];
    let clock = (0..1000).map(|_| time(|| ())).min().unwrap_or(0);
    let mut load = Load::new(group, held);
    let one = |part: &[u8]| {
        black_box(part.iter().step_by(64).map(|&byte| u64::from(byte)).sum::<u64>());
        let at = load.any();
        time(|| load.turn(at, 100_000)).saturating_sub(clock)
    };
    let mut all: Vec<u64> = others.chunks(BETWEEN).cycle().take(PICKS).map(one).collect();
    all.sort_unstable();
    all[PICKS / 2] as f64
}

fn time(work: impl FnOnce()) -> u64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as u64
}

/// The time of `work` on a cache with `items` connections, spread over ten peers.
fn cache(items: u32, work: fn(&mut Groups, &mut Rng) -> u32) -> f64 {
    let mut groups = Groups {
        all: vec![group(Method::RoundRobin, 10, |_| 1, false, false)],
        ..Groups::default()
    };
    let mut conns: Arena<(), Conn> = Arena::default();
    groups.all[0].cache.cap = items;
    for at in 0..items {
        let peer = PeerIndex((at % 10) as u16);
        let conn = conns.insert(());
        let Groups { all, idle, .. } = &mut groups;
        let group = &mut all[0];
        group.cache.push(idle, &mut group.peers, kept(conn, peer));
    }
    let mut rng = Rng::new(1);
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut done = 0;
        for _ in 0..20_000 {
            done += black_box(work(&mut groups, &mut rng));
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(done));
    }
    best
}

const TIMEOUT: u64 = 600_000;

/// The time of `work` on sessions with names of 32 bytes, known or new ones, in a zone with room for twice as many.
fn learned(sessions: u64, work: fn(&Sessions, &[u8]) -> bool, new: bool) -> f64 {
    let size = (sessions as usize * 64).max(512);
    let learn = conf::Learn { zone: "z".into(), size, timeout: TIMEOUT, header: false };
    let all = Sessions::open(&learn, b"u", [1, 2]).expect("there is memory");
    let name = |number: u64| {
        let mut name = [0u8; 32];
        name[..8].copy_from_slice(&number.to_le_bytes());
        name
    };
    (0..sessions).for_each(|number| all.learn(&name(number), true, 7, TIMEOUT, 1000));
    let (mut rng, mut last) = (Rng::new(1), sessions);
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..100_000 {
            last += 1;
            black_box(work(&all, &name(if new { last } else { rng.below(sessions) })));
        }
        best = best.min(start.elapsed().as_nanos() as f64 / 100_000.0);
    }
    best
}
