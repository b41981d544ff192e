//! Which fields of the server's response the client sees, and how.

use crate::base::regex::MatchError;
use crate::http::exchange::Upstream;
use crate::http::settings::proxy::{Redirect, RedirectFrom};
use crate::http::settings::upstream_conf::{ProtocolIndex, UpstreamSettings};
use crate::http::status;
use crate::proto::{Field, Head, Name, Names, ResponseHead, head};
use crate::serve::{eval, respond};
use crate::worker::*;

use super::cookies;

/// Fields about one connection only (RFC 9110, 7.6.1).
pub const HOP_BY_HOP: Names = Names::of(&[
    Name::Connection,
    Name::KeepAlive,
    Name::ProxyConnection,
    Name::Te,
    Name::Trailer,
    Name::TransferEncoding,
    Name::Upgrade,
]);

/// Fields of a response that may need more than to be passed on as they came.
const PARTICULAR: Names = HOP_BY_HOP.or(Names::of(&[
    Name::ContentLength,
    Name::AcceptRanges,
    Name::Location,
    Name::Refresh,
    Name::ContentType,
    Name::SetCookie,
]));

/// Whether a field of a response is about the connection with the server, and not for the client. A rule that
/// passes on a certain field holds also where Connection names that field.
#[inline]
pub fn ends_here(
    head: &Head,
    line: &ResponseHead,
    settings: &UpstreamSettings,
    field: &Field,
) -> bool {
    let is_of_connection = HOP_BY_HOP.has(field.id)
        || (line.connection_fields && is_named_by_connection(head, head.name(field)));
    is_of_connection
        && match field.id {
            // Without it the response could not be understood (RFC 9110, 15.2.2 and 15.5.22).
            Name::Upgrade => !matches!(line.status, 101 | 426),
            // The trailers that it announces are passed on.
            Name::Trailer => !settings.pass_trailers || line.status < 200,
            _ => true,
        }
}

/// Fields that the Connection field names.
pub fn is_named_by_connection(all: &Head, name: &[u8]) -> bool {
    all.all(Name::Connection)
        .flat_map(head::list)
        .any(|named| named.eq_ignore_ascii_case(name) && !is_end_to_end(named))
}

/// What a Connection field may not remove: the message would mean something else without it.
fn is_end_to_end(name: &[u8]) -> bool {
    matches!(
        Name::of(name),
        Name::Host
            | Name::ContentLength
            | Name::ContentType
            | Name::ContentEncoding
            | Name::CacheControl
            | Name::Authorization
            | Name::Cookie
            | Name::SetCookie
    )
}

/// Fills the client's response from the server's head. Error: an expression of `proxy_cookie_flags` could not be
/// matched, and the response is as it was.
pub fn copy(w: &mut Worker, id: UpstreamId) -> Result<(), MatchError> {
    let request = w.upstreams[id].request;
    let location = w.location_of(request);
    let (proxy, settings) = (&location.proxy, &location.upstream);
    let mut cookies = match w.location_of(request).cookies.is_empty() {
        true => None,
        false => Some(cookies::edited(w, id)?.into_iter()),
    };
    respond::take_fields(w, request);
    let Worker { requests, upstreams, .. } = w;
    let upstream: &Upstream = &upstreams[id];
    let it = &mut requests[request].it;
    let response = &mut it.response;
    let line = &upstream.line;
    response.status = line.status;
    let reason = line.reason.map(|reason| reason.of(&upstream.head.bytes));
    if let Some(reason) = reason.filter(|it| *it != status::reason(line.status).as_bytes()) {
        let to = &mut response.rare.get_or_insert().reason;
        to.clear();
        to.extend_from_slice(reason);
    }
    // Where the server's own are passed on, none of ours are added. As in nginx, a server of HTTP that sends none
    // has its way, others have ours.
    let is_http = upstream.protocol == ProtocolIndex::Proxy;
    let passes = |id: Name, name| {
        !settings.hidden.has(id, name) && (is_http || upstream.head.get(id).is_some())
    };
    response.has_date = passes(Name::Date, b"Date");
    response.has_server = passes(Name::Server, b"Server");
    response.content_length = if line.chunked { None } else { line.length };
    // As in nginx, of what the server would send in parts, and of what is in the cache.
    let has_ranges = settings.has_tap && it.rare.cached.as_ref().is_some_and(|it| it.has_ranges());
    let mut redirected = false;
    let particular = match line.connection_fields {
        true => Names::ALL,
        false => settings.hidden.ids().or(PARTICULAR),
    };
    for field in &upstream.head.fields {
        if !particular.has(field.id) {
            response.add_line(&upstream.head, field);
            continue;
        }
        let name = upstream.head.name(field);
        let value = upstream.head.value(field);
        if ends_here(&upstream.head, line, settings, field) || settings.hidden.has(field.id, name) {
            continue;
        }
        match field.id {
            Name::ContentLength => continue,
            // What is said of them is ours to say.
            Name::AcceptRanges if settings.force_ranges || has_ranges => continue,
            Name::Location | Name::Refresh if !proxy.redirects.is_empty() => {
                redirected = true;
                continue;
            }
            Name::ContentType => {
                response.content_type.clear();
                response.content_type.extend_from_slice(value);
                continue;
            }
            Name::SetCookie => {
                if let Some(edited) = cookies.as_mut().and_then(Iterator::next) {
                    response.add(name, &edited);
                    continue;
                }
            }
            _ => {}
        }
        response.add_line(&upstream.head, field);
    }
    if redirected {
        redirect(w, id, request);
    }
    Ok(())
}

