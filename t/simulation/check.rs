//! What must hold of a worker between any two turns.

use std::collections::HashMap;

use peerage::event::Side;
use peerage::http::ctx::Part;
use peerage::http::downstream::Downstream;
use peerage::http::exchange::{Seen, Written};
use peerage::http::filters::BodyFilters;
use peerage::http::limit_conn;
use peerage::http::request::{BodyState, Outcome};
use peerage::http::response::Stage;
use peerage::http::subrequest::Role;
use peerage::modules::coder;
use peerage::proxy::exchange::{pump, send};
use peerage::proxy::pool::undelivered;
use peerage::serve::{downstream, filter};
use peerage::shared::zone::Kind;
use peerage::shared::zones::ZoneIndex;
use peerage::upstream::counters::Count;
use peerage::upstream::pool::queue::Waits;
use peerage::upstream::pool::undelivered::Verdict;
use peerage::upstream::resolve::Who;
use peerage::worker::{ConnId, Job, Owner, RequestId, Worker};

/// A head, and what frames a piece of a body.
const HEADS: usize = 4 << 10;

/// Bytes that the outbox of a client may hold: one read of an upstream and a head, and some slack.
const OUTBOX: usize = 512 << 10;

pub fn all(w: &mut Worker) -> Result<(), String> {
    w.event.check()?;
    if w.event.conns.len() > w.event.limit {
        return Err(format!("{} connections of {}", w.event.conns.len(), w.event.limit));
    }
    connections(w)?;
    channels(w)?;
    requests(w)?;
    upstreams(w)?;
    caches(w)?;
    resolver(w)?;
    places(w)?;
    waiters(w)?;
    limits(w)?;
    liveness(w)
}

/// `limit_conn` counts the requests that are under way, and no others.
fn limits(w: &Worker) -> Result<(), String> {
    for (zone, at) in w.conf.http.limit_zones.iter().zip(0..) {
        let Some(memory) = w.zones.get(ZoneIndex(at)) else { continue };
        if zone.declared.kind != Kind::LimitConn {
            continue;
        }
        let held = w.requests.iter().flat_map(|(_, task)| &task.rare.held);
        let held = held.filter(|it| it.zone == ZoneIndex(at));
        // Another worker may be about to change it.
        let Some((counted, held)) = limit_conn::audit(memory, held) else { continue };
        if counted != held {
            return Err(format!("{held} requests hold what is counted as {counted}"));
        }
    }
    Ok(())
}

/// Ids of connections that have been freed: they must find nothing, whatever took the slot since.
#[derive(Default)]
pub struct Graveyard {
    live: Vec<ConnId>,
    dead: Vec<ConnId>,
}

impl Graveyard {
    pub fn turn(&mut self, w: &Worker) -> Result<(), String> {
        let now: Vec<ConnId> = w.event.conns.iter().map(|(id, _)| id).collect();
        let gone = self.live.drain(..).filter(|id| !now.contains(id));
        self.dead.extend(gone);
        self.live = now;
        if let Some(id) = self.dead.iter().find(|&&id| w.event.conns.get(id).is_some()) {
            return Err(format!("{id:?} is gone, and still names something"));
        }
        let old = self.dead.len().saturating_sub(40);
        self.dead.drain(..old);
        Ok(())
    }
}

/// Every connection has an owner, and the owner has its id.
fn connections(w: &Worker) -> Result<(), String> {
    for (id, c) in w.event.conns.iter() {
        let known = match c.owner {
            Owner::None => false,
            Owner::Signals => true,
            Owner::Listener(_) => w.listeners.contains(&id),
            Owner::Channel(it) => w.channels.get(it).is_some_and(|ch| ch.conn == id),
            Owner::Upstream(it) => {
                w.upstreams.get(it).is_some_and(|u| u.peer.connection == Some(id))
            }
            Owner::Resolver(it) => w.resolver.connection(it) == Some(id),
            Owner::Idle(it) => w.groups.idle.items.get(it).is_some_and(|i| i.conn == id),
            Owner::Probe(it) => w.probes.get(it).is_some_and(|it| it.connection == Some(id)),
            Owner::Ocsp(it) => w.ocsp.get(it).is_some_and(|it| it.connection == Some(id)),
            Owner::Dial(it) => w.groups.dials.get(it).is_some_and(|dial| dial.conn == id),
        };
        if !known {
            return Err(format!("{id:?} ({}): {:?} does not have its id", state(w, id), c.owner));
        }
    }
    Ok(())
}

