//! Workers with a cache on a simulated disk: clients ask them for a few resources again and again.
//!
//! A resource says of itself what it is (`cache_disk` has the same bodies), so that no answer that is torn, mixed of two or
//! of another resource passes for a good one. In a calm world a server is never asked for a resource while it is being
//! asked for it, whatever worker does. In a hostile one workers are killed, calls of the disk fail, servers end in the
//! middle of answers, and the machine crashes; every client is answered all the same, or loses its connection.

use std::collections::BTreeMap;
use std::path::Path;

use peerage::base::rng::Rng;
use peerage::cache::loader::{Loader, Step};
use peerage::cache::manager;
use peerage::cache::store::Store;
use peerage::event::turn;
use peerage::http::conf::Conf;
use peerage::http::conf::load::parse_text;
use peerage::os::addr::Addr;
use peerage::os::disk::Disk;
use peerage::os::net::Io;
use peerage::os::sim::disk::{DiskFaults, SimDisk};
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::serve::accept;
use peerage::shared::zones::Zones;
use peerage::upstream::shared::state::SharedState;
use peerage::worker::Worker;

use crate::stray::accepted;
use crate::{cache_disk, check, crew, setup};

/// Turns after which a world that is not over has stalled.
const TURNS: u64 = 400_000;
const RESOURCES: u64 = 5;
const SERVER: &str = "10.0.1.1:80";
/// How long a key whose answer was not stored is not waited for, in ms.
const OPEN_MS: u64 = 10_000;

struct World {
    rng: Rng,
    net: SimNet,
    disk: SimDisk,
    hostile: bool,
    conf: &'static Conf,
    text: String,
    zones: Zones,
    members: Vec<Member>,
    /// Rows of the dead, and turns until the master hears of them.
    dead: Vec<(usize, u64)>,
    processes: u32,
    loader: Option<Loader>,
    clients: Vec<Client>,
    listener: SimSocket,
    answers: Vec<Answer>,
    serial: u64,
    /// Until when a resource may be asked for more than once.
    open_until: BTreeMap<u64, u64>,
    /// Deaths so far: a client that was there before one may lose its connection.
    deaths: u64,
    tally: Tally,
}

#[derive(Default, Debug)]
struct Tally {
    asked: u64,
    whole: u64,
    hits: u64,
    cut: u64,
    failed: u64,
    crashes: u64,
    reloads: u64,
}

struct Member {
    w: Worker,
    process: u32,
    row: usize,
    leaving: bool,
}

struct Client {
    socket: SimSocket,
    resource: u64,
    request: Vec<u8>,
    got: Vec<u8>,
    deaths: u64,
    /// The client closes when it has received this number of bytes.
    leaves_at: usize,
}

/// A connection of a worker with the server, from the request to the end of the answer.
struct Answer {
    socket: SimSocket,
    got: Vec<u8>,
    resource: Option<u64>,
    left: Vec<u8>,
    /// Turns until it is answered.
    waits: u64,
    /// The connection ends when so much is left.
    cut: usize,
}

pub fn calm(seed: u64) -> Result<u64, String> {
    run(seed, false)
}

pub fn hostile(seed: u64) -> Result<u64, String> {
    run(seed, true)
}

fn run(seed: u64, hostile: bool) -> Result<u64, String> {
    let mut world = World::new(seed, hostile)?;
    let result = world.play();
    if std::env::var_os("SEED").is_some() {
        eprintln!("{}\n{} ms, {:?}", world.text, world.net.now(), world.tally);
    }
    result.map_err(|e| format!("{} ms: {e}", world.net.now()))?;
    Ok(world.net.digest())
}

