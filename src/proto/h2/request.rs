//! The head of a request, from the fields of a block (RFC 9113, 8.3.1).
//!
//! It is written as HTTP/1.1 would have it, into one buffer: the request line, `host`, the other fields as lines, and
//! all cookies as one. So what is done with it knows no protocol, and what cannot be said in HTTP/1.1 is refused here.

use crate::proto::h1::body::is_token;
use crate::proto::h1::{lines, request as h1, target};
use crate::proto::{Framing, Head, Limits, Name, RequestHead, Span, Version, Violation};

use super::field::Kind;
use super::hpack::Field;
use super::priority::Priority;

/// Memory that the heads of a connection are made in.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The values of the pseudo-fields.
    pseudo: Vec<u8>,
    /// The values of `cookie`, joined.
    cookies: Vec<u8>,
}

impl Scratch {
    /// Bytes of memory.
    pub(super) fn memory(&self) -> usize {
        self.pseudo.capacity() + self.cookies.capacity()
    }
}

/// A head in the making.
pub struct Builder<'a> {
    limits: &'a Limits,
    head: &'a mut Head,
    request: &'a mut RequestHead,
    scratch: &'a mut Scratch,
    pseudo: Pseudo,
    /// Fields so far, each cookie and each that is ignored among them; the pseudo-fields are not.
    count: usize,
    /// Bytes of names and values so far, and four for each field, as its line in HTTP/1.1 has.
    size: usize,
    /// A field that is not a pseudo-field has come.
    has_line: bool,
    has_cookies: bool,
    priority: Priority,
    /// What is wrong, as soon as something is. The rest of the block is passed over.
    violation: Option<Violation>,
}

/// Where in [`Scratch::pseudo`] the values are.
#[derive(Clone, Copy, Default)]
struct Pseudo {
    method: Option<Span>,
    scheme: Option<Span>,
    authority: Option<Span>,
    path: Option<Span>,
    protocol: Option<Span>,
}

/// What a block said beside the head itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub priority: Priority,
    /// CONNECT with `:protocol` (RFC 8441).
    pub extended: bool,
    pub violation: Option<Violation>,
}

impl<'a> Builder<'a> {
    pub fn new(
        limits: &'a Limits,
        head: &'a mut Head,
        request: &'a mut RequestHead,
        scratch: &'a mut Scratch,
    ) -> Self {
        head.clear();
        *request = RequestHead { version: Version::V2, ..RequestHead::default() };
        scratch.pseudo.clear();
        scratch.cookies.clear();
        Self {
            limits,
            head,
            request,
            scratch,
            pseudo: Pseudo::default(),
            count: 0,
            size: 0,
            has_line: false,
            has_cookies: false,
            priority: Priority::default(),
            violation: None,
        }
    }

    /// The next field of the block.
    pub fn take(&mut self, field: Field<'_>) {
        if self.violation.is_none() {
            self.violation = self.add(field).err();
        }
    }

    fn add(&mut self, field: Field<'_>) -> Result<(), Violation> {
        let Field { name, value, facts } = field;
        let len = name.len() + value.len() + ": \r\n".len();
        self.size += len;
        let pseudo = &mut self.pseudo;
        let slot = match facts.kind {
            Kind::Method => &mut pseudo.method,
            Kind::Scheme => &mut pseudo.scheme,
            Kind::Authority => &mut pseudo.authority,
            Kind::Path => &mut pseudo.path,
            Kind::Protocol => &mut pseudo.protocol,
            kind => return self.add_line(field, kind, len),
        };
        if slot.is_some() || self.has_line || !facts.good_value {
            return Err(Violation::InvalidHeaderLine);
        }
        if value.len() > self.limits.line {
            return Err(Violation::LongUri);
        }
        let start = self.scratch.pseudo.len();
        self.scratch.pseudo.extend_from_slice(value);
        *slot = Some(Span::new(start, start + value.len()));
        Ok(())
    }

