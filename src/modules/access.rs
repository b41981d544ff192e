//! `allow` and `deny`.

use crate::http::conf::Conf;
use crate::http::settings::core::Satisfy;
use crate::serve::{downstream, phases};
use crate::worker::*;

pub static MODULE: Module = Module { name: "access", phases: &[(Phase::Access, check)] };

pub fn is_used(conf: &Conf) -> bool {
    conf.http.locations.iter().any(|location| !location.access.rules.is_empty())
}

fn check(w: &mut Worker, id: RequestId) -> Flow {
    let location = w.location_of(id);
    if location.access.rules.is_empty() {
        return Flow::Next;
    }
    let Some(client) = downstream::client(w, id) else { return Flow::Next };
    match location.access.decide(client) {
        None => Flow::Next,
        Some(true) => Flow::Allow,
        Some(false) => {
            if location.core.satisfy == Satisfy::All {
                phases::log_forbidden(w, id);
            }
            Flow::End(403)
        }
    }
}
