//! `ngx.req`: the line, the arguments, the body.

use mlua::{Lua, MultiValue, Value};

use super::{Call, arg, args, disabled, no_request, with};
use crate::http::request::BodyState;
use crate::http::settings::block::Methods;
use crate::lua::phase::Phase;
use crate::lua::values::{self, none, one, raised};
use crate::modules::lua::Link;
use crate::serve::body;

pub(super) const REQ: &[(&str, Call)] = &[
    ("get_method", get_method),
    ("set_method", set_method),
    ("get_uri_args", get_uri_args),
    ("set_uri_args", set_uri_args),
    ("get_post_args", get_post_args),
    ("get_body_data", get_body_data),
    ("get_body_file", get_body_file),
    ("set_body_data", set_body_data),
    ("discard_body", discard_body),
    ("http_version", http_version),
    ("raw_header", raw_header),
    ("start_time", start_time),
    ("is_internal", is_internal),
];

pub(super) const NATIVE: &[(&str, Call)] = &[("needs_body", needs_body), ("set_uri", set_uri)];

/// The name of the method that `ngx.HTTP_GET` or one of its kin stands for: nginx's bits, one further left.
pub(in crate::modules::lua) fn method(number: i64) -> Option<&'static str> {
    let bit = u64::try_from(number).ok().filter(|it| it.is_power_of_two())?.trailing_zeros();
    let name = *Methods::NAMES.get(bit.checked_sub(1)? as usize)?;
    // nginx itself answers it.
    (name != "CONNECT").then_some(name)
}

fn get_method(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let name = with(link, |w, id| w.requests[id].method_name().to_vec());
    name.map_or_else(|| no_request(lua), |name| one(lua, lua.create_string(name)?))
}

fn set_method(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let number = match arg(&args, 0) {
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        _ => return raised(lua, "bad argument #1 to 'set_method' (number expected)"),
    };
    let Some(name) = method(number) else {
        return raised(lua, format!("unsupported HTTP method: {number}"));
    };
    let set = with(link, |w, id| w.requests[id].set_method(name.as_bytes()));
    set.map_or_else(|| no_request(lua), |()| none())
}

fn get_uri_args(lua: &Lua, link: &Link, given: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let query = with(link, |w, id| w.requests[id].args.clone());
    query.map_or_else(|| no_request(lua), |it| args::decode(lua, &it, args::most(&given, 0)))
}

/// A table, or a query as text.
fn query(lua: &Lua, value: &Value) -> Result<Vec<u8>, String> {
    match value {
        Value::Table(table) => args::encode(lua, table),
        other => values::text(lua, other).ok_or_else(|| {
            format!("string, number, or table expected, but got {}", other.type_name())
        }),
    }
}

fn set_uri_args(lua: &Lua, link: &Link, given: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let query = match query(lua, arg(&given, 0)) {
        Ok(query) => safe(&query),
        Err(why) => return raised(lua, format!("bad argument #1 to 'set_uri_args' ({why})")),
    };
    let set = with(link, |w, id| {
        w.requests[id].args = query;
        w.requests[id].uri_untouched = false;
    });
    set.map_or_else(|| no_request(lua), |()| none())
}

/// Bytes that would end the request line are escaped.
fn safe(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte <= b' ' || byte == 0x7f {
            true => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            false => out.push(byte),
        }
    }
    out
}

/// Returns true if the script is to yield, so that a location is sought again.
fn set_uri(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let phase = link.current.get().phase;
    let Some(uri) = values::text(lua, arg(&args, 0)) else {
        return raised(lua, "bad argument #1 to 'set_uri' (string expected)");
    };
    if uri.is_empty() {
        return raised(lua, "attempt to use zero-length uri");
    }
    let jumps = matches!(arg(&args, 1), Value::Boolean(true));
    let is_binary = matches!(arg(&args, 2), Value::Boolean(true));
    if jumps && !matches!(phase, Phase::Rewrite | Phase::ServerRewrite) {
        return raised(lua, format!("API disabled in the context of {}", phase.directive()));
    }
    if !is_binary {
        if let Some(byte) = uri.iter().find(|byte| **byte < b' ' || **byte == 0x7f) {
            let shown = String::from_utf8_lossy(&uri).into_owned();
            return raised(lua, format!("unsafe byte \"0x{byte:02x}\" in uri \"{shown}\""));
        }
    }
    let set = with(link, |w, id| {
        let it = &mut w.requests[id].it;
        it.uri = uri;
        it.uri_untouched = false;
        it.internal |= jumps;
        it.uri_changed = jumps;
    });
    set.map_or_else(|| no_request(lua), |()| one(lua, jumps))
}