    /// A field that is a line of HTTP/1.1, of `len` bytes with its end.
    fn add_line(&mut self, field: Field<'_>, kind: Kind, len: usize) -> Result<(), Violation> {
        let Field { name, value, facts } = field;
        if !self.has_line {
            self.has_line = true;
            self.begin()?;
        }
        self.count += 1;
        if self.count > self.limits.fields {
            return Err(Violation::ManyHeaderLines);
        }
        if len > self.limits.field {
            return Err(Violation::LongHeaderLine);
        }
        if self.size > self.limits.total {
            return Err(Violation::LargeRequest);
        }
        if !facts.good_value {
            return Err(Violation::InvalidHeaderLine);
        }
        match kind {
            Kind::Plain => {}
            Kind::Cookie => {
                let joint: &[u8] = if self.has_cookies { b"; " } else { b"" };
                self.has_cookies = true;
                self.scratch.cookies.extend_from_slice(joint);
                self.scratch.cookies.extend_from_slice(value);
                return Ok(());
            }
            Kind::Odd if !lines::keeps(name, self.limits)? => {
                self.request.ignored_fields = true;
                return Ok(());
            }
            Kind::Odd => {}
            Kind::Host => {
                if let Some(authority) = self.pseudo.authority {
                    let authority = authority.of(&self.scratch.pseudo);
                    return match authority.eq_ignore_ascii_case(value) {
                        true => Ok(()),
                        false => Err(Violation::DuplicateHost),
                    };
                }
            }
            Kind::Te if !value.eq_ignore_ascii_case(b"trailers") => {
                return Err(Violation::InvalidHeaderLine);
            }
            Kind::Te => {}
            Kind::Priority => self.priority = Priority::parse(value),
            _ => return Err(Violation::InvalidHeaderLine),
        }
        push_line(self.head, facts.id, name, value);
        Ok(())
    }

    /// The request line and Host: the pseudo-fields are all there.
    fn begin(&mut self) -> Result<(), Violation> {
        let Self { limits, head, request, scratch, pseudo, .. } = self;
        let of = |span: Option<Span>| span.map(|span| span.of(&scratch.pseudo));
        let method = of(pseudo.method).ok_or(Violation::InvalidMethod)?;
        if method.len() > limits.line {
            return Err(Violation::LongUri);
        }
        let is_extended = pseudo.protocol.is_some();
        let method = match (method, of(pseudo.protocol)) {
            (b"CONNECT", Some(_)) => b"GET",
            (_, Some(_)) => return Err(Violation::InvalidRequest),
            (b"CONNECT", None) => {
                write_line(method, of(pseudo.authority).unwrap_or_default(), head, request);
                return Err(Violation::ConnectMethod);
            }
            (method, None) => method,
        };
        // It is the first word of a line.
        if method.contains(&b' ') {
            return Err(Violation::InvalidMethod);
        }
        let path = of(pseudo.path).ok_or(Violation::InvalidRequest)?;
        write_line(method, path, head, request);
        let scheme = of(pseudo.scheme).ok_or(Violation::InvalidRequest)?;
        if !is_scheme(scheme) || !is_path(path, method) {
            return Err(Violation::InvalidRequest);
        }
        if head.bytes.len() > limits.line {
            return Err(Violation::LongUri);
        }
        target::describe(&head.bytes, request.method_span, request.target, request)?;
        if let Some(authority) = of(pseudo.authority) {
            push_line(head, Name::Host, b"host", authority);
        } else if is_extended {
            return Err(Violation::NoAuthority);
        }
        if let Some(protocol) = of(pseudo.protocol) {
            if protocol.is_empty() || !protocol.iter().all(|&byte| is_token(byte)) {
                return Err(Violation::InvalidRequest);
            }
            push_line(head, Name::Connection, b"connection", b"upgrade");
            push_line(head, Name::Upgrade, b"upgrade", protocol);
        }
        Ok(())
    }

