//! A certificate, those between it and an authority, and its key: PEM as OpenSSL writes it.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, SignatureAlgorithm};

use super::clock::Clock;
use super::encrypted::{Passwords, private_key};
use super::ocsp::{Staple, Stapling};

#[derive(Clone, Debug)]
pub struct Certificate(pub(super) Arc<CertifiedKey>);

/// Why a pair of files is no certificate with its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CertificateError {
    /// The first file holds no certificate; or it is wrong, with what is wrong about it.
    Certificate(String),
    /// The second file holds no key that can be used.
    Key(String),
    /// The key is another certificate's.
    Mismatch,
}

impl Certificate {
    /// `certificates`: the server's own first, then those that lead to its authority. `passwords`: of the key, if it is
    /// encrypted.
    pub fn new(
        certificates: &[u8],
        key: &[u8],
        passwords: &Passwords,
    ) -> Result<Self, CertificateError> {
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|e| CertificateError::Certificate(e.to_string()))?;
        if chain.is_empty() {
            return Err(CertificateError::Certificate("no start line".into()));
        }
        let key = private_key(key, passwords).map_err(CertificateError::Key)?;
        let key = any_supported_type(&key).map_err(|e| CertificateError::Key(words(&e)))?;
        let key = CertifiedKey::new(chain, key);
        match key.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok(Self(Arc::new(key)))
            }
            Err(Error::InconsistentKeys(_)) => Err(CertificateError::Mismatch),
            Err(e) => Err(CertificateError::Certificate(words(&e))),
        }
    }

    /// The certificate that the peer sees first, as DER.
    pub fn der(&self) -> &[u8] {
        self.0.cert.first().map_or(&[], |it| it)
    }
}

fn words(e: &Error) -> String {
    match e {
        Error::General(words) => words.clone(),
        e => e.to_string(),
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(why) | Self::Key(why) => f.write_str(why),
            Self::Mismatch => f.write_str("key values mismatch"),
        }
    }
}

/// The certificates of a server block, in the order in which they are tried.
#[derive(Debug)]
pub(super) struct Certificates {
    order: Vec<Certificate>,
    /// Of some of them: their staples, as far as they are fetched.
    staplings: Vec<Stapling>,
    clock: Clock,
}

impl Certificates {
    /// `staple` goes out with each. As OpenSSL: of those with keys of one kind the last counts, and elliptic curves
    /// come before RSA.
    pub(super) fn new(
        all: &[Certificate],
        staple: Option<&Staple>,
        staplings: &[Stapling],
        clock: &Clock,
    ) -> Self {
        let mut order: Vec<Certificate> = Vec::new();
        for it in all.iter().rev() {
            if order.iter().all(|known| known.0.key.algorithm() != it.0.key.algorithm()) {
                order.push(it.clone());
            }
        }
        order.sort_by_key(|it| rank(it.0.key.algorithm()));
        if let Some(staple) = staple {
            for it in &mut order {
                let key = CertifiedKey { ocsp: Some(staple.0.clone()), ..(*it.0).clone() };
                *it = Certificate(Arc::new(key));
            }
        }
        Self { order, staplings: staplings.to_vec(), clock: clock.clone() }
    }
}

fn rank(algorithm: SignatureAlgorithm) -> u8 {
    match algorithm {
        SignatureAlgorithm::ECDSA => 0,
        SignatureAlgorithm::ED25519 => 1,
        _ => 2,
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let can_sign =
            |it: &&Certificate| it.0.key.choose_scheme(hello.signature_schemes()).is_some();
        let found = self.order.iter().find(can_sign)?;
        let stapling = self.staplings.iter().find(|it| it.is_of(found));
        let stapled = stapling.and_then(|it| it.stapled(self.clock.get()));
        Some(stapled.unwrap_or_else(|| found.0.clone()))
    }
}
