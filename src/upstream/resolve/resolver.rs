//! Names that are looked up, their waiters, and the cache.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;

use super::answer::{Act, Answer, Failure, Outcome, Wanted, What, Who};
use super::lookup::{Lookup, OfLookup, Target};
use super::message::{self, Kind, Records, Reply};
use super::query::{Query, Step};
use super::settings::Settings;
use crate::base::arena::Arena;
use crate::base::ids::*;
use crate::base::list::{Link, Linked};
use crate::base::rng::Rng;

/// Every `resolver` of a worker.
#[derive(Default)]
pub struct Resolver {
    settings: Vec<Settings>,
    cache: HashMap<Wanted, Cached>,
    under_way: HashMap<Wanted, LookupId>,
    lookups: Arena<Lookup, LookupKey>,
    queries: Arena<Query, QueryKey>,
    waiters: Arena<Waiter, WaiterKey>,
    /// What is due when, each under a number of its own.
    due: BTreeMap<(u64, u64), Due>,
    number: u64,
    /// Lookups begin with one server after another.
    turn: usize,
    acts: VecDeque<Act>,
}

struct Cached {
    outcome: Outcome,
    until: u64,
}

struct Waiter {
    who: Who,
    lookup: LookupId,
    due: Option<(u64, u64)>,
    link: Link<WaiterKey>,
}

impl Linked<OfLookup, WaiterKey> for Waiter {
    fn link(&mut self) -> &mut Link<WaiterKey> {
        &mut self.link
    }
}

#[derive(Clone, Copy)]
enum Due {
    /// The server that was asked has not answered.
    Query(QueryId),
    Waiter(WaiterId),
    Line(GroupIndex, u16),
}

/// What asking for a name came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    Known(Outcome),
    /// It will be told.
    Wait(WaiterId),
}

/// How long a server is waited for before the next is asked.
const PATIENCE: u64 = 5000;
/// The pause after no name server could be asked.
const PAUSE: u64 = 1000;
/// Names remembered.
const MOST_NAMES: usize = 10_000;
/// Targets of a service that are looked up.
const MOST_TARGETS: usize = 256;

impl Resolver {
    pub fn new(settings: &[Settings], rng: &mut Rng) -> Self {
        Self { settings: settings.to_vec(), turn: rng.below(1 << 16) as usize, ..Self::default() }
    }

    /// What is to be done next.
    pub fn next_act(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }

    /// When `expire` is to be called; `None`: nothing is awaited.
    pub fn next_due(&self) -> Option<u64> {
        self.due.keys().next().map(|&(when, _)| when)
    }

    /// How long its answers hold, if that was said: ms.
    pub fn valid(&self, resolver: ResolverIndex) -> Option<u64> {
        self.settings.get(usize::from(resolver.0))?.valid
    }

