//! Whose certificates are trusted, and whether some certificate is one of them.
//!
//! webpki's rules, with two leniencies of OpenSSL's: a certificate that is trusted itself is accepted, also if it is an
//! authority (`openssl req -x509` makes such); and where a server's has no names but its CN, that counts. Beside
//! revocation lists the first does not hold, for none of them speaks of such a certificate.

use std::cell::Cell;
use std::sync::Arc;

use aws_lc_rs::digest::Context;
use rustls::client::verify_server_name;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DistinguishedName, Error, RootCertStore};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationOptionsBuilder, VerifiedPath,
};

use super::verify_error::VerifyError;
use super::x509::X509;

#[derive(Clone, Debug)]
pub struct Authorities {
    roots: RootCertStore,
    trusted: Vec<CertificateDer<'static>>,
    depth: usize,
    lists: Vec<Arc<CertRevocationList<'static>>>,
    lists_der: Vec<CertificateRevocationListDer<'static>>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// What a certificate is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Usage {
    Client,
    Server,
}

impl Authorities {
    /// Nobody's yet. `depth`: as many authorities at most may be between a certificate and one that is trusted
    /// (SSL_CTX_set_verify_depth(3)).
    pub fn new(depth: u32) -> Self {
        Self {
            roots: RootCertStore::empty(),
            trusted: vec![],
            depth: depth as usize,
            lists: vec![],
            lists_der: vec![],
            algorithms: default_provider().signature_verification_algorithms,
        }
    }

    /// Trusts the certificates of a file in PEM; the error says what is wrong with it.
    pub fn trust(&mut self, pem: &[u8]) -> Result<(), String> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let all: Vec<CertificateDer<'static>> = all.map_err(|e| e.to_string())?;
        if all.is_empty() {
            return Err("no start line".into());
        }
        for certificate in all {
            let it = X509::parse(&certificate).ok_or("bad encoding of a certificate")?;
            // Another's certificate may be trusted, but says nothing of others.
            if it.is_authority() {
                self.roots.add(certificate.clone()).map_err(|e| e.to_string())?;
            }
            self.trusted.push(certificate);
        }
        Ok(())
    }

    /// From here on each certificate of a chain is to be on no revocation list of its issuer, and there is to be such
    /// a list: those of a file in PEM, and of the calls before. The error says what is wrong with it.
    pub fn revoke(&mut self, pem: &[u8]) -> Result<(), String> {
        let all: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem).collect();
        let all: Vec<CertificateRevocationListDer<'static>> = all.map_err(|e| e.to_string())?;
        if all.is_empty() {
            return Err("no start line".into());
        }
        for der in all {
            let list = OwnedCertRevocationList::from_der(&der).map_err(|e| e.to_string())?;
            self.lists.push(Arc::new(list.into()));
            self.lists_der.push(der);
        }
        Ok(())
    }

    /// The names of those that are trusted, in the form of TLS.
    pub(super) fn subjects(&self) -> Vec<DistinguishedName> {
        let mut all = RootCertStore::empty();
        all.add_parsable_certificates(self.trusted.iter().cloned());
        all.subjects()
    }

    /// Adds all that [`Self::check`] depends on.
    pub(super) fn digest(&self, context: &mut Context) {
        let trusted = self.trusted.iter().map(|it| &**it);
        let lists = self.lists_der.iter().map(|it| &**it);
        context.update(&(self.depth as u64).to_be_bytes());
        for (kind, it) in trusted.map(|it| (0, it)).chain(lists.map(|it| (1, it))) {
            context.update(&[kind]);
            context.update(&(it.len() as u64).to_be_bytes());
            context.update(it);
        }
    }

    /// Whether a certificate is trusted; `between` are those that came with it, in any order.
    pub(super) fn check(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
    ) -> Result<(), VerifyError> {
        if self.lists.is_empty() && self.trusted.iter().any(|it| it == certificate) {
            return check_dates(certificate, now);
        }
        let too_long = Cell::new(false);
        match self.find_path(certificate, between, usage, now, &too_long) {
            Ok(()) => Ok(()),
            // What OpenSSL says last of a chain that it has cut off.
            Err(_) if too_long.get() => Err(VerifyError::NoIssuer),
            Err(webpki::Error::UnknownIssuer | webpki::Error::CaUsedAsEndEntity) => {
                Err(unknown_issuer(certificate, between))
            }
            Err(e) => Err(e.into()),
        }
    }

    /// `too_long` becomes true if there is a path, but with more certificates than there may be.
    fn find_path(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        usage: Usage,
        now: UnixTime,
        too_long: &Cell<bool>,
    ) -> Result<(), webpki::Error> {
        let is_short = |path: &VerifiedPath<'_>| {
            if path.intermediate_certificates().count() <= self.depth {
                return Ok(());
            }
            too_long.set(true);
            Err(webpki::Error::MaximumPathDepthExceeded)
        };
        let usage = match usage {
            Usage::Client => KeyUsage::client_auth(),
            Usage::Server => KeyUsage::server_auth(),
        };
        let lists: Vec<&CertRevocationList<'_>> = self.lists.iter().map(|it| &**it).collect();
        let revocation = RevocationOptionsBuilder::new(&lists).ok();
        let revocation =
            revocation.map(|it| it.with_expiration_policy(ExpirationPolicy::Enforce).build());
        let (algorithms, anchors) = (self.algorithms.all, &self.roots.roots);
        let certificate = EndEntityCert::try_from(certificate)?;
        certificate
            .verify_for_usage(algorithms, anchors, between, now, usage, revocation, Some(&is_short))
            .map(drop)
    }
}

/// Whether a server's certificate is for that name.
pub(super) fn check_name(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    match verify_server_name(&parsed, name) {
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext {
            presented,
            ..
        })) if presented.is_empty() && is_common_name(certificate, name) => Ok(()),
        verdict => verdict,
    }
}

/// Of a certificate that leads to no authority which is trusted: how far it leads.
fn unknown_issuer(certificate: &CertificateDer<'_>, between: &[CertificateDer<'_>]) -> VerifyError {
    let Some(mut last) = X509::parse(certificate) else { return VerifyError::Unspecified };
    if last.is_self_issued() {
        return VerifyError::SelfSigned;
    }
    // Each is read once: a peer may send hundreds.
    let mut others: Vec<X509<'_>> = between.iter().filter_map(|it| X509::parse(it)).collect();
    let mut found = VerifyError::NoIssuerOfFirst;
    while let Some(at) = others.iter().position(|it| last.is_of(it)) {
        let issuer = others.swap_remove(at);
        if issuer.is_self_issued() {
            return VerifyError::SelfSignedInChain;
        }
        (found, last) = (VerifyError::NoIssuer, issuer);
    }
    found
}

fn check_dates(certificate: &[u8], now: UnixTime) -> Result<(), VerifyError> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    match X509::parse(certificate) {
        None => Err(VerifyError::Unspecified),
        Some(it) if now < it.not_before() => Err(VerifyError::NotYetValid),
        Some(it) if now > it.not_after() => Err(VerifyError::Expired),
        Some(_) => Ok(()),
    }
}

fn is_common_name(certificate: &[u8], name: &ServerName<'_>) -> bool {
    let ServerName::DnsName(name) = name else { return false };
    let name = name.as_ref();
    let Some(parsed) = X509::parse(certificate) else { return false };
    let Some(common) = parsed.common_name() else { return false };
    match common.strip_prefix("*.") {
        // It stands for one label.
        Some(rest) => {
            name.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest))
        }
        None => name.eq_ignore_ascii_case(common),
    }
}
