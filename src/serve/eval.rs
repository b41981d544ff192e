//! Variables and strings with variables, written into a buffer.
//!
//! A variable without a value ("not found" in nginx) writes nothing and says so: the access log
//! prints `-` for it, and a string goes on as if it were empty.

use std::net::IpAddr;

use crate::base::regex::{Captures, MatchError};
use crate::conf::value;
use crate::http::channel::Scheme;
use crate::http::request::{BodyState, Limited, Request};
use crate::http::response::Stage;
use crate::http::vars::{self, Part, Pattern, Slot, Template, Var};
use crate::os::addr::Addr;
use crate::proto::h1::write::number;
use crate::proto::{Name, Version};
use crate::worker::{RequestId, Worker};

use super::log::{self, Level};
use super::{client_certificate, downstream};

mod browser;
mod cache;
mod fastcgi;
mod fields;
mod made;
mod otel;
pub mod path;
mod proxied;
pub mod proxy;
mod secure_link;
mod slice;
mod time;
mod tries;
mod user;

pub(super) use tries::name as try_name;

/// What `$nginx_version` says: the nginx that this program can be driven as.
pub const NGINX_VERSION: &str = "1.31.4";

/// Appends what the string comes to.
pub fn template(w: &mut Worker, id: RequestId, t: &Template, out: &mut Vec<u8>) {
    for part in &t.parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Var(var) => {
                variable(w, id, var, out);
            }
        }
    }
}

/// What `if=` and its kin ask: the string is neither empty nor `0`.
pub fn is_true(w: &mut Worker, id: RequestId, t: &Template) -> bool {
    let mut value = w.buffers.line();
    template(w, id, t, &mut value);
    let is_true = !matches!(&*value, b"" | b"0");
    w.buffers.give_line(value);
    is_true
}

/// A size with variables in it; 0 if there is none, or it is not one.
pub fn size(w: &mut Worker, id: RequestId, t: Option<&Template>) -> u64 {
    let Some(t) = t else { return 0 };
    let mut text = w.buffers.line();
    template(w, id, t, &mut text);
    let size = value::size(&text);
    if size.is_none() {
        let text = String::from_utf8_lossy(&text);
        log::error(w, id, Level::Error, format_args!("invalid size \"{text}\""));
    }
    w.buffers.give_line(text);
    size.map_or(0, |size| size as u64)
}

/// As `variable`, of the variable of that name, which is in lower case.
pub fn named(w: &mut Worker, id: RequestId, name: &[u8], out: &mut Vec<u8>) -> bool {
    if let Some(var) = w.conf.http.by_name.get(name) {
        return variable(w, id, var, out);
    }
    let Ok(name) = str::from_utf8(name) else { return false };
    let var = vars::builtin(name).or_else(|| vars::prefixed(name));
    var.is_some_and(|var| variable(w, id, &var, out))
}

