//! Scripts in Lua at the phases, filters and variables of requests, with OpenResty's interface.
//!
//! | file | what it is |
//! |---|---|
//! | `start` | the state of a configuration: its library, its scripts, `init_by_lua` |
//! | `run` | the handlers of phases; a thread is resumed, and what it comes to |
//! | `timers` | `ngx.timer` |
//! | `wait` | operations that a script waits for |
//! | `balancer` | `balancer_by_lua`, `ngx.balancer` |
//! | `capture` | subrequests whose answers a script takes |
//! | `dict` | `ngx.shared` |
//! | `filters` | `set_by_lua`, `header_filter_by_lua`, `body_filter_by_lua`, `log_by_lua`: they never wait |
//! | `api` | the functions that scripts call |
//!
//! A handler of a phase that [yields](crate::lua::phase::Phase::yields) runs in a thread. A function that would block is
//! one of the prelude that yields `OPERATION, number, arguments…`; `run` gives it to `wait::begin`, which arranges that
//! `run::resume` is called with the results. A new operation is a constant in `wait`, an arm of its `begin`, and a
//! function in `prelude.lua`. During a resume the worker is lent to the functions that the script calls (`os::lend`).

mod api;
mod balancer;
mod capture;
mod dict;
mod filters;
mod run;
mod start;
mod timers;
mod wait;

pub use balancer::balance;
pub use filters::{BODY, head, log, set};
pub use start::{exit_worker, make, start_worker};
pub use timers::run as run_timer;

use crate::http::conf::{Conf, Content};
use crate::lua::state;
use crate::worker::*;

pub static SERVER_REWRITE: Module =
    Module { name: "lua", phases: &[(Phase::ServerRewrite, run::server_rewrite)] };
pub static REWRITE: Module = Module { name: "lua", phases: &[(Phase::Rewrite, run::rewrite)] };
pub static ACCESS: Module = Module { name: "lua", phases: &[(Phase::Access, run::access)] };
pub static CONTENT: Module = Module { name: "lua", phases: &[(Phase::Content, run::content)] };

pub fn is_used(conf: &Conf) -> bool {
    !conf.http.lua.scripts.is_empty()
}

/// `rewrite_by_lua_no_postpone`: before the lines of the rewrite module.
pub fn rewrites_first(conf: &Conf) -> bool {
    is_used(conf) && conf.http.lua.rewrite_no_postpone
}

pub fn rewrites_last(conf: &Conf) -> bool {
    is_used(conf) && !conf.http.lua.rewrite_no_postpone
}

/// `access_by_lua_no_postpone`: before the other modules of the phase.
pub fn judges_first(conf: &Conf) -> bool {
    is_used(conf) && conf.http.lua.access_no_postpone
}

pub fn judges_last(conf: &Conf) -> bool {
    is_used(conf) && !conf.http.lua.access_no_postpone
}

type State = state::State<Worker>;
type Link = state::Link<Worker>;

/// Whether the location's content is a script.
fn content_of(w: &Worker, id: RequestId) -> Option<u32> {
    match w.location_of(id).content {
        Content::Lua(script) => Some(script),
        _ => None,
    }
}
