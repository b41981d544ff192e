//! Why a handshake or a connection failed, in rustls' words.

use std::fmt;

use rustls::Error;

/// A connection that came to no good end.
#[derive(Clone, PartialEq, Debug)]
pub enum TlsError {
    Rustls(Error),
    /// It ended without close_notify: something of it may be missing.
    Truncated,
    /// The names of the client were refused before a certificate was sent (`ssl_reject_handshake`).
    Rejected,
    /// More than a handshake may be has come, and it is not complete.
    TooLong,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustls(e) => write!(f, "SSL: {e}"),
            Self::Truncated => f.write_str("SSL: unexpected eof while reading"),
            Self::Rejected => f.write_str("SSL: handshake rejected"),
            Self::TooLong => f.write_str("SSL: excessive message size"),
        }
    }
}

impl From<Error> for TlsError {
    fn from(e: Error) -> Self {
        Self::Rustls(e)
    }
}
