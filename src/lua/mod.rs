//! The interpreter, LuaJIT, and its library: what scripts find that needs no HTTP. The one door to mlua is here
//! and in the module that runs scripts for requests.
//!
//! | file | what it is |
//! |---|---|
//! | `vm` | a Lua state: its standard libraries, its limit of memory |
//! | `values` | values of Lua as bytes, and failures that the prelude raises |
//! | `phase` | what runs a script |
//! | `state` | a state with the scripts of a configuration, and the threads that run them |
//! | `loading` | how scripts compile and find other Lua |
//! | `library` | all of the library that needs no request |
//! | `constants`, `codes`, `json`, `re` | the numbers of `ngx`; codes and digests; `cjson`; `ngx.re` |
//! | `prelude` | the part of the library that is Lua, in `text/` |
//! | `task` | what a request keeps of its scripts |
//!
//! LuaJIT is C, and trusted as aws-lc is. What scripts can reach is not: they find no `ffi`, no module of C, and no
//! bytecode, so that no script can write to memory that is not its own.

#[cfg(feature = "lua")]
mod codes;
#[cfg(feature = "lua")]
mod constants;
#[cfg(all(test, feature = "lua"))]
mod fixture;
#[cfg(feature = "lua")]
mod json;
#[cfg(feature = "lua")]
pub mod library;
#[cfg(feature = "lua")]
mod loading;
pub mod phase;
#[cfg(feature = "lua")]
mod prelude;
#[cfg(feature = "lua")]
mod re;
#[cfg(feature = "lua")]
pub mod state;
pub mod task;
#[cfg(feature = "lua")]
pub mod values;
#[cfg(feature = "lua")]
pub mod vm;
