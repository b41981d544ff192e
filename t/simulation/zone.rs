//! A world of several workers that share a `zone`: clients come to any of them, servers serve them all.

use std::collections::BTreeMap;

use peerage::base::rng::Rng;
use peerage::os::addr::Addr;
use peerage::os::sim::SimNet;
use peerage::proxy::pool::health;
use peerage::worker::Worker;

use crate::check;
use crate::client::{Client, Item, Tally};
use crate::crew::{self, Crew};
use crate::exchange::{Exchange, Trust};
use crate::names::NameServer;
use crate::probes;
use crate::server::{Ledger, Server};
use crate::setup::{FRONT, Family, Setup, server_addr};
use crate::world::judge_deliveries;
use crate::zone_check::{self, Seen};

/// Turns after which a world that is not over has stalled.
const TURNS: u64 = 1_000_000;

struct World {
    setup: Setup,
    rng: Rng,
    net: SimNet,
    crew: Crew,
    clients: Vec<Client>,
    servers: Vec<Server>,
    names: Option<NameServer>,
    ledger: Ledger,
    asked: BTreeMap<String, Exchange>,
    tally: Tally,
    tokens: u64,
    turns: u64,
    seen: Seen,
    checks: probes::Seen,
    /// One in: in a turn a worker is killed, the configuration is read again; and how often at most.
    kills: u64,
    reloads: u64,
    most_kills: u32,
}

const ZONE: Family = Family {
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

pub fn calm(seed: u64) -> Result<u64, String> {
    run(seed, ZONE, false)
}

pub fn hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, ..ZONE }, false)
}

pub fn kill(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, ..ZONE }, true)
}

pub fn names(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, names: true, ..ZONE }, !seed.is_multiple_of(3))
}

fn run(seed: u64, family: Family, kills: bool) -> Result<u64, String> {
    let mut rng = Rng::new(seed ^ 0x2047e << 32 ^ u64::from(family.hostile) << 60);
    let mut setup = Setup::draw(family, &mut rng);
    setup.clients *= 2;
    setup.crowd = 3 + rng.below(12) as usize;
    let conf = setup.conf.clone();
    let mut world = World::new(setup, rng)?;
    if kills {
        world.kills = [0, 40, 200, 1000][world.rng.below(4) as usize];
        world.reloads = [0, 100, 600][world.rng.below(3) as usize];
        world.most_kills = 8;
    }
    let result = world.play();
    if std::env::var_os("SEED").is_some() {
        let World { turns, net, tally, crew, seen, checks, .. } = &world;
        let (killed, loaded) = (crew.killed, crew.generations.len());
        let now = net.now();
        eprintln!("{conf}\n{turns} turns, {now} ms, {killed} killed, {loaded} loaded, {tally:?}");
        eprintln!("{seen:?}\n{checks:?}");
    }
    result.map_err(|e| format!("turn {}, {} ms: {e}", world.turns, world.net.now()))?;
    Ok(world.net.digest())
}

impl World {
    fn new(setup: Setup, mut rng: Rng) -> Result<Self, String> {
        let net = SimNet::with_faults(rng.word(), setup.faults.clone());
        let Family { hostile, names, .. } = setup.family;
        let names = names.then(|| NameServer::new(&net, hostile, setup.servers)).flatten();
        let mut servers = Vec::new();
        for at in 0..setup.servers {
            let addr = Addr::parse(&server_addr(at)).ok_or("an address")?;
            servers.push(Server::new(net.listen(addr), at, &setup));
        }
        let mut crew = Crew::new(&net, 2 + rng.below(3) as usize)?;
        crew.sleeps = [0, 50, 300][rng.below(3) as usize];
        crew.late = setup.faults.late;
        crew.load(&setup.conf, &mut rng)?;
        Ok(Self {
            setup,
            rng,
            net,
            crew,
            clients: Vec::new(),
            servers,
            names,
            ledger: Ledger::default(),
            asked: BTreeMap::new(),
            tally: Tally::default(),
            tokens: 0,
            turns: 0,
            seen: Seen::default(),
            checks: probes::Seen::default(),
            kills: 0,
            reloads: 0,
            most_kills: 0,
        })
    }

    fn play(&mut self) -> Result<(), String> {
        let mut to_come = self.setup.clients;
        let mut reloads = 0;
        while to_come > 0 || self.clients.iter().any(|client| !client.is_deaf()) {
            if to_come > 0
                && self.clients.iter().filter(|c| !c.is_deaf()).count() < self.setup.crowd
                && self.rng.one_in(4)
            {
                to_come -= 1;
                self.arrive()?;
            }
            if self.rng.one_in(self.kills) && self.crew.killed < self.most_kills {
                self.crew.kill(&mut self.rng);
            }
            // The master waits for the old ones when it is asked too often; here it is not asked.
            let workers = self.crew.members.len() + self.crew.dead.len();
            if self.rng.one_in(self.reloads) && reloads < 3 && workers < 8 {
                reloads += 1;
                let conf = self.setup.write_conf(&mut self.rng);
                self.crew.load(&conf, &mut self.rng)?;
            }
            self.turn()?;
        }
        self.quiesce()?;
        judge_deliveries(&self.setup, &self.ledger, &self.asked)
    }

