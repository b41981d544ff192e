//! The directives of the rewrite module, in the order of the file, first of the server block and then of
//! the location.

use std::os::unix::fs::PermissionsExt;

use crate::conf::value;
use crate::http::filters::HeadFilters;
use crate::http::request::Outcome;
use crate::http::settings::lua::SetByLua;
use crate::http::settings::rewrite::{Condition, FileTest, If, Return, Rewrite, RewriteOp, Then};
use crate::http::settings::set_misc::SetMisc;
use crate::http::slots::SetTarget;
use crate::http::uri;
use crate::http::vars::{Part, Pattern, Template, Var};
use crate::os::Errno;
use crate::serve::eval::path;
use crate::serve::log::{self, Level};
use crate::serve::{downstream, eval, finish, phases, respond};
use crate::worker::*;

use super::{files, headers_more, set_misc, symlinks};

pub static MODULE: Module = Module {
    name: "rewrite",
    phases: &[(Phase::ServerRewrite, server), (Phase::Rewrite, location)],
};

fn server(w: &mut Worker, id: RequestId) -> Flow {
    let ops = &w.server_of(id).rewrite;
    match ops.is_empty() {
        true => Flow::Next,
        false => Script::run(w, id, ops),
    }
}

fn location(w: &mut Worker, id: RequestId) -> Flow {
    let ops = &w.location_of(id).rewrite;
    if ops.is_empty() {
        return Flow::Next;
    }
    let flow = Script::run(w, id, ops);
    if flow == Flow::Next && w.requests[id].uri_changed {
        headers_more::apply(w, id);
        phases::rewritten(w, id);
        return Flow::Answered;
    }
    flow
}

/// One run through the lines.
struct Script {
    /// Captures are escaped where they are used, if the client sent them so: until the first `rewrite` or
    /// `if` that has compared, and in redirects. nginx's own rule.
    quote: bool,
}

/// How a line leaves the script.
enum Step {
    Next,
    Stop,
    Leave(Flow),
}

#[cfg(feature = "lua")]
fn set_by_lua(w: &mut Worker, id: RequestId, it: &SetByLua) -> Step {
    let mut args = Vec::with_capacity(it.args.len());
    for arg in &it.args {
        let mut text = Vec::new();
        eval::template(w, id, arg, &mut text);
        args.push(text);
    }
    match super::lua::set(w, id, it.script, &args) {
        Some(value) => {
            store(w, id, it.target, &value);
            Step::Next
        }
        None => Step::Leave(Flow::End(500)),
    }
}

/// No configuration has it.
#[cfg(not(feature = "lua"))]
fn set_by_lua(_: &mut Worker, _: RequestId, _: &SetByLua) -> Step {
    Step::Next
}

impl Script {
    fn run(w: &mut Worker, id: RequestId, ops: &'static [RewriteOp]) -> Flow {
        match (Self { quote: true }).each(w, id, ops) {
            Step::Leave(flow) => flow,
            Step::Next | Step::Stop => Flow::Next,
        }
    }

    fn each(&mut self, w: &mut Worker, id: RequestId, ops: &'static [RewriteOp]) -> Step {
        for op in ops {
            let step = match op {
                RewriteOp::Set { target, value } => {
                    self.set(w, id, *target, value);
                    Step::Next
                }
                RewriteOp::Return(it) => Step::Leave(answer(w, id, it)),
                RewriteOp::Break => {
                    let r = &mut w.requests[id];
                    r.uri_is_final |= std::mem::take(&mut r.uri_changed);
                    Step::Stop
                }
                RewriteOp::Rewrite(it) => self.rewrite(w, id, it),
                RewriteOp::If(it) => self.branch(w, id, it),
                RewriteOp::Misc(it) => self.misc(w, id, it),
                RewriteOp::Lua(it) => set_by_lua(w, id, it),
            };
            match step {
                Step::Next => {}
                other => return other,
            }
        }
        Step::Next
    }

