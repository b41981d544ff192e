//! The cache of a location's responses, as a request meets it: nginx's `ngx_http_upstream_cache`.
//!
//! | file | what it is |
//! |---|---|
//! | this one | before a server is asked: what is in the cache for this request |
//! | `answer` | what is there is the response |
//! | `fill` | the server's response is stored |
//! | `stale` | a server has failed, or says that what is there is still valid |
//! | `wait` | another request is the one that fills the cache |
//! | `purge` | a request removes what is there |
//! | `status` | `Cache-Status`, which shows clients what came of it |
//! | `update` | a subrequest updates what is there while the client gets it as it is |
//!
//! A cache that fails costs time: whatever is wrong with a file or a zone, the server is asked.

pub mod answer;
pub mod fill;
pub mod purge;
pub mod stale;
mod status;
mod update;
mod wait;

use std::rc::Rc;

use crate::cache::counters::Counter;
use crate::cache::entry::Miss;
use crate::cache::index::{Found, Marked};
use crate::cache::store::Store;
use crate::http::cached::{CacheStatus, Cached, IS_ERROR, OF_HEAD, Parts, Stored};
use crate::http::request::Request;
use crate::http::settings::cache::{Cache, CacheIndex, ZoneName};
use crate::http::vars::Template;
use crate::http::vary;
use crate::proto::{Method, Name};
use crate::serve::log::{self, Level};
use crate::serve::{eval, finish};
use crate::upstream::failure::Failures;
use crate::worker::*;

pub use stale::{after, instead};

/// How long, in ms, one request may be the one that updates what is in the cache. That of a worker that has died is not
/// waited for.
const UPDATE_AGE: u64 = 600 * 1000;

/// What is to be done with the request.
enum Step {
    /// The cache has no part in it.
    Pass,
    /// A server is asked.
    Ask(Box<Cached>),
    Serve(Box<Cached>, Rc<Stored>),
    Wait(Box<Cached>),
    /// The page of this status is in the cache.
    Page(Box<Cached>, u16),
    /// A mistake of the configuration, which the log has.
    Fail,
    /// The request removes what is there.
    Purge(CacheIndex, purge::Asked),
}

/// Before a server is asked. `Flow::Next`: it is to be asked.
pub fn look(w: &mut Worker, id: RequestId) -> Flow {
    let Some(cache) = &w.location_of(id).cache else { return Flow::Next };
    let known = w.requests[id].rare.get_or_insert().cached.take();
    let step = match known {
        Some(cached) if cached.wait_until.is_some() => wait::resume(w, id, cache, cached),
        Some(cached) if cached.is_background && cached.ticket.is_some() => Step::Ask(cached),
        _ => first(w, id, cache),
    };
    match step {
        Step::Pass => Flow::Next,
        Step::Fail => Flow::End(500),
        Step::Purge(at, asked) => purge::run(w, id, cache, at, asked),
        Step::Ask(mut cached) => {
            cached.may_store &= is_storable(&w.requests[id], cache);
            cached.asked_ms = wall_ms(w);
            w.requests[id].rare.get_or_insert().cached = Some(cached);
            if !w.requests[id].may_store() {
                give_way(w, id);
            }
            Flow::Next
        }
        Step::Serve(cached, stored) => {
            w.requests[id].rare.get_or_insert().cached = Some(cached);
            answer::serve(w, id, &stored)
        }
        Step::Wait(cached) => {
            w.requests[id].rare.get_or_insert().cached = Some(cached);
            wait::begin(w, id);
            Flow::Wait
        }
        Step::Page(cached, status) => {
            w.requests[id].rare.get_or_insert().cached = Some(cached);
            count(w, id);
            Flow::End(status)
        }
    }
}

/// Milliseconds since 1970.
fn wall_ms(w: &Worker) -> u64 {
    let wall = w.event.wall;
    u64::try_from(wall.secs).unwrap_or(0).saturating_mul(1000).saturating_add(wall.ms.into())
}

/// Whether the response to the request can be one for others, too, as far as the request says.
fn is_storable(request: &Request, cache: &Cache) -> bool {
    let settings = &cache.settings;
    match request.method {
        // It has no body that a GET could get.
        Method::Head if !settings.convert_head && !cache.key_has.method => false,
        _ => !begins_behind(request, settings.max_range_offset),
    }
}

