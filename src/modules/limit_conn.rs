//! `limit_conn`: how many requests of a key may be under way at the same time.
//!
//! A request is counted from here on until it ends (`serve::finish`). It is counted once, also if it is redirected; the
//! first location with a limit counts for it and for its subrequests. What a subrequest counts that the main request
//! waits for is counted until the main request ends, what one in the background counts until that ends itself.

use crate::http::limit_conn::{self, Verdict};
use crate::http::request::Limited;
use crate::http::settings::limits::{ConnLimit, LimitConn};
use crate::http::subrequest::Role;
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval};
use crate::worker::*;

pub static MODULE: Module = Module { name: "limit_conn", phases: &[(Phase::PreAccess, limit)] };

/// nginx's bound.
const LONGEST_KEY: usize = 255;

fn limit(w: &mut Worker, id: RequestId) -> Flow {
    let settings = &w.location_of(id).limit_conn;
    if settings.limits.is_empty() {
        return Flow::Next;
    }
    let main = downstream::main(w, id);
    if w.requests[main].rare.limit_conn.is_some() {
        return Flow::Next;
    }
    let mut key = w.buffers.line();
    let refused = settings.limits.iter().find(|limit| {
        key.clear();
        !take(w, id, settings, limit, &mut key)
    });
    w.buffers.give_line(key);
    if refused.is_none() {
        return Flow::Next;
    }
    let holder = holder(w, id, main);
    let Worker { requests, zones, .. } = w;
    limit_conn::release(zones, &mut requests[holder].rare.get_or_insert().held);
    let dry_run = settings.dry_run;
    let limited = if dry_run { Limited::RejectedDryRun } else { Limited::Rejected };
    requests[main].rare.get_or_insert().limit_conn = Some(limited);
    if dry_run { Flow::Next } else { Flow::End(settings.status) }
}

/// The request with which the count ends.
fn holder(w: &Worker, id: RequestId, main: RequestId) -> RequestId {
    let is_aside = w.requests[id].rare.subrequest.is_some_and(|it| it.role == Role::Background);
    if is_aside || w.requests[main].outcome.is_some() { id } else { main }
}

/// The limit counts the request. False: it refuses it, and the log says why.
fn take(
    w: &mut Worker,
    id: RequestId,
    settings: &LimitConn,
    limit: &ConnLimit,
    key: &mut Vec<u8>,
) -> bool {
    let known = &w.conf.http.limit_zones[usize::from(limit.zone.0)];
    eval::template(w, id, &known.key, key);
    if key.is_empty() {
        return true;
    }
    if key.len() > LONGEST_KEY {
        let [template, key] = [&known.declared.key, &**key].map(String::from_utf8_lossy);
        let text =
            format_args!("the value of the \"{template}\" key is more than 255 bytes: \"{key}\"");
        log::error(w, id, Level::Error, text);
        return true;
    }
    let main = downstream::main(w, id);
    let holder = holder(w, id, main);
    let Worker { zones, requests, .. } = w;
    requests[main].rare.get_or_insert().limit_conn = Some(Limited::Passed);
    let Some(zone) = zones.get(limit.zone) else { return true };
    let name = &known.declared.name;
    match limit_conn::take(zone, limit.zone, key, limit.connections) {
        Verdict::Taken(held) => {
            requests[holder].rare.get_or_insert().held.push(held);
            true
        }
        Verdict::Unknown => true,
        Verdict::Full => {
            let dry = if settings.dry_run { ", dry run," } else { "" };
            let text = format_args!("limiting connections{dry} by zone \"{name}\"");
            log::error(w, id, settings.log_level, text);
            false
        }
        Verdict::NoMemory => {
            crate::crit!("ngx_slab_alloc() failed: no memory in limit_conn_zone \"{name}\"");
            false
        }
    }
}
