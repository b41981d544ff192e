//! `ssl_verify_client`: a client is asked for a certificate, and what it showed is judged after the handshake.
//!
//! No handshake fails for want of trust, as in nginx: the request is refused, with a page. What was shown stays with
//! the session; a connection on which the session goes on is judged anew, so that no verdict outlives its rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use aws_lc_rs::digest::Context;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::authorities::{Authorities, Usage};
use super::connection::Tls;
use super::ocsp::{Question, Status};
use super::sessions::OfServer;
use super::verify_error::VerifyError;

/// By what clients' certificates are judged.
#[derive(Debug)]
pub struct ClientRules {
    authorities: Authorities,
    /// Names of authorities, which help a client to choose among its certificates.
    announced: Vec<DistinguishedName>,
    /// What the client whose handshake goes on has signed with; 0: nothing yet.
    scheme: AtomicU16,
}

/// Whether a client's certificate is trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// There is none.
    None,
    Trusted,
    Failed(VerifyError),
    /// It would be trusted, but a responder does not vouch for it.
    NotVouched(CertificateStatus),
}

/// What OCSP responders have said of a client's certificate and of those up to its authority (`ssl_ocsp`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateStatus {
    Is(Status),
    /// No answer came that may be believed.
    RequestFailed,
}

impl CertificateStatus {
    pub const GOOD: Self = Self::Is(Status::Good);

    /// nginx's.
    pub fn words(self) -> &'static str {
        match self {
            Self::Is(Status::Good) => "certificate good",
            Self::Is(Status::Revoked) => "certificate revoked",
            Self::Is(Status::Unknown) => "certificate status unknown",
            Self::RequestFailed => "certificate status request failed",
        }
    }
}

/// Of a client that was asked for a certificate.
pub(super) struct Asked {
    rules: Arc<ClientRules>,
    scheme: Option<SignatureScheme>,
    /// The last verdict, and by which rules it was reached.
    judged: Option<(Arc<ClientRules>, Verdict)>,
    status: Option<CertificateStatus>,
    /// Where sessions of its server block are kept, and the names of its own.
    sessions: Option<Arc<OfServer>>,
    own: Vec<Vec<u8>>,
}

impl ClientRules {
    /// `announced`: authorities whose names are in the CertificateRequest (`ssl_client_certificate`).
    pub fn new(authorities: Authorities, announced: Option<&Authorities>) -> Self {
        let announced = announced.map_or_else(Vec::new, Authorities::subjects);
        Self { authorities, announced, scheme: AtomicU16::new(0) }
    }

    pub(super) fn digest(&self, context: &mut Context) {
        self.authorities.digest(context);
    }

    fn judge(&self, shown: &[CertificateDer<'_>], now: u64) -> Verdict {
        let Some((certificate, between)) = shown.split_first() else { return Verdict::None };
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now));
        match self.authorities.check(certificate, between, Usage::Client, now) {
            Ok(()) => Verdict::Trusted,
            Err(e) => Verdict::Failed(e),
        }
    }
}

impl ClientCertVerifier for ClientRules {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.announced
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.scheme.store(signature.scheme.into(), Ordering::Relaxed);
        verify_tls12_signature(message, certificate, signature, &self.authorities.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.scheme.store(signature.scheme.into(), Ordering::Relaxed);
        verify_tls13_signature(message, certificate, signature, &self.authorities.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.algorithms.supported_schemes()
    }
}

impl Asked {
    pub(super) fn new(rules: Arc<ClientRules>, sessions: Option<Arc<OfServer>>) -> Self {
        // What another client left behind.
        rules.scheme.store(0, Ordering::Relaxed);
        let _ = sessions.as_ref().map(|it| it.touched());
        Self { rules, scheme: None, judged: None, status: None, sessions, own: vec![] }
    }

    /// Input of the connection has been handled: whether the client has signed with it, and what sessions it has now.
    pub(super) fn take_notes(&mut self) {
        if let Some(sessions) = &self.sessions {
            self.own.extend(sessions.touched());
        }
        match self.rules.scheme.swap(0, Ordering::Relaxed) {
            0 => {}
            scheme => self.scheme = Some(scheme.into()),
        }
    }
}

impl Tls {
    /// Removes the sessions of this connection from the cache: a client that was refused for its certificate makes a
    /// full handshake next, and may show another one. A session that is in a ticket can still go on.
    pub fn forget_session(&mut self) {
        if let Some(asked) = &mut self.asked {
            for key in std::mem::take(&mut asked.own) {
                asked.sessions.iter().for_each(|it| it.remove(&key));
            }
        }
    }

    /// The certificate that the client showed and has the key of, as DER.
    pub fn client_certificate(&self) -> Option<&[u8]> {
        self.asked.as_ref()?;
        Some(self.common()?.peer_certificates()?.first()?)
    }

    /// Whether the client's certificate is trusted by those rules; none: those of the handshake. `now` is in seconds
    /// since 1970. The last verdict is kept, and holds as long as the rules are the same.
    pub fn judge_client(&mut self, rules: Option<&Arc<ClientRules>>, now: u64) -> Verdict {
        let Some(asked) = &self.asked else { return Verdict::None };
        let rules = rules.unwrap_or(&asked.rules);
        if let Some((by, verdict)) = &asked.judged {
            if Arc::ptr_eq(by, rules) {
                return *verdict;
            }
        }
        let shown = self.common().and_then(|it| it.peer_certificates()).unwrap_or_default();
        let (rules, verdict) = (rules.clone(), rules.judge(shown, now));
        if let Some(asked) = &mut self.asked {
            asked.judged = Some((rules, verdict));
        }
        verdict
    }

    /// What is to be asked of OCSP responders, by those rules: the client's certificate first, then those of its
    /// authorities but for the one that is trusted. None: it is not trusted, or its status cannot be asked for. `now`
    /// as for [`Self::judge_client`].
    pub fn questions(&self, rules: &ClientRules, now: u64) -> Option<Vec<Question>> {
        let (certificate, between) = self.common()?.peer_certificates()?.split_first()?;
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now));
        let path = rules.authorities.path(certificate, between, Usage::Client, now);
        let question = |pair: &[CertificateDer<'_>]| Question::new(&pair[0], &pair[1]);
        if path.is_empty() { None } else { path.windows(2).map(question).collect() }
    }

    /// What responders have said; none: they were not asked.
    pub fn certificate_status(&self) -> Option<CertificateStatus> {
        self.asked.as_ref()?.status
    }

    pub fn set_certificate_status(&mut self, status: CertificateStatus) {
        if let Some(asked) = &mut self.asked {
            asked.status = Some(status);
        }
    }

    /// `$ssl_client_sigalg`: with what the client proved that it has the key; empty if it did not.
    pub fn client_signature(&self) -> &'static str {
        let scheme = self.asked.as_ref().and_then(|it| it.scheme);
        scheme.map_or("", super::names::signature)
    }
}