/// A range is asked for that begins behind that offset: the server is to send it, and not all that is before it.
fn begins_behind(request: &Request, max: u64) -> bool {
    if max == u64::MAX {
        return false;
    }
    let Some(range) = request.head.get(Name::Range) else { return false };
    let Some(range) = range.strip_prefix(b"bytes=") else { return false };
    let digits = range.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = str::from_utf8(&range[..digits]).ok().and_then(|it| it.parse::<u64>().ok());
    // The last bytes, however many, are behind any offset.
    max == 0 || start.is_none_or(|start| start >= max)
}

/// The request asks the cache for the first time.
fn first(w: &mut Worker, id: RequestId, cache: &'static Cache) -> Step {
    let purge = purge::asked(w, id, cache);
    let request = &w.requests[id];
    let is_read = matches!(request.method, Method::Get | Method::Head);
    // The answer may depend on a body, which the key does not hold.
    let has_hidden_body = is_read && request.has_body() && !cache.key_has.body;
    let is_cached = cache.settings.methods.has(request.method) && !has_hidden_body;
    if purge.is_none() && !is_cached {
        return Step::Pass;
    }
    let at = match &cache.settings.zone {
        ZoneName::Off => return Step::Pass,
        ZoneName::Fixed(at) => *at,
        ZoneName::Variable(template) => match find(w, id, template) {
            Ok(Some(at)) => at,
            Ok(None) => return Step::Pass,
            Err(()) => return Step::Fail,
        },
    };
    if let Some(asked) = purge {
        return Step::Purge(at, asked);
    }
    let mut key_text = Vec::new();
    eval::template(w, id, &cache.key, &mut key_text);
    let mut cached = Box::new(Cached::new(at, key_text));
    let is_bypassed = is_any_true(w, id, &cache.settings.bypass);
    let Some(store) = store(w, at) else { return Step::Pass };
    let (found, began) = store.look(cached.key, w.event.now, cache.settings.min_uses);
    cached.began = began;
    if is_bypassed {
        cached.status = Some(CacheStatus::Bypass);
        cached.may_store = true;
        return Step::Ask(cached);
    }
    this(w, id, cache, cached, found)
}

/// The cache that a variable names.
fn find(w: &mut Worker, id: RequestId, template: &Template) -> Result<Option<CacheIndex>, ()> {
    let mut name = w.buffers.line();
    eval::template(w, id, template, &mut name);
    let caches = &w.conf.http.caches;
    let at = caches.iter().position(|cache| cache.declared.name.as_bytes() == name);
    let found = match (&*name, at.and_then(|at| u16::try_from(at).ok())) {
        (b"" | b"off", _) => Ok(None),
        (_, Some(at)) => Ok(Some(CacheIndex(at))),
        (name, None) => {
            let name = String::from_utf8_lossy(name);
            log::error(w, id, Level::Error, format_args!("cache \"{name}\" not found"));
            Err(())
        }
    };
    w.buffers.give_line(name);
    found
}

/// One of the strings is neither empty nor `0`.
fn is_any_true(w: &mut Worker, id: RequestId, templates: &[Template]) -> bool {
    templates.iter().any(|template| eval::is_true(w, id, template))
}

/// The cache of that number. None only in a process that has not got its zones.
pub(super) fn store(w: &Worker, at: CacheIndex) -> Option<Store<'_>> {
    let number = usize::from(at.0);
    let place = &w.conf.http.caches.get(number)?.place;
    let zone = w.zones.get(w.conf.http.zone_of_cache(number)?)?;
    Some(Store { place, zone, disk: &w.disk })
}

/// What is known of the key leads on.
fn this(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    mut cached: Box<Cached>,
    found: Found,
) -> Step {
    match found {
        Found::Present(present) => open(w, id, cache, cached, Some(present.version), true),
        Found::Absent { stores, is_cold: true } => open(w, id, cache, cached, None, stores),
        Found::Absent { stores, is_cold: false } => miss(w, cache, cached, None, stores),
        Found::Unknown => {
            cached.status = Some(CacheStatus::Miss);
            Step::Ask(cached)
        }
    }
}

