//! `set` and `return`, in the order of the file, first of the server block and then of the location.

use crate::conf::value;
use crate::http::request::Outcome;
use crate::http::settings::rewrite::{Return, RewriteOp, SetTarget};
use crate::http::vars::Template;
use crate::serve::log::{self, Level};
use crate::serve::{eval, finish, respond};
use crate::worker::*;

use super::files;
use super::not_modified::{self, Test};

pub static MODULE: Module = Module {
    name: "rewrite",
    phases: &[(Phase::ServerRewrite, server), (Phase::Rewrite, location)],
    head: None,
};

fn server(w: &mut Worker, id: RequestId) -> Flow {
    run(w, id, &w.server_of(id).rewrite)
}

fn location(w: &mut Worker, id: RequestId) -> Flow {
    run(w, id, &w.location_of(id).rewrite)
}

fn run(w: &mut Worker, id: RequestId, ops: &'static [RewriteOp]) -> Flow {
    for op in ops {
        match op {
            RewriteOp::Set { target, value } => set(w, id, *target, value),
            RewriteOp::Return(it) => return answer(w, id, it),
        }
    }
    Flow::Next
}

fn set(w: &mut Worker, id: RequestId, target: SetTarget, value: &Template) {
    let mut text = w.buffers.line();
    eval::template(w, id, value, &mut text);
    let r = &mut w.requests[id];
    match target {
        SetTarget::Slot(slot) => r.set_slot(slot, &text),
        SetTarget::Args => {
            r.args.clear();
            r.args.extend_from_slice(&text);
            r.uri_untouched = false;
        }
        SetTarget::LimitRate => match value::offset(&text) {
            Some(rate) => r.limit_rate = Some(rate),
            None => {
                let text = String::from_utf8_lossy(&text);
                log::error(w, id, Level::Error, format_args!("invalid $limit_rate \"{text}\""));
            }
        },
    }
    w.buffers.give_line(text);
}

fn answer(w: &mut Worker, id: RequestId, it: &'static Return) -> Flow {
    if it.status == 444 {
        w.requests[id].response.status = 444;
        finish::finish(w, id, Outcome::Close);
        return Flow::Wait;
    }
    if it.text.is_none() && it.status >= 400 {
        // The page of an error may not make another error of it.
        return Flow::End(w.requests[id].status_override.unwrap_or(it.status));
    }
    // What the text says of the status is what it will be sent with.
    w.requests[id].response.status = it.status;
    let mut text = w.buffers.line();
    if let Some(template) = &it.text {
        eval::template(w, id, template, &mut text);
    }
    let flow = if matches!(it.status, 301..=303 | 307 | 308) {
        let location = &mut w.requests[id].response.location;
        location.clear();
        location.extend_from_slice(&text);
        Flow::End(it.status)
    } else {
        send(w, id, it.status, &text)
    };
    w.buffers.give_line(text);
    flow
}

fn send(w: &mut Worker, id: RequestId, status: u16, text: &[u8]) -> Flow {
    match not_modified::test(w, id, status, None, None) {
        Test::Full => {
            let content_type = files::content_type(w, id);
            respond::text(w, id, status, content_type, text);
            Flow::Wait
        }
        Test::NotModified => {
            not_modified::send(w, id);
            Flow::Wait
        }
        Test::Failed => Flow::End(412),
    }
}
