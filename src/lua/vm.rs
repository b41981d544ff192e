//! A Lua state, as a worker has one.

use mlua::{Lua, LuaOptions, StdLib};

use super::loading;

pub struct Vm {
    pub lua: Lua,
}

impl Vm {
    /// Without `ffi` and without what is dangerous in `debug`: both write to any memory. `pcall` and `xpcall` are
    /// LuaJIT's own, through which a thread may yield; a panic of Rust reaches neither, because it ends the process.
    pub fn new() -> mlua::Result<Self> {
        let lua = Lua::new_with(StdLib::ALL_SAFE, LuaOptions::new())?;
        loading::install(&lua)?;
        Ok(Self { lua })
    }

    /// `lua_memory_limit`: bytes that the state may hold, 0 for no limit. More is an error in the script.
    pub fn limit_memory(&self, bytes: usize) -> mlua::Result<()> {
        self.lua.set_memory_limit(bytes).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use mlua::{Error, Value};

    use super::Vm;

    #[test]
    fn an_error_of_a_function_here_is_an_error_in_the_script() {
        let vm = Vm::new().unwrap();
        let fails = vm.lua.create_function(|_, ()| Err::<(), _>(Error::runtime("no"))).unwrap();
        vm.lua.globals().set("fails", fails).unwrap();
        assert!(!vm.lua.load("return (pcall(fails))").eval::<bool>().unwrap());
        assert!(vm.lua.load("fails()").exec().is_err());
    }

    #[test]
    fn memory_that_is_not_there_is_an_error_in_the_script() {
        let vm = Vm::new().unwrap();
        vm.limit_memory(vm.lua.used_memory() + (1 << 20)).unwrap();
        let grows = "local t = {} for i = 1, 1e7 do t[i] = i .. 'x' end";
        assert!(matches!(vm.lua.load(grows).exec(), Err(Error::MemoryError(_))));
        // LuaJIT frees nothing by itself at this point.
        vm.lua.gc_collect().unwrap();
        // Likewise where a function here asks for it.
        let fills = |lua: &mlua::Lua, ()| {
            let all = lua.create_table()?;
            for at in 0..1 << 20 {
                all.set(at, format!("item {at}"))?;
            }
            Ok(all)
        };
        vm.lua.globals().set("fills", vm.lua.create_function(fills).unwrap()).unwrap();
        assert!(!vm.lua.load("return (pcall(fills))").eval::<bool>().unwrap());
        vm.lua.gc_collect().unwrap();
        assert_eq!(vm.lua.load("return 1 + 1").eval::<i64>().unwrap(), 2);
    }

    #[test]
    fn nothing_that_writes_to_any_memory_is_there() {
        for (code, message) in [
            ("return require 'ffi'", "module 'ffi' is not opened"),
            ("local n = 1LL return require 'ffi'", "module 'ffi' is not opened"),
            ("return require 'string.buffer'", "module 'string.buffer' is not opened"),
            ("return require 'jit.util'", "module 'jit.util' is not opened"),
            ("return assert(load(string.dump(print or load)))", "unable to dump"),
            ("return assert(load(string.dump(function() end)))", "wrong mode"),
            ("return assert(loadstring(string.dump(function() end), 'x', 'bt'))", "wrong mode"),
            ("return assert(load('return 1', 'x', 'b'))", "wrong mode"),
            ("return assert(package.loadlib('x', 'y'))", "modules of C are not opened"),
        ] {
            let vm = Vm::new().unwrap();
            let error = vm.lua.load(code).exec().unwrap_err().to_string();
            assert!(error.contains(message), "{code}: {error}");
        }
        let vm = Vm::new().unwrap();
        for name in ["ffi", "debug.setmetatable", "debug.setupvalue", "jit.util", "jit.attach"] {
            assert!(vm.lua.load(format!("assert({name} == nil)")).exec().is_ok(), "{name}");
        }
        assert!(matches!(vm.lua.globals().get("ffi"), Ok(Value::Nil)));
    }
}
