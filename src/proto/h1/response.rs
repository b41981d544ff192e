//! Response heads from upstreams. What is wrong with one is answered with 502: nothing of it is
//! passed on, since the client could read it otherwise than we do.

use std::mem::MaybeUninit;

use crate::proto::{Field, Head, Name, Names, ResponseHead, Span, Version, Violation};

use crate::proto::head::{ACCEL, SINGLE};

use super::body::is_token;
use super::connection::Connection;
use super::request::{USUAL_FIELDS, content_length};
use super::{Body, Chunked, lines};

/// As [`super::request::parse`]; a head longer than `limit` is refused. What it says goes to `line`.
pub fn parse(
    input: &[u8],
    scanned: &mut usize,
    limit: usize,
    head: &mut Head,
    line: &mut ResponseHead,
) -> Result<Option<usize>, Violation> {
    if *scanned > 0 && !lines::worth_parsing(input, scanned) {
        return partial(input, scanned, limit);
    }
    // httparse skips empty lines first; no upstream that can be trusted sends them.
    let start = &input[..input.len().min(PROTOCOL.len())];
    if !PROTOCOL.starts_with(start) {
        return Err(Violation::UpstreamNoHeader);
    }
    let read = match read::<USUAL_FIELDS>(input, head, line) {
        Err(httparse::Error::TooManyHeaders) => read_many(input, head, line),
        read => read,
    };
    let n = match read {
        Ok(httparse::Status::Complete(n)) if n > limit => return Err(Violation::UpstreamBigHeader),
        Ok(httparse::Status::Complete(n)) => n,
        Ok(httparse::Status::Partial) => return partial(input, scanned, limit),
        Err(error) => return Err(violation(error)),
    };
    if line.status < 100 {
        return Err(Violation::UpstreamNoHeader);
    }
    interpret(head, line)?;
    *scanned = 0;
    Ok(Some(n))
}

/// Copies a head of at most `FIELDS` fields, and tells what its first line says.
fn read<const FIELDS: usize>(
    input: &[u8],
    head: &mut Head,
    line: &mut ResponseHead,
) -> httparse::Result<usize> {
    let mut slots = [const { MaybeUninit::uninit() }; FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let status = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut parsed,
        input,
        &mut slots,
    )?;
    let httparse::Status::Complete(n) = status else { return Ok(status) };
    head.clear();
    head.bytes.extend_from_slice(&input[..n]);
    head.fields.extend(parsed.headers.iter().map(|header| {
        let name = header.name.as_bytes();
        let value = Span::within(input, header.value);
        Field { id: Name::of(name), name: Span::within(input, name), value }
    }));
    let reason = match parsed.reason {
        Some(reason) if !reason.is_empty() => Span::within(input, reason.as_bytes()),
        // httparse has no reason that is not ASCII.
        _ => reason(&head.bytes),
    };
    *line = ResponseHead {
        status: parsed.code.unwrap_or_default(),
        reason: Some(reason),
        version: if parsed.version == Some(0) { Version::V10 } else { Version::V11 },
        ..ResponseHead::default()
    };
    Ok(status)
}

/// With room on the stack for as many fields as are taken of a server.
#[cold]
#[inline(never)]
fn read_many(input: &[u8], head: &mut Head, line: &mut ResponseHead) -> httparse::Result<usize> {
    read::<MOST_FIELDS>(input, head, line)
}

fn partial<T>(input: &[u8], scanned: &mut usize, limit: usize) -> Result<Option<T>, Violation> {
    if input.len() >= limit {
        return Err(Violation::UpstreamBigHeader);
    }
    *scanned = input.len();
    Ok(None)
}

fn violation(error: httparse::Error) -> Violation {
    use httparse::Error;
    match error {
        Error::Status | Error::Token | Error::Version => Violation::UpstreamNoHeader,
        Error::TooManyHeaders => Violation::UpstreamManyHeaderLines,
        Error::HeaderName | Error::HeaderValue | Error::NewLine => Violation::UpstreamInvalidHeader,
    }
}