/// Appends the variable's value. False: it has none, and nothing was appended.
///
/// Nothing but calls, none of them inlined where it needs room on the stack: what is asked for most often is cheap.
pub fn variable(w: &mut Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    match var {
        Var::Set(slot) => set(w, id, *slot, out),
        Var::Capture(n) => capture(w, id, usize::from(*n), out),
        Var::Map(_)
        | Var::Geo(_)
        | Var::Split(_)
        | Var::DocumentRoot
        | Var::RealpathRoot
        | Var::RequestFilename
        | Var::ProxyHost
        | Var::ProxyPort => of_others(w, id, var, out),
        Var::FastCgiScriptName => fastcgi::script_name(w, id, out),
        Var::FastCgiPathInfo => fastcgi::path_info(w, id, out),

        Var::BodyBytesSent | Var::BytesSent | Var::Connection | Var::ConnectionRequests => {
            connection(w, id, var, out)
        }
        Var::BinaryRemoteAddr
        | Var::RealipRemoteAddr
        | Var::RealipRemotePort
        | Var::RemoteAddr
        | Var::RemotePort => client(w, id, var, out),
        Var::ServerAddr | Var::ServerPort => local(w, id, var, out),
        Var::TcpinfoRtt | Var::TcpinfoRttvar | Var::TcpinfoSndCwnd | Var::TcpinfoRcvSpace => {
            tcp_info(w, id, var, out)
        }
        Var::ConnectionsActive
        | Var::ConnectionsReading
        | Var::ConnectionsWaiting
        | Var::ConnectionsWriting => counter(w, var, out),
        Var::DateGmt | Var::DateLocal => time::date(w, id, var, out),
        Var::ConnectionTime
        | Var::Msec
        | Var::RequestTime
        | Var::TimeIso8601
        | Var::TimeIso8601Ms
        | Var::TimeLocal => time::variable(w, id, var, out),
        Var::Arg(_)
        | Var::Cookie(_)
        | Var::Http(_)
        | Var::SentHttp(_)
        | Var::SentTrailer(_)
        | Var::UpstreamHttp(_)
        | Var::UpstreamTrailer(_)
        | Var::UpstreamCookie(_)
        | Var::ProxyAddXForwardedFor => fields::variable(w, id, var, out),
        Var::UpstreamAddr
        | Var::UpstreamBytesReceived
        | Var::UpstreamBytesSent
        | Var::UpstreamConnectTime
        | Var::UpstreamLastAddr
        | Var::UpstreamLastServerName
        | Var::UpstreamPool
        | Var::UpstreamPoolKept
        | Var::UpstreamQueueTime
        | Var::UpstreamHeaderTime
        | Var::UpstreamResponseLength
        | Var::UpstreamResponseTime
        | Var::UpstreamStatus => tries::variable(w, id, var, out),
        Var::UpstreamCacheEtag
        | Var::UpstreamCacheKey
        | Var::UpstreamCacheLastModified
        | Var::UpstreamCacheStatus => cache::variable(w, id, var, out),
        Var::SslUnknown => false,
        Var::SliceRange => slice::variable(w, id, out),
        Var::SslClient(what) => client_certificate::variable(w, id, *what, out),
        Var::SslAlpnProtocol
        | Var::SslCipher
        | Var::SslCiphers
        | Var::SslCurve
        | Var::SslCurves
        | Var::SslProtocol
        | Var::SslServerName
        | Var::SslEarlyData
        | Var::SslSessionReused => tls(w, id, var, out),
        Var::Hostname | Var::NginxVersion | Var::Pid => process(w, var, out),
        Var::InvalidReferer => invalid_referer(w, id, out),
        Var::SecureLink | Var::SecureLinkExpires => secure_link::variable(w, id, var, out),
        Var::UidGot | Var::UidSet => user::id(w, id, var, out),
        Var::OtelParentId | Var::OtelParentSampled | Var::OtelSpanId | Var::OtelTraceId => {
            otel::variable(w, id, var, out)
        }
        Var::RequestId => random(w, id, out),
        Var::ServerName => server_name(w, id, out),
        Var::AncientBrowser | Var::ModernBrowser | Var::Msie => browser::variable(w, id, var, out),
        Var::ProxyProtocolAddr
        | Var::ProxyProtocolPort
        | Var::ProxyProtocolServerAddr
        | Var::ProxyProtocolServerPort
        | Var::ProxyProtocolTlv(_) => proxied::variable(w, id, var, out),
        _ => request(w, id, var, out),
    }
}

/// Those that other variables may be part of.
#[inline(never)]
fn of_others(w: &mut Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    match var {
        Var::Map(map) => made::map(w, id, *map, out),
        Var::Geo(geo) => made::geo(w, id, *geo, out),
        Var::Split(split) => made::split(w, id, *split, out),
        Var::DocumentRoot => nested(w, id, b"document_root", |w| path::document_root(w, id, out)),
        Var::RealpathRoot => nested(w, id, b"realpath_root", |w| path::realpath_root(w, id, out)),
        Var::RequestFilename => nested(w, id, b"request_filename", |w| path::filename(w, id, out)),
        Var::ProxyHost => nested(w, id, b"proxy_host", |w| proxy::host(w, id, out)),
        Var::ProxyPort => nested(w, id, b"proxy_port", |w| proxy::port(w, id, out)),
        _ => false,
    }
}

