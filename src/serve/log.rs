//! The access log's lines, and what the error log says of a request.

use std::fmt;

pub use crate::base::logging::Severity as Level;
use crate::base::regex::Regex;
use crate::http::conf::{Content, Location};
use crate::http::request::Request;
use crate::http::settings::log::{AccessLog, Escape, LogFormat};
use crate::http::settings::upstream_conf::{ProtocolIndex, Target};
use crate::http::upstream_uri;
use crate::http::vars::Part;
use crate::os::Errno;
use crate::proto::Name;
use crate::worker::*;

use super::downstream;
use super::eval::{self, path};

/// Writes a request's lines into its location's access logs.
pub fn access(w: &mut Worker, id: RequestId) {
    match downstream::is_subrequest(&w.requests[id]) {
        false => w.stats.logged += 1,
        true if w.location_of(id).core.log_subrequest => {}
        true => return,
    }
    w.requests[id].action = "logging request";
    (w.pipeline.log)(w, id);
    let conf = w.conf;
    let location = w.requests[id].location;
    for (at, log) in conf.location(location).log.access.iter().enumerate() {
        if log.condition.as_ref().is_some_and(|condition| !eval::is_true(w, id, condition)) {
            continue;
        }
        let Some(format) = conf.http.log_formats.get(log.format as usize) else {
            continue;
        };
        let mut line = w.buffers.line();
        write_line(w, id, format, &mut line);
        let file = match w.logs.target(location, at) {
            Some(file) => Some(file),
            None => named(w, id, log),
        };
        let flush = file.and_then(|file| w.logs.write(file, &line, w.event.now));
        if let Some(after) = flush {
            w.event.arm_job(Job::FlushLogs, after);
        }
        w.buffers.give_line(line);
    }
}

/// The file of a path with variables. Opened only where the request's root exists, as in nginx: else
/// any made-up host name would make a file.
fn named(w: &mut Worker, id: RequestId, log: &AccessLog) -> Option<u32> {
    if log.path.as_text().is_some() {
        return None;
    }
    let cache = w.conf.location(w.requests[id].location).log.file_cache;
    let mut name = w.buffers.line();
    path::document_root(w, id, &mut name);
    let root = match std::fs::metadata(path::of(&name)) {
        Ok(root) if root.is_dir() => Ok(()),
        Ok(_) => Err(Errno::NOTDIR),
        Err(e) => Err(e.into()),
    };
    let file = root.map_err(|e| (Level::Error, "testing", "existence failed", e)).and_then(|()| {
        name.clear();
        eval::template(w, id, &log.path, &mut name);
        w.logs.named(&name, cache, w.event.now).map_err(|e| (Level::Crit, "open()", "failed", e))
    });
    if let Err((level, call, failed, e)) = file {
        if w.logs.may_say(e) {
            let name = path::of(&name).display();
            error(w, id, level, format_args!("{call} \"{name}\" {failed} ({e})"));
        }
    }
    w.buffers.give_line(name);
    file.ok()
}

/// A temporary file could not be made or written. That a disk is full is said at most once a second.
pub fn file_failed(w: &mut Worker, id: RequestId, e: Errno, text: fmt::Arguments<'_>) {
    if is_news(e, w.event.now, &mut w.disk_silent_until) {
        error(w, id, Level::Crit, text);
    }
}

/// Matching needed more steps than the engine allows: nginx's words, with PCRE2's number for that.
pub fn regex_failed(w: &Worker, id: RequestId, regex: Option<&Regex>, subject: &[u8]) {
    let subject = String::from_utf8_lossy(subject);
    let failed = "pcre2_match() failed: -47 on";
    match regex.map(Regex::as_str) {
        Some(pattern) => {
            let text = format_args!("{failed} \"{subject}\" using \"{pattern}\"");
            error(w, id, Level::Alert, text);
        }
        None => error(w, id, Level::Alert, format_args!("{failed} \"{subject}\"")),
    }
}