    /// Appends the string; captures as they were sent if they are to be quoted.
    fn expand(&self, w: &mut Worker, id: RequestId, t: &Template, quote: bool, out: &mut Vec<u8>) {
        if !(quote && is_quoted(w, id)) {
            return eval::template(w, id, t, out);
        }
        for part in &t.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Var(Var::Capture(n)) => {
                    let captures = &w.requests[id].captures;
                    uri::escape_args(captures.get(usize::from(*n)), out);
                }
                Part::Var(var) => {
                    eval::variable(w, id, var, out);
                }
            }
        }
    }

    fn set(&self, w: &mut Worker, id: RequestId, target: SetTarget, value: &Template) {
        let mut text = w.buffers.line();
        self.expand(w, id, value, self.quote, &mut text);
        store(w, id, target, &text);
        w.buffers.give_line(text);
    }

    fn misc(&self, w: &mut Worker, id: RequestId, it: &SetMisc) -> Step {
        let mut args = Vec::with_capacity(it.args.len());
        for arg in &it.args {
            let mut text = w.buffers.line();
            self.expand(w, id, arg, self.quote, &mut text);
            args.push(text);
        }
        let mut value = w.buffers.line();
        let has_value = set_misc::evaluate(w, id, it, &args, &mut value);
        if has_value {
            store(w, id, it.target, &value);
        }
        args.into_iter().chain([value]).for_each(|text| w.buffers.give_line(text));
        if has_value { Step::Next } else { Step::Leave(Flow::End(500)) }
    }

    fn branch(&mut self, w: &mut Worker, id: RequestId, it: &'static If) -> Step {
        match self.holds(w, id, &it.condition) {
            Err(status) => return Step::Leave(Flow::End(status)),
            Ok(false) => return Step::Next,
            Ok(true) => {}
        }
        if let Some(location) = it.location {
            phases::enter(w, id, location);
        }
        self.each(w, id, &it.ops)
    }

    fn holds(&self, w: &mut Worker, id: RequestId, condition: &Condition) -> Result<bool, u16> {
        let mut text = w.buffers.line();
        let holds = match condition {
            Condition::True(var) => {
                eval::variable(w, id, var, &mut text);
                Ok(!matches!(&*text, b"" | b"0"))
            }
            Condition::Equal { var, value, not } => {
                eval::variable(w, id, var, &mut text);
                let mut other = w.buffers.line();
                self.expand(w, id, value, self.quote, &mut other);
                let equal = text == other;
                w.buffers.give_line(other);
                Ok(equal != *not)
            }
            Condition::Matches { var, name, pattern, not } => {
                eval::variable(w, id, var, &mut text);
                matches(w, id, name, pattern, &text).map(|found| found != *not)
            }
            Condition::File { test, path, not } => {
                self.expand(w, id, path, self.quote, &mut text);
                Ok(test_file(w, id, *test, &text) != *not)
            }
        };
        w.buffers.give_line(text);
        holds
    }

    fn rewrite(&mut self, w: &mut Worker, id: RequestId, it: &Rewrite) -> Step {
        let mut text = w.buffers.line();
        text.extend_from_slice(&w.requests[id].uri);
        let found = matches(w, id, &it.name, &it.pattern, &text);
        w.buffers.give_line(text);
        match found {
            Err(status) => return Step::Leave(Flow::End(status)),
            Ok(false) => return Step::Next,
            Ok(true) => self.quote = false,
        }
        let mut to = w.buffers.line();
        let step = match it.then {
            Then::Redirect(status) => {
                self.expand(w, id, &it.to, true, &mut to);
                redirect(w, id, it, status, &to)
            }
            _ => {
                self.expand(w, id, &it.to, false, &mut to);
                self.change(w, id, it, &to)
            }
        };
        w.buffers.give_line(to);
        step
    }

    /// The request is for another uri from here on.
    fn change(&self, w: &mut Worker, id: RequestId, it: &Rewrite, to: &[u8]) -> Step {
        let mut args = w.buffers.line();
        if let Some(template) = &it.args {
            self.expand(w, id, template, true, &mut args);
        }
        let r = &mut w.requests[id];
        if it.keep_args && it.args.is_some() && !r.args.is_empty() {
            args.push(b'&');
        }
        if it.keep_args {
            args.extend_from_slice(&r.args);
        }
        r.args.clear();
        r.args.extend_from_slice(&args);
        w.buffers.give_line(args);
        let r = &mut w.requests[id];
        r.uri.clear();
        r.uri.extend_from_slice(to);
        r.uri_untouched = false;
        r.internal = true;
        r.uri_changed = it.then != Then::Break;
        r.uri_is_final |= it.then == Then::Break;
        if is_logged(w, id) {
            let r = &w.requests[id];
            let (uri, args) = (lossy(&r.uri), lossy(&r.args));
            let text = format_args!("rewritten data: \"{uri}\", args: \"{args}\"");
            log::error(w, id, Level::Notice, text);
        }
        if to.is_empty() {
            let text = format_args!("the rewritten URI has a zero length");
            log::error(w, id, Level::Error, text);
            return Step::Leave(Flow::End(500));
        }
        match it.then {
            Then::Next => Step::Next,
            _ => Step::Stop,
        }
    }
}

