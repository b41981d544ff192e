//! Fields of the request and of the answer.

use mlua::{Lua, MultiValue, Table, Value};

use super::{Call, arg, disabled, no_request, with};
use crate::http::dates;
use crate::http::response::Response;
use crate::lua::phase::Phase;
use crate::lua::values::{self, none, one, raised};
use crate::modules::headers::{remove, remove_if};
use crate::modules::lua::Link;
use crate::proto::Name;
use crate::serve::log::{self, Level};
use crate::serve::respond;
use crate::worker::{RequestId, Worker};

pub(super) const REQ: &[(&str, Call)] = &[
    ("get_headers", get_request_headers),
    ("set_header", set_request_header),
    ("clear_header", clear_request_header),
];

pub(super) const RESP: &[(&str, Call)] =
    &[("get_headers", get_response_headers), ("add_header", add_response_header)];

pub(super) const NATIVE: &[(&str, Call)] =
    &[("get_header", get_header), ("set_header", set_header)];

/// How many fields a table has, if the script does not say.
const MOST: usize = 100;

/// Control bytes in a name or value are escaped, so that no value can end its line.
fn safe(text: &[u8], is_name: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        let is_bad = match is_name {
            true => byte <= b' ' || byte == 0x7f || byte == b':',
            false => byte < b' ' && byte != b'\t' || byte == 0x7f,
        };
        match is_bad {
            true => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            false => out.push(byte),
        }
    }
    out
}

/// The texts of a value: one, or those of an array. None: it is neither.
fn texts(lua: &Lua, value: &Value) -> Option<Vec<Vec<u8>>> {
    match value {
        Value::Nil => Some(vec![]),
        Value::Table(table) => {
            let all = (1..=table.raw_len()).map(|at| {
                let element = table.raw_get::<Value>(at).unwrap_or(Value::Nil);
                values::text(lua, &element)
            });
            all.collect()
        }
        Value::Boolean(it) => Some(vec![it.to_string().into_bytes()]),
        other => Some(vec![values::text(lua, other)?]),
    }
}

/// A table of fields: a name that is there more than once has an array.
fn table_of<'a>(
    lua: &Lua,
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    max: usize,
    raw: bool,
) -> mlua::Result<MultiValue> {
    let all = lua.create_table()?;
    for (count, (name, value)) in fields.enumerate() {
        if max > 0 && count == max {
            let truncated = Value::String(lua.create_string("truncated")?);
            return Ok(MultiValue::from_vec(vec![Value::Table(all), truncated]));
        }
        let key = match raw {
            true => lua.create_string(name)?,
            false => lua.create_string(name.to_ascii_lowercase())?,
        };
        put(lua, &all, Value::String(key), Value::String(lua.create_string(value)?))?;
    }
    one(lua, all)
}

/// Adds a value under a key: the second makes an array of it.
pub(in crate::modules::lua) fn put(
    lua: &Lua,
    all: &Table,
    key: Value,
    value: Value,
) -> mlua::Result<()> {
    match all.raw_get::<Value>(&key)? {
        Value::Nil => all.raw_set(key, value),
        Value::Table(several) => several.raw_push(value),
        first => {
            let several = lua.create_sequence_from([first, value])?;
            all.raw_set(key, several)
        }
    }
}

fn most(args: &MultiValue) -> usize {
    match arg(args, 0) {
        Value::Integer(it) => usize::try_from(*it).unwrap_or(0),
        Value::Number(it) => *it as usize,
        _ => MOST,
    }
}

fn is_raw(args: &MultiValue) -> bool {
    matches!(arg(args, 1), Value::Boolean(true))
}

fn get_request_headers(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let table = with(link, |w, id| {
        let fields = w.requests[id].head.iter().map(|(_, name, value)| (name, value));
        table_of(lua, fields, most(&args), is_raw(&args))
    });
    table.unwrap_or_else(|| no_request(lua))
}

