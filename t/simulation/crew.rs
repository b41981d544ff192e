//! Several workers of one master in one world: who is there, whose turn it is, who dies and is replaced.
//!
//! The master is a script: what is shared it makes before it starts workers, and gives back for the dead what
//! they held, as `process/master.rs` does. A worker that is killed is dropped as it stands, between two turns;
//! its sockets close, and other workers do not learn of it before the master does.

use std::rc::Rc;

use peerage::base::rng::Rng;
use peerage::event::turn;
use peerage::handler;
use peerage::http::conf::load::parse_text;
use peerage::http::conf::{Conf, ListenIndex};
use peerage::logs::access::AccessLogs;
use peerage::logs::counters::Counters;
use peerage::modules;
use peerage::os::net::{Driver, Socket};
use peerage::os::sim::SimNet;
use peerage::proxy::pool::{health, queue, resolve};
use peerage::serve::accept;
use peerage::serve::h1::connection;
use peerage::shared::zone::{Kind, Process};
use peerage::shared::zones::{ZoneIndex, Zones};
use peerage::upstream::group::{Group, Groups};
use peerage::upstream::shared::state::SharedState;
use peerage::worker::{ConnId, Exit, Owner, Worker, rest};

use crate::check::{self, Graveyard};
use crate::probes::Places;

/// Rows of the ledgers; the first is the observer's, which does nothing.
pub const ROWS: usize = 16;
pub const LOOKER: usize = 0;

/// As `process/worker.rs`: how long resting clients are waited for after a reload.
const RETIRE_MS: u64 = 5000;

/// One configuration, and what its workers share.
pub struct Generation {
    pub conf: &'static Conf,
    pub shared: Rc<SharedState>,
    pub zones: Zones,
    /// The groups as one sees them who only looks.
    pub looker: Groups,
}

pub struct Member {
    pub w: Worker,
    pub net: SimNet,
    pub row: usize,
    pub number: usize,
    pub generation: usize,
    /// It shuts down gracefully, and has closed its listeners.
    pub leaving: bool,
    /// It gets no turn for this number of the world's turns.
    pub asleep: u64,
    pub graveyard: Graveyard,
    /// By which others wake it.
    waker: Waker,
    /// It had a turn in this round in which it looked at its waker.
    has_listened: bool,
    /// What it knew of failures before its last turn.
    pub before: Vec<Failures>,
    /// When that was, and which health checks it had after it, and made.
    pub heard: u64,
    pub checks: Places,
    pub asks: Places,
    /// The round since which a request waits there that could be served.
    pub neglects: Option<u64>,
}

/// A worker that is no more, and the master knows it not yet.
pub struct Dead {
    pub row: usize,
    pub number: usize,
    pub generation: usize,
    /// What its ledger says that it holds, of each zone.
    pub owed: Vec<Vec<[i64; 4]>>,
    replaced: bool,
    /// Turns until the master hears of it.
    in_turns: u64,
}

pub struct Crew {
    net: SimNet,
    counters: Counters,
    pub generations: Vec<Generation>,
    pub members: Vec<Member>,
    pub dead: Vec<Dead>,
    /// Workers of a configuration.
    size: usize,
    processes: u32,
    /// One in: whose turn it is sleeps instead.
    pub sleeps: u64,
    /// One in: a wake comes only later.
    pub late: u64,
    pub killed: u32,
    /// How often every worker has had a turn and looked at its waker, with no death that the master had not seen.
    pub round: u64,
}

impl Crew {
    pub fn new(net: &SimNet, size: usize) -> Result<Self, String> {
        Ok(Self {
            net: net.clone(),
            counters: Counters::new(ROWS).map_err(|e| e.to_string())?,
            generations: Vec::new(),
            members: Vec::new(),
            dead: Vec::new(),
            size,
            processes: 0,
            sleeps: 0,
            late: 0,
            killed: 0,
            round: 0,
        })
    }

    /// The master reads its configuration. Workers of the former one begin to shut down.
    pub fn load(&mut self, text: &str, rng: &mut Rng) -> Result<(), String> {
        let loaded = parse_text(text).map_err(|e| format!("{e}: {text}"))?;
        let conf: &'static Conf = Box::leak(Box::new(loaded.conf));
        let groups = &conf.http.groups;
        let run_time = conf.http.has_run_time_groups();
        let shared = SharedState::with_wakers(groups, run_time, ROWS, self.size, [1, 2]);
        let mut shared = shared.map_err(|e| e.to_string())?;
        if let Some(former) = self.generations.last() {
            shared.remember(&former.shared, groups);
        }
        let shared = Rc::new(shared);
        let former = self.generations.last().map(|it| it.zones.clone()).unwrap_or_default();
        let zones = zones(conf, &former)?;
        let mut looker =
            Groups { all: groups.iter().map(Group::new).collect(), ..Groups::default() };
        shared.join(&mut looker, LOOKER);
        self.generations.push(Generation { conf, shared, zones, looker });
        (0..self.size).try_for_each(|number| self.start(number, rng))?;
        let newest = self.generations.len() - 1;
        for old in self.members.iter_mut().filter(|it| it.generation < newest) {
            old.tell_to_go();
        }
        Ok(())
    }

