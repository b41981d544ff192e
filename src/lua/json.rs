//! `cjson`: JSON (RFC 8259) with the results of lua-cjson.

use mlua::{LightUserData, Lua, MultiValue, Result, Table, Value};

use super::values::{Call, one, raised};

mod read;

pub(super) const CALLS: &[(&str, Call)] = &[("encode", encode), ("decode", decode)];

/// An array without elements, as `cjson.empty_array`.
const EMPTY_ARRAY: LightUserData = LightUserData(std::ptr::without_provenance_mut(24));

/// Where the metatable of arrays is kept.
const ARRAY: &str = "peerage.json.array_mt";

/// Gives the modules what they have in common.
pub(super) fn remember(lua: &Lua, native: &Table) -> Result<()> {
    native.set("empty_array", Value::LightUserData(EMPTY_ARRAY))?;
    lua.set_named_registry_value(ARRAY, native.get::<Table>("array_mt")?)
}

/// What an instance of the module was told.
struct Options {
    table: Table,
}

impl Options {
    fn number(&self, name: &str) -> usize {
        self.table.raw_get::<f64>(name).map_or(0, |it| it as usize)
    }

    fn is(&self, name: &str) -> bool {
        self.table.raw_get(name).unwrap_or(false)
    }
}

fn options(lua: &Lua, args: &MultiValue) -> Result<Options> {
    let table = match args.get(1) {
        Some(Value::Table(table)) => table.clone(),
        _ => lua.create_table()?,
    };
    Ok(Options { table })
}

fn encode(lua: &Lua, args: MultiValue) -> Result<MultiValue> {
    let options = options(lua, &args)?;
    let mut writer = Writer {
        out: vec![],
        depth: options.number("depth"),
        precision: options.number("precision").max(1),
        escapes_slash: options.is("escape_slash"),
        as_object: options.is("as_object"),
        invalid: options.table.raw_get::<String>("invalid").unwrap_or_default(),
        converts: options.is("sparse_convert"),
        ratio: options.number("sparse_ratio"),
        safe: options.number("sparse_safe"),
        array: lua.named_registry_value(ARRAY)?,
    };
    match writer.value(args.front().unwrap_or(&Value::Nil), 0) {
        Ok(()) => one(lua, lua.create_string(writer.out)?),
        Err(why) => raised(lua, why),
    }
}

struct Writer {
    out: Vec<u8>,
    depth: usize,
    precision: usize,
    escapes_slash: bool,
    as_object: bool,
    invalid: String,
    converts: bool,
    ratio: usize,
    safe: usize,
    array: Table,
}

