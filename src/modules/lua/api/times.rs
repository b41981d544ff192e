//! `ngx.now` and its kin: the worker's clock, which stands still during a turn.

use mlua::{Lua, MultiValue, Value};

use super::{Call, arg};
use crate::http::dates;
use crate::lua::values::{none, one, raised, text};
use crate::modules::lua::Link;
use crate::os::clock::{Clock, Wall};

pub(super) const PLAIN: &[(&str, Call)] = &[
    ("now", |lua, link, _| {
        let now = wall(link);
        one(lua, now.secs as f64 + f64::from(now.ms) / 1000.0)
    }),
    ("time", |lua, link, _| one(lua, wall(link).secs)),
    ("update_time", |_, link, _| {
        link.worker.with(|w| w.event.update_time());
        none()
    }),
    ("today", |lua, link, _| one(lua, &local(link)[..10])),
    ("localtime", |lua, link, _| one(lua, local(link))),
    ("utctime", |lua, link, _| {
        let now = wall(link);
        one(lua, dashed(&dates::error_log(now.secs, 0)))
    }),
    ("http_time", |lua, _, args| match seconds(arg(&args, 0)) {
        Some(at) => one(lua, lua.create_string(dates::http(at))?),
        None => raised(lua, "bad argument #1 to 'http_time' (number expected)"),
    }),
    ("cookie_time", |lua, _, args| match seconds(arg(&args, 0)) {
        Some(at) => {
            let mut out = vec![];
            dates::cookie(at, &mut out);
            one(lua, lua.create_string(out)?)
        }
        None => raised(lua, "bad argument #1 to 'cookie_time' (number expected)"),
    }),
    ("parse_http_time", parse),
];

fn parse(lua: &Lua, _: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    match text(lua, arg(&args, 0)) {
        Some(text) => one(lua, dates::parse(&text)),
        None => raised(lua, "bad argument #1 to 'parse_http_time' (string expected)"),
    }
}

/// Between the years 0 and 9999.
fn seconds(value: &Value) -> Option<i64> {
    let seconds = match value {
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        _ => return None,
    };
    Some(seconds.clamp(0, 253_402_300_799))
}

fn wall(link: &Link) -> Wall {
    link.worker.with(|w| w.event.wall).unwrap_or_else(|| Clock::new().wall())
}

/// `2026-12-01 06:05:35`
fn local(link: &Link) -> String {
    let now = wall(link);
    dashed(&dates::error_log(now.secs, now.offset))
}

fn dashed(date: &[u8]) -> String {
    String::from_utf8_lossy(date).replace('/', "-")
}