#[inline(never)]
fn capture(w: &Worker, id: RequestId, n: usize, out: &mut Vec<u8>) -> bool {
    let captures = &w.requests[id].captures;
    out.extend_from_slice(captures.get(n));
    captures.has(n)
}

#[inline(never)]
fn invalid_referer(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let mut captures = w.buffers.captures();
    let referer = w.requests[id].head.get(Name::Referer);
    let is_invalid = w.location_of(id).referers.is_invalid(referer, &mut captures);
    let is_invalid = is_invalid.unwrap_or_else(|_| {
        log::regex_failed(w, id, None, referer.unwrap_or_default());
        true
    });
    w.buffers.give_captures(captures);
    put(out, if is_invalid { b"1" } else { b"" })
}

#[inline(never)]
fn server_name(w: &Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    put(out, &w.server_of(id).name)
}

/// Those that are the same for all requests.
#[inline(never)]
fn process(w: &Worker, var: &Var, out: &mut Vec<u8>) -> bool {
    match var {
        Var::Hostname => put(out, &w.hostname),
        Var::NginxVersion => put(out, NGINX_VERSION.as_bytes()),
        _ => put_number(out, u64::from(std::process::id())),
    }
}

/// Those that only the request itself decides.
#[inline(never)]
fn request(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let r = &w.requests[id];
    match var {
        Var::Args => put_some(out, &r.args),
        Var::IsArgs => put(out, if r.args.is_empty() { b"" } else { b"?" }),
        Var::Uri => put_some(out, &r.uri),
        Var::RequestUri => match r.line.path().of(&r.head.bytes) {
            b"" if r.line.target.is_empty() => false,
            b"" => put(out, b"/"),
            path => put(out, path),
        },
        Var::Request => put_some(out, request_line(r)),
        Var::RequestMethod => put_some(out, w.requests[downstream::main(w, id)].method_name()),
        // A request of one line names no protocol.
        Var::ServerProtocol if r.line.version == Version::V09 || r.line.method_span.is_empty() => {
            false
        }
        Var::ServerProtocol => put(out, r.line.version.as_str().as_bytes()),
        Var::Scheme => match downstream::scheme(w, id) {
            Scheme::Https => put(out, b"https"),
            Scheme::Http | Scheme::PlainToHttps => put(out, b"http"),
        },
        Var::Https => match downstream::scheme(w, id) {
            Scheme::Https => put(out, b"on"),
            Scheme::Http | Scheme::PlainToHttps => true,
        },
        Var::Http2 => match r.line.version {
            Version::V2 if downstream::scheme(w, id) == Scheme::Https => put(out, b"h2"),
            Version::V2 => put(out, b"h2c"),
            _ => true,
        },
        Var::Host => host(w, id, out),
        Var::RequestPort => put(out, r.line.port.of(&r.head.bytes)),
        Var::IsRequestPort => put(out, if r.line.port.is_empty() { b"" } else { b":" }),
        Var::ContentType => r.head.get(Name::ContentType).is_some_and(|value| put(out, value)),
        Var::ContentLength => match (r.head.get(Name::ContentLength), r.body.length) {
            (Some(value), _) => put(out, value),
            (None, Some(length)) if r.has_body() => put_number(out, length),
            // Of chunks it is known once they have come.
            (None, None) if r.body.is_chunked() && r.body.state == BodyState::Complete => {
                put_number(out, r.body.received)
            }
            _ => false,
        },
        Var::RequestLength => put_number(out, r.length),
        Var::RequestBody => r.body.in_memory() && put_some(out, &r.body.memory),
        Var::RequestBodyFile => r
            .body
            .file
            .as_ref()
            .is_some_and(|file| put(out, file.path.as_os_str().as_encoded_bytes())),
        Var::RemoteUser => {
            r.head.get(Name::Authorization).is_some_and(|value| user::basic(value, out))
        }
        _ => response(w, id, var, out),
    }
}

