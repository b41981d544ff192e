//! What nginx does, without a thought to speed; and that ours comes to the same whatever happens.

use std::cmp::Ordering;
use std::ops::Range;

use super::tests::{Client, Pool};
use crate::base::ids::PeerIndex;
use crate::base::rng::Rng;
use crate::os::addr::Addr;
use crate::upstream::balance::method::Choice;
use crate::upstream::balance::method::Method::{self, *};
use crate::upstream::change::Found;
use crate::upstream::health::Rule;
use crate::upstream::peers::Peer;

/// A server as nginx has it. None leaves this list, so that its number stays.
#[derive(Clone)]
struct Server {
    line: u16,
    addr: Addr,
    name: String,
    weight: i64,
    max_fails: u32,
    fail_timeout: u64,
    max_conns: u32,
    slow_start: u64,
    down: bool,
    /// By active checks.
    barred: bool,
    backup: bool,
    gone: bool,
    current: i64,
    effective: i64,
    conns: u32,
    fails: u32,
    accessed: u64,
    checked: u64,
    recovered: Option<u64>,
}

impl Server {
    fn is_open(&self, now: u64) -> bool {
        let failed = self.max_fails > 0 && self.fails >= self.max_fails;
        let disabled = failed && now - self.checked <= self.fail_timeout;
        let full = self.max_conns > 0 && self.conns >= self.max_conns;
        !(self.down || self.barred || disabled || full)
    }

    /// What a slow start allows of the weight.
    fn weight_now(&self, now: u64) -> i64 {
        let passed = self.recovered.map_or(u64::MAX, |at| now - at);
        match passed < self.slow_start {
            true => self.weight * passed as i64 / self.slow_start as i64,
            false => self.weight,
        }
    }
}

/// A request, as far as its tries are known of one another.
#[derive(Default)]
struct Request {
    key: Vec<u8>,
    tried: Vec<usize>,
    backup: bool,
    misses: u32,
    hash: u64,
    rehash: u32,
    at: usize,
}

struct Model {
    method: Method,
    /// What a weight of 1 is: more than 1 where there are slow starts.
    unit: i64,
    servers: Vec<Server>,
    /// Those of the first tier and of the second, in their order.
    tiers: [Vec<usize>; 2],
    /// The ring of `hash … consistent`.
    points: Vec<(u32, String)>,
}

impl Model {
    fn get(&mut self, request: &mut Request, rng: &mut Rng, now: u64) -> Option<usize> {
        let [first, second] = &self.tiers;
        let picked = match (first.len() + second.len(), request.backup) {
            // The only one is never taken for failed.
            (1, _) => {
                let only = *first.iter().chain(second).next()?;
                let it = &self.servers[only];
                let open = Server { fails: 0, ..it.clone() }.is_open(now);
                (open && !request.tried.contains(&only)).then_some(only)
            }
            (_, true) => self.of_tier(1, request, rng, now),
            (_, false) => self.of_tier(0, request, rng, now).or_else(|| {
                request.backup = !self.tiers[1].is_empty();
                request.backup.then(|| self.of_tier(1, request, rng, now))?
            }),
        }?;
        let it = &mut self.servers[picked];
        it.conns += 1;
        if now - it.checked > it.fail_timeout {
            it.checked = now;
        }
        request.tried.push(picked);
        request.at = picked;
        Some(picked)
    }

    fn free(&mut self, request: &Request, failed: bool, now: u64) {
        let single = self.tiers.iter().flatten().count() == 1;
        let it = &mut self.servers[request.at];
        it.conns -= 1;
        if failed && !single {
            it.fails += 1;
            (it.accessed, it.checked) = (now, now);
            if it.max_fails > 0 {
                let part = it.weight / self.unit / i64::from(it.max_fails);
                it.effective = (it.effective - part * self.unit).max(0);
            }
        } else if !failed && it.fails > 0 && it.accessed < it.checked {
            if it.max_fails > 0 && it.fails >= it.max_fails {
                it.recovered = Some(now);
            }
            it.fails = 0;
        }
    }

    fn of_tier(&mut self, tier: usize, r: &mut Request, rng: &mut Rng, now: u64) -> Option<usize> {
        let method = match (self.method, tier) {
            (LeastConn, _) => LeastConn,
            (Hash | Consistent, 0) if r.key.is_empty() => RoundRobin,
            (_, 0) if r.misses <= 20 => self.method,
            _ => RoundRobin,
        };
        let is_open = |at: &usize| self.servers[*at].is_open(now) && !r.tried.contains(at);
        let able: Vec<usize> = self.tiers[tier].iter().copied().filter(is_open).collect();
        let picked = match method {
            RoundRobin => None,
            LeastConn => return self.least_conn(able, now),
            Consistent => self.on_ring(r, &able, now),
            _ => self.by_points(method, tier, r, &able, rng),
        };
        picked.or_else(|| self.turn(&able, now))
    }