/// The variable has that value from here on.
pub(super) fn store(w: &mut Worker, id: RequestId, target: SetTarget, value: &[u8]) {
    let r = &mut w.requests[id];
    match target {
        SetTarget::Slot(slot) => {
            let main = downstream::of_variables(w, id);
            w.requests[main].set_slot(slot, value);
        }
        SetTarget::Args => {
            r.args.clear();
            r.args.extend_from_slice(value);
            r.uri_untouched = false;
        }
        SetTarget::LimitRate => match value::offset(value) {
            Some(rate) => r.rare.get_or_insert().limit_rate = Some(rate),
            None => {
                let value = String::from_utf8_lossy(value);
                log::error(w, id, Level::Error, format_args!("invalid $limit_rate \"{value}\""));
            }
        },
    }
}

/// The client is sent to another address.
fn redirect(w: &mut Worker, id: RequestId, it: &Rewrite, status: u16, to: &[u8]) -> Step {
    let r = &mut w.requests[id].it;
    let location = r.response.rare.get_or_insert().location.insert(Vec::new());
    uri::unescape_redirect(to, location);
    if it.keep_args && !r.args.is_empty() {
        location.push(if it.has_query { b'&' } else { b'?' });
        location.extend_from_slice(&r.args);
    }
    if is_logged(w, id) {
        let location = w.requests[id].response.rare.location.as_deref().unwrap_or_default();
        let location = lossy(location);
        log::error(w, id, Level::Notice, format_args!("rewritten redirect: \"{location}\""));
    }
    Step::Leave(Flow::End(status))
}

/// Matches, and keeps the captures; there are none after a mismatch.
fn matches(
    w: &mut Worker,
    id: RequestId,
    name: &[u8],
    pattern: &Pattern,
    subject: &[u8],
) -> Result<bool, u16> {
    let r = &mut w.requests[id].it;
    let Ok(found) = pattern.regex.captures(subject, &mut r.captures) else {
        log::regex_failed(w, id, Some(&pattern.regex), subject);
        return Err(500);
    };
    match found {
        true => eval::take_named(w, id, &pattern.named),
        false => r.captures.clear(),
    }
    if is_logged(w, id) {
        let verb = if found { "matches" } else { "does not match" };
        let (name, subject) = (lossy(name), lossy(subject));
        log::error(w, id, Level::Notice, format_args!("\"{name}\" {verb} \"{subject}\""));
    }
    Ok(found)
}

fn test_file(w: &mut Worker, id: RequestId, test: FileTest, name: &[u8]) -> bool {
    match symlinks::metadata(w, id, name) {
        Ok(found) => match test {
            FileTest::File => found.is_file(),
            FileTest::Directory => found.is_dir(),
            FileTest::Exists => true,
            FileTest::Executable => found.permissions().mode() & 0o100 != 0,
        },
        Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => false,
        Err(e) => {
            let name = path::of(name).display();
            log::error(w, id, Level::Error, format_args!("stat() \"{name}\" failed ({e})"));
            false
        }
    }
}

/// Whether the client's path has escapes in it, or a plus, which might be one.
fn is_quoted(w: &Worker, id: RequestId) -> bool {
    let r = &w.requests[id];
    let path = r.line.path().of(&r.head.bytes);
    let path = path.split(|&byte| byte == b'?').next().unwrap_or_default();
    memchr::memchr2(b'%', b'+', path).is_some()
}

fn is_logged(w: &Worker, id: RequestId) -> bool {
    w.location_of(id).rewriting.log
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn answer(w: &mut Worker, id: RequestId, it: &'static Return) -> Flow {
    if it.status == 444 && it.text.is_none() {
        w.requests[id].response.status = 444;
        finish::finish(w, id, Outcome::Close);
        return Flow::Answered;
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
        w.requests[id].response.rare.get_or_insert().location = Some(text.clone());
        Flow::End(it.status)
    } else {
        files::set_content_type(w, id);
        w.requests[id].response.filters.insert(HeadFilters::NOT_MODIFIED);
        respond::typed(w, id, it.status, &text);
        Flow::Answered
    };
    w.buffers.give_line(text);
    flow
}
