//! `stub_status`: the counters of the whole server as nginx prints them.

use std::io::Write;

use crate::http::conf::Content;
use crate::proto::Method;
use crate::serve::respond;
use crate::worker::*;

pub static MODULE: Module = Module { name: "stub_status", phases: &[(Phase::Content, answer)] };

fn answer(w: &mut Worker, id: RequestId) -> Flow {
    if w.location_of(id).content != Content::Status {
        return Flow::Next;
    }
    if !matches!(w.requests[id].method, Method::Get | Method::Head) {
        return respond::not_allowed(w, id, b"GET, HEAD");
    }
    // This worker's own row is as of the last turn.
    w.counters.set(w.totals());
    let it = w.counters.sum();
    let mut text = w.buffers.line();
    let _ = write!(
        text,
        "Active connections: {} \nserver accepts handled requests\n {} {} {} \n\
         Reading: {} Writing: {} Waiting: {} \n",
        it.active, it.accepted, it.handled, it.requests, it.reading, it.writing, it.waiting
    );
    respond::text(w, id, 200, b"text/plain", &text);
    w.buffers.give_line(text);
    Flow::Answered
}
