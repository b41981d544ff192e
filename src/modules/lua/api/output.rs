//! `ngx.say` and its kin, `ngx.exit`, redirects.

use mlua::{Lua, MultiValue, Value};

use super::{Call, arg, disabled, no_request, with};
use crate::lua::phase::Phase;
use crate::lua::values::{self, failed, none, one, raised};
use crate::modules::lua::Link;
use crate::modules::lua::run::{self, task_of};

pub(super) const PLAIN: &[(&str, Call)] = &[
    ("say", |lua, link, args| say(lua, link, &args, "say", true)),
    ("print", |lua, link, args| say(lua, link, &args, "print", false)),
    ("eof", eof),
    ("send_headers", send_headers),
];

/// Called by functions of the prelude.
pub(super) const NATIVE: &[(&str, Call)] =
    &[("exit", exit), ("exec", exec), ("redirect", redirect), ("flush", flush), ("sleep", sleep)];

/// What is printed waits until there is so much of it.
const PIECE: usize = 16 << 10;

fn say(
    lua: &Lua,
    link: &Link,
    args: &MultiValue,
    name: &str,
    line: bool,
) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let mut wrong = None;
    let said = with(link, |w, id| {
        let task = task_of(w, id);
        if task.ended {
            return Some("seen eof");
        }
        let start = task.out.len();
        let mut out = std::mem::take(&mut task.out);
        for (at, value) in args.iter().enumerate() {
            if let Err(why) = values::print(lua, value, &mut out) {
                wrong = Some((at + 1, why));
                break;
            }
        }
        match (wrong.is_some(), line) {
            (true, _) => out.truncate(start),
            (false, true) => out.push(b'\n'),
            (false, false) => {}
        }
        let is_full = out.len() >= PIECE;
        let is_first = !w.requests[id].response.is_begun() && !run::is_collected(w, id);
        task_of(w, id).out = out;
        if wrong.is_none() && is_first && !run::begin(w, id) {
            return Some("nginx output filter error");
        }
        (is_full && !run::send(w, id, false)).then_some("nginx output filter error")
    });
    if let Some((at, why)) = wrong {
        return raised(lua, format!("bad argument #{at} to '{name}' ({why})"));
    }
    match said {
        None => no_request(lua),
        Some(Some(why)) => failed(lua, why),
        Some(None) => one(lua, 1),
    }
}

fn eof(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    match with(link, |w, id| {
        let seen = task_of(w, id).ended;
        (!seen).then(|| run::send(w, id, true))
    }) {
        None => no_request(lua),
        Some(None) => failed(lua, "seen eof"),
        Some(Some(_)) => one(lua, 1),
    }
}

fn send_headers(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    match with(link, |w, id| w.requests[id].response.is_begun() || run::send(w, id, false)) {
        None => no_request(lua),
        Some(true) => one(lua, 1),
        Some(false) => failed(lua, "nginx output filter error"),
    }
}

/// `true`: the caller yields and waits.
fn flush(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let waits = match arg(&args, 0) {
        Value::Nil => false,
        Value::Boolean(it) => *it,
        other => {
            let found = other.type_name();
            return raised(
                lua,
                format!("bad argument #1 to 'flush' (boolean expected, got {found})"),
            );
        }
    };
    match with(link, |w, id| {
        let ended = task_of(w, id).ended;
        if ended {
            return Err("seen eof");
        }
        if waits {
            return Ok(true);
        }
        run::send(w, id, false).then_some(false).ok_or("nginx output filter error")
    }) {
        None => no_request(lua),
        Some(Err(why)) => failed(lua, why),
        Some(Ok(true)) => one(lua, true),
        Some(Ok(false)) => one(lua, 1),
    }
}

