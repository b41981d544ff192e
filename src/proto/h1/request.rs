//! Request heads: which are taken, and what is known of them afterwards.
//!
//! [`parse`] accepts what nginx accepts, less what two parsers could read differently (RFC 9112,
//! 11.2): such a request is answered, never forwarded.

use std::mem::MaybeUninit;

use crate::proto::{Field, Form, Framing, Head, Name, RequestHead, Span, Version, Violation};

use super::body::is_token;
use super::connection::Connection;
use super::{host, lines, target};
use crate::proto::Limits;

/// `Ok(None)`: more is needed. `Ok(Some(n))`: the head was the first `n` bytes of `input`, and
/// `head` holds it; what it says goes to `request`, which is of no use otherwise. `scanned` is the parser's memory
/// between calls for the same head: 0 at first.
pub fn parse(
    input: &[u8],
    scanned: &mut usize,
    limits: &Limits,
    head: &mut Head,
    request: &mut RequestHead,
) -> Result<Option<usize>, Violation> {
    let before = *scanned;
    if before > 0 && !lines::worth_parsing(input, scanned) {
        lines::check_partial(input, limits)?;
        lines::check_ended(input, before, limits)?;
        return Ok(None);
    }
    match quickly(input, limits, head, request)? {
        Quick::Done(n) => finish(n, request, head, scanned),
        Quick::Partial => {
            lines::check_partial(input, limits)?;
            lines::check_ended(input, 0, limits)?;
            *scanned = input.len();
            Ok(None)
        }
        Quick::Unsure => match lines::parse(input, limits, head)? {
            Some((n, found)) => {
                *request = found;
                finish(n, request, head, scanned)
            }
            None => {
                *scanned = input.len();
                Ok(None)
            }
        },
    }
}

/// The field lines of a complete head that were ignored for their names: for the log.
pub fn ignored<'a>(head: &'a [u8], limits: &Limits) -> impl Iterator<Item = &'a [u8]> {
    lines::ignored(head, limits)
}

/// The two lines of a repeated field, as nginx's log has them.
pub fn repeated(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut lines = Vec::new();
    for line in input.split(|&b| b == b'\n').skip(1) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let name = &line[..memchr::memchr(b':', line)?];
        let id = Name::of(name);
        if is_unique(id) {
            if let Some(&(_, before)) = lines.iter().find(|&&(other, _)| other == id) {
                return Some((line, before));
            }
            lines.push((id, line));
        }
    }
    None
}

/// What httparse made of the input.
enum Quick {
    Done(usize),
    Partial,
    /// An error, or close to a limit: `lines` is to say which it is.
    Unsure,
}

