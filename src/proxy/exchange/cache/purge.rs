//! `…_cache_purge`: a request removes what is in the cache for its key.

use crate::cache::key::Key;
use crate::http::settings::cache::{Cache, CacheIndex, PurgeBy};
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval, phases, respond};
use crate::worker::*;

use super::{is_any_true, store, wall_ms};

/// A request that asks for its response to be removed. None: it does not.
pub(super) fn asked(w: &mut Worker, id: RequestId, cache: &'static Cache) -> Option<Asked> {
    match &cache.settings.purge {
        PurgeBy::Off => None,
        PurgeBy::Condition(conditions) => {
            is_any_true(w, id, conditions).then_some(Asked::ByCondition)
        }
        PurgeBy::Method(method, _) if w.requests[id].method_name() != &**method => None,
        PurgeBy::Method(_, networks) => {
            let client = downstream::client(w, id)?;
            match networks.iter().any(|net| net.holds(client)) {
                true => Some(Asked::ByMethod),
                false => {
                    phases::log_forbidden(w, id);
                    Some(Asked::WithoutRight)
                }
            }
        }
    }
}

/// By which form of the directive a request asks, each of which has an answer of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// nginx's: 204.
    ByCondition,
    /// The module's: a page.
    ByMethod,
    WithoutRight,
}

/// Removes the entry of the request's key.
pub(super) fn run(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    at: CacheIndex,
    asked: Asked,
) -> Flow {
    if asked == Asked::WithoutRight {
        return Flow::End(403);
    }
    let mut key = Vec::new();
    eval::template(w, id, &cache.key, &mut key);
    entries(w, id, at, &key, asked == Asked::ByMethod)
}

/// Removes the entry of a key, or those of all keys that begin with what is before a `*` at its end. With the first
/// response that varies its variants go, too. `has_page`: the answer is that of the module ngx_cache_purge.
pub fn entries(w: &mut Worker, id: RequestId, at: CacheIndex, key: &[u8], has_page: bool) -> Flow {
    let Some(store) = store(w, at) else { return Flow::End(404) };
    let wall_ms = wall_ms(w);
    match key.strip_suffix(b"*") {
        None if !store.purge(Key::of(key)) => return Flow::End(404),
        Some(prefix) if !store.purge_prefix(prefix, w.event.now, wall_ms) => {
            let zone = &w.conf.http.caches[usize::from(at.0)].declared.name;
            let text = format_args!("no room in cache keys zone \"{zone}\" for a wildcard purge");
            log::error(w, id, Level::Error, text);
            return Flow::End(500);
        }
        _ => {}
    }
    match has_page {
        true => {
            let text = [b"Successful purge: ", key, b"\n"].concat();
            respond::text(w, id, 200, b"text/plain", &text);
        }
        false => respond::text(w, id, 204, b"", b""),
    }
    Flow::Answered
}
