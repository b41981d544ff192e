//! The uri that a server is asked for: nginx's rules of replacement.

use std::borrow::Cow;

use super::address::parse_url;
use super::request::Request;
use super::settings::upstream_conf::{Pass, Target};
use super::uri;

/// Appends it. What variables bring is appended as it is.
pub fn push(request: &Request, pass: &Pass, out: &mut Vec<u8>) {
    let by_variable = matches!(pass.target, Target::Variable(_));
    let own: Option<Cow<'_, [u8]>> = match &request.rare.proxy_url {
        _ if !by_variable => pass.uri.as_deref().map(Cow::Borrowed),
        Some(url) => parse_url(url)
            .ok()
            .filter(|parsed| !parsed.uri.is_empty())
            .map(|parsed| Cow::Borrowed(parsed.uri)),
        None => None,
    };
    match own {
        // With variables the address is passed as it came out, whatever the request's uri.
        Some(own) if by_variable => {
            if own.first() == Some(&b'?') {
                out.push(b'/');
            }
            out.extend_from_slice(&own);
        }
        None if request.uri_untouched => {
            let path = request.line.path().of(&request.head.bytes);
            if path.first().is_none_or(|&byte| byte == b'?') {
                out.push(b'/');
            }
            out.extend_from_slice(path);
        }
        // Nothing of a uri that `rewrite` changed is replaced.
        Some(own) if !request.uri_is_final => {
            out.extend_from_slice(&own);
            push_path(request, pass.prefix_len, out);
        }
        _ => push_path(request, 0, out),
    }
}

/// The uri as it is now, but for its first bytes. What the client did not escape needs no escaping.
fn push_path(request: &Request, skip: usize, out: &mut Vec<u8>) {
    let path = request.uri.get(skip..).unwrap_or_default();
    match request.internal || is_escaped(request) {
        true => uri::escape_uri(path, out),
        false => out.extend_from_slice(path),
    }
    if !request.args.is_empty() {
        out.push(b'?');
        out.extend_from_slice(&request.args);
    }
}

fn is_escaped(request: &Request) -> bool {
    let path = request.line.path().of(&request.head.bytes);
    let end = memchr::memchr2(b'?', b'%', path);
    end.is_some_and(|end| path[end] == b'%')
}
