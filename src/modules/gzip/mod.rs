//! `gzip`: bodies are compressed for clients that take it.

pub mod accepts;

use crate::http::filters::{BodyFilters, HeadFilters};
use crate::http::response::Response;
use crate::http::settings::media_types::MediaTypes;
use crate::proto::gzip::{Flush, Step};
use crate::proto::{Coding as Named, Method, Name};
use crate::worker::*;

use super::coder::{Coding, body_filter};
use super::headers;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    if !is_wanted(w, id) {
        return Filtered::Next;
    }
    vary(w, id);
    if accepts::gzip(w, id) {
        encode(w, id, Named::Gzip, BodyFilters::GZIP);
    }
    Filtered::Next
}

/// By the location the response is one for gzip.
pub(super) fn is_wanted(w: &Worker, id: RequestId) -> bool {
    let settings = &w.location_of(id).gzip;
    settings.is_on && is_fit(&w.requests[id].response, &settings.types, settings.min_length)
}

/// The response may be sent in a coding that is for these types, from `min_length` bytes on.
pub(super) fn is_fit(response: &Response, types: &MediaTypes, min_length: usize) -> bool {
    types.contain(&response.content_type)
        && matches!(response.status, 200 | 403 | 404)
        && response.content_length.is_none_or(|length| length >= min_length as u64)
        && response.fields.get(Name::ContentEncoding).is_none_or(<[u8]>::is_empty)
}

/// The body goes through `filter`, which makes it one of this coding.
pub(super) fn encode(w: &mut Worker, id: RequestId, coding: Named, filter: BodyFilters) {
    let response = &mut w.requests[id].response;
    headers::remove(&mut response.fields, b"Content-Encoding");
    response.add(b"Content-Encoding", coding.name());
    recode(w, id, filter);
}

/// `gzip_vary`: the response depends on what the client takes.
pub(super) fn vary(w: &mut Worker, id: RequestId) {
    if !w.location_of(id).gzip.vary {
        return;
    }
    let response = &mut w.requests[id].response;
    let is_said = |line: &[u8]| {
        crate::proto::head::list(line).any(|name| name.eq_ignore_ascii_case(b"Accept-Encoding"))
    };
    if !response.fields.all(Name::Vary).any(is_said) {
        response.add(b"Vary", b"Accept-Encoding");
    }
}

/// The body goes through `filter`, which changes it: its length is not known, parts of it are parts of something else,
/// and its tag is a weak one.
pub(super) fn recode(w: &mut Worker, id: RequestId, filter: BodyFilters) {
    let r = &mut w.requests[id].it;
    let response = &mut r.response;
    response.content_length = None;
    response.filters.remove(HeadFilters::RANGE);
    headers::remove(&mut response.fields, b"Accept-Ranges");
    let weak = match response.fields.get(Name::Etag) {
        Some([b'W', b'/', ..]) | None => None,
        Some(tag @ [b'"', ..]) => Some([b"W/", tag].concat()),
        Some(_) => Some(Vec::new()),
    };
    if let Some(weak) = weak {
        headers::remove(&mut response.fields, b"ETag");
        if !weak.is_empty() {
            response.add(b"ETag", &weak);
        }
    }
    // What follows a 101 is no body.
    if r.method != Method::Head && r.response.status != 101 {
        r.filters.insert(filter);
    }
}

/// As `recode`, of a body that follows from more than the one that has the time and the tag: these are kept only with
/// `keeps_time`.
pub(super) fn remake(w: &mut Worker, id: RequestId, filter: BodyFilters, keeps_time: bool) {
    if !keeps_time {
        let response = &mut w.requests[id].response;
        headers::remove(&mut response.fields, b"Last-Modified");
        headers::remove(&mut response.fields, b"ETag");
        if let Some(rare) = response.rare.if_any() {
            rare.last_modified = None;
        }
    }
    recode(w, id, filter);
}

pub(super) const BODY: BodyFilter = body_filter!();

static CODING: Coding =
    Coding { done, ..Coding::new(BodyFilters::GZIP, |ctx| &mut ctx.gzip.held, step) };

fn step(
    w: &mut Worker,
    id: RequestId,
    input: &[u8],
    due: Flush,
    _: &mut usize,
    out: &mut [u8],
) -> Option<Step> {
    let level = w.location_of(id).gzip.comp_level as u8;
    let Worker { requests, coders, .. } = w;
    let gzip = &mut requests[id].it.ctx().gzip;
    if input.is_empty() && due < Flush::Finish && gzip.stream.is_flushed() {
        return Some(Step::NOTHING);
    }
    let memory = gzip.memory.get_or_insert_with(|| coders.compressor(level));
    Some(gzip.stream.step(memory, input, due, out))
}

/// The memory goes back at the end. Where many responses have some, one that pauses waits without.
fn done(w: &mut Worker, id: RequestId, due: Flush) -> bool {
    let Worker { requests, coders, .. } = w;
    let gzip = &mut requests[id].it.ctx().gzip;
    let is_needed = due == Flush::None || due == Flush::Sync && !coders.are_scarce();
    if let Some(memory) = gzip.memory.take_if(|_| !is_needed) {
        coders.give(memory);
    }
    true
}
