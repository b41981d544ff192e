//! The tap between the codec and the filters: a copy of the response's body goes to a file of `proxy_store`, or to the
//! cache.

use crate::http::exchange::Tap;
use crate::worker::*;

use super::cache::fill;
use super::store;

/// Begins the copy, if one is wanted of this response. The head of the client's response is filled.
pub fn begin(w: &mut Worker, id: UpstreamId) {
    store::begin(w, id);
    fill::begin(w, id);
}

/// A piece of the body.
pub fn write(w: &mut Worker, id: UpstreamId, data: &[u8]) {
    let Some(rare) = w.upstreams[id].rare.if_any() else { return };
    match rare.tap {
        None => {}
        Some(Tap::Store(_)) => store::write(w, id, data),
        Some(Tap::Cache(_)) => fill::write(w, id, data),
    }
}

/// The response is whole.
pub fn finish(w: &mut Worker, id: UpstreamId) {
    let rare = w.upstreams[id].rare.if_any();
    match rare.and_then(|rare| rare.tap.take()) {
        None => {}
        Some(Tap::Store(store)) => store::finish(w, id, &store),
        Some(Tap::Cache(filling)) => fill::finish(w, id, *filling),
    }
}