fn channels(w: &Worker) -> Result<(), String> {
    for (id, channel) in w.channels.iter() {
        let owner = w.event.conns.get(channel.conn).map(|c| c.owner);
        if owner != Some(Owner::Channel(id)) {
            return Err(format!("{id:?}: its connection is {owner:?}'s"));
        }
        if let Some(request) = channel.request {
            if w.requests.get(request).is_none_or(|r| r.downstream != Downstream::H1(id)) {
                return Err(format!("{id:?}: {request:?} is not its request"));
            }
        }
        let request = channel.request;
        let coded = request.and_then(|id| coder::waiting(w, id));
        let most = match coded.or_else(|| request.and_then(|id| relayed(w, id))) {
            Some(piece) => piece + HEADS,
            // A text that limit_rate holds back waits whole.
            None if channel.pace.is_some() => OUTBOX + (2 << 20),
            None => OUTBOX,
        };
        if channel.outbox.memory() > most {
            return Err(format!("{id:?} holds {} bytes", channel.outbox.memory()));
        }
    }
    Ok(())
}

/// How much of an upstream's answer may wait for its client: one read, whatever comes behind it.
fn relayed(w: &Worker, id: RequestId) -> Option<usize> {
    let request = &w.requests[id];
    let upgraded = request.upstream.is_some_and(|id| w.upstreams[id].tunnel.is_some());
    if request.tries.is_empty() || upgraded {
        return None;
    }
    let settings = &w.location_of(id).upstream;
    Some(pump::piece(settings, settings.buffering))
}

fn requests(w: &Worker) -> Result<(), String> {
    for (id, request) in w.requests.iter() {
        let is_known = match request.downstream {
            Downstream::H1(channel) => {
                w.channels.get(channel).is_some_and(|channel| channel.request == Some(id))
            }
            Downstream::H2(channel, stream) => {
                let h2 = w.channels.get(channel).and_then(|channel| channel.h2.as_ref());
                let stream = h2.and_then(|h2| h2.codec.streams.get(stream));
                stream.is_some_and(|stream| stream.it.request == Some(id))
            }
            Downstream::Parent(parent) => w.requests.get(parent).is_some(),
            Downstream::Detached => request.rare.departed.is_some(),
        };
        if !is_known {
            return Err(format!("{id:?}: its channel or parent does not have its id"));
        }
        if let (Downstream::Parent(parent), None) = (request.downstream, request.outcome) {
            let is_aside = request.rare.subrequest.is_some_and(|it| it.role == Role::Background);
            match w.requests[parent].outcome {
                None => {}
                Some(Outcome::Done) if is_aside => {}
                Some(_) => return Err(format!("{id:?} goes on without its parent")),
            }
        }
        // A parent stays for what goes on without it; the end of a child that it awaits it has dealt with. One that is
        // about to go on by `post_action` is not over.
        let is_kept = !request.rare.children.is_empty() || request.rare.post_action.is_some();
        if request.outcome.is_some() && !is_kept {
            return Err(format!("{id:?} is finished and not freed"));
        }
        let is_sent = request.response.stage == Stage::Ended && downstream::is_drained(w, id);
        if is_sent && request.outcome.is_none() && request.upstream.is_none() {
            return Err(format!("{id:?} has been answered and does not end"));
        }
        filters(w, id)?;
        postponed(w, id)?;
        if let Some(upstream) = request.upstream {
            if w.upstreams.get(upstream).is_none_or(|u| u.request != id) {
                return Err(format!("{id:?}: {upstream:?} is not its upstream"));
            }
        }
    }
    let (begun, logged) = (w.stats.requests, w.stats.logged);
    let under_way = w.requests.len() - w.side_requests;
    if begun != logged + under_way as u64 {
        return Err(format!("{begun} requests, {logged} logged, {under_way} under way"));
    }
    if w.requests.is_empty() && !w.cache_waiters.is_empty() {
        return Err("a request that has ended waits for the cache".to_string());
    }
    Ok(())
}

