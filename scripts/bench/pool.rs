//! What the pool's own work costs, without a socket: `cargo run --release --example pool`.
//!
//! Picking a peer, by method and number of peers; finding, keeping and evicting an idle connection, by their
//! number; finding and learning a session, likewise. Nanoseconds, the best of several rounds: the others were disturbed.

use std::hint::black_box;
use std::time::Instant;

use peerage::base::arena::Arena;
use peerage::base::ids::{Conn, ConnId, GroupIndex, IdleId, PeerIndex};
use peerage::base::rng::Rng;
use peerage::os::addr::Addr;
use peerage::upstream::balancer::{End, Hint};
use peerage::upstream::commons::Commons;
use peerage::upstream::conf::{self, GroupOptions, Method, ZoneOptions};
use peerage::upstream::group::{Group, Groups};
use peerage::upstream::identity::Identity;
use peerage::upstream::keepalive::Kept;
use peerage::upstream::peers::Tried;
use peerage::upstream::random::Choice;
use peerage::upstream::sessions::Sessions;

const ROUNDS: u32 = 41;

fn main() {
    let peers = [10, 1000, 10_000];
    println!("{:32}{:>10}{:>10}{:>10}", "pick, ns; peers:", peers[0], peers[1], peers[2]);
    let row_of = |name: &str, method, weights: fn(usize) -> u32, held: usize, zone: bool| {
        print!("{name:32}");
        for n in peers {
            print!(
                "{:>10.1}",
                pick(group(method, n, weights, zone, name.contains("sticky")), held)
            );
        }
        println!();
    };
    let row = |name: &str, method, weights, held| row_of(name, method, weights, held, false);
    let equal: fn(usize) -> u32 = |_| 1;
    let unequal: fn(usize) -> u32 = |at| 1 + (at % 3) as u32;
    row("round robin, equal weights", Method::RoundRobin, equal, 1);
    row("round robin, unequal weights", Method::RoundRobin, unequal, 1);
    row("least_conn, equal weights", Method::LeastConn, equal, 1);
    row("least_conn, 5 under way", Method::LeastConn, unequal, 5);
    row("hash", Method::Hash, unequal, 1);
    row("hash consistent", Method::Consistent, unequal, 1);
    row("random", Method::Random(Choice::One), unequal, 1);
    row("random two", Method::Random(Choice::LeastConn), unequal, 1);

    row_of("zone, equal weights", Method::RoundRobin, equal, 1, true);
    row_of("zone, unequal weights", Method::RoundRobin, unequal, 1, true);
    row_of("zone, least_conn", Method::LeastConn, equal, 1, true);
    row_of("zone, hash", Method::Hash, unequal, 1, true);
    row_of("zone, random two", Method::Random(Choice::LeastConn), unequal, 1, true);

    row("sticky, all are bound", Method::RoundRobin, equal, 1);
    row_of("zone, sticky, all are bound", Method::RoundRobin, equal, 1, true);

    let idle = [10, 100, 10_000];
    println!("\n{:32}{:>10}{:>10}{:>10}", "cache, ns; idle:", idle[0], idle[1], idle[2]);
    let row = |name: &str, work: fn(&mut Groups, &mut Rng) -> u32| {
        print!("{name:32}");
        for n in idle {
            print!("{:>10.1}", cache(n, work));
        }
        println!();
    };
    row("take one and keep it", |groups, rng| {
        let peer = PeerIndex(rng.below(10) as u16);
        let Groups { all, idle, .. } = groups;
        let group = &mut all[0];
        let shelf = &group.peers[usize::from(peer.0)].idle;
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

    let sessions = [10, 10_000, 1_000_000];
    let title = "sticky learn, ns; sessions:";
    println!("\n{title:32}{:>10}{:>10}{:>10}", sessions[0], sessions[1], sessions[2]);
    let row = |name: &str, work: fn(&Sessions, &[u8]) -> bool, new: bool| {
        print!("{name:32}");
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
    Kept { conn, group, peer, identity, requests: 1, since: 0 }
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
    let commons = Commons::open(&[settings], false, 1).expect("there is memory");
    commons.join(&mut groups, 0);
    groups.all.remove(0)
}

/// The time of a pick and of its end, with so many tries under way.
fn pick(mut group: Group, held: usize) -> f64 {
    let mut rng = Rng::new(1);
    let mut clients: Vec<_> =
        (0..held).map(|_| (Hint::default(), Tried::default(), None)).collect();
    let few = 400_000 / group.peers.len().clamp(20, 2000);
    let (mut work, mut best) = (few, f64::MAX);
    for round in 0..ROUNDS {
        // Those that are quick go round all peers, so that these are as near as steady traffic has them.
        if best < 1000.0 {
            work = few.max(2 * group.peers.len());
        }
        let start = Instant::now();
        for at in 0..work {
            let (hint, tried, peer) = &mut clients[at % held];
            let now = 100_000 + u64::from(round);
            if let Some(peer) = peer.take() {
                let end = End { start: now, heard: true, well: true };
                group.done(peer, hint, false, end, now);
            }
            hint.reset();
            tried.clear();
            hint.key.bytes().extend_from_slice(&rng.word().to_le_bytes());
            if group.sticky.is_some() {
                let at = rng.below(group.peers.len() as u64) as usize;
                hint.bound.bytes().extend_from_slice(&group.peers[at].sid);
            }
            *peer = black_box(group.pick(tried, hint, &mut rng, now));
        }
        best = best.min(start.elapsed().as_nanos() as f64 / work as f64);
    }
    best
}

/// The time of `work` on a cache with so many items, spread over ten peers.
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
