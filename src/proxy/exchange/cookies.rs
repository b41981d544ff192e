//! `Set-Cookie` on its way to the client: our domains and paths for the server's, and its flags.

use crate::http::settings::proxy::{Redirect, RedirectFrom};
use crate::http::settings::proxy_cookies::{CookieFlags, CookieName};
use crate::proto::Name;
use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::worker::*;

/// The values of the server's `Set-Cookie` fields as the client is to see them, in their order.
pub fn edited(w: &mut Worker, id: UpstreamId) -> Vec<Vec<u8>> {
    let request = w.upstreams[id].request;
    let values: Vec<_> = w.upstreams[id].head.all(Name::SetCookie).map(<[u8]>::to_vec).collect();
    values.into_iter().map(|value| edit(w, request, value)).collect()
}

fn edit(w: &mut Worker, request: RequestId, line: Vec<u8>) -> Vec<u8> {
    let cookies = &w.location_of(request).cookies;
    let mut attributes: Vec<Attribute> = line.split(|&byte| byte == b';').map(parse).collect();
    if attributes[0].value.is_none() {
        // Not a cookie.
        return line;
    }
    let mut is_changed = false;
    for attribute in &mut attributes[1..] {
        let Some(value) = &attribute.value else { continue };
        let found = if attribute.key.eq_ignore_ascii_case(b"domain") {
            first(w, request, &cookies.domains, value, domain_rest)
        } else if attribute.key.eq_ignore_ascii_case(b"path") {
            first(w, request, &cookies.paths, value, path_rest)
        } else {
            None
        };
        if found.is_some() {
            attribute.value = found;
            is_changed = true;
        }
    }
    is_changed |= change_flags(w, request, &cookies.flags, &mut attributes);
    match is_changed {
        true => written(&attributes),
        false => line,
    }
}

/// `name=value`, or a name alone.
struct Attribute {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

fn parse(part: &[u8]) -> Attribute {
    let equals = memchr::memchr(b'=', part);
    let key = part[..equals.unwrap_or(part.len())].trim_ascii().to_vec();
    Attribute { key, value: equals.map(|at| part[at + 1..].trim_ascii().to_vec()) }
}

fn written(attributes: &[Attribute]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, attribute) in attributes.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b"; ");
        }
        out.extend_from_slice(&attribute.key);
        if let Some(value) = &attribute.value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    out
}

/// What of the value stays before and behind what `from` stands for.
type Rest = for<'a> fn(value: &'a [u8], from: &[u8]) -> Option<(&'a [u8], &'a [u8])>;

/// A domain is compared whole; the dot before it stays.
fn domain_rest<'a>(value: &'a [u8], from: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let dot = usize::from(value.first() == Some(&b'.'));
    value[dot..].eq_ignore_ascii_case(from).then_some((&value[..dot], &[]))
}

fn path_rest<'a>(value: &'a [u8], from: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    value.strip_prefix(from).map(|rest| (&value[..0], rest))
}

/// The value by the first rule that it matches.
fn first(
    w: &mut Worker,
    request: RequestId,
    rules: &[Redirect],
    value: &[u8],
    rest_of: Rest,
) -> Option<Vec<u8>> {
    rules.iter().find_map(|rule| {
        let mut out = Vec::new();
        match &rule.from {
            RedirectFrom::Prefix(template) => {
                let mut from = w.buffers.line();
                eval::template(w, request, template, &mut from);
                let rest = rest_of(value, &from);
                w.buffers.give_line(from);
                let (before, behind) = rest?;
                out.extend_from_slice(before);
                eval::template(w, request, &rule.to, &mut out);
                out.extend_from_slice(behind);
            }
            RedirectFrom::Regex(pattern) => {
                let to = |w: &mut Worker| eval::template(w, request, &rule.to, &mut out);
                if !eval::matched(w, request, pattern, value, to) {
                    return None;
                }
            }
        }
        Some(out)
    })
}

/// `proxy_cookie_flags`: the first rule for the cookie is applied. False: there is none.
fn change_flags(
    w: &mut Worker,
    request: RequestId,
    rules: &[CookieFlags],
    all: &mut Vec<Attribute>,
) -> bool {
    let cookie = all[0].key.clone();
    rules.iter().any(|rule| match &rule.name {
        CookieName::Text(template) => {
            let mut name = w.buffers.line();
            eval::template(w, request, template, &mut name);
            let is_it = name.eq_ignore_ascii_case(&cookie);
            w.buffers.give_line(name);
            if is_it {
                set_flags(w, request, rule, all);
            }
            is_it
        }
        CookieName::Regex(pattern) => {
            eval::matched(w, request, pattern, &cookie, |w| set_flags(w, request, rule, all))
        }
    })
}

/// A flag that is set stands once, at the end if it was not there; one that is cleared not at all.
fn set_flags(w: &mut Worker, request: RequestId, rule: &CookieFlags, all: &mut Vec<Attribute>) {
    let mut wanted: [Option<Flag>; 3] = [None; 3];
    for template in &rule.flags {
        let mut word = w.buffers.line();
        eval::template(w, request, template, &mut word);
        let known = FLAGS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        match known {
            Some((_, flag)) => wanted[flag.kind] = Some(*flag),
            None if word.is_empty() => {}
            None => {
                let word = String::from_utf8_lossy(&word);
                let text = format_args!("invalid proxy_cookie_flags flag \"{word}\"");
                log::error(w, request, Level::Error, text);
            }
        }
        w.buffers.give_line(word);
    }
    for flag in wanted.iter().flatten() {
        let name = NAMES[flag.kind];
        let is_it = |it: &Attribute| it.key.eq_ignore_ascii_case(name);
        let value = (!flag.value.is_empty()).then(|| flag.value.to_vec());
        match all[1..].iter().position(is_it) {
            _ if !flag.on => {
                let mut first = true;
                all.retain(|it| std::mem::take(&mut first) || !is_it(it));
            }
            None => all.push(Attribute { key: name.to_vec(), value }),
            Some(at) if value.is_some() => all[at + 1].value = value,
            Some(_) => {}
        }
    }
}

#[derive(Clone, Copy)]
struct Flag {
    kind: usize,
    on: bool,
    value: &'static [u8],
}

const NAMES: [&[u8]; 3] = [b"Secure", b"HttpOnly", b"SameSite"];

const FLAGS: [(&str, Flag); 8] = [
    ("secure", Flag { kind: 0, on: true, value: b"" }),
    ("nosecure", Flag { kind: 0, on: false, value: b"" }),
    ("httponly", Flag { kind: 1, on: true, value: b"" }),
    ("nohttponly", Flag { kind: 1, on: false, value: b"" }),
    ("samesite=strict", Flag { kind: 2, on: true, value: b"Strict" }),
    ("samesite=lax", Flag { kind: 2, on: true, value: b"Lax" }),
    ("samesite=none", Flag { kind: 2, on: true, value: b"None" }),
    ("nosamesite", Flag { kind: 2, on: false, value: b"" }),
];
