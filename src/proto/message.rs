//! What a head says, whichever protocol it came in.

use super::Span;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V09,
    V10,
    #[default]
    V11,
    V2,
}

impl Version {
    /// As in a request or status line, and in `$server_protocol`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V09 => "HTTP/0.9",
            Self::V10 => "HTTP/1.0",
            Self::V11 => "HTTP/1.1",
            Self::V2 => "HTTP/2.0",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Delete,
    Mkcol,
    Copy,
    Move,
    Options,
    Propfind,
    Proppatch,
    Lock,
    Unlock,
    Patch,
    /// A word that nginx would pass on without knowing it; `method_span` has it.
    Other,
}

impl Method {
    pub fn of(name: &[u8]) -> Self {
        match name {
            b"GET" => Self::Get,
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"DELETE" => Self::Delete,
            b"MKCOL" => Self::Mkcol,
            b"COPY" => Self::Copy,
            b"MOVE" => Self::Move,
            b"OPTIONS" => Self::Options,
            b"PROPFIND" => Self::Propfind,
            b"PROPPATCH" => Self::Proppatch,
            b"LOCK" => Self::Lock,
            b"UNLOCK" => Self::Unlock,
            b"PATCH" => Self::Patch,
            _ => Self::Other,
        }
    }
}

/// The form of the target (RFC 9112, 3.2). The authority form comes with CONNECT only, which is
/// refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Origin,
    /// `http://host:port/path?args`. `path` may be empty or begin with `?`.
    Absolute { path: Span },
    /// `OPTIONS *`
    Asterisk,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    #[default]
    None,
    Sized(u64),
    /// Of a length that is known at its end: in HTTP/1.1 that of chunks.
    Chunked,
}

/// What the head of a request says, with spans into [`super::Head::bytes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// The request line as it was sent, without its end: `$request`.
    pub line: Span,
    pub method: Method,
    pub method_span: Span,
    /// As sent: `$request_uri` unless the form is absolute.
    pub target: Span,
    pub form: Form,
    pub version: Version,
    pub framing: Framing,
    /// The name from the target or, without one, from Host: no port, no trailing dot, in the case
    /// that was sent. Empty if there is neither.
    pub host: Span,
    /// The digits behind the colon of the same; often empty.
    pub port: Span,
    /// May another request follow?
    pub keep_alive: bool,
    /// Connection says `upgrade`, and there is an Upgrade field.
    pub upgrade: bool,
    pub expect_continue: bool,
    /// Connection names fields, which end here.
    pub connection_fields: bool,
    /// Lines were ignored for their names: see [`super::h1::request::ignored`].
    pub ignored_fields: bool,
}

impl RequestHead {
    /// The raw path and arguments, without scheme and host: what `http::uri::normalize` takes.
    pub fn path(&self) -> Span {
        match self.form {
            Form::Absolute { path } => path,
            Form::Origin | Form::Asterisk => self.target,
        }
    }
}

/// What the head of a response says, with spans into [`super::Head::bytes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    pub version: Version,
    /// 100 to 999.
    pub status: u16,
    /// May be empty, and may hold bytes beyond ASCII. `None`: the usual words for the status are meant.
    pub reason: Option<Span>,
    /// May the connection be used again, as far as the head says?
    pub keep_alive: bool,
    /// Connection says `upgrade`, and there is an Upgrade field.
    pub upgrade: bool,
    /// Connection names fields, which end here.
    pub connection_fields: bool,
    pub length: Option<u64>,
    pub chunked: bool,
    /// A field that can be there once is there again: see [`super::Name::is_single`].
    pub repeated: bool,
    /// There is a field `X-Accel-…`.
    pub accel: bool,
}

/// What a decoder made of a piece of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// `buf[..data]` are bytes of the body.
    pub data: usize,
    /// `buf[consumed..]` was not looked at: it is behind the body.
    pub consumed: usize,
    /// The body is complete.
    pub end: bool,
}

/// What one call of [`Client::receive`](super::Client::receive) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    /// The head is not whole. The next call is given `input[consumed..]` again, with more behind it.
    More { consumed: usize },
    /// An interim response (RFC 9110, 15.2); `input[consumed..]` is behind it. `Head` is to be cleared.
    Interim { consumed: usize },
    /// The head of the response. `input[consumed..]` is for the next call.
    Head { consumed: usize },
    /// A piece of the body. All of `input` was taken, unless this is its end.
    Body(Decoded),
}