/// What waits for the body of a subrequest is one piece, and the subrequest goes on; what is first in order does not
/// wait.
fn postponed(w: &Worker, id: RequestId) -> Result<(), String> {
    let request = &w.requests[id];
    let waits = request.held.has(BodyFilters::POSTPONE);
    let Some(ctx) = &request.rare.ctx else { return Ok(()) };
    let queue = &ctx.postponed.queue;
    if !waits && (!queue.is_empty() || ctx.postponed.last) {
        return Err(format!("{id:?} does not wait for {:?}", ctx.postponed));
    }
    let mut bytes = 0;
    for part in queue {
        match part {
            Part::Subrequest(child) => {
                let child = w.requests.get(*child).filter(|it| it.outcome.is_none());
                if child.is_none_or(|it| it.downstream != Downstream::Parent(id)) {
                    return Err(format!("{id:?} waits for what has ended: {queue:?}"));
                }
            }
            Part::Bytes(piece) => bytes += piece.len(),
            Part::File(_) => {}
        }
    }
    if relayed(w, id).is_some_and(|piece| bytes > piece) {
        return Err(format!("{id:?}: {bytes} bytes wait for a subrequest"));
    }
    let Downstream::Parent(parent) = request.downstream else {
        let is_idle = waits && !matches!(queue.front(), Some(Part::Subrequest(_)));
        let others_hold = !request.held.except(BodyFilters::POSTPONE).is_empty();
        let may_go_on = is_idle && downstream::is_drained(w, id) && !others_hold;
        return match may_go_on && !is_posted(w, id) {
            true => Err(format!("{id:?} waits for nothing: {bytes} bytes")),
            false => Ok(()),
        };
    };
    let ctx = w.requests.get(parent).and_then(|it| it.rare.ctx.as_ref());
    let mut awaited = ctx.into_iter().flat_map(|ctx| &ctx.postponed.queue);
    let is_awaited = awaited.any(|part| matches!(part, Part::Subrequest(it) if *it == id));
    let goes_on = request.outcome.is_none() && downstream::is_inserted(request);
    if goes_on && !is_awaited {
        return Err(format!("{id:?} goes on, and its parent does not wait for it"));
    }
    match is_first(w, id) && waits && request.outcome.is_none() && downstream::is_drained(w, id) {
        true => Err(format!("{id:?} waits when it is its turn: {bytes} bytes")),
        false => Ok(()),
    }
}

/// The request's write handler will run in the next turn.
fn is_posted(w: &Worker, id: RequestId) -> bool {
    w.event.posted_jobs().any(|job| matches!(job, Job::RequestWrite(posted) if posted == id))
}