/// Returns the status if the script is to yield, or nothing where it goes on.
fn exit(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let phase = link.current.get().phase;
    let allowed =
        |phase: Phase| phase.yields() || matches!(phase, Phase::HeaderFilter | Phase::Balancer);
    if let Some(refused) = disabled(lua, link, allowed) {
        return refused;
    }
    let code = match arg(&args, 0) {
        Value::Integer(it) => *it,
        Value::Number(it) if it.is_finite() => *it as i64,
        Value::String(it) => match it.to_string_lossy().trim().parse::<f64>() {
            Ok(it) => it as i64,
            Err(_) => return not_a_number(lua, "string"),
        },
        Value::Nil => return not_a_number(lua, "no value"),
        other => return not_a_number(lua, other.type_name()),
    };
    if phase == Phase::Timer {
        return one(lua, code);
    }
    let done = with(link, |w, id| {
        if phase == Phase::HeaderFilter || phase == Phase::Balancer {
            task_of(w, id).exit = Some(code);
        }
    });
    match done {
        None => no_request(lua),
        Some(()) if phase.yields() => one(lua, code),
        Some(()) => none(),
    }
}

fn not_a_number(lua: &Lua, found: &str) -> mlua::Result<MultiValue> {
    raised(lua, format!("bad argument #1 to 'exit' (number expected, got {found})"))
}

fn exec(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let Some(uri) = values::text(lua, arg(&args, 0)) else {
        return raised(lua, "bad argument #1 to 'exec' (string expected)");
    };
    if uri.is_empty() {
        return raised(lua, "bad argument #1 to 'exec' (the uri is empty)");
    }
    let query = match arg(&args, 1) {
        Value::Nil => vec![],
        Value::Table(table) => match super::args::encode(lua, table) {
            Ok(query) => query,
            Err(why) => return raised(lua, why),
        },
        other => match values::text(lua, other) {
            Some(query) => query,
            None => return raised(lua, "bad argument #2 to 'exec' (string or table expected)"),
        },
    };
    match with(link, |w, id| !w.requests[id].response.is_begun()) {
        None => no_request(lua),
        Some(false) => raised(lua, "attempt to call ngx.exec after sending out response headers"),
        Some(true) => Ok(MultiValue::from_vec(vec![
            Value::String(lua.create_string(uri)?),
            Value::String(lua.create_string(query)?),
        ])),
    }
}

fn redirect(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let Some(uri) = values::text(lua, arg(&args, 0)) else {
        let found = arg(&args, 0).type_name();
        return raised(
            lua,
            format!("bad argument #1 to 'redirect' (string expected, got {found})"),
        );
    };
    let status = match arg(&args, 1) {
        Value::Nil => 302,
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        _ => 0,
    };
    if !matches!(status, 301..=303 | 307 | 308) {
        return raised(
            lua,
            "only ngx.HTTP_MOVED_TEMPORARILY, ngx.HTTP_MOVED_PERMANENTLY, ngx.HTTP_PERMANENT_REDIRECT, ngx.HTTP_SEE_OTHER, and ngx.HTTP_TEMPORARY_REDIRECT are allowed",
        );
    }
    if uri.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return raised(lua, "unsafe byte in redirect uri");
    }
    match with(link, |w, id| !w.requests[id].response.is_begun()) {
        None => no_request(lua),
        Some(false) => raised(lua, "attempt to call ngx.redirect after sending out the headers"),
        Some(true) => Ok(MultiValue::from_vec(vec![
            Value::String(lua.create_string(uri)?),
            Value::Integer(status),
        ])),
    }
}

/// The milliseconds.
fn sleep(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::yields) {
        return refused;
    }
    let seconds = match arg(&args, 0) {
        Value::Integer(it) => *it as f64,
        Value::Number(it) => *it,
        Value::String(it) => it.to_string_lossy().trim().parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    };
    match seconds {
        // 24 days are what nginx's timers hold.
        0.0..=2_147_483.0 => one(lua, (seconds * 1000.0) as i64),
        it if it.is_nan() => raised(lua, "bad argument #1 to 'sleep' (number expected)"),
        it => raised(lua, format!("invalid sleep duration \"{it}\"")),
    }
}