fn set_request_header(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let Some(name) = values::text(lua, arg(&args, 0)).filter(|name| !name.is_empty()) else {
        return raised(lua, "bad argument #1 to 'set_header' (string expected)");
    };
    if args.len() < 2 {
        return raised(lua, format!("expecting two arguments, but seen {}", args.len()));
    }
    let Some(all) = texts(lua, arg(&args, 1)) else {
        return raised(lua, "bad argument #2 to 'set_header' (string or table expected)");
    };
    let name = safe(&name, true);
    match with(link, |w, id| replace_request_field(w, id, &name, &all)) {
        None => no_request(lua),
        Some(()) => none(),
    }
}

fn replace_request_field(w: &mut Worker, id: RequestId, name: &[u8], all: &[Vec<u8>]) {
    let head = &mut w.requests[id].it.head;
    let known = Name::of(name);
    let bytes = &head.bytes;
    head.fields.retain(|field| match known {
        Name::Other => !field.name.of(bytes).eq_ignore_ascii_case(name),
        known => field.id != known,
    });
    for value in all {
        head.push_copy(name, &safe(value, false));
    }
}

fn clear_request_header(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let Some(name) = values::text(lua, arg(&args, 0)) else {
        return raised(lua, "bad argument #1 to 'clear_header' (string expected)");
    };
    match with(link, |w, id| replace_request_field(w, id, &name, &[])) {
        None => no_request(lua),
        Some(()) => none(),
    }
}

/// `ngx.resp.get_headers`: what the answer says so far.
fn get_response_headers(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let all = with(link, |w, id| of_response(&w.requests[id].response));
    let Some(all) = all else { return no_request(lua) };
    let fields = all.iter().map(|(name, value)| (&name[..], &value[..]));
    table_of(lua, fields, most(&args), is_raw(&args))
}

/// The fields of an answer, also those that have a place of their own.
pub(in crate::modules::lua) fn of_response(response: &Response) -> Vec<(Vec<u8>, Vec<u8>)> {
    let fields = response.fields.iter();
    let mut all: Vec<_> = fields.map(|(_, name, value)| (name.to_vec(), value.to_vec())).collect();
    if !response.content_type.is_empty() {
        all.push((b"Content-Type".to_vec(), response.content_type.clone()));
    }
    if let Some(length) = response.content_length {
        all.push((b"Content-Length".to_vec(), length.to_string().into_bytes()));
    }
    if let Some(location) = &response.rare.location {
        all.push((b"Location".to_vec(), location.clone()));
    }
    if let Some(at) = response.rare.last_modified {
        all.push((b"Last-Modified".to_vec(), dates::http(at).to_vec()));
    }
    all
}

fn add_response_header(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let (name, all) = (values::text(lua, arg(&args, 0)), texts(lua, arg(&args, 1)));
    let (Some(name), Some(all)) = (name, all) else {
        return raised(lua, "bad argument to 'add_header' (string expected)");
    };
    let added = with(link, |w, id| {
        respond::take_fields(w, id);
        let request = &mut w.requests[id].it;
        request.rare.get_or_insert().keeps_fields = true;
        for value in &all {
            request.response.add(&safe(&name, true), &safe(value, false));
        }
    });
    added.map_or_else(|| no_request(lua), |()| none())
}

/// The name as a field has it: `content_type` is `content-type`.
fn name_of(w: &Worker, id: RequestId, mut name: Vec<u8>) -> Vec<u8> {
    if w.location_of(id).lua.transform_underscores {
        name.iter_mut().filter(|byte| **byte == b'_').for_each(|byte| *byte = b'-');
    }
    name
}

