//! What a health check says to a server.

use crate::http::conf::Location;
use crate::http::fetch::Fetch;
use crate::http::settings::health::HealthCheck;
use crate::http::vars::{Part, Template, Var};
use crate::proto::{Client, h1};
use crate::worker::SCRATCH;

/// `GET`, with those fields of the location's own that need no request.
pub(super) fn create(fetch: &mut Fetch, check: &HealthCheck, location: &Location) {
    let sent = h1::Sent {
        limit: location.upstream.buffer_size.min(SCRATCH) as u32,
        ..h1::Sent::default()
    };
    fetch.client = Client::H1(h1::Client::new(sent));
    let out = &mut fetch.out;
    out.extend_from_slice(b"GET ");
    out.extend_from_slice(&check.uri);
    let kept = check.keepalive_time > 0;
    out.extend_from_slice(if kept { b" HTTP/1.1\r\n" } else { b" HTTP/1.0\r\n" });
    let host = location.pass.as_ref().map_or(&[][..], |pass| &pass.host);
    let mut has_host = false;
    for header in &location.proxy.headers.set {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name.as_bytes());
        let of_body = ["Content-Length", "Transfer-Encoding", "Connection", "Upgrade"];
        if of_body.into_iter().any(is) {
            continue;
        }
        if let Some(value) = fixed(&header.value, location) {
            has_host |= is("Host");
            write_field(out, &header.name, &value);
        }
    }
    if !has_host {
        write_field(out, b"Host", host);
    }
    write_field(out, b"Connection", if kept { b"keep-alive" } else { b"close" });
    out.extend_from_slice(b"\r\n");
}

fn write_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// A value that is the same for all requests.
fn fixed(template: &Template, location: &Location) -> Option<Vec<u8>> {
    let pass = location.pass.as_ref()?;
    let mut value = Vec::new();
    for part in &template.parts {
        value.extend_from_slice(match part {
            Part::Text(text) => text,
            Part::Var(Var::ProxyHost) => &pass.host,
            Part::Var(Var::ProxyPort) => &pass.port,
            Part::Var(_) => return None,
        });
    }
    Some(value)
}