fn is_news(e: Errno, now: u64, silent_until: &mut u64) -> bool {
    if e != Errno::NOSPC {
        return true;
    }
    let silent = now < *silent_until;
    if !silent {
        *silent_until = now + 1000;
    }
    !silent
}

fn write_line(w: &mut Worker, id: RequestId, format: &LogFormat, line: &mut Vec<u8>) {
    for part in &format.template.parts {
        let var = match part {
            Part::Text(text) => {
                line.extend_from_slice(text);
                continue;
            }
            Part::Var(var) => var,
        };
        let start = line.len();
        let found = eval::variable(w, id, var, line);
        match format.escape {
            Escape::Default if !found => {
                line.truncate(start);
                line.push(b'-');
            }
            _ if !found => line.truncate(start),
            Escape::Default => escape(line, start, needs_hex, push_hex),
            Escape::Json => escape(line, start, needs_json, push_json),
            Escape::None => {}
        }
    }
    line.push(b'\n');
}

/// Writes `line[start..]` anew if a byte of it needs another form.
fn escape(
    line: &mut Vec<u8>,
    start: usize,
    needs: impl Fn(u8) -> bool,
    push: impl Fn(&mut Vec<u8>, u8),
) {
    let Some(first) = line[start..].iter().position(|&byte| needs(byte)) else {
        return;
    };
    let rest = line.split_off(start + first);
    for byte in rest {
        match needs(byte) {
            true => push(line, byte),
            false => line.push(byte),
        }
    }
}

fn needs_hex(byte: u8) -> bool {
    !matches!(byte, b' '..=b'~') || matches!(byte, b'"' | b'\\')
}

fn push_hex(line: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    line.extend_from_slice(b"\\x");
    line.extend([byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
}

fn needs_json(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}

fn push_json(line: &mut Vec<u8>, byte: u8) {
    line.push(b'\\');
    match byte {
        b'\n' => line.push(b'n'),
        b'\r' => line.push(b'r'),
        b'\t' => line.push(b't'),
        8 => line.push(b'b'),
        12 => line.push(b'f'),
        b'"' | b'\\' => line.push(byte),
        _ => {
            line.extend_from_slice(b"u00");
            line.extend(
                [byte >> 4, byte & 15].map(|digit| b"0123456789ABCDEF"[usize::from(digit)]),
            );
        }
    }
}

/// A line of the error log about a request: `*12 TEXT while ACTION, client: …`.
pub fn error(w: &Worker, id: RequestId, level: Level, text: fmt::Arguments<'_>) {
    let Some(r) = w.requests.get(id) else { return };
    let number = w.error_logs.get(r.location.index()).copied().unwrap_or(0);
    crate::log_to!(number, level, "*{} {text}{}", downstream::number(w, id), context(w, id));
}

/// A line about a connection that has no request: `*12 TEXT while ACTION, client: …`.
pub fn connection(w: &Worker, id: ChannelId, level: Level, action: &str, text: fmt::Arguments<'_>) {
    let Some(channel) = w.channels.get(id) else { return };
    let mut client = Vec::new();
    eval::address(&channel.origin.client, &mut client);
    crate::log_to!(
        0,
        level,
        "*{} {text}{}{action}, client: {}, server: {}",
        channel.origin.number,
        if action.is_empty() { "" } else { " while " },
        Text(&client),
        w.conf.listen(channel.origin.listen).addr
    );
}

/// What follows the message: ` while ACTION, client: 1.2.3.4, server: name, request: "…", …`.
pub fn context(w: &Worker, id: RequestId) -> impl fmt::Display {
    Context { w, id }
}

struct Context<'a> {
    w: &'a Worker,
    id: RequestId,
}

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let w = self.w;
        let Some(r) = w.requests.get(self.id) else {
            return Ok(());
        };
        if !r.action.is_empty() {
            write!(f, " while {}", r.action)?;
        }
        if let Some(addr) = downstream::client(w, self.id) {
            let mut client = Vec::new();
            eval::address(addr, &mut client);
            write!(f, ", client: {}", Text(&client))?;
        }
        write!(f, ", server: {}", Text(&w.conf.server(r.server).name))?;
        match eval::request_line(r) {
            b"" => {}
            line => write!(f, ", request: \"{}\"", Text(line))?,
        }
        if downstream::is_subrequest(r) {
            write!(f, ", subrequest: \"{}\"", Text(&r.uri))?;
        }
        upstream(w, r, f)?;
        if let Some(host) = r.head.get(Name::Host) {
            write!(f, ", host: \"{}\"", Text(host))?;
        }
        if let Some(referrer) = r.head.get(Name::Referer) {
            write!(f, ", referrer: \"{}\"", Text(referrer))?;
        }
        Ok(())
    }
}

