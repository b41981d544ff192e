//! A server has failed, or has said that what is in the cache is still valid.

use std::rc::Rc;

use crate::http::cached::{CacheStatus, Stored};
use crate::http::freshness;
use crate::http::settings::cache::Cache;
use crate::http::stored_head;
use crate::proto::Head;
use crate::upstream::failure::Failures;
use crate::worker::*;

use super::super::discard;
use super::{answer, fill, store};

/// Failures for which `stale-if-error` holds (RFC 5861, 4).
const ERRORS: Failures = Failures(
    Failures::ERROR.0
        | Failures::TIMEOUT.0
        | Failures::INVALID_HEADER.0
        | Failures::HTTP_500.0
        | Failures::HTTP_502.0
        | Failures::HTTP_503.0
        | Failures::HTTP_504.0
        | Failures::NO_LIVE.0,
);

/// The head of a response is here, of a status from 300 on. True: what is in the cache is sent instead.
pub fn instead(w: &mut Worker, id: UpstreamId, failure: Failures, rest_of_read: &mut [u8]) -> bool {
    let request = w.upstreams[id].request;
    let Some(cache) = &w.location_of(request).cache else { return false };
    if w.upstreams[id].line.status == 304 && cache.settings.revalidate {
        let Some(stored) = take(w, request, CacheStatus::Revalidated) else { return false };
        discard::rest(w, id, rest_of_read);
        refresh(w, id, cache, &stored);
        answer::send(w, id, &stored, answer::Asked::Server);
        return true;
    }
    if !may_use(w, request, cache, failure) {
        return false;
    }
    discard::rest(w, id, rest_of_read);
    use_stale(w, id)
}

/// The last try has failed, and the request is about to be answered with `status`. True: it has another answer.
pub fn after(w: &mut Worker, id: UpstreamId, failure: Failures, status: u16) -> bool {
    let request = w.upstreams[id].request;
    let Some(cache) = &w.location_of(request).cache else { return false };
    if may_use(w, request, cache, failure) {
        return use_stale(w, id);
    }
    if matches!(status, 502 | 504) {
        fill::page(w, request, status, None);
    }
    false
}

/// Whether what is in the cache is better than this failure.
fn may_use(w: &Worker, request: RequestId, cache: &Cache, failure: Failures) -> bool {
    let Some(cached) = &w.requests[request].rare.cached else { return false };
    let stale = cached.stale.as_ref().filter(|_| cached.status == Some(CacheStatus::Expired));
    let now = w.event.wall.secs;
    stale.is_some_and(|stale| {
        cache.settings.use_stale.has(failure) || (ERRORS.has(failure) && stale.meta.error >= now)
    })
}

fn use_stale(w: &mut Worker, id: UpstreamId) -> bool {
    let request = w.upstreams[id].request;
    let Some(stored) = take(w, request, CacheStatus::Stale) else { return false };
    answer::send(w, id, &stored, answer::Asked::Server);
    true
}

/// What is in the cache becomes the response.
fn take(w: &mut Worker, id: RequestId, status: CacheStatus) -> Option<Rc<Stored>> {
    let cached = w.requests[id].rare.if_any()?.cached.as_mut()?;
    let stored = cached.stale.take()?;
    cached.status = Some(status);
    Some(stored)
}

/// What is stored is fresh again: for how long the 304 says, or else what is stored, or `…_cache_valid`.
fn refresh(w: &mut Worker, id: UpstreamId, cache: &Cache, stored: &Stored) {
    let request = w.upstreams[id].request;
    let ignored = w.location_of(request).upstream.ignore_headers;
    let now = w.event.wall.secs;
    let mut head = Head::default();
    stored_head::read(stored.response(), &mut head);
    let (told, before) =
        (freshness::of(&w.upstreams[id].head, ignored, now), freshness::of(&head, ignored, now));
    let (it, until) = match (told.until, before.until) {
        _ if told.is_refused => return,
        (Some(until), _) => (told, Some(until)),
        (None, Some(until)) if !before.is_refused => (before, Some(until)),
        (None, _) => (before, cache.valid_until(stored.meta.status, now)),
    };
    let Some(until) = until else { return };
    let meta = fill::times(stored.meta, &it, until, now);
    let Some(cached) = w.requests[request].rare.if_any().and_then(|it| it.cached.as_mut()) else {
        return;
    };
    let (at, key, ticket) = (cached.at, cached.key, cached.ticket.take());
    let Some(store) = store(w, at) else { return };
    let refreshed =
        store.refresh(key, (&stored.file, &stored.head()), meta, (stored.version, ticket));
    if let Err(failed) = refreshed {
        fill::log_failed(w, request, &failed);
    }
    super::wait::wake(w, key);
}
