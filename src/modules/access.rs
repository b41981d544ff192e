//! `allow` and `deny`.

use crate::http::settings::core::Satisfy;
use crate::serve::downstream;
use crate::serve::log::{self, Level};
use crate::worker::*;

pub static MODULE: Module = Module { name: "access", phases: &[(Phase::Access, check)] };

fn check(w: &mut Worker, id: RequestId) -> Flow {
    let location = w.location_of(id);
    if location.access.rules.is_empty() {
        return Flow::Next;
    }
    let Some(origin) = downstream::origin(w, id) else { return Flow::Next };
    match (location.access.decide(&origin.client), location.core.satisfy) {
        (None, _) | (Some(true), Satisfy::All) => Flow::Next,
        (Some(true), Satisfy::Any) => Flow::Skip,
        (Some(false), _) => {
            log::error(w, id, Level::Error, format_args!("access forbidden by rule"));
            Flow::End(403)
        }
    }
}