/// `ngx.header.NAME`
fn get_header(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::has_request) {
        return refused;
    }
    let Some(name) = values::text(lua, arg(&args, 0)) else { return one(lua, Value::Nil) };
    let found = with(link, |w, id| {
        let name = name_of(w, id, name);
        let response = &w.requests[id].response;
        let own = own_field(response, &name);
        match own {
            Some(value) => value.into_iter().collect(),
            None => {
                let fields = response.fields.iter();
                let named = fields.filter(|(_, other, _)| other.eq_ignore_ascii_case(&name));
                named.map(|(_, _, value)| value.to_vec()).collect::<Vec<_>>()
            }
        }
    });
    match found.as_deref() {
        None => no_request(lua),
        Some([]) => one(lua, Value::Nil),
        Some([value]) => one(lua, lua.create_string(value)?),
        Some(several) => {
            let several: mlua::Result<Vec<_>> =
                several.iter().map(|value| lua.create_string(value)).collect();
            one(lua, lua.create_sequence_from(several?)?)
        }
    }
}

/// Fields that have a place of their own; the inner `None`: it is not there.
fn own_field(response: &Response, name: &[u8]) -> Option<Option<Vec<u8>>> {
    Some(match &*name.to_ascii_lowercase() {
        b"content-type" => {
            Some(response.content_type.clone()).filter(|content_type| !content_type.is_empty())
        }
        b"content-length" => response.content_length.map(|it| it.to_string().into_bytes()),
        b"location" => return response.rare.location.clone().map(Some),
        b"last-modified" => {
            return response.rare.last_modified.map(|at| Some(dates::http(at).to_vec()));
        }
        _ => return None,
    })
}

/// `ngx.header.NAME = VALUE`
fn set_header(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    if let Some(refused) = disabled(lua, link, Phase::is_before_body) {
        return refused;
    }
    let Some(name) = values::text(lua, arg(&args, 0)).filter(|name| !name.is_empty()) else {
        return raised(lua, "bad argument #1 to header name (string expected)");
    };
    let Some(all) = texts(lua, arg(&args, 1)) else {
        return raised(lua, "invalid header value");
    };
    let set = with(link, |w, id| {
        let is_filter = link.current.get().phase == Phase::HeaderFilter;
        if w.requests[id].response.is_begun() && !is_filter {
            return Err("attempt to set ngx.header.HEADER after sending out response headers");
        }
        respond::take_fields(w, id);
        let name = safe(&name_of(w, id, name), true);
        let values: Vec<_> = all.iter().map(|value| safe(value, false)).collect();
        let request = &mut w.requests[id].it;
        request.rare.get_or_insert().keeps_fields = true;
        set_response_field(&mut request.response, &name, &values);
        Ok(())
    });
    match set {
        None => no_request(lua),
        Some(Ok(())) => none(),
        Some(Err(why)) => {
            with(link, |w, id| log::error(w, id, Level::Error, format_args!("{why}")));
            none()
        }
    }
}

fn set_response_field(response: &mut Response, name: &[u8], values: &[Vec<u8>]) {
    let last = values.last();
    match &*name.to_ascii_lowercase() {
        b"content-type" => {
            response.content_type.clear();
            response.content_type.extend_from_slice(last.map_or(b"", |it| it));
            return;
        }
        b"content-length" => {
            let text = last.and_then(|it| str::from_utf8(it).ok());
            response.content_length = text.and_then(|it| it.trim().parse().ok());
            return;
        }
        b"location" => response.rare.get_or_insert().location = None,
        b"last-modified" => {
            remove(&mut response.fields, name);
            let at = last.and_then(|it| dates::parse(it));
            response.rare.get_or_insert().last_modified = at;
            if at.is_some() || last.is_none() {
                return;
            }
        }
        // How the body is framed is not the script's to say.
        b"transfer-encoding" => return,
        b"date" => response.has_date = last.is_some(),
        b"server" => response.has_server = last.is_some(),
        _ => {}
    }
    remove_if(&mut response.fields, |_, other| other.eq_ignore_ascii_case(name));
    for value in values {
        response.add(name, value);
    }
}
