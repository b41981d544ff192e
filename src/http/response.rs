//! The answer to a request: what its head will say, and how far it has been sent.

use super::filters::HeadFilters;
use crate::base::rare::{Rare, Rarely};
use crate::proto::h1::write;
use crate::proto::{Field, Head, Span};
use crate::recycled;

recycled! {
    /// A response to the client. Special fields have a place of their own, the others are whole lines.
    #[derive(Debug)]
    pub struct Response: default, clear {
        /// 0: none yet.
        pub status: u16,
        /// Empty: no such field.
        pub content_type: Vec<u8> => Vec::clear,
        pub content_length: Option<u64>,
        /// Every other field: `bytes` holds lines that end in CRLF.
        pub fields: Head => Head::clear,
        pub rare: Rare<RareOfResponse> => Rare::clear,
        /// `fields` has a Date, or a Server, of its own.
        pub has_date: bool,
        pub has_server: bool,
        pub framing: Framing,
        pub stage: Stage,
        /// Bytes of the head.
        pub head_size: u32,
        /// Bytes of the body handed over so far, without chunk lines.
        pub body_sent: u64,
        /// What the connection had sent before this response began.
        pub sent_before: u64,
        /// Filters of the head that its maker asks for, besides those of the location.
        pub filters: HeadFilters,
    }
}

/// What most responses that are passed on have none of.
#[derive(Default, Debug)]
pub struct RareOfResponse {
    /// What stands behind the status in the upstream's status line; empty: the usual words.
    pub reason: Vec<u8>,
    /// The server's word on the charset of whatever is sent.
    pub charset: Option<Box<[u8]>>,
    /// Seconds since 1970.
    pub last_modified: Option<i64>,
    /// Made absolute when it begins with `/`.
    pub location: Option<Vec<u8>>,
    /// The body comes in pieces, of which one range can be taken: several would have to be put together out of order.
    pub single_range: bool,
    /// Fields behind the body, as lines; `None`: no module and no server adds any.
    pub trailers: Option<Box<Head>>,
}

impl Rarely for RareOfResponse {
    const NONE: &'static Self = &Self {
        reason: Vec::new(),
        charset: None,
        last_modified: None,
        location: None,
        single_range: false,
        trailers: None,
    };

    fn clear(&mut self) {
        let Self { reason, charset, last_modified, location, single_range, trailers } = self;
        reason.clear();
        *single_range = false;
        (*charset, *last_modified, *location, *trailers) = (None, None, None, None);
    }
}

/// How the client learns where the body ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Framing {
    #[default]
    Length,
    Chunked,
    Close,
    /// There is none, whatever the fields say: the answer to HEAD, or 1xx, 204, 304 (RFC 9112, 6.3).
    NoBody,
}

/// How far a response has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Stage {
    /// It has ended, and the one of `post_action`, of which nothing is sent, is not yet decided.
    PostAction,
    #[default]
    None,
    /// Decided: goes out with the first bytes of the body.
    Begun,
    /// The head was handed over.
    Sending,
    /// So was the last byte of the body; some of it may still wait in the outbox.
    Ended,
}

impl Response {
    /// Adds a line `name: value`; a CR, LF or NUL in the value becomes a space.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        push_line(&mut self.fields, name, value);
    }

    /// As `add`, behind the body.
    pub fn add_trailer(&mut self, name: &[u8], value: &[u8]) {
        push_line(self.rare.get_or_insert().trailers.get_or_insert_default(), name, value);
    }

    /// Adds a field of a head that a parser has let pass.
    pub fn add_line(&mut self, from: &Head, field: &Field) {
        let bytes = &mut self.fields.bytes;
        let start = bytes.len();
        from.push_line(field, bytes);
        let name = Span::new(start, start + field.name.len());
        let value = Span::new(name.end() + 2, bytes.len() - 2);
        self.fields.fields.push(Field { id: field.id, name, value });
    }

    /// The usual words stand behind the status.
    pub fn forget_reason(&mut self) {
        if let Some(rare) = self.rare.if_any() {
            rare.reason.clear();
        }
    }

    /// Makes it as new for another response. What a client has been sent before `post_action` stays known.
    pub fn replace(&mut self) {
        let Self { stage, head_size, body_sent, sent_before, .. } = *self;
        self.clear();
        if stage == Stage::PostAction {
            self.stage = stage;
            (self.head_size, self.body_sent, self.sent_before) =
                (head_size, body_sent, sent_before);
        }
    }

    pub fn is_begun(&self) -> bool {
        self.stage > Stage::None
    }
}

/// Appends a line `name: value` to a head of whole lines; a CR, LF or NUL in the value becomes a space.
pub fn push_line(to: &mut Head, name: &[u8], value: &[u8]) {
    let bytes = &mut to.bytes;
    let start = bytes.len();
    write::field(bytes, name, value);
    let name = Span::new(start, start + name.len());
    let value = Span::new(name.end() + 2, bytes.len() - 2);
    to.push(name, value);
}
