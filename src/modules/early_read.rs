//! `client_body_early_read`: the body of some requests is read before anything else is done with them, so that
//! `$request_body` can decide what is.

use crate::http::conf::Conf;
use crate::http::request::{BodyState, SizeCheck};
use crate::serve::{body, downstream, eval, phases};
use crate::worker::*;

pub static MODULE: Module = Module { name: "early_read", phases: &[(Phase::PostRead, read)] };

pub(super) fn is_used(conf: &Conf) -> bool {
    conf.http.servers.iter().any(|it| !it.core.client_body_early_read.is_empty())
}

fn read(w: &mut Worker, id: RequestId) -> Flow {
    let conditions = &w.server_of(id).core.client_body_early_read;
    let request = &w.requests[id];
    if conditions.is_empty() || !request.has_body() || downstream::is_subrequest(request) {
        return Flow::Next;
    }
    if request.body.state == BodyState::Untouched {
        if !conditions.iter().any(|condition| eval::is_true(w, id, condition)) {
            return Flow::Next;
        }
        if !body::is_size_allowed(w, id) {
            return Flow::End(413);
        }
    }
    w.requests[id].write = phases::run;
    let flow = body::read(w, id);
    if flow == Flow::Next {
        let request = &mut w.requests[id];
        request.write = rest;
        // The location that is found may allow less.
        request.body.size = SizeCheck::Due;
    }
    flow
}
