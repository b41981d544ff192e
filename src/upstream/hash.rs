//! `hash KEY`: by remainder, as Cache::Memcached, or on a ring, as Cache::Memcached::Fast (ketama).

use crc32fast::Hasher;

use super::balancer::{Ask, Tier};
use super::peers::Peer;
use super::round_robin;
use super::shares::Shares;

/// The sum of the key's hashes, each time with the number of the attempt in front but the first, modulo
/// the sum of weights.
pub fn pick(shares: &Shares, tier: &mut Tier<'_>, ask: &mut Ask<'_>) -> Option<usize> {
    if ask.hint.key.is_empty() {
        return round_robin::pick(tier, ask);
    }
    loop {
        let hint = &mut *ask.hint;
        let mut crc = Hasher::new();
        if hint.rehash > 0 {
            crc.update(itoa::Buffer::new().format(hint.rehash).as_bytes());
        }
        crc.update(&hint.key);
        hint.hash += u64::from(crc.finalize() >> 16 & 0x7fff);
        hint.rehash += 1;
        let at = shares.at(hint.hash % shares.total());
        if tier.is_open(at, ask) {
            return Some(at);
        }
        if ask.hint.missed() {
            return round_robin::pick(tier, ask);
        }
    }
}

/// Points on a circle of 2^32, 160 for each unit of weight; a key belongs to the next point's server.
pub struct Ring {
    points: Vec<Point>,
    /// For each server of the configuration the places of its peers: a name may have several addresses.
    servers: Vec<Vec<u16>>,
}

struct Point {
    hash: u32,
    server: u16,
}

/// Of a weight of 1.
const POINTS: u64 = 160;
/// More than so much weight is not laid out: a point takes eight bytes.
const MOST_WEIGHT: u64 = 1 << 16;

impl Ring {
    pub fn new(peers: &[Peer]) -> Self {
        let mut names: Vec<&str> = vec![];
        let mut servers: Vec<Vec<u16>> = vec![];
        let mut points = vec![];
        // Equal weights that are too much for memory stay equal.
        let most = (MOST_WEIGHT / peers.len().max(1) as u64).max(1);
        let total: u64 = peers.iter().map(|peer| peer.settings.weight.max(1) as u64).sum();
        let most = if total > MOST_WEIGHT { most } else { u64::MAX };
        for (at, peer) in peers.iter().enumerate() {
            let name = peer.settings.server.as_str();
            let server = match names.iter().rposition(|known| *known == name) {
                Some(server) => server,
                None => {
                    names.push(name);
                    servers.push(vec![]);
                    names.len() - 1
                }
            };
            servers[server].push(at as u16);
            let weight = (peer.settings.weight.max(1) as u64).min(most);
            lay(name, weight * POINTS, server as u16, &mut points);
        }
        points.sort_by_key(|point| point.hash);
        points.dedup_by_key(|point| point.hash);
        Self { points, servers }
    }

    pub fn pick(&self, tier: &mut Tier<'_>, ask: &mut Ask<'_>) -> Option<usize> {
        if ask.hint.key.is_empty() || self.points.is_empty() {
            return round_robin::pick(tier, ask);
        }
        if ask.hint.rehash == 0 {
            let hash = crc32fast::hash(&ask.hint.key);
            ask.hint.hash = self.points.partition_point(|point| point.hash < hash) as u64;
            ask.hint.rehash = 1;
        }
        loop {
            let point = ask.hint.hash % self.points.len() as u64;
            let server = self.points[point as usize].server;
            if let Some(at) = turn(&self.servers[usize::from(server)], tier, ask) {
                return Some(at);
            }
            ask.hint.hash += 1;
            if ask.hint.missed() {
                return round_robin::pick(tier, ask);
            }
        }
    }
}

/// The points of one peer: each hash is that of the server's name and the hash before it.
fn lay(name: &str, count: u64, server: u16, points: &mut Vec<Point>) {
    let (host, port) = host_and_port(name);
    let mut base = Hasher::new();
    base.update(host.as_bytes());
    base.update(b"\0");
    base.update(port.as_bytes());
    let mut previous = 0u32;
    for _ in 0..count {
        let mut crc = base.clone();
        crc.update(&previous.to_le_bytes());
        previous = crc.finalize();
        points.push(Point { hash: previous, server });
    }
}

/// As nginx parts them: digits behind the last colon are the port.
fn host_and_port(name: &str) -> (&str, &str) {
    if name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("unix:")) {
        return (&name[5..], "");
    }
    match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (name, ""),
    }
}

/// Smooth round robin among the addresses of one server.
fn turn(places: &[u16], tier: &mut Tier<'_>, ask: &Ask<'_>) -> Option<usize> {
    let mut best: Option<usize> = None;
    let mut total = 0;
    for at in places.iter().map(|&at| usize::from(at)) {
        if !tier.is_open(at, ask) {
            continue;
        }
        total += tier.gain(at, ask.now);
        let weight = tier.peers[at].current_weight;
        if best.is_none_or(|best| weight > tier.peers[best].current_weight) {
            best = Some(at);
        }
    }
    tier.pay(best?, total);
    best
}
