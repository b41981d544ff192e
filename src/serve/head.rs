//! The head of an answer, written.

use std::net::IpAddr;

use crate::http::channel::Scheme;
use crate::http::response::Framing;
use crate::http::settings::core::Tokens;
use crate::http::status;
use crate::http::uri::{self, Escape};
use crate::os::addr::Addr;
use crate::proto::Version;
use crate::proto::h1::write as h1;
use crate::worker::*;

use super::downstream;

/// What the program calls itself.
pub const NAME: &str = concat!("peerage/", env!("CARGO_PKG_VERSION"));

/// Appends the head, as it goes out.
pub fn write(w: &Worker, id: RequestId, out: &mut Vec<u8>) {
    let it = &w.requests[id].it;
    let response = &it.response;
    if it.line.version == Version::V09 {
        return;
    }
    let core = &w.conf.location(it.location).core;
    let status = status::on_wire(response.status);
    match response.rare.reason.is_empty() {
        true if status == 200 => out.extend_from_slice(b"HTTP/1.1 200 OK\r\n"),
        true => h1::status_line(out, status, status::reason(status).as_bytes()),
        false => h1::status_line(out, status, &response.rare.reason),
    }
    if !response.has_server {
        h1::line(out, b"Server: ", signature(core.server_tokens).as_bytes());
    }
    if !response.has_date {
        h1::line(out, b"Date: ", &w.dates.http(w.event.wall));
    }
    if !response.content_type.is_empty() {
        h1::field(out, b"Content-Type", &response.content_type);
    }
    if let Some(len) = response.content_length {
        h1::field_number(out, b"Content-Length", len);
    }
    if let Some(secs) = response.rare.last_modified {
        h1::field(out, b"Last-Modified", &crate::http::dates::http(secs));
    }
    if let Some(location) = &response.rare.location {
        out.extend_from_slice(b"Location: ");
        self::location(w, id, location, out);
        out.extend_from_slice(b"\r\n");
    }
    if response.framing == Framing::Chunked {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
    }
    if response.status == 101 {
        out.extend_from_slice(b"Connection: upgrade\r\n");
    } else if it.keeps_alive() {
        out.extend_from_slice(b"Connection: keep-alive\r\n");
        if core.keepalive_header > 0 {
            out.extend_from_slice(b"Keep-Alive: timeout=");
            h1::number(out, core.keepalive_header);
            out.extend_from_slice(b"\r\n");
        }
    } else {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    out.extend_from_slice(&response.fields.bytes);
    out.extend_from_slice(b"\r\n");
}

/// The value of `Location`, made absolute if it is a path and `absolute_redirect` says so.
pub fn location(w: &Worker, id: RequestId, location: &[u8], out: &mut Vec<u8>) {
    let it = &w.requests[id].it;
    let core = &w.conf.location(it.location).core;
    if location.first() != Some(&b'/') || !core.absolute_redirect {
        return h1::value(out, location);
    }
    let local = downstream::local_addr(w, id);
    let host = it.line.host.of(&it.head.bytes);
    let ip = local.and_then(Addr::ip).map(|ip| ip.to_canonical());
    let start = out.len();
    let (scheme, default_port): (&[u8], _) = match downstream::scheme(w, id) {
        Scheme::Https => (b"https://", 443),
        Scheme::Http | Scheme::PlainToHttps => (b"http://", 80),
    };
    out.extend_from_slice(scheme);
    match ip {
        _ if core.server_name_in_redirect => h1::value(out, &w.conf.server(it.server).name),
        _ if !host.is_empty() => {
            let start = out.len();
            uri::escape(host, Escape::Sent, out);
            out[start..].make_ascii_lowercase();
        }
        Some(IpAddr::V6(ip)) => h1::value(out, format!("[{ip}]").as_bytes()),
        Some(IpAddr::V4(ip)) => h1::value(out, ip.to_string().as_bytes()),
        // A unix socket is no host that a client could be sent to.
        None => {
            out.truncate(start);
            return h1::value(out, location);
        }
    }
    let port = local.and_then(Addr::port).unwrap_or(default_port);
    if core.port_in_redirect && port != default_port {
        out.push(b':');
        h1::number(out, u64::from(port));
    }
    h1::value(out, location);
}

pub fn signature(tokens: Tokens) -> &'static str {
    match tokens {
        Tokens::Off => "peerage",
        Tokens::On | Tokens::Build => NAME,
    }
}
