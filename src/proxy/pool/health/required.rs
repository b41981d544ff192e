//! `require`: variables are those of requests, so for as long as they are looked at there is one.
//!
//! It has the check's location, and the server's answer as that of a try. No client has sent it: what a client
//! would have said has no value, as in nginx.

use crate::http::downstream::Downstream;
use crate::http::probe::Probe;
use crate::http::request::{Request, Try};
use crate::http::settings::health::{HealthCheck, Match};
use crate::serve::eval;
use crate::worker::*;

/// Whether each of the variables has a value that is not `0`.
pub fn is_there(w: &mut Worker, id: ProbeId, check: &HealthCheck, matching: &Match) -> bool {
    let request = detached(w, check);
    let Worker { requests, probes, groups, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return false };
    let it = &mut requests[request];
    let peer = groups[check.group].peer_of(&probe.claim.addr);
    it.tries = vec![Try { status: status(probe), ..Try::new(check.group, peer, false) }];
    it.upstream_head = Some(Box::new(std::mem::take(&mut probe.fetch.head)));
    it.action = "checking variables";
    let is_there = matching.required.iter().all(|it| eval::is_true(w, request, it));
    w.requests.remove(request);
    is_there
}

/// A request of the check's location that has come to its group. It is to be removed again.
pub fn detached(w: &mut Worker, check: &HealthCheck) -> RequestId {
    let server = w.conf.location(check.location).server;
    let mut request = Request::new(Downstream::Detached, server, check.location);
    request.tries.push(Try::new(check.group, None, false));
    w.requests.insert(Task::new(request))
}

fn status(probe: &Probe) -> u16 {
    probe.fetch.line.map_or(0, |line| line.status)
}
