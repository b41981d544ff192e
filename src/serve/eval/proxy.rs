//! `$proxy_host` and `$proxy_port`.

use crate::http::settings::proxy::{Pass, Target, parse_url};
use crate::worker::{RequestId, Worker};

use super::{put, put_number, template};

/// `proxy_pass`, once the request has come to it.
fn pass(w: &Worker, id: RequestId) -> Option<&'static Pass> {
    let request = &w.requests[id];
    let has_come =
        request.upstream.is_some() || !request.tries.is_empty() || request.rare.proxy_url.is_some();
    w.location_of(id).proxy.pass.as_ref().filter(|_| has_come)
}

pub(super) fn host(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let Some(pass) = pass(w, id) else {
        return false;
    };
    let Target::Variable(address) = &pass.target else {
        return put(out, &pass.host);
    };
    let mut text = w.buffers.line();
    template(w, id, address, &mut text);
    let found = parse_url(&text).is_ok_and(|url| {
        // The default port is not said.
        let name = match url.port {
            Some(80) => url.authority.strip_suffix(b":80").unwrap_or(url.authority),
            _ => url.authority,
        };
        put(out, name)
    });
    w.buffers.give_line(text);
    found
}

pub(super) fn port(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let Some(pass) = pass(w, id) else {
        return false;
    };
    let Target::Variable(address) = &pass.target else {
        return put(out, &pass.port);
    };
    let mut text = w.buffers.line();
    template(w, id, address, &mut text);
    let found = parse_url(&text).is_ok_and(|url| match (url.unix, url.port) {
        (true, _) => true,
        (false, port) => put_number(out, u64::from(port.unwrap_or(80))),
    });
    w.buffers.give_line(text);
    found
}