/// Whether the body is still to be read.
fn needs_body(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let needs = with(link, |w, id| w.requests[id].body.state != BodyState::Complete);
    needs.map_or_else(|| no_request(lua), |needs| one(lua, needs))
}

fn discard_body(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::answers) {
        return refused;
    }
    let done = with(link, |w, id| {
        if w.requests[id].body.state == BodyState::Complete {
            w.requests[id].body.memory.clear();
        } else {
            body::pass_over(w, id);
        }
    });
    done.map_or_else(|| no_request(lua), |()| none())
}

/// The body, if it is in memory.
fn get_body_data(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let data = with(link, |w, id| {
        let body = &w.requests[id].body;
        let is_here = body.state == BodyState::Complete && body.file.is_none();
        (is_here && !body.memory.is_empty()).then(|| body.memory.clone())
    });
    match data {
        None => no_request(lua),
        Some(None) => one(lua, Value::Nil),
        Some(Some(data)) => one(lua, lua.create_string(data)?),
    }
}

fn get_body_file(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let path = with(link, |w, id| {
        let file = w.requests[id].body.file.as_ref()?;
        Some(file.path.display().to_string())
    });
    path.map_or_else(|| no_request(lua), |path| one(lua, path))
}

fn set_body_data(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let Some(data) = values::text(lua, arg(&args, 0)) else {
        return raised(lua, "bad argument #1 to 'set_body_data' (string expected)");
    };
    match with(link, |w, id| body::replace(w, id, data)) {
        None => no_request(lua),
        Some(true) => none(),
        Some(false) => raised(lua, "request body not read yet"),
    }
}

fn get_post_args(lua: &Lua, link: &Link, given: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let found = with(link, |w, id| {
        let body = &w.requests[id].body;
        match (body.state, &body.file) {
            (BodyState::Complete, None) => Ok(body.memory.clone()),
            (BodyState::Complete, Some(_)) => Err("request body in temp file not supported"),
            _ => Ok(vec![]),
        }
    });
    match found {
        None => no_request(lua),
        Some(Err(why)) => values::failed(lua, why),
        Some(Ok(text)) => args::decode(lua, &text, args::most(&given, 0)),
    }
}

fn http_version(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    use crate::proto::Version;
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let version = with(link, |w, id| match w.requests[id].line.version {
        Version::V09 => 0.9,
        Version::V10 => 1.0,
        Version::V11 => 1.1,
        Version::V2 => 2.0,
    });
    version.map_or_else(|| no_request(lua), |version| one(lua, version))
}

/// The head as it was sent; with true, without its first line.
fn raw_header(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let no_line = matches!(arg(&args, 0), Value::Boolean(true));
    let raw = with(link, |w, id| {
        let request = &w.requests[id];
        let mut out = vec![];
        if !no_line {
            out.extend_from_slice(request.line.line.of(&request.head.bytes));
            out.extend_from_slice(b"\r\n");
        }
        for field in &request.head.fields {
            request.head.push_line(field, &mut out);
        }
        out.extend_from_slice(b"\r\n");
        out
    });
    raw.map_or_else(|| no_request(lua), |raw| one(lua, lua.create_string(raw)?))
}

fn start_time(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let start = with(link, |w, id| {
        let ago = w.event.now.saturating_sub(w.requests[id].start);
        (w.event.wall_ms().saturating_sub(ago)) as f64 / 1000.0
    });
    start.map_or_else(|| no_request(lua), |start| one(lua, start))
}

fn is_internal(lua: &Lua, link: &Link, _: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let internal = with(link, |w, id| w.requests[id].internal);
    internal.map_or_else(|| no_request(lua), |internal| one(lua, internal))
}
