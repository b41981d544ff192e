//! Workers that share a `zone` and go on between any two accesses to it: each in a thread of its own, with its own
//! network, clients and servers; the seed decides at each access who is next, and who dies there.
//!
//! Of the servers there is one set in each network, with the same addresses; what `max_conns` bounds is counted over
//! all networks, at the moment when a connection begins or ends.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use peerage::base::rng::Rng;
use peerage::event::turn;
use peerage::http::conf::Conf;
use peerage::http::conf::load::parse_text;
use peerage::os::addr::Addr;
use peerage::os::sim::SimNet;
use peerage::os::sim::lanes::{Common, Lanes, alone, next};
use peerage::proxy::pool::queue;
use peerage::shared::zones::Zones;
use peerage::upstream::group::{Group, Groups};
use peerage::upstream::shared::state::SharedState;
use peerage::worker::Worker;

use crate::check;
use crate::client::{Client, Tally};
use crate::crew::{self, Waker, hears};
use crate::exchange::{Kind, Trust};
use crate::server::{Ledger, Server};
use crate::setup::{FRONT, Family, Setup, server_addr};

/// In how many rounds, in each of which everybody has a turn, one who could be served is.
const ROUNDS: u64 = 15;
/// Turns after which a world that is not over has stalled.
const TURNS: u64 = 60_000;

struct Race {
    setup: Setup,
    conf: &'static Conf,
    shared: SharedState,
    zones: Zones,
    common: Arc<Common>,
    /// Those whose clients are not all served, and the turns that each has had.
    busy: AtomicU64,
    turns: Vec<AtomicU64>,
    rounds: Mutex<(u64, Vec<bool>)>,
    died: AtomicU64,
    settling: AtomicBool,
    over: AtomicBool,
    failure: Mutex<Option<String>>,
    lanes: Arc<Lanes>,
    deaths: bool,
}

pub fn run(seed: u64) -> Result<u64, String> {
    race(seed, false)
}

pub fn deaths(seed: u64) -> Result<u64, String> {
    race(seed, true)
}

fn race(seed: u64, deaths: bool) -> Result<u64, String> {
    let mut rng = Rng::new(seed ^ 0x4ace << 32);
    let family = Family {
        hostile: false,
        proxied: true,
        names: false,
        zone: true,
        delivery: false,
        fastcgi: false,
        packets: false,
        filtered: false,
        subrequests: false,
        inserted: false,
        h2: false,
        tls: false,
    };
    let mut setup = loop {
        let setup = Setup::draw(family, &mut rng);
        if setup.conf.contains("max_conns") && !setup.conf.contains("health_check") {
            break setup;
        }
    };
    setup.kinds = vec![Kind::Sized, Kind::SizedClose, Kind::Chunked];
    // Small answers: a client that takes a byte a turn is to be served before it passes for one that has stalled.
    setup.sizes = setup.sizes.min(300);
    setup.exact = false;
    setup.faults.windows = vec![1000, 1 << 16];
    setup.faults.step_ms = 2;
    // While no worker has anything to do, each step of the network takes as long as the next timer.
    setup.conf = setup.conf.replace("proxy_read_timeout 20s;", "proxy_read_timeout 600s;");
    let conf: &'static Conf =
        Box::leak(Box::new(parse_text(&setup.conf).map_err(|e| e.to_string())?.conf));
    let count = 2 + rng.below(2) as usize;
    let shared = SharedState::with_wakers(&conf.http.groups, false, count + 1, count, [1, 2]);
    let common = Arc::new(Common::default());
    for peer in conf.http.groups.iter().flat_map(|group| Group::new(group).peers) {
        if peer.most_conns() > 0 {
            common.bound(peer.settings.addr.clone(), peer.most_conns().into());
        }
    }
    let switch = [1, 2, 5, 20][rng.below(4) as usize];
    let race = Race {
        setup,
        conf,
        shared: shared.map_err(|e| e.to_string())?,
        zones: crew::zones(conf, &Zones::default())?,
        common,
        busy: AtomicU64::new(count as u64),
        turns: (0..count).map(|_| AtomicU64::new(0)).collect(),
        rounds: Mutex::new((0, vec![false; count])),
        died: AtomicU64::new(0),
        settling: AtomicBool::new(false),
        over: AtomicBool::new(false),
        failure: Mutex::new(None),
        lanes: Lanes::new(rng.word(), count, switch),
        deaths,
    };
    let seeds: Vec<u64> = (0..count).map(|_| rng.word()).collect();
    std::thread::scope(|scope| {
        for (me, seed) in seeds.into_iter().enumerate() {
            let race = &race;
            scope.spawn(move || race.lanes.run(me, || race.live(me, Rng::new(seed))));
        }
    });
    if std::env::var_os("SEED").is_some() {
        let Race { setup, turns, died, .. } = &race;
        eprintln!("{}\n{turns:?} turns, switch {switch}, {died:?} died", setup.conf);
    }
    match race.failure.lock().unwrap().take() {
        Some(failure) => Err(failure),
        None => race.all_gone(count).map(|()| race.lanes.digest()),
    }
}

