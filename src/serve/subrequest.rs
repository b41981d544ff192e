//! Subrequests: requests that a request starts, in its client's name.
//!
//! A subrequest runs the phases of its location, but for access, and has an upstream, error pages and internal
//! redirects of its own. It is asked by the head of its parent and shares the variables of the main request, as in
//! nginx. Its parent lists it in `children` from [`start`] on until it is freed:
//!
//! - When an awaited one ends, or one whose body is kept in memory, the write handler of its parent runs, and the parent
//!   frees it.
//! - The body of an inserted one passes [`super::postpone`], and it is freed when it ends. If it cannot be completed,
//!   its parent's response cannot.
//! - One in the background is freed when it ends. If its parent ends first, which it may do as if there were no
//!   subrequest, the memory of the parent stays until then, without a connection.
//! - A parent that is broken off ends all its children, and one that ends all that are not in the background.

use crate::http::request::{BodyState, Outcome};
use crate::http::subrequest::{Role, Subrequest};
use crate::proto::{Method, RequestHead};
use crate::worker::*;

use super::{begin, downstream, finish, log, phases, postpone, respond};

/// nginx's bound on subrequests within subrequests.
const MAX_DEPTH: u8 = 51;

/// nginx's bound on the subrequests of one request at the same time.
const MAX_DESCENDANTS: u32 = 65_535 - 1000;

/// What a subrequest asks for.
pub struct Asked<'a> {
    pub uri: &'a [u8],
    pub args: &'a [u8],
    pub role: Role,
    /// With the method and the body of the parent, which has been read to its end or not at all. Else GET.
    pub is_copy: bool,
}

/// Starts a subrequest: it runs later in this turn. None: there are too many, which the log says.
pub fn start(w: &mut Worker, parent: RequestId, asked: &Asked<'_>) -> Option<RequestId> {
    let request = &w.requests[parent];
    let (main, depth) = request.rare.subrequest.map_or((parent, 0), |it| (it.main, it.depth));
    let uri = String::from_utf8_lossy(asked.uri);
    let role = request.rare.subrequest.map(|it| it.role);
    if role == Some(Role::InMemory) {
        let text = format_args!("nested in-memory subrequest \"{uri}\"");
        log::error(w, parent, log::Level::Error, text);
        return None;
    }
    if depth >= MAX_DEPTH {
        let text = format_args!("subrequests cycle while processing \"{uri}\"");
        log::error(w, parent, log::Level::Error, text);
        return None;
    }
    if w.requests[main].rare.descendants >= MAX_DESCENDANTS {
        let text = format_args!("request reference counter overflow while processing \"{uri}\"");
        log::error(w, parent, log::Level::Crit, text);
        return None;
    }
    let server = request.server;
    let id = begin::request(w, downstream::of_parent(parent), server);
    respond::take_fields(w, id);
    copy_head(w, parent, id, asked);
    w.requests[main].rare.get_or_insert().descendants += 1;
    w.requests[parent].rare.get_or_insert().children.push(id);
    w.side_requests += 1;
    let step = phases::first_step(w, id, Phase::ServerRewrite);
    let now = w.event.now;
    let request = &mut w.requests[id];
    request.rare.get_or_insert().subrequest =
        Some(Subrequest { main, depth: depth + 1, role: asked.role });
    (request.step, request.start, request.internal) = (step, now, true);
    request.write = phases::run;
    w.event.post_job(Job::RequestWrite(id));
    Some(id)
}

/// Starts a copy of a request, which goes on with the content of the same location.
pub fn start_copy(w: &mut Worker, parent: RequestId, role: Role) -> Option<RequestId> {
    let request = &w.requests[parent];
    let (uri, args) = (request.uri.clone(), request.args.clone());
    let asked = Asked { uri: &uri, args: &args, role, is_copy: true };
    let id = start(w, parent, &asked)?;
    let step = phases::first_step(w, id, Phase::Content);
    let from = &w.requests[parent];
    let (location, captures) = (from.location, from.captures.clone());
    let (uri_untouched, uri_is_final) = (from.uri_untouched, from.uri_is_final);
    let slice = from.rare.ctx.as_ref().and_then(|ctx| ctx.slice.as_ref());
    let slice_at = from.rare.slice_at.or_else(|| slice.map(|it| it.at));
    let request = &mut w.requests[id];
    if slice_at.is_some() {
        request.rare.get_or_insert().slice_at = slice_at;
    }
    (request.location, request.captures, request.step) = (location, captures, step);
    (request.uri_untouched, request.uri_is_final) = (uri_untouched, uri_is_final);
    Some(id)
}

