//! What must hold of a zone, whoever had a turn: its numbers are those of what is so in all workers.

use std::collections::BTreeMap;

use peerage::os::addr::Addr;
use peerage::upstream::counters::{Count, Counts};
use peerage::upstream::group::Group;
use peerage::worker::{Owner, Worker};

use crate::crew::{Crew, Generation, Member, ROWS};

/// How long one who could be served may go on waiting: it is looked every 5 ms, and for 20 ms what is free is left
/// to a worker whose request is older; each look is a little late.
const STARVED_MS: u64 = 60;

/// What was so before, to be compared.
#[derive(Default)]
pub struct Seen {
    /// Of each configuration and address: its connections.
    open: BTreeMap<(usize, Addr), usize>,
    turns: u64,
    /// What was counted for good, of each peer.
    totals: BTreeMap<(usize, usize, usize), Counts>,
    /// For who looks on: how much of what a zone is for came about.
    pub full: u64,
    pub over: u64,
    pub queued: u64,
    pub disabled: u64,
    pub longest: u64,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { full, over, queued, disabled, longest, .. } = self;
        write!(
            f,
            "of all turns in {full} a peer was full, in {over} there were more connections, in {queued} somebody \
             waited, in {disabled} a peer was disabled; waited in vain for {longest} ms"
        )
    }
}

pub fn before(crew: &Crew, seen: &mut Seen) {
    seen.open.clear();
    seen.turns += 1;
    for (number, generation) in crew.generations.iter().enumerate() {
        for peer in generation.looker.all.iter().flat_map(|group| &group.peers) {
            let open = opened(crew, number, &peer.settings.addr);
            seen.open.insert((number, peer.settings.addr.clone()), open);
        }
    }
}

pub fn after(
    crew: &mut Crew,
    seen: &mut Seen,
    had_turn: Option<usize>,
    now: u64,
) -> Result<(), String> {
    for generation in &mut crew.generations {
        generation.looker.pull();
    }
    for (number, generation) in crew.generations.iter().enumerate() {
        for (at, group) in generation.looker.all.iter().enumerate() {
            let Some(zone) = &group.zone else { continue };
            let name = String::from_utf8_lossy(&group.name);
            let named = |e| format!("{name} of configuration {number}: {e}");
            ledgers(crew, number, at, zone.audit()).map_err(named)?;
            connections(crew, number, group, seen, had_turn).map_err(named)?;
            // To add up all rows takes long.
            if seen.turns.is_multiple_of(8) {
                counters(crew, number, at, seen).map_err(named)?;
            }
            seen.full += u64::from(group.peers.iter().any(|peer| peer.is_full()));
            seen.disabled += u64::from(group.peers.iter().any(|it| it.recovers(now).is_some()));
        }
    }
    waiters(crew, seen, had_turn, now)
}

fn of(crew: &Crew, generation: usize) -> impl Iterator<Item = &Member> {
    crew.members.iter().filter(move |it| it.generation == generation)
}

