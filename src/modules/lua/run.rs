//! The handlers of phases: a script runs in a thread, and what it comes to is what the phases do next.

use std::rc::Rc;

use mlua::{Function, IntoLuaMulti, MultiValue, Thread};

use super::{State, content_of, wait};
use crate::http::response::Framing;
use crate::http::settings::lua::Source;
use crate::lua::phase::Phase;
use crate::lua::state::{self, Current, Ran};
use crate::lua::task::{Over, Task};
use crate::modules::files;
use crate::proto::Version;
use crate::serve::log::{self, Level};
use crate::serve::{body, eval, finish, phases, respond};
use crate::worker::{Flow, RequestId, Worker};

pub(super) fn server_rewrite(w: &mut Worker, id: RequestId) -> Flow {
    let script = w.location_of(id).lua.server_rewrite;
    phase(w, id, script, Phase::ServerRewrite)
}

pub(super) fn rewrite(w: &mut Worker, id: RequestId) -> Flow {
    let script = w.location_of(id).lua.rewrite;
    let flow = phase(w, id, script, Phase::Rewrite);
    if flow == Flow::Next && w.requests[id].uri_changed {
        phases::rewritten(w, id);
        return Flow::Answered;
    }
    flow
}

pub(super) fn access(w: &mut Worker, id: RequestId) -> Flow {
    let script = w.location_of(id).lua.access;
    phase(w, id, script, Phase::Access)
}

pub(super) fn content(w: &mut Worker, id: RequestId) -> Flow {
    let script = content_of(w, id);
    phase(w, id, script, Phase::Content)
}

fn phase(w: &mut Worker, id: RequestId, script: Option<u32>, phase: Phase) -> Flow {
    let Some(script) = script else { return Flow::Next };
    if let Some(task) = w.requests[id].rare.lua.as_ref() {
        if task.waiting.is_some() {
            return Flow::Wait;
        }
        if task.over.is_some() {
            let over = task_of(w, id).over.take();
            return over.map_or(Flow::Wait, flow);
        }
    }
    if w.location_of(id).lua.need_request_body {
        match body::read(w, id) {
            Flow::Next => {}
            Flow::Wait => {
                w.requests[id].write = phases::run;
                return Flow::Wait;
            }
            other => return other,
        }
    }
    let Some(state) = w.lua.clone() else { return Flow::End(500) };
    let function = match function(w, id, &state, script) {
        Ok(function) => function,
        Err(words) => {
            log::error(w, id, Level::Error, format_args!("{words}"));
            return Flow::End(500);
        }
    };
    match state.threads.take(&state.vm.lua) {
        Ok(thread) => go(w, id, &state, thread, phase, function),
        Err(e) => failed(w, id, &state::words(&e)),
    }
}

fn flow(over: Over) -> Flow {
    match over {
        Over::Next => Flow::Next,
        Over::Allow => Flow::Allow,
        Over::Answered => Flow::Answered,
        Over::End(status) => Flow::End(status),
    }
}

/// The script's function. One of a file whose name has variables is read anew, and so is each file without
/// `lua_code_cache`.
pub(super) fn function(
    w: &mut Worker,
    id: RequestId,
    state: &State,
    script: u32,
) -> Result<Function, String> {
    let cached = w.location_of(id).lua.code_cache;
    let it = &w.conf.http.lua.scripts[script as usize];
    let path = match &it.source {
        Source::File(path) if !cached || state.script(script).is_none() => path.clone(),
        Source::FileNamed(name) => {
            let mut text = w.buffers.line();
            eval::template(w, id, name, &mut text);
            let path = eval::path::of(&text).to_owned();
            w.buffers.give_line(text);
            path
        }
        _ => return state.script(script).cloned().ok_or_else(|| "no such script".to_owned()),
    };
    let shown = path.display();
    let code = std::fs::read(&path).map_err(|e| {
        let e = crate::os::Errno::from(e);
        format!("failed to load external Lua file \"{shown}\": cannot open {shown} ({e})")
    })?;
    let made = state::compile(&state.vm.lua, &code, &format!("@{shown}"));
    made.map_err(|words| format!("failed to load external Lua file \"{shown}\": {words}"))
}

/// What the request keeps of its scripts.
pub(super) fn task_of(w: &mut Worker, id: RequestId) -> &mut Task {
    w.requests[id].it.rare.get_or_insert().lua.get_or_insert_default()
}

/// Resumes a thread, and does what it comes to.
fn go(
    w: &mut Worker,
    id: RequestId,
    state: &Rc<State>,
    thread: Thread,
    phase: Phase,
    args: impl IntoLuaMulti,
) -> Flow {
    let mut ran = step(w, id, state, &thread, phase, args);
    loop {
        let is_over = w.requests.get(id).is_none_or(|it| it.outcome.is_some());
        if is_over && !matches!(ran, Ran::Failed(_)) {
            // Its client has left, or has the whole answer: nothing is awaited for it any more.
            return Flow::Answered;
        }
        match ran {
            Ran::Finished => {
                state.threads.give(thread);
                return finished(w, id, phase);
            }
            Ran::Failed(words) => {
                let text = format_args!("lua entry thread aborted: runtime error: {words}");
                log::error(w, id, Level::Error, text);
                return failed_quietly(w, id);
            }
            Ran::Yields(operation, args) => match wait::begin(w, id, phase, operation, &args) {
                wait::Begun::Results(results) => {
                    ran = step(w, id, state, &thread, phase, results);
                }
                wait::Begun::Over(over) => return flow(over),
                wait::Begun::Waits => {
                    task_of(w, id).waiting = Some(thread);
                    return Flow::Wait;
                }
            },
        }
    }
}