/// What has become of the request so far.
fn response(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let r = &w.requests[id];
    match var {
        Var::LimitReqStatus => limited(w.requests[downstream::main(w, id)].rare.limit_req, out),
        Var::LimitConnStatus => limited(w.requests[downstream::main(w, id)].rare.limit_conn, out),
        Var::RequestCompletion => {
            let is_complete = r.rare.post_action.unwrap_or(r.response.stage == Stage::Ended);
            put(out, if is_complete { b"OK" } else { b"" })
        }
        Var::Status => {
            let status = match (r.status_override, r.response.status) {
                (Some(status), _) => status,
                (None, 0) if r.line.version == Version::V09 => 9,
                (None, status) => status,
            };
            out.extend([100, 10, 1].map(|unit| b'0' + (status / unit % 10) as u8));
            true
        }
        Var::GzipRatio => {
            let totals = r.rare.ctx.as_ref().and_then(|ctx| ctx.gzip.stream.totals());
            totals.is_some_and(|(from, to)| put_ratio(out, from, to))
        }
        Var::BrotliRatio => {
            let totals = r.rare.ctx.as_ref().and_then(|ctx| ctx.brotli.stream.totals());
            totals.is_some_and(|(from, to)| put_ratio(out, from, to))
        }
        Var::LimitRate => put_number(out, r.rare.limit_rate.unwrap_or(0)),
        Var::Pipe => put(out, if r.pipelined { b"p" } else { b"." }),
        _ => false,
    }
}

/// `$host`: without one in the request, the server's name.
fn host(w: &Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let r = &w.requests[id];
    match r.line.host.of(&r.head.bytes) {
        b"" => put(out, &w.server_of(id).name),
        host => {
            let start = out.len();
            out.extend_from_slice(host);
            out[start..].make_ascii_lowercase();
            true
        }
    }
}

/// The request line, or as much of it as there is.
pub(super) fn request_line(r: &Request) -> &[u8] {
    match r.line.line.of(&r.head.bytes) {
        b"" => r.head.bytes.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or(b""),
        line => line,
    }
}

#[inline(never)]
fn set(w: &Worker, id: RequestId, slot: Slot, out: &mut Vec<u8>) -> bool {
    if let Some(value) = w.requests[downstream::of_variables(w, id)].slot(slot) {
        return put(out, value);
    }
    // Without a value a variable of `set` is empty, and a named group that took no part unknown.
    let http = &w.conf.http;
    let by_set = http.set_slots.get(slot as usize) == Some(&true);
    if by_set && w.location_of(id).rewriting.uninitialized_variable_warn {
        let name = http.slots.get(slot as usize).map_or(&b""[..], |name| name);
        let name = String::from_utf8_lossy(name);
        log::error(w, id, Level::Warn, format_args!("using uninitialized \"{name}\" variable"));
    }
    by_set
}

/// If the expression matches, `value` is evaluated with the captures of this match. `$1` and the like are for the
/// request what they were before. False: it does not match. An error is in the log.
pub fn matched(
    w: &mut Worker,
    id: RequestId,
    pattern: &Pattern,
    subject: &[u8],
    value: impl FnOnce(&mut Worker),
) -> Result<bool, MatchError> {
    let mut own = w.buffers.captures();
    let found = pattern.regex.captures(subject, &mut own);
    match found {
        Ok(true) => own = with_captures(w, id, own, &pattern.named, value),
        Ok(false) => {}
        Err(_) => {
            log::regex_failed(w, id, Some(&pattern.regex), subject);
        }
    }
    w.buffers.give_captures(own);
    found
}

/// After a match: the named groups (slot, group) become variables, which a subrequest shares with its main request.
pub fn take_named(w: &mut Worker, id: RequestId, named: &[(Slot, usize)]) {
    if named.is_empty() {
        return;
    }
    let main = downstream::of_variables(w, id);
    let captures = std::mem::take(&mut w.requests[id].it.captures);
    for &(slot, group) in named {
        w.requests[main].set_slot(slot, captures.get(group));
    }
    w.requests[id].it.captures = captures;
}

