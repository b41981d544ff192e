//! `otel_trace_context`: the fields that carry the context of a trace to the server.

use crate::http::conf::Conf;
use crate::http::settings::otel::Context;
use crate::serve::trace;
use crate::worker::*;

pub static MODULE: Module = Module { name: "otel", phases: &[(Phase::Rewrite, begin)] };

pub fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|location| location.otel.context != Context::IGNORE)
}

fn begin(w: &mut Worker, id: RequestId) -> Flow {
    let context = w.location_of(id).otel.context;
    if context == Context::IGNORE {
        return Flow::Next;
    }
    let trace = trace::context(w, id).clone();
    if context.inject {
        trace.inject(&mut w.requests[id].head);
    }
    Flow::Next
}
