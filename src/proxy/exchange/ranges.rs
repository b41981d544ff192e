//! `proxy_force_ranges`: a part of a response whose server was asked for all of it.

use crate::http::dates;
use crate::http::exchange::Window;
use crate::http::ranges::{self, Ranges};
use crate::proto::{Name, Version};
use crate::proxy::pool::release;
use crate::serve::respond;
use crate::worker::*;

use super::discard;

/// Decides what of the body the client gets. False: the request has been answered.
pub fn choose(w: &mut Worker, id: UpstreamId, rest_of_read: &mut [u8]) -> bool {
    let request = w.upstreams[id].request;
    let most = w.location_of(request).core.max_ranges;
    let r = &w.requests[request];
    let response = &r.response;
    let Some(length) = response.content_length else { return true };
    let is_page = r.status_override.is_some_and(|status| status != 200);
    let is_able = most != Some(0) && r.line.version != Version::V09;
    if response.status != 200 || is_page || !is_able {
        return true;
    }
    // If-Range is compared with the fields that the client will see.
    if r.head.get(Name::Range).is_some() && !respond::filter(w, request) {
        return false;
    }
    let r = &w.requests[request];
    let response = &r.response;
    let field = |name| response.fields.get(name);
    let modified =
        response.rare.last_modified.or_else(|| field(Name::LastModified).and_then(dates::parse));
    let condition = r.head.get(Name::IfRange);
    let may = condition.is_none_or(|it| ranges::if_range(it, field(Name::Etag), modified));
    let mut found = Vec::new();
    // Several would have to be put together out of order: the whole is as good.
    let asked = match r.head.get(Name::Range).filter(|_| may) {
        Some(value) => ranges::parse(value, length, 1, &mut found),
        None => Ranges::Whole,
    };
    let response = &mut w.requests[request].response;
    match (asked, &*found) {
        (Ranges::NotSatisfiable, _) => {
            response.add(b"Content-Range", format!("bytes */{length}").as_bytes());
            discard::rest(w, id, rest_of_read);
            release::release(w, id);
            respond::error(w, request, 416);
            false
        }
        (Ranges::Some, [range]) => {
            let value = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            response.add(b"Content-Range", value.as_bytes());
            response.status = 206;
            response.forget_reason();
            let left = range.end - range.start;
            response.content_length = Some(left);
            w.upstreams[id].rare.get().window = Some(Window { skip: range.start, left });
            true
        }
        _ => {
            response.add(b"Accept-Ranges", b"bytes");
            true
        }
    }
}

/// The client has its part, and what else the server sends is of no use.
pub fn is_enough(w: &Worker, id: UpstreamId) -> bool {
    let upstream = &w.upstreams[id];
    upstream.rare.window.as_ref().is_some_and(|window| window.left == 0)
        && upstream.rare.store.is_none()
}