/// A filter holds no more than one piece, and goes on as soon as the client has taken what it gave; what a server has
/// sent does not wait in a compressor for more when the server has no more.
fn filters(w: &Worker, id: RequestId) -> Result<(), String> {
    let request = &w.requests[id];
    let held = request.held.except(BodyFilters::POSTPONE);
    let may_go_on = !held.is_empty() && downstream::is_drained(w, id);
    if may_go_on && request.outcome.is_none() && !is_posted(w, id) {
        return Err(format!("{id:?}: {held:?} may go on, and does not"));
    }
    let (Some(ctx), Some(upstream)) = (&request.rare.ctx, request.upstream) else { return Ok(()) };
    // For a file more is read at once.
    let piece = match ctx.spool {
        Some(_) => Some(pump::CODED),
        None => relayed(w, id),
    };
    for held in [&ctx.gzip.held, &ctx.gunzip.held] {
        let held = held.bytes.len() - held.done;
        if piece.is_some_and(|piece| held > piece) {
            return Err(format!("{id:?}: a filter holds {held} bytes"));
        }
    }
    let conn = w.upstreams[upstream].peer.connection.and_then(|conn| w.event.conns.get(conn));
    let has_no_more = conn.is_some_and(|c| !c.read.ready);
    if has_no_more && filter::is_drained(w, id) && !ctx.gzip.stream.is_flushed() {
        return Err(format!("{id:?}: a compressor waits for more"));
    }
    Ok(())
}

fn upstreams(w: &Worker) -> Result<(), String> {
    let mut tries: HashMap<_, u32> = HashMap::new();
    for (id, upstream) in w.upstreams.iter() {
        if w.requests.get(upstream.request).is_none_or(|r| r.upstream != Some(id)) {
            return Err(format!("{id:?}: its request does not have its id"));
        }
        if let Some(conn) = upstream.peer.connection {
            let owner = w.event.conns.get(conn).map(|c| c.owner);
            if owner != Some(Owner::Upstream(id)) {
                return Err(format!("{id:?}: its connection is {owner:?}'s"));
            }
        }
        if let Some(peer) = upstream.peer.peer {
            let last = w.requests[upstream.request].tries.last();
            if last.is_none_or(|it| (it.group, it.peer) != (upstream.peer.group, Some(peer))) {
                return Err(format!("{id:?} is at another peer than its request says"));
            }
            *tries.entry((upstream.peer.group, peer)).or_default() += 1;
        }
        let piped = upstream.rare.pipe.as_ref().map_or(0, |pipe| pipe.held());
        let most = if upstream.tunnel.is_some() { OUTBOX } else { send::PIECE + HEADS };
        if upstream.out.len() > most || piped > send::SPLICED || upstream.inbox.len() > OUTBOX {
            let (out, inbox) = (upstream.out.len(), upstream.inbox.len());
            return Err(format!("{id:?} holds {out} and {piped} bytes, and {inbox} of a head"));
        }
        if upstream.rare.pipe.is_some() && !upstream.out.is_empty() {
            return Err(format!("{id:?}: bytes wait in two places"));
        }
    }
    for (at, group) in w.groups.all.iter().enumerate() {
        for (index, peer) in group.peers.iter().enumerate() {
            let key =
                tries.iter().find(|((g, p), _)| g.0 as usize == at && usize::from(p.0) == index);
            let trying = key.map_or(0, |(_, n)| *n);
            // In a zone it is what all workers have, as far as this one has looked.
            if group.zone.is_none() && peer.conns != trying {
                return Err(format!("{}: {} tries, {trying} in truth", peer.name, peer.conns));
            }
            let now = [Count::Busy, Count::Dialing, Count::Idle, Count::Spare];
            let truth = [trying, peer.dialing.len(), peer.idle.len(), peer.dials.len()];
            let truth = truth.map(u64::from);
            let counted = now.map(|count| peer.counters.own(count));
            if counted != truth {
                return Err(format!("{}: counted {counted:?}, not {truth:?}", peer.name));
            }
            let [dials, failed] =
                [Count::Dials, Count::DialFailures].map(|it| peer.counters.own(it));
            if failed > dials {
                return Err(format!("{}: {failed} of {dials} dials have failed", peer.name));
            }
        }
    }
    Ok(())
}

