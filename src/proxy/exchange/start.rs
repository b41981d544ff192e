//! The content handler of `proxy_pass` and its kin: the body is collected unless it is streamed, the group is found.

use std::net::IpAddr;

use crate::http::address::UrlError;
use crate::http::conf::Content;
use crate::http::exchange::Upstream;
use crate::http::request::BodyState;
use crate::http::settings::upstream_conf::{ProtocolIndex, Target};
use crate::os::addr::Addr;
use crate::proxy::pool::{balance, connect, handshake, resolve, scripted};
use crate::serve::log::{self, Level};
use crate::serve::{body, downstream, eval, respond};
use crate::upstream::run_time::Key;
use crate::worker::*;

use super::cache;

/// `Phase::Content` of a location with `…_pass`.
pub fn handler(w: &mut Worker, id: RequestId) -> Flow {
    let location = w.location_of(id);
    let protocol = w.pipeline.protocol(location);
    if let Some(prepare) = protocol.prepare {
        match prepare(w, id) {
            Flow::Next => {}
            other => return other,
        }
    }
    if !(protocol.has_own_body)(location)
        && !w.requests[id].body.is_kept()
        && !go_without_body(w, id)
    {
        return Flow::End(502);
    }
    let request = &mut w.requests[id];
    let may_stream = request.body.length.is_some() || (protocol.streams_any_length)(location);
    let stream = !location.upstream.request_buffering && may_stream;
    if stream && request.body.state == BodyState::Untouched {
        match body::first(w, id) {
            body::First::Whole => {}
            body::First::Part => {
                w.requests[id].body.state = BodyState::Streaming;
                return begin(w, id);
            }
            body::First::Bad(status) => return Flow::End(status),
            body::First::Gone => return Flow::Answered,
        }
    }
    w.requests[id].write = body_ready;
    match body::read(w, id) {
        Flow::Next => begin(w, id),
        other => other,
    }
}

/// The body went to another server as it came, and is no more. A server that gets its length and then
/// nothing would take the next request for it; so only what asks for a page instead may go on.
fn go_without_body(w: &mut Worker, id: RequestId) -> bool {
    let request = &w.requests[id];
    if request.method == request.line.method {
        let text = format_args!("client request body was passed on and cannot be sent again");
        log::error(w, id, Level::Error, text);
        return false;
    }
    body::forget(w, id);
    true
}

/// The request's write handler, called when its body is whole.
fn body_ready(w: &mut Worker, id: RequestId) {
    if w.requests[id].body.state == BodyState::Complete {
        go_on(w, id);
    }
}

/// The body is at hand, or streamed, and the cache was not waited for, or not in vain.
pub(super) fn go_on(w: &mut Worker, id: RequestId) {
    if let Flow::End(status) = begin(w, id) {
        respond::error(w, id, status);
    }
}

fn begin(w: &mut Worker, id: RequestId) -> Flow {
    w.requests[id].write = rest;
    let location = w.location_of(id);
    let (Some(pass), Content::Upstream(protocol)) = (&location.pass, location.content) else {
        return Flow::End(500);
    };
    let mut url = Vec::new();
    if let Target::Variable(template) = &pass.target {
        eval::template(w, id, template, &mut url);
        w.requests[id].rare.get_or_insert().proxy_url = Some(url.as_slice().into());
    }
    if location.cache.is_some() {
        match cache::look(w, id) {
            Flow::Next => {}
            other => return other,
        }
    }
    let mut ssl = pass.ssl;
    let target = match &pass.target {
        Target::Group(group) => Where::Group(*group),
        Target::Variable(_) => {
            let parse = w.pipeline.protocols[protocol as usize].parse_address;
            ssl = parse(&url).is_ok_and(|url| url.ssl);
            match find(w, id, protocol, &url) {
                Ok(target) => target,
                Err(status) => {
                    cache::released(w, id);
                    return Flow::End(status);
                }
            }
        }
    };
    if w.requests[id].response.fields.bytes.is_empty() {
        respond::give_fields(w, id);
    }
    let upstream = new_upstream(w, id, protocol);
    connect::bind(w, upstream);
    if ssl {
        handshake::prepare(w, upstream);
    }
    // The location before may have ignored that the client has gone.
    downstream::look_again(w, id);
    match target {
        Where::Group(group) if resolve::wait_for_group(w, upstream, group) => {}
        Where::Group(group) => go(w, upstream, group),
        Where::Name(key) => resolve::wait(w, upstream, key),
    }
    Flow::Answered
}