/// One run of a thread to its next yield.
fn step(
    w: &mut Worker,
    id: RequestId,
    state: &State,
    thread: &Thread,
    phase: Phase,
    args: impl IntoLuaMulti,
) -> Ran {
    let former = state.link.current.replace(Current { request: Some(id), phase });
    let result = state.link.worker.lend(w, || thread.resume::<MultiValue>(args));
    state.link.current.set(former);
    let out_of_memory = matches!(result, Err(mlua::Error::MemoryError(_)));
    if out_of_memory {
        let _ = state.vm.lua.gc_collect();
    }
    state::ran(result)
}

/// The operation that a handler waits for is over: its script goes on with the results, and then the phases.
pub(super) fn resume(w: &mut Worker, id: RequestId, phase: Phase, results: impl IntoLuaMulti) {
    let Some(request) = w.requests.get(id).filter(|it| it.outcome.is_none()) else { return };
    let Some(state) = w.lua.clone() else { return };
    if request.rare.lua.as_ref().is_none_or(|task| task.waiting.is_none()) {
        return;
    }
    let Some(thread) = task_of(w, id).waiting.take() else { return };
    let over = match go(w, id, &state, thread, phase, results) {
        Flow::Wait => return,
        Flow::Next => Over::Next,
        Flow::Allow => Over::Allow,
        Flow::Answered => return,
        Flow::End(status) => Over::End(status),
    };
    if w.requests.get(id).is_some_and(|it| it.outcome.is_none()) {
        task_of(w, id).over = Some(over);
        phases::run(w, id);
    }
}

/// The script of a phase has come to its end.
fn finished(w: &mut Worker, id: RequestId, phase: Phase) -> Flow {
    match phase {
        Phase::Content => finish_answer(w, id),
        _ if w.requests[id].response.is_begun() || has_output(w, id) => finish_answer(w, id),
        Phase::Access => Flow::Allow,
        _ => Flow::Next,
    }
}

/// The answer is collected, so that its length is known: `lua_http10_buffering`.
pub(super) fn is_collected(w: &Worker, id: RequestId) -> bool {
    let version = w.requests[id].line.version;
    version <= Version::V10 && w.location_of(id).lua.http10_buffering
}

fn has_output(w: &Worker, id: RequestId) -> bool {
    w.requests[id].rare.lua.as_ref().is_some_and(|task| !task.out.is_empty())
}

/// The answer ends with what was printed so far.
pub(super) fn finish_answer(w: &mut Worker, id: RequestId) -> Flow {
    send(w, id, true);
    Flow::Answered
}

/// Hands over what was printed; with the first goes the head. False: the request is over.
pub(super) fn send(w: &mut Worker, id: RequestId, last: bool) -> bool {
    if !w.requests[id].response.is_begun() {
        if is_collected(w, id) {
            if !last {
                return true;
            }
            let length = task_of(w, id).out.len() as u64;
            w.requests[id].response.content_length.get_or_insert(length);
        }
        if !begin(w, id) {
            return false;
        }
    }
    let task = task_of(w, id);
    if task.ended {
        return true;
    }
    task.ended = last;
    let mut out = std::mem::take(&mut task.out);
    let mut is_short = false;
    if w.requests[id].filters.is_empty() {
        is_short = !fit(w, id, &mut out, last);
    }
    let passed = match out.is_empty() && !last {
        true => respond::flush(w, id),
        false => respond::write(w, id, &out, last && !is_short),
    };
    if is_short {
        finish::break_off(w, id);
        return false;
    }
    out.clear();
    if let Some(request) = w.requests.get_mut(id).filter(|it| it.outcome.is_none()) {
        if let Some(task) = &mut request.it.rare.get_or_insert().lua {
            task.out = out;
        }
    }
    !passed.is_over()
}

/// Where the head has given a length, no more than that goes out: what is behind it would be taken for the next answer.
/// False: the body ends before its length, so the connection must.
pub(super) fn fit(w: &Worker, id: RequestId, piece: &mut Vec<u8>, last: bool) -> bool {
    let response = &w.requests[id].response;
    let (Framing::Length, Some(length)) = (response.framing, response.content_length) else {
        return true;
    };
    let room = length.saturating_sub(response.body_sent);
    if piece.len() as u64 > room {
        piece.truncate(room as usize);
        let text = format_args!("a script has made more of the body than its Content-Length");
        log::error(w, id, Level::Error, text);
        return true;
    }
    !last || piece.len() as u64 == room
}

/// The head is decided. False: another answer has its place.
pub(super) fn begin(w: &mut Worker, id: RequestId) -> bool {
    respond::take_fields(w, id);
    let request = &mut w.requests[id];
    if request.response.status == 0 {
        request.response.status = 200;
    }
    if w.location_of(id).lua.use_default_type {
        files::set_content_type(w, id);
    }
    respond::begin(w, id)
}

fn failed(w: &mut Worker, id: RequestId, words: &str) -> Flow {
    log::error(w, id, Level::Error, format_args!("{words}"));
    failed_quietly(w, id)
}

/// 500, or the end of the connection where an answer has begun.
fn failed_quietly(w: &mut Worker, id: RequestId) -> Flow {
    if w.requests[id].response.is_begun() {
        finish::break_off(w, id);
        return Flow::Answered;
    }
    task_of(w, id).out.clear();
    Flow::End(500)
}