/// Both lists of every cache hold the same items, no more of them than are allowed.
fn caches(w: &mut Worker) -> Result<(), String> {
    let mut items = 0;
    let groups = &mut w.groups;
    for group in &groups.all {
        let all = group.cache.check(&mut groups.idle)?;
        let mut by_peer = Vec::new();
        for (index, peer) in group.peers.iter().enumerate() {
            for id in peer.idle.check(&mut groups.idle)? {
                if usize::from(groups.idle.items[id].peer.0) != index {
                    return Err(format!("{id:?} is in another peer's list"));
                }
                by_peer.push(id);
            }
        }
        if by_peer.len() != all.len() || !by_peer.iter().all(|id| all.contains(id)) {
            return Err(format!("{} items of {} are by peer", by_peer.len(), all.len()));
        }
        // What was kept for a burst goes when the trimming comes round.
        if all.len() > group.cache.limit() as usize && !group.trimming {
            return Err(format!("{} idle connections of {}", all.len(), group.cache.limit()));
        }
        if all.len() > group.cache.cap as usize && !group.trimming {
            return Err(format!("{} idle connections are never trimmed", all.len()));
        }
        items += all.len();
    }
    if groups.idle.cap.is_some_and(|cap| groups.idle.len() > cap as usize) {
        return Err(format!("{} idle connections of the worker", groups.idle.len()));
    }
    if items != groups.idle.len() {
        return Err(format!("{items} of {} idle items are listed", groups.idle.len()));
    }
    Ok(())
}

/// Who waits for a name will be told, and whatever is due has a timer.
fn resolver(w: &Worker) -> Result<(), String> {
    w.resolver.check()?;
    let timer = w.resolver_timer.as_ref().map(|(due, _)| *due);
    if timer != w.resolver.next_due() {
        return Err(format!("due at {:?}, timed at {timer:?}", w.resolver.next_due()));
    }
    for (waiter, who) in w.resolver.waiters() {
        let Who::Upstream(id) = who else { continue };
        let resolving = w.upstreams.get(id).and_then(|upstream| upstream.rare.resolving.as_ref());
        if resolving.is_none_or(|resolving| resolving.waiter != Some(waiter)) {
            return Err(format!("{id:?} does not wait for its name"));
        }
    }
    for (id, upstream) in w.upstreams.iter() {
        let Some(resolving) = &upstream.rare.resolving else { continue };
        let waits = |waiter| w.resolver.waiters().any(|it| it == (waiter, Who::Upstream(id)));
        if resolving.waiter.map_or_else(|| resolving.outcome.is_none(), |waiter| !waits(waiter)) {
            return Err(format!("{id:?} waits for a name and will not be told"));
        }
    }
    Ok(())
}

/// `max_conns` holds over everything that exists; dials are listed at their peers.
fn places(w: &mut Worker) -> Result<(), String> {
    let mut listed = 0;
    let groups = &mut w.groups;
    for group in &groups.all {
        for peer in &group.peers {
            let most = peer.settings.max_conns;
            if group.zone.is_none() && most != 0 && peer.connections() > most {
                return Err(format!("{}: {} connections", peer.name, peer.connections()));
            }
            listed += peer.dials.check(&mut groups.dials)?.len();
        }
    }
    if listed != groups.dials.len() {
        return Err(format!("{listed} of {} dials are listed", groups.dials.len()));
    }
    Ok(())
}

