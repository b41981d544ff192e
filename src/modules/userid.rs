//! `userid`: the cookie that tells a client from others, with each response to one that has none.

use crate::base::base64;
use crate::http::dates;
use crate::http::settings::userid::{Expires, Userid};
use crate::http::userid::{DIGITS, Uid};
use crate::serve::userid;
use crate::worker::*;

pub(super) fn head(w: &mut Worker, id: RequestId) -> Filtered {
    let Some(uid) = userid::set(w, id) else { return Filtered::Next };
    let settings = &w.location_of(id).userid;
    let mut cookie = w.buffers.line();
    cookie.extend_from_slice(&settings.name);
    cookie.push(b'=');
    let now = w.event.wall.secs;
    let ids = w.requests[id].rare.ids.as_ref();
    let kept = ids.filter(|ids| ids.got.is_some() && !ids.reset).map(|ids| &*ids.cookie);
    push_value(settings, uid, kept, &mut cookie);
    push_attributes(settings, now, &mut cookie);
    let response = &mut w.requests[id].response;
    response.add(b"Set-Cookie", &cookie);
    if !settings.p3p.is_empty() {
        response.add(b"P3P", &settings.p3p);
    }
    w.buffers.give_line(cookie);
    Filtered::Next
}

/// The identifier and the mark. `kept`: the client's cookie, of which only the mark is not right.
fn push_value(settings: &Userid, uid: Uid, kept: Option<&[u8]>, out: &mut Vec<u8>) {
    let start = out.len();
    match kept.and_then(|cookie| cookie.get(..DIGITS)) {
        Some(digits) => {
            out.extend_from_slice(digits);
            out.extend_from_slice(b"==");
        }
        None => base64::encode(&uid.0, false, out),
    }
    if let Some(mark) = settings.mark {
        out[start + DIGITS] = mark;
    }
}

fn push_attributes(settings: &Userid, now: i64, out: &mut Vec<u8>) {
    let end = match settings.expires {
        Expires::Never => None,
        Expires::Max => Some(dates::MAX_COOKIE),
        Expires::After(secs) => Some(now.saturating_add_unsigned(secs)),
    };
    if let Some(end) = end {
        out.extend_from_slice(b"; expires=");
        dates::cookie(end, out);
    }
    if !settings.domain.is_empty() {
        out.extend_from_slice(b"; domain=");
        out.extend_from_slice(&settings.domain);
    }
    out.extend_from_slice(b"; path=");
    out.extend_from_slice(&settings.path);
    let flags = settings.flags;
    if flags.secure {
        out.extend_from_slice(b"; secure");
    }
    if flags.http_only {
        out.extend_from_slice(b"; httponly");
    }
    if let Some(same_site) = flags.same_site {
        out.extend_from_slice(b"; samesite=");
        out.extend_from_slice(same_site.as_bytes());
    }
}