/// `, upstream: "http://127.0.0.1:8081/x"`: the try under way, or the last one.
fn upstream(w: &Worker, r: &Request, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (&r.rare.former_upstream, upstream_url(w, r)) {
        (Some(url), _) => write!(f, ", upstream: \"{url}\""),
        (None, Some(url)) => write!(f, ", upstream: \"{url}\""),
        (None, None) => Ok(()),
    }
}

fn upstream_url(w: &Worker, r: &Request) -> Option<String> {
    let name = eval::try_name(&w.groups, r.tries.last()?);
    let colon = if name.starts_with(b"unix:") { ":" } else { "" };
    let location = w.conf.location(r.location);
    let scheme = match location.content {
        Content::Upstream(protocol) => protocol.scheme(is_by_tls(w, location, r)),
        _ => ProtocolIndex::Proxy.scheme(false),
    };
    Some(format!("{scheme}://{}{colon}{}", Text(name), Text(&upstream_uri(w, r))))
}

fn is_by_tls(w: &Worker, location: &Location, r: &Request) -> bool {
    let parse = w.pipeline.protocol(location).parse_address;
    let url = r.rare.proxy_url.as_deref();
    location.pass.as_ref().is_some_and(|pass| match pass.target {
        Target::Group(_) => pass.ssl,
        Target::Variable(_) => url.is_some_and(|url| parse(url).is_ok_and(|url| url.ssl)),
    })
}

/// The request goes on in another location: lines name the former server until another is asked.
pub fn remember_upstream(w: &mut Worker, id: RequestId) {
    let r = &w.requests[id];
    if r.rare.former_upstream.is_some() {
        return;
    }
    if let Some(url) = upstream_url(w, r) {
        w.requests[id].rare.get_or_insert().former_upstream = Some(url.into());
    }
}

/// What the upstream was asked for.
fn upstream_uri(w: &Worker, r: &Request) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(pass) = w.conf.location(r.location).proxy_pass() {
        upstream_uri::push(r, pass, &mut out);
    }
    out
}

/// Bytes of a peer in a line of text.
struct Text<'a>(&'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &[u8]) -> String {
        let mut line = b"\"<".to_vec();
        line.extend_from_slice(text);
        escape(&mut line, 2, needs_hex, push_hex);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_full_disk_is_said_once_a_second() {
        let mut until = 0;
        let mut said = |e, now| is_news(e, now, &mut until);
        assert!(said(Errno::NOSPC, 1000) && !said(Errno::NOSPC, 1000) && !said(Errno::NOSPC, 1999));
        assert!(said(Errno::ACCES, 1999) && said(Errno::ACCES, 1999));
        assert!(said(Errno::NOSPC, 2000) && !said(Errno::NOSPC, 2001));
    }

    #[test]
    fn what_is_not_printable_is_hexadecimal() {
        assert_eq!(hex(b""), "\"<");
        assert_eq!(hex(b"plain ~"), "\"<plain ~");
        assert_eq!(hex(b"a\"b\\c\n\x7f\xc3\xa9"), "\"<a\\x22b\\x5Cc\\x0A\\x7F\\xC3\\xA9");
    }

    #[test]
    fn json() {
        let mut line = b"\"a\"\\\n\r\t\x08\x0c\x01\x1f\xc3\xa9".to_vec();
        escape(&mut line, 1, needs_json, push_json);
        assert_eq!(line, b"\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001F\xc3\xa9");
    }
}