/// Every waiter is in the list that it believes to be in, and none waits while a place is free.
fn waiters(w: &mut Worker) -> Result<(), String> {
    let now = w.event.now;
    let mut listed = 0;
    let (groups, upstreams) = (&w.groups, &mut w.upstreams);
    for group in &groups.all {
        let queued = group.queue.list.check(upstreams)?;
        if group.counters.own(Count::Waiting) != queued.len() as u64 {
            return Err(format!("{} wait, but that is not counted", queued.len()));
        }
        for id in &queued {
            if upstreams[*id].waits != Waits::Queued {
                return Err(format!("{id:?} is queued and knows it not"));
            }
        }
        if !queued.is_sorted_by_key(|id| std::cmp::Reverse(upstreams[*id].queued_since())) {
            return Err(format!("{queued:?} are not in the order of their waits"));
        }
        if let Some(oldest) = queued.last() {
            let until = upstreams[*oldest].queued_since() + group.queue.timeout;
            if group.queue.wake > until.max(now + 1) {
                return Err(format!("{oldest:?} waits for longer than it may"));
            }
            let untried = upstreams[*oldest].peer.tried.is_empty();
            let free = group.peers[..group.live].iter().any(|peer| peer.is_usable(now));
            let free = free && group.zone.is_none();
            if untried && free && !group.queue.posted && group.queue.wake > now + 1 {
                return Err(format!("{oldest:?} waits while a place is free"));
            }
            if group.queue.wake == 0 {
                return Err(format!("{oldest:?} waits without a timer"));
            }
        }
        for id in &group.queue.for_room {
            if upstreams[*id].waits != Waits::Room || upstreams[*id].peer.connection.is_some() {
                return Err(format!("{id:?} is listed for room and does not wait for it"));
            }
        }
        if !group.queue.for_room.is_empty() && group.queue.wake == 0 {
            return Err("a request waits for room without a timer".to_owned());
        }
        listed += queued.len() + group.queue.for_room.len();
        for peer in &group.peers {
            let dialing = peer.dialing.check(upstreams)?;
            for id in &dialing {
                if upstreams[*id].waits != Waits::Dialing {
                    return Err(format!("{id:?} is listed as dialing and knows it not"));
                }
            }
            listed += dialing.len();
        }
    }
    let waiting = upstreams.iter().filter(|(_, task)| task.waits != Waits::No).count();
    if waiting != listed {
        return Err(format!("{waiting} tasks wait, {listed} are listed"));
    }
    Ok(())
}

/// Every handler that could go on will run: an event that is ready and wanted is posted, a wait has a timer.
fn liveness(w: &Worker) -> Result<(), String> {
    for (id, c) in w.event.conns.iter() {
        let wants = match c.owner {
            Owner::Channel(_) => client(w, id),
            Owner::Upstream(_) => upstream(w, id),
            Owner::Resolver(it) => {
                let write = !w.resolver.unsent(it).is_empty();
                Wants { read: true, write, timed: false }
            }
            Owner::Probe(it) => {
                let write = !w.probes[it].fetch.unsent().is_empty();
                Wants { read: true, write, timed: true }
            }
            Owner::Ocsp(it) => {
                let write = !w.ocsp[it].fetch.unsent().is_empty();
                Wants { read: true, write, timed: true }
            }
            Owner::Idle(_) => Wants { read: true, write: false, timed: true },
            _ => Wants::default(),
        };
        let complain = |what: &str| {
            Err(format!("{id:?} ({}) of {:?}: {what}\n{}", state(w, id), c.owner, census(w)))
        };
        if wants.read && c.read.ready && !c.read.is_posted() {
            return complain("ready to read, and not posted");
        }
        if wants.write && c.write.ready && !c.write.is_posted() {
            return complain("ready to write, and not posted");
        }
        let armed = c.read.is_armed() || c.write.is_armed();
        if wants.timed && !armed && !c.read.is_posted() && !c.write.is_posted() {
            return complain("waits without a timer");
        }
    }
    Ok(())
}

#[derive(Default)]
struct Wants {
    read: bool,
    write: bool,
    timed: bool,
}

fn client(w: &Worker, id: ConnId) -> Wants {
    let c = &w.event.conns[id];
    let Owner::Channel(channel) = c.owner else { return Wants::default() };
    let channel = &w.channels[channel];
    if state(w, id).ends_with("handshake") && c.tls().is_some_and(|tls| tls.is_blocked()) {
        // The client hears first what it is answered.
        return Wants { read: false, write: true, timed: true };
    }
    if let Some(h2) = &channel.h2 {
        // Of streams that wait for a server it is the server that is timed.
        let (write, is_partial) = (!h2.out.is_empty(), !channel.inbox.is_empty());
        let timed = write || is_partial || h2.codec.streams.is_empty() || h2.waiting > 0;
        return Wants { read: !h2.is_stalled, write, timed };
    }
    let blocked = !channel.outbox.is_empty();
    let Some(request) = channel.request else {
        // Waiting, reading a head, discarding, lingering.
        let buffered = !channel.inbox.is_empty() && state(w, id).ends_with("wait_request");
        let read = !blocked || buffered;
        return Wants { read, write: blocked, timed: true };
    };
    let reading = w.requests[request].body.state == BodyState::Reading;
    // What limit_rate holds back is not wanted before its time.
    let write = blocked && !channel.is_paused();
    Wants { read: reading, write, timed: reading || blocked }
}

