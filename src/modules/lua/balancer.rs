//! `balancer_by_lua`, and `ngx.balancer`: a script chooses the peer of each try.

use mlua::{Lua, MultiValue, Value};

use super::Link;
use super::api::{Call, arg, with};
use super::filters;
use super::run::task_of;
use crate::lua::phase::Phase;
use crate::lua::values::{self, bad_argument, failed, one, raised};
use crate::os::addr::Addr;
use crate::upstream::balance::scripted::{Keepalive, Last, Scripted, Timeouts};
use crate::worker::{RequestId, UpstreamId, Worker};

/// The module `ngx.balancer`.
pub(super) const MODULE: &[(&str, Call)] = &[
    ("set_current_peer", set_current_peer),
    ("set_more_tries", set_more_tries),
    ("get_last_failure", get_last_failure),
    ("set_timeouts", set_timeouts),
    ("enable_keepalive", enable_keepalive),
    ("bind_to_local_addr", bind_to_local_addr),
    ("set_upstream_tls", set_upstream_tls),
    ("recreate_request", recreate_request),
];

/// Asks the script of a request's group where its next try goes. Error: the status that it answers in place of it.
pub fn balance(w: &mut Worker, id: UpstreamId) -> Result<(), u16> {
    let (group, request) = (w.upstreams[id].peer.group, w.upstreams[id].request);
    let script = w.conf.http.keys.get(group.0 as usize).and_then(|keys| keys.script);
    let Some(script) = script else { return Err(500) };
    w.requests[request].upstream = Some(id);
    filters::call::<()>(w, request, script, Phase::Balancer).map_err(|()| 500u16)?;
    match task_of(w, request).exit.take() {
        Some(code @ 200..=999) => Err(code as u16),
        Some(..0) => Err(500),
        _ => Ok(()),
    }
}

/// Calls with what the script has decided so far.
fn decide<R>(
    lua: &Lua,
    link: &Link,
    call: impl FnOnce(&mut Worker, RequestId, UpstreamId) -> R,
) -> Result<R, mlua::Result<MultiValue>> {
    if link.current.get().request.is_none() {
        return Err(raised(lua, "no request found"));
    }
    if link.current.get().phase != Phase::Balancer {
        let asked = with(link, |w, id| w.requests[id].upstream.is_some());
        return Err(match asked {
            Some(true) => failed(lua, "API disabled in the current context"),
            _ => failed(lua, "no upstream found"),
        });
    }
    let decided = with(link, |w, id| {
        let upstream = w.requests[id].upstream.filter(|it| w.upstreams.get(*it).is_some())?;
        Some(call(w, id, upstream))
    });
    decided.flatten().ok_or_else(|| raised(lua, "no upstream found"))
}

fn scripted(w: &mut Worker, id: UpstreamId) -> &mut Scripted {
    w.upstreams[id].it.peer.scripted.get_or_insert_default()
}

/// The numbers that Lua has for an argument.
fn number(lua: &Lua, value: &Value) -> Option<f64> {
    match value {
        Value::Integer(it) => Some(*it as f64),
        Value::Number(it) => Some(*it),
        Value::String(_) => lua.coerce_number(value.clone()).ok().flatten(),
        _ => None,
    }
}

fn set_current_peer(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let Some(text) = values::text(lua, arg(&args, 0)) else {
        let found = arg(&args, 0).type_name();
        return bad_argument(lua, 1, "set_current_peer", &format!("string expected, got {found}"));
    };
    let port = match arg(&args, 1) {
        Value::Nil => 0.0,
        other => number(lua, other).unwrap_or(-1.0),
    };
    let host = match arg(&args, 2) {
        Value::Nil => None,
        other => match values::text(lua, other) {
            Some(host) => Some(String::from_utf8_lossy(&host).into_owned()),
            None => return bad_argument(lua, 3, "set_current_peer", "string expected"),
        },
    };
    let addr = match peer(&text, port) {
        Ok(addr) => addr,
        Err(why) => {
            return decide(lua, link, |_, _, _| ()).map_or_else(|e| e, |()| failed(lua, why));
        }
    };
    let set = decide(lua, link, |w, _, id| {
        let it = scripted(w, id);
        it.peer = Some(addr);
        it.host = host.map(Into::into);
    });
    set.map_or_else(|e| e, |()| one(lua, true))
}

/// A literal address; a port in it counts more than the other.
fn peer(text: &[u8], port: f64) -> Result<Addr, String> {
    if port.fract() != 0.0 || !(0.0..=65535.0).contains(&port) {
        return Err("invalid port".to_owned());
    }
    let text = String::from_utf8_lossy(text);
    if text.starts_with("unix:") {
        return Addr::parse(&text).ok_or_else(|| "invalid address".to_owned());
    }
    let is_bare_v6 = text.matches(':').count() > 1 && !text.starts_with('[');
    let host = if is_bare_v6 { format!("[{text}]") } else { text.into_owned() };
    let has_port = match host.rfind(']') {
        Some(end) => host[end..].contains(':'),
        None => host.contains(':'),
    };
    let whole = if has_port { host } else { format!("{host}:{port}") };
    let number = whole.rsplit(':').next().and_then(|it| it.parse::<u16>().ok());
    match number {
        None | Some(0) => return Err("invalid port".to_owned()),
        Some(_) => {}
    }
    Addr::parse(&whole).ok_or_else(|| "no host allowed".to_owned())
}

