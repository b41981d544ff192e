//! `hash KEY`: by remainder, as Cache::Memcached, or on a ring, as Cache::Memcached::Fast (ketama).

use std::collections::HashMap;

use crc32fast::Hasher;

use super::round_robin;
use super::shares::Shares;
use super::tier::{Ask, Tier};
use crate::upstream::peers::Peer;

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
    /// Of each of as many equal parts of the circle the first point; so a few points are looked at.
    parts: Vec<u32>,
    /// A hash without this number of bits is the number of its part.
    shift: u32,
    /// For each server of the configuration the places of its peers: a name may have several addresses.
    servers: Vec<Vec<u16>>,
}

struct Point {
    hash: u32,
    server: u16,
}

/// Of a weight of 1.
const POINTS: u64 = 160;
/// That many in each part, or up to twice as many.
const OF_A_PART: usize = 8;
/// The limit of the sum of weights in points, of eight bytes each.
const MOST_WEIGHT: u64 = 1 << 16;

impl Ring {
    pub fn new(peers: &[Peer]) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut servers: Vec<Vec<u16>> = vec![];
        let mut points = vec![];
        // Equal weights that are too much for memory stay equal.
        let most = (MOST_WEIGHT / peers.len().max(1) as u64).max(1);
        let total: u64 = peers.iter().map(|peer| peer.settings.weight.max(1) as u64).sum();
        let most = if total > MOST_WEIGHT { most } else { u64::MAX };
        for (at, peer) in peers.iter().enumerate() {
            let name = peer.settings.server.as_str();
            let server = *numbers.entry(name).or_insert(servers.len());
            if server == servers.len() {
                servers.push(vec![]);
            }
            servers[server].push(at as u16);
            let weight = (peer.settings.weight.max(1) as u64).min(most);
            lay(name, weight * POINTS, server as u16, &mut points);
        }
        points.sort_by_key(|point| point.hash);
        points.dedup_by_key(|point| point.hash);
        let bits = (points.len() / OF_A_PART).max(1).ilog2();
        let mut ring = Self { points, parts: vec![], shift: u32::BITS - bits, servers };
        let mut first = 0;
        for part in 0..=1 << bits {
            let points = &ring.points[first..];
            first += points.iter().take_while(|point| ring.part(point.hash) < part).count();
            ring.parts.push(first as u32);
        }
        ring
    }

    fn part(&self, hash: u32) -> usize {
        (u64::from(hash) >> self.shift) as usize
    }

    /// The first point that is not before the hash.
    fn find(&self, hash: u32) -> usize {
        let part = self.part(hash);
        let (first, end) = (self.parts[part] as usize, self.parts[part + 1] as usize);
        first + self.points[first..end].partition_point(|point| point.hash < hash)
    }

    pub fn pick(&self, tier: &mut Tier<'_>, ask: &mut Ask<'_>) -> Option<usize> {
        if ask.hint.key.is_empty() || self.points.is_empty() {
            return round_robin::pick(tier, ask);
        }
        if ask.hint.rehash == 0 {
            let hash = crc32fast::hash(&ask.hint.key);
            ask.hint.hash = self.find(hash) as u64;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use crate::upstream::balance::balancer::tests::Pool;
    use crate::upstream::balance::method::Method;

    #[test]
    fn the_next_point_is_found_by_its_part() {
        for lines in [&["a weight=1"; 1][..], &["a", "b weight=3"], &["a weight=60"; 3]] {
            let pool = Pool::new(Method::Consistent, lines);
            let ring = Ring::new(&pool.group.peers);
            let mut rng = Rng::new(1);
            let all = ring.points.iter().map(|point| point.hash);
            let near = all.flat_map(|hash| [hash.wrapping_sub(1), hash, hash.wrapping_add(1)]);
            let any: Vec<u32> = (0..2000).map(|_| rng.word() as u32).collect();
            for hash in near.chain(any).chain([0, u32::MAX]) {
                let expected = ring.points.partition_point(|point| point.hash < hash);
                assert_eq!(ring.find(hash), expected, "{lines:?} {hash}");
            }
        }
        assert_eq!(Ring::new(&[]).find(7), 0);
    }
}
