//! A Lua state with the scripts of a configuration, and the threads that run them.
//!
//! The master makes it when it has read the configuration, and its workers inherit it by `fork`, as in OpenResty: what
//! `init_by_lua` has loaded is there once. `W` is the worker, which is lent to the functions that scripts call.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, MultiValue, Thread, Value};

use super::phase::Phase;
use super::values::OPERATION;
use super::vm::Vm;
use crate::base::ids::RequestId;
use crate::os::lend::Lent;
use crate::shared::zones::Zones;

/// The request that a script runs for, and in which phase.
#[derive(Clone, Copy, Default, Debug)]
pub struct Current {
    pub request: Option<RequestId>,
    pub phase: Phase,
}

/// What the functions that scripts call have of the program.
pub struct Link<W> {
    pub worker: Lent<W>,
    pub current: Cell<Current>,
    /// Of the master, for `init_by_lua`: a worker has its own.
    pub zones: Zones,
    /// By their numbers: functions that wait for their time, and threads that sleep.
    pub timers: Cell<HashMap<u32, Timer>>,
    pub next_timer: Cell<u32>,
    /// Of the worker, from 0; none in the master.
    pub number: Cell<Option<usize>>,
}

/// A function of `ngx.timer`.
#[derive(Debug)]
pub struct Timer {
    pub call: Function,
    /// The period of `ngx.timer.every`, in milliseconds.
    pub every: Option<u64>,
    /// It has been called, and sleeps.
    pub thread: Option<Thread>,
}

pub struct State<W> {
    pub vm: Vm,
    pub link: Rc<Link<W>>,
    /// By `ScriptIndex`; none: the script is read when it runs.
    scripts: Vec<Option<Function>>,
    /// What a thread runs: scripts, one after another.
    pub threads: Threads,
}

/// The threads of a state.
pub struct Threads {
    /// Runs the functions that it is resumed with.
    pub body: Function,
    idle: Cell<Vec<Thread>>,
}

/// How many threads are kept for the next requests.
const IDLE: usize = 256;

/// Why a thread came back.
#[derive(Debug)]
pub enum Ran {
    Finished,
    /// The script has raised these words; a traceback is behind them.
    Failed(String),
    /// It yields an operation, with its arguments, and waits for the results.
    Yields(i64, MultiValue),
}

impl<W> State<W> {
    /// `threads`: what threads run, a function of the prelude.
    pub fn new(vm: Vm, link: Rc<Link<W>>, scripts: Vec<Option<Function>>, body: Function) -> Self {
        Self { vm, link, scripts, threads: Threads { body, idle: Cell::default() } }
    }

    pub fn script(&self, at: u32) -> Option<&Function> {
        self.scripts.get(at as usize)?.as_ref()
    }
}

impl Threads {
    /// One that runs nothing.
    pub fn take(&self, lua: &Lua) -> mlua::Result<Thread> {
        let mut idle = self.idle.take();
        let thread = idle.pop();
        self.idle.set(idle);
        thread.map_or_else(|| lua.create_thread(self.body.clone()), Ok)
    }

    /// Takes back one whose script has finished or failed.
    pub fn give(&self, thread: Thread) {
        let mut idle = self.idle.take();
        if idle.len() < IDLE {
            idle.push(thread);
        }
        self.idle.set(idle);
    }
}

/// What a resumed thread of [`Threads`] has come to.
pub fn ran(result: mlua::Result<MultiValue>) -> Ran {
    let mut values = match result {
        Ok(values) => values,
        Err(e) => return Ran::Failed(words(&e)),
    };
    match values.pop_front() {
        Some(Value::LightUserData(it)) if it == OPERATION => {}
        // A `coroutine.yield` of the script itself: it goes on in the next turn.
        _ => return Ran::Yields(YIELD, MultiValue::new()),
    }
    match values.pop_front() {
        Some(Value::Integer(0)) => Ran::Finished,
        Some(Value::Integer(FAILED)) => match values.pop_front() {
            Some(Value::String(text)) => Ran::Failed(text.to_string_lossy()),
            _ => Ran::Failed("unknown reason".to_owned()),
        },
        Some(Value::Integer(operation)) => Ran::Yields(operation, values),
        Some(Value::Number(operation)) => Ran::Yields(operation as i64, values),
        _ => Ran::Yields(YIELD, MultiValue::new()),
    }
}

/// Of the operations: the script failed, and the script yields for nothing.
const FAILED: i64 = 1;
pub const YIELD: i64 = 2;

/// A chunk of text: bytecode is refused.
pub fn compile(lua: &Lua, text: &[u8], chunk: &str) -> Result<Function, String> {
    let text = match text.strip_prefix(b"#") {
        // A first line for the shell.
        Some(rest) => &rest[memchr::memchr(b'\n', rest).unwrap_or(rest.len())..],
        None => text,
    };
    let chunk = lua.load(text).set_name(chunk).set_mode(ChunkMode::Text);
    chunk.into_function().map_err(|e| words(&e))
}

/// The words of an error as Lua has them.
pub fn words(e: &mlua::Error) -> String {
    match e {
        mlua::Error::RuntimeError(text) | mlua::Error::MemoryError(text) => text.clone(),
        mlua::Error::SyntaxError { message, .. } => message.clone(),
        mlua::Error::CallbackError { cause, traceback } => format!("{}\n{traceback}", words(cause)),
        other => other.to_string(),
    }
}
