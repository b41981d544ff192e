//! `ngx.timer`: functions that run later, without a request.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Thread, Value};

use super::api::{Call, arg};
use super::{Link, State, wait};
use crate::lua::phase::Phase;
use crate::lua::state::{self, Current, Ran, Timer, YIELD};
use crate::lua::values::{failed, one, raised};
use crate::worker::{Exit, Job, Worker};

/// Called by functions of the prelude.
pub(super) const NATIVE: &[(&str, Call)] = &[
    ("timer", begin),
    ("pending_count", |lua, link, _| one(lua, counts(link).0)),
    ("running_count", |lua, link, _| one(lua, counts(link).1)),
];

/// How many wait, and how many run.
fn counts(link: &Link) -> (usize, usize) {
    let timers = link.timers.take();
    let running = timers.values().filter(|it| it.thread.is_some()).count();
    let pending = timers.len() - running;
    link.timers.set(timers);
    (pending, running)
}

/// `timer(seconds, function, again)`: the function is called with whether the worker exits.
fn begin(lua: &Lua, link: &Link, args: MultiValue) -> mlua::Result<MultiValue> {
    let seconds = match arg(&args, 0) {
        Value::Integer(it) => *it as f64,
        Value::Number(it) => *it,
        _ => f64::NAN,
    };
    let is_repeated = matches!(arg(&args, 2), Value::Boolean(true));
    if !(0.0..=2_147_483.0).contains(&seconds) || is_repeated && seconds == 0.0 {
        return raised(lua, "bad argument #1 to 'timer' (a delay in seconds expected)");
    }
    let Value::Function(call) = arg(&args, 1) else {
        return raised(lua, "bad argument #2 to 'timer' (function expected)");
    };
    if link.current.get().phase == Phase::Init {
        return raised(lua, "API disabled in the context of init_by_lua*");
    }
    let ms = (seconds * 1000.0) as u64;
    let every = is_repeated.then_some(ms.max(1));
    let timer = Timer { call: call.clone(), every, thread: None };
    let pending = counts(link).0;
    let begun = link.worker.with(|w| {
        if w.exit != Exit::No {
            return Err("process exiting");
        }
        if pending >= w.conf.http.lua.max_pending_timers as usize {
            return Err("too many pending timers");
        }
        add(w, link, timer, ms);
        Ok(())
    });
    match begun {
        None => raised(lua, "no worker"),
        Some(Ok(())) => one(lua, 1),
        Some(Err(why)) => failed(lua, why),
    }
}

fn add(w: &mut Worker, link: &Link, timer: Timer, ms: u64) {
    let number = link.next_timer.get().wrapping_add(1);
    link.next_timer.set(number);
    let mut timers = link.timers.take();
    timers.insert(number, timer);
    link.timers.set(timers);
    w.event.arm_job(Job::Script(number), ms);
}

/// What [`Job::Script`] is: the timer with this number is due, or its script has slept.
pub fn run(w: &mut Worker, number: u32) {
    let Some(state) = w.lua.clone() else { return };
    let mut timers = state.link.timers.take();
    let timer = timers.remove(&number);
    state.link.timers.set(timers);
    let Some(timer) = timer else { return };
    if let Some(thread) = timer.thread {
        return go(w, &state, thread, MultiValue::new());
    }
    if let Some(ms) = timer.every {
        let again = Timer { call: timer.call.clone(), every: timer.every, thread: None };
        add(w, &state.link, again, ms);
    }
    if counts(&state.link).1 >= w.conf.http.lua.max_running_timers as usize {
        let most = w.conf.http.lua.max_running_timers;
        return log::warn!("{most} lua_max_running_timers are not enough");
    }
    start(w, &state, timer, false);
}

fn start(w: &mut Worker, state: &Rc<State>, timer: Timer, premature: bool) {
    let args = vec![Value::Function(timer.call), Value::Boolean(premature)];
    match state.threads.take(&state.vm.lua) {
        Ok(thread) => go(w, state, thread, MultiValue::from_vec(args)),
        Err(e) => log::error!("{}", state::words(&e)),
    }
}

fn go(w: &mut Worker, state: &Rc<State>, thread: Thread, mut args: MultiValue) {
    loop {
        let current = Current { request: None, phase: Phase::Timer };
        let former = state.link.current.replace(current);
        let result = state.link.worker.lend(w, || thread.resume::<MultiValue>(args));
        state.link.current.set(former);
        let ms = match state::ran(result) {
            Ran::Finished => return state.threads.give(thread),
            Ran::Failed(words) => {
                let _ = state.vm.lua.gc_collect();
                return log::error!(
                    "lua entry thread aborted: runtime error: {words}, context: ngx.timer"
                );
            }
            Ran::Yields(YIELD, _) => 0,
            Ran::Yields(wait::SLEEP, given) => wait::number(given.front()).max(0) as u64,
            Ran::Yields(wait::EXIT, _) => return,
            Ran::Yields(..) => {
                args = MultiValue::new();
                continue;
            }
        };
        let call = state.threads.body.clone();
        return add(w, &state.link, Timer { call, every: None, thread: Some(thread) }, ms);
    }
}

/// The worker exits: what waits is called at once, with `true`.
pub(super) fn end(w: &mut Worker) {
    let Some(state) = w.lua.clone() else { return };
    let timers = state.link.timers.take();
    for timer in timers.into_values().filter(|it| it.thread.is_none()) {
        start(w, &state, timer, true);
    }
}
