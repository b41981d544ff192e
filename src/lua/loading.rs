//! How scripts compile and find other Lua: text alone, by names of files and `package.path`.
//!
//! LuaJIT's bytecode and `ffi` can write to any memory, so nothing here opens them. A literal such as `1LL` and the
//! module `string.buffer` would, too: both give pointers.

use std::fs;
use std::io::{Error, ErrorKind};

use mlua::{Function, Lua, LuaString, Table, Value};

use super::prelude;

/// A longer file is no Lua that a script wants.
const LONGEST_FILE: u64 = 64 << 20;

/// Closes what writes to any memory, and puts functions that take text alone in place of the standard library's.
pub fn install(lua: &Lua) -> mlua::Result<()> {
    let read_file = lua.create_function(|lua, name: Value| match &name {
        Value::String(name) => answer(lua, name),
        _ => Ok((Value::Nil, Value::Nil)),
    })?;
    let traceback = lua.create_function(|lua, (message, level): (Value, Value)| {
        let message = message.as_string().map(LuaString::to_string_lossy);
        // The function of the library has left its place to this one.
        lua.traceback(message.as_deref(), level_of(&level))
    })?;
    let info = lua.create_function(|lua, level: Value| {
        let found = lua.inspect_stack(level_of(&level), |it| {
            let table = lua.create_table()?;
            let source = it.source();
            table.set("source", source.source.as_deref())?;
            table.set("short_src", source.short_src.as_deref())?;
            table.set("linedefined", source.line_defined.map_or(-1, |n| n as i64))?;
            table.set("lastlinedefined", source.last_line_defined.map_or(-1, |n| n as i64))?;
            table.set("what", source.what)?;
            table.set("currentline", it.current_line().map_or(-1, |n| n as i64))?;
            let names = it.names();
            table.set("name", names.name.as_deref())?;
            table.set("namewhat", names.name_what.unwrap_or(""))?;
            table.set("nups", it.stack().num_upvalues)?;
            table.set("func", it.function())?;
            Ok::<_, mlua::Error>(table)
        });
        found.transpose()
    })?;
    let describe = lua.create_function(|lua, it: Value| describe(lua, it.as_function()))?;
    let text = include_str!("text/loading.lua");
    prelude::run(lua, "loading", text, (read_file, traceback, info, describe))
}

fn level_of(level: &Value) -> usize {
    let level = match level {
        Value::Integer(n) => *n as f64,
        Value::Number(n) => *n,
        _ => 0.0,
    };
    level.clamp(0.0, f64::from(i32::MAX / 2)) as usize
}

fn answer(lua: &Lua, name: &LuaString) -> mlua::Result<(Value, Value)> {
    let name = name.to_string_lossy();
    match read(&name) {
        Ok(text) => Ok((Value::String(lua.create_string(text)?), Value::Nil)),
        Err(e) => {
            let verb = if e.kind() == ErrorKind::NotFound { "open" } else { "read" };
            let reason = e.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            let words = format!("cannot {verb} {name}: {reason}");
            Ok((Value::Nil, Value::String(lua.create_string(words)?)))
        }
    }
}

/// A device or a pipe would block, or never end.
fn read(name: &str) -> Result<Vec<u8>, Error> {
    let about = fs::metadata(name)?;
    if about.is_dir() {
        return Err(Error::new(ErrorKind::IsADirectory, "Is a directory"));
    }
    if !about.is_file() || about.len() > LONGEST_FILE {
        return Err(Error::other("it is no file of Lua"));
    }
    fs::read(name)
}

fn describe(lua: &Lua, it: Option<&Function>) -> mlua::Result<Table> {
    let table = lua.create_table()?;
    if let Some(it) = it {
        let info = it.info();
        table.set("source", info.source)?;
        table.set("short_src", info.short_src)?;
        table.set("linedefined", info.line_defined.map_or(-1, |n| n as i64))?;
        table.set("lastlinedefined", info.last_line_defined.map_or(-1, |n| n as i64))?;
        table.set("what", info.what)?;
        table.set("nups", info.num_upvalues)?;
        table.set("currentline", -1)?;
        table.set("namewhat", "")?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::fixture::Script;

    #[test]
    fn modules_are_found_by_the_path() {
        let folder = std::env::temp_dir().join(format!("peerage-loading-{}", std::process::id()));
        fs::create_dir_all(folder.join("a")).unwrap();
        fs::write(folder.join("a/good.lua"), "local name = ... return { name = name }").unwrap();
        fs::write(folder.join("wrong.lua"), "return x x").unwrap();
        fs::write(folder.join("code.lua"), b"\x1bLJ\x02").unwrap();
        fs::write(folder.join("native.so"), "ELF").unwrap();
        let at = folder.to_str().unwrap();
        let script = Script::new();
        script.run(&format!("package.path = '{at}/?.lua' package.cpath = '{at}/?.so'"));
        script.shows(&[
            ("require('a.good').name", "a.good"),
            ("require('a.good') == require('a.good')", "true"),
            ("loadfile('/no/file')", "nil cannot open /no/file: No such file or directory"),
            ("loadfile('/')", "nil cannot read /: Is a directory"),
            ("loadfile('/dev/zero')", "nil cannot read /dev/zero: it is no file of Lua"),
            ("pcall(dofile, '/no/file')", "false cannot open /no/file: No such file or directory"),
            (&format!("dofile('{at}/a/good.lua').name"), "nil"),
        ]);
        for (code, message) in [
            ("require 'wrong'", "error loading module 'wrong' from file"),
            ("require 'code'", "wrong mode"),
            ("require 'native'", "is a module of C"),
            ("require 'no.such'", "no field package.preload['no.such']\n\tno file '"),
            ("load(nil)", "x:1: bad argument #1 to 'load' (function expected, got nil)"),
            ("load()", "x:1: bad argument #1 to 'load' (function expected, got no value)"),
        ] {
            script.fails(code, message);
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn text_is_compiled() {
        let script = Script::new();
        script.shows(&[
            ("load('return ...')(7)", "7"),
            ("loadstring('x x', '=n')", "nil n:1: '=' expected near 'x'"),
            ("load('return y', '=n', 't', { y = 3 })()", "3"),
            ("pcall(load('error(1, 2)'))", "false 1"),
        ]);
    }

    #[test]
    fn the_stack_is_told() {
        let script = Script::new();
        let at =
            "(function() local i = debug.getinfo(1) return i.short_src .. i.currentline end)()";
        script.shows(&[
            (at, "x1"),
            (
                "(debug.traceback('m'):match('^m\\nstack traceback:\\n\\t[^\\n]*'))",
                "m\nstack traceback:\n\tx:1: in main chunk",
            ),
            ("debug.getinfo(1, 'Sl').currentline", "1"),
            ("debug.getinfo(print).what", "C"),
            ("debug.getinfo(1000)", "nil"),
            ("debug.getinfo(0/0) ~= 1", "true"),
            ("type(debug.traceback({}))", "table"),
        ]);
    }
}
