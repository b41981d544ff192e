//! Scripts for the tests of the library, in a state of their own.

use mlua::Lua;

use super::library;
use super::vm::Vm;

pub struct Script {
    pub lua: Lua,
}

impl Script {
    pub fn new() -> Self {
        let lua = Vm::new().unwrap().lua;
        let ngx = lua.create_table().unwrap();
        library::install(&lua, &ngx, 100).unwrap();
        lua.globals().set("ngx", ngx).unwrap();
        lua.load(include_str!("text/show.lua")).exec().unwrap();
        Self { lua }
    }

    pub fn run(&self, code: &str) {
        self.lua.load(code).set_name("=x").exec().unwrap_or_else(|e| panic!("{code}: {e}"));
    }

    /// The values of an expression as `show.lua` writes them.
    pub fn show(&self, expression: &str) -> String {
        let code = format!("return show({expression})");
        let shown = self.lua.load(&code).set_name("=x").eval::<String>();
        shown.unwrap_or_else(|e| panic!("{expression}: {e}"))
    }

    /// Pairs of an expression and what it shows.
    #[track_caller]
    pub fn shows(&self, expected: &[(&str, &str)]) {
        for (expression, shown) in expected {
            assert_eq!(self.show(expression), *shown, "{expression}");
        }
    }

    /// The code fails with a message that contains this.
    #[track_caller]
    pub fn fails(&self, code: &str, message: &str) {
        let error = self.lua.load(code).set_name("=x").exec().unwrap_err().to_string();
        assert!(error.contains(message), "{code}: {error}");
    }
}
