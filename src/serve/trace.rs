//! The context of the trace that a request is part of: made when it is first asked for, and one for the request, its
//! internal redirects and its subrequests.

use crate::http::trace::{Parent, Trace, state};
use crate::worker::*;

use super::downstream;

pub fn context(w: &mut Worker, id: RequestId) -> &Trace {
    let main = downstream::main(w, id);
    let extract = w.location_of(id).otel.context.extract;
    let Worker { requests, rng, .. } = w;
    let request = &mut requests[main].it;
    let head = &request.head;
    request.rare.get_or_insert().trace.get_or_insert_with(|| {
        let parent = extract.then(|| Parent::of(head)).flatten();
        let state = if parent.is_some() { state(head) } else { Vec::new() };
        Box::new(Trace::new(parent, state, || rng.word()))
    })
}