impl Race {
    /// One worker after another, until the clients are served.
    fn live(&self, me: usize, mut rng: Rng) {
        let (mut clients, mut busy) = (self.setup.clients, true);
        for life in 0.. {
            // The last one lives for ever.
            let scale = [100, 1000, 5000][rng.below(3) as usize];
            let accesses = if self.deaths && life < 4 { 1 + rng.below(scale) } else { 0 };
            let mut own = Rng::new(rng.word());
            let played = self.lanes.mortal(me, accesses, || {
                let mut lane = Lane::new(self, me, &mut own)?;
                lane.play(&mut clients, &mut busy, &mut own)
            });
            if let Some(Err(e)) = &played {
                self.failure.lock().unwrap().get_or_insert(format!("worker {me}: {e}"));
                self.over.store(true, SeqCst);
            }
            if played.is_some() {
                return;
            }
            self.died.fetch_add(1, SeqCst);
            // The master hears of it after a while.
            (0..rng.below(100)).for_each(|_| next());
            // There is one master, and it settles one after another.
            while self.settling.swap(true, SeqCst) {
                next();
            }
            self.shared.settle(me + 1);
            self.zones.settle(crew::process(me + 1));
            self.settling.store(false, SeqCst);
        }
    }

    fn had_turn(&self, me: usize) {
        let (round, had) = &mut *self.rounds.lock().unwrap();
        had[me] = true;
        if had.iter().all(|it| *it) {
            *round += 1;
            had.iter_mut().for_each(|it| *it = false);
        }
    }

    fn round(&self) -> u64 {
        self.rounds.lock().unwrap().0
    }

    fn all_gone(&self, count: usize) -> Result<(), String> {
        crew::counts_nothing(&self.zones)?;
        for zone in self.shared.zones().iter().flatten() {
            let not = |all: &[i64]| all.iter().any(|it| *it != 0);
            let rest = zone.audit(zone.places());
            if not(&rest.conns) || not(&rest.wanting) {
                return Err(format!("at rest {rest:?}"));
            }
            (0..count).for_each(|me| self.shared.settle(me + 1));
            let empty = zone.audit(zone.places());
            if [empty.conns, empty.users, empty.open, empty.wanting].iter().any(|it| not(it)) {
                return Err(format!("no worker is left, and {:?}", zone.audit(zone.places())));
            }
        }
        Ok(())
    }
}

struct Lane<'a> {
    race: &'a Race,
    me: usize,
    net: SimNet,
    w: Worker,
    waker: Waker,
    clients: Vec<Client>,
    servers: Vec<Server>,
    ledger: Ledger,
    tally: Tally,
    tokens: u64,
    looker: Groups,
    /// The first round in which a request was seen to wait in vain.
    neglects: Option<u64>,
}

impl<'a> Lane<'a> {
    fn new(race: &'a Race, me: usize, rng: &mut Rng) -> Result<Self, String> {
        let net = SimNet::with_faults(rng.word(), race.setup.faults.clone()).of_process(1);
        net.share(&race.common);
        let mut w = crew::worker(race.conf, &race.shared, &net, (me + 1, me), rng)?;
        w.zones = race.zones.of_process(crew::process(me + 1));
        let waker = crew::assign_waker(&race.shared, me + 1, me)?;
        let mut servers = Vec::new();
        for at in 0..race.setup.servers {
            let addr = Addr::parse(&server_addr(at)).ok_or("an address")?;
            servers.push(Server::new(net.of_process(0).listen(addr), at, &race.setup));
        }
        let all = race.conf.http.groups.iter().map(Group::new).collect();
        let mut looker = Groups { all, ..Groups::default() };
        race.shared.join(&mut looker, 0);
        Ok(Self {
            race,
            me,
            net,
            w,
            waker,
            clients: Vec::new(),
            servers,
            ledger: Ledger::default(),
            tally: Tally::default(),
            tokens: 0,
            looker,
            neglects: None,
        })
    }

