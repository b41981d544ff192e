//! The phases of a request: the pipeline is run, its location found, and found again after a redirect.

use crate::http::channel::Scheme;
use crate::http::conf::{Content, Kind, LocationId};
use crate::http::request::{BodyState, Request, SizeCheck};
use crate::http::settings::core::{Browsers, Satisfy};
use crate::http::{uri, user_agent};
use crate::proto::{Form, Method, Name, Violation};
use crate::worker::*;

use super::{body, client_certificate, delay, downstream, eval, log, respond};

/// Runs the phases from the request's step on, until one has it wait or answers.
pub fn run(w: &mut Worker, id: RequestId) {
    loop {
        let Some(request) = w.requests.get(id).filter(|r| r.outcome.is_none()) else {
            return;
        };
        let step = request.step;
        let Some(&(phase, handler)) = downstream::steps(w.pipeline, request).get(step) else {
            return respond::error(w, id, 404);
        };
        let flow = handler(w, id);
        match flow {
            Flow::Next => w.requests[id].step += 1,
            Flow::Wait | Flow::Answered => return,
            Flow::Allow => allow(w, id),
            Flow::End(status @ (401 | 403)) if phase == Phase::Access => {
                if !may_be_allowed(w, id, status) {
                    return refuse(w, id, status);
                }
            }
            Flow::End(status) => return respond::error(w, id, status),
        }
    }
}

/// The index of the first step of that phase or of a later one.
pub(super) fn first_step(w: &Worker, id: RequestId, wanted: Phase) -> usize {
    let steps = downstream::steps(w.pipeline, &w.requests[id]);
    steps.iter().position(|&(phase, _)| phase >= wanted).unwrap_or(steps.len())
}

/// An access handler lets the request pass: with `satisfy any` that is enough.
fn allow(w: &mut Worker, id: RequestId) {
    if w.location_of(id).core.satisfy == Satisfy::All {
        w.requests[id].step += 1;
        return;
    }
    let step = first_step(w, id, Phase::PreContent);
    let request = &mut w.requests[id];
    request.step = step;
    if let Some(rare) = request.rare.if_any() {
        rare.denied = None;
        rare.challenges.clear();
    }
}

/// An access handler refuses the request. With `satisfy any` another may let it pass: that is true, and the status
/// is remembered. A 401 is not replaced, so that the client is asked for credentials.
fn may_be_allowed(w: &mut Worker, id: RequestId, status: u16) -> bool {
    if w.location_of(id).core.satisfy == Satisfy::All {
        return false;
    }
    let request = &mut w.requests[id];
    request.step += 1;
    let denied = &mut request.rare.get_or_insert().denied;
    if *denied != Some(401) {
        *denied = Some(status);
    }
    true
}

/// The engine's last step of [`Phase::Access`]: with `satisfy any` no handler has let the request pass, and one has
/// refused it.
pub fn post_access(w: &mut Worker, id: RequestId) -> Flow {
    let denied = w.requests[id].rare.if_any().and_then(|rare| rare.denied.take());
    match denied {
        None => Flow::Next,
        Some(status) => {
            if status == 403 {
                log_forbidden(w, id);
            }
            // The step is not an access handler that another could overrule.
            refuse(w, id, status);
            Flow::Answered
        }
    }
}

/// The answer to a request that no access handler lets pass; a 401 after `auth_delay`, so that guesses take time.
fn refuse(w: &mut Worker, id: RequestId, status: u16) {
    let request = &mut w.requests[id].it;
    if let Some(rare) = request.rare.if_any().filter(|_| status == 401) {
        let challenges = rare.challenges.drain(..);
        challenges.for_each(|it| request.response.add(b"WWW-Authenticate", &it));
    }
    let delay = w.location_of(id).core.auth_delay;
    if status != 401 || delay == 0 {
        return respond::error(w, id, status);
    }
    log::error(w, id, log::Level::Info, format_args!("delaying unauthorized request"));
    delay::begin(w, id, delay, |w, id| {
        if delay::is_over(w, id) {
            respond::error(w, id, 401);
        }
    });
}

pub fn log_forbidden(w: &Worker, id: RequestId) {
    log::error(w, id, log::Level::Error, format_args!("access forbidden by rule"));
}

