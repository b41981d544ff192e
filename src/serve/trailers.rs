//! Fields behind the body: `add_trailer`, and those of the server that `proxy_pass_trailers` lets through.
//!
//! Only a chunked body has room for them. A response that is to have some is chunked even if its length is
//! known; `Response::trailers` says so.

use crate::http::response::{Framing, Response};
use crate::worker::*;

use super::eval;

/// Whether the end of this response has more to say than that it is the end.
pub fn are_due(response: &Response) -> bool {
    response.rare.trailers.is_some() && response.framing == Framing::Chunked
}

/// Evaluates what the location adds. Called once, when the body's last byte is known.
pub fn evaluate(w: &mut Worker, id: RequestId) {
    for trailer in &w.location_of(id).headers.trailers {
        if !trailer.applies(w.requests[id].response.status) {
            continue;
        }
        let mut value = w.buffers.line();
        eval::template(w, id, &trailer.value, &mut value);
        if !value.is_empty() {
            w.requests[id].response.add_trailer(&trailer.name, &value);
        }
        w.buffers.give_line(value);
    }
}