    /// Serves `to_come` clients, and then goes on until all workers have served theirs.
    fn play(&mut self, to_come: &mut u64, busy: &mut bool, rng: &mut Rng) -> Result<(), String> {
        while !self.race.over.load(SeqCst) {
            if *to_come > 0 && self.clients.len() < self.race.setup.crowd && rng.one_in(4) {
                *to_come -= 1;
                let (plan, habits) = self.race.setup.draw_client(rng, &mut self.tokens);
                let front = Addr::parse(FRONT).ok_or("an address")?;
                let socket = self.net.of_process(0).dial(&front).map_err(|e| e.to_string())?;
                self.clients.push(Client::new(socket, plan, habits, rng));
            }
            self.turn(rng)?;
            next();
            let quiet = self.w.upstreams.is_empty() && self.w.channels.is_empty();
            if *busy && *to_come == 0 && self.clients.is_empty() && quiet {
                *busy = false;
                self.race.busy.fetch_sub(1, SeqCst);
            }
            if !*busy && self.race.busy.load(SeqCst) == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    fn turn(&mut self, rng: &mut Rng) -> Result<(), String> {
        if !rng.one_in(self.race.setup.faults.late) && hears(&mut self.waker) {
            self.w.event.now = self.net.now();
            queue::woken(&mut self.w);
        }
        turn(&mut self.w);
        let turns = self.race.turns[self.me].fetch_add(1, SeqCst);
        self.race.had_turn(self.me);
        alone(|| check::all(&mut self.w))?;
        if let Some(wrong) = self.race.common.wrong() {
            return Err(wrong);
        }
        if turns > TURNS {
            return Err(format!("stalled\n{}", self.describe()));
        }
        alone(|| self.judge())?;
        let trust = Trust { exact: true, ends: true, fastcgi: false, filtered: false };
        for server in &mut self.servers {
            server.turn(rng, &mut self.ledger)?;
        }
        let mut at = 0;
        while at < self.clients.len() {
            if self.clients[at].turn(rng, &mut self.tally, trust)? {
                at += 1;
            } else {
                self.clients.swap_remove(at);
            }
        }
        Ok(())
    }

    fn describe(&self) -> String {
        let zones = self.race.shared.zones().iter().flatten();
        let mut text = String::new();
        for zone in zones {
            text += &format!("{:?}\n", zone.audit(zone.places()));
            for row in 0..=self.race.turns.len() {
                text += &format!("row {row} holds {:?}\n", zone.audit_of(row, zone.places()));
            }
        }
        for peer in self.looker.all.iter().flat_map(|group| &group.peers) {
            text += &format!("{} {} {}\n", peer.name, peer.conns, peer.is_usable(self.w.event.now));
        }
        for (_, it) in self.w.upstreams.iter() {
            let tried = &it.peer.tried;
            text += &format!("{:?} {:?} {tried:?} since {}\n", it.waits, it.peer.peer, it.started);
        }
        for client in &self.clients {
            text += &format!("{}\n", client.describe());
        }
        text + &check::census(&self.w)
    }

    /// No more tries than `max_conns`, and no request waits in vain.
    fn judge(&mut self) -> Result<(), String> {
        let now = self.w.event.now;
        self.looker.pull();
        let mut vain = false;
        for (own, group) in self.w.groups.all.iter().zip(&self.looker.all) {
            for peer in &group.peers {
                if peer.most_conns() > 0 && peer.conns > peer.most_conns() {
                    return Err(format!("{} tries at {}", peer.conns, peer.name));
                }
            }
            let oldest = own.queue.list.back();
            let untried = oldest.is_some_and(|id| self.w.upstreams[id].peer.tried.is_empty());
            let free = || group.peers.iter().any(|peer| peer.is_usable(now));
            vain |= !own.queue.for_room.is_empty() || untried && free();
        }
        if !vain {
            self.neglects = None;
            return Ok(());
        }
        let round = self.race.round();
        let first = *self.neglects.get_or_insert(round);
        match round - first > ROUNDS {
            true => Err(format!("a request waits in vain at {now}\n{}", self.describe())),
            false => Ok(()),
        }
    }
}