/// Tries under way of a worker, and the peers that it has, by their places.
fn held(w: &Worker, group: usize, fixed: usize, places: usize) -> Vec<[i64; 2]> {
    let mut held = vec![[0; 2]; places];
    let peers = &w.groups.all[group].peers;
    for (_, upstream) in w.upstreams.iter().filter(|(_, it)| it.peer.group.0 as usize == group) {
        let Some(peer) = upstream.peer.peer else { continue };
        if let Some(held) = held.get_mut(peers[usize::from(peer.0)].place as usize) {
            held[0] += 1;
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
    audit: peerage::upstream::zone::audit::Audit,
) -> Result<(), String> {
    let looker = &crew.generations[number].looker;
    let Some(zone) = &looker.all[at].zone else { return Ok(()) };
    let mut sums = zone.audit_of(crate::crew::LOOKER);
    for it in of(crew, number) {
        let truth = held(&it.w, at, audit.fixed, sums.len());
        let said = zone.audit_of(it.row);
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
    let users: Vec<i64> = sums.iter().map(|it| it[1]).collect();
    if (&audit.conns, &audit.users) != (&conns, &users) {
        return Err(format!("{audit:?}, in truth {conns:?} and {users:?}"));
    }
    let groups = of(crew, number).map(|it| &it.w.groups.all[at]).chain([&looker.all[at]]);
    for peer in groups.flat_map(|group| &group.peers) {
        let most = i64::from(peer.most_conns());
        let conns = conns.get(peer.place as usize).copied().unwrap_or(0);
        if most != 0 && conns > most {
            return Err(format!("{}: {conns} tries of {most}", peer.name));
        }
    }
    if let Some((row, _)) = audit.front {
        let waits = |it: &Member| it.row == row && !it.w.groups.all[at].queue.list.is_empty();
        let dead = crew.dead.iter().any(|it| it.row == row);
        if !dead && !of(crew, number).any(waits) {
            return Err(format!("row {row} stands in line, and nobody waits there"));
        }
    }
    Ok(())
}

fn add(sums: &mut [[i64; 2]], more: &[[i64; 2]]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        sum[0] += more[0];
        sum[1] += more[1];
    }
}

/// No peer of it comes by a name: all workers number them alike, and no address is there twice.
fn is_fixed(group: &Group) -> bool {
    group.lines.iter().all(|line| line.resolve.is_none())
}

/// Connections that the workers have with an address, but for those of health checks.
fn opened(crew: &Crew, number: usize, addr: &Addr) -> usize {
    of(crew, number).map(|it| it.net.connections(addr) - probes(&it.w, addr)).sum()
}

fn probes(w: &Worker, addr: &Addr) -> usize {
    let of_probe = |owner| match owner {
        Owner::Probe(id) => w.probes.get(id).is_some_and(|probe| probe.addr == *addr),
        _ => false,
    };
    w.event.conns.iter().filter(|(_, c)| of_probe(c.owner)).count()
}

/// What the network has open is what the workers believe; `max_conns` bounds it, but for idle connections that
/// another worker had when somebody needed a place.
fn connections(
    crew: &Crew,
    number: usize,
    group: &Group,
    seen: &mut Seen,
    had_turn: Option<usize>,
) -> Result<(), String> {
    for peer in &group.peers {
        let addr = &peer.settings.addr;
        let (mut open, mut idle, mut busy, mut spare) = (0, 0, 0, 0);
        let mut idle_of_turn = 0;
        for (index, it) in crew.members.iter().enumerate().filter(|it| it.1.generation == number) {
            let truth = it.net.connections(addr) - probes(&it.w, addr);
            let mut believed = 0;
            for own in it.w.groups.all.iter().flat_map(|group| &group.peers) {
                if own.settings.addr == *addr {
                    let counts = own.counters.own();
                    let now = [Count::Busy, Count::Idle, Count::Spare].map(|it| counts[it]);
                    believed += now.iter().sum::<u64>() as usize;
                    busy += now[0];
                    idle += now[1];
                    spare += now[2];
                    idle_of_turn += if had_turn == Some(index) { now[1] } else { 0 };
                }
            }
            if truth != believed {
                return Err(format!("{addr}: {truth} open by {}, not {believed}", it.number));
            }
            open += truth;
        }
        let most = peer.settings.max_conns as usize;
        if most == 0 || !is_fixed(group) {
            continue;
        }
        seen.over += u64::from(open > most);
        let before = seen.open.get(&(number, addr.clone())).copied().unwrap_or(0);
        let said = format!("{open} open, before {before}, {busy} busy, {idle} idle, {spare} spare");
        if open > most && open > before && idle_of_turn > 0 {
            return Err(format!("{addr}: {said}, and {idle_of_turn} need not be"));
        }
        if open > most + busy as usize + spare as usize {
            return Err(format!("{addr}: {said}"));
        }
    }
    Ok(())
}

const NOW: [Count; 4] = [Count::Busy, Count::Dialing, Count::Idle, Count::Spare];

/// What is now is what the workers have now; what was counted stays counted, whoever dies.
fn counters(crew: &Crew, number: usize, at: usize, seen: &mut Seen) -> Result<(), String> {
    let group = &crew.generations[number].looker.all[at];
    let settled = crew.dead.iter().all(|it| it.generation != number);
    for (index, peer) in group.peers.iter().enumerate() {
        let sums = peer.counters.sums();
        let own = |it: &Member| it.w.groups.all[at].peers[index].counters.own();
        for count in NOW.into_iter().filter(|_| settled && is_fixed(group)) {
            let truth: u64 = of(crew, number).map(|it| own(it)[count]).sum();
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

/// Nobody waits while there is a place.
fn waiters(
    crew: &mut Crew,
    seen: &mut Seen,
    had_turn: Option<usize>,
    now: u64,
) -> Result<(), String> {
    let Crew { members, generations, .. } = crew;
    let mut waits = false;
    for (index, it) in members.iter_mut().enumerate() {
        let since = now - std::mem::replace(&mut it.last_turn, now).min(now);
        let mine = had_turn == Some(index);
        if !mine {
            it.last_turn = now - since;
        }
        waits |= it.w.groups.all.iter().any(|group| !group.queue.list.is_empty());
        let Some(who) = neglected(it, &generations[it.generation], now) else {
            it.starved = 0;
            continue;
        };
        it.starved += if mine { since.min(10) } else { 0 };
        seen.longest = seen.longest.max(it.starved);
        if it.starved > STARVED_MS {
            let (number, starved) = (it.number, it.starved);
            return Err(format!("{who} of worker {number} waits while a place is free: {starved}"));
        }
    }
    seen.queued += u64::from(waits);
    Ok(())
}

/// Somebody who waits although there is a place.
fn neglected(it: &Member, generation: &Generation, now: u64) -> Option<String> {
    for (own, looker) in it.w.groups.all.iter().zip(&generation.looker.all) {
        let Some(oldest) = own.queue.list.back() else { continue };
        let untried = it.w.upstreams[oldest].peer.tried.is_empty();
        if untried && looker.peers[..looker.live].iter().any(|peer| peer.is_usable(now)) {
            return Some(format!("{oldest:?}"));
        }
    }
    None
}

/// Nobody asks for anything: nothing is held but peers.
pub fn at_rest(crew: &Crew) -> Result<(), String> {
    for generation in &crew.generations {
        for zone in generation.commons.zones().iter().flatten() {
            let audit = zone.audit();
            if audit.conns.iter().any(|it| *it != 0) || audit.front.is_some() {
                return Err(format!("at rest {audit:?}"));
            }
        }
    }
    Ok(())
}

/// Nobody is there: nothing is held.
pub fn all_gone(crew: &Crew) -> Result<(), String> {
    at_rest(crew)?;
    for generation in &crew.generations {
        for zone in generation.commons.zones().iter().flatten() {
            let ledgers: Vec<_> = (0..ROWS).flat_map(|row| zone.audit_of(row)).collect();
            let audit = zone.audit();
            if audit.users.iter().any(|it| *it != 0) || ledgers.iter().any(|it| *it != [0, 0]) {
                return Err(format!("nobody is there, and {audit:?} {ledgers:?}"));
            }
        }
        for group in &generation.looker.all {
            let peers = group.peers.iter().map(|peer| &peer.counters);
            for sums in peers.chain([&group.counters]).map(|it| it.sums()) {
                if Count::ALL.into_iter().any(|it| it.is_now() && sums[it] != 0) {
                    return Err(format!("nobody is there, and {sums:?}"));
                }
            }
        }
    }
    Ok(())
}