/// The path and arguments of the request line, decoded and normalised.
pub fn set_uri(w: &mut Worker, id: RequestId) -> Result<(), Violation> {
    let Worker { conf, requests, .. } = w;
    let Request { head, line, uri, args, uri_untouched, server, .. } = &mut requests[id].it;
    let raw = line.path().of(&head.bytes);
    if line.form == Form::Asterisk {
        uri.extend_from_slice(b"*");
        return Ok(());
    }
    uri.clear();
    let normal = uri::normalize(raw, conf.server(*server).core.merge_slashes, uri)
        .map_err(|_| Violation::InvalidRequest)?;
    args.clear();
    if let Some(found) = normal.args {
        args.extend_from_slice(found.of(raw));
    }
    *uri_untouched = true;
    Ok(())
}

/// The request's server block is the one that its host names.
pub fn find_server(w: &mut Worker, id: RequestId) -> Result<(), Violation> {
    let Worker { conf, requests, channels, .. } = w;
    let request = &mut requests[id].it;
    let Some((origin, last)) = downstream::place(channels, request) else { return Ok(()) };
    let mut buf = [0; 256];
    let raw = request.line.host.of(&request.head.bytes);
    let mut long = Vec::new();
    let host: &[u8] = match buf.get_mut(..raw.len()) {
        Some(host) => {
            host.copy_from_slice(raw);
            host.make_ascii_lowercase();
            host
        }
        None => {
            long.extend(raw.to_ascii_lowercase());
            &long
        }
    };
    let listen = conf.listen(origin.listen);
    let found = listen
        .find(listen.default_server, host, &mut request.captures)
        .map_err(|_| Violation::ServerNameLimit)?;
    let server = found.server;
    request.take_named(found.named);
    request.server = server;
    request.location = conf.server(server).root;
    *last = server;
    match origin.scheme {
        Scheme::PlainToHttps => Err(Violation::PlainToHttps),
        Scheme::Http => Ok(()),
        Scheme::Https => client_certificate::check(w, id),
    }
}

/// The engine's own step of [`Phase::FindConfig`].
pub fn find_config(w: &mut Worker, id: RequestId) -> Flow {
    let request = &mut w.requests[id];
    request.uri_changed = false;
    if w.conf.location(request.location).kind != Kind::Named {
        let it = &mut request.it;
        let Ok(found) = w.conf.http.find_location(it.server, &it.uri, &mut it.captures) else {
            log::regex_failed(w, id, None, &w.requests[id].uri);
            return Flow::End(500);
        };
        request.location = found.location;
        eval::take_named(w, id, found.named);
        if found.redirect {
            return add_slash(w, id);
        }
    }
    let location = w.location_of(id);
    if location.internal && !w.requests[id].internal {
        return Flow::End(404);
    }
    if let Some(except) = location.limit_except {
        if !except.methods.contains(w.requests[id].method_name()) {
            w.requests[id].location = except.location;
        }
    }
    update_connection(w, id);
    match is_size_known(w, id) || body::is_size_allowed(w, id) {
        true => Flow::Next,
        false => Flow::End(413),
    }
}

/// Whether the size of the body was allowed already, by the location that it was read for or that is left for a page
/// or a named location. One that is still to be read may not be too large for the location that was found last.
fn is_size_known(w: &Worker, id: RequestId) -> bool {
    let request = &w.requests[id];
    match request.body.size {
        SizeCheck::Due => false,
        SizeCheck::Settled => true,
        SizeCheck::Allowed => {
            request.body.state != BodyState::Untouched
                || w.conf.location(request.location).kind == Kind::Named
        }
    }
}

/// `/dir` where `/dir/` is handed to another server: the client is sent there.
fn add_slash(w: &mut Worker, id: RequestId) -> Flow {
    let request = &mut w.requests[id].it;
    let to = request.response.rare.get_or_insert().location.insert(Vec::new());
    uri::escape_uri(&w.conf.location(request.location).name, to);
    uri::push_args(&request.args, to);
    Flow::End(301)
}

/// Whether the connection is kept, as the location that was found says.
pub fn update_connection(w: &mut Worker, id: RequestId) {
    let core = &w.location_of(id).core;
    let request = &w.requests[id];
    if !request.keeps_alive() {
        return;
    }
    let Some(origin) = downstream::origin_of(w, request) else { return };
    let over = core.keepalive_timeout == 0
        || request.number >= core.keepalive_requests
        || w.event.now - origin.since > core.keepalive_time
        || is_disabled_browser(request, core.keepalive_disable);
    if over {
        w.requests[id].disable_keepalive();
    }
}

/// `keepalive_disable`: old browsers that mishandle kept connections.
fn is_disabled_browser(request: &Request, disabled: Browsers) -> bool {
    let Some(agent) = request.head.get(Name::UserAgent) else {
        return false;
    };
    let post = request.line.method == Method::Post;
    (disabled.contains(Browsers::MSIE6) && post && user_agent::is_msie6(agent))
        || (disabled.contains(Browsers::SAFARI) && user_agent::is_safari(agent))
}

