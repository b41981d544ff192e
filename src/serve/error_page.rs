//! `error_page`: another uri, a named location, or an address that the client is sent to.

use crate::http::request::SizeCheck;
use crate::http::settings::core::{ErrorPage, Overwrite};
use crate::proto::Method;
use crate::worker::*;

use super::{eval, log, phases, respond};

/// Answers `status` as `page` says.
pub fn send(w: &mut Worker, id: RequestId, status: u16, page: &'static ErrorPage) {
    w.requests[id].status_override = match page.overwrite {
        Overwrite::Keep => Some(status),
        Overwrite::Answer => None,
        Overwrite::Status(other) => Some(other),
    };
    let body = &mut w.requests[id].body;
    if body.size == SizeCheck::Allowed {
        body.size = SizeCheck::Settled;
    }
    let mut target = Vec::new();
    eval::template(w, id, &page.page, &mut target);
    let kept = w.requests[id].response.rare.location.clone();
    respond::clear(w, id, status);
    if matches!(status, 301..=308) && matches!(target.first(), Some(b'/' | b'@')) {
        // Only the page is another: the client still goes where it was sent.
        w.requests[id].response.rare.get_or_insert().location.clone_from(&kept);
    }
    match target.first() {
        Some(b'/') => {
            let args = match page.page.as_text() {
                Some(_) => page.args.to_vec(),
                None => split_args(&mut target),
            };
            let request = &mut w.requests[id];
            if request.method != Method::Head {
                request.method = Method::Get;
            }
            phases::redirect(w, id, target, args);
        }
        Some(b'@') => {
            let server = w.requests[id].server;
            let found = page.named.or_else(|| w.conf.http.find_named(server, &target));
            match found {
                Some(location) => phases::redirect_named(w, id, location),
                None => {
                    let name = String::from_utf8_lossy(&target).into_owned();
                    let text = format_args!("could not find named location \"{name}\"");
                    log::error(w, id, log::Level::Error, text);
                    w.requests[id].status_override = Some(500);
                    respond::builtin(w, id, 500);
                }
            }
        }
        _ => {
            let request = &mut w.requests[id];
            let code = request.status_override.unwrap_or(302);
            let code = if matches!(code, 301..=303 | 307 | 308) { code } else { 302 };
            request.status_override = Some(code);
            request.response.rare.get_or_insert().location =
                if target.is_empty() { kept } else { Some(target) };
            respond::builtin(w, id, code);
        }
    }
}

fn split_args(target: &mut Vec<u8>) -> Vec<u8> {
    match memchr::memchr(b'?', target) {
        Some(at) => {
            let args = target[at + 1..].to_vec();
            target.truncate(at);
            args
        }
        None => Vec::new(),
    }
}
