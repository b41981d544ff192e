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
    let server = w.conf.location(check.location).server;
    let Worker { requests, probes, groups, .. } = w;
    let Some(probe) = probes.get_mut(id) else { return false };
    let mut request = Request::new(Downstream::Detached, server, check.location);
    let peer = groups[check.group].peer_of(&probe.claim.addr);
    request.tries.push(Try { status: status(probe), ..Try::new(check.group, peer, false) });
    request.upstream_head = Some(Box::new(std::mem::take(&mut probe.head)));
    request.action = "checking variables";
    let request = requests.insert(Task::new(request));
    let is_there = matching.required.iter().all(|it| eval::is_true(w, request, it));
    w.requests.remove(request);
    is_there
}

fn status(probe: &Probe) -> u16 {
    probe.line.map_or(0, |line| line.status)
}