/// Evaluates `value` with other captures than the request's. Named groups become variables, which stay.
fn with_captures(
    w: &mut Worker,
    id: RequestId,
    captures: Captures,
    named: &[(Slot, usize)],
    value: impl FnOnce(&mut Worker),
) -> Captures {
    let before = std::mem::replace(&mut w.requests[id].captures, captures);
    take_named(w, id, named);
    value(w);
    std::mem::replace(&mut w.requests[id].captures, before)
}

/// How deep variables may depend on one another, as in nginx.
const DEPTH: u8 = 100;

/// Evaluates a variable that others may be part of. One that depends on itself has no value.
fn nested(
    w: &mut Worker,
    id: RequestId,
    name: &[u8],
    value: impl FnOnce(&mut Worker) -> bool,
) -> bool {
    let before = w.requests[id].variable_depth;
    if before == DEPTH {
        return false;
    }
    if before + 1 == DEPTH {
        let name = String::from_utf8_lossy(name);
        let text = format_args!("cycle while evaluating variable \"{name}\"");
        log::error(w, id, Level::Error, text);
        // Stays so until the outermost is done: each step of the cycle may refer to it twice.
        w.requests[id].variable_depth = DEPTH;
        return false;
    }
    w.requests[id].variable_depth = before + 1;
    let found = value(w);
    let depth = &mut w.requests[id].variable_depth;
    if *depth != DEPTH || before == 0 {
        *depth = before;
    }
    found
}

