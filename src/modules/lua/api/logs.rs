//! `ngx.log` and `print`.

use mlua::{Lua, MultiValue, Value};

use super::{Call, arg, with};
use crate::lua::phase::Phase;
use crate::lua::values::{self, none, one, raised};
use crate::modules::lua::Link;
use crate::serve::log::{self, Level};

pub(super) const PLAIN: &[(&str, Call)] = &[("log", |lua, link, args| {
    let Some(level) = level(arg(&args, 0)) else {
        return raised(lua, format!("bad log level: {}", shown(arg(&args, 0))));
    };
    write(lua, link, level, &args, 1)
})];

pub(super) const NATIVE: &[(&str, Call)] = &[
    ("print", |lua, link, args| write(lua, link, Level::Notice, &args, 0)),
    ("text_of", |lua, _, args| {
        let text = match arg(&args, 0) {
            Value::Table(table) => text_of(table),
            _ => None,
        };
        one(lua, text)
    }),
];

fn shown(value: &Value) -> String {
    value.to_string().unwrap_or_default()
}

/// `ngx.STDERR` and its kin, by their numbers.
fn level(value: &Value) -> Option<Level> {
    let number = match value {
        Value::Integer(it) => *it,
        Value::Number(it) => *it as i64,
        _ => return None,
    };
    Some(match number {
        0 | 2 => Level::Alert,
        1 => Level::Emerg,
        3 => Level::Crit,
        4 => Level::Error,
        5 => Level::Warn,
        6 => Level::Notice,
        7 => Level::Info,
        8 => Level::Debug,
        _ => return None,
    })
}

/// By the `__tostring` of its metatable.
fn text_of(table: &mlua::Table) -> Option<String> {
    let call: mlua::Function = table.metatable()?.raw_get("__tostring").ok()?;
    call.call::<String>(table).ok()
}

/// `[lua] content_by_lua(nginx.conf:31):2: name(): words`
fn write(
    lua: &Lua,
    link: &Link,
    level: Level,
    args: &MultiValue,
    from: usize,
) -> mlua::Result<MultiValue> {
    let mut text = Vec::new();
    for (at, value) in args.iter().enumerate().skip(from) {
        match value {
            Value::Nil => text.extend_from_slice(b"nil"),
            Value::Boolean(it) => text.extend_from_slice(it.to_string().as_bytes()),
            Value::LightUserData(it) if it.0.is_null() => text.extend_from_slice(b"null"),
            Value::Table(table) => match text_of(table) {
                Some(it) => text.extend_from_slice(it.as_bytes()),
                None => {
                    return raised(
                        lua,
                        format!(
                            "bad argument #{} to 'log' (expected table to have __tostring metamethod)",
                            at + 1 - from
                        ),
                    );
                }
            },
            other if values::push_text(lua, other, &mut text) => {}
            other => {
                return raised(
                    lua,
                    format!(
                        "bad argument #{} to 'log' (string, number, boolean, or nil expected, got {})",
                        at + 1 - from,
                        other.type_name()
                    ),
                );
            }
        }
    }
    let place = place(lua);
    let text = String::from_utf8_lossy(&text);
    let said = with(link, |w, id| {
        log::error(w, id, level, format_args!("[lua] {place}{text}"));
    });
    if said.is_none() {
        let context = match link.current.get().phase {
            Phase::Init => String::new(),
            phase => format!(", context: {}", phase.directive()),
        };
        crate::log_to!(0, level, "[lua] {place}{text}{context}");
    }
    none()
}

/// The line of the script that has called: `FILE:LINE: ` or `FILE:LINE: NAME(): `.
fn place(lua: &Lua) -> String {
    let found = lua.inspect_stack(2, |it| {
        let source = it.source();
        let name = it.names().name.map(|name| name.into_owned());
        let short = source.short_src.map(|it| it.into_owned()).unwrap_or_default();
        (short, it.current_line(), name, source.what)
    });
    match found {
        Some((file, Some(line), Some(name), what)) if what != "main" && !name.is_empty() => {
            format!("{file}:{line}: {name}(): ")
        }
        Some((file, Some(line), ..)) => format!("{file}:{line}: "),
        _ => String::new(),
    }
}
