//! Why a handshake or a connection failed, in rustls' words.

use std::fmt;

use rustls::{CertificateError, Error};

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
    /// The name that is to be sent, or checked, is none of a server.
    Name,
    /// There is no certificate of ours; in nginx's words, without "SSL".
    Certificate(String),
}

impl TlsError {
    /// The server's certificate is for other names.
    pub fn is_of_name(&self) -> bool {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Self::Rustls(Error::InvalidCertificate(e)) = self else { return *self == Self::Name };
        matches!(e, NotValidForName | NotValidForNameContext { .. })
    }

    /// The peer has said that it goes no further.
    pub fn is_alert(&self) -> bool {
        matches!(self, Self::Rustls(Error::AlertReceived(_)))
    }

    /// Why the peer's certificate is not trusted: a [`super::VerifyError`], or rustls' words where it cannot be read.
    pub fn verify_error(&self) -> Option<String> {
        let Self::Rustls(Error::InvalidCertificate(e)) = self else { return None };
        match e {
            CertificateError::Other(why) => Some(why.to_string()),
            e => Some(e.to_string()),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rustls(e) => write!(f, "SSL: {e}"),
            Self::Truncated => f.write_str("SSL: unexpected eof while reading"),
            Self::Rejected => f.write_str("SSL: handshake rejected"),
            Self::Certificate(why) => f.write_str(why),
            Self::Name => f.write_str("SSL: invalid server name"),
            Self::TooLong => f.write_str("SSL: excessive message size"),
        }
    }
}

impl From<Error> for TlsError {
    fn from(e: Error) -> Self {
        Self::Rustls(e)
    }
}
