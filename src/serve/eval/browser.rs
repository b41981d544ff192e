//! `$ancient_browser`, `$modern_browser`, `$msie`.

use crate::http::settings::browser::Age;
use crate::http::user_agent;
use crate::http::vars::Var;
use crate::proto::Name;
use crate::worker::{RequestId, Worker};

use super::put;

#[inline(never)]
pub(super) fn variable(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let agent = w.requests[id].head.get(Name::UserAgent);
    let settings = &w.location_of(id).browser;
    let value: &[u8] = match var {
        Var::Msie if agent.is_some_and(user_agent::is_msie) => b"1",
        Var::ModernBrowser if settings.age(agent) == Age::Modern => &settings.modern_value,
        Var::AncientBrowser if settings.age(agent) == Age::Ancient => &settings.ancient_value,
        _ => b"",
    };
    put(out, value)
}