/// 16 random bytes, the same for all of the request's life, in hexadecimal.
#[inline(never)]
fn random(w: &mut Worker, id: RequestId, out: &mut Vec<u8>) -> bool {
    let main = downstream::main(w, id);
    let Worker { requests, rng, .. } = w;
    let bytes = requests[main].rare.get_or_insert().random.get_or_insert_with(|| {
        let (high, low) = (rng.word(), rng.word());
        (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
    });
    for byte in bytes {
        out.extend([*byte >> 4, *byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
    true
}

/// The counters of the whole server.
#[inline(never)]
fn counter(w: &Worker, var: &Var, out: &mut Vec<u8>) -> bool {
    w.counters.set(w.totals());
    let it = w.counters.sum();
    put_number(
        out,
        match var {
            Var::ConnectionsReading => it.reading,
            Var::ConnectionsWaiting => it.waiting,
            Var::ConnectionsWriting => it.writing,
            _ => it.active,
        },
    )
}

#[inline(never)]
fn connection(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let r = &w.requests[id];
    let sent = || downstream::sent(w, id).saturating_sub(r.response.sent_before);
    put_number(
        out,
        match var {
            Var::BytesSent => sent(),
            Var::BodyBytesSent => sent().saturating_sub(u64::from(r.response.head_size)),
            Var::ConnectionRequests => u64::from(r.number),
            _ => u64::from(downstream::number(w, id)),
        },
    )
}

#[inline(never)]
fn client(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let client = match var {
        Var::RealipRemoteAddr | Var::RealipRemotePort => {
            downstream::origin(w, id).map(|origin| &origin.client)
        }
        _ => downstream::client(w, id),
    };
    let Some(client) = client else { return false };
    match (var, client) {
        // A proxy may name a client without its port.
        (Var::RemotePort | Var::RealipRemotePort, client) => {
            let port = client.port().filter(|&port| port > 0);
            port.is_none_or(|port| put_number(out, u64::from(port)))
        }
        (Var::BinaryRemoteAddr, Addr::Inet(addr)) => match addr.ip() {
            IpAddr::V4(ip) => put(out, &ip.octets()),
            IpAddr::V6(ip) => put(out, &ip.octets()),
        },
        (_, client) => {
            address(client, out);
            true
        }
    }
}

/// `$remote_addr`: without a port; `unix:` for any client of a unix socket.
pub(super) fn address(addr: &Addr, out: &mut Vec<u8>) {
    match addr {
        Addr::Unix(_) => out.extend_from_slice(b"unix:"),
        Addr::Inet(addr) => ip(addr.ip(), out),
    }
}

fn ip(ip: IpAddr, out: &mut Vec<u8>) {
    let IpAddr::V4(ip) = ip else {
        return display(out, ip);
    };
    // Every line of a log has one.
    let (mut text, mut len) = ([b'.'; "255.255.255.255.".len()], 0);
    for octet in ip.octets() {
        for unit in [100, 10, 1] {
            if octet >= unit || unit == 1 {
                text[len] = b'0' + octet / unit % 10;
                len += 1;
            }
        }
        len += 1;
    }
    out.extend_from_slice(&text[..len - 1]);
}

#[inline(never)]
fn local(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let listen = downstream::origin(w, id).map(|origin| &w.conf.listen(origin.listen).addr);
    // The system is asked only where the listener has several addresses.
    let addr = match listen {
        Some(Addr::Inet(addr)) if !addr.ip().is_unspecified() => listen,
        _ => downstream::local_addr(w, id),
    };
    let Some(addr) = addr else { return false };
    match (var, addr) {
        (Var::ServerPort, addr) => addr.port().is_none_or(|port| put_number(out, u64::from(port))),
        (_, Addr::Inet(addr)) => {
            ip(addr.ip(), out);
            true
        }
        (_, addr) => {
            display(out, addr);
            true
        }
    }
}

/// `$ssl_…`: what was negotiated with the client.
#[inline(never)]
fn tls(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let Some(tls) = downstream::tls(w, id) else { return false };
    let value = match var {
        Var::SslAlpnProtocol => return put_some(out, tls.alpn_protocol()),
        Var::SslCipher => tls.cipher(),
        Var::SslCiphers => return put_some(out, tls.offered_ciphers().as_bytes()),
        Var::SslCurve => tls.curve(),
        Var::SslCurves => return put_some(out, tls.offered_curves().as_bytes()),
        Var::SslEarlyData if tls.is_early() => "1",
        Var::SslEarlyData => "",
        Var::SslProtocol => tls.protocol(),
        Var::SslServerName => &tls.hello().server_name,
        _ if tls.is_resumed() => "r",
        _ => ".",
    };
    put_some(out, value.as_bytes())
}

#[inline(never)]
fn tcp_info(w: &Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let Some([rtt, rttvar, cwnd, space]) = downstream::tcp_info(w, id) else { return false };
    let value = match var {
        Var::TcpinfoRtt => rtt,
        Var::TcpinfoRttvar => rttvar,
        Var::TcpinfoSndCwnd => cwnd,
        _ => space,
    };
    put_number(out, u64::from(value))
}

fn put(out: &mut Vec<u8>, value: &[u8]) -> bool {
    out.extend_from_slice(value);
    true
}

/// Nothing is no value.
fn put_some(out: &mut Vec<u8>, value: &[u8]) -> bool {
    out.extend_from_slice(value);
    !value.is_empty()
}

fn put_number(out: &mut Vec<u8>, n: u64) -> bool {
    number(out, n);
    true
}

/// What a limit decided, if it was asked.
fn limited(limited: Option<Limited>, out: &mut Vec<u8>) -> bool {
    limited.is_some_and(|it| put(out, it.name().as_bytes()))
}

/// With two digits behind the point, rounded.
fn put_ratio(out: &mut Vec<u8>, from: u64, to: u64) -> bool {
    let hundredths = (from.saturating_mul(1000) / to.max(1)).saturating_add(5) / 10;
    put_number(out, hundredths / 100);
    out.extend([b'.', b'0' + (hundredths / 10 % 10) as u8, b'0' + (hundredths % 10) as u8]);
    true
}

fn display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    use std::io::Write;
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_the_library_writes_them() {
        let v4 = (0..=255u8).map(|n| [n, 255 - n, n / 2, n ^ 0x5a].into());
        for addr in v4.chain(["::1".parse().unwrap(), "2001:db8::a:0:1".parse().unwrap()]) {
            let mut out = Vec::new();
            ip(addr, &mut out);
            assert_eq!(out, addr.to_string().as_bytes());
        }
    }
}
