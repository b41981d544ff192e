//! Request heads: which are taken, and what is known of them afterwards.
//!
//! [`parse`] accepts what nginx accepts, less what two parsers could read differently (RFC 9112,
//! 11.2): such a request is answered, never forwarded.

use crate::proto::{Head, Span, Version, Violation};

/// Bounds and habits, from the server block.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// One of `large_client_header_buffers`: the request line with its end.
    pub line: usize,
    /// The same for a field line.
    pub field: usize,
    /// The head as a whole.
    pub total: usize,
    /// `max_headers`.
    pub fields: usize,
    /// `ignore_invalid_headers`
    pub ignore_invalid: bool,
    /// `underscores_in_headers`
    pub underscores: bool,
}

impl Default for Limits {
    /// nginx's defaults.
    fn default() -> Self {
        Self {
            line: 8192,
            field: 8192,
            total: 4 * 8192,
            fields: 1000,
            ignore_invalid: true,
            underscores: false,
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

/// The form of the target (RFC 9112, 3.2). The authority form comes with CONNECT only, which is
/// refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Origin,
    /// `http://host:port/path?args`. `path` may be empty or begin with `?`.
    Absolute { scheme: Span, host: Span, path: Span },
    /// `OPTIONS *`
    Asterisk,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    #[default]
    None,
    Sized(u64),
    Chunked,
}

/// What the head says, with spans into [`Head::bytes`].
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
}

impl RequestHead {
    /// The raw path and arguments, without scheme and host: what `http::uri::normalize` takes.
    pub fn path(&self) -> Span {
        match self.form {
            Form::Absolute { path, .. } => path,
            Form::Origin | Form::Asterisk => self.target,
        }
    }
}

/// `Ok(None)`: more is needed. `Ok(Some(n))`: the head was the first `n` bytes of `input`, and
/// `head` holds it. `scanned` is the parser's memory between calls for the same head: 0 at first.
pub fn parse(
    _input: &[u8],
    _scanned: &mut usize,
    _limits: &Limits,
    _head: &mut Head,
) -> Result<Option<(usize, RequestHead)>, Violation> {
    Ok(None)
}