    fn least_conn(&mut self, able: Vec<usize>, now: u64) -> Option<usize> {
        let cost = |&a: &usize, &b: &usize| -> Ordering {
            let (a, b) = (&self.servers[a], &self.servers[b]);
            let [of_a, of_b] = [a, b].map(|it| it.weight_now(now).max(1));
            (i64::from(a.conns) * of_b).cmp(&(i64::from(b.conns) * of_a))
        };
        let best = *able.iter().min_by(|a, b| cost(a, b))?;
        let equals: Vec<_> =
            able.into_iter().filter(|at| cost(at, &best) == Ordering::Equal).collect();
        // One alone neither gains nor pays, nor forgets its failures.
        if equals.len() == 1 { Some(best) } else { self.turn(&equals, now) }
    }

    /// `hash … consistent`: one of the server whose point comes next on the ring.
    fn on_ring(&mut self, r: &mut Request, able: &[usize], now: u64) -> Option<usize> {
        let points = &self.points;
        if r.rehash == 0 {
            r.rehash = 1;
            let hash = crc32fast::hash(&r.key);
            r.hash = points.iter().position(|it| it.0 >= hash).unwrap_or(0) as u64;
        }
        while r.misses <= 20 && !points.is_empty() {
            let name = &points[r.hash as usize % points.len()].1;
            let own: Vec<_> =
                able.iter().copied().filter(|&at| self.servers[at].name == *name).collect();
            if !own.is_empty() {
                return self.turn(&own, now);
            }
            r.hash += 1;
            r.misses += 1;
        }
        None
    }

    /// `ip_hash`, `hash` and `random`: each server has as many points as its weight.
    fn by_points(
        &self,
        method: Method,
        tier: usize,
        r: &mut Request,
        able: &[usize],
        rng: &mut Rng,
    ) -> Option<usize> {
        let all = &self.tiers[tier];
        let total: i64 = all.iter().map(|&at| self.servers[at].weight).sum();
        let mut second = None;
        while r.misses <= 20 && total > 0 {
            let mut left = (next_point(method, r, rng, total as u64) % total as u64) as i64;
            let at = *all.iter().find(|&&at| {
                left -= self.servers[at].weight;
                left < 0
            })?;
            if able.contains(&at) && second != Some(at) {
                match (method, second) {
                    (Random(Choice::LeastConn), None) => second = Some(at),
                    (Random(Choice::LeastConn), Some(first)) => {
                        let (a, b) = (&self.servers[first], &self.servers[at]);
                        let worse = i64::from(b.conns) * a.weight > i64::from(a.conns) * b.weight;
                        return Some(if worse { first } else { at });
                    }
                    _ => return Some(at),
                }
            }
            r.misses += 1;
        }
        None
    }

    /// Smooth weighted round robin.
    fn turn(&mut self, able: &[usize], now: u64) -> Option<usize> {
        let mut best: Option<usize> = None;
        let mut total = 0;
        for &at in able {
            let it = &mut self.servers[at];
            let gained = it.effective.min(it.weight_now(now));
            it.current += gained;
            total += gained;
            it.effective = (it.effective + self.unit).min(it.weight);
            let current = it.current;
            if best.is_none_or(|best| current > self.servers[best].current) {
                best = Some(at);
            }
        }
        self.servers[best?].current -= total;
        best
    }
}

/// The point of the request's next try.
fn next_point(method: Method, r: &mut Request, rng: &mut Rng, total: u64) -> u64 {
    match method {
        IpHash => {
            let seed = if r.rehash == 0 { 89 } else { r.hash };
            r.rehash = 1;
            r.hash = r.key.iter().fold(seed, |hash, &it| (hash * 113 + u64::from(it)) % 6271);
            r.hash
        }
        Hash => {
            let mut key = r.key.clone();
            if r.rehash > 0 {
                key.splice(0..0, r.rehash.to_string().into_bytes());
            }
            r.hash += u64::from(crc32fast::hash(&key) >> 16 & 0x7fff);
            r.rehash += 1;
            r.hash
        }
        _ => rng.below(total),
    }
}