fn set_more_tries(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let Some(count) = number(lua, arg(&args, 0)) else {
        return bad_argument(lua, 1, "set_more_tries", "number expected");
    };
    // NaN and negative numbers are none.
    let count = count.clamp(0.0, f64::from(u32::MAX)) as u32;
    let whole = decide(lua, link, |w, request, id| {
        let limit = w.location_of(request).upstream.next_upstream_tries;
        let left = w.upstreams[id].peer.tries;
        scripted(w, id).allow_more(count, left, limit)
    });
    match whole {
        Err(e) => e,
        Ok(true) => one(lua, true),
        Ok(false) => Ok(MultiValue::from_vec(vec![
            Value::Boolean(true),
            Value::String(lua.create_string("reduced tries due to limit")?),
        ])),
    }
}

fn get_last_failure(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    let found = decide(lua, link, |w, request, id| {
        let last = scripted(w, id).last?;
        let tries = &w.requests[request].tries;
        let status = tries.len().checked_sub(2).map_or(0, |at| tries[at].status);
        Some((last, status))
    });
    let name = |last| match last {
        Last::Next => "next",
        Last::Failed => "failed",
    };
    match found {
        Err(e) => e,
        Ok(None) => one(lua, Value::Nil),
        Ok(Some((last, status))) => Ok(MultiValue::from_vec(vec![
            Value::String(lua.create_string(name(last))?),
            Value::Integer(i64::from(if status == 0 { 502 } else { status })),
        ])),
    }
}

fn set_timeouts(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let mut all = [None; 3];
    for (at, name) in ["connect", "send", "read"].iter().enumerate() {
        all[at] = match arg(&args, at) {
            Value::Nil => None,
            other => match number(lua, other).filter(|it| *it > 0.0 && it.is_finite()) {
                // Fractions of a millisecond are one.
                Some(seconds) => Some((seconds * 1000.0).clamp(1.0, 2_147_483_647.0) as u64),
                None => return raised(lua, format!("bad {name} timeout")),
            },
        };
    }
    let set = decide(lua, link, |w, _, id| {
        let to = &mut scripted(w, id).timeouts;
        let [connect, send, read] = all;
        *to = Timeouts {
            connect: connect.or(to.connect),
            send: send.or(to.send),
            read: read.or(to.read),
        };
    });
    set.map_or_else(|e| e, |()| one(lua, true))
}

fn enable_keepalive(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let mut all = [60.0, 100.0];
    for (at, slot) in all.iter_mut().enumerate() {
        let value = arg(&args, at);
        if matches!(value, Value::Nil) {
            continue;
        }
        let (Value::Integer(_) | Value::Number(_)) = value else {
            let why = format!("number expected, got {}", value.type_name());
            return bad_argument(lua, at + 1, "enable_keepalive", &why);
        };
        let Some(found) = number(lua, value).filter(|it| *it >= 0.0) else {
            return bad_argument(lua, at + 1, "enable_keepalive", "expected >= 0");
        };
        *slot = found;
    }
    let set = decide(lua, link, |w, _, id| {
        let it = scripted(w, id);
        if it.peer.is_none() {
            return false;
        }
        let timeout = (all[0] * 1000.0).min(2_147_483_647.0) as u64;
        let requests = all[1].min(f64::from(u32::MAX)) as u32;
        it.keepalive = Some(Keepalive { timeout, requests });
        true
    });
    match set {
        Err(e) => e,
        Ok(true) => one(lua, true),
        Ok(false) => failed(lua, "no current peer set"),
    }
}

fn bind_to_local_addr(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let Some(text) = values::text(lua, arg(&args, 0)) else {
        return bad_argument(lua, 1, "bind_to_local_addr", "string expected");
    };
    let text = String::from_utf8_lossy(&text).into_owned();
    let addr = Addr::parse_local(&text);
    let set = decide(lua, link, |w, _, id| match addr {
        Some(addr) => {
            scripted(w, id).local = Some(addr);
            true
        }
        None => false,
    });
    match set {
        Err(e) => e,
        Ok(true) => one(lua, true),
        Ok(false) => failed(lua, format!("invalid addr {text}")),
    }
}

fn set_upstream_tls(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let on = !matches!(arg(&args, 0), Value::Nil | Value::Boolean(false));
    let set = decide(lua, link, |w, _, id| scripted(w, id).tls = Some(on));
    set.map_or_else(|e| e, |()| one(lua, true))
}

/// The request is made for each try here.
fn recreate_request(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    decide(lua, link, |_, _, _| ()).map_or_else(|e| e, |()| one(lua, true))
}
