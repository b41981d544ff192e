//! The request line: method, target, version.

use crate::proto::{Form, Method, RequestHead, Span, Version, Violation};

use super::host;

/// A whole request line, without its end, as nginx reads it: spaces may be several, the version
/// may be any 1.x, and `GET /path` without one is HTTP/0.9.
pub(super) fn parse_line(line: &[u8]) -> Result<RequestHead, Violation> {
    let method = method_len(line)?;
    if method == line.len() {
        return Err(Violation::InvalidRequest);
    }
    let start = method + line[method..].iter().take_while(|&&b| b == b' ').count();
    let rest = &line[start..];
    if rest.iter().any(|&b| b < b' ' || b == 0x7f) {
        return Err(Violation::InvalidRequest);
    }
    let end = start + rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    if end == start {
        return Err(Violation::InvalidRequest);
    }
    let version = match line[end..].trim_ascii() {
        b"" if &line[..method] != b"GET" => return Err(Violation::InvalidMethod09),
        // No more of it than the words themselves, or else it is another protocol's.
        b"" if start > method + 1 || end < line.len() || line[start] != b'/' => {
            return Err(Violation::InvalidRequest);
        }
        b"" => Version::V09,
        text => version(text)?,
    };
    let mut request = RequestHead { line: Span::new(0, line.len()), ..RequestHead::default() };
    request.version = version;
    describe(line, Span::new(0, method), Span::new(start, end), &mut request)?;
    Ok(request)
}

/// Fills in what method and target say. Both lie in `bytes` and hold no spaces or controls.
pub(in crate::proto) fn describe(
    bytes: &[u8],
    method: Span,
    target: Span,
    request: &mut RequestHead,
) -> Result<(), Violation> {
    request.method_span = method;
    request.target = target;
    request.method = Method::of(method.of(bytes));
    if request.method == Method::Other {
        method_len(method.of(bytes))?;
    }
    let text = target.of(bytes);
    if memchr::memchr(b'#', text).is_some() {
        return Err(Violation::InvalidRequest);
    }
    match text {
        [b'/', ..] => Ok(()),
        // Its target is an authority, which says nothing here.
        _ if request.method_span.of(bytes) == b"CONNECT" => Err(Violation::ConnectMethod),
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
        true => Err(Violation::InvalidRequest),
        false => Ok(()),
    }
}

/// The length of the method: up to a space or the end.
fn method_len(line: &[u8]) -> Result<usize, Violation> {
    let len = line.iter().position(|&b| b == b' ').unwrap_or(line.len());
    let known = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'_' | b'-');
    match len > 0 && line[..len].iter().all(known) {
        true => Ok(len),
        false => Err(Violation::InvalidMethod),
    }
}

/// `scheme://host:port/path`. `at` is where `text` lies in the head.
fn absolute(text: &[u8], at: usize, request: &mut RequestHead) -> Result<(), Violation> {
    let letters = |b: &u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
    let scheme = text.iter().take_while(|b| letters(b)).count();
    let rest = text[scheme..].strip_prefix(b"://").ok_or(Violation::InvalidRequest)?;
    if !text[0].is_ascii_alphabetic() {
        return Err(Violation::InvalidRequest);
    }
    let start = scheme + 3;
    let len = rest.iter().position(|&b| b == b'/' || b == b'?').unwrap_or(rest.len());
    let authority = &rest[..len];
    let (name, port) = host::split(authority).ok_or(Violation::InvalidTargetHost)?;
    // Stricter than for Host, as nginx is here.
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-.".contains(b);
    if authority[0] != b'[' && !authority[name.clone()].iter().all(plain) {
        return Err(Violation::InvalidTargetHost);
    }
    request.host = Span::new(at + start + name.start, at + start + name.end);
    request.port = Span::new(at + start + port.start, at + start + port.end);
    request.form = Form::Absolute { path: Span::new(at + start + len, at + text.len()) };
    Ok(())
}

fn version(text: &[u8]) -> Result<Version, Violation> {
    let number = text.strip_prefix(b"HTTP/").ok_or(Violation::InvalidRequest)?;
    if !matches!(number.first(), Some(b'1'..=b'9')) {
        return Err(Violation::InvalidRequest);
    }
    let major = number.iter().take_while(|b| b.is_ascii_digit()).count();
    if &number[..major] != b"1" {
        return Err(Violation::InvalidVersion);
    }
    match &number[1..] {
        [b'.', minor @ ..]
            if matches!(minor.len(), 1..=3) && minor.iter().all(u8::is_ascii_digit) =>
        {
            let zero = minor.iter().all(|&b| b == b'0');
            Ok(if zero { Version::V10 } else { Version::V11 })
        }
        _ => Err(Violation::InvalidRequest),
    }
}
