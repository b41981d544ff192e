//! The request line: method, target, version.

use crate::proto::{Span, Version, Violation};

use super::host;
use super::request::{Form, Method, RequestHead};

const INVALID_METHOD: Violation = Violation::new(400, "client sent invalid method");
const INVALID_REQUEST: Violation = Violation::new(400, "client sent invalid request");
const INVALID_VERSION: Violation = Violation::new(505, "client sent invalid version");
pub(super) const INVALID_METHOD_09: Violation =
    Violation::new(400, "client sent invalid method in HTTP/0.9 request");
pub(super) const CONNECT: Violation = Violation::new(405, "client sent CONNECT method");
pub(super) const TRACE: Violation = Violation::new(405, "client sent TRACE method");
const INVALID_HOST: Violation = Violation::new(400, "client sent invalid host in request line");

/// A whole request line, without its end, as nginx reads it: spaces may be several, the version
/// may be any 1.x, and without one it is HTTP/0.9.
pub(super) fn parse_line(line: &[u8]) -> Result<RequestHead, Violation> {
    let method = method_len(line)?;
    if method == line.len() {
        return Err(INVALID_REQUEST);
    }
    let start = method + line[method..].iter().take_while(|&&b| b == b' ').count();
    let rest = &line[start..];
    if rest.iter().any(|&b| b < b' ' || b == 0x7f) {
        return Err(INVALID_REQUEST);
    }
    let end = start + rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    if end == start {
        return Err(INVALID_REQUEST);
    }
    let version = match line[end..].trim_ascii() {
        b"" => Version::V09,
        text => version(text)?,
    };
    if version == Version::V09 && &line[..method] != b"GET" {
        return Err(INVALID_METHOD_09);
    }
    let mut request = RequestHead { line: Span::new(0, line.len()), ..RequestHead::default() };
    request.version = version;
    describe(line, Span::new(0, method), Span::new(start, end), &mut request)?;
    Ok(request)
}

/// Fills in what method and target say. Both lie in `bytes` and hold no spaces or controls.
pub(super) fn describe(
    bytes: &[u8],
    method: Span,
    target: Span,
    request: &mut RequestHead,
) -> Result<(), Violation> {
    request.method_span = method;
    request.target = target;
    request.method = self::method(method.of(bytes))?;
    let text = target.of(bytes);
    if memchr::memchr(b'#', text).is_some() {
        return Err(INVALID_REQUEST);
    }
    match text {
        [b'/', ..] => Ok(()),
        // Its target is an authority, which says nothing here.
        _ if request.method_span.of(bytes) == b"CONNECT" => Err(CONNECT),
        b"*" if request.method == Method::Options => {
            request.form = Form::Asterisk;
            Ok(())
        }
        _ => absolute(text, target.start(), request),
    }
}

/// Bytes of a line that has no end yet: refused as soon as it cannot become one.
pub(super) fn check_partial(line: &[u8]) -> Result<(), Violation> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let method = if line.is_empty() { 0 } else { method_len(line)? };
    match line.get(method..).unwrap_or_default().iter().any(|&b| b < b' ' || b == 0x7f) {
        true => Err(INVALID_REQUEST),
        false => Ok(()),
    }
}

/// The length of the method: up to a space or the end.
fn method_len(line: &[u8]) -> Result<usize, Violation> {
    let len = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    let known = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'_' | b'-');
    match len > 0 && line[..len].iter().all(known) {
        true => Ok(len),
        false => Err(INVALID_METHOD),
    }
}

fn method(name: &[u8]) -> Result<Method, Violation> {
    Ok(match name {
        b"GET" => Method::Get,
        b"HEAD" => Method::Head,
        b"POST" => Method::Post,
        b"PUT" => Method::Put,
        b"DELETE" => Method::Delete,
        b"MKCOL" => Method::Mkcol,
        b"COPY" => Method::Copy,
        b"MOVE" => Method::Move,
        b"OPTIONS" => Method::Options,
        b"PROPFIND" => Method::Propfind,
        b"PROPPATCH" => Method::Proppatch,
        b"LOCK" => Method::Lock,
        b"UNLOCK" => Method::Unlock,
        b"PATCH" => Method::Patch,
        _ => {
            method_len(name)?;
            Method::Other
        }
    })
}

/// `scheme://host:port/path`. `at` is where `text` lies in the head.
fn absolute(text: &[u8], at: usize, request: &mut RequestHead) -> Result<(), Violation> {
    let letters = |b: &u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    let scheme = text.iter().take_while(|b| letters(b)).count();
    let rest = text[scheme..].strip_prefix(b"://").ok_or(INVALID_REQUEST)?;
    if !text[0].is_ascii_alphabetic() {
        return Err(INVALID_REQUEST);
    }
    let start = scheme + 3;
    let len = rest.iter().position(|&b| b == b'/' || b == b'?').unwrap_or(rest.len());
    let authority = &rest[..len];
    let (name, port) = host::split(authority).ok_or(INVALID_HOST)?;
    // Stricter than for Host, as nginx is here.
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-.".contains(b);
    if authority[0] != b'[' && !authority[name.clone()].iter().all(plain) {
        return Err(INVALID_HOST);
    }
    request.host = Span::new(at + start + name.start, at + start + name.end);
    request.port = Span::new(at + start + port.start, at + start + port.end);
    request.form = Form::Absolute { path: Span::new(at + start + len, at + text.len()) };
    Ok(())
}

fn version(text: &[u8]) -> Result<Version, Violation> {
    let number = text.strip_prefix(b"HTTP/").ok_or(INVALID_REQUEST)?;
    if !matches!(number.first(), Some(b'1'..=b'9')) {
        return Err(INVALID_REQUEST);
    }
    let major = number.iter().take_while(|b| b.is_ascii_digit()).count();
    if &number[..major] != b"1" {
        return Err(INVALID_VERSION);
    }
    match &number[1..] {
        [b'.', minor @ ..]
            if matches!(minor.len(), 1..=3) && minor.iter().all(u8::is_ascii_digit) =>
        {
            let zero = minor.iter().all(|&b| b == b'0');
            Ok(if zero { Version::V10 } else { Version::V11 })
        }
        _ => Err(INVALID_REQUEST),
    }
}