/// Where a server is on the ring of `hash … consistent`.
fn points_of(Server { name, weight, .. }: &Server) -> Vec<(u32, String)> {
    let (host, port) = name.rsplit_once(':').unwrap_or((name, ""));
    let mut hash = 0u32;
    let mut next = || {
        let text = [host.as_bytes(), b"\0", port.as_bytes(), &hash.to_le_bytes()];
        hash = crc32fast::hash(&text.concat());
        (hash, name.clone())
    };
    (0..160 * weight).map(|_| next()).collect()
}

/// A group and its model, to which the same happens.
struct Both {
    pool: Pool,
    model: Model,
    /// For the model's choices.
    rng: Rng,
    held: Vec<(Client, Request)>,
    /// Turns that were taken, and those of them that were short.
    turns: u32,
    short: u32,
}

impl Both {
    fn new(method: Method, lines: &[&str]) -> Self {
        let mut pool = Pool::new(method, lines);
        let rule = Rule { fails: 1, passes: 1, mandatory: false, persistent: false };
        pool.group.checks = vec![rule];
        pool.group.arrange();
        let model = Model {
            method,
            unit: pool.group.peers[0].unit.into(),
            servers: vec![],
            tiers: Default::default(),
            points: vec![],
        };
        let rng = pool.rng.clone();
        let mut both = Self { pool, model, rng, held: vec![], turns: 0, short: 0 };
        both.learn();
        both
    }

    /// The model takes over which peers there are, and what their lines say.
    fn learn(&mut self) {
        let Model { method, servers, tiers, points, .. } = &mut self.model;
        let (live, _) = self.pool.group.peers.split_at(self.pool.group.live);
        for server in &mut *servers {
            server.gone |= !live.iter().any(|peer| is(peer, server));
        }
        *tiers = Default::default();
        for peer in live {
            let now = server_of(peer);
            let known = servers.iter().position(|server| is(peer, server) && !server.gone);
            let at = known.unwrap_or(servers.len());
            match servers.get_mut(at) {
                None => servers.push(now),
                Some(it) if (it.weight, it.backup) != (now.weight, now.backup) => {
                    (it.weight, it.effective, it.backup) = (now.weight, now.weight, now.backup);
                }
                Some(_) => {}
            }
            tiers[usize::from(peer.settings.backup)].push(at);
        }
        if *method == Consistent {
            *points = tiers[0].iter().flat_map(|&at| points_of(&servers[at])).collect();
            points.sort();
            points.dedup_by_key(|it| it.0);
        }
    }

    fn pick(&mut self, mut client: Client, mut request: Request) {
        let Self { pool, model, .. } = self;
        self.turns += 1;
        self.short += u32::from(pool.group.is_settled());
        let ours = pool.pick(&mut client).map(|at| &pool.group.peers[at]);
        let expected = model.get(&mut request, &mut self.rng, pool.now);
        let expected = expected.map(|at| &model.servers[at]);
        let shown = |line: Option<u16>, addr: Option<&Addr>| (line, addr.map(Addr::to_string));
        assert_eq!(
            shown(ours.map(|it| it.line), ours.map(|it| &it.settings.addr)),
            shown(expected.map(|it| it.line), expected.map(|it| &it.addr)),
            "{:?}, turn {}",
            model.method,
            self.turns
        );
        if client.at.is_some() {
            self.held.push((client, request));
        }
    }

    fn end(&mut self, at: usize, failed: bool) {
        let (mut client, request) = self.held.swap_remove(at);
        self.pool.done(&mut client, failed);
        self.model.free(&request, failed, self.pool.now);
        if failed {
            self.pick(client, request);
        }
    }

    fn check(&mut self, at: usize, passed: bool) {
        let addr = self.model.servers[at].addr.clone();
        self.pool.group.checked(&addr, 0, passed, self.pool.now);
        let single = self.model.tiers.iter().flatten().count() == 1;
        for it in self.model.servers.iter_mut().filter(|it| it.addr == addr && !it.gone) {
            if std::mem::replace(&mut it.barred, !passed) && passed && !single {
                it.recovered = Some(self.pool.now);
            }
        }
    }