/// The engine's own step of [`Phase::Content`]: locations with `proxy_pass` go there.
pub fn content(w: &mut Worker, id: RequestId) -> Flow {
    match w.location_of(id).content {
        Content::Upstream(_) => (w.pipeline.upstream)(w, id),
        Content::Static
        | Content::EmptyGif
        | Content::Flv
        | Content::Mp4
        | Content::Status
        | Content::Pool(_)
        | Content::Purge
        | Content::Lua(_) => Flow::Next,
    }
}

/// The request goes on as one for another uri, from the server's rewrite phase on.
pub fn redirect(w: &mut Worker, id: RequestId, uri: Vec<u8>, args: Vec<u8>) {
    if !count_redirect(w, id, "internally redirecting to", &uri) {
        return;
    }
    let root = w.conf.server(w.requests[id].server).root;
    let step = first_step(w, id, Phase::ServerRewrite);
    let request = &mut w.requests[id];
    request.uri = uri;
    request.args = args;
    request.uri_untouched = false;
    request.uri_is_final = false;
    request.internal = true;
    request.action = "";
    request.location = root;
    request.step = step;
    run(w, id);
}

/// A location is sought again: `rewrite` has changed the uri.
pub fn rewritten(w: &mut Worker, id: RequestId) {
    let request = &mut w.requests[id];
    if request.redirects_left == 0 {
        let uri = String::from_utf8_lossy(&request.uri).into_owned();
        let text = format_args!("rewrite or internal redirection cycle while processing \"{uri}\"");
        log::error(w, id, log::Level::Error, text);
        return respond::error(w, id, 500);
    }
    request.redirects_left -= 1;
    let root = w.conf.server(w.requests[id].server).root;
    let step = first_step(w, id, Phase::FindConfig);
    let request = &mut w.requests[id];
    request.location = root;
    request.step = step;
    run(w, id);
}

/// The settings of an `if` hold from here on.
pub fn enter(w: &mut Worker, id: RequestId, location: LocationId) {
    w.requests[id].location = location;
    update_connection(w, id);
}

/// The request goes on at `@name`, or at a uri with its arguments.
pub fn redirect_to(w: &mut Worker, id: RequestId, mut target: Vec<u8>) {
    if target.first() == Some(&b'@') {
        return redirect_to_name(w, id, &target);
    }
    let args = match memchr::memchr(b'?', &target) {
        Some(at) => {
            let args = target[at + 1..].to_vec();
            target.truncate(at);
            args
        }
        None => Vec::new(),
    };
    redirect(w, id, target, args)
}

/// The request goes on at `@name`, if there is one.
pub fn redirect_to_name(w: &mut Worker, id: RequestId, target: &[u8]) {
    let server = w.requests[id].server;
    match w.conf.http.find_named(server, target) {
        Some(location) => redirect_named(w, id, location),
        None => {
            let name = String::from_utf8_lossy(target).into_owned();
            let text = format_args!("could not find named location \"{name}\"");
            log::error(w, id, log::Level::Error, text);
            respond::error(w, id, 500);
        }
    }
}

/// The request goes on in the location `@name`, its uri as it is.
pub fn redirect_named(w: &mut Worker, id: RequestId, location: LocationId) {
    let name = &w.conf.location(location).name;
    if !count_redirect(w, id, "redirect to named location", name) {
        return;
    }
    let step = first_step(w, id, Phase::FindConfig);
    let request = &mut w.requests[id];
    request.location = location;
    request.internal = true;
    request.step = step;
    run(w, id);
}

fn count_redirect(w: &mut Worker, id: RequestId, doing: &str, to: &[u8]) -> bool {
    let request = &mut w.requests[id];
    if let Some(upstream) = request.upstream {
        (w.pipeline.release)(w, upstream);
    }
    log::remember_upstream(w, id);
    let request = &mut w.requests[id];
    if request.redirects_left == 0 {
        let to = String::from_utf8_lossy(to);
        let text = format_args!("rewrite or internal redirection cycle while {doing} \"{to}\"");
        log::error(w, id, log::Level::Error, text);
        w.requests[id].error_page = true;
        respond::error(w, id, 500);
        return false;
    }
    request.redirects_left -= 1;
    request.write = rest;
    if let Some(rare) = request.rare.if_any() {
        rare.denied = None;
        rare.challenges.clear();
    }
    true
}
