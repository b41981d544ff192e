//! `Set-Cookie` on its way to the client: our domains and paths for the server's, and its flags.

use crate::base::regex::MatchError;
use crate::http::cookies::{Flag, SetCookie};
use crate::http::settings::proxy::{Redirect, RedirectFrom};
use crate::http::settings::proxy_cookies::{CookieFlags, CookieName};
use crate::proto::Name;
use crate::serve::eval;
use crate::serve::log::{self, Level};
use crate::worker::*;

/// The values of the server's `Set-Cookie` fields as the client is to see them, in their order. Error: an expression of
/// `proxy_cookie_flags` could not be matched, for which nginx answers 500.
pub fn edited(w: &mut Worker, id: UpstreamId) -> Result<Vec<Vec<u8>>, MatchError> {
    let request = w.upstreams[id].request;
    let values: Vec<_> = w.upstreams[id].head.all(Name::SetCookie).map(<[u8]>::to_vec).collect();
    values.into_iter().map(|value| edit(w, request, value)).collect()
}

fn edit(w: &mut Worker, request: RequestId, line: Vec<u8>) -> Result<Vec<u8>, MatchError> {
    let cookies = &w.location_of(request).cookies;
    let Some(mut cookie) = SetCookie::parse(&line) else { return Ok(line) };
    let mut is_changed = false;
    for attribute in cookie.attributes_mut() {
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
    is_changed |= change_flags(w, request, &cookies.flags, &mut cookie)?;
    Ok(match is_changed {
        true => cookie.written(),
        false => line,
    })
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
                // As in nginx, an expression that fails is one that does not match.
                if !eval::matched(w, request, pattern, value, to).unwrap_or(false) {
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
    cookie: &mut SetCookie,
) -> Result<bool, MatchError> {
    let name = cookie.name().to_vec();
    for rule in rules {
        let is_it = match &rule.name {
            CookieName::Text(template) => {
                let mut text = w.buffers.line();
                eval::template(w, request, template, &mut text);
                let is_it = text.eq_ignore_ascii_case(&name);
                w.buffers.give_line(text);
                if is_it {
                    set_flags(w, request, rule, cookie);
                }
                is_it
            }
            CookieName::Regex(pattern) => {
                eval::matched(w, request, pattern, &name, |w| set_flags(w, request, rule, cookie))?
            }
        };
        if is_it {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Of the flags of a kind the last one counts.
fn set_flags(w: &mut Worker, request: RequestId, rule: &CookieFlags, cookie: &mut SetCookie) {
    let mut wanted: [Option<Flag>; Flag::KINDS] = [None; Flag::KINDS];
    for template in &rule.flags {
        let mut word = w.buffers.line();
        eval::template(w, request, template, &mut word);
        match Flag::named(&word) {
            Some(flag) => wanted[flag.kind] = Some(flag),
            None if word.is_empty() => {}
            None => {
                let word = String::from_utf8_lossy(&word);
                let text = format_args!("invalid proxy_cookie_flags flag \"{word}\"");
                log::error(w, request, Level::Error, text);
            }
        }
        w.buffers.give_line(word);
    }
    wanted.into_iter().flatten().for_each(|flag| cookie.set(flag));
}
