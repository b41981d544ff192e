//! Operations that a script yields: those that end its handler, and those whose results it waits for.

use mlua::{MultiValue, Value};

use super::api::args;
use super::capture;
use super::run::{self, task_of};
use crate::http::response::Stage;
use crate::lua::phase::Phase;
use crate::lua::state::YIELD;
use crate::lua::task::Over;
use crate::modules::headers;
use crate::serve::log::{self, Level};
use crate::serve::{abort, body, delay, downstream, filter, finish, phases, respond};
use crate::worker::{Flow, RequestId, Worker};

/// The numbers of the operations, as `prelude.lua` has them.
pub(super) const EXIT: i64 = 3;
const EXEC: i64 = 4;
const REDIRECT: i64 = 5;
pub(super) const SLEEP: i64 = 6;
const READ_BODY: i64 = 7;
const FLUSH: i64 = 8;
const JUMP: i64 = 9;
const CAPTURE: i64 = 10;

/// What became of an operation.
pub(super) enum Begun {
    /// It is done: the script goes on with the results.
    Results(MultiValue),
    /// The handler is over; its thread is not resumed.
    Over(Over),
    /// `run::resume` will be called.
    Waits,
}

pub(super) fn begin(
    w: &mut Worker,
    id: RequestId,
    phase: Phase,
    operation: i64,
    args: &MultiValue,
) -> Begun {
    match operation {
        YIELD => sleep(w, id, phase, 0),
        EXIT => Begun::Over(exit(w, id, phase, number(args.front()))),
        EXEC => Begun::Over(exec(w, id, args)),
        REDIRECT => Begun::Over(redirect(w, id, args)),
        SLEEP => sleep(w, id, phase, number(args.front()).max(0) as u64),
        READ_BODY => read_body(w, id, phase),
        FLUSH => flush(w, id, phase),
        JUMP => Begun::Over(Over::Next),
        CAPTURE => capture::wait(w, id, phase),
        _ => Begun::Results(MultiValue::new()),
    }
}

pub(super) fn number(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Integer(it)) => *it,
        Some(Value::Number(it)) => *it as i64,
        _ => 0,
    }
}

fn bytes(value: Option<&Value>) -> Vec<u8> {
    match value {
        Some(Value::String(it)) => it.as_bytes().to_vec(),
        _ => vec![],
    }
}

/// `ngx.exit`: the status is the answer, unless one has begun.
fn exit(w: &mut Worker, id: RequestId, phase: Phase, code: i64) -> Over {
    let request = &w.requests[id];
    let is_begun = request.response.is_begun();
    let has_output = request.rare.lua.as_ref().is_some_and(|task| !task.out.is_empty());
    match code {
        // `ngx.ERROR`
        ..0 => {
            finish::break_off(w, id);
            Over::Answered
        }
        // `ngx.OK`
        0 if phase == Phase::Content || is_begun || has_output => {
            run::finish_answer(w, id);
            Over::Answered
        }
        0 if phase == Phase::Access => Over::Allow,
        0..200 => Over::Next,
        444 | 499 | 408 if is_begun => {
            finish::break_off(w, id);
            Over::Answered
        }
        _ if is_begun => {
            let before = request.response.status;
            if i64::from(before) != code && code >= 300 {
                let text = format_args!(
                    "attempt to set status {code} via ngx.exit after sending out the response status {before}"
                );
                log::error(w, id, Level::Error, text);
            }
            run::finish_answer(w, id);
            Over::Answered
        }
        200..1000 if code < 300 || has_output => {
            w.requests[id].response.status = code as u16;
            run::finish_answer(w, id);
            Over::Answered
        }
        1000.. => Over::End(500),
        _ => {
            let own = w.requests[id].response.status;
            // `ngx.status` that was set before is the status of the answer.
            let status = if own >= 300 { own } else { code as u16 };
            Over::End(status)
        }
    }
}

/// `ngx.exec`
fn exec(w: &mut Worker, id: RequestId, given: &MultiValue) -> Over {
    let uri = bytes(given.front());
    if uri.first() == Some(&b'@') {
        forget(w, id);
        phases::redirect_to_name(w, id, &uri);
        return Over::Answered;
    }
    let (uri, query) = args::split(uri, &bytes(given.get(1)));
    forget(w, id);
    phases::redirect(w, id, uri, query);
    Over::Answered
}

/// An internal redirect begins anew: `ngx.ctx` is another one.
fn forget(w: &mut Worker, id: RequestId) {
    w.requests[id].it.rare.get_or_insert().lua = None;
}

/// `ngx.redirect`
fn redirect(w: &mut Worker, id: RequestId, args: &MultiValue) -> Over {
    let (to, status) = (bytes(args.front()), number(args.get(1)));
    task_of(w, id).out.clear();
    respond::take_fields(w, id);
    // A field as any: it goes out as it is.
    let request = &mut w.requests[id].it;
    headers::remove(&mut request.response.fields, b"Location");
    request.response.rare.get_or_insert().location = None;
    request.response.add(b"Location", &to);
    request.rare.get_or_insert().keeps_fields = true;
    Over::End(status as u16)
}

fn sleep(w: &mut Worker, id: RequestId, phase: Phase, ms: u64) -> Begun {
    task_of(w, id).phase = phase;
    delay::begin(w, id, ms, |w, id| {
        if delay::is_over(w, id) {
            resume(w, id, MultiValue::new());
        }
    });
    watch(w, id);
    Begun::Waits
}

/// Without `lua_check_client_abort` a script goes on though its client has left.
pub(super) fn watch(w: &mut Worker, id: RequestId) {
    match w.location_of(id).lua.check_client_abort {
        true => abort::await_end(w, id),
        false => w.requests[id].read = crate::worker::rest,
    }
}

pub(super) fn resume(w: &mut Worker, id: RequestId, results: MultiValue) {
    let Some(task) = w.requests[id].rare.lua.as_ref() else { return };
    run::resume(w, id, task.phase, results);
}

fn read_body(w: &mut Worker, id: RequestId, phase: Phase) -> Begun {
    task_of(w, id).phase = phase;
    match body::read(w, id) {
        Flow::Next => Begun::Results(MultiValue::new()),
        Flow::Wait => {
            w.requests[id].write = |w, id| {
                w.requests[id].write = crate::worker::rest;
                resume(w, id, MultiValue::new());
            };
            Begun::Waits
        }
        Flow::End(status) => Begun::Over(Over::End(status)),
        Flow::Allow | Flow::Answered => Begun::Over(Over::Answered),
    }
}

/// `ngx.flush(true)`: the client has taken all that was printed.
fn flush(w: &mut Worker, id: RequestId, phase: Phase) -> Begun {
    task_of(w, id).phase = phase;
    if !run::send(w, id, false) {
        return Begun::Over(Over::Answered);
    }
    if w.requests[id].response.stage != Stage::Sending || downstream::is_drained(w, id) {
        return Begun::Results(flushed());
    }
    w.requests[id].write = |w, id| {
        if filter::is_drained(w, id) {
            w.requests[id].write = crate::worker::rest;
            resume(w, id, flushed());
        }
    };
    Begun::Waits
}

fn flushed() -> MultiValue {
    MultiValue::from_vec(vec![Value::Integer(1)])
}
