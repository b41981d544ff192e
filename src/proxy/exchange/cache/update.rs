//! `…_cache_background_update`: a subrequest asks the server while the client gets what is in the cache.

use std::rc::Rc;

use crate::http::cached::{CacheStatus, Cached, Stored};
use crate::http::subrequest::Role;
use crate::serve::subrequest;
use crate::worker::*;

/// Starts the subrequest, which takes the ticket over. False: there are too many.
pub(super) fn start(
    w: &mut Worker,
    id: RequestId,
    cached: &mut Cached,
    stored: &Rc<Stored>,
) -> bool {
    let Some(child) = subrequest::start_copy(w, id, Role::Background) else { return false };
    let its = Cached {
        key: cached.key,
        vary: cached.vary.clone(),
        status: Some(CacheStatus::Expired),
        may_store: true,
        began: cached.began,
        ticket: cached.ticket.take(),
        stale: Some(stored.clone()),
        is_background: true,
        ..Cached::new(cached.at, cached.key_text.clone())
    };
    w.requests[child].rare.get_or_insert().cached = Some(Box::new(its));
    true
}
