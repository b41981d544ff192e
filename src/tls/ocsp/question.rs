//! What is asked: a certificate and its issuer, in the form of the protocol.

use std::fmt;

use rustls::pki_types::CertificateDer;

use super::super::certificate::Certificate;
use super::super::der::{self, element};
use super::super::x509::X509;
use crate::base::digest::sha1;

/// A certificate whose status is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// `CertID` (RFC 6960, 4.1.1), in DER.
    pub(super) id: Vec<u8>,
    pub(super) issuer: CertificateDer<'static>,
    /// That the certificate names: the first URL in its Authority Information Access.
    pub responder: Option<Box<str>>,
}

/// `AlgorithmIdentifier` of SHA-1. It protects nothing here: it shortens names that both sides know.
pub(super) const SHA1: &[u8] = &[der::SEQUENCE, 9, der::OID, 5, 0x2b, 14, 3, 2, 26, der::NULL, 0];

impl Question {
    /// None: one of them cannot be read, or the second has not issued the first.
    pub fn new(certificate: &[u8], issuer: &[u8]) -> Option<Self> {
        let (parsed, by) = (X509::parse(certificate)?, X509::parse(issuer)?);
        if !parsed.is_of(&by) {
            return None;
        }
        let hash = |bytes| element(der::OCTET_STRING, &[&sha1(&[bytes])]);
        let serial = element(der::INTEGER, &[parsed.raw_serial()]);
        let parts = [SHA1, &hash(by.raw_subject()), &hash(by.key_bits()), &serial];
        Some(Self {
            id: element(der::SEQUENCE, &parts),
            issuer: issuer.to_vec().into(),
            responder: parsed.ocsp_responder().map(Into::into),
        })
    }

    /// About a certificate of a server; its issuer is among those that come with it, or in `others`, which is PEM. None:
    /// it is in neither.
    pub fn of_own(certificate: &Certificate, others: &[u8]) -> Option<Self> {
        use rustls::pki_types::pem::PemObject;
        let others = CertificateDer::pem_slice_iter(others).filter_map(Result::ok);
        let beside: Vec<CertificateDer<'_>> =
            certificate.0.cert.iter().skip(1).cloned().chain(others).collect();
        beside.iter().find_map(|issuer| Self::new(certificate.der(), issuer))
    }

    /// By which equal questions are known.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// `OCSPRequest`, in DER.
    pub fn request(&self) -> Vec<u8> {
        let request = element(der::SEQUENCE, &[&self.id]);
        let list = element(der::SEQUENCE, &[&request]);
        let tbs = element(der::SEQUENCE, &[&list]);
        element(der::SEQUENCE, &[&tbs])
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("responder", &self.responder).finish_non_exhaustive()
    }
}