    /// The block was whole. `end`: no body follows. `connect_protocol`: `:protocol` is allowed.
    pub fn finish(mut self, end: bool, connect_protocol: bool) -> Read {
        if self.pseudo.protocol.is_some() && !connect_protocol {
            self.violation.get_or_insert(Violation::InvalidRequest);
        }
        if self.violation.is_none() {
            self.violation = self.complete(end).err();
        }
        let extended = self.pseudo.protocol.is_some();
        Read { priority: self.priority, extended, violation: self.violation }
    }

    fn complete(&mut self, end: bool) -> Result<(), Violation> {
        if !self.has_line {
            self.begin()?;
        }
        if self.has_cookies {
            let Self { head, scratch, .. } = self;
            push_line(head, Name::Cookie, b"cookie", &scratch.cookies);
        }
        h1::interpret(self.head, self.request)?;
        let is_extended = self.pseudo.protocol.is_some();
        self.request.framing = match self.request.framing {
            // What follows is another protocol's, and no body.
            Framing::Sized(_) if is_extended => return Err(Violation::InvalidContentLength),
            Framing::None if is_extended && end => return Err(Violation::InvalidRequest),
            Framing::None if is_extended || end => Framing::None,
            Framing::Sized(1..) if end => return Err(Violation::InvalidContentLength),
            Framing::None => Framing::Chunked,
            framing => framing,
        };
        Ok(())
    }
}

/// `GET /path HTTP/2.0`, as `$request` has it.
fn write_line(method: &[u8], path: &[u8], head: &mut Head, request: &mut RequestHead) {
    let bytes = &mut head.bytes;
    bytes.extend_from_slice(method);
    bytes.push(b' ');
    let start = bytes.len();
    bytes.extend_from_slice(path);
    request.method_span = Span::new(0, method.len());
    request.target = Span::new(start, bytes.len());
    bytes.extend_from_slice(b" HTTP/2.0");
    request.line = Span::new(0, bytes.len());
    bytes.extend_from_slice(b"\r\n");
}

/// As [`Head::push_copy`], in the form of a line.
fn push_line(head: &mut Head, id: Name, name: &[u8], value: &[u8]) {
    let bytes = &mut head.bytes;
    let start = bytes.len();
    let middle = start + name.len();
    let end = middle + 2 + value.len();
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
    let (name, value) = (Span::new(start, middle), Span::new(middle + 2, end));
    head.fields.push(crate::proto::Field { id, name, value });
}

/// What has to hold of trailers (RFC 9113, 8.1): they are fields that are no pseudo-fields.
pub struct Trailers<'a> {
    pub limits: &'a Limits,
    pub head: &'a mut Head,
    /// They are malformed, or more than there may be.
    pub bad: bool,
}

impl Trailers<'_> {
    pub fn take(&mut self, field: Field<'_>) {
        let Field { name, value, facts } = field;
        let (limits, bytes) = (self.limits, self.head.bytes.len());
        let is_kept = match facts.kind {
            Kind::Plain | Kind::Cookie | Kind::Priority => Ok(true),
            Kind::Odd => lines::keeps(name, limits).map_err(|_| ()),
            // For the head alone (RFC 9110, 6.5.1).
            Kind::Host | Kind::Te => Ok(false),
            _ => Err(()),
        };
        let fits = self.head.fields.len() < limits.fields
            && bytes + name.len() + value.len() + 4 <= limits.total;
        match is_kept {
            Ok(true) if fits && facts.good_value => push_line(self.head, facts.id, name, value),
            Ok(false) => {}
            _ => self.bad = true,
        }
    }
}

/// RFC 3986, 3.1.
fn is_scheme(scheme: &[u8]) -> bool {
    scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
}

/// A path in the form of HTTP/1's request line; whether it is one at all is seen later.
fn is_path(path: &[u8], method: &[u8]) -> bool {
    let is_form = path.first() == Some(&b'/') || path == b"*" && method == b"OPTIONS";
    is_form && path.iter().all(|&byte| byte > b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests;
