//! Health checks in a zone: each is made by one worker, and by another when that one is gone.

use std::collections::BTreeMap;

use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::Faults;
use peerage::proxy::pool::health;
use peerage::upstream::group::Group;
use peerage::upstream::group::checks::Claim;
use peerage::upstream::shared::state::SharedState;

use crate::crew::{Crew, Member};
use crate::ends;
use crate::stray::accepted;

/// A worker that has had no turn for so long may pass for one that is gone: it has told nothing for two to three
/// seconds.
const SILENT: u64 = 2000;

/// A check of the configuration, by its number, and whom it asks.
pub type Check = (usize, Addr);

/// Checks, and of each the places of its address in the zone.
pub type Places = BTreeMap<Check, Vec<u32>>;

/// Of each configuration and check: in which row it was made last.
#[derive(Default, Debug)]
pub struct Seen {
    begun: u64,
    /// By another worker than the time before.
    handed: u64,
    last: BTreeMap<(usize, Check), usize>,
}

/// The checks of a worker.
fn known(it: &Member) -> Places {
    let places =
        |(check, addr): &Check| it.w.groups[it.w.conf.http.checks[*check].group].places_of(addr);
    let all = it.w.probes.iter().map(|(_, probe)| (probe.check, probe.claim.addr.clone()));
    all.map(|check| (check.clone(), places(&check))).collect()
}

/// Those that it makes now, and by which places it has told others of that: a name that is answered meanwhile, even
/// in the turn in which the check begins, may bring the address to another line, or take it out of one.
fn asks(it: &Member, known: &Places) -> Places {
    let asking = it.w.probes.iter().map(|(_, probe)| probe).filter(|probe| probe.is_asking());
    let told = asking.map(|probe| {
        let check = (probe.check, probe.claim.addr.clone());
        let now = known[&check].iter().copied();
        let before = it.asks.get(&check).or_else(|| it.checks.get(&check));
        let told = now.filter(|place| before.is_none_or(|all| all.contains(place))).collect();
        (check, told)
    });
    told.collect()
}

pub fn after(crew: &mut Crew, seen: &mut Seen, had_turn: Option<usize>) -> Result<(), String> {
    let Some(at) = had_turn else { return Ok(()) };
    let it = &crew.members[at];
    let (now, known) = (it.w.event.now, known(it));
    let asks = asks(it, &known);
    for (check, places) in asks.iter().filter(|(check, _)| !it.asks.contains_key(check)) {
        seen.begun += 1;
        let last = seen.last.insert((it.generation, check.clone()), it.row);
        seen.handed += u64::from(last.is_some_and(|row| row != it.row));
        let mut others = crew.members.iter().filter(|other| other.generation == it.generation);
        let busy = |other: &&Member| {
            let about = other.asks.get(check);
            let same = about.is_some_and(|all| all.iter().any(|place| places.contains(place)));
            other.row != it.row && same && now < other.heard + SILENT
        };
        if let Some(other) = others.find(busy) {
            let (one, other) = (it.number, other.number);
            return Err(format!("workers {one} and {other} make the check {check:?}"));
        }
    }
    let it = &mut crew.members[at];
    (it.heard, it.checks, it.asks) = (now, known, asks);
    Ok(())
}

const CONF: &str = "events {} http { access_log off; upstream u { zone u 64k; server 10.0.1.1:80; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://u;
        health_check interval=100ms keepalive_time=60s; } } }";

/// The server closes the connection of a check that has been under way for long, and hangs in the next one.
#[test]
fn a_check_that_is_made_over_another_connection_is_still_told_of() {
    let (mut w, net) = ends::worker(CONF, Faults { step_ms: 20, ..Faults::none() });
    let mut listener = net.listen(Addr::parse("10.0.1.1:80").unwrap());
    let groups = &w.conf.http.groups;
    let shared = SharedState::open(groups, false, 2, [1, 2]).unwrap();
    shared.join(&mut w.groups, 0);
    let mut other = Group::new(&groups[0]);
    other.share_state(shared.zones()[0].as_ref().unwrap().of_worker(1));
    health::begin(&mut w);
    let mut server = None;
    let mut begun = 0;
    // After how long the other worker may make the check.
    let mut least = u64::MAX;
    while begun == 0 || net.now() < begun + 2500 {
        turn(&mut w);
        server = accepted(&mut listener).or(server);
        let is_second = w.probes.iter().any(|(_, probe)| probe.reused);
        let asked = server.as_mut().map(|it| it.recv(&mut [0; 1000], false));
        if let (0, Some(server), Some(Io::Done(_))) = (begun, &mut server, asked) {
            match is_second {
                true => begun = net.now(),
                false => drop(server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
            }
        }
        if begun == 0 {
            continue;
        }
        server = server.filter(|_| !is_second || net.now() < begun + 900);
        let mut claim = Claim::new(Addr::parse("10.0.1.1:80").unwrap());
        let now = w.event.now;
        least = least.min(other.take_check(&mut claim, 0, now, now).expect_err("it is free"));
    }
    assert!(w.probes.iter().all(|(_, probe)| !probe.reused && probe.is_asking()));
    assert!(least > SILENT - 100, "{least}");
}

/// Each check tells other workers of itself by a timer, which ends with it.
#[test]
fn a_check_leaves_no_timer_behind() {
    let (mut w, net) = ends::worker(CONF, Faults::none());
    let mut listener = net.listen(Addr::parse("10.0.1.1:80").unwrap());
    SharedState::open(&w.conf.http.groups, false, 2, [1, 2]).unwrap().join(&mut w.groups, 0);
    let before = w.event.timers();
    health::begin(&mut w);
    let mut server = None;
    let mut most = [0; 20];
    for most in &mut most {
        while !w.probes.iter().any(|(_, probe)| probe.is_asking()) {
            turn(&mut w);
        }
        while w.probes.iter().any(|(_, probe)| probe.is_asking()) {
            turn(&mut w);
            *most = w.event.timers().max(*most);
            server = accepted(&mut listener).or(server);
            let Some(server) = &mut server else { continue };
            if let Io::Done(_) = server.recv(&mut [0; 1000], false) {
                server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        }
    }
    // The first one connects.
    assert!(most[1..].iter().all(|it| *it <= most[0]), "{most:?}");
    health::stop(&mut w);
    assert_eq!(w.event.timers(), before);
}
