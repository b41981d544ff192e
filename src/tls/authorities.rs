//! Whose certificates are trusted, and whether a server's is one of them.
//!
//! rustls' rules, with two leniencies of OpenSSL's: a certificate that is trusted itself is accepted, also if it is an
//! authority (`openssl req -x509` makes such); and where a certificate has no names but its CN, that counts.

use std::fmt;
use std::sync::Arc;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, OtherError, RootCertStore};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

use super::x509::X509;

#[derive(Clone, Debug)]
pub struct Authorities {
    roots: RootCertStore,
    trusted: Vec<CertificateDer<'static>>,
    depth: usize,
}

impl Authorities {
    /// The certificates of a file in PEM; the error says what is wrong. `depth`: as many authorities at most may be
    /// between a server's certificate and one of these (SSL_CTX_set_verify_depth(3)).
    pub fn new(pem: &[u8], depth: usize) -> Result<Self, String> {
        let trusted: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let trusted: Vec<CertificateDer<'static>> = trusted.map_err(|e| e.to_string())?;
        if trusted.is_empty() {
            return Err("no start line".into());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots.add(certificate.clone()).map_err(|e| e.to_string())?;
        }
        Ok(Self { roots, trusted, depth })
    }

    pub(super) fn check(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        match self.trusted.iter().any(|it| it == certificate) {
            true => check_dates(certificate, now)?,
            false => {
                let roots = &self.roots;
                verify_server_cert_signed_by_trust_anchor(
                    &parsed, roots, between, now, algorithms,
                )?;
                self.check_depth(certificate, between, now, algorithms)?;
            }
        }
        match verify_server_name(&parsed, name) {
            Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                presented,
                ..
            })) if presented.is_empty() && is_common_name(certificate, name) => Ok(()),
            verdict => verdict,
        }
    }
}

impl Authorities {
    /// Of a certificate that some path leads to: whether a path does that is short enough.
    fn check_depth(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<(), Error> {
        // No path has more of them than were sent.
        if between.len() <= self.depth {
            return Ok(());
        }
        let is_short = |path: &VerifiedPath<'_>| match path.intermediate_certificates().count()
            <= self.depth
        {
            true => Ok(()),
            false => Err(webpki::Error::MaximumPathDepthExceeded),
        };
        let found = EndEntityCert::try_from(certificate).and_then(|it| {
            let (anchors, usage) = (&self.roots.roots, KeyUsage::server_auth());
            let path = Some(&is_short as &dyn Fn(&VerifiedPath<'_>) -> _);
            it.verify_for_usage(algorithms, anchors, between, now, usage, None, path).map(drop)
        });
        found.map_err(|_| {
            let why = OtherError(Arc::new(ChainTooLong));
            Error::InvalidCertificate(CertificateError::Other(why))
        })
    }
}

/// OpenSSL's number and words for it.
#[derive(Debug)]
struct ChainTooLong;

impl fmt::Display for ChainTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("22:certificate chain too long")
    }
}

impl std::error::Error for ChainTooLong {}

fn check_dates(certificate: &[u8], now: UnixTime) -> Result<(), Error> {
    let bad = |e| Err(Error::InvalidCertificate(e));
    match X509::parse(certificate) {
        None => bad(CertificateError::BadEncoding),
        Some(it) if now.as_secs() < it.not_before => bad(CertificateError::NotValidYet),
        Some(it) if now.as_secs() > it.not_after => bad(CertificateError::Expired),
        Some(_) => Ok(()),
    }
}

fn is_common_name(certificate: &[u8], name: &ServerName<'_>) -> bool {
    let ServerName::DnsName(name) = name else { return false };
    let name = name.as_ref();
    let Some(common) = X509::parse(certificate).and_then(|it| it.common_name) else {
        return false;
    };
    let Ok(common) = std::str::from_utf8(common) else { return false };
    match common.strip_prefix("*.") {
        // It stands for one label.
        Some(rest) => {
            name.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest))
        }
        None => name.eq_ignore_ascii_case(common),
    }
}
