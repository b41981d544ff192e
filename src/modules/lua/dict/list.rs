//! Lists in dictionaries. As bytes: for each element its type, its length and its bytes.

use mlua::{Lua, MultiValue, Value};

use super::{LIST, NUMBER, STRING, number, of_key, value};
use crate::lua::values::{self, one};
use crate::modules::lua::Link;
use crate::modules::lua::api::arg;

/// An element: type, bytes.
type Element = (u64, Vec<u8>);

fn decode(mut bytes: &[u8]) -> Vec<Element> {
    let mut all = vec![];
    while let Some((head, rest)) = bytes.split_first_chunk::<8>() {
        let head = u64::from_ne_bytes(*head);
        let len = (head >> 32) as usize;
        let Some((element, rest)) = rest.split_at_checked(len) else { break };
        all.push((head & 0xffff_ffff, element.to_vec()));
        bytes = rest;
    }
    all
}

fn encode(all: &[Element]) -> Vec<u8> {
    let mut out = LIST.to_ne_bytes().to_vec();
    for (kind, bytes) in all {
        out.extend_from_slice(&(kind | (bytes.len() as u64) << 32).to_ne_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

const NO_LIST: &str = "value not a list";

/// The length of the list then.
pub(super) fn push(
    lua: &Lua,
    link: &Link,
    args: &MultiValue,
    left: bool,
) -> mlua::Result<MultiValue> {
    let element = match arg(args, 2) {
        Value::String(text) => (STRING, text.as_bytes().to_vec()),
        other => match number(other) {
            Some(it) => (NUMBER, it.to_ne_bytes().to_vec()),
            None => return values::failed(lua, "bad value type"),
        },
    };
    let pushed = of_key(lua, link, args, |dict, key| {
        let (mut all, ends) = match dict.find(key) {
            Some(found) if found.kind() == LIST => (decode(found.bytes()), found.ends),
            Some(_) => return Err(NO_LIST),
            None => (vec![], 0),
        };
        match left {
            true => all.insert(0, element),
            false => all.push(element),
        }
        let stored = dict.put(key, &encode(&all), ends, false);
        stored.map(|_| all.len()).ok_or("no memory")
    });
    pushed.map_or_else(|answer| answer, |len| one(lua, len))
}

pub(super) fn pop(
    lua: &Lua,
    link: &Link,
    args: &MultiValue,
    left: bool,
) -> mlua::Result<MultiValue> {
    let popped = of_key(lua, link, args, |dict, key| {
        let Some(found) = dict.find(key) else { return Ok(None) };
        if found.kind() != LIST {
            return Err(NO_LIST);
        }
        let mut all = decode(found.bytes());
        let element = match left {
            true if all.is_empty() => None,
            true => Some(all.remove(0)),
            false => all.pop(),
        };
        match all.is_empty() {
            true => dict.zone.remove(found.record),
            false => {
                // It is shorter than what it takes the place of.
                dict.put(key, &encode(&all), found.ends, true);
            }
        }
        Ok(element)
    });
    match popped {
        Ok(None) => one(lua, Value::Nil),
        Ok(Some((kind, bytes))) => one(lua, value(lua, kind, &bytes)?),
        Err(answer) => answer,
    }
}

pub(super) fn len(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let len = of_key(lua, link, &args, |dict, key| match dict.find(key) {
        Some(found) if found.kind() == LIST => Ok(decode(found.bytes()).len()),
        Some(_) => Err(NO_LIST),
        None => Ok(0),
    });
    len.map_or_else(|answer| answer, |len| one(lua, len))
}
