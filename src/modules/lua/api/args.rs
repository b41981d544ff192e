//! Arguments of a query, and what is escaped for it: `ngx.encode_args`, `ngx.escape_uri` and their kin.

use mlua::{Lua, MultiValue, Table, Value};

use super::fields::put;
use super::{Call, arg};
use crate::http::uri::{self, Escape};
use crate::lua::values::{one, push_text, raised, text};
use crate::modules::set_misc::quote_sql;

pub(super) const PLAIN: &[(&str, Call)] = &[
    ("escape_uri", |lua, _, args| {
        let place = match arg(&args, 1) {
            Value::Nil => Escape::Unreserved,
            Value::Integer(2) => Escape::Unreserved,
            Value::Integer(0) => Escape::Uri,
            _ => return raised(lua, "bad argument #2 to 'escape_uri' (0 or 2 expected)"),
        };
        changed(lua, &args, "escape_uri", |text, out| uri::escape(text, place, out))
    }),
    ("unescape_uri", |lua, _, args| changed(lua, &args, "unescape_uri", unescape)),
    ("quote_sql_str", |lua, _, args| changed(lua, &args, "quote_sql_str", quote_sql)),
    ("encode_args", |lua, _, args| match arg(&args, 0) {
        Value::Table(table) => match encode(lua, table) {
            Ok(out) => one(lua, lua.create_string(out)?),
            Err(why) => raised(lua, why),
        },
        other => {
            let found = other.type_name();
            raised(lua, format!("bad argument #1 to 'encode_args' (table expected, got {found})"))
        }
    }),
    ("decode_args", |lua, _, args| match text(lua, arg(&args, 0)) {
        Some(text) => decode(lua, &text, most(&args, 1)),
        None => raised(lua, "bad argument #1 to 'decode_args' (string expected)"),
    }),
];

/// What a function makes of a text; nil is an empty one.
fn changed(
    lua: &Lua,
    args: &MultiValue,
    name: &str,
    call: impl FnOnce(&[u8], &mut Vec<u8>),
) -> mlua::Result<MultiValue> {
    let given = match arg(args, 0) {
        Value::Nil if !args.is_empty() => Some(vec![]),
        other => text(lua, other),
    };
    let Some(given) = given else {
        let found = arg(args, 0).type_name();
        return raised(lua, format!("bad argument #1 to '{name}' (string expected, got {found})"));
    };
    let mut out = vec![];
    call(&given, &mut out);
    one(lua, lua.create_string(out)?)
}

/// What is no escape stays as it is; a `+` is a space.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: Option<&u8>| byte.and_then(|it| char::from(*it).to_digit(16));
    let mut at = 0;
    while at < text.len() {
        let escaped = digit(text.get(at + 1)).zip(digit(text.get(at + 2)));
        match (text[at], escaped) {
            (b'%', Some((high, low))) => {
                out.push((high << 4 | low) as u8);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
}

/// A uri without its query, and that with more behind it.
pub(in crate::modules::lua) fn split(mut uri: Vec<u8>, more: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let at = memchr::memchr(b'?', &uri).unwrap_or(uri.len());
    let mut query = uri.get(at + 1..).unwrap_or_default().to_vec();
    uri.truncate(at);
    if !query.is_empty() && !more.is_empty() {
        query.push(b'&');
    }
    query.extend_from_slice(more);
    (uri, query)
}

/// How many arguments a table has, if the script does not say; 0: no limit.
pub(super) fn most(args: &MultiValue, at: usize) -> usize {
    match arg(args, at) {
        Value::Integer(it) => usize::try_from(*it).unwrap_or(0),
        Value::Number(it) => *it as usize,
        _ => 100,
    }
}

/// A table as a query: `true` is a name alone, `false` and nil are left out, an array is the name again and again.
pub(in crate::modules::lua) fn encode(lua: &Lua, table: &Table) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|e| e.to_string())?;
        let Some(name) = text(lua, &key) else {
            return Err("attempt to use a non-string key in the \"args\" option table".to_owned());
        };
        match &value {
            Value::Table(several) => {
                for at in 1..=several.raw_len() {
                    let one = several.raw_get::<Value>(at).unwrap_or(Value::Nil);
                    push(lua, &mut out, &name, &one)?;
                }
            }
            other => push(lua, &mut out, &name, other)?,
        }
    }
    Ok(out)
}

fn push(lua: &Lua, out: &mut Vec<u8>, name: &[u8], value: &Value) -> Result<(), String> {
    let mut text = Vec::new();
    let has_value = match value {
        Value::Boolean(false) | Value::Nil => return Ok(()),
        Value::Boolean(true) => false,
        other if push_text(lua, other, &mut text) => true,
        other => {
            let found = other.type_name();
            return Err(format!("attempt to use {found} as query arg value"));
        }
    };
    if !out.is_empty() {
        out.push(b'&');
    }
    uri::escape(name, Escape::Unreserved, out);
    if has_value {
        out.push(b'=');
        uri::escape(&text, Escape::Unreserved, out);
    }
    Ok(())
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    unescape(text, &mut out);
    out
}

/// A query as a table: a name alone is `true`, one that is there more than once has an array.
pub(super) fn decode(lua: &Lua, query: &[u8], max: usize) -> mlua::Result<MultiValue> {
    let all = lua.create_table()?;
    let mut count = 0;
    for pair in query.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match memchr::memchr(b'=', pair) {
            Some(at) => (&pair[..at], Some(&pair[at + 1..])),
            None => (pair, None),
        };
        let name = unescaped(name);
        if name.is_empty() {
            continue;
        }
        if max > 0 && count == max {
            let truncated = Value::String(lua.create_string("truncated")?);
            return Ok(MultiValue::from_vec(vec![Value::Table(all), truncated]));
        }
        count += 1;
        let value = match value {
            Some(value) => Value::String(lua.create_string(unescaped(value))?),
            None => Value::Boolean(true),
        };
        put(lua, &all, Value::String(lua.create_string(name)?), value)?;
    }
    one(lua, all)
}
