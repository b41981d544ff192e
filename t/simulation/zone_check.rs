//! What must hold of a zone after each turn: its numbers are the sums of what the workers hold.

use std::collections::BTreeMap;

use peerage::http::exchange::Upstream;
use peerage::os::addr::Addr;
use peerage::upstream::counters::{Count, Counts};
use peerage::upstream::group::Group;
use peerage::upstream::pool::queue::Waits;
use peerage::worker::{Owner, Worker};

use crate::crew::{self, Crew, Generation, Member, ROWS};

/// The rounds of turns within which a request that could be served is served: a place may be offered to each worker
/// in turn. The limit is well below the period at which workers look by themselves, so that a lost wake-up shows.
const ROUNDS: u64 = 4;

/// What was so before, to be compared.
#[derive(Default)]
pub struct Seen {
    turns: u64,
    /// What was counted for good, of each peer.
    totals: BTreeMap<(usize, usize, usize), Counts>,
    /// For who looks on: how much of what a zone is for came about.
    pub full: u64,
    pub queued: u64,
    pub disabled: u64,
    pub for_room: u64,
    pub told: u64,
    pub longest: u64,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { full, queued, disabled, for_room, told, longest, .. } = self;
        write!(
            f,
            "of all turns in {full} a peer was full, in {queued} a request waited, in {for_room} for room, in \
             {disabled} a peer was disabled; in {told} one who waited saw a place that was left to another, and \
             waited for {longest} rounds"
        )
    }
}

pub fn after(
    crew: &mut Crew,
    seen: &mut Seen,
    had_turn: Option<usize>,
    now: u64,
) -> Result<(), String> {
    seen.turns += 1;
    for generation in &mut crew.generations {
        generation.looker.pull();
    }
    for (number, generation) in crew.generations.iter().enumerate() {
        for (at, group) in generation.looker.all.iter().enumerate() {
            let Some(zone) = &group.zone else { continue };
            let name = String::from_utf8_lossy(&group.name);
            let named = |e| format!("{name} of configuration {number}: {e}");
            ledgers(crew, number, at, zone.audit(zone.known())).map_err(named)?;
            connections(crew, number, group).map_err(named)?;
            // To add up all rows takes long.
            if seen.turns.is_multiple_of(8) {
                counters(crew, number, at, seen).map_err(named)?;
            }
            seen.full += u64::from(group.peers.iter().any(|peer| peer.is_full()));
            seen.disabled += u64::from(group.peers.iter().any(|it| it.recovers(now).is_some()));
        }
    }
    if let Some(it) = had_turn.map(|at| &crew.members[at]) {
        failures(it, &crew.generations[it.generation])?;
    }
    in_vain(crew, seen, now)?;
    waiters(crew, seen, had_turn, now)
}

/// What a worker has found of peers in its turn, all know.
fn failures(it: &Member, generation: &Generation) -> Result<(), String> {
    if !it.w.groups.all.iter().all(|group| group.zone.is_some() && is_fixed(group)) {
        return Ok(());
    }
    let (now, all) = (crew::failures(&it.w.groups), crew::failures(&generation.looker));
    for ((before, now), all) in it.before.iter().zip(&now).zip(&all) {
        if before != now && now != all {
            return Err(format!("worker {} knows {now:?} of a peer, all {all:?}", it.number));
        }
    }
    Ok(())
}

/// No request waits for longer than `ROUNDS` while it could be served.
fn in_vain(crew: &mut Crew, seen: &mut Seen, now: u64) -> Result<(), String> {
    let Crew { members, generations, round, .. } = crew;
    for it in members {
        let for_room = it.w.groups.all.iter().any(|group| !group.queue.for_room.is_empty());
        if !for_room && neglected(it, &generations[it.generation], now).is_none() {
            it.neglects = None;
            continue;
        }
        let rounds = *round - *it.neglects.get_or_insert(*round);
        seen.longest = seen.longest.max(rounds);
        if rounds > ROUNDS {
            let number = it.number;
            return Err(format!("a request of worker {number} waits in vain, {rounds} rounds"));
        }
    }
    Ok(())
}

