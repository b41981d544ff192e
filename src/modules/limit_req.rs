//! `limit_req`: how fast requests of a key may come; faster ones are delayed, or refused.
//!
//! A request is compared with all limits before any counts it, so that one that is refused counts nowhere. The delay is
//! the longest that a limit asks for. It is counted once, also if it is redirected, and with its subrequests.

use crate::http::limit_req::{self, Verdict};
use crate::http::request::Limited;
use crate::http::settings::limits::{LimitZone, ReqLimit};
use crate::serve::log::{self, Level};
use crate::serve::{delay, downstream, eval, phases};
use crate::worker::*;

pub static MODULE: Module = Module { name: "limit_req", phases: &[(Phase::PreAccess, limit)] };

/// nginx's bound.
const LONGEST_KEY: usize = 65_535;

/// What the limits of a location come to.
enum Decision {
    /// No limit has a key for the request.
    Unlimited,
    /// The zone that has no room for its record.
    NoMemory(&'static LimitZone),
    Rejected(Excess),
    /// It waits for this time in ms, because of that limit.
    Accepted(u64, Excess),
}

/// What exceeds the rate of a zone, in thousandths of a request.
#[derive(Clone, Copy)]
struct Excess {
    zone: &'static LimitZone,
    by: u64,
}

fn limit(w: &mut Worker, id: RequestId) -> Flow {
    let settings = &w.location_of(id).limit_req;
    if settings.limits.is_empty() {
        return Flow::Next;
    }
    let main = downstream::main(w, id);
    if w.requests[main].rare.limit_req.is_some() {
        return Flow::Next;
    }
    let mut keys = w.buffers.line();
    let decision = decide(w, id, &settings.limits, &mut keys);
    w.buffers.give_line(keys);
    let dry = if settings.dry_run { ", dry run" } else { "" };
    let limited = match decision {
        Decision::Unlimited => return Flow::Next,
        Decision::Accepted(0, _) => Limited::Passed,
        Decision::Accepted(delay, Excess { zone, by }) => {
            let (whole, rest, name) = (by / 1000, by % 1000, &zone.declared.name);
            let text = format_args!(
                "delaying request{dry}, excess: {whole}.{rest:03}, by zone \"{name}\""
            );
            log::error(w, id, settings.delay_level(), text);
            if !settings.dry_run {
                return wait(w, id, delay);
            }
            Limited::DelayedDryRun
        }
        Decision::Rejected(Excess { zone, by }) => {
            let (whole, rest, name) = (by / 1000, by % 1000, &zone.declared.name);
            let text = format_args!(
                "limiting requests{dry}, excess: {whole}.{rest:03} by zone \"{name}\""
            );
            log::error(w, id, settings.log_level, text);
            if settings.dry_run { Limited::RejectedDryRun } else { Limited::Rejected }
        }
        Decision::NoMemory(zone) => {
            let name = &zone.declared.name;
            crate::alert!("could not allocate node in limit_req zone \"{name}\"");
            if settings.dry_run { Limited::RejectedDryRun } else { Limited::Rejected }
        }
    };
    w.requests[main].rare.get_or_insert().limit_req = Some(limited);
    if limited == Limited::Rejected { Flow::End(settings.status) } else { Flow::Next }
}

/// Asks all limits; the last of them counts the request at once. If none refuses it, the others do, too.
fn decide(
    w: &mut Worker,
    id: RequestId,
    limits: &'static [ReqLimit],
    keys: &mut Vec<u8>,
) -> Decision {
    let last = limits.len() - 1;
    let (mut is_limited, mut counted) = (false, None);
    for (at, limit) in limits.iter().enumerate() {
        let zone = zone_of(w, limit);
        match ask(w, id, limit, keys, at == last) {
            Verdict::Unknown => continue,
            Verdict::NoMemory => return Decision::NoMemory(zone),
            Verdict::Exceeded(by) => return Decision::Rejected(Excess { zone, by }),
            Verdict::Within(by) if at == last => counted = Some(by),
            Verdict::Within(_) => {}
        }
        is_limited = true;
    }
    if is_limited { count(w, limits, keys, counted) } else { Decision::Unlimited }
}

/// What a limit says of the request. Its key is put behind the others, and the length of it behind that; 0 if the
/// limit does not hold.
fn ask(
    w: &mut Worker,
    id: RequestId,
    limit: &ReqLimit,
    keys: &mut Vec<u8>,
    counts: bool,
) -> Verdict {
    let zone = zone_of(w, limit);
    let start = keys.len();
    eval::template(w, id, &zone.key, keys);
    let key = &keys[start..];
    let mut verdict = Verdict::Unknown;
    if key.len() > LONGEST_KEY {
        let [template, key] = [&*zone.declared.key, key].map(String::from_utf8_lossy);
        let text =
            format_args!("the value of the \"{template}\" key is more than 65535 bytes: \"{key}\"");
        log::error(w, id, Level::Error, text);
    } else if let Some(memory) = w.zones.get(limit.zone).filter(|_| !key.is_empty()) {
        verdict = limit_req::check(memory, limit, zone.rate, key, w.event.now, counts);
    }
    if verdict == Verdict::Unknown {
        keys.truncate(start);
    }
    let len = (keys.len() - start) as u32;
    keys.extend_from_slice(&len.to_ne_bytes());
    verdict
}

/// The limits that have only compared the request count it, the last one first. `counted`: the last of all has counted
/// it, and what exceeds its rate.
fn count(
    w: &Worker,
    limits: &'static [ReqLimit],
    mut keys: &[u8],
    counted: Option<u64>,
) -> Decision {
    let (mut longest, mut excess) = (0, Excess { zone: zone_of(w, &limits[0]), by: 0 });
    for (at, limit) in limits.iter().enumerate().rev() {
        let (key, rest) = last_key(keys);
        keys = rest;
        let (zone, now) = (zone_of(w, limit), w.event.now);
        let by = match counted {
            Some(by) if at + 1 == limits.len() => Some(by),
            _ if key.is_empty() => None,
            _ => w.zones.get(limit.zone).and_then(|it| limit_req::count(it, zone.rate, key, now)),
        };
        let Some(by) = by else { continue };
        let delay = limit_req::delay(limit, zone.rate, by);
        if delay > longest {
            (longest, excess) = (delay, Excess { zone, by });
        }
    }
    Decision::Accepted(longest, excess)
}

/// The last of the keys, and those before it.
fn last_key(keys: &[u8]) -> (&[u8], &[u8]) {
    let Some((rest, len)) = keys.split_last_chunk() else { return (&[], &[]) };
    let start = rest.len().saturating_sub(u32::from_ne_bytes(*len) as usize);
    let (before, key) = rest.split_at(start);
    (key, before)
}

fn zone_of(w: &Worker, limit: &ReqLimit) -> &'static LimitZone {
    &w.conf.http.limit_zones[usize::from(limit.zone.0)]
}

/// The request goes on after `delay` ms, unless its client goes away before.
fn wait(w: &mut Worker, id: RequestId, delay: u64) -> Flow {
    let main = downstream::main(w, id);
    w.requests[main].rare.get_or_insert().limit_req = Some(Limited::Delayed);
    delay::begin(w, id, delay, delayed);
    Flow::Wait
}

/// The write handler of a request that is delayed.
fn delayed(w: &mut Worker, id: RequestId) {
    if delay::is_over(w, id) {
        phases::run(w, id);
    }
}