fn upstream(w: &Worker, id: ConnId) -> Wants {
    let c = &w.event.conns[id];
    let Owner::Upstream(it) = c.owner else { return Wants::default() };
    let u = &w.upstreams[it];
    if matches!(undelivered::verdict(u), Some(Verdict::Wait(_))) {
        // The end has been seen; whether a reset follows is reported by an event, or never.
        return Wants { timed: true, ..Wants::default() };
    }
    let room = room_for(w, u.request);
    // While the client's body is awaited it is the client who is timed.
    let timed = room && (u.written == Written::All || u.has_rest());
    // Once it has answered, or a write has failed, it need not take the rest of the request.
    let given_up = u.seen == Seen::Head || u.rare.send_error.is_some();
    let paused = u.rare.pace.as_ref().is_some_and(|pace| pace.paused);
    let ended = u.tunnel.is_some_and(|it| it.server_ended);
    let read = (u.seen < Seen::Head || room) && !paused && !ended;
    Wants { read, write: u.has_rest() && !given_up, timed }
}

/// The client has taken all that was sent to it, and no handler is about to make more of it: its own, or that of the main
/// request whose filters have had their turn. An inserted subrequest waits until all before it have ended.
fn room_for(w: &Worker, request: RequestId) -> bool {
    let main = downstream::main(w, request);
    let is_due = !downstream::is_inserted(&w.requests[request]) || is_first(w, request);
    is_due && filter::is_drained(w, request) && !is_posted(w, request) && !is_posted(w, main)
}

/// The subrequest's body is the next that its parent waits for.
fn is_first(w: &Worker, id: RequestId) -> bool {
    let Downstream::Parent(parent) = w.requests[id].downstream else { return false };
    let ctx = w.requests.get(parent).and_then(|it| it.rare.ctx.as_ref());
    let first = ctx.and_then(|ctx| ctx.postponed.queue.front());
    matches!(first, Some(Part::Subrequest(first)) if *first == id)
}

fn state(w: &Worker, id: ConnId) -> &'static str {
    w.event.conns[id].read.handler.name()
}

/// Every connection and what it waits for.
pub fn census(w: &Worker) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (id, c) in w.event.conns.iter() {
        let mut line = format!("{id:?} {:?} {}: {}", c.owner, state(w, id), describe(w, id));
        if let Owner::Channel(channel) = c.owner {
            let channel = &w.channels[channel];
            line += &format!("; inbox {}, outbox {}", channel.inbox.len(), channel.outbox.memory());
            if let Some(request) = channel.request {
                let request = &w.requests[request];
                line += &format!(", body {:?} {:?}", request.body.state, request.body.rest);
                line += &format!(", response {:?}", request.response.stage);
            }
        }
        if let Owner::Upstream(upstream) = c.owner {
            let u = &w.upstreams[upstream];
            let sent = (u.written, u.out.len(), u.body_sent);
            line += &format!("; for {:?}, sent {sent:?}, head {:?}", u.request, u.seen);
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn describe(w: &Worker, id: ConnId) -> String {
    let c = &w.event.conns[id];
    let side = |side: Side| {
        let e = c.side(side);
        format!("{:?} ready {} armed {} posted {}", side, e.ready, e.is_armed(), e.is_posted())
    };
    format!("{}, {}, ended {}", side(Side::Read), side(Side::Write), c.ended)
}