fn configuration(hostile: bool, rng: &mut Rng) -> String {
    let mut one_of = |choices: &[&'static str]| choices[rng.below(choices.len() as u64) as usize];
    let levels = one_of(&["", "levels=1", "levels=1:2"]);
    let beside = one_of(&["", "use_temp_path=off"]);
    let (inactive, max) = (one_of(&["600s", "2s"]), one_of(&["", "max_size=8k", "max_size=40k"]));
    let zone = one_of(&["32k", "1m"]);
    let (mut limits, mut rules) = (format!("inactive={inactive} {max}"), String::new());
    if !hostile {
        limits = "inactive=10000s".into();
    }
    // An answer that comes byte by byte takes more than ten minutes.
    rules += "proxy_cache_lock on; proxy_cache_lock_timeout 10000s; proxy_cache_lock_age 10000s;";
    if hostile {
        rules += one_of(&["", "proxy_cache_use_stale updating error timeout;"]);
        rules += one_of(&["", "proxy_cache_background_update on;"]);
        rules += one_of(&["", "proxy_cache_revalidate on;"]);
        rules += one_of(&["", "proxy_cache_min_uses 2;"]);
        rules +=
            one_of(&["", "proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 2k;"]);
    }
    let temporary = setup::temp_path();
    format!(
        "events {{}} http {{ access_log off;\n\
         proxy_cache_path /cache {levels} keys_zone=a:{zone} {beside} {limits};\n\
         server {{ listen 10.0.0.1:80; location / {{ proxy_pass http://{SERVER}; proxy_cache a;\n\
         proxy_temp_path {temporary}; proxy_read_timeout 60s; add_header X-Cache $upstream_cache_status;\n\
         {rules} }} }} }}"
    )
}

impl World {
    fn new(seed: u64, hostile: bool) -> Result<Self, String> {
        let mut rng = Rng::new(seed ^ 0xcac4ed << 32 ^ u64::from(hostile) << 60);
        let net = SimNet::with_faults(rng.word(), Faults { step_ms: 20, ..Faults::rough() });
        let mut one_in =
            |choices: [u64; 3]| if hostile { choices[rng.below(3) as usize] } else { 0 };
        let faults = DiskFaults {
            short: one_in([0, 2, 10]),
            full: one_in([0, 30, 300]),
            fail: one_in([0, 50, 500]),
            sync: one_in([0, 10, 100]),
        };
        let disk = SimDisk::new(rng.word(), faults);
        let text = configuration(hostile, &mut rng);
        let conf = parse(&text)?;
        let listener = net.listen(Addr::parse(SERVER).ok_or("an address")?);
        let zones = crew::zones(conf, &Zones::default())?;
        let mut world = Self {
            rng,
            net,
            disk,
            hostile,
            conf,
            text,
            zones,
            members: Vec::new(),
            dead: Vec::new(),
            processes: 0,
            loader: None,
            clients: Vec::new(),
            listener,
            answers: Vec::new(),
            serial: 0,
            open_until: BTreeMap::new(),
            deaths: 0,
            tally: Tally::default(),
        };
        (0..2 + world.rng.below(2)).try_for_each(|_| world.start())?;
        Ok(world)
    }

    fn play(&mut self) -> Result<(), String> {
        let (mut to_come, crowd) = (60 + self.rng.below(60), 2 + self.rng.below(12) as usize);
        let mut turns = 0;
        while to_come > 0 || !self.clients.is_empty() {
            if to_come > 0 && self.clients.len() < crowd && self.rng.one_in(3) {
                to_come -= 1;
                self.arrive()?;
            }
            if self.rng.one_in(300) {
                self.misfortune()?;
            }
            self.turn()?;
            turns += 1;
            if turns > TURNS {
                let waiting: Vec<_> = self.clients.iter().map(|it| it.resource).collect();
                let answers = self.answers.iter().map(|it| it.resource);
                return Err(format!("stalled: {waiting:?}, {:?}", answers.collect::<Vec<_>>()));
            }
        }
        Ok(())
    }

    fn start(&mut self) -> Result<(), String> {
        let taken = |row: &usize| {
            self.members.iter().any(|it| it.row == *row) || self.dead.iter().any(|it| it.0 == *row)
        };
        let row = (1..14).find(|row| !taken(row)).ok_or("no row is free")?;
        self.processes += 1;
        let process = self.processes;
        let shared = SharedState::open(&self.conf.http.groups, false, 16, [1, 2]);
        let shared = shared.map_err(|e| e.to_string())?;
        let net = self.net.of_process(process);
        let mut w = crew::worker(self.conf, &shared, &net, (row, 0), &mut self.rng)?;
        w.zones = self.zones.of_process(crew::process(row));
        w.disk = Disk::Sim(self.disk.of_process(process));
        self.members.push(Member { w, process, row, leaving: false });
        Ok(())
    }

    fn arrive(&mut self) -> Result<(), String> {
        let front = Addr::parse(setup::FRONT).ok_or("an address")?;
        let Ok(socket) = self.net.dial(&front) else { return Ok(()) };
        let resource = self.rng.below(RESOURCES);
        let request = format!("GET /{resource} HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n");
        let leaves = self.hostile && self.rng.one_in(10);
        let leaves_at = if leaves { self.rng.below(300) as usize } else { usize::MAX };
        self.tally.asked += 1;
        let deaths = self.deaths;
        let request = request.into_bytes();
        self.clients.push(Client { socket, resource, request, got: vec![], deaths, leaves_at });
        Ok(())
    }

    /// What operators and machines do.
    fn misfortune(&mut self) -> Result<(), String> {
        match self.rng.below(5) {
            0 if self.members.len() < 8 && self.tally.reloads < 3 => self.reload(),
            _ if !self.hostile => Ok(()),
            2 => {
                self.disk.remove_all(Path::new("/cache"));
                Ok(())
            }
            3 if self.tally.crashes < 3 => self.crash(),
            _ if self.deaths < 10 => self.kill(),
            _ => Ok(()),
        }
    }

    fn reload(&mut self) -> Result<(), String> {
        self.tally.reloads += 1;
        self.conf = parse(&self.text)?;
        self.zones = crew::zones(self.conf, &self.zones)?;
        let count = self.members.iter().filter(|it| !it.leaving).count();
        for it in &mut self.members {
            it.leaving = true;
            for id in std::mem::take(&mut it.w.listeners) {
                accept::leave(&mut it.w, id);
            }
        }
        (0..count).try_for_each(|_| self.start())
    }

    fn kill(&mut self) -> Result<(), String> {
        let at = self.rng.below(self.members.len() as u64) as usize;
        let member = self.members.swap_remove(at);
        self.bury(member);
        self.start()
    }

    fn bury(&mut self, member: Member) {
        self.deaths += 1;
        self.disk.kill(member.process);
        let heard_in = self.rng.below(40);
        self.dead.push((member.row, heard_in));
        let until = self.net.now() + OPEN_MS;
        self.open_until.extend((0..RESOURCES).map(|it| (it, until)));
    }

    fn crash(&mut self) -> Result<(), String> {
        self.tally.crashes += 1;
        let count = self.members.len().min(3);
        while let Some(member) = self.members.pop() {
            self.bury(member);
        }
        self.dead.clear();
        self.loader = None;
        self.disk.crash().map_err(|e| e.to_string())?;
        self.zones = crew::zones(self.conf, &Zones::default())?;
        (0..count).try_for_each(|_| self.start())
    }

    fn turn(&mut self) -> Result<(), String> {
        for (_, turns) in &mut self.dead {
            *turns = turns.saturating_sub(1);
        }
        let heard: Vec<_> = self.dead.extract_if(.., |it| it.1 == 0).collect();
        heard.iter().for_each(|(row, _)| self.zones.settle(crew::process(*row)));
        let at = self.rng.below(self.members.len() as u64) as usize;
        let it = &mut self.members[at];
        turn(&mut it.w);
        check::all(&mut it.w)?;
        let w = &it.w;
        let is_idle = w.channels.is_empty() && w.requests.is_empty() && w.upstreams.is_empty();
        if it.leaving && is_idle {
            let gone = self.members.swap_remove(at);
            self.dead.push((gone.row, 1));
        }
        if self.rng.one_in(50) {
            self.look_after();
        }
        self.serve()?;
        self.hear()
    }

    /// The cache manager and the cache loader.
    fn look_after(&mut self) {
        let zones = self.zones.of_process(crew::process(14));
        let disk = Disk::Sim(self.disk.of_process(1000));
        let Some(zone) = self.conf.http.zone_of_cache(0).and_then(|it| zones.get(it)) else {
            return;
        };
        let store = Store { place: &self.conf.http.caches[0].place, zone, disk: &disk };
        let now = self.net.now();
        if self.rng.one_in(2) {
            manager::step(&store, || now);
            return;
        }
        self.loader = self.loader.take().or_else(|| Loader::begin(&store));
        if let Some(Step::Done(_)) = self.loader.as_mut().map(|it| it.step(&store, || now)) {
            self.loader = None;
        }
    }

    fn serve(&mut self) -> Result<(), String> {
        while let Some(socket) = accepted(&mut self.listener) {
            let waits = self.rng.below(60);
            let (got, left) = (Vec::new(), Vec::new());
            self.answers.push(Answer { socket, got, resource: None, left, waits, cut: 0 });
        }
        let mut at = 0;
        while at < self.answers.len() {
            let resource = self.answers[at].listen()?;
            if let Some(resource) = resource {
                let busy = self.answers.iter().filter(|it| it.resource == Some(resource)).count();
                let now = self.net.now();
                let is_open = self.open_until.get(&resource).is_some_and(|until| now < *until);
                if busy > 0 && !self.hostile && !is_open {
                    return Err(format!("the server is asked for {resource} twice"));
                }
                self.serial += 1;
                let text = answer(resource, self.serial, self.hostile, &mut self.rng);
                let answer = &mut self.answers[at];
                answer.cut = match self.hostile && self.rng.one_in(8) {
                    true => self.rng.below(text.len() as u64) as usize,
                    false => 0,
                };
                (answer.resource, answer.left) = (Some(resource), text);
            }
            match self.answers[at].speak() {
                true => at += 1,
                false => drop(self.answers.swap_remove(at)),
            }
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<(), String> {
        let mut at = 0;
        while at < self.clients.len() {
            let client = &mut self.clients[at];
            if !client.listen() {
                at += 1;
                continue;
            }
            let client = self.clients.swap_remove(at);
            let lost = client.deaths != self.deaths || client.leaves_at != usize::MAX;
            match client.judge() {
                Ok(is_hit) => {
                    self.tally.whole += 1;
                    self.tally.hits += u64::from(is_hit);
                }
                Err(Fault::Cut { is_hit: false }) if self.hostile || lost => self.tally.cut += 1,
                Err(Fault::Cut { .. }) if lost => self.tally.cut += 1,
                Err(Fault::Status) if self.hostile => self.tally.failed += 1,
                Err(fault) => {
                    let got = String::from_utf8_lossy(&client.got).into_owned();
                    return Err(format!("{fault:?} for {}: {got}", client.resource));
                }
            }
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<&'static Conf, String> {
    Ok(Box::leak(Box::new(parse_text(text).map_err(|e| format!("{e}: {text}"))?.conf)))
}

/// An answer of the server.
fn answer(resource: u64, serial: u64, hostile: bool, rng: &mut Rng) -> Vec<u8> {
    let body = cache_disk::body(resource as u8, serial, rng);
    let (control, chunked) = match hostile {
        true => (
            [
                "max-age=100",
                "max-age=1",
                "max-age=1, stale-while-revalidate=100, stale-if-error=100",
                "no-store",
            ][rng.below(4) as usize],
            rng.one_in(2),
        ),
        false => ("max-age=100000", rng.one_in(2)),
    };
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: {control}\r\n");
    let head = head.into_bytes();
    match chunked {
        false => {
            let length = format!("Content-Length: {}\r\n\r\n", body.len());
            [head, length.into_bytes(), body].concat()
        }
        true => {
            let mut text = [head, b"Transfer-Encoding: chunked\r\n\r\n".to_vec()].concat();
            for piece in body.chunks(1 + rng.below(body.len() as u64) as usize) {
                text.extend(format!("{:x}\r\n", piece.len()).bytes());
                text.extend([piece, b"\r\n"].concat());
            }
            [text, b"0\r\n\r\n".to_vec()].concat()
        }
    }
}

impl Answer {
    /// What is asked for, once it is known.
    fn listen(&mut self) -> Result<Option<u64>, String> {
        if self.resource.is_some() {
            return Ok(None);
        }
        let mut buf = [0; 4096];
        if let Io::Done(n) = self.socket.recv(&mut buf, false) {
            self.got.extend_from_slice(&buf[..n]);
        }
        if !self.got.ends_with(b"\r\n\r\n") {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&self.got);
        let path = text.split(' ').nth(1).and_then(|path| path.strip_prefix('/'));
        path.and_then(|path| path.parse().ok()).map(Some).ok_or_else(|| text.into_owned())
    }

    /// False: it is over.
    fn speak(&mut self) -> bool {
        if self.resource.is_none() {
            // A worker that has died asks nothing.
            return !matches!(self.socket.recv(&mut [0], true), Io::Eof | Io::Fail(_));
        }
        self.waits = self.waits.saturating_sub(1);
        if self.waits > 0 {
            return true;
        }
        let most = self.left.len().saturating_sub(self.cut);
        match self.socket.send(&self.left[..most]) {
            Io::Done(n) => drop(self.left.drain(..n)),
            Io::Again => {}
            Io::Eof | Io::Fail(_) => return false,
        }
        self.left.len() > self.cut
    }
}

#[derive(Debug)]
enum Fault {
    /// The connection ended before the answer did.
    Cut {
        is_hit: bool,
    },
    Status,
    /// It is not what was asked for.
    Wrong,
}

impl Client {
    /// True: it is over.
    fn listen(&mut self) -> bool {
        if !self.request.is_empty() {
            if let Io::Done(n) = self.socket.send(&self.request) {
                self.request.drain(..n);
            }
        }
        let mut buf = [0; 4096];
        match self.socket.recv(&mut buf, false) {
            Io::Done(n) => self.got.extend_from_slice(&buf[..n]),
            Io::Again => {}
            Io::Eof | Io::Fail(_) => return true,
        }
        self.got.len() >= self.leaves_at
    }

    /// Whether it came from the cache.
    fn judge(&self) -> Result<bool, Fault> {
        let text = String::from_utf8_lossy(&self.got);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return Err(Fault::Cut { is_hit: false });
        };
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(Fault::Status);
        }
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let from = field("X-Cache: ").unwrap_or_default();
        let is_hit = matches!(from, "HIT" | "STALE" | "UPDATING");
        let body = match field("Content-Length: ") {
            Some(len) if len == body.len().to_string() => body.to_owned(),
            Some(_) => return Err(Fault::Cut { is_hit }),
            None => dechunked(body).ok_or(Fault::Cut { is_hit })?,
        };
        let serial = cache_disk::serial_of(self.resource as u8, body.as_bytes());
        serial.map(|_| is_hit).ok_or(Fault::Wrong)
    }
}

fn dechunked(mut text: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (len, rest) = text.split_once("\r\n")?;
        let len = usize::from_str_radix(len, 16).ok()?;
        if len == 0 {
            return (rest == "\r\n").then_some(body);
        }
        body.push_str(rest.get(..len)?);
        text = rest.get(len..)?.strip_prefix("\r\n")?;
    }
}
