//! Variables that are fields: of the request, of its answer, of the upstream's.

use crate::http::dates;
use crate::http::request::Request;
use crate::http::response::Framing;
use crate::http::vars::Var;
use crate::http::{cookies, uri};
use crate::proto::{Head, Name};
use crate::worker::{RequestId, Worker};

use super::super::downstream;
use super::{address, display, put, put_number, put_some};

#[inline(never)]
pub(super) fn variable(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let r = &w.requests[id];
    let upstream = match r.upstream.and_then(|id| w.upstreams.get(id)) {
        Some(upstream) => Some(&upstream.head),
        None => r.upstream_head.as_deref(),
    };
    match var {
        Var::Arg(name) => !name.is_empty() && put_found(out, uri::arg(&r.args, name.as_bytes())),
        Var::Cookie(name) => {
            put_found(out, cookies::find(r.head.all(Name::Cookie), name.as_bytes()))
        }
        Var::Http(name) => underscored(&r.head, name, out),
        Var::SentHttp(name) => sent(w, id, r, name, out),
        Var::SentTrailer(name) => {
            r.response.rare.trailers.as_ref().is_some_and(|head| underscored(head, name, out))
        }
        Var::UpstreamTrailer(name) => {
            r.rare.upstream_trailers.as_ref().is_some_and(|head| underscored(head, name, out))
        }
        Var::UpstreamHttp(name) => upstream.is_some_and(|head| underscored(head, name, out)),
        Var::UpstreamCookie(name) => {
            let lines = upstream.into_iter().flat_map(|head| head.all(Name::SetCookie));
            put_found(out, lines.filter_map(|line| set_cookie(line, name.as_bytes())).next())
        }
        Var::ProxyAddXForwardedFor => {
            if joined(r.head.all(Name::XForwardedFor), b", ", out) {
                out.extend_from_slice(b", ");
            }
            if let Some(client) = downstream::client(w, id) {
                address(client, out);
            }
            true
        }
        _ => false,
    }
}

/// The lines of this name (lower case, `_` for `-`), joined.
fn underscored(head: &Head, name: &str, out: &mut Vec<u8>) -> bool {
    let separator = if name == "cookie" { b"; " } else { b", " };
    joined(head.all_underscored(name), separator, out)
}

fn joined<'a>(values: impl Iterator<Item = &'a [u8]>, separator: &[u8], out: &mut Vec<u8>) -> bool {
    let mut any = false;
    for value in values {
        if any {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(value);
        any = true;
    }
    any
}

/// Fields of the answer; those with a place of their own first.
fn sent(w: &Worker, id: RequestId, r: &Request, name: &str, out: &mut Vec<u8>) -> bool {
    let answer = &r.response;
    match name {
        "content_type" => put_some(out, &answer.content_type),
        "content_length" => match answer.content_length {
            Some(length) => put_number(out, length),
            None => underscored(&answer.fields, name, out),
        },
        "last_modified" => match answer.rare.last_modified {
            Some(time) => put(out, &dates::http(time)),
            None => underscored(&answer.fields, name, out),
        },
        "location" => match &answer.rare.location {
            None => underscored(&answer.fields, name, out),
            Some(location) => put(out, location),
        },
        "connection" => put(
            out,
            match (answer.status, r.keeps_alive()) {
                (101, _) => b"upgrade",
                (_, true) => b"keep-alive",
                (_, false) => b"close",
            },
        ),
        "keep_alive" => match w.location_of(id).core.keepalive_header {
            seconds if r.keeps_alive() && seconds > 0 => {
                display(out, format_args!("timeout={seconds}"));
                true
            }
            _ => false,
        },
        "transfer_encoding" => answer.framing == Framing::Chunked && put(out, b"chunked"),
        _ => underscored(&answer.fields, name, out),
    }
}

/// The value that a Set-Cookie line gives the cookie.
fn set_cookie<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let pair = line.split(|&byte| byte == b';').next()?;
    let (key, rest) = pair.split_at_checked(name.len())?;
    let value = rest.trim_ascii_start().strip_prefix(b"=")?;
    key.eq_ignore_ascii_case(name).then(|| value.trim_ascii_start())
}

fn put_found(out: &mut Vec<u8>, value: Option<&[u8]>) -> bool {
    value.is_some_and(|value| put(out, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins() {
        let mut out = Vec::new();
        assert!(!joined([].into_iter(), b", ", &mut out));
        assert!(joined([&b"a"[..], b"", b"b"].into_iter(), b", ", &mut out));
        assert_eq!(out, b"a, , b");
    }

    #[test]
    fn set_cookies() {
        assert_eq!(set_cookie(b"Id=7; Path=/", b"id"), Some(&b"7"[..]));
        assert_eq!(set_cookie(b"id = 7", b"id"), Some(&b"7"[..]));
        assert_eq!(set_cookie(b"idx=7", b"id"), None);
        assert_eq!(set_cookie(b"a", b"id"), None);
    }
}
