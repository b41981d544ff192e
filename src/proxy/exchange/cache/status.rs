//! `…_cache_status_header`: what the cache has done with the request, as RFC 9211 writes it.

use crate::http::cached::{CacheStatus, Stored};
use crate::http::exchange::Tap;
use crate::worker::*;

use super::answer::Asked;

/// The response is a server's. Caches that it has come through have lines of their own, and they come first.
pub(super) fn of_server(w: &mut Worker, id: UpstreamId) {
    let Worker { requests, upstreams, .. } = w;
    let upstream = &upstreams[id];
    let it = &mut requests[upstream.request].it;
    let why = match it.rare.cached.as_ref().map(|cached| (cached.status, &cached.vary)) {
        None => "request",
        Some((Some(CacheStatus::Bypass), _)) => "bypass",
        Some((Some(CacheStatus::Expired), _)) => "stale",
        Some((_, Some(_))) => "vary-miss",
        Some((_, None)) => "miss",
    };
    let status = upstream.line.status;
    let is_stored = matches!(upstream.it.rare.tap, Some(Tap::Cache(_)));
    let stored = if is_stored { "; stored" } else { "" };
    let value = format!("peerage; fwd={why}; fwd-status={status}{stored}");
    it.response.add(b"Cache-Status", value.as_bytes());
}

/// The response comes from the cache.
pub(super) fn of_cache(w: &mut Worker, request: RequestId, stored: &Stored, asked: Asked) {
    let ttl = stored.meta.valid.saturating_sub(w.event.wall.secs);
    let it = &mut w.requests[request].it;
    let status = it.rare.cached.as_ref().and_then(|it| it.status);
    let value = match (asked, status) {
        (Asked::Nobody, _) => format!("peerage; hit; ttl={ttl}"),
        (Asked::Server, Some(CacheStatus::Revalidated)) => {
            "peerage; fwd=stale; fwd-status=304".into()
        }
        (Asked::Server, _) => format!("peerage; fwd=stale; ttl={ttl}"),
    };
    it.response.add(b"Cache-Status", value.as_bytes());
}