/// `proxy_redirect`: `Location` and `Refresh` get our names for the server's.
fn redirect(w: &mut Worker, id: UpstreamId, request: RequestId) {
    let location = w.location_of(request);
    let (proxy, settings) = (&location.proxy, &location.upstream);
    let Upstream { head, line, .. } = &w.upstreams[id].it;
    let found: Vec<(Vec<u8>, Vec<u8>)> = head
        .fields
        .iter()
        .filter(|field| matches!(field.id, Name::Location | Name::Refresh))
        .filter(|field| !ends_here(head, line, settings, field))
        .map(|field| (head.name(field).to_vec(), head.value(field).to_vec()))
        .filter(|(name, _)| !settings.hidden.contains(name))
        .collect();
    for (name, value) in found {
        // `Refresh: 5; url=…`: only what follows `url=` is an address.
        let at = match Name::of(&name) {
            Name::Refresh => refresh_url(&value),
            _ => Some(0),
        };
        let changed = at.and_then(|at| {
            proxy.redirects.iter().find_map(|rule| apply(w, request, rule, &value, at))
        });
        let response = &mut w.requests[request].response;
        match changed {
            // As nginx does: an address that was changed may be a path, which is made absolute.
            Some(changed) if Name::of(&name) == Name::Location => {
                response.rare.get_or_insert().location = Some(changed);
            }
            Some(changed) => response.add(&name, &changed),
            None => response.add(&name, &value),
        }
    }
}

fn refresh_url(value: &[u8]) -> Option<usize> {
    let lower = value.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"url=").map(|at| at + 4)
}

/// The value with the rule applied to what begins at `at`; `None` if it does not match there.
fn apply(
    w: &mut Worker,
    request: RequestId,
    rule: &Redirect,
    value: &[u8],
    at: usize,
) -> Option<Vec<u8>> {
    let mut out = value[..at].to_vec();
    let address = &value[at..];
    match &rule.from {
        RedirectFrom::Prefix(template) => {
            let mut from = w.buffers.line();
            eval::template(w, request, template, &mut from);
            let rest = address.strip_prefix(from.as_slice());
            w.buffers.give_line(from);
            let rest = rest?;
            eval::template(w, request, &rule.to, &mut out);
            out.extend_from_slice(rest);
        }
        RedirectFrom::Regex(pattern) => {
            let to = |w: &mut Worker| eval::template(w, request, &rule.to, &mut out);
            // As in nginx, an expression that fails is one that does not match.
            if !eval::matched(w, request, pattern, address, to).unwrap_or(false) {
                return None;
            }
        }
    }
    Some(out)
}
