//! The part of the library that is Lua: texts that are compiled once a state.
//!
//! A function here returns its failures as values, and the text around it raises them with `error(message, level)`:
//! so a script's pcall sees a string with the script's own file and line.

use mlua::chunk::ChunkMode;
use mlua::{FromLuaMulti, IntoLuaMulti, Lua};

/// Runs a text with these arguments (its `...`). Tracebacks call it `(name)`.
pub fn run<R: FromLuaMulti>(
    lua: &Lua,
    name: &str,
    text: &'static str,
    arguments: impl IntoLuaMulti,
) -> mlua::Result<R> {
    let chunk = lua.load(text).set_name(format!("=({name})")).set_mode(ChunkMode::Text);
    chunk.call(arguments)
}
