//! `mirror`: each request is sent to other locations, too, whose responses are ignored.

use crate::http::conf::Conf;
use crate::http::subrequest::Role;
use crate::serve::subrequest::{self, Asked};
use crate::serve::{body, downstream, phases};
use crate::worker::*;

pub static MODULE: Module = Module { name: "mirror", phases: &[(Phase::PreContent, mirror)] };

pub fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|location| !location.mirror.uris.is_empty())
}

fn mirror(w: &mut Worker, id: RequestId) -> Flow {
    let settings = &w.location_of(id).mirror;
    if settings.uris.is_empty() || downstream::is_subrequest(&w.requests[id]) {
        return Flow::Next;
    }
    if settings.request_body {
        w.requests[id].write = phases::run;
        match body::read(w, id) {
            Flow::Next => w.requests[id].write = rest,
            other => return other,
        }
    }
    let args = w.requests[id].args.clone();
    for uri in &settings.uris {
        // That there are too many is no matter of the request itself.
        let _ = subrequest::start(
            w,
            id,
            &Asked { uri, args: &args, role: Role::Background, is_copy: true },
        );
    }
    Flow::Next
}
