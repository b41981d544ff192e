//! `$proxy_host` and `$proxy_port`.

use crate::http::address::parse_url;
use crate::http::settings::upstream_conf::{Pass, Target};
use crate::worker::{RequestId, Worker};

use super::{put, put_number};

/// `proxy_pass`, once the request has come to it.
fn pass(w: &Worker, id: RequestId) -> Option<&'static Pass> {
    let request = &w.requests[id];
    let has_come =
        request.upstream.is_some() || !request.tries.is_empty() || request.rare.proxy_url.is_some();
    w.location_of(id).proxy_pass().filter(|_| has_come)
}

/// The host of `…_pass`, whichever protocol is spoken, as it is asked for by TLS: a port may be behind it.
pub fn host_of_pass(w: &Worker, id: RequestId, out: &mut Vec<u8>) {
    let location = w.location_of(id);
    let url = w.requests[id].rare.proxy_url.as_deref().unwrap_or_default();
    match &location.pass {
        Some(Pass { target: Target::Group(_), host, .. }) => out.extend_from_slice(host),
        Some(_) => {
            let parsed = (w.pipeline.protocol(location).parse_address)(url);
            out.extend_from_slice(parsed.map(|url| url.authority).unwrap_or_default());
        }
        None => {}
    }
}

pub(super) fn host(w: &Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let Some(pass) = pass(w, id) else {
        return false;
    };
    if let Target::Group(_) = pass.target {
        return put(out, &pass.host);
    }
    // As it came out, not as its variables are now.
    let url = w.requests[id].rare.proxy_url.as_deref().unwrap_or_default();
    parse_url(url).is_ok_and(|url| put(out, url.proxy_host()))
}

pub(super) fn port(w: &Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let Some(pass) = pass(w, id) else {
        return false;
    };
    if let Target::Group(_) = pass.target {
        return put(out, &pass.port);
    }
    let url = w.requests[id].rare.proxy_url.as_deref().unwrap_or_default();
    parse_url(url).is_ok_and(|url| match (url.unix, url.port) {
        (true, _) => true,
        (false, port) => put_number(out, u64::from(port.unwrap_or_else(|| url.default_port()))),
    })
}
