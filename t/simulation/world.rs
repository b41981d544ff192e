//! One world: a worker, its clients and its servers, from a seed to the last byte.

use std::collections::BTreeMap;

use peerage::base::rng::Rng;
use peerage::event::turn;
use peerage::handler;
use peerage::http::conf::ListenIndex;
use peerage::http::conf::load::parse_text;
use peerage::http::request::Request;
use peerage::logs::access::AccessLogs;
use peerage::modules;
use peerage::os::addr::Addr;
use peerage::os::net::{Driver, Socket};
use peerage::os::sim::SimNet;
use peerage::proxy::pool::{health, resolve};
use peerage::serve::accept;
use peerage::shared::zones::Zones;
use peerage::upstream::pool::busy;
use peerage::upstream::shared::state::SharedState;
use peerage::worker::{Owner, Worker, rest};

use crate::check;
use crate::client::{BENT, Client, Item, Tally};
use crate::crew;
use crate::exchange::{Exchange, Method, Trust};
use crate::h2;
use crate::names::NameServer;
use crate::sealed;
use crate::served;
use crate::server::{Ledger, Server};
use crate::setup::{FRONT, Family, Setup, server_addr};
use crate::visitor::Visitor;

/// Turns after which a world that is not over has stalled.
const TURNS: u64 = 300_000;

/// Calls of one socket in one turn: sixteen rounds of sixteen, and some. Work per event is bounded.
const MOST_CALLS: u32 = 300;

const FASTCGI: Family = Family {
    hostile: false,
    proxied: true,
    names: false,
    zone: false,
    delivery: false,
    fastcgi: true,
    packets: false,
    filtered: false,
    subrequests: false,
    inserted: false,
    h2: false,
    tls: false,
};

pub struct World {
    setup: Setup,
    rng: Rng,
    net: SimNet,
    w: Worker,
    clients: Vec<Visitor>,
    tls: Option<sealed::Clients>,
    servers: Vec<Server>,
    names: Option<NameServer>,
    ledger: Ledger,
    asked: BTreeMap<String, Exchange>,
    pub tally: Tally,
    tokens: u64,
    turns: u64,
    graveyard: check::Graveyard,
    /// Most calls of one socket in one turn.
    busiest: u32,
}

pub fn calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, ..Family::default() })
}

pub fn names_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, names: true, ..Family::default() })
}

pub fn names_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, names: true, ..Family::default() })
}

pub fn hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, ..Family::default() })
}

pub fn delivery_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, delivery: true, ..Family::default() })
}

pub fn delivery_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, delivery: true, ..Family::default() })
}

pub fn fastcgi_calm(seed: u64) -> Result<u64, String> {
    run(seed, FASTCGI)
}

pub fn fastcgi_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, ..FASTCGI })
}

pub fn fastcgi_delivery_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { delivery: true, ..FASTCGI })
}

pub fn fastcgi_delivery_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, delivery: true, ..FASTCGI })
}

pub fn packets_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, packets: true, ..Family::default() })
}

pub fn packets_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, packets: true, ..Family::default() })
}

pub fn filtered_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, filtered: true, ..Family::default() })
}

pub fn filtered_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, filtered: true, ..Family::default() })
}

pub fn subrequests_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, subrequests: true, ..Family::default() })
}

pub fn subrequests_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, subrequests: true, ..Family::default() })
}

pub fn inserted_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, inserted: true, ..Family::default() })
}

pub fn inserted_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, inserted: true, ..Family::default() })
}

pub fn h2_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, h2: true, ..Family::default() })
}

pub fn h2_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, h2: true, ..Family::default() })
}

pub fn tls_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family { proxied: true, tls: true, ..Family::default() })
}

pub fn tls_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, proxied: true, tls: true, ..Family::default() })
}

pub fn served_calm(seed: u64) -> Result<u64, String> {
    run(seed, Family::default())
}

pub fn served_hostile(seed: u64) -> Result<u64, String> {
    run(seed, Family { hostile: true, ..Family::default() })
}

fn run(seed: u64, family: Family) -> Result<u64, String> {
    let mut rng = Rng::new(seed ^ 0x5eed << 32 ^ u64::from(family.hostile) << 60);
    let setup = Setup::draw(family, &mut rng);
    let conf = setup.conf.clone();
    let mut world = World::new(setup, rng)?;
    let result = world.play();
    if std::env::var_os("SEED").is_some() {
        let World { turns, busiest, net, tally, w, .. } = &world;
        eprintln!(
            "{conf}\n{turns} turns, {busiest} calls, {} ms, {tally:?}, {:?}",
            net.now(),
            w.stats
        );
    }
    result?;
    Ok(world.net.digest())
}

