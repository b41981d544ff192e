//! `…_cache_purge`: a request removes what is in the cache for its key.

use crate::cache::key::Key;
use crate::http::settings::cache::{Cache, CacheIndex, PurgeBy};
use crate::serve::{downstream, eval, phases, respond};
use crate::worker::*;

use super::{is_any_true, store};

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
    match (entry(w, at, &key), asked) {
        (false, _) => Flow::End(404),
        (true, Asked::ByMethod) => page(w, id, &key),
        (true, _) => {
            respond::text(w, id, 204, b"", b"");
            Flow::Answered
        }
    }
}

/// Removes the entry of a key; whether there was one. With the first response that varies its variants go, too.
pub fn entry(w: &Worker, at: CacheIndex, key: &[u8]) -> bool {
    store(w, at).is_some_and(|store| store.purge(Key::of(key)))
}

/// The answer of the module ngx_cache_purge.
pub fn page(w: &mut Worker, id: RequestId, key: &[u8]) -> Flow {
    let text = [b"Successful purge: ", key, b"\n"].concat();
    respond::text(w, id, 200, b"text/plain", &text);
    Flow::Answered
}