/// Nearly every head comes whole and is ordinary: this is all that happens to it.
fn quickly(
    input: &[u8],
    limits: &Limits,
    head: &mut Head,
    request: &mut RequestHead,
) -> Result<Quick, Violation> {
    let mut slots = [const { MaybeUninit::uninit() }; USUAL_FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    let n = match parsed.parse_with_uninit_headers(input, &mut slots) {
        Ok(httparse::Status::Complete(n)) => n,
        Ok(httparse::Status::Partial) => return Ok(Quick::Partial),
        Err(_) => return Ok(Quick::Unsure),
    };
    let (Some(method), Some(target)) = (parsed.method, parsed.path) else {
        return Ok(Quick::Unsure);
    };
    let small = limits.line.min(limits.field).min(limits.total);
    if n > small || parsed.headers.len() > limits.fields {
        return Ok(Quick::Unsure);
    }
    let start = Span::within(input, method.as_bytes()).start();
    let whole = &input[start..n];
    let within = |part: &[u8]| Span::within(whole, part);
    head.clear();
    head.bytes.extend_from_slice(whole);
    let (method, target) = (within(method.as_bytes()), within(target.as_bytes()));
    *request = RequestHead {
        // httparse takes one space before the version and none behind it.
        line: Span::new(0, target.end() + " HTTP/1.1".len()),
        version: if parsed.version == Some(0) { Version::V10 } else { Version::V11 },
        ..RequestHead::default()
    };
    target::describe(&head.bytes, method, target, request)?;
    head.fields.reserve(parsed.headers.len());
    for header in &*parsed.headers {
        let name = header.name.as_bytes();
        let field = Field { id: Name::of(name), name: within(name), value: within(header.value) };
        let keep = field.id != Name::Other
            || !limits.ignore_invalid
            || lines::is_plain(name, limits.underscores);
        match keep {
            true => head.fields.push(field),
            false => request.ignored_fields = true,
        }
    }
    Ok(Quick::Done(n))
}

fn finish(
    n: usize,
    request: &mut RequestHead,
    head: &mut Head,
    scanned: &mut usize,
) -> Result<Option<usize>, Violation> {
    if request.version != Version::V09 {
        interpret(head, request)?;
        replace_host(head, request);
    }
    *scanned = 0;
    Ok(Some(n))
}

/// What the fields say of the request's end and of its connection.
pub(in crate::proto) fn interpret(head: &Head, request: &mut RequestHead) -> Result<(), Violation> {
    let mut seen = 0;
    let mut connection = Connection::default();
    let (mut length, mut codings) = (None, None);
    for field in &head.fields {
        if field.id as u32 >= u64::BITS || TOLD & bit(field.id) == 0 {
            continue;
        }
        if seen & UNIQUE & bit(field.id) != 0 {
            return Err(if field.id == Name::Host {
                Violation::DuplicateHost
            } else {
                Violation::DuplicateHeaderLine
            });
        }
        seen |= bit(field.id);
        let value = head.value(field);
        match field.id {
            Name::Host => host(field.value, value, request)?,
            Name::ContentLength => {
                length = Some(content_length(value).ok_or(Violation::InvalidContentLength)?)
            }
            Name::TransferEncoding => codings = Some(value),
            Name::Connection => connection.add(value),
            Name::Expect => {
                request.expect_continue =
                    value.eq_ignore_ascii_case(b"100-continue") && request.version >= Version::V11;
            }
            _ => {}
        }
    }
    codings.map_or(Ok(()), coding)?;
    let chunked = codings.is_some();
    let is_11 = request.version >= Version::V11;
    if is_11 && seen & bit(Name::Host) == 0 {
        return Err(match request.version {
            Version::V2 => Violation::NoAuthority,
            _ => Violation::NoHost,
        });
    }
    request.framing = match (length, chunked) {
        (Some(_), true) => return Err(Violation::LengthAndCoding),
        (None, true) if !is_11 => return Err(Violation::CodingInHttp10),
        (None, true) => Framing::Chunked,
        (Some(length), false) => Framing::Sized(length),
        (None, false) => Framing::None,
    };
    match request.method_span.of(&head.bytes) {
        b"TRACE" => return Err(Violation::TraceMethod),
        b"CONNECT" => return Err(Violation::ConnectMethod),
        _ => {}
    }
    request.keep_alive = connection.persists(is_11);
    request.upgrade = is_11 && connection.upgrade && seen & bit(Name::Upgrade) != 0;
    request.connection_fields = connection.fields;
    Ok(())
}

/// Host must be well-formed even where the target's host wins over it.
fn host(at: Span, value: &[u8], request: &mut RequestHead) -> Result<(), Violation> {
    let (name, port) = host::split(value).ok_or(Violation::InvalidHost)?;
    if !matches!(request.form, Form::Absolute { .. }) {
        request.host = Span::new(at.start() + name.start, at.start() + name.end);
        request.port = Span::new(at.start() + port.start, at.start() + port.end);
    }
    Ok(())
}

/// `value` is the host that the request is for from here on, as if the client had sent it; none if it is empty. False:
/// it is not one, and nothing is changed.
pub fn take_host(request: &mut RequestHead, head: &mut Head, value: &[u8]) -> bool {
    let parts = match value {
        b"" => Some((0..0, 0..0)),
        value => host::split(value),
    };
    let Some((name, port)) = parts else { return false };
    let start = head.bytes.len();
    head.bytes.extend_from_slice(value);
    head.bytes.extend_from_slice(b"\r\n");
    request.host = Span::new(start + name.start, start + name.end);
    request.port = Span::new(start + port.start, start + port.end);
    true
}

/// The authority of a target in absolute form is the value of Host, whatever the client sent as that
/// (RFC 9112, 3.2.2): a server behind this one then reads the host that the request was routed by.
pub(super) fn replace_host(head: &mut Head, request: &RequestHead) {
    let Form::Absolute { path } = request.form else { return };
    let authority = Span::new(request.host.start(), path.start());
    match head.fields.iter_mut().find(|field| field.id == Name::Host) {
        Some(field) => field.value = authority,
        None => {
            let start = head.bytes.len();
            head.bytes.extend_from_slice(b"Host");
            head.push(Span::new(start, start + 4), authority);
        }
    }
}

/// Digits only, and a number that a file could have as its length.
pub(super) fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let mut length = 0_i64;
    for &byte in value {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        length = length.checked_mul(10)?.checked_add(digit)?;
    }
    u64::try_from(length).ok()
}

/// `chunked` and nothing else. One other coding is a thing we do not have; a list is an attempt to
/// have two parsers disagree.
fn coding(value: &[u8]) -> Result<(), Violation> {
    if value.eq_ignore_ascii_case(b"chunked") {
        Ok(())
    } else if !value.is_empty() && value.iter().all(|&b| is_token(b)) {
        Err(Violation::UnknownCoding)
    } else {
        Err(Violation::InvalidCoding)
    }
}

/// httparse is given this number of slots at first, on the stack: few enough that the compiler need not touch each page of
/// them. A head with more fields goes the slow way.
pub(super) const USUAL_FIELDS: usize = 64;

/// Refused when repeated, as in nginx.
const UNIQUE: u64 = bit(Name::Host)
    | bit(Name::ContentLength)
    | bit(Name::TransferEncoding)
    | bit(Name::Expect)
    | bit(Name::Authorization)
    | bit(Name::IfModifiedSince)
    | bit(Name::IfUnmodifiedSince)
    | bit(Name::IfRange);

/// Those that say something here.
const TOLD: u64 = UNIQUE | bit(Name::Connection) | bit(Name::Upgrade);

/// Is a field with this name refused when it is repeated?
pub(super) fn is_unique(id: Name) -> bool {
    (id as u32) < u64::BITS && UNIQUE & bit(id) != 0
}

/// The names above are among the first 64 of the enum, else this would not compile.
const fn bit(id: Name) -> u64 {
    1 << id as u8
}