impl World {
    fn new(setup: Setup, mut rng: Rng) -> Result<Self, String> {
        let net = SimNet::with_faults(rng.word(), setup.faults.clone());
        let loaded = parse_text(&setup.conf).map_err(|e| format!("{e}: {}", setup.conf))?;
        let conf = Box::leak(Box::new(loaded.conf));
        let driver = Driver::Sim(net.clone());
        let pipeline = match setup.family.proxied {
            true => Box::leak(Box::new(modules::pipeline(conf))),
            false => served::pipeline(),
        };
        let mut w = Worker::new(conf, pipeline, driver, AccessLogs::default());
        // Streamed bodies are copied, or pass through a pipe.
        w.buffers.splice_from = if rng.one_in(2) { 1 } else { u64::MAX };
        for (at, listen) in conf.http.listens.iter().enumerate() {
            let socket = Socket::Sim(net.listen(listen.addr.clone()));
            let owner = Owner::Listener(ListenIndex(at as u32));
            let accept = handler!(accept::accept);
            let id = w.event.add_level(socket, owner, accept, handler!(rest));
            w.listeners.push(id.map_err(|e| e.to_string())?);
        }
        let Family { hostile, names, proxied, .. } = setup.family;
        let names = names.then(|| NameServer::new(&net, hostile, setup.servers)).flatten();
        if proxied {
            let groups = &conf.http.groups;
            let shared = SharedState::open(groups, conf.http.has_run_time_groups(), 2, [1, 2]);
            shared.map_err(|e| e.to_string())?.join(&mut w.groups, 1);
            w.zones = crew::zones(conf, &Zones::default())?.of_process(crew::process(1));
            resolve::begin(&mut w);
            health::begin(&mut w);
        }
        let mut servers = Vec::new();
        for at in 0..setup.servers {
            let addr = Addr::parse(&server_addr(at)).ok_or("an address")?;
            let mut server = Server::new(net.listen(addr), at, &setup);
            if setup.family.delivery && hostile {
                server.half_closes = [0, 3, 20][rng.below(3) as usize];
            }
            servers.push(server);
        }
        let tls = setup.family.tls.then(sealed::Clients::new).transpose()?;
        Ok(Self {
            setup,
            tls,
            rng,
            net,
            w,
            servers,
            names,
            clients: Vec::new(),
            ledger: Ledger::default(),
            asked: BTreeMap::new(),
            tally: Tally::default(),
            tokens: 0,
            turns: 0,
            graveyard: check::Graveyard::default(),
            busiest: 0,
        })
    }

    fn play(&mut self) -> Result<(), String> {
        let mut to_come = self.setup.clients;
        while to_come > 0 || self.clients.iter().any(|client| !client.is_deaf()) {
            if to_come > 0
                && self.clients.iter().filter(|c| !c.is_deaf()).count() < self.setup.crowd
                && self.rng.one_in(4)
            {
                to_come -= 1;
                self.arrive()?;
            }
            self.turn()?;
        }
        // What goes on without a client ends by itself.
        let Family { subrequests, inserted, h2, .. } = self.setup.family;
        while (subrequests || inserted || h2) && !self.w.requests.is_empty() {
            self.turn()?;
        }
        self.quiesce()?;
        judge_deliveries(&self.setup, &self.ledger, &self.asked)
    }

    fn arrive(&mut self) -> Result<(), String> {
        let (plan, habits) = self.setup.draw_client(&mut self.rng, &mut self.tokens);
        for item in &plan {
            if let Item::Good(exchange) = item {
                self.asked.insert(exchange.token.clone(), exchange.clone());
            }
        }
        let front = Addr::parse(FRONT).ok_or("an address")?;
        let socket = self.net.dial(&front).map_err(|e| format!("dial: {e}"))?;
        let rng = &mut self.rng;
        let mut client = match self.setup.family.h2 && !rng.one_in(4) {
            true => {
                let resets =
                    if self.setup.family.hostile { [0, 40][rng.below(2) as usize] } else { 0 };
                Visitor::H2(h2::Client::new(socket, plan, habits, resets, rng))
            }
            false => {
                let client = Client::new(socket, plan, habits, rng);
                Visitor::H1(match &self.tls {
                    Some(tls) => client.over(tls.connect(rng)?),
                    None => client,
                })
            }
        };
        client.hurry(self.setup.pace);
        self.clients.push(client);
        Ok(())
    }

    fn turn(&mut self) -> Result<(), String> {
        self.turns += 1;
        turn(&mut self.w);
        self.busiest = self.busiest.max(self.net.most_calls());
        if self.busiest > MOST_CALLS {
            return Err(format!("{} calls of one socket in one turn", self.busiest));
        }
        check::all(&mut self.w)?;
        self.graveyard.turn(&self.w)?;
        let Self { rng, clients, servers, names, ledger, tally, setup, .. } = self;
        if let Some(names) = names {
            names.turn(rng, self.net.now());
        }
        // No response of FastCGI ends with its connection alone.
        let ends = setup.faults.close == 0 || setup.family.fastcgi && !setup.mixed;
        let Family { hostile, fastcgi, filtered, inserted, .. } = setup.family;
        let trust = Trust { exact: !hostile, ends, fastcgi, filtered: filtered || inserted };
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
        let waiting: Vec<String> = self.clients.iter().map(Visitor::describe).collect();
        let (channels, idle) = (self.w.channels.len(), self.w.groups.idle.len());
        format!(
            "stalled with {channels} channels, {idle} idle, clients {waiting:#?}\n{}",
            check::census(&self.w)
        )
    }

