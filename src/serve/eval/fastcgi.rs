//! `$fastcgi_script_name` and `$fastcgi_path_info`.

use crate::base::regex::{Captures, MatchError};
use crate::serve::log;
use crate::worker::{RequestId, Worker};

use super::put;

#[inline(never)]
pub(super) fn script_name(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let Ok(split) = split(w, id) else { return false };
    match &split {
        Some(split) => out.extend_from_slice(split.get(1)),
        None => out.extend_from_slice(&w.requests[id].uri),
    }
    give(w, split);
    if out[start..].ends_with(b"/") {
        out.extend_from_slice(&w.location_of(id).fastcgi.index);
    }
    true
}

#[inline(never)]
pub(super) fn path_info(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let Ok(split) = split(w, id) else { return false };
    if let Some(split) = &split {
        put(out, split.get(2));
    }
    give(w, split);
    true
}

/// What `fastcgi_split_path_info` makes of the uri; `Ok(None)`: nothing. After an error neither variable has a
/// value, as in nginx.
fn split(w: &mut Worker, id: RequestId) -> Result<Option<Captures>, MatchError> {
    let Some(pattern) = &w.location_of(id).fastcgi.split_path_info else { return Ok(None) };
    let mut captures = w.buffers.captures();
    let found = pattern.regex.captures(&w.requests[id].uri, &mut captures);
    if found == Ok(true) {
        return Ok(Some(captures));
    }
    w.buffers.give_captures(captures);
    if found.is_err() {
        log::regex_failed(w, id, Some(&pattern.regex), &w.requests[id].uri);
    }
    found.map(|_| None)
}

fn give(w: &mut Worker, split: Option<Captures>) {
    if let Some(captures) = split {
        w.buffers.give_captures(captures);
    }
}