    fn start(&mut self, number: usize, rng: &mut Rng) -> Result<(), String> {
        let taken = |row: &usize| {
            let of_dead = self.dead.iter().any(|it| it.row == *row);
            of_dead || self.members.iter().any(|it| it.row == *row)
        };
        let row = (1..ROWS).find(|row| !taken(row)).ok_or("no row is free")?;
        self.processes += 1;
        let net = self.net.of_process(self.processes);
        let generation = self.generations.len() - 1;
        let Generation { conf, shared, zones, .. } = &self.generations[generation];
        let mut w = worker(conf, shared, &net, (row, number), rng)?;
        w.counters = self.counters.of_worker(row);
        w.zones = zones.of_process(process(row));
        has_last_answers(&w.groups)?;
        self.members.push(Member {
            w,
            net,
            row,
            number,
            generation,
            leaving: false,
            asleep: 0,
            graveyard: Graveyard::default(),
            waker: assign_waker(shared, row, number)?,
            has_listened: false,
            before: Vec::new(),
            heard: 0,
            checks: Places::default(),
            asks: Places::default(),
            neglects: None,
        });
        Ok(())
    }

    /// A turn of one worker, and of the master. Returns the worker's place, if it is still alive.
    pub fn turn(&mut self, rng: &mut Rng) -> Result<Option<usize>, String> {
        self.bury(rng)?;
        self.count_rounds();
        if self.members.is_empty() {
            // Time passes all the same.
            self.net.wait(&mut Vec::new(), None);
            return Ok(None);
        }
        let awake = self.members.iter().any(|it| it.asleep == 0);
        for it in &mut self.members {
            it.asleep = if awake { it.asleep.saturating_sub(1) } else { 0 };
        }
        let able: Vec<usize> =
            (0..self.members.len()).filter(|&at| self.members[at].asleep == 0).collect();
        let Some(&at) = able.get(rng.below(able.len() as u64) as usize) else { return Ok(None) };
        if rng.one_in(self.sleeps) {
            self.members[at].asleep = rng.below(200);
        }
        let it = &mut self.members[at];
        it.before = failures(&it.w.groups);
        let listens = !rng.one_in(self.late);
        it.has_listened |= listens;
        if listens && hears(&mut it.waker) {
            it.w.event.now = self.net.now();
            queue::woken(&mut it.w);
        }
        turn(&mut it.w);
        let named = |e| format!("worker {} in row {}: {e}", it.number, it.row);
        check::all(&mut it.w).map_err(named)?;
        it.graveyard.turn(&it.w)?;
        if it.w.exit != Exit::No && it.leave() {
            self.lose(at, false, rng);
            return Ok(None);
        }
        Ok(Some(at))
    }

    /// A round ends when every worker has had a turn and looked at its waker: how often a wake is late is left to
    /// chance.
    fn count_rounds(&mut self) {
        if self.dead.is_empty() && self.members.iter().all(|it| it.has_listened) {
            self.round += 1;
            self.members.iter_mut().for_each(|it| it.has_listened = false);
        }
    }

    /// `SIGKILL`
    pub fn kill(&mut self, rng: &mut Rng) {
        if self.members.is_empty() {
            return;
        }
        let at = rng.below(self.members.len() as u64) as usize;
        self.killed += 1;
        let newest = self.members[at].generation + 1 == self.generations.len();
        let missed = newest && !self.members[at].leaving;
        self.lose(at, missed, rng);
    }

    /// The process is no more. `missed`: another will take its place.
    fn lose(&mut self, at: usize, missed: bool, rng: &mut Rng) {
        let Member { row, number, generation, .. } = self.members.swap_remove(at);
        let zones = self.generations[generation].shared.zones();
        let owed = zones.iter().flatten().map(|zone| zone.audit_of(row, zone.places())).collect();
        let in_turns = rng.below(40);
        self.dead.push(Dead { row, number, generation, owed, replaced: !missed, in_turns });
    }

    /// The master hears of the dead.
    fn bury(&mut self, rng: &mut Rng) -> Result<(), String> {
        let mut at = 0;
        while at < self.dead.len() {
            if self.dead[at].in_turns > 0 {
                self.dead[at].in_turns -= 1;
                at += 1;
                continue;
            }
            let Dead { row, number, generation, replaced, .. } = self.dead.swap_remove(at);
            self.counters.settle(row);
            self.generations[generation].shared.settle(row);
            self.generations[generation].zones.settle(process(row));
            if !replaced && generation + 1 == self.generations.len() {
                self.start(number, rng)?;
            }
        }
        Ok(())
    }

