//! The interpreter, LuaJIT, and its library: what scripts find that needs no request. The one door to mlua is here
//! and in the module that runs scripts for requests.
//!
//! | file | what it is |
//! |---|---|
//! | `vm` | a Lua state: its standard libraries, its limit of memory |
//!
//! LuaJIT is C, and trusted as aws-lc is. What scripts can reach is not: they find no `ffi`, no module of C, and no
//! bytecode, so that no script can write to memory that is not its own.

pub mod vm;
