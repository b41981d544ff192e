//! Values of Lua as bytes, and failures that the prelude raises.
//!
//! A function here never returns `Err` to mlua, whose errors are objects with a traceback: it returns [`raised`], and
//! the prelude calls `error` with the words, so that a script finds a string with its own file and line.

use mlua::{IntoLua, LightUserData, Lua, MultiValue, Result, Value};

/// What a function of the library is.
pub type Call = fn(&Lua, MultiValue) -> Result<MultiValue>;

/// In front of words that the prelude raises.
pub const RAISE: LightUserData = LightUserData(std::ptr::without_provenance_mut(8));

/// In front of an operation that a script yields.
pub const OPERATION: LightUserData = LightUserData(std::ptr::without_provenance_mut(16));

/// How deep tables may be in one another as text.
const DEPTH: usize = 100;

/// The prelude raises these words, at the line that has called the function.
pub fn raised(lua: &Lua, words: impl AsRef<[u8]>) -> Result<MultiValue> {
    let words = lua.create_string(words.as_ref())?;
    Ok(MultiValue::from_vec(vec![Value::LightUserData(RAISE), Value::String(words)]))
}

/// `nil` and the words of a failure.
pub fn failed(lua: &Lua, words: impl AsRef<[u8]>) -> Result<MultiValue> {
    let words = lua.create_string(words.as_ref())?;
    Ok(MultiValue::from_vec(vec![Value::Nil, Value::String(words)]))
}

/// One value.
pub fn one(lua: &Lua, value: impl IntoLua) -> Result<MultiValue> {
    Ok(MultiValue::from_vec(vec![value.into_lua(lua)?]))
}

pub fn none() -> Result<MultiValue> {
    Ok(MultiValue::new())
}

/// `bad argument #1 to 'say' (…)`
pub fn bad_argument(lua: &Lua, n: usize, function: &str, why: &str) -> Result<MultiValue> {
    raised(lua, format!("bad argument #{n} to '{function}' ({why})"))
}

/// Appends a string or a number as Lua writes it. False: it is neither.
pub fn push_text(lua: &Lua, value: &Value, out: &mut Vec<u8>) -> bool {
    match value {
        Value::String(text) => out.extend_from_slice(&text.as_bytes()),
        Value::Integer(_) | Value::Number(_) => match lua.coerce_string(value.clone()) {
            Ok(Some(text)) => out.extend_from_slice(&text.as_bytes()),
            _ => return false,
        },
        _ => return false,
    }
    true
}

/// The bytes of a string or a number.
pub fn text(lua: &Lua, value: &Value) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    push_text(lua, value, &mut out).then_some(out)
}

/// Appends what `ngx.say` prints of a value: text, `nil`, `true`, `null`, or the elements of an array in turn.
pub fn print(lua: &Lua, value: &Value, out: &mut Vec<u8>) -> std::result::Result<(), String> {
    print_at(lua, value, out, 0)
}

fn print_at(
    lua: &Lua,
    value: &Value,
    out: &mut Vec<u8>,
    depth: usize,
) -> std::result::Result<(), String> {
    match value {
        Value::Nil => out.extend_from_slice(b"nil"),
        Value::Boolean(it) => out.extend_from_slice(if *it { b"true" } else { b"false" }),
        Value::LightUserData(it) if it.0.is_null() => out.extend_from_slice(b"null"),
        Value::Table(_) if depth >= DEPTH => return Err("tables are nested too deeply".to_owned()),
        Value::Table(table) => {
            for pair in table.pairs::<Value, Value>() {
                match pair {
                    Ok((Value::Integer(_) | Value::Number(_), _)) => {}
                    _ => return Err("non-array table found".to_owned()),
                }
            }
            for at in 1..=table.raw_len() {
                let element = table.raw_get::<Value>(at).unwrap_or(Value::Nil);
                print_at(lua, &element, out, depth + 1)?;
            }
        }
        other if push_text(lua, other, out) => {}
        other => {
            return Err(format!(
                "string, number, boolean, nil, ngx.null, or array table expected, got {}",
                other.type_name()
            ));
        }
    }
    Ok(())
}
