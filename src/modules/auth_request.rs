//! `auth_request`: the status of a subrequest decides: 2xx lets the request pass, 401 and 403 refuse it.

use crate::http::conf::Conf;
use crate::http::subrequest::Role;
use crate::proto::Name;
use crate::serve::log::{self, Level};
use crate::serve::subrequest::{self, Asked};
use crate::serve::{abort, downstream, eval, phases};
use crate::worker::*;

pub static MODULE: Module = Module { name: "auth_request", phases: &[(Phase::Access, check)] };

pub fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|location| location.auth_request.uri.is_some())
}

fn check(w: &mut Worker, id: RequestId) -> Flow {
    let Some(uri) = &w.location_of(id).auth_request.uri else { return Flow::Next };
    let Some(child) = w.requests[id].rare.auth else { return ask(w, id, uri) };
    if w.requests[child].outcome.is_none() {
        return Flow::Wait;
    }
    set_variables(w, id, child);
    let flow = judge(w, id, child);
    let request = &mut w.requests[id];
    request.rare.get_or_insert().auth = None;
    request.write = rest;
    subrequest::free(w, child);
    flow
}

fn ask(w: &mut Worker, id: RequestId, uri: &[u8]) -> Flow {
    let asked = Asked { uri, args: b"", role: Role::Awaited, is_copy: false };
    let Some(child) = subrequest::start(w, id, &asked) else { return Flow::End(500) };
    let request = &mut w.requests[id];
    request.rare.get_or_insert().auth = Some(child);
    request.write = phases::run;
    abort::await_end(w, id);
    Flow::Wait
}

/// `auth_request_set`, whatever the subrequest has come to.
fn set_variables(w: &mut Worker, id: RequestId, child: RequestId) {
    let main = downstream::of_variables(w, id);
    for (slot, value) in &w.location_of(id).auth_request.set {
        let mut text = w.buffers.line();
        eval::template(w, child, value, &mut text);
        w.requests[main].set_slot(*slot, &text);
        w.buffers.give_line(text);
    }
}

fn judge(w: &mut Worker, id: RequestId, child: RequestId) -> Flow {
    let status = w.requests[child].response.status;
    match status {
        200..=299 => Flow::Allow,
        403 => Flow::End(403),
        401 => {
            let fields = std::mem::take(&mut w.requests[child].response.fields);
            for challenge in fields.all(Name::WwwAuthenticate) {
                w.requests[id].rare.get_or_insert().challenges.push(challenge.into());
            }
            w.buffers.give_head(fields);
            Flow::End(401)
        }
        _ => {
            // What nginx says once a server has been asked.
            let is_proxied = !w.requests[child].tries.is_empty();
            w.requests[id].action = if is_proxied { "sending to client" } else { "" };
            let text = format_args!("auth request unexpected status: {status}");
            log::error(w, id, Level::Error, text);
            Flow::End(500)
        }
    }
}