type Written = std::result::Result<(), String>;

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Written {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::Boolean(it) => self.out.extend_from_slice(it.to_string().as_bytes()),
            Value::Integer(it) => self.number(*it as f64)?,
            Value::Number(it) => self.number(*it)?,
            Value::String(text) => self.string(&text.as_bytes()),
            Value::LightUserData(it) if it.0.is_null() => self.out.extend_from_slice(b"null"),
            Value::LightUserData(it) if *it == EMPTY_ARRAY => self.out.extend_from_slice(b"[]"),
            Value::Table(table) => self.table(table, depth + 1)?,
            other => {
                return Err(format!("Cannot serialise {}: type not supported", other.type_name()));
            }
        }
        Ok(())
    }

    fn number(&mut self, number: f64) -> Written {
        if !number.is_finite() {
            match self.invalid.as_str() {
                "null" => self.out.extend_from_slice(b"null"),
                "on" if number.is_nan() => self.out.extend_from_slice(b"NaN"),
                "on" if number > 0.0 => self.out.extend_from_slice(b"Infinity"),
                "on" => self.out.extend_from_slice(b"-Infinity"),
                _ => return Err("Cannot serialise number: must not be NaN or Infinity".to_owned()),
            }
            return Ok(());
        }
        let text = general(number, self.precision);
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        for &byte in text {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                b'/' if self.escapes_slash => self.out.extend_from_slice(b"\\/"),
                0x08 => self.out.extend_from_slice(b"\\b"),
                0x0c => self.out.extend_from_slice(b"\\f"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                0..0x20 | 0x7f => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                other => self.out.push(other),
            }
        }
        self.out.push(b'"');
    }

    fn table(&mut self, table: &Table, depth: usize) -> Written {
        if depth > self.depth {
            return Err(format!("Cannot serialise, excessive depth ({depth})"));
        }
        let is_marked = table.metatable().is_some_and(|meta| meta == self.array);
        match self.length(table)? {
            Some(len) if len > 0 || is_marked || !self.as_object => {
                self.elements(table, len, depth)
            }
            Some(_) => {
                self.out.extend_from_slice(b"{}");
                Ok(())
            }
            None if is_marked => self.elements(table, table.raw_len(), depth),
            None => self.members(table, depth),
        }
    }

    /// The length of an array; none: the table is an object.
    fn length(&self, table: &Table) -> std::result::Result<Option<usize>, String> {
        let (mut most, mut count) = (0, 0);
        for pair in table.pairs::<Value, Value>() {
            let key = match pair.map_err(|e| e.to_string())?.0 {
                Value::Integer(it) => it as f64,
                Value::Number(it) => it,
                _ => return Ok(None),
            };
            if key < 1.0 || key.fract() != 0.0 || key > 4_294_967_295.0 {
                return Ok(None);
            }
            count += 1;
            most = most.max(key as usize);
        }
        let is_sparse = self.ratio > 0 && most > count * self.ratio && most > self.safe;
        match (is_sparse, self.converts) {
            (false, _) => Ok(Some(most)),
            (true, true) => Ok(None),
            (true, false) => Err("Cannot serialise table: excessively sparse array".to_owned()),
        }
    }

    fn elements(&mut self, table: &Table, len: usize, depth: usize) -> Written {
        self.out.push(b'[');
        for at in 1..=len {
            if at > 1 {
                self.out.push(b',');
            }
            let element = table.raw_get::<Value>(at).map_err(|e| e.to_string())?;
            self.value(&element, depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn members(&mut self, table: &Table, depth: usize) -> Written {
        self.out.push(b'{');
        let mut is_first = true;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair.map_err(|e| e.to_string())?;
            if !std::mem::take(&mut is_first) {
                self.out.push(b',');
            }
            match &key {
                Value::String(text) => self.string(&text.as_bytes()),
                Value::Integer(it) => self.out.extend_from_slice(format!("\"{it}\"").as_bytes()),
                Value::Number(it) => {
                    let text = general(*it, self.precision);
                    self.out.extend_from_slice(format!("\"{text}\"").as_bytes());
                }
                _ => {
                    return Err(
                        "Cannot serialise table: table key must be a number or string".to_owned()
                    );
                }
            }
            self.out.push(b':');
            self.value(&value, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

/// A number as C's `%.{digits}g` writes it.
fn general(number: f64, digits: usize) -> String {
    if number == 0.0 {
        return if number.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{number:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    trimmed(&format!("{number:.decimals$}"))
}

fn decode(lua: &Lua, args: MultiValue) -> Result<MultiValue> {
    let options = options(lua, &args)?;
    let mut text = vec![];
    let given = args.front().unwrap_or(&Value::Nil);
    if !super::values::push_text(lua, given, &mut text) {
        let found = given.type_name();
        return raised(lua, format!("bad argument #1 to 'decode' (string expected, got {found})"));
    }
    let array: Option<Table> = match options.is("decode_array") {
        true => Some(lua.named_registry_value(ARRAY)?),
        false => None,
    };
    let reader = read::Reader::new(
        lua,
        &text,
        options.number("decode_depth"),
        array,
        options.is("decode_invalid"),
    );
    match reader.whole() {
        Ok(value) => one(lua, value),
        Err(why) => raised(lua, why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Script;

    #[test]
    fn values_are_written() {
        let script = Script::new();
        script.run("cjson = require 'cjson'");
        script.shows(&[
            ("cjson.encode({1, 'a', true, cjson.null, {}})", "[1,\"a\",true,null,{}]"),
            ("cjson.encode({a = {b = 1.5}})", "{\"a\":{\"b\":1.5}}"),
            (
                "cjson.encode(cjson.empty_array), cjson.encode(setmetatable({}, cjson.array_mt))",
                "[] []",
            ),
            ("cjson.encode('a/b\\n\\1')", "\"a\\/b\\n\\u0001\""),
            (
                "cjson.encode(1/3), cjson.encode(1e15), cjson.encode(-0.00001)",
                "0.33333333333333 1e+15 -1e-05",
            ),
            (
                "cjson.encode(2^53), cjson.encode(100), cjson.encode(0.1)",
                "9.007199254741e+15 100 0.1",
            ),
            ("cjson.encode({[1] = 1, [3] = 3})", "[1,null,3]"),
            ("cjson.encode({[1] = 1, x = 2}) ~= nil", "true"),
            (
                "require('cjson.safe').encode(print)",
                "nil Cannot serialise function: type not supported",
            ),
            (
                "require('cjson.safe').encode(0/0)",
                "nil Cannot serialise number: must not be NaN or Infinity",
            ),
        ]);
        script.fails(
            "cjson.encode({[1000] = 1})",
            "Cannot serialise table: excessively sparse array",
        );
    }

    /// With the stack that a process has: that of a test's thread is smaller.
    #[test]
    fn depth_is_bounded() {
        let deep = || {
            let script = Script::new();
            script.run("cjson = require 'cjson'");
            script.fails(
                "local t = {} t.t = t cjson.encode(t)",
                "Cannot serialise, excessive depth (1001)",
            );
            script.fails(
                "cjson.decode(('['):rep(1001))",
                "Found too many nested data structures (1001) at character 1001",
            );
        };
        std::thread::Builder::new().stack_size(8 << 20).spawn(deep).unwrap().join().unwrap();
    }

    #[test]
    fn texts_are_read() {
        let script = Script::new();
        script.run("cjson = require 'cjson' safe = require 'cjson.safe'");
        script.shows(&[
            ("cjson.decode('{\"a\": [1, 2.5e1, null, \"x\\\\u00e9\\\\n\"]}').a[2]", "25"),
            ("cjson.decode('[null]')[1] == cjson.null, #cjson.decode('[]')", "true 0"),
            ("cjson.decode('\"\\\\ud83d\\\\ude00\"') == '\\240\\159\\152\\128'", "true"),
            ("cjson.decode(' true '), cjson.decode('-0.5')", "true -0.5"),
            ("safe.decode('{')", "nil Expected object key string but found T_END at character 2"),
            ("safe.decode('[1,]')", "nil Expected value but found T_ARR_END at character 4"),
            ("safe.decode('x')", "nil Expected value but found invalid token at character 1"),
            ("cjson.decode('[nan, -Infinity, 0x10]')[2], cjson.decode('0x10')", "-inf 16"),
            (
                "(function() local j = safe.new() j.decode_invalid_numbers(false) return j.decode('nan') end)()",
                "nil Expected value but found invalid token at character 1",
            ),
            ("safe.decode('1x')", "nil Expected value but found invalid token at character 1"),
            ("safe.decode('1 2')", "nil Expected the end but found T_NUMBER at character 3"),
            ("safe.decode('')", "nil Expected value but found T_END at character 1"),
            (
                "safe.decode(('['):rep(1001))",
                "nil Found too many nested data structures (1001) at character 1001",
            ),
            (
                "safe.decode('\"\\\\ud800\"')",
                "nil Expected value but found invalid unicode escape code at character 2",
            ),
        ]);
        script
            .fails("cjson.decode({})", "bad argument #1 to 'decode' (string expected, got table)");
    }
}
