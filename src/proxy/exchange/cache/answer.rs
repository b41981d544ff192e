//! What is in the cache is the response.

use crate::cache::counters::Counter;
use crate::http::cached::{OF_HEAD, Stored};
use crate::http::conf::Content;
use crate::http::filters::{BodyFilters, FileBody, HeadFilters};
use crate::http::stored_head;
use crate::proto::Name;
use crate::proxy::pool::release;
use crate::serve::respond;
use crate::worker::*;

use super::super::{accel, fields, start};
use super::{count, status, store};

/// No server is asked.
pub(super) fn serve(w: &mut Worker, id: RequestId, stored: &Stored) -> Flow {
    let Content::Upstream(protocol) = w.location_of(id).content else { return Flow::End(500) };
    let upstream = start::new_upstream(w, id, protocol);
    send(w, upstream, stored, Asked::Nobody);
    Flow::Answered
}

/// Whether a server was asked first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    Nobody,
    Server,
}

/// Ends the exchange: the client gets what is stored, by the settings of its location.
pub(super) fn send(w: &mut Worker, id: UpstreamId, stored: &Stored, asked: Asked) {
    let request = w.upstreams[id].request;
    count(w, request);
    let upstream = &mut w.upstreams[id].it;
    if upstream.head.bytes.capacity() == 0 {
        upstream.head = w.buffers.head();
    }
    upstream.head.clear();
    let Some(mut line) = stored_head::read(stored.response(), &mut upstream.head) else {
        release::release(w, id);
        return respond::error(w, request, 500);
    };
    line.length = match stored.meta.flags & OF_HEAD {
        0 => Some(stored.meta.body),
        // Of the body that a GET would get.
        _ => upstream.head.get(Name::ContentLength).and_then(crate::conf::value::number),
    };
    upstream.line = line;
    if line.accel {
        accel::obey(w, id);
    }
    if fields::copy(w, id).is_err() {
        release::release(w, id);
        return respond::error(w, request, 500);
    }
    if w.location_of(request).cache.as_ref().is_some_and(|it| it.settings.status_header) {
        status::of_cache(w, request, stored, asked);
    }
    let has_ranges = w.upstreams[id].head.get(Name::AcceptRanges).is_some();
    let force_ranges = w.location_of(request).upstream.force_ranges;
    let it = &mut w.requests[request].it;
    it.response.filters.insert(HeadFilters::NOT_MODIFIED);
    if has_ranges || force_ranges {
        it.response.filters.insert(HeadFilters::RANGE);
    }
    it.action = "sending to client";
    release::release(w, id);
    if respond::begin(w, request) {
        body(w, request, stored);
    }
}

fn body(w: &mut Worker, id: RequestId, stored: &Stored) {
    let at = w.requests[id].rare.cached.as_ref().map(|cached| cached.at);
    if let Some(store) = at.and_then(|at| store(w, at)) {
        store.count(Counter::Sent, stored.meta.body);
    }
    // Several ranges are parts of a file.
    let is_cut = w.requests[id].filters.has(BodyFilters::RANGE);
    match stored.body().filter(|_| !is_cut) {
        Some(body) => respond::write(w, id, body, true),
        None => {
            let (file, left) = (stored.file.clone(), stored.meta.body);
            respond::file(w, id, FileBody { file, offset: stored.body_start(), left })
        }
    };
}
