//! `$slice_range`: the part of a response that a server is asked for.

use crate::http::slice::{self, Slice};
use crate::proto::{Name, Version};
use crate::serve::downstream;
use crate::worker::{RequestId, Worker};

use super::put;

/// Asked for the first time, by a request that a client has sent, it is the part that the client's range begins in.
#[inline(never)]
pub fn variable(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let size = w.location_of(id).slice.size as u64;
    if size == 0 {
        return false;
    }
    let Some(at) = part(w, id, size) else { return false };
    let last = at.saturating_add(size - 1);
    put(out, format!("bytes={at}-{last}").as_bytes())
}

fn part(w: &mut Worker, id: RequestId, size: u64) -> Option<u64> {
    let core = &w.location_of(id).core;
    let request = &mut w.requests[id].it;
    if downstream::is_subrequest(request) {
        return request.rare.slice_at;
    }
    let location = request.location;
    let known = request.rare.ctx.as_ref().and_then(|ctx| ctx.slice.as_ref());
    if let Some(slice) = known.filter(|slice| slice.location == location) {
        return Some(slice.at);
    }
    if request.response.status != 0 {
        return None;
    }
    let has_ranges = core.max_ranges != Some(0)
        && request.line.version != Version::V09
        && request.head.get(Name::IfRange).is_none();
    let range = request.head.get(Name::Range).filter(|_| has_ranges);
    let at = range.map_or(0, slice::first_byte) / size * size;
    request.ctx().slice = Some(Box::new(Slice::new(location, at)));
    Some(at)
}
