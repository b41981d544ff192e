//! `set_by_lua`, `header_filter_by_lua`, `body_filter_by_lua`, `log_by_lua`: they never wait.

use mlua::{FromLuaMulti, Value};

use super::run::{self, task_of};
use crate::http::filters::{BodyFilters, Passed, Piece};
use crate::lua::phase::Phase;
use crate::lua::state::{self, Current};
use crate::lua::values;
use crate::serve::log::{self as error_log, Level};
use crate::serve::respond;
use crate::serve::{filter, finish};
use crate::worker::*;

/// Runs a script to its end. Error: it was logged.
pub(super) fn call<R: FromLuaMulti>(
    w: &mut Worker,
    id: RequestId,
    script: u32,
    phase: Phase,
) -> Result<R, ()> {
    let Some(state) = w.lua.clone() else { return Err(()) };
    let function = match run::function(w, id, &state, script) {
        Ok(function) => function,
        Err(words) => {
            error_log::error(w, id, Level::Error, format_args!("{words}"));
            return Err(());
        }
    };
    let former = state.link.current.replace(Current { request: Some(id), phase });
    let result = state.link.worker.lend(w, || function.call::<R>(()));
    state.link.current.set(former);
    result.map_err(|e| {
        if matches!(e, mlua::Error::MemoryError(_)) {
            let _ = state.vm.lua.gc_collect();
        }
        let words = state::words(&e);
        let name = phase.directive();
        let text = format_args!("failed to run {name}: {words}");
        error_log::error(w, id, Level::Error, text);
    })
}

/// `set_by_lua`: the value; none if the script failed.
pub fn set(w: &mut Worker, id: RequestId, script: u32, args: &[Vec<u8>]) -> Option<Vec<u8>> {
    task_of(w, id).args = args.to_vec();
    let value = call::<Value>(w, id, script, Phase::Set);
    task_of(w, id).args.clear();
    let lua = &w.lua.as_ref()?.vm.lua;
    match value.ok()? {
        Value::Nil => Some(vec![]),
        Value::Boolean(it) => Some(it.to_string().into_bytes()),
        other => values::text(lua, &other).or_else(|| Some(vec![])),
    }
}

/// `header_filter_by_lua`, and the body filter's place in the row.
pub fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let settings = &w.location_of(id).lua;
    if w.requests[id].rare.lua.as_ref().is_some_and(|task| task.is_refused) {
        return Filtered::Next;
    }
    if settings.body_filter.is_some() {
        w.requests[id].filters.insert(BodyFilters::LUA);
    }
    let Some(script) = settings.header_filter else { return Filtered::Next };
    let result = call::<()>(w, id, script, Phase::HeaderFilter);
    let exit = task_of(w, id).exit.take();
    let status = match (result, exit) {
        (Err(()), _) | (Ok(()), Some(..0)) => 500,
        (Ok(()), Some(code @ 300..=999)) => code as u16,
        (Ok(()), _) => return Filtered::Next,
    };
    task_of(w, id).is_refused = true;
    Filtered::Instead(status)
}

pub const BODY: BodyFilter = BodyFilter { write, resume: |_, _, _| Passed::All };

fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let Some(script) = w.location_of(id).lua.body_filter else {
        return filter::next(w, id, next, piece, last);
    };
    let mut bytes = vec![];
    match piece {
        Piece::Flush if !last => return filter::next(w, id, next, Piece::Flush, false),
        Piece::Flush => {}
        Piece::Bytes(data) => bytes.extend_from_slice(data),
        Piece::File(body) => {
            use std::os::unix::fs::FileExt;
            bytes.resize(body.left as usize, 0);
            if body.file.read_exact_at(&mut bytes, body.offset).is_err() {
                respond::cut_short(w, id, 500);
                return Passed::Over;
            }
        }
    }
    let task = task_of(w, id);
    if task.is_over {
        // The script has ended the body before.
        return Passed::All;
    }
    (task.piece, task.is_last) = (bytes, last);
    if call::<()>(w, id, script, Phase::BodyFilter).is_err() {
        task_of(w, id).is_refused = true;
        respond::cut_short(w, id, 500);
        return Passed::Over;
    }
    let task = task_of(w, id);
    let (mut bytes, ends) = (std::mem::take(&mut task.piece), task.is_last);
    task.is_over = ends;
    if next.0.is_empty() && !run::fit(w, id, &mut bytes, ends) {
        let sent = filter::next(w, id, next, Piece::Bytes(&bytes), false);
        if !sent.is_over() {
            finish::break_off(w, id);
        }
        return Passed::Over;
    }
    filter::next(w, id, next, Piece::Bytes(&bytes), ends)
}

/// `log_by_lua`
pub fn log(w: &mut Worker, id: RequestId) {
    if let Some(script) = w.location_of(id).lua.log {
        let _ = call::<()>(w, id, script, Phase::Log);
    }
}