    /// All workers begin to shut down, as by a `QUIT` to the master.
    pub fn dismiss(&mut self) {
        self.members.iter_mut().for_each(Member::tell_to_go);
    }
}

/// The process of that row: its number is none of the system's.
pub fn process(row: usize) -> Process {
    let row = row as u32;
    Process { pid: (1 << 40) + u64::from(row), row }
}

/// The zones of limits, as the master opens them.
pub fn zones(conf: &Conf, former: &Zones) -> Result<Zones, String> {
    let made = Zones::open(conf.http.declared_zones(), former, [1, 2], process(ROWS));
    made.map_err(|e| e.to_string())
}

/// No request is under way any more in any worker.
pub fn counts_nothing(zones: &Zones) -> Result<(), String> {
    for zone in (0..).map_while(|at| zones.get(ZoneIndex(at))) {
        let len = zone.lock().ok_or("a zone is locked")?.len();
        if zone.declared.kind == Kind::LimitConn && len > 0 {
            return Err(format!("{len} keys are counted when all is over"));
        }
    }
    Ok(())
}

/// A worker of a configuration, in that row and of that number, as `process/worker.rs` makes it.
pub fn worker(
    conf: &'static Conf,
    shared: &SharedState,
    net: &SimNet,
    (row, number): (usize, usize),
    rng: &mut Rng,
) -> Result<Worker, String> {
    let driver = Driver::Sim(net.clone());
    let pipeline = Box::leak(Box::new(modules::pipeline(conf)));
    let mut w = Worker::new(conf, pipeline, driver, AccessLogs::default());
    w.buffers.splice_from = if rng.one_in(2) { 1 } else { u64::MAX };
    for (at, listen) in conf.http.listens.iter().enumerate() {
        let socket = Socket::Sim(net.listen(listen.addr.clone()));
        let owner = Owner::Listener(ListenIndex(at as u32));
        let id = w.event.add_level(socket, owner, handler!(accept::accept), handler!(rest));
        w.listeners.push(id.map_err(|e| e.to_string())?);
    }
    resolve::begin(&mut w);
    health::begin(&mut w);
    shared.join(&mut w.groups, row);
    resolve::start_from_last(&mut w);
    w.groups.begin_at(number);
    Ok(w)
}

/// In a new worker a line has servers at once, if a name server told any worker of some.
fn has_last_answers(groups: &Groups) -> Result<(), String> {
    for group in &groups.all {
        let Some(zone) = &group.zone else { continue };
        for line in
            (0..).zip(&group.lines).filter(|(_, line)| line.resolve.is_some()).map(|it| it.0)
        {
            let told = zone.last_answer(line).is_some_and(|found| !found.is_empty());
            if told && !group.peers[..group.live].iter().any(|peer| peer.line == line) {
                return Err(format!("the last answer for line {line} is not in a new worker"));
            }
        }
    }
    Ok(())
}

/// Of a peer: how often it has failed, and when it did and was tried again.
pub type Failures = (u32, u64, u64);

/// What is known of the peers of all groups.
pub fn failures(groups: &Groups) -> Vec<Failures> {
    let peers = groups.all.iter().flat_map(|group| &group.peers);
    peers.map(|peer| (peer.fails, peer.accessed, peer.checked)).collect()
}

/// The end that waits for a waker, which is a real one.
pub type Waker = Option<Driver>;

pub fn assign_waker(shared: &SharedState, row: usize, number: usize) -> Result<Waker, String> {
    let Some(waker) = shared.assign_waker(row, number) else { return Ok(None) };
    let mut driver = Driver::epoll(8).map_err(|e| e.to_string())?;
    driver.register(waker, mio::Token(0)).map_err(|e| e.to_string())?;
    Ok(Some(driver))
}

pub fn hears(waker: &mut Waker) -> bool {
    let mut ready = Vec::new();
    if let Some(driver) = waker {
        driver.wait(&mut ready, Some(0));
    }
    !ready.is_empty()
}

impl Member {
    fn tell_to_go(&mut self) {
        self.w.exit = self.w.exit.max(Exit::Graceful);
        self.w.grace_ms = RETIRE_MS;
    }

    /// What `process/worker.rs` does after a turn when the worker is to stop. True: nothing is left to do.
    fn leave(&mut self) -> bool {
        let w = &mut self.w;
        if !std::mem::replace(&mut self.leaving, true) {
            for id in std::mem::take(&mut w.listeners) {
                accept::leave(w, id);
            }
            (w.pipeline.close_idle)(w);
            let resting = w.channels.iter().filter(|(_, channel)| channel.is_resting());
            let resting: Vec<ConnId> = resting.map(|(_, channel)| channel.conn).collect();
            for id in resting {
                connection::retire(w, id);
            }
        }
        w.channels.is_empty() && w.requests.is_empty() && w.upstreams.is_empty()
    }
}
