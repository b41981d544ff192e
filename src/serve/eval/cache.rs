//! `$upstream_cache_…`: what the cache knows of the request.

use crate::http::cached::CacheStatus;
use crate::http::dates;
use crate::http::vars::Var;
use crate::worker::{RequestId, Worker};

use super::{put, put_some};

#[inline(never)]
pub fn variable(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let Some(cached) = &w.requests[id].rare.cached else { return false };
    // The others are the conditions by which a server is asked whether that is still valid.
    let stale = cached.stale.as_ref().filter(|_| cached.status == Some(CacheStatus::Expired));
    match var {
        Var::UpstreamCacheKey => put_some(out, &cached.key_text),
        Var::UpstreamCacheStatus => cached.status.is_some_and(|it| put(out, it.name().as_bytes())),
        Var::UpstreamCacheEtag => stale.is_some_and(|stale| put_some(out, stale.etag())),
        _ => stale
            .filter(|stale| stale.meta.last_modified != 0)
            .is_some_and(|stale| put(out, &dates::http(stale.meta.last_modified))),
    }
}