fn of(crew: &Crew, generation: usize) -> impl Iterator<Item = &Member> {
    crew.members.iter().filter(move |it| it.generation == generation)
}

/// Tries under way of a worker, the peers that it has, and of those with `max_conns` its connections and the
/// tries that wait for room, by their places.
fn held(w: &Worker, group: usize, fixed: usize, places: usize) -> Vec<[i64; 4]> {
    let mut held = vec![[0; 4]; places];
    let peers = &w.groups.all[group].peers;
    for (_, upstream) in w.upstreams.iter().filter(|(_, it)| it.peer.group.0 as usize == group) {
        let Some(peer) = upstream.peer.peer else { continue };
        if let Some(held) = held.get_mut(peers[peer].place as usize) {
            held[0] += 1;
            if peers[peer].most_conns() > 0 {
                held[2] += i64::from(upstream.peer.connection.is_some());
                held[3] += i64::from(upstream.waits == Waits::Room);
            }
        }
    }
    for peer in peers.iter().filter(|it| it.most_conns() > 0) {
        if let Some(held) = held.get_mut(peer.place as usize) {
            held[2] += i64::from(peer.idle.len() + peer.dials.len());
        }
    }
    for peer in peers.iter().filter(|it| it.place as usize >= fixed) {
        if let Some(held) = held.get_mut(peer.place as usize) {
            held[1] += 1;
        }
    }
    held
}

/// Each ledger says what its worker holds, and the sums are those of the ledgers; no sum is too great.
fn ledgers(
    crew: &Crew,
    number: usize,
    at: usize,
    audit: peerage::upstream::shared::zone::audit::Audit,
) -> Result<(), String> {
    let looker = &crew.generations[number].looker;
    let Some(zone) = &looker.all[at].zone else { return Ok(()) };
    let places = audit.conns.len();
    let mut sums = zone.audit_of(crew::LOOKER, places);
    for it in of(crew, number) {
        let truth = held(&it.w, at, audit.fixed, sums.len());
        let said = zone.audit_of(it.row, places);
        if said != truth {
            return Err(format!("the ledger {} says {said:?}, it holds {truth:?}", it.row));
        }
        add(&mut sums, &truth);
    }
    // The group's number among those with a zone.
    let nth = looker.all[..at].iter().filter(|group| group.zone.is_some()).count();
    for it in crew.dead.iter().filter(|it| it.generation == number) {
        add(&mut sums, &it.owed[nth]);
    }
    let conns: Vec<i64> = sums.iter().map(|it| it[0]).collect();
    let sum = |at: usize| -> Vec<i64> { sums.iter().map(|it| it[at]).collect() };
    let truth = (sum(0), sum(1), sum(2), sum(3));
    if (&audit.conns, &audit.users, &audit.open, &audit.wanting)
        != (&truth.0, &truth.1, &truth.2, &truth.3)
    {
        return Err(format!("{audit:?}, in truth {truth:?}"));
    }
    let groups = of(crew, number).map(|it| &it.w.groups.all[at]).chain([&looker.all[at]]);
    for peer in groups.flat_map(|group| &group.peers) {
        let most = i64::from(peer.most_conns());
        let of = |all: &[i64]| all.get(peer.place as usize).copied().unwrap_or(0);
        let (conns, open) = (of(&conns), of(&audit.open));
        if most != 0 && (conns > most || open > most) {
            return Err(format!("{}: {conns} tries and {open} open of {most}", peer.name));
        }
    }
    for row in audit.waiting {
        let waits = |it: &Member| it.row == row && !it.w.groups.all[at].queue.list.is_empty();
        let dead = crew.dead.iter().any(|it| it.row == row);
        if !dead && !of(crew, number).any(waits) {
            return Err(format!("row {row} stands in line, and has no request that waits"));
        }
    }
    Ok(())
}

fn add(sums: &mut [[i64; 4]], more: &[[i64; 4]]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
}

