//! The server's response is stored as it passes.

use crate::cache::fill::{Failed, TempPath};
use crate::cache::format::{self, Head, Meta};
use crate::cache::key::{Key, Variant};
use crate::cache::store::Update;
use crate::http::cached::{Filling, IS_ERROR, OF_HEAD};
use crate::http::exchange::{Buffering, Tap};
use crate::http::filters::HeadFilters;
use crate::http::freshness::{self, Freshness};
use crate::http::settings::cache::Cache;
use crate::http::settings::upstream_conf::IgnoreHeaders;
use crate::http::{dates, stored_head, vary};
use crate::proto::Name;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::super::fields;
use super::{give_way, is_any_true, status, store, wait};

/// What is stored beside the body.
struct Plan {
    key: Key,
    meta: Meta,
    etag: Vec<u8>,
    vary: Vec<u8>,
    response: Vec<u8>,
}

/// The head of a server's response has come.
pub fn begin(w: &mut Worker, id: UpstreamId) {
    let Some(cache) = &w.location_of(w.upstreams[id].request).cache else { return };
    begin_to_store(w, id, cache);
    if cache.settings.status_header {
        status::of_server(w, id);
    }
}

/// Begins to store a response, if it may be. The client's response has its fields, and gets the filters that nginx has
/// for what it stores: what the client has already is not sent, and parts are, where the server would send some.
fn begin_to_store(w: &mut Worker, id: UpstreamId, cache: &Cache) {
    let request = w.upstreams[id].request;
    if !w.requests[request].may_store() {
        return;
    }
    let is_refused = is_any_true(w, request, &cache.settings.no_cache);
    let plan = plan(w, id, cache).filter(|_| !is_refused);
    let Worker { requests, upstreams, .. } = w;
    let head = &upstreams[id].head;
    let ranges = head.fields.iter().find(|field| field.id == Name::AcceptRanges);
    let response = &mut requests[request].response;
    match (&plan, ranges) {
        (Some(_), Some(_)) => {
            response.filters.insert(HeadFilters::RANGE);
            response.rare.get_or_insert().single_range = true;
        }
        // It was left out for ours.
        (None, Some(field)) => response.add_line(head, field),
        (_, None) => {}
    }
    let Some(plan) = plan else { return give_way(w, request) };
    response.filters.insert(HeadFilters::NOT_MODIFIED);
    match create(w, request, plan) {
        Some(filling) => {
            w.upstreams[id].rare.get_or_insert().tap = Some(Tap::Cache(Box::new(filling)));
        }
        None => give_way(w, request),
    }
}

/// Whether, where and for how long the response is stored, as far as it says.
fn plan(w: &mut Worker, id: UpstreamId, cache: &Cache) -> Option<Plan> {
    let number = w.rng.word();
    let upstream = &w.upstreams[id].it;
    let request = &w.requests[upstream.request];
    let cached = request.rare.cached.as_ref()?;
    let ignored = w.conf.location(request.location).upstream.ignore_headers;
    let (head, line, now) = (&upstream.head, &upstream.line, w.event.wall.secs);
    let is_part = matches!(line.status, 206 | 416) && !cache.key_has.range;
    // A 304 is the answer to a condition that we have not set.
    if upstream.buffering == Buffering::Off || line.status < 200 || line.status == 304 || is_part {
        return None;
    }
    let it = freshness::of(head, ignored, now);
    let is_for_one = request.head.get(Name::Authorization).is_some() && !cache.key_has.credentials;
    if it.is_refused || (is_for_one && !it.is_for_all) {
        return None;
    }
    let until = it.until.or_else(|| cache.valid_until(line.status, now))?;
    let mut meta = times(Meta::default(), &it, until, now);
    meta.requested_ms = cached.asked_ms;
    meta.status = line.status;
    meta.flags = if upstream.is_head { OF_HEAD } else { 0 };
    let date = |name| head.get(name).and_then(dates::parse).unwrap_or(0);
    meta.date = date(Name::Date);
    let mut etag = Vec::new();
    if matches!(line.status, 200 | 206) {
        meta.last_modified = date(Name::LastModified);
        etag.extend_from_slice(head.get(Name::Etag).unwrap_or_default());
    }
    let names = match ignored.contains(IgnoreHeaders::VARY) {
        true => Vec::new(),
        false => vary::names(head),
    };
    if names.len() > vary::LONGEST {
        return None;
    }
    let (mut key, mut vary) = (Key::of(&cached.key_text), Vec::new());
    if !names.is_empty() {
        meta.variant = vary::variant_of(&request.head, &names);
        let of_first = cached.stale.as_ref().map(|stale| stale.vary());
        let known = cached.vary.as_deref().or(of_first).filter(|it| vary::list(it) == names);
        if cached.vary.is_some() && known.is_some() {
            key = cached.key;
        }
        vary = known.map_or_else(|| vary::numbered(&names, number), <[u8]>::to_vec);
    }
    let mut response = Vec::new();
    let is_named =
        |name: &[u8]| line.connection_fields && fields::is_named_by_connection(head, name);
    stored_head::write(head, line, upstream.is_head, is_named, &mut response);
    Some(Plan { key, meta, etag, vary, response })
}