/// What else nginx says of a head that was refused, which is the start of `read`, or as far as it goes `head`.
pub fn details(why: &Violation, read: &[u8], head: &Head) -> String {
    let value = |field: &Field| String::from_utf8_lossy(head.value(field)).into_owned();
    let line =
        |field: &Field| format!("{}: {}", String::from_utf8_lossy(head.name(field)), value(field));
    let of = |id: Name| head.fields.iter().filter(move |field| field.id == id);
    let text = match *why {
        Violation::UpstreamInvalidHeader => {
            let fields = memchr::memchr(b'\n', read).map(|end| &read[end + 1..]);
            fields.map(invalid_line)
        }
        Violation::UpstreamDuplicateHeaderLine => {
            let (mut lengths, mut codings) = (of(Name::ContentLength), of(Name::TransferEncoding));
            let pair = |fields: &mut dyn Iterator<Item = &Field>| {
                let (first, again) = (fields.next()?, fields.next()?);
                Some(format!(": \"{}\", previous value: \"{}\"", line(again), line(first)))
            };
            pair(&mut lengths).or_else(|| pair(&mut codings))
        }
        Violation::UpstreamInvalidContentLength => {
            of(Name::ContentLength).next().map(|field| format!(": \"{}\"", line(field)))
        }
        Violation::UpstreamUnknownCoding => {
            let mut codings = of(Name::TransferEncoding);
            let unknown = codings.find(|field| !head.value(field).eq_ignore_ascii_case(b"chunked"));
            unknown.map(|field| format!(": \"{}\"", value(field)))
        }
        _ => None,
    };
    text.unwrap_or_default()
}

/// What nginx says of the first of `lines` that is no field.
pub(in crate::proto) fn invalid_line(lines: &[u8]) -> String {
    invalid_field(lines)
        .map(|(line, byte)| format!(": \"{}\\x{byte:02x}...\"", String::from_utf8_lossy(line)))
        .unwrap_or_default()
}

/// A line as far as it is right, and the byte that is not.
fn invalid_field(mut rest: &[u8]) -> Option<(&[u8], u8)> {
    loop {
        if matches!(rest, [b'\n', ..] | [b'\r', b'\n', ..]) {
            return None;
        }
        let colon = rest.iter().position(|&byte| !is_token(byte))?;
        if colon == 0 || rest[colon] != b':' {
            return Some((&rest[..colon], rest[colon]));
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let wrong = line.iter().position(|&byte| byte == 0x7f || byte < b' ' && byte != b'\t');
        if let Some(at) = wrong {
            return Some((&line[..at], line[at]));
        }
        rest = rest.get(end + 1..)?;
    }
}

/// What stands behind `HTTP/1.1 200 `.
fn reason(head: &[u8]) -> Span {
    let end = memchr::memchr(b'\n', head).unwrap_or(head.len());
    let end = if end > 0 && head[end - 1] == b'\r' { end - 1 } else { end };
    Span::new(end.min(13), end)
}

/// What the fields say of the response's end and of its connection.
pub(in crate::proto) fn interpret(
    head: &Head,
    response: &mut ResponseHead,
) -> Result<(), Violation> {
    let mut connection = Connection::default();
    let mut has_upgrade = false;
    let mut seen = Names::default();
    for field in &head.fields {
        let value = head.value(field);
        match field.id {
            Name::ContentLength if response.length.is_some() => {
                return Err(Violation::UpstreamDuplicateHeaderLine);
            }
            Name::ContentLength => {
                response.length =
                    Some(content_length(value).ok_or(Violation::UpstreamInvalidContentLength)?);
            }
            Name::TransferEncoding if response.chunked => {
                return Err(Violation::UpstreamDuplicateHeaderLine);
            }
            Name::TransferEncoding if value.eq_ignore_ascii_case(b"chunked") => {
                response.chunked = true;
            }
            Name::TransferEncoding => return Err(Violation::UpstreamUnknownCoding),
            Name::Connection => connection.add(value),
            Name::Upgrade => has_upgrade = true,
            id => {
                response.repeated |= SINGLE.has(id) && seen.has(id);
                seen.insert(id);
            }
        }
    }
    let is_11 = response.version == Version::V11;
    if response.chunked && response.length.is_some() {
        return Err(Violation::UpstreamLengthAndCoding);
    }
    if response.chunked && !is_11 {
        return Err(Violation::UpstreamCodingInHttp10);
    }
    response.keep_alive = connection.persists(is_11);
    response.upgrade = is_11 && connection.upgrade && has_upgrade;
    response.connection_fields = connection.fields;
    response.accel = seen.meets(ACCEL);
    Ok(())
}

/// How the body of this response ends. `limit` bounds chunk extensions and trailers.
pub fn framing(head: &ResponseHead, request_was_head: bool, limit: usize) -> Body {
    let bodiless = head.status < 200 || head.status == 204 || head.status == 304;
    if request_was_head || bodiless {
        Body::Empty
    } else if head.chunked {
        Body::Chunked(Chunked::response(limit))
    } else {
        head.length.map_or(Body::UntilClose, |left| {
            if left == 0 { Body::Empty } else { Body::Sized(left) }
        })
    }
}

const PROTOCOL: &[u8] = b"HTTP/1.";

/// A head of more fields is refused.
pub(in crate::proto) const MOST_FIELDS: usize = 1024;
