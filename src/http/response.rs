//! The answer to a request: what its head will say, and how far it has been sent.

use std::fs::File;
use std::rc::Rc;

use crate::proto::h1::write;
use crate::proto::{Field, Head, Name, Span};

/// A response to the client. Special fields have a place of their own, the others are whole lines.
#[derive(Default, Debug)]
pub struct Response {
    /// 0: none yet.
    pub status: u16,
    /// What stands behind the status in the upstream's status line; empty: the usual words.
    pub reason: Box<[u8]>,
    /// Empty: no such field.
    pub content_type: Vec<u8>,
    /// The server's word on the charset of whatever is sent.
    pub charset: Option<Box<[u8]>>,
    pub content_length: Option<u64>,
    /// Seconds since 1970.
    pub last_modified: Option<i64>,
    /// Empty: no such field. Made absolute when it begins with `/`.
    pub location: Vec<u8>,
    /// Every other field: `bytes` holds lines that end in CRLF.
    pub fields: Head,
    /// Fields behind the body, as lines; none: there is nobody to add any.
    pub trailers: Option<Box<Head>>,
    /// `fields` has a Date, or a Server, of its own.
    pub has_date: bool,
    pub has_server: bool,
    /// Whether `Accept-Ranges` may be said and ranges answered: a file of known length.
    pub allow_ranges: bool,
    /// The body is not sent: HEAD, 204, 304.
    pub header_only: bool,
    pub framing: Framing,
    pub stage: Stage,
    /// Bytes of the head.
    pub head_size: u32,
    /// Bytes of the body handed over so far, without chunk lines.
    pub body_sent: u64,
    /// What the connection had sent before this response began.
    pub sent_before: u64,
    /// `expires`, `add_header` were applied, and so on: once per response.
    pub filtered: bool,
}

/// How the client learns where the body ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Framing {
    #[default]
    Length,
    Chunked,
    Close,
}

/// How far a response has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Stage {
    #[default]
    None,
    /// Decided: goes out with the first bytes of the body.
    Begun,
    /// The head was handed over.
    Sending,
    /// So was the last byte of the body; some of it may still wait in the outbox.
    Ended,
}

/// A part of a file.
#[derive(Clone, Debug)]
pub struct FileBody {
    pub file: Rc<File>,
    pub offset: u64,
    pub left: u64,
}

impl Response {
    pub fn clear(&mut self) {
        let Self { content_type, location, fields, .. } = std::mem::take(self);
        *self = Self { content_type, location, fields, ..Self::default() };
        for bytes in [&mut self.content_type, &mut self.location] {
            bytes.clear();
        }
        self.fields.clear();
    }

    /// Adds a line `name: value`; a CR, LF or NUL in the value becomes a space.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        push_line(&mut self.fields, name, value);
    }

    /// As `add`, behind the body.
    pub fn add_trailer(&mut self, name: &[u8], value: &[u8]) {
        push_line(self.trailers.get_or_insert_default(), name, value);
    }

    /// As `add`, for a name and a value that a parser has let pass.
    pub fn add_line(&mut self, id: Name, name: &[u8], value: &[u8]) {
        let bytes = &mut self.fields.bytes;
        let start = bytes.len();
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(b": ");
        let at = bytes.len();
        bytes.extend_from_slice(value);
        let end = bytes.len();
        bytes.extend_from_slice(b"\r\n");
        let (name, value) = (Span::new(start, start + name.len()), Span::new(at, end));
        self.fields.fields.push(Field { id, name, value });
    }

    pub fn is_begun(&self) -> bool {
        self.stage > Stage::None
    }
}

fn push_line(to: &mut Head, name: &[u8], value: &[u8]) {
    let bytes = &mut to.bytes;
    let start = bytes.len();
    write::field(bytes, name, value);
    let name = Span::new(start, start + name.len());
    let value = Span::new(name.end() + 2, bytes.len() - 2);
    to.push(name, value);
}