/// No peer of it comes by a name: all workers number them alike, and no address is there twice.
fn is_fixed(group: &Group) -> bool {
    group.lines.iter().all(|line| line.resolve.is_none())
}

/// Connections of health checks.
fn probes(w: &Worker, addr: &Addr) -> usize {
    let of_probe = |owner| match owner {
        Owner::Probe(id) => w.probes.get(id).is_some_and(|probe| probe.claim.addr == *addr),
        _ => false,
    };
    w.event.conns.iter().filter(|(_, c)| of_probe(c.owner)).count()
}

/// What the network has open is what the workers believe, but for tries that wait for room; `max_conns` bounds it.
fn connections(crew: &Crew, number: usize, group: &Group) -> Result<(), String> {
    for peer in &group.peers {
        let addr = &peer.settings.addr;
        let mut open = 0;
        for it in of(crew, number) {
            let truth = it.net.connections(addr) - probes(&it.w, addr);
            let mut believed = 0;
            for own in it.w.groups.all.iter().flat_map(|group| &group.peers) {
                if own.settings.addr == *addr {
                    let counts = [Count::Busy, Count::Idle, Count::Spare];
                    believed += counts.map(|it| own.counters.own(it)).iter().sum::<u64>() as usize;
                }
            }
            let waiting = waiting_for_room(&it.w, addr);
            if truth + waiting != believed {
                return Err(format!(
                    "{addr}: {truth} open by {}, {waiting} wait, not {believed}",
                    it.number
                ));
            }
            open += truth;
        }
        let most = peer.settings.max_conns as usize;
        if most != 0 && is_fixed(group) && open > most {
            return Err(format!("{addr}: {open} open"));
        }
    }
    Ok(())
}

fn waiting_for_room(w: &Worker, addr: &Addr) -> usize {
    let waits = |it: &Upstream| {
        let peers = &w.groups[it.peer.group].peers;
        let peer = it.peer.peer.map(|peer| &peers[peer]);
        it.waits == Waits::Room && peer.is_some_and(|peer| peer.settings.addr == *addr)
    };
    w.upstreams.iter().filter(|(_, task)| waits(&task.it)).count()
}

const NOW: [Count; 4] = [Count::Busy, Count::Dialing, Count::Idle, Count::Spare];

/// Gauges are the sums of what the workers hold; totals never fall, also when a worker dies.
fn counters(crew: &Crew, number: usize, at: usize, seen: &mut Seen) -> Result<(), String> {
    let group = &crew.generations[number].looker.all[at];
    let settled = crew.dead.iter().all(|it| it.generation != number);
    for (index, peer) in group.peers.iter().enumerate() {
        let sums = peer.counters.sums();
        let own = |it: &Member, count| it.w.groups.all[at].peers[index].counters.own(count);
        for count in NOW.into_iter().filter(|_| settled && is_fixed(group)) {
            let truth: u64 = of(crew, number).map(|it| own(it, count)).sum();
            if sums[count] != truth {
                let said = sums[count];
                return Err(format!("{}: {said} {count:?} in sum, not {truth}", peer.name));
            }
        }
        let before = seen.totals.insert((number, at, index), sums).unwrap_or_default();
        for count in Count::ALL.into_iter().filter(|it| !it.is_now()) {
            if sums[count] < before[count] {
                let (before, now) = (before[count], sums[count]);
                return Err(format!("{}: {before} {count:?} have become {now}", peer.name));
            }
        }
    }
    if settled {
        let waiting = |it: &Member| u64::from(it.w.groups.all[at].queue.list.len());
        let truth: u64 = of(crew, number).map(waiting).sum();
        let said = group.counters.sum(Count::Waiting);
        if said != truth {
            return Err(format!("{truth} wait, counted are {said}"));
        }
    }
    Ok(())
}