/// The times of a response that is fresh until then.
pub(super) fn times(meta: Meta, it: &Freshness, until: i64, now: i64) -> Meta {
    Meta {
        valid: until,
        updating: until.saturating_add_unsigned(it.while_revalidating),
        error: until.saturating_add_unsigned(it.if_error),
        received: now,
        ..meta
    }
}

/// The file that the response goes to; none, and the log says why.
fn create(w: &mut Worker, request: RequestId, plan: Plan) -> Option<Filling> {
    let seed = w.rng.word();
    let cached = w.requests[request].rare.cached.as_ref()?;
    let Plan { key, meta, etag, vary, response } = plan;
    let (key_text, etag, vary, response) = (&cached.key_text, etag, vary, response);
    let head = Head { meta, key: key_text, etag: &etag, vary: &vary, response: &response };
    let length = head.len();
    if length > format::LONGEST {
        let text = format_args!("the head of a response is too long to be stored: {length} bytes");
        log::error(w, request, Level::Warn, text);
        return None;
    }
    let place = &w.location_of(request).upstream.temp_path;
    let temporary = TempPath { path: &place.path, levels: &place.levels };
    match store(w, cached.at)?.create(key, temporary, length, seed) {
        Ok(fill) => Some(Filling { fill, key, meta, etag, vary, response }),
        Err(failed) => {
            log_failed(w, request, &failed);
            None
        }
    }
}

/// A piece of the body.
pub fn write(w: &mut Worker, id: UpstreamId, data: &[u8]) {
    let request = w.upstreams[id].request;
    let Worker { conf, requests, upstreams, .. } = w;
    let Some(rare) = upstreams[id].it.rare.if_any() else { return };
    let Some(Tap::Cache(filling)) = &mut rare.tap else { return };
    let Some(cached) = &requests[request].rare.cached else { return };
    let place = &conf.http.caches[usize::from(cached.at.0)].place;
    let fill = &mut filling.fill;
    let length = fill.start().saturating_add(fill.body()).saturating_add(data.len() as u64);
    // The whole cache would not hold it.
    let is_too_long = length > place.max_size;
    let written = if is_too_long { Ok(()) } else { fill.write(data) };
    if let Err(failed) = &written {
        let failed = failed.clone();
        log_failed(w, request, &failed);
    }
    if is_too_long || written.is_err() {
        w.upstreams[id].rare.get_or_insert().tap = None;
        give_way(w, request);
    }
}

/// The response is whole.
pub fn finish(w: &mut Worker, id: UpstreamId, filling: Filling) {
    let request = w.upstreams[id].request;
    keep(w, request, filling);
}

/// The file gets its name, and those that wait for it are woken.
fn keep(w: &mut Worker, request: RequestId, filling: Filling) {
    let seed = w.rng.word();
    let now = w.event.now;
    let Some(cached) = w.requests[request].rare.if_any().and_then(|it| it.cached.as_mut()) else {
        return;
    };
    let key_text = std::mem::take(&mut cached.key_text);
    let (at, own) = (cached.at, cached.key);
    let Filling { fill, key, meta, etag, vary, response } = filling;
    let ticket = if key == own { cached.ticket.take() } else { None };
    let update = Update { began: cached.began, ticket };
    let head = Head { meta, key: &key_text, etag: &etag, vary: &vary, response: &response };
    if let Some(store) = store(w, at) {
        if let Err(failed) = store.store(key, now, fill, head, update, seed) {
            log_failed(w, request, &failed);
        }
    }
    if let Some(cached) = w.requests[request].rare.if_any().and_then(|it| it.cached.as_mut()) {
        cached.key_text = key_text;
    }
    wait::wake(w, own);
    // If it lies under another key.
    give_way(w, request);
}

/// `…_intercept_errors`: the page that takes the place of the response is the one of later requests, too.
pub fn intercepted(w: &mut Worker, id: UpstreamId, status: u16) {
    let request = w.upstreams[id].request;
    let Some(cache) = &w.location_of(request).cache else { return };
    if !w.requests[request].may_store() {
        return;
    }
    if let Some(plan) = plan(w, id, cache) {
        page(w, request, status, Some(plan.meta.valid));
    }
}

/// Requests for the key are answered with the page of this status: until then, or as long as `…_cache_valid` says.
pub(super) fn page(w: &mut Worker, request: RequestId, status: u16, until: Option<i64>) {
    let Some(cache) = &w.location_of(request).cache else { return };
    let Some(cached) = w.requests[request].rare.cached.as_ref().filter(|it| it.may_store) else {
        return;
    };
    let now = w.event.wall.secs;
    let Some(until) = until.or_else(|| cache.valid_until(status, now)) else { return };
    let meta = times(Meta::default(), &Freshness::default(), until, now);
    let requested_ms = cached.asked_ms;
    let meta = Meta { status, requested_ms, flags: IS_ERROR, variant: Variant::default(), ..meta };
    let (key, etag, vary, response) = (cached.key, Vec::new(), Vec::new(), Vec::new());
    if let Some(filling) = create(w, request, Plan { key, meta, etag, vary, response }) {
        keep(w, request, filling);
    }
}

/// A file of the cache could not be written.
pub(super) fn log_failed(w: &mut Worker, request: RequestId, failed: &Failed) {
    let Failed { call, path, error } = failed;
    let path = path.display();
    log::file_failed(w, request, *error, format_args!("{call} \"{path}\" failed ({error})"));
}
