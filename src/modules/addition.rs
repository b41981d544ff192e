//! `addition`: the bodies of subrequests before and behind that of a response.

use crate::http::filters::{BodyFilters, Passed, Piece};
use crate::http::subrequest::Role;
use crate::serve::subrequest::Asked;
use crate::serve::{downstream, filter, postpone, respond};
use crate::worker::*;

use super::gzip;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let types = &w.location_of(id).addition.types;
    let r = &w.requests[id];
    let is_fit = r.response.status == 200
        && !downstream::is_subrequest(r)
        && types.contain(&r.response.content_type);
    if is_fit {
        gzip::recode(w, id, BodyFilters::ADDITION.and(BodyFilters::POSTPONE));
    }
    Filtered::Next
}

pub(super) const BODY: BodyFilter = BodyFilter { write, resume: |_, _, _| Passed::All };

fn write(w: &mut Worker, id: RequestId, piece: Piece<'_>, last: bool, next: Next) -> Passed {
    let settings = &w.location_of(id).addition;
    let begins = !std::mem::replace(&mut w.requests[id].ctx().added_before, true);
    if begins && !insert(w, id, &settings.before) {
        return Passed::Over;
    }
    if !last || settings.after.is_empty() {
        return filter::next(w, id, next, piece, last);
    }
    let sent = filter::next(w, id, next, piece, false);
    if sent.is_over() {
        return sent;
    }
    match insert(w, id, &settings.after) {
        true => filter::next(w, id, next, Piece::Bytes(&[]), true),
        false => Passed::Over,
    }
}

/// False: that cannot be, and the response is cut short.
fn insert(w: &mut Worker, id: RequestId, uri: &[u8]) -> bool {
    let asked = Asked { uri, args: b"", role: Role::Inserted, is_copy: false };
    if uri.is_empty() || postpone::insert(w, id, &asked).is_some() {
        return true;
    }
    respond::cut_short(w, id, 500);
    false
}
