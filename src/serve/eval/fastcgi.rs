//! `$fastcgi_script_name` and `$fastcgi_path_info`.

use crate::base::regex::Captures;
use crate::serve::log::{self, Level};
use crate::worker::{RequestId, Worker};

use super::put;

pub(super) fn script_name(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let split = split(w, id);
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

pub(super) fn path_info(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let split = split(w, id);
    if let Some(split) = &split {
        put(out, split.get(2));
    }
    give(w, split);
    true
}

/// What `fastcgi_split_path_info` makes of the uri; `None`: nothing.
fn split(w: &mut Worker, id: RequestId) -> Option<Captures> {
    let pattern = w.location_of(id).fastcgi.split_path_info.as_ref()?;
    let mut captures = w.buffers.captures();
    match pattern.regex.captures(&w.requests[id].uri, &mut captures) {
        Ok(true) => return Some(captures),
        Ok(false) => {}
        Err(_) => {
            let text = format_args!("the expression of \"fastcgi_split_path_info\" runs away");
            log::error(w, id, Level::Alert, text);
        }
    }
    w.buffers.give_captures(captures);
    None
}

fn give(w: &mut Worker, split: Option<Captures>) {
    if let Some(captures) = split {
        w.buffers.give_captures(captures);
    }
}