    /// A burst is over: no more is kept than a quiet group keeps.
    fn see_trimmed(&mut self) -> Result<(), String> {
        let quiet = self.w.event.now + 3 * busy::WINDOW;
        while self.w.event.now < quiet {
            self.turn()?;
        }
        match self.w.groups.all.iter().find(|group| group.cache.is_stretched()) {
            Some(group) => Err(format!("{} idle connections stay", group.cache.len())),
            None => Ok(()),
        }
    }

    /// Everybody has gone or lost interest: nothing may be left but listeners.
    fn quiesce(&mut self) -> Result<(), String> {
        self.net.set_faults(|faults| {
            (faults.reset, faults.close, faults.no_files, faults.jump) = (0, 0, 0, 0);
            faults.step_ms = 2000;
        });
        while !self.w.channels.is_empty() {
            self.turn()?;
        }
        self.clients.clear();
        self.see_trimmed()?;
        if let Some(names) = &mut self.names {
            names.settle();
        }
        // What was looked up last holds for a long time; to be told so takes turns that are not too long.
        self.net.set_faults(|faults| {
            (faults.lose, faults.slow, faults.late, faults.hang) = (0, 1, 0, 0);
            (faults.stall, faults.refuse, faults.step_ms) = (0, 0, 20);
        });
        let soon =
            |w: &Worker| w.resolver.next_due().is_some_and(|due| due < w.event.now + 1_000_000);
        while !self.w.resolver.is_idle() || soon(&self.w) {
            self.turn()?;
        }
        health::stop(&mut self.w);
        self.net.set_faults(|faults| faults.step_ms = 2000);
        for server in &mut self.servers {
            server.close_all();
        }
        // Some may still be in the listener's queue, and be served before they are found gone; what goes on without
        // them ends by itself.
        while self.w.event.conns.len() > self.w.listeners.len()
            || !self.net.is_quiet()
            || !self.w.requests.is_empty()
        {
            for server in &mut self.servers {
                server.close_all();
            }
            self.turn()?;
        }
        for _ in 0..30 {
            self.turn()?;
        }
        let w = &self.w;
        let left = (w.requests.len(), w.upstreams.len(), w.finished.len(), w.released.len());
        if left != (0, 0, 0, 0) || w.event.conns.len() != w.listeners.len() {
            return Err(format!("left over: {left:?}\n{}", check::census(w)));
        }
        if w.event.timers() != usize::from(w.resolver.next_due().is_some()) {
            return Err(format!("{} timers are left", w.event.timers()));
        }
        let has_file = |it: &Request| {
            it.body.file.is_some() || it.rare.ctx.as_ref().is_some_and(|ctx| ctx.spool.is_some())
        };
        if w.upstreams.retired().any(|it| it.rare.tap.is_some())
            || w.requests.retired().any(|it| has_file(it))
        {
            return Err("a task that is kept for later keeps a file open".into());
        }
        crew::counts_nothing(&w.zones)?;
        if w.stats.logged != w.stats.requests {
            return Err(format!("{:?}: not every request is logged once", w.stats));
        }
        let names = if self.names.is_some() { 2 } else { 0 };
        let sockets = w.listeners.len() + self.servers.len() + names;
        if self.net.sockets() != sockets {
            return Err(format!("{} sockets of {sockets} are left", self.net.sockets()));
        }
        Ok(())
    }
}

/// A request reaches a server once, unless it may be repeated.
pub fn judge_deliveries(
    setup: &Setup,
    ledger: &Ledger,
    asked: &BTreeMap<String, Exchange>,
) -> Result<(), String> {
    for (token, &times) in &ledger.heads {
        if token == BENT && setup.streams {
            continue; // It had begun when that was seen.
        }
        let Some(exchange) = asked.get(token) else {
            return Err(format!("{token} was to be refused, and was delivered"));
        };
        let repeatable = exchange.method != Method::Post;
        // Each server once, and one replay of what a connection took with it that had died.
        let servers = setup.servers as u32;
        // By its address, by a name, and as what the name of the backup comes to.
        let peers = if setup.family.names { 3 * servers } else { servers };
        let tries = peers + 1;
        let most = match ledger.beyond_proof.contains(token) {
            _ if repeatable => tries,
            true => 2,
            false => 1,
        };
        if times > most {
            return Err(format!("delivered {times} times: {exchange:?}"));
        }
        let calm = !setup.family.hostile;
        if calm && setup.family.subrequests && !ledger.copies.contains(token) {
            return Err(format!("no copy has arrived: {exchange:?}"));
        }
        let posts = ledger.posts.get(token).copied().unwrap_or(0);
        if setup.post && (posts > tries || calm && posts == 0) {
            return Err(format!("{posts} actions follow {exchange:?}"));
        }
        let fails = exchange.kind.fails();
        if calm && !fails && times > 1 {
            return Err(format!("repeated for no reason: {exchange:?}"));
        }
    }
    Ok(())
}
