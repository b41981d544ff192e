//! `slice`: a server is asked for a response part by part, and so is the cache.
//!
//! `$slice_range` is the part that a request asks for. The response to the request of the client has the first of the
//! parts that the client needs; when that has gone, a copy of the request asks for the next one, and its body goes
//! behind, until the client has all.

use crate::http::filters::{BodyFilters, HeadFilters, Passed, Piece};
use crate::http::response::Framing;
use crate::http::slice::{ContentRange, Slice};
use crate::proto::Name;
use crate::serve::log::{self, Level};
use crate::serve::{downstream, filter, postpone};
use crate::worker::*;

use super::headers;

/// The status of the client's response when the first part is none.
const BAD_GATEWAY: u16 = 502;

/// A part is taken if it is the one that was asked for. The head of the first one becomes that of the whole.
pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let main = downstream::main(w, id);
    if main != id && !postpone::is_part(w, id) {
        return Filtered::Next;
    }
    let size = w.location_of(id).slice.size as u64;
    let is_part = w.requests[id].response.status == 206;
    let request = &mut w.requests[main].it;
    let location = request.location;
    let Some(slice) = request.rare.if_any().and_then(|it| it.ctx.as_mut()).map(|it| &mut it.slice)
    else {
        return Filtered::Next;
    };
    let is_asked = slice.as_ref().is_some_and(|slice| slice.location == location || main != id);
    if !is_asked || (main == id && !is_part) {
        *slice = None;
        return Filtered::Next;
    }
    if slice.as_ref().is_some_and(|slice| slice.is_broken) {
        return Filtered::Next;
    }
    match check(w, id, main, size) {
        Ok(part) => accept(w, id, main, part),
        Err(text) => {
            log::error(w, id, Level::Error, format_args!("{text}"));
            if let Some(slice) = slice_of(w, main) {
                slice.is_broken = true;
            }
            Filtered::Instead(BAD_GATEWAY)
        }
    }
}

/// A part, and the length of the whole.
struct Part {
    start: u64,
    end: u64,
    length: u64,
}

/// The part that the response is, which is the one that was asked for; else what is wrong with it.
fn check(w: &mut Worker, id: RequestId, main: RequestId, size: u64) -> Result<Part, String> {
    let response = &w.requests[id].response;
    if response.status != 206 {
        return Err(format!("unexpected status code {} in slice response", response.status));
    }
    let etag = response.fields.get(Name::Etag).unwrap_or_default().to_vec();
    let range = response.fields.get(Name::ContentRange).and_then(ContentRange::parse);
    let content_length = response.content_length;
    let Some(slice) = slice_of(w, main) else { return Err("missing slice".to_owned()) };
    if !slice.etag.is_empty() && slice.etag != etag {
        return Err("etag mismatch in slice response".to_owned());
    }
    let range = range.ok_or_else(|| "invalid range in slice response".to_owned())?;
    let length = range.length.ok_or_else(|| "no complete length in slice response".to_owned())?;
    let end = slice.at.saturating_add(size).min(length);
    if range.start != slice.at || range.end != end {
        return Err(format!("unexpected range in slice response: {}-{}", range.start, range.end));
    }
    if content_length.is_some_and(|len| len != end - range.start) {
        return Err("unexpected length in slice response".to_owned());
    }
    if main != id && slice.length != length {
        return Err("another complete length in slice response".to_owned());
    }
    slice.etag = etag;
    Ok(Part { start: range.start, end, length })
}

fn accept(w: &mut Worker, id: RequestId, main: RequestId, part: Part) -> Filtered {
    let Part { start, end, length } = part;
    let Some(slice) = slice_of(w, main) else { return Filtered::Next };
    (slice.is_active, slice.room) = (true, end - start);
    if main != id {
        let wanted = slice.from.max(start)..slice.until.min(end);
        let request = &mut w.requests[id].it;
        request.filters.insert(BodyFilters::SLICE);
        request.response.content_length = Some(wanted.end.saturating_sub(wanted.start));
        if wanted != (start..end) {
            request.filters.insert(BodyFilters::RANGE);
            let cut = &mut request.ctx().range;
            cut.skip = wanted.start - start;
            cut.left = wanted.end.saturating_sub(wanted.start);
        }
        return Filtered::Next;
    }
    (slice.length, slice.from, slice.until) = (length, 0, length);
    let request = &mut w.requests[id].it;
    request.filters.insert(BodyFilters::SLICE.and(BodyFilters::POSTPONE));
    let response = &mut request.response;
    headers::remove(&mut response.fields, b"Content-Range");
    headers::remove(&mut response.fields, b"Accept-Ranges");
    response.status = 200;
    response.forget_reason();
    response.content_length = Some(length);
    response.filters.insert(HeadFilters::RANGE);
    response.rare.get_or_insert().single_range = true;
    Filtered::Next
}