/// A task for the request: where there is one, in the place of a former one.
pub(super) fn new_upstream(
    w: &mut Worker,
    request: RequestId,
    protocol: ProtocolIndex,
) -> UpstreamId {
    let id = match w.upstreams.revive() {
        None => w.upstreams.insert(Task::new(Upstream::new(request, protocol))),
        Some(id) => {
            let task = &mut w.upstreams[id];
            task.it.reset(request, protocol);
            task.quiet();
            id
        }
    };
    let former = w.requests[request].upstream.replace(id);
    w.released.extend(former);
    id
}

/// Where a request goes, as far as it is known.
enum Where {
    Group(GroupIndex),
    /// The addresses are to be looked up.
    Name(Key),
}

/// The group is known: the first try begins.
pub fn go(w: &mut Worker, upstream: UpstreamId, group: GroupIndex) {
    let id = w.upstreams[upstream].request;
    let most = w.location_of(id).upstream.next_upstream_tries;
    let now = w.event.now;
    let tries = w.groups[group].tries();
    let peer = &mut w.upstreams[upstream].peer;
    peer.group = group;
    peer.tries = if most == 0 { tries } else { tries.min(most) };
    peer.start_time = now;
    if w.groups[group].is_scripted {
        scripted::prepare(w, upstream);
    }
    balance::prepare(w, upstream);
    connect::first_try(w, upstream);
}

/// What a `…_pass` with variables names: a group of the configuration, an address, or a name to look up.
fn find(w: &mut Worker, id: RequestId, protocol: ProtocolIndex, url: &[u8]) -> Result<Where, u16> {
    let shown = String::from_utf8_lossy(url).into_owned();
    let parsed = match (w.pipeline.protocols[protocol as usize].parse_address)(url) {
        Ok(parsed) => parsed,
        Err(e) if e == UrlError::Prefix || url.ends_with(b"://") => {
            log::error(w, id, Level::Error, format_args!("invalid URL prefix in \"{shown}\""));
            return Err(500);
        }
        Err(why) => {
            let shown = shown.split_once("://").map_or(&*shown, |(_, shown)| shown);
            log::error(w, id, Level::Error, format_args!("{why} in upstream \"{shown}\""));
            return Err(500);
        }
    };
    let default_port = match protocol {
        ProtocolIndex::Proxy => Some(parsed.default_port()),
        _ => None,
    };
    let host = String::from_utf8_lossy(parsed.host).into_owned();
    if !parsed.unix {
        if let Some(group) = w.conf.http.find_group(parsed.host, parsed.port, default_port) {
            return Ok(Where::Group(group));
        }
    }
    let port = match parsed.port.or(default_port) {
        Some(port) => port,
        None if parsed.unix => 0,
        None => {
            log::error(w, id, Level::Error, format_args!("no port in upstream \"{shown}\""));
            return Err(500);
        }
    };
    let addr = match parsed.unix {
        true => Some(Addr::Unix(host.as_str().into())),
        false => host.parse::<IpAddr>().ok().map(|ip| Addr::Inet((ip, port).into())),
    };
    let lower = host.to_ascii_lowercase();
    if let Some(addr) = addr {
        // A path of a socket is as it is, and has no port.
        let (host, port) = if parsed.unix { (host, 0) } else { (lower, port) };
        let key = Key { resolver: None, host: host.into(), port };
        return Ok(Where::Group(resolve::group_of(w, key, None, |_| vec![addr.clone()])));
    }
    let resolver = w.location_of(id).core.resolver;
    if resolver.is_none() {
        let text = format_args!("no resolver defined to resolve {host}");
        log::error(w, id, Level::Error, text);
        return Err(502);
    }
    Ok(Where::Name(Key { resolver, host: lower.into(), port }))
}