    /// There are no waiters, and nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.lookups.is_empty() && self.queries.is_empty() && self.waiters.is_empty()
    }

    /// How many names are remembered.
    pub fn remembered(&self) -> usize {
        self.cache.len()
    }

    pub fn waiters(&self) -> impl Iterator<Item = (WaiterId, Who)> {
        self.waiters.iter().map(|(id, waiter)| (id, waiter.who))
    }

    /// What is wrong between two turns, if anything is.
    #[cfg(feature = "sim")]
    pub fn check(&self) -> Result<(), String> {
        if !self.acts.is_empty() {
            return Err("something is left to be done for the resolver".into());
        }
        for (id, lookup) in self.lookups.iter() {
            if self.under_way.get(&lookup.wanted) != Some(&id) || lookup.waiters.is_empty() {
                return Err(format!("{id:?} has no waiter"));
            }
            let own = |query: &QueryId| self.queries.get(*query).is_some_and(|it| it.lookup == id);
            if !lookup.queries.iter().all(own) || lookup.queries.is_empty() && lookup.pending == 0 {
                return Err(format!("{id:?} waits for nothing"));
            }
        }
        let of = |id: LookupId| self.lookups.get(id).is_some();
        for (id, query) in self.queries.iter() {
            if !of(query.lookup) || query.due.is_none_or(|due| !self.due.contains_key(&due)) {
                return Err(format!("{id:?} has no waiter, or no time"));
            }
        }
        for (id, waiter) in self.waiters.iter() {
            if !of(waiter.lookup) || waiter.due.is_some_and(|due| !self.due.contains_key(&due)) {
                return Err(format!("{id:?} waits for nothing, or for ever"));
            }
        }
        let lines = self.due.values().filter(|due| matches!(due, Due::Line(..))).count();
        let waiters = self.waiters.iter().filter(|(_, waiter)| waiter.due.is_some()).count();
        if self.due.len() != lines + waiters + self.queries.len() {
            return Err("something is due without a waiter".into());
        }
        Ok(())
    }

    /// Looks a name up for a waiter that gives up after `timeout` ms; 0: never.
    pub fn ask(
        &mut self,
        wanted: Wanted,
        who: Who,
        timeout: u64,
        now: u64,
        rng: &mut Rng,
    ) -> Asked {
        if let Some(cached) = self.cache.get(&wanted) {
            if cached.until > now {
                return Asked::Known(cached.outcome.clone());
            }
            self.cache.remove(&wanted);
        }
        let settings = self.settings.get(usize::from(wanted.resolver.0));
        if settings.is_none_or(|it| it.servers.is_empty()) || !message::is_name(&wanted.name) {
            return Asked::Known(Err(Failure::NOT_FOUND));
        }
        let lookup = match self.under_way.get(&wanted) {
            Some(&lookup) => lookup,
            None => self.begin(wanted, now, rng),
        };
        let due = (timeout > 0).then(|| now + timeout);
        let link = Link::default();
        let waiter = self.waiters.insert(Waiter { who, lookup, due: None, link });
        self.waiters[waiter].due = due.map(|when| self.set_due(when, Due::Waiter(waiter)));
        self.lookups[lookup].waiters.push_front(&mut self.waiters, waiter);
        Asked::Wait(waiter)
    }

    /// A waiter waits no longer. When the last has left, nothing more is asked.
    pub fn leave(&mut self, id: WaiterId) {
        let Some(waiter) = self.waiters.get_mut(id) else { return };
        let (lookup, due) = (waiter.lookup, waiter.due.take());
        self.lookups[lookup].waiters.remove(&mut self.waiters, id);
        self.clear_due(due);
        self.waiters.remove(id);
        if self.lookups[lookup].waiters.is_empty() {
            self.end(lookup);
        }
    }

    /// The address of a `server` line is to be looked up then.
    pub fn refresh_at(&mut self, group: GroupIndex, line: u16, when: u64) {
        self.set_due(when, Due::Line(group, line));
    }

    /// Gives a query its socket. Returned is one to close: that which it had before, or this one if it is over.
    pub fn opened(&mut self, id: QueryId, conn: ConnId) -> Option<ConnId> {
        match self.queries.get_mut(id) {
            Some(query) => query.conn.replace(conn),
            None => Some(conn),
        }
    }

    pub fn connection(&self, id: QueryId) -> Option<ConnId> {
        self.queries.get(id)?.conn
    }

    /// Over TCP, an end is one; a datagram may be empty.
    pub fn is_stream(&self, id: QueryId) -> bool {
        self.queries.get(id).is_some_and(|query| query.tcp)
    }

    /// The server that a query is at.
    pub fn server(&self, id: QueryId) -> Option<SocketAddr> {
        let query = self.queries.get(id)?;
        query.server(self.settings_of(query))
    }

    /// What is still to be sent for a query.
    pub fn unsent(&self, id: QueryId) -> &[u8] {
        self.queries.get(id).map_or(&[], |query| &query.unsent)
    }

    pub fn sent(&mut self, id: QueryId, bytes: usize) {
        if let Some(query) = self.queries.get_mut(id) {
            query.unsent.drain(..bytes);
        }
    }

    /// Bytes for a query have come: a datagram, or some of a stream. True if more of them may.
    pub fn received(&mut self, id: QueryId, bytes: &[u8], now: u64, rng: &mut Rng) -> bool {
        let Some(query) = self.queries.get_mut(id) else { return false };
        match query.received(bytes) {
            Step::Wait => return true,
            Step::Next => self.broke(id, now, rng),
            Step::OverTcp => {
                query.tcp = true;
                query.tries -= 1;
                self.send(id, now, rng);
            }
            Step::Again => self.send(id, now, rng),
            Step::Done(Reply::Refused(failure)) => self.refused(id, failure, now, rng),
            Step::Done(reply) => self.answered(id, reply, now, rng),
        }
        false
    }

    /// The socket of a query is of no use, or could not be made: the next server is asked at once, if
    /// there is one that was not yet; else after a pause: they may be starting.
    pub fn broke(&mut self, id: QueryId, now: u64, rng: &mut Rng) {
        let Some(query) = self.queries.get_mut(id) else { return };
        if let Some(conn) = query.conn.take() {
            self.acts.push_back(Act::Close(conn));
        }
        if !self.round_is_over(id) {
            self.queries[id].next_server();
            return self.send(id, now, rng);
        }
        let due = self.queries[id].due.take();
        self.clear_due(due);
        self.queries[id].due = Some(self.set_due(now + PAUSE, Due::Query(id)));
    }

    /// Does what is due.
    pub fn expire(&mut self, now: u64, rng: &mut Rng) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Due::Line(group, line) => self.acts.push_back(Act::Refresh(group, line)),
                Due::Waiter(id) => {
                    self.waiters[id].due = None;
                    let lookup = self.waiters[id].lookup;
                    if self.lookups[lookup].knows_some() {
                        // What is there will do, though not all of it is.
                        self.conclude(lookup, now);
                        continue;
                    }
                    let who = self.waiters[id].who;
                    self.acts.push_back(Act::Tell(who, Err(Failure::TIMED_OUT)));
                    self.leave(id);
                }
                Due::Query(id) => {
                    self.queries[id].due = None;
                    let lookup = self.queries[id].lookup;
                    if self.round_is_over(id) && !self.lookups[lookup].addrs.is_empty() {
                        // Addresses of the other kind are there: they will do.
                        self.answered(id, Reply::Nothing { ttl: None }, now, rng);
                        continue;
                    }
                    self.queries[id].next_server();
                    self.send(id, now, rng);
                }
            }
        }
    }

    fn settings_of(&self, query: &Query) -> &Settings {
        let lookup = &self.lookups[query.lookup];
        &self.settings[usize::from(lookup.wanted.resolver.0)]
    }

    /// Every server was asked as often as every other.
    fn round_is_over(&self, id: QueryId) -> bool {
        let query = &self.queries[id];
        query.tries.is_multiple_of(self.settings_of(query).servers.len().max(1))
    }

    fn begin(&mut self, wanted: Wanted, now: u64, rng: &mut Rng) -> LookupId {
        let settings = &self.settings[usize::from(wanted.resolver.0)];
        let kinds: &[Kind] = match (wanted.what, settings.ipv4, settings.ipv6) {
            (What::Services, ..) => &[Kind::Srv],
            (_, true, true) => &[Kind::A, Kind::Aaaa],
            (_, true, false) => &[Kind::A],
            _ => &[Kind::Aaaa],
        };
        let id = self.lookups.insert(Lookup::new(wanted.clone()));
        self.turn = self.turn.wrapping_add(1);
        for &kind in kinds {
            let query = self.queries.insert(Query::new(id, kind, &wanted.name, self.turn));
            self.lookups[id].queries.push(query);
            self.send(query, now, rng);
        }
        self.under_way.insert(wanted, id);
        id
    }

    fn send(&mut self, id: QueryId, now: u64, rng: &mut Rng) {
        let due = self.queries[id].due.take();
        self.clear_due(due);
        self.queries[id].due = Some(self.set_due(now + PATIENCE, Due::Query(id)));
        self.queries[id].write(rng);
        let query = &self.queries[id];
        let server = query.server(self.settings_of(query));
        let send = server.map(|server| Act::Send { query: id, server, tcp: query.tcp });
        self.acts.extend(send);
    }

    /// A server has no answer: the next may; when all have none, that is the answer.
    fn refused(&mut self, id: QueryId, failure: Failure, now: u64, rng: &mut Rng) {
        if !self.round_is_over(id) {
            self.queries[id].next_server();
            return self.send(id, now, rng);
        }
        let lookup = &mut self.lookups[self.queries[id].lookup];
        lookup.failure.get_or_insert(failure);
        lookup.negative = None;
        self.close(id, now, rng);
    }

    fn answered(&mut self, id: QueryId, reply: Reply, now: u64, rng: &mut Rng) {
        let lookup = &mut self.lookups[self.queries[id].lookup];
        match reply {
            Reply::Records(Records { addrs, services, ttl }) => {
                lookup.ttl = lookup.ttl.min(ttl);
                lookup.addrs.extend(addrs);
                let target = |service| Target { service, waiter: None, outcome: None };
                lookup.targets.extend(services.into_iter().take(MOST_TARGETS).map(target));
            }
            Reply::Nothing { ttl } => {
                lookup.negative = lookup.negative.zip(ttl).map(|(a, b)| a.min(b));
            }
            _ => lookup.negative = None,
        }
        self.close(id, now, rng);
    }

    /// A query is over; so is its lookup with the last.
    fn close(&mut self, id: QueryId, now: u64, rng: &mut Rng) {
        let lookup = self.queries[id].lookup;
        self.drop_query(id);
        self.lookups[lookup].queries.retain(|&query| query != id);
        if !self.lookups[lookup].queries.is_empty() {
            return;
        }
        match self.lookups[lookup].targets.is_empty() {
            true => self.conclude(lookup, now),
            false => self.ask_for_targets(lookup, now, rng),
        }
    }

    fn drop_query(&mut self, id: QueryId) {
        let Some(mut query) = self.queries.remove(id) else { return };
        self.clear_due(query.due.take());
        self.acts.extend(query.conn.map(Act::Close));
    }

    /// The addresses of a service's targets.
    fn ask_for_targets(&mut self, id: LookupId, now: u64, rng: &mut Rng) {
        let resolver = self.lookups[id].wanted.resolver;
        self.lookups[id].pending = self.lookups[id].targets.len();
        for at in 0..self.lookups[id].targets.len() {
            let wanted = Wanted::addresses(resolver, &self.lookups[id].targets[at].service.target);
            match self.ask(wanted, Who::Lookup(id), 0, now, rng) {
                Asked::Wait(waiter) => self.lookups[id].targets[at].waiter = Some(waiter),
                Asked::Known(outcome) => {
                    self.lookups[id].targets[at].outcome = Some(outcome);
                    self.lookups[id].pending -= 1;
                }
            }
        }
        if self.lookups[id].pending == 0 {
            self.conclude(id, now);
        }
    }

    fn target_known(&mut self, id: LookupId, waiter: WaiterId, outcome: Outcome, now: u64) {
        let Some(lookup) = self.lookups.get_mut(id) else { return };
        if let Some(it) = lookup.targets.iter_mut().find(|it| it.waiter == Some(waiter)) {
            it.waiter = None;
            it.outcome = Some(outcome);
            lookup.pending -= 1;
            if lookup.pending == 0 {
                self.conclude(id, now);
            }
        }
    }

    /// Everything is known: the answer is remembered, and told to all who wait.
    fn conclude(&mut self, id: LookupId, now: u64) {
        let lookup = &mut self.lookups[id];
        let settings = &self.settings[usize::from(lookup.wanted.resolver.0)];
        let found = lookup.found();
        let (outcome, until) = match found.is_empty() {
            false => {
                let least = lookup.targets.iter().filter_map(Target::until).min();
                let until = match settings.valid {
                    Some(valid) => now + valid,
                    None => now + u64::from(lookup.ttl) * 1000,
                };
                let until = least.map_or(until, |least| until.min(least));
                (Ok(Rc::new(Answer { found, until })), until)
            }
            true => {
                let failures = lookup.targets.iter().filter_map(Target::failure);
                let failure = lookup.failure.or_else(|| failures.min_by_key(|it| it.0 == 3));
                let seconds = if lookup.targets.is_empty() { lookup.negative } else { None };
                let ms = u64::from(seconds.unwrap_or(0)) * 1000;
                let ms = settings.valid.map_or(ms, |valid| ms.min(valid));
                (Err(failure.unwrap_or(Failure::NOT_FOUND)), now + ms)
            }
        };
        let wanted = lookup.wanted.clone();
        if until > now {
            self.remember(wanted, Cached { outcome: outcome.clone(), until }, now);
        }
        while let Some(waiter) = self.lookups[id].waiters.back() {
            self.lookups[id].waiters.remove(&mut self.waiters, waiter);
            let Some(mut it) = self.waiters.remove(waiter) else { break };
            self.clear_due(it.due.take());
            match it.who {
                Who::Lookup(of) => self.target_known(of, waiter, outcome.clone(), now),
                who => self.acts.push_back(Act::Tell(who, outcome.clone())),
            }
        }
        self.end(id);
    }

    /// A lookup ends, whatever it was at.
    fn end(&mut self, id: LookupId) {
        let Some(lookup) = self.lookups.remove(id) else { return };
        self.under_way.remove(&lookup.wanted);
        for query in lookup.queries {
            self.drop_query(query);
        }
        for waiter in lookup.targets.iter().filter_map(|target| target.waiter) {
            self.leave(waiter);
        }
    }

    fn remember(&mut self, wanted: Wanted, cached: Cached, now: u64) {
        if self.cache.len() >= MOST_NAMES {
            self.cache.retain(|_, cached| cached.until > now);
        }
        if self.cache.len() >= MOST_NAMES {
            // Clients that make names up push out no more than others do.
            let mut times: Vec<u64> = self.cache.values().map(|cached| cached.until).collect();
            let (_, middle, _) = times.select_nth_unstable(MOST_NAMES / 2);
            let middle = *middle;
            self.cache.retain(|_, cached| cached.until > middle);
        }
        self.cache.insert(wanted, cached);
    }

    fn set_due(&mut self, when: u64, due: Due) -> (u64, u64) {
        self.number += 1;
        self.due.insert((when, self.number), due);
        (when, self.number)
    }

    fn clear_due(&mut self, due: Option<(u64, u64)>) {
        if let Some(key) = due {
            self.due.remove(&key);
        }
    }
}
