//! `…_cache_lock`: one request fills the cache, and others for the same wait until it has, or has failed.

use crate::cache::index::Marked;
use crate::http::cached::{CacheStatus, Cached};
use crate::http::settings::cache::Cache;
use crate::serve::delay;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::super::start;
use super::{Step, open, store};

pub(super) use crate::serve::finish::wake_waiters as wake;

/// Other workers do not wake requests of this one: these look by themselves each time this long has passed, in ms.
const POLL: u64 = 100;

/// The request waits, as [`Cached::wait_until`] says.
pub(super) fn begin(w: &mut Worker, id: RequestId) {
    let Some(cached) = &w.requests[id].rare.cached else { return };
    let left = cached.wait_until.unwrap_or(0).saturating_sub(w.event.now);
    w.cache_waiters.add(cached.key, id);
    delay::begin(w, id, left.min(POLL), |w, id| {
        if delay::is_over(w, id) {
            forget(w, id);
            start::go_on(w, id);
        }
    });
}

fn forget(w: &mut Worker, id: RequestId) {
    if let Some(cached) = &w.requests[id].rare.cached {
        w.cache_waiters.remove(cached.key, id);
    }
}

/// The request has waited for a while.
pub(super) fn resume(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    mut cached: Box<Cached>,
) -> Step {
    let now = w.event.now;
    let until = cached.wait_until.take();
    let Some(store) = store(w, cached.at) else { return Step::Pass };
    match store.mark(cached.key, now, cache.settings.lock_age, cached.seen) {
        Marked::Taken(ticket) => {
            cached.ticket = Some(ticket);
            Step::Ask(cached)
        }
        Marked::Present(version) => open(w, id, cache, cached, Some(version), true),
        Marked::Held(_) if until.is_some_and(|until| now < until) => {
            cached.wait_until = until;
            Step::Wait(cached)
        }
        Marked::Held(_) => {
            log::error(w, id, Level::Info, format_args!("cache lock timeout"));
            cached.status = Some(CacheStatus::Miss);
            cached.may_store = false;
            Step::Ask(cached)
        }
        Marked::Open | Marked::Unknown => Step::Ask(cached),
    }
}