/// Opens the file of the key. `stores`: without one, the response is stored.
fn open(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    mut cached: Box<Cached>,
    version: Option<u64>,
    stores: bool,
) -> Step {
    if let Some(stored) = version.and_then(|version| recent(w, &cached, version)) {
        return judge(w, id, cache, cached, stored);
    }
    let mut buf = w.buffers.line();
    let Some(store) = store(w, cached.at) else { return Step::Pass };
    let opened = store.open(cached.key, &cached.key_text, version, w.event.now, &mut buf);
    let why = match opened.map(|(entry, version)| (Parts::from(entry), version)) {
        Ok((parts, version)) => {
            let stored = Rc::new(Stored::new(parts, version, buf));
            w.recently_cached.put(cached.at, cached.key, w.event.now, &stored);
            return judge(w, id, cache, cached, stored);
        }
        Err(why) => why,
    };
    w.buffers.give_line(buf);
    cached.status = Some(CacheStatus::Miss);
    let path = |w: &Worker| {
        let place = &w.conf.http.caches[usize::from(cached.at.0)].place;
        place.file(cached.key).display().to_string()
    };
    match why {
        Miss::NotFound => return miss(w, cache, cached, None, stores),
        Miss::Unusable(_) => {
            let text = format_args!("cache file \"{}\" is not whole: it was removed", path(w));
            log::error(w, id, Level::Warn, text);
            return miss(w, cache, cached, None, stores);
        }
        Miss::OtherKey => {
            let text = format_args!("cache file \"{}\" has md5 collision", path(w));
            log::error(w, id, Level::Crit, text);
        }
        Miss::Failed(call, e) => {
            let path = path(w);
            log::file_failed(w, id, e, format_args!("{call} \"{path}\" failed ({e})"));
        }
    }
    Step::Ask(cached)
}

/// What this worker has read of that version, if no purge holds for it.
fn recent(w: &mut Worker, cached: &Cached, version: u64) -> Option<Rc<Stored>> {
    let text = &cached.key_text;
    let stored = w.recently_cached.get((cached.at, cached.key, text), version, w.event.now)?;
    let is_purged = store(w, cached.at)?.is_purged(text, Some(version), &stored.meta);
    (!is_purged).then_some(stored)
}

/// Whether what is in the cache answers the request.
fn judge(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    mut cached: Box<Cached>,
    stored: Rc<Stored>,
) -> Step {
    let request = &w.requests[id];
    let seen = Some(stored.version);
    if !stored.vary().is_empty() {
        let variant = vary::variant_of(&request.head, vary::list(stored.vary()));
        if variant != stored.meta.variant {
            return match cached.vary {
                None => another(w, id, cache, cached, &stored),
                Some(_) => miss(w, cache, cached, seen, true),
            };
        }
    }
    let now = w.event.wall.secs;
    let is_fresh = stored.meta.valid >= now;
    let is_head = stored.meta.flags & OF_HEAD != 0;
    if is_head && request.method != Method::Head {
        return miss(w, cache, cached, seen, true);
    }
    if stored.meta.flags & IS_ERROR != 0 {
        if !is_fresh {
            return miss(w, cache, cached, seen, true);
        }
        cached.status = Some(CacheStatus::Hit);
        return Step::Page(cached, stored.meta.status);
    }
    if is_fresh {
        cached.status = Some(CacheStatus::Hit);
        refresh_early(w, id, cache, &mut cached, &stored);
        return Step::Serve(cached, stored);
    }
    not_fresh(w, id, cache, cached, stored)
}

/// The response varies, and the request asks for another variant than that which lies under its key.
fn another(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    mut cached: Box<Cached>,
    first: &Stored,
) -> Step {
    let variant = vary::variant_of(&w.requests[id].head, vary::list(first.vary()));
    cached.key = cached.key.with(vary::beside(variant, first.vary()));
    cached.vary = Some(first.vary().into());
    let Some(store) = store(w, cached.at) else { return Step::Pass };
    let (found, began) = store.look(cached.key, w.event.now, cache.settings.min_uses);
    cached.began = began;
    this(w, id, cache, cached, found)
}

/// `…_cache_early_refresh`: the sooner what is there ends, the likelier it is that this request has it updated, so that
/// not all find it ended.
fn refresh_early(
    w: &mut Worker,
    id: RequestId,
    cache: &Cache,
    cached: &mut Cached,
    stored: &Rc<Stored>,
) {
    let span = cache.settings.early_refresh;
    let left = stored.meta.valid.saturating_sub(w.event.wall.secs);
    let left = u64::try_from(left).unwrap_or(0);
    if left >= span || w.rng.below(span) < left {
        return;
    }
    let mark =
        |store: Store<'_>, now| store.mark(cached.key, now, UPDATE_AGE, Some(stored.version));
    let Some(Marked::Taken(ticket)) = store(w, cached.at).map(|it| mark(it, w.event.now)) else {
        return;
    };
    cached.ticket = Some(ticket);
    if !update::start(w, id, cached, stored) {
        cached.ticket = None;
        store(w, cached.at).into_iter().for_each(|it| it.release(cached.key, ticket));
    }
}

