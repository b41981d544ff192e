//! `post_action`: a location that a request goes on in once its response has ended.
//!
//! It is the same request, with its variables and what is known of its response, but it has no client any more: what the
//! location answers is sent nowhere. It is logged behind it, as the location says, once.

use crate::http::filters::HeadFilters;
use crate::http::request::{BodyState, Outcome};
use crate::http::response::{Framing, Stage};
use crate::worker::*;

use super::respond::{self, Begun};
use super::{body, downstream, filter, finish, phases, subrequest};

/// A request that has ended goes on later in this turn, its connection without it. False: it does not, for it has done
/// so before, or its head was not read.
pub(super) fn begin(w: &mut Worker, id: RequestId, outcome: Outcome) -> bool {
    let request = &w.requests[id];
    let is_over = request.rare.post_action.is_some() || w.exit == Exit::Now;
    if is_over || downstream::is_subrequest(request) || request.uri.is_empty() {
        return false;
    }
    subrequest::end_children(w, id, outcome);
    finish::let_go(w, id);
    filter::forget(w, id);
    downstream::part(w, id, outcome);
    let request = &mut w.requests[id];
    let is_complete = request.response.stage == Stage::Ended;
    request.rare.get_or_insert().post_action = Some(is_complete);
    request.write = start;
    w.event.post_job(Job::RequestWrite(id));
    true
}

fn start(w: &mut Worker, id: RequestId) {
    let has_body = {
        let body = &w.requests[id].body;
        body.state == BodyState::Complete && body.is_kept()
    };
    if !has_body {
        body::forget(w, id);
    }
    respond::take_fields(w, id);
    let request = &mut w.requests[id].it;
    request.outcome = None;
    request.line.upgrade = false;
    request.response.stage = Stage::PostAction;
    request.response.filters = HeadFilters::NONE;
    w.requests[id].write = rest;
    let Some(target) = &w.location_of(id).core.post_action else { return finish::close(w, id) };
    match target.first() {
        Some(b'/') => phases::redirect(w, id, target.to_vec(), Vec::new()),
        _ => phases::redirect_to_name(w, id, target),
    }
}

/// As `respond::decide`, of a response that is not the first one.
pub(super) fn decide(w: &mut Worker, id: RequestId) -> Begun {
    let request = &mut w.requests[id].it;
    if request.response.stage != Stage::PostAction {
        return Begun::No;
    }
    if let Some(status) = request.status_override {
        request.response.status = status;
    }
    (request.response.stage, request.response.framing) = (Stage::Begun, Framing::NoBody);
    Begun::Yes
}
