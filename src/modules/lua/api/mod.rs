//! The functions that scripts call, with OpenResty's names, results and words.
//!
//! | file | what it is |
//! |---|---|
//! | `output` | `ngx.say` and its kin, `ngx.exit`, redirects |
//! | `fields` | fields of the request and of the answer |
//! | `request` | `ngx.req`: the line, the arguments, the body |
//! | `variables` | `ngx.var`, `ngx.ctx`, `ngx.status`, `ngx.arg` and what else reads like a variable |
//! | `logs` | `ngx.log` and `print` |
//! | `times` | `ngx.now` and its kin |

pub(super) mod args;
pub(super) mod fields;
mod logs;
mod output;
pub(super) mod request;
mod times;
mod variables;

use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Table, Value};

use super::{Link, balancer, capture, dict, start, timers};
use crate::http::conf::Conf;
use crate::lua::library;
use crate::lua::phase::Phase;
use crate::lua::state::compile;
use crate::lua::values::{OPERATION, raised};
use crate::worker::{RequestId, Worker};

/// What a native function is.
pub(super) type Call = fn(&Lua, &Link, MultiValue) -> mlua::Result<MultiValue>;

const PRELUDE: &[u8] = include_bytes!("../prelude.lua");

/// Puts the library and the interface into a new state; returns the function that threads run.
pub(super) fn install(lua: &Lua, link: &Rc<Link>, conf: &Conf) -> mlua::Result<Function> {
    let (native, ngx) = (lua.create_table()?, lua.create_table()?);
    let raise = library::install(lua, &ngx, conf.http.lua.regex_cache_max_entries as usize)?;
    let group = |calls: &[(&str, Call)]| -> mlua::Result<Table> {
        let table = lua.create_table()?;
        for &(name, call) in calls {
            let link = link.clone();
            let function = lua.create_function(move |lua, args| call(lua, &link, args))?;
            table.set(name, function)?;
        }
        Ok(table)
    };
    let plain = [output::PLAIN, times::PLAIN, logs::PLAIN, variables::PLAIN, args::PLAIN];
    native.set("plain", group(&plain.concat())?)?;
    native.set("req", group(&[request::REQ, fields::REQ].concat())?)?;
    native.set("resp", group(fields::RESP)?)?;
    native.set("worker", group(variables::WORKER)?)?;
    native.set("asked", group(variables::ASKED)?)?;
    native.set("given", group(variables::GIVEN)?)?;
    native.set("dict", group(dict::METHODS)?)?;
    native.set("dicts", dict::all(lua, conf)?)?;
    native.set("balancer", group(balancer::MODULE)?)?;
    let config = lua.create_table()?;
    config.set("subsystem", "http")?;
    config.set("debug", false)?;
    config.set("nginx_version", 1_031_004)?;
    config.set("ngx_lua_version", 10_030)?;
    native.set("config", config)?;
    let own = [
        timers::NATIVE,
        capture::NATIVE,
        output::NATIVE,
        fields::NATIVE,
        request::NATIVE,
        variables::NATIVE,
        logs::NATIVE,
    ];
    for pair in group(&own.concat())?.pairs::<Value, Value>() {
        let (name, function) = pair?;
        native.set(name, function)?;
    }
    lua.globals().set("ngx", &ngx)?;
    start::set_package_path(lua, &conf.http.lua)?;
    let prelude = compile(lua, PRELUDE, "=prelude").map_err(mlua::Error::RuntimeError)?;
    prelude.call((native, OPERATION, ngx, raise))
}

/// Calls with the request that the script runs for.
pub(super) fn with<R>(link: &Link, call: impl FnOnce(&mut Worker, RequestId) -> R) -> Option<R> {
    let id = link.current.get().request?;
    let found = link.worker.with(|w| w.requests.get(id).is_some().then(|| call(w, id)));
    found.flatten()
}

/// As a function outside of a request fails.
fn no_request(lua: &Lua) -> mlua::Result<MultiValue> {
    raised(lua, "no request found")
}

/// Some: the function may not be called in this phase, and these words say it.
pub(super) fn disabled(
    lua: &Lua,
    link: &Link,
    allowed: fn(Phase) -> bool,
) -> Option<mlua::Result<MultiValue>> {
    let phase = link.current.get().phase;
    match phase {
        _ if allowed(phase) => None,
        Phase::Init | Phase::InitWorker | Phase::ExitWorker => Some(no_request(lua)),
        _ => Some(raised(lua, format!("API disabled in the context of {}", phase.directive()))),
    }
}

/// The argument at that place; nil if there is none.
pub(super) fn arg(args: &MultiValue, at: usize) -> &Value {
    const NIL: &Value = &Value::Nil;
    args.get(at).unwrap_or(NIL)
}