    fn arrive(&mut self) -> Result<(), String> {
        let (plan, habits) = self.setup.draw_client(&mut self.rng, &mut self.tokens);
        let front = Addr::parse(FRONT).ok_or("an address")?;
        // While all workers are dead there is no listener.
        let Ok(socket) = self.net.dial(&front) else { return Ok(()) };
        for item in &plan {
            if let Item::Good(exchange) = item {
                self.asked.insert(exchange.token.clone(), exchange.clone());
            }
        }
        let mut client = Client::new(socket, plan, habits, &mut self.rng);
        client.hurry(self.setup.pace);
        self.clients.push(client);
        Ok(())
    }

    fn turn(&mut self) -> Result<(), String> {
        self.turns += 1;
        let had_turn = self.crew.turn(&mut self.rng)?;
        zone_check::after(&mut self.crew, &mut self.seen, had_turn, self.net.now())?;
        probes::after(&mut self.crew, &mut self.checks, had_turn)?;
        let Self { rng, clients, servers, names, ledger, tally, setup, .. } = self;
        if let Some(names) = names {
            names.turn(rng, self.net.now());
        }
        let (exact, ends) = (!setup.family.hostile, setup.faults.close == 0);
        let trust = Trust { exact, ends, fastcgi: false, filtered: false };
        for server in servers {
            server.turn(rng, ledger)?;
        }
        let mut at = 0;
        while at < clients.len() {
            if clients[at].turn(rng, tally, trust)? {
                at += 1;
            } else {
                clients.swap_remove(at);
            }
        }
        if self.turns > TURNS {
            return Err(self.stalled());
        }
        Ok(())
    }

    fn stalled(&self) -> String {
        let waiting: Vec<String> = self.clients.iter().map(Client::describe).collect();
        let mut text = format!("stalled, clients {waiting:#?}");
        for it in &self.crew.members {
            text += &format!("\nworker {}\n{}", it.number, check::census(&it.w));
        }
        text
    }

    fn all(&self, holds: impl Fn(&Worker) -> bool) -> bool {
        self.crew.dead.is_empty() && self.crew.members.iter().all(|it| holds(&it.w))
    }

    /// All clients have gone or rest: no worker holds anything, and at last no worker is left.
    fn quiesce(&mut self) -> Result<(), String> {
        (self.crew.sleeps, self.kills) = (0, 0);
        self.net.set_faults(|faults| {
            (faults.reset, faults.close, faults.no_files, faults.jump) = (0, 0, 0, 0);
            faults.step_ms = 2000;
        });
        while !self.all(|w| w.channels.is_empty()) {
            self.turn()?;
        }
        self.clients.clear();
        if let Some(names) = &mut self.names {
            names.settle();
        }
        self.net.set_faults(|faults| {
            (faults.lose, faults.slow, faults.late, faults.hang) = (0, 1, 0, 0);
            (faults.stall, faults.refuse, faults.step_ms) = (0, 0, 20);
        });
        let soon =
            |w: &Worker| w.resolver.next_due().is_some_and(|due| due < w.event.now + 1_000_000);
        while !self.all(|w| w.resolver.is_idle() && !soon(w)) {
            self.turn()?;
        }
        self.crew.members.iter_mut().for_each(|it| health::stop(&mut it.w));
        self.net.set_faults(|faults| faults.step_ms = 2000);
        while !self.all(|w| w.event.conns.len() <= w.listeners.len()) || !self.net.is_quiet() {
            self.servers.iter_mut().for_each(Server::close_all);
            self.turn()?;
        }
        for _ in 0..100 {
            self.turn()?;
        }
        zone_check::at_rest(&self.crew)?;
        self.crew.dismiss();
        while !self.crew.members.is_empty() || !self.crew.dead.is_empty() {
            self.turn()?;
        }
        // A connection of one that died may have been taken only now.
        self.servers.iter_mut().for_each(Server::close_all);
        zone_check::all_gone(&self.crew)?;
        self.crew.generations.iter().try_for_each(|it| crew::counts_nothing(&it.zones))?;
        let sockets = self.servers.len() + if self.names.is_some() { 2 } else { 0 };
        match self.net.sockets() == sockets {
            true => Ok(()),
            false => Err(format!("{} sockets of {sockets} are left", self.net.sockets())),
        }
    }
}
