//! The values of a request that its group's balancer needs, and the cookie that `sticky` sends to the client.

use std::io::Write;

use crate::http::dates;
use crate::http::settings::upstream::{Cookie, Expires, is_same_site};
use crate::http::vars::Template;
use crate::os::addr::Addr;
use crate::serve::{downstream, eval};
use crate::upstream::balance::ip_hash;
use crate::upstream::peer;
use crate::worker::*;

/// Before the first try: the key of `hash`, the address of `ip_hash`, what `sticky` looks for.
pub fn prepare(w: &mut Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    let request = upstream.request;
    let Some(keys) = w.conf.keys(upstream.peer.group) else { return };
    let mut hint = std::mem::take(&mut w.upstreams[id].peer.hint);
    if keys.by_address {
        let client = downstream::client(w, request);
        ip_hash::key(client.and_then(Addr::ip), hint.key.bytes());
    }
    if let Some(key) = &keys.hash {
        eval::template(w, request, key, hint.key.bytes());
    }
    if !keys.lookup.is_empty() {
        first(w, request, &keys.lookup, hint.bound.bytes());
    }
    w.upstreams[id].peer.hint = hint;
}

/// A response that is not given up has its head: its time is taken, its session learned, its peer told
/// to the client.
pub fn heard_head(w: &mut Worker, id: UpstreamId) {
    let now = w.event.now;
    let upstream = &w.upstreams[id];
    let (request, group) = (upstream.request, upstream.peer.group);
    if let Some(keys) = w.conf.keys(group) {
        if !keys.create.is_empty() {
            let mut session = std::mem::take(&mut w.upstreams[id].peer.hint.session);
            session.clear();
            first(w, request, &keys.create, session.bytes());
            w.upstreams[id].peer.hint.session = session;
        }
        if let Some(cookie) = &keys.cookie {
            set_cookie(w, id, cookie);
        }
    }
    peer::heard(&mut w.groups, &mut w.upstreams[id].peer, now);
}

/// The first of the strings that is not empty.
fn first(w: &mut Worker, request: RequestId, all: &[Template], out: &mut Vec<u8>) {
    for template in all {
        eval::template(w, request, template, out);
        if !out.is_empty() {
            return;
        }
    }
}

/// Told with every response, as nginx does: the peer may have changed, and the time is counted from now.
fn set_cookie(w: &mut Worker, id: UpstreamId, cookie: &Cookie) {
    let upstream = &w.upstreams[id];
    let request = upstream.request;
    let Some(peer) = upstream.peer.peer else { return };
    let mut out = w.buffers.line();
    out.extend_from_slice(&cookie.name);
    out.push(b'=');
    out.extend_from_slice(&w.groups[upstream.peer.group].peers[peer].sid);
    if let Some(expires) = cookie.expires {
        let (at, age) = end_of(expires, w.event.wall.secs);
        out.extend_from_slice(b"; expires=");
        dates::cookie(at, &mut out);
        let _ = write!(out, "; max-age={age}");
    }
    if let Some(domain) = &cookie.domain {
        let mut value = w.buffers.line();
        eval::template(w, request, domain, &mut value);
        if !value.is_empty() {
            out.extend_from_slice(b"; domain=");
            out.extend_from_slice(&value);
        }
        w.buffers.give_line(value);
    }
    if cookie.http_only {
        out.extend_from_slice(b"; httponly");
    }
    if cookie.secure {
        out.extend_from_slice(b"; secure");
    }
    if let Some(template) = &cookie.same_site {
        let mut value = w.buffers.line();
        eval::template(w, request, template, &mut value);
        if !value.is_empty() {
            out.extend_from_slice(b"; samesite=");
            let known = is_same_site(&value);
            out.extend_from_slice(if known { &value } else { b"strict" });
        }
        w.buffers.give_line(value);
    }
    out.extend_from_slice(&cookie.path);
    // A value with the end of a line in it would be a field of the client's own making.
    if !out.iter().any(|&byte| matches!(byte, b'\r' | b'\n' | 0)) {
        w.requests[request].response.add(b"Set-Cookie", &out);
    }
    w.buffers.give_line(out);
}

/// When a cookie that is sent now ends, and after how many seconds.
fn end_of(expires: Expires, now: i64) -> (i64, u64) {
    match expires {
        Expires::Max => (dates::MAX_COOKIE, MAX_AGE),
        Expires::In(secs) => (now.saturating_add_unsigned(secs), secs),
    }
}

const MAX_AGE: u64 = 315_360_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_cookies() {
        assert_eq!(end_of(Expires::In(3600), 1_000_000), (1_003_600, 3600));
        assert_eq!(end_of(Expires::Max, 1_000_000), (dates::MAX_COOKIE, MAX_AGE));
    }
}