fn slice_of(w: &mut Worker, id: RequestId) -> Option<&mut Slice> {
    w.requests[id].it.rare.if_any()?.ctx.as_mut()?.slice.as_deref_mut()
}

pub(super) const BODY: BodyFilter = BodyFilter { write, resume };

fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let main = downstream::main(w, id);
    let request = &w.requests[id];
    // The client has what it needs of it, and the rest is not read.
    let is_enough = request.filters.has(BodyFilters::RANGE)
        && request.rare.ctx.as_ref().is_some_and(|ctx| ctx.range.left == 0);
    let len = match &piece {
        Piece::Bytes(data) => data.len() as u64,
        Piece::File(body) => body.left,
        Piece::Flush => 0,
    };
    // A response without a body needs none of the others.
    let has_body = w.requests[main].response.framing != Framing::NoBody;
    let Some(slice) = slice_of(w, main).filter(|_| has_body) else {
        return filter::next(w, id, next, piece, last);
    };
    if len > slice.room || (last && len < slice.room && !is_enough) {
        let text = format_args!("unexpected length of the body in slice response");
        log::error(w, id, Level::Error, text);
        return give_up(w, main);
    }
    slice.room = if last { 0 } else { slice.room - len };
    if main != id || !last {
        return filter::next(w, id, next, piece, last);
    }
    w.requests[id].held.insert(BodyFilters::SLICE);
    let sent = filter::next(w, id, next, piece, false);
    match sent {
        Passed::All => resume(w, id, next),
        _ => sent,
    }
}

/// A part has gone: the next one is asked for, or the response ends.
fn resume(w: &mut Worker, id: RequestId, next: Next) -> Passed {
    let size = w.location_of(id).slice.size as u64;
    let Some(slice) = slice_of(w, id).filter(|slice| slice.is_active && slice.room == 0) else {
        if slice_of(w, id).is_some_and(|slice| !slice.is_active && !slice.is_broken) {
            log::error(w, id, Level::Error, format_args!("missing slice response"));
        }
        return give_up(w, id);
    };
    let mut at = slice.at.saturating_add(size);
    if at.saturating_add(size) <= slice.from {
        at = slice.from / size * size;
    }
    if at >= slice.until {
        let request = &mut w.requests[id].it;
        request.ctx().slice = None;
        request.held.remove(BodyFilters::SLICE);
        return filter::next(w, id, next, Piece::Bytes(&[]), true);
    }
    (slice.at, slice.is_active) = (at, false);
    match postpone::insert_copy(w, id, at) {
        Some(_) => Passed::Blocked,
        None => give_up(w, id),
    }
}

/// The response of the client is cut short.
fn give_up(w: &mut Worker, main: RequestId) -> Passed {
    w.requests[main].held.remove(BodyFilters::SLICE);
    postpone::cut_short(w, main);
    Passed::Over
}

/// The client gets that part of the whole; none: all of it. False: the part that is here lies behind its start.
pub(super) fn cut(w: &mut Worker, id: RequestId, range: Option<&std::ops::Range<u64>>) -> bool {
    let Some(slice) = slice_of(w, id).filter(|slice| slice.is_active) else { return true };
    let (start, end) = (slice.at, slice.at.saturating_add(slice.room));
    let Some(range) = range else { return start == 0 };
    (slice.from, slice.until) = (range.start, range.end);
    let from = range.start.max(start);
    let left = range.end.min(end).saturating_sub(from);
    let cut = &mut w.requests[id].ctx().range;
    (cut.skip, cut.left) = (from - start, left);
    true
}
