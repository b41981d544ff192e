//! `ngx.var`, `ngx.ctx`, `ngx.status`, `ngx.arg` and what else reads like a variable.

use mlua::{Lua, MultiValue, Value};

use super::{Call, arg, disabled, no_request, with};
use crate::http::slots::SetTarget;
use crate::http::vars::Var;
use crate::lua::phase::Phase;
use crate::lua::values::{self, none, one, raised};
use crate::modules::lua::Link;
use crate::modules::lua::run::task_of;
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval};
use crate::worker::{Exit, RequestId, Worker};

pub(super) const PLAIN: &[(&str, Call)] =
    &[("get_phase", |lua, link, _| one(lua, link.current.get().phase.name()))];

pub(super) const NATIVE: &[(&str, Call)] =
    &[("get_var", get_var), ("set_var", set_var), ("get_arg", get_arg), ("set_arg", set_arg)];

/// Fields of `ngx` that are asked of the request.
pub(super) const ASKED: &[(&str, Call)] = &[
    ("status", get_status),
    ("ctx", get_ctx),
    ("headers_sent", headers_sent),
    ("is_subrequest", is_subrequest),
];

/// Fields of `ngx` that can be set.
pub(super) const GIVEN: &[(&str, Call)] = &[("status", set_status), ("ctx", set_ctx)];

pub(super) const WORKER: &[(&str, Call)] = &[
    ("pid", |lua, _, _| one(lua, std::process::id())),
    ("count", |lua, link, _| {
        one(lua, link.worker.with(|w| w.conf.main.worker_processes.max(1)).unwrap_or(1))
    }),
    ("id", |lua, link, _| one(lua, link.number.get())),
    ("exiting", |lua, link, _| one(lua, link.worker.with(|w| w.exit != Exit::No).unwrap_or(false))),
];

/// The value of a variable by its name; a number is a capture.
fn get_var(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let value = with(link, |w, id| {
        let mut out = w.buffers.line();
        let found = match arg(&args, 0) {
            Value::Integer(n) => match u8::try_from(*n) {
                Ok(n) => eval::variable(w, id, &Var::Capture(n), &mut out),
                Err(_) => false,
            },
            Value::Number(n) if (0.0..256.0).contains(n) => {
                eval::variable(w, id, &Var::Capture(*n as u8), &mut out)
            }
            Value::String(name) => {
                let name = name.as_bytes();
                match name.iter().any(u8::is_ascii_uppercase) {
                    true => eval::named(w, id, &name.to_ascii_lowercase(), &mut out),
                    false => eval::named(w, id, &name, &mut out),
                }
            }
            _ => return Err(()),
        };
        let value = match found {
            true => lua.create_string(&out).map(Value::String),
            false => Ok(Value::Nil),
        };
        w.buffers.give_line(out);
        Ok(value)
    });
    match value {
        None => no_request(lua),
        Some(Err(())) => raised(lua, "bad variable name"),
        Some(Ok(value)) => one(lua, value?),
    }
}

fn set_var(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let Value::String(name) = arg(&args, 0) else {
        return raised(lua, "bad variable name");
    };
    let name = name.as_bytes().to_ascii_lowercase();
    let shown = String::from_utf8_lossy(&name).into_owned();
    let value = match arg(&args, 1) {
        Value::Nil => None,
        other => match values::text(lua, other) {
            Some(text) => Some(text),
            None => return raised(lua, format!("bad value type: {}", other.type_name())),
        },
    };
    match with(link, |w, id| store(w, id, &name, value)) {
        None => no_request(lua),
        Some(true) => none(),
        Some(false) => raised(
            lua,
            format!(
                "variable \"{shown}\" not found for writing; maybe it is a built-in variable that is not changeable or you forgot to use \"set ${shown} '';\" in the config file to define it first"
            ),
        ),
    }
}

fn store(w: &mut Worker, id: RequestId, name: &[u8], value: Option<Vec<u8>>) -> bool {
    let target = match (name, w.conf.http.by_name.get(name)) {
        (b"args", _) => SetTarget::Args,
        (b"limit_rate", _) => SetTarget::LimitRate,
        (_, Some(Var::Set(slot))) => SetTarget::Slot(*slot),
        _ => return false,
    };
    crate::modules::rewrite::store(w, id, target, &value.unwrap_or_default());
    true
}