fn copy_head(w: &mut Worker, parent: RequestId, id: RequestId, asked: &Asked<'_>) {
    // Two requests of one arena: what is copied is moved out for a moment.
    let head = std::mem::take(&mut w.requests[parent].it.head);
    w.requests[id].head.copy(&head);
    w.requests[parent].it.head = head;
    let from = &w.requests[parent];
    let (line, number, pipelined) = (from.line, from.number, from.pipelined);
    let method = if asked.is_copy { from.method } else { Method::Get };
    let request = &mut w.requests[id];
    request.line = RequestHead { upgrade: false, expect_continue: false, ..line };
    (request.number, request.pipelined, request.method) = (number, pipelined, method);
    request.uri.extend_from_slice(asked.uri);
    request.args.extend_from_slice(asked.args);
    request.body.state = BodyState::Complete;
    if asked.is_copy && w.requests[parent].body.state == BodyState::Complete {
        copy_body(w, parent, id);
    }
}

/// A subrequest that has just been started is not wanted.
pub fn abandon(w: &mut Worker, id: RequestId) {
    finish::finish(w, id, Outcome::Close);
    free(w, id);
}

/// Gives a subrequest the body of its parent, which was read.
pub fn copy_body(w: &mut Worker, parent: RequestId, id: RequestId) {
    let memory = std::mem::take(&mut w.requests[parent].it.body.memory);
    w.requests[id].body.memory.extend_from_slice(&memory);
    let from = &mut w.requests[parent].it.body;
    from.memory = memory;
    let (length, received, file) = (from.length, from.received, from.file.clone());
    let body = &mut w.requests[id].it.body;
    (body.length, body.received, body.file) = (length, received, file);
}

/// A request that has ended had children, or is one: what is left to do with its memory.
pub fn ended(w: &mut Worker, id: RequestId) {
    let is_free = w.requests[id].rare.children.is_empty();
    if !is_free {
        w.requests[id].rare.get_or_insert().is_outlived = true;
    }
    let Some(parent) = downstream::parent(w, id) else {
        if !is_free {
            w.side_requests += 1;
            return;
        }
        respond::give_fields(w, id);
        return w.finished.push(id);
    };
    let role = w.requests[id].rare.subrequest.map(|it| it.role);
    let parent_ended = w.requests.get(parent).is_none_or(|it| it.outcome.is_some());
    if matches!(role, Some(Role::Awaited | Role::InMemory | Role::Captured { .. })) && !parent_ended
    {
        return w.event.post_job(Job::RequestWrite(parent));
    }
    if is_free {
        free(w, id);
    }
    if role == Some(Role::Inserted) && !parent_ended {
        postpone::ended(w, parent, id);
    }
}

/// A subrequest that has ended is not looked at any more.
pub fn free(w: &mut Worker, id: RequestId) {
    if !w.requests[id].rare.children.is_empty() {
        return;
    }
    w.side_requests -= 1;
    respond::give_fields(w, id);
    w.finished.push(id);
    let Some(subrequest) = w.requests[id].rare.subrequest else { return };
    if let Some(rare) = w.requests.get_mut(subrequest.main).and_then(|it| it.rare.if_any()) {
        rare.descendants -= 1;
    }
    let Some(parent) = downstream::parent(w, id) else { return };
    let Some(rare) = w.requests.get_mut(parent).and_then(|it| it.rare.if_any()) else { return };
    rare.children.retain(|&child| child != id);
    if rare.is_outlived && rare.children.is_empty() {
        free(w, parent);
    }
}

/// A request ends, and with it the children that are of no use without it: all if it is broken off.
pub fn end_children(w: &mut Worker, id: RequestId, outcome: Outcome) {
    let children = w.requests[id].rare.children.clone();
    for child in children {
        let Some(request) = w.requests.get(child) else { continue };
        let role = request.rare.subrequest.map(|it| it.role);
        if request.outcome.is_some() {
            // It has ended, and its parent has not looked at it.
            free(w, child);
        } else if outcome == Outcome::Close || role != Some(Role::Background) {
            finish::finish(w, child, Outcome::Close);
        }
    }
}