/// There is a response that is not fresh: it is updated, or used all the same.
fn not_fresh(
    w: &mut Worker,
    id: RequestId,
    cache: &'static Cache,
    mut cached: Box<Cached>,
    stored: Rc<Stored>,
) -> Step {
    let settings = &cache.settings;
    let may_use =
        settings.use_stale.has(Failures::UPDATING) || stored.meta.updating >= w.event.wall.secs;
    let Some(store) = store(w, cached.at) else { return Step::Pass };
    match store.mark(cached.key, w.event.now, UPDATE_AGE, Some(stored.version)) {
        Marked::Taken(ticket) => {
            cached.ticket = Some(ticket);
            if may_use && settings.background_update {
                cached.status = Some(CacheStatus::Stale);
                if update::start(w, id, &mut cached, &stored) {
                    return Step::Serve(cached, stored);
                }
            }
        }
        Marked::Held(_) if may_use => {
            cached.status = Some(CacheStatus::Updating);
            return Step::Serve(cached, stored);
        }
        // Another has stored one just now: the next request gets it.
        Marked::Held(_) | Marked::Present(_) | Marked::Open | Marked::Unknown => {}
    }
    cached.status = Some(CacheStatus::Expired);
    cached.may_store = true;
    cached.stale = Some(stored);
    Step::Ask(cached)
}

/// Nothing is there that could be used. `seen`: the version of what is there.
fn miss(
    w: &Worker,
    cache: &'static Cache,
    mut cached: Box<Cached>,
    seen: Option<u64>,
    stores: bool,
) -> Step {
    cached.status = Some(CacheStatus::Miss);
    cached.may_store = stores;
    if !stores || !cache.settings.lock {
        return Step::Ask(cached);
    }
    let Some(store) = store(w, cached.at) else { return Step::Pass };
    let now = w.event.now;
    match store.mark(cached.key, now, cache.settings.lock_age, seen) {
        Marked::Taken(ticket) => {
            cached.ticket = Some(ticket);
            Step::Ask(cached)
        }
        Marked::Held(_) => {
            let until = now.saturating_add(cache.settings.lock_timeout);
            let until = *cached.lock_until.get_or_insert(until);
            cached.seen = seen;
            if now < until {
                cached.wait_until = Some(until);
                return Step::Wait(cached);
            }
            cached.may_store = false;
            Step::Ask(cached)
        }
        Marked::Present(_) | Marked::Open | Marked::Unknown => Step::Ask(cached),
    }
}

/// The response will not be stored: others do not wait for it any more.
fn give_way(w: &mut Worker, id: RequestId) {
    let Some(cached) = w.requests[id].rare.if_any().and_then(|it| it.cached.as_mut()) else {
        return;
    };
    cached.may_store = false;
    let (at, key) = (cached.at, cached.key);
    if let Some(ticket) = cached.ticket.take() {
        finish::release_ticket(w, at, key, ticket);
    }
}

/// The request needs the cache no more: its upstream is released.
pub fn released(w: &mut Worker, id: RequestId) {
    give_way(w, id);
    let Some(cached) = w.requests[id].rare.if_any().and_then(|it| it.cached.as_mut()) else {
        return;
    };
    cached.stale = None;
    if cached.status.is_some_and(|status| !status.is_served()) {
        count(w, id);
    }
}

/// Counts the request by what it has got.
fn count(w: &Worker, id: RequestId) {
    let Some(cached) = &w.requests[id].rare.cached else { return };
    let counter = match cached.status {
        None => return,
        Some(CacheStatus::Miss) => Counter::Miss,
        Some(CacheStatus::Bypass) => Counter::Bypass,
        Some(CacheStatus::Expired) => Counter::Expired,
        Some(CacheStatus::Stale) => Counter::Stale,
        Some(CacheStatus::Updating) => Counter::Updating,
        Some(CacheStatus::Revalidated) => Counter::Revalidated,
        Some(CacheStatus::Hit) => Counter::Hit,
    };
    if let Some(store) = store(w, cached.at).filter(|_| !cached.is_background) {
        store.count(counter, 1);
    }
}