fn get_status(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let status = with(link, |w, id| {
        let request = &w.requests[id];
        match (request.response.status, request.status_override) {
            (_, Some(status)) if request.response.is_begun() || request.response.status == 0 => {
                status
            }
            (status, _) => status,
        }
    });
    status.map_or_else(|| no_request(lua), |status| one(lua, status))
}

fn set_status(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let status = match arg(&args, 0) {
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        Value::String(it) => it.to_string_lossy().trim().parse().unwrap_or(-1),
        _ => -1,
    };
    let Some(status) = u16::try_from(status).ok().filter(|it| (100..=999).contains(it)) else {
        return raised(lua, "bad argument #1 to 'status' (a status code expected)");
    };
    let is_filter = link.current.get().phase == Phase::HeaderFilter;
    let set = with(link, |w, id| {
        let request = &mut w.requests[id].it;
        if request.response.is_begun() && !is_filter {
            return false;
        }
        request.response.status = status;
        request.response.forget_reason();
        if is_filter {
            request.status_override = None;
        }
        true
    });
    match set {
        None => no_request(lua),
        Some(true) => none(),
        Some(false) => {
            with(link, |w, id| {
                let text =
                    format_args!("attempt to set ngx.status after sending out response headers");
                log::error(w, id, Level::Error, text);
            });
            none()
        }
    }
}

fn get_ctx(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    let found = with(link, |w, id| {
        if let Some(ctx) = &task_of(w, id).ctx {
            return Ok(ctx.clone());
        }
        let ctx = lua.create_table()?;
        task_of(w, id).ctx = Some(ctx.clone());
        Ok::<_, mlua::Error>(ctx)
    });
    match found {
        Some(ctx) => one(lua, ctx?),
        None => no_request(lua),
    }
}

fn set_ctx(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let Value::Table(table) = arg(&args, 0) else {
        return raised(lua, "ctx should be a table");
    };
    let set = with(link, |w, id| task_of(w, id).ctx = Some(table.clone()));
    set.map_or_else(|| no_request(lua), |()| none())
}

fn headers_sent(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    let sent = with(link, |w, id| w.requests[id].response.is_begun());
    sent.map_or_else(|| no_request(lua), |sent| one(lua, sent))
}

fn is_subrequest(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    let is = with(link, |w, id| downstream::is_subrequest(&w.requests[id]));
    is.map_or_else(|| no_request(lua), |is| one(lua, is))
}

/// `ngx.arg[1]`, `ngx.arg[2]`
fn get_arg(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let at = match arg(&args, 0) {
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        _ => return one(lua, Value::Nil),
    };
    let phase = link.current.get().phase;
    let found = with(link, |w, id| {
        let task = task_of(w, id);
        match (phase, at) {
            (Phase::BodyFilter, 1) => lua.create_string(&task.piece).map(Value::String),
            (Phase::BodyFilter, 2) => Ok(Value::Boolean(task.is_last)),
            (Phase::Set, 1..) => match task.args.get(at as usize - 1) {
                Some(text) => lua.create_string(text).map(Value::String),
                None => Ok(Value::Nil),
            },
            _ => Ok(Value::Nil),
        }
    });
    match (phase, found) {
        (Phase::BodyFilter | Phase::Set, Some(value)) => one(lua, value?),
        (_, None) => no_request(lua),
        _ => raised(lua, format!("API disabled in the context of {}", phase.directive())),
    }
}

/// What a body filter hands on in place of the piece: text, an array of texts, or nothing for nil; and whether it is
/// the last.
fn set_arg(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let phase = link.current.get().phase;
    if phase != Phase::BodyFilter {
        return raised(lua, format!("API disabled in the context of {}", phase.directive()));
    }
    let at = match arg(&args, 0) {
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        _ => 0,
    };
    let mut piece = vec![];
    match (at, arg(&args, 1)) {
        (1, Value::Nil) => {}
        (1, value) => {
            if let Err(why) = values::print(lua, value, &mut piece) {
                return raised(lua, format!("bad chunk data type: {why}"));
            }
        }
        (2, _) => {}
        _ => return raised(lua, format!("bad index: {at}")),
    }
    let is_last = !matches!(arg(&args, 1), Value::Nil | Value::Boolean(false));
    let set = with(link, |w, id| {
        let task = task_of(w, id);
        match at {
            1 => task.piece = piece,
            _ => task.is_last = is_last,
        }
    });
    set.map_or_else(|| no_request(lua), |()| none())
}
