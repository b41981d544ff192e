//! `proxy_cache_purge ZONE KEY` and its kin, of the module ngx_cache_purge: a location whose requests remove an entry.

use crate::http::conf::{Conf, Content};
use crate::proxy::exchange::cache::purge;
use crate::serve::eval;
use crate::worker::*;

pub static MODULE: Module = Module { name: "cache_purge", phases: &[(Phase::Content, answer)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|it| it.content == Content::Purge)
}

fn answer(w: &mut Worker, id: RequestId) -> Flow {
    let location = w.location_of(id);
    let Some(it) = location.purge.as_ref().filter(|_| location.content == Content::Purge) else {
        return Flow::Next;
    };
    let mut key = Vec::new();
    eval::template(w, id, &it.key, &mut key);
    purge::entries(w, id, it.at, &key, true)
}
