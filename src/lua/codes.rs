//! Codes and digests: `ngx.encode_base64`, `ngx.md5` and their kin.

use mlua::{Lua, MultiValue, Result, Value};

use super::values::{Call, bad_argument, one, push_text};
use crate::base::{base64, digest};

pub(super) const NGX: &[(&str, Call)] = &[
    ("md5", |lua, args| {
        of_text(lua, &args, "md5", |text| format!("{:x}", md5::compute(text)).into_bytes())
    }),
    ("md5_bin", |lua, args| of_text(lua, &args, "md5_bin", |text| md5::compute(text).0.to_vec())),
    ("sha1_bin", |lua, args| {
        of_text(lua, &args, "sha1_bin", |text| digest::sha1(&[text]).to_vec())
    }),
    ("crc32_short", |lua, args| crc32(lua, &args, "crc32_short")),
    ("crc32_long", |lua, args| crc32(lua, &args, "crc32_long")),
    ("hmac_sha1", |lua, args| {
        let key = text(lua, &args, 0);
        of_text_at(lua, &args, 1, "hmac_sha1", |text| digest::hmac_sha1(&key, text).to_vec())
    }),
    ("encode_base64", |lua, args| {
        let bare = matches!(args.get(1), Some(Value::Boolean(true)));
        of_text(lua, &args, "encode_base64", |text| {
            let mut out = vec![];
            base64::encode(text, false, &mut out);
            while bare && out.last() == Some(&b'=') {
                out.pop();
            }
            out
        })
    }),
    ("decode_base64", |lua, args| decode(lua, &args, "decode_base64", false)),
    ("encode_base64url", |lua, args| {
        of_text(lua, &args, "encode_base64url", |text| {
            let mut out = vec![];
            base64::encode(text, true, &mut out);
            while out.last() == Some(&b'=') {
                out.pop();
            }
            out
        })
    }),
    ("decode_base64url", |lua, args| decode(lua, &args, "decode_base64url", true)),
];

/// One-shot digests, for the modules `resty.…`.
pub(super) const DIGESTS: &[(&str, Call)] = &[
    ("md5", |lua, args| of_text(lua, &args, "md5", |text| md5::compute(text).0.to_vec())),
    ("sha1", |lua, args| of_text(lua, &args, "sha1", |text| digest::sha1(&[text]).to_vec())),
    ("sha224", |lua, args| of_text(lua, &args, "sha224", digest::sha224)),
    ("sha256", |lua, args| of_text(lua, &args, "sha256", digest::sha256)),
    ("sha384", |lua, args| of_text(lua, &args, "sha384", digest::sha384)),
    ("sha512", |lua, args| of_text(lua, &args, "sha512", digest::sha512)),
    ("hmac_sha1", |lua, args| {
        let key = text(lua, &args, 0);
        of_text_at(lua, &args, 1, "hmac", |text| digest::hmac_sha1(&key, text).to_vec())
    }),
    ("hmac_sha256", |lua, args| {
        let key = text(lua, &args, 0);
        of_text_at(lua, &args, 1, "hmac", |text| digest::hmac_sha256(&key, text).to_vec())
    }),
    ("hmac_sha512", |lua, args| {
        let key = text(lua, &args, 0);
        of_text_at(lua, &args, 1, "hmac", |text| digest::hmac_sha512(&key, text))
    }),
];

/// The argument at that place as text: nil is empty, a boolean is its name.
fn text(lua: &Lua, args: &MultiValue, at: usize) -> Vec<u8> {
    let mut out = vec![];
    match args.get(at) {
        Some(Value::Boolean(it)) => out.extend_from_slice(it.to_string().as_bytes()),
        Some(Value::Nil) | None => {}
        Some(other) => {
            push_text(lua, other, &mut out);
        }
    }
    out
}

fn of_text(
    lua: &Lua,
    args: &MultiValue,
    name: &str,
    call: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<MultiValue> {
    of_text_at(lua, args, 0, name, call)
}

fn of_text_at(
    lua: &Lua,
    args: &MultiValue,
    at: usize,
    name: &str,
    call: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Result<MultiValue> {
    match args.get(at) {
        None => bad_argument(lua, at + 1, name, "string expected, got no value"),
        Some(Value::Table(_) | Value::Function(_) | Value::Thread(_)) => {
            bad_argument(lua, at + 1, name, "string expected")
        }
        Some(_) => one(lua, lua.create_string(call(&text(lua, args, at)))?),
    }
}

fn crc32(lua: &Lua, args: &MultiValue, name: &str) -> Result<MultiValue> {
    match args.front() {
        None => bad_argument(lua, 1, name, "string expected, got no value"),
        Some(_) => one(lua, crc32fast::hash(&text(lua, args, 0))),
    }
}

/// nil for what is no such code.
fn decode(lua: &Lua, args: &MultiValue, name: &str, url: bool) -> Result<MultiValue> {
    let Some(Value::String(_)) = args.front() else {
        return bad_argument(lua, 1, name, "string argument only");
    };
    let mut out = vec![];
    match base64::decode(&text(lua, args, 0), url, &mut out) {
        true => one(lua, lua.create_string(out)?),
        false => one(lua, Value::Nil),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Script;

    #[test]
    fn texts_have_their_codes() {
        Script::new().shows(&[
            ("ngx.md5('hello')", "5d41402abc4b2a76b9719d911017c592"),
            ("#ngx.md5_bin('hello'), #ngx.sha1_bin('hello')", "16 20"),
            ("ngx.crc32_short('hello'), ngx.crc32_long('hello')", "907060870 907060870"),
            ("ngx.encode_base64(ngx.hmac_sha1('key', 'text'))", "Np4pWetJRQM4shJ0j3fY3tdIR7s="),
            ("ngx.encode_base64('ab'), ngx.encode_base64('ab', true)", "YWI= YWI"),
            (
                "ngx.decode_base64('YWI='), ngx.decode_base64('YWI'), ngx.decode_base64('*')",
                "ab ab nil",
            ),
            ("require('ngx.base64').encode_base64url('\\255\\254')", "__4"),
            ("require('ngx.base64').decode_base64url('__4') == '\\255\\254'", "true"),
            ("ngx.md5(nil), ngx.md5(5) == ngx.md5('5')", "d41d8cd98f00b204e9800998ecf8427e true"),
        ]);
        let script = Script::new();
        script.fails("ngx.decode_base64(5)", "x:1: bad argument #1 to 'decode_base64'");
        script.fails("ngx.md5()", "x:1: bad argument #1 to 'md5' (string expected, got no value)");
    }

    #[test]
    fn digests_are_objects() {
        Script::new().shows(&[
            (
                "(function() local m = require('resty.md5'):new() m:update('hel') m:update('lo') \
                 return require('resty.string').to_hex(m:final()) end)()",
                "5d41402abc4b2a76b9719d911017c592",
            ),
            ("#require('resty.sha512'):new():final(), #require('resty.sha224'):new():final()", "64 28"),
            (
                "(function() local hmac = require('resty.hmac') \
                 local h = hmac:new('key', hmac.ALGOS.SHA256) h:update('text') return h:final(nil, true) end)()",
                "6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6",
            ),
            ("require('resty.string').atoi('12')", "12"),
        ]);
    }
}
