//! Whose certificates are trusted, and whether a server's is one of them.
//!
//! rustls' rules, with two leniencies of OpenSSL's: a certificate that is trusted itself is accepted, also if it is an
//! authority (`openssl req -x509` makes such); and where a certificate has no names but its CN, that counts.

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use super::x509::X509;

#[derive(Clone, Debug)]
pub struct Authorities {
    roots: RootCertStore,
    trusted: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// The certificates of a file in PEM; the error says what is wrong.
    pub fn new(pem: &[u8]) -> Result<Self, String> {
        let trusted: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let trusted: Vec<CertificateDer<'static>> = trusted.map_err(|e| e.to_string())?;
        if trusted.is_empty() {
            return Err("no start line".into());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &trusted {
            roots.add(certificate.clone()).map_err(|e| e.to_string())?;
        }
        Ok(Self { roots, trusted })
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
            false => verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &self.roots,
                between,
                now,
                algorithms,
            )?,
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
