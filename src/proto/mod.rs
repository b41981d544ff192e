//! Sans-IO codecs: bytes in, values out. Nothing here reads a socket, asks the time or knows the
//! worker, so every parser can be fed any bytes, split anywhere, as a plain function.
//!
//! Heads are kept as an exact copy with spans into it ([`head`]); bodies are decoded in place
//! ([`h1::body`]). What a peer did wrong is a [`Violation`], which already knows the status that
//! the client is to see and nginx's words for the log.

pub mod h1;
pub mod head;
pub mod proxy_protocol;

use std::fmt;

pub use head::{Field, Head, Name, Span};

/// The peer broke the protocol. From a client, `status` is the answer; from an upstream it is 502.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    pub status: u16,
    pub why: &'static str,
}

impl Violation {
    pub const fn new(status: u16, why: &'static str) -> Self {
        Self { status, why }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    V09,
    V10,
    #[default]
    V11,
}

impl Version {
    /// As in a request or status line, and in `$server_protocol`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V09 => "HTTP/0.9",
            Self::V10 => "HTTP/1.0",
            Self::V11 => "HTTP/1.1",
        }
    }
}
