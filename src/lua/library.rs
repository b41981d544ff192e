//! All of the library that needs no request, for one state.

use mlua::{Lua, Result, Table};

use super::values::{Call, RAISE};
use super::{codes, constants, json, prelude, re};

/// Fills the table `ngx` and the globals of a state. Returns the functions of `raise.lua`, for other texts.
///
/// `patterns`: how many patterns of `ngx.re` are kept compiled.
pub fn install(lua: &Lua, ngx: &Table, patterns: usize) -> Result<Table> {
    let raise: Table = prelude::run(lua, "raise", include_str!("text/raise.lua"), RAISE)?;
    constants::install(ngx)?;
    prelude::run::<()>(lua, "tables", include_str!("text/tables.lua"), ())?;
    let native = lua.create_table()?;
    native.set("codes", group(lua, codes::NGX)?)?;
    native.set("digests", group(lua, codes::DIGESTS)?)?;
    native.set("json", group(lua, json::CALLS)?)?;
    native.set("array_mt", lua.create_table()?)?;
    json::remember(lua, &native)?;
    prelude::run::<()>(
        lua,
        "library",
        include_str!("text/library.lua"),
        (native, RAISE, ngx, &raise),
    )?;
    prelude::run::<()>(
        lua,
        "re",
        include_str!("text/re.lua"),
        (re::exec(lua, patterns)?, ngx, &raise),
    )?;
    prelude::run::<()>(lua, "lrucache", include_str!("text/lrucache.lua"), ngx)?;
    Ok(raise)
}

fn group(lua: &Lua, calls: &[(&str, Call)]) -> Result<Table> {
    let table = lua.create_table()?;
    for &(name, call) in calls {
        table.set(name, lua.create_function(call)?)?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Script;

    #[test]
    fn tables_have_the_functions_of_luajit() {
        let script = Script::new();
        script.shows(&[
            ("table.nkeys({ 1, nil, 3, a = 1 })", "3"),
            (
                "table.isempty({}), table.isempty({ 1 }), table.isempty({ a = 1 })",
                "true false false",
            ),
            (
                "table.isarray({}), table.isarray({ 1, nil, 3 }), table.isarray({ [3] = 1 })",
                "true true true",
            ),
            ("table.isarray({ a = 1 }), table.isarray({ [1.5] = 1 })", "false false"),
            ("table.clone({ 1, { 2 }, a = 3 })", "{1,{2},a=3}"),
            ("require 'table.new' (4, 0), table.new(1, 2)", "{} {}"),
            ("require 'table.nkeys' == table.nkeys", "true"),
            ("(function() local t = { 1, a = 2 } table.clear(t) return t end)()", "{}"),
        ]);
        script.fails(
            "table.nkeys(1)",
            "x:1: bad argument #1 to 'nkeys' (table expected, got number)",
        );
    }

    #[test]
    fn numbers_have_their_names() {
        Script::new().shows(&[
            ("ngx.OK, ngx.ERROR, ngx.AGAIN, ngx.DONE, ngx.DECLINED", "0 -1 -2 -4 -5"),
            ("ngx.STDERR, ngx.ERR, ngx.DEBUG", "0 4 8"),
            ("ngx.HTTP_PATCH, ngx.HTTP_TOO_MANY_REQUESTS", "16384 429"),
            ("ngx.null, type(ngx.null)", "userdata: NULL userdata"),
        ]);
    }

    #[test]
    fn a_cache_forgets_what_was_not_used_for_the_longest_time() {
        let script = Script::new();
        script.run(
            "c = require('resty.lrucache').new(2) c:set('a', 1) c:set('b', 2) c:get('a') c:set('c', 3)",
        );
        script.shows(&[
            ("c:get('a'), c:get('b'), c:get('c'), c:count(), c:capacity()", "1 nil 3 2 2"),
            ("(function() c:delete('a') return c:get('a'), c:count() end)()", "nil 1"),
            ("(function() c:flush_all() return c:count() end)()", "0"),
            ("require('resty.lrucache').new(0)", "nil size too small"),
        ]);
    }
}
