//! The lua module: pieces of code, and which of them a location runs.

use std::path::PathBuf;

use crate::http::slots::SetTarget;
use crate::http::vars::Template;
use crate::settings;

/// A piece of code, by its place in [`Lua::scripts`].
pub type ScriptIndex = u32;

/// What a `…_by_lua…` line gives to run.
#[derive(Debug)]
pub struct Script {
    /// As Lua names the chunk: `=access_by_lua(nginx.conf:27)`, or `@` and the file.
    pub chunk: Box<str>,
    pub source: Source,
    /// Where the line is, as error messages end: `FILE:LINE`.
    pub at: Box<str>,
}

#[derive(Debug)]
pub enum Source {
    Inline(Box<[u8]>),
    File(PathBuf),
    /// A file whose name has variables.
    FileNamed(Template),
}

settings! {
    /// What a location runs, and how.
    pub struct LuaSettings / LuaRaw {
        /// Of a server alone: before a location is found.
        server_rewrite: Option<ScriptIndex> = None,
        rewrite: Option<ScriptIndex> = None,
        access: Option<ScriptIndex> = None,
        header_filter: Option<ScriptIndex> = None,
        body_filter: Option<ScriptIndex> = None,
        log: Option<ScriptIndex> = None,
        code_cache: bool = true,
        need_request_body: bool = false,
        check_client_abort: bool = false,
        transform_underscores: bool = true,
        use_default_type: bool = true,
        http10_buffering: bool = true,
    }
}

/// What the whole program runs, and is allowed.
#[derive(Debug)]
pub struct Lua {
    pub scripts: Vec<Script>,
    pub init: Option<ScriptIndex>,
    pub init_worker: Option<ScriptIndex>,
    pub exit_worker: Option<ScriptIndex>,
    pub package_path: Option<Box<[u8]>>,
    pub rewrite_no_postpone: bool,
    pub access_no_postpone: bool,
    pub max_pending_timers: u32,
    pub max_running_timers: u32,
    pub regex_cache_max_entries: u32,
    /// Bytes of a worker's state; 0: no limit.
    pub memory_limit: usize,
}

impl Default for Lua {
    fn default() -> Self {
        Self {
            scripts: vec![],
            init: None,
            init_worker: None,
            exit_worker: None,
            package_path: None,
            rewrite_no_postpone: false,
            access_no_postpone: false,
            max_pending_timers: 1024,
            max_running_timers: 256,
            regex_cache_max_entries: 1024,
            memory_limit: 0,
        }
    }
}

/// `set_by_lua`
#[derive(Debug)]
pub struct SetByLua {
    pub script: ScriptIndex,
    pub target: SetTarget,
    pub args: Vec<Template>,
}
