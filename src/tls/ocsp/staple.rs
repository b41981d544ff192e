//! OCSP responses: the statement of an authority whether a certificate is revoked (RFC 6960).

use std::fmt;

use x509_parser::asn1_rs::{Enumerated, FromDer, Sequence};

/// A response that a server hands out with its certificate (RFC 6066, 8), in DER.
#[derive(Clone, PartialEq, Eq)]
pub struct Staple(pub(in crate::tls) Vec<u8>);

impl Staple {
    /// None: it is no response. The client alone checks what is in it, as in nginx.
    pub fn new(der: &[u8]) -> Option<Self> {
        let (rest, response) = Sequence::from_der(der).ok()?;
        // Its status comes first; the bytes behind that are there only if it is "successful".
        Enumerated::from_der(&response.content).ok()?;
        rest.is_empty().then(|| Self(der.to_vec()))
    }
}

impl fmt::Debug for Staple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staple({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staple_is_a_whole_response() {
        let whole = include_bytes!("../../../t/tls/localhost.ocsp");
        assert!(Staple::new(whole).is_some());
        // "tryLater"
        assert!(Staple::new(&[0x30, 3, 10, 1, 3]).is_some());
        for cut in 0..whole.len() {
            assert!(Staple::new(&whole[..cut]).is_none(), "{cut}");
        }
        assert!(Staple::new(&[whole, &[0][..]].concat()).is_none());
        assert!(Staple::new(b"-----BEGIN").is_none());
    }
}