/// No request waits while there is a place, unless the place was left to another worker that has had no turn yet.
fn waiters(
    crew: &mut Crew,
    seen: &mut Seen,
    had_turn: Option<usize>,
    now: u64,
) -> Result<(), String> {
    let Crew { members, generations, .. } = crew;
    let waits = |it: &Member| it.w.groups.all.iter().any(|group| !group.queue.list.is_empty());
    seen.queued += u64::from(members.iter().any(waits));
    let for_room = |it: &Member| it.w.groups.all.iter().any(|it| !it.queue.for_room.is_empty());
    seen.for_room += u64::from(members.iter().any(for_room));
    let Some(it) = had_turn.map(|at| &members[at]) else { return Ok(()) };
    if let Some(who) = without_room(it, &generations[it.generation]) {
        return Err(format!("{who} of worker {} waits while there is room", it.number));
    }
    // A turn may be over before it comes to a look that it has posted: the worker's next one begins at once, and with
    // that.
    let posted = |other: &Member| other.w.groups.all.iter().any(|group| group.queue.posted);
    let looks = members.iter().any(|other| other.generation == it.generation && posted(other));
    match neglected(it, &generations[it.generation], now) {
        Some((who, told)) if told.is_empty() && !looks => {
            Err(format!("{who} of worker {} waits while a place is free", it.number))
        }
        found => {
            seen.told += u64::from(found.is_some());
            Ok(())
        }
    }
}

/// A request that waits for room although there is some and no worker was woken to take it.
fn without_room(it: &Member, generation: &Generation) -> Option<String> {
    for (own, looker) in it.w.groups.all.iter().zip(&generation.looker.all) {
        let (Some(id), Some(zone)) = (own.queue.for_room.first(), &looker.zone) else { continue };
        let audit = zone.audit(zone.places());
        let Some(peer) = it.w.upstreams[*id].peer.peer else { continue };
        let peer = &own.peers[peer];
        let open = audit.open.get(peer.place as usize);
        if open.is_some_and(|open| *open < i64::from(peer.most_conns())) && audit.told.is_empty() {
            return Some(format!("{id:?}"));
        }
    }
    None
}

/// A request that waits although there is a place, and the workers that were woken for it.
fn neglected(it: &Member, generation: &Generation, now: u64) -> Option<(String, Vec<usize>)> {
    for (own, looker) in it.w.groups.all.iter().zip(&generation.looker.all) {
        let Some(oldest) = own.queue.list.back() else { continue };
        let untried = it.w.upstreams[oldest].peer.tried.is_empty();
        if untried && looker.peers[..looker.live].iter().any(|peer| peer.is_usable(now)) {
            let told =
                looker.zone.as_ref().map_or(Vec::new(), |zone| zone.audit(zone.known()).told);
            return Some((format!("{oldest:?}"), told));
        }
    }
    None
}

/// Without requests, a zone holds nothing but peers.
pub fn at_rest(crew: &Crew) -> Result<(), String> {
    for generation in &crew.generations {
        for zone in generation.shared.zones().iter().flatten() {
            let audit = zone.audit(zone.places());
            let mut numbers = audit.conns.iter().chain(&audit.open).chain(&audit.wanting);
            if numbers.any(|it| *it != 0) || !audit.waiting.is_empty() {
                return Err(format!("at rest {audit:?}"));
            }
        }
    }
    Ok(())
}

/// Without workers, a zone holds nothing.
pub fn all_gone(crew: &Crew) -> Result<(), String> {
    at_rest(crew)?;
    for generation in &crew.generations {
        for zone in generation.shared.zones().iter().flatten() {
            let ledgers: Vec<_> =
                (0..ROWS).flat_map(|row| zone.audit_of(row, zone.places())).collect();
            let audit = zone.audit(zone.places());
            if audit.users.iter().any(|it| *it != 0) || ledgers.iter().any(|it| *it != [0; 4]) {
                return Err(format!("no worker is left, and {audit:?} {ledgers:?}"));
            }
        }
        for group in &generation.looker.all {
            let peers = group.peers.iter().map(|peer| &peer.counters);
            for sums in peers.chain([&group.counters]).map(|it| it.sums()) {
                if Count::ALL.into_iter().any(|it| it.is_now() && sums[it] != 0) {
                    return Err(format!("no worker is left, and {sums:?}"));
                }
            }
        }
    }
    Ok(())
}