    /// A name comes to these addresses.
    fn set_line(&mut self, line: u16, hosts: Range<u8>, rng: &mut Rng) {
        let addr = |host| Addr::Inet(([10, 0, line as u8, host], 80).into());
        // Those of a service may weigh something, and be backups, even all of them.
        let weight = rng.one_in(2).then(|| 1 + rng.below(3) as u32);
        let backups = hosts.start + rng.below(5) as u8;
        let found = |host| Found { addr: addr(host), weight, backup: host >= backups };
        let found: Vec<Found> = hosts.map(found).collect();
        let held: Vec<_> = self.held.iter().filter_map(|(client, _)| client.at).collect();
        let Some(moved) = self.pool.group.set_line(line, &found, |it| held.contains(&it)) else {
            return;
        };
        for (client, _) in &mut self.held {
            client.at = client.at.and_then(|PeerIndex(at)| moved[usize::from(at)]);
            client.tried.renumber(&moved);
        }
        self.learn();
    }
}

fn is(peer: &Peer, server: &Server) -> bool {
    (peer.line, &peer.settings.addr) == (server.line, &server.addr)
}

fn server_of(peer: &Peer) -> Server {
    let it = &peer.settings;
    Server {
        line: peer.line,
        addr: it.addr.clone(),
        name: it.server.clone(),
        weight: peer.weight,
        max_fails: it.max_fails,
        fail_timeout: it.fail_timeout,
        max_conns: it.max_conns,
        slow_start: it.slow_start,
        down: it.down,
        barred: peer.barred,
        backup: it.backup,
        gone: false,
        current: 0,
        effective: peer.weight,
        conns: 0,
        fails: 0,
        accessed: 0,
        checked: 0,
        recovered: None,
    }
}

/// Requests begin, end, fail and are tried again, servers are checked and names change, now less, now more.
fn compare(method: Method, names: bool, seed: u64) -> Both {
    let mut rng = Rng::new(seed);
    let many = if rng.one_in(8) { 40 } else { 6 };
    let servers = 1 + rng.below(many);
    let equal = rng.one_in(2);
    let lines: Vec<String> = (0..servers)
        .map(|at| {
            let weight = if equal { 2 } else { 1 + rng.below(4) };
            let limits = ["", "", "", " max_conns=2", " max_fails=3", " max_fails=0"];
            let others = ["", "", "", " down", " fail_timeout=1s", " backup"];
            let limit = limits[rng.below(6) as usize];
            let any = matches!(method, RoundRobin | LeastConn) && at > 0;
            let other = others[rng.below(if any { 6 } else { 5 }) as usize];
            // Another unit begins a group anew, so let there be no other.
            let slow = if any && !names && rng.one_in(9) { " slow_start=2s" } else { "" };
            format!("s{at}:80 weight={weight}{limit}{other}{slow}")
        })
        .collect();
    let mut both = Both::new(method, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    for line in 0..servers as u16 {
        if names && rng.one_in(2) {
            both.set_line(line, 1..3, &mut rng);
        }
    }
    for step in 0..400 {
        let trouble = step / 80 % 2 == 1;
        let held = both.held.len() as u64;
        match rng.below(if trouble { 12 } else { 5 }) {
            0 | 1 => {
                let mut client = Client::default();
                let key = match method {
                    IpHash => rng.word().to_be_bytes()[..3].to_vec(),
                    Hash | Consistent if !rng.one_in(9) => rng.below(99).to_string().into_bytes(),
                    _ => vec![],
                };
                client.hint.key.bytes().extend_from_slice(&key);
                both.pick(client, Request { key, ..Request::default() });
            }
            2 | 3 if held > 0 => both.end(rng.below(held) as usize, trouble && rng.one_in(2)),
            4 => both.pool.now += rng.below(if trouble { 3000 } else { 50 }),
            5 if rng.one_in(4) => {
                let at = rng.below(both.model.servers.len() as u64) as usize;
                both.check(at, rng.one_in(2));
            }
            6 if names && rng.one_in(8) => {
                let first = rng.below(4) as u8;
                let hosts = first..first + rng.below(4) as u8;
                both.set_line(rng.below(servers) as u16, hosts, &mut rng);
            }
            _ => {}
        }
    }
    both
}

#[test]
fn every_method_comes_to_what_nginx_does() {
    let drawn = [Choice::One, Choice::LeastConn].map(Random);
    for method in [RoundRobin, LeastConn, IpHash, Hash, Consistent].into_iter().chain(drawn) {
        let (mut short, mut turns) = (0, 0);
        for seed in 0..30 {
            let both = compare(method, seed % 2 == 0, seed);
            (short, turns) = (short + both.short, turns + both.turns);
        }
        let is_ever_short = matches!(method, RoundRobin | LeastConn);
        assert!(!is_ever_short || short * 6 > turns, "{method:?}: {short} of {turns}");
    }
}
