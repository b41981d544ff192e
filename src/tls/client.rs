//! The TLS settings of connections to servers, as rustls wants them.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientConfig, ClientSessionMemoryCache, ResolvesClientCert, Resumption,
    UnbufferedClientConnection,
};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::authorities::{Authorities, Usage, check_name};
use super::certificate::Certificate;
use super::ciphers::{Ciphersuite, Suite};
use super::clock::Clock;
use super::connection::{Side, Tls};
use super::error::TlsError;
use super::groups::Group;
use super::key_log::KeyLog;
use super::server::{Protocols, provider};

/// What handshakes with servers are made with, and the sessions that they left.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    clock: Clock,
    /// The server's name is sent, or checked.
    names: bool,
}

#[derive(Debug)]
pub struct ClientSettings<'a> {
    /// Whose certificates are trusted; none: any is (`proxy_ssl_verify off`).
    pub authorities: Option<Authorities>,
    pub protocols: Protocols,
    /// Those of TLS 1.2, the first one preferred.
    pub ciphers: &'a [Suite],
    /// Those of TLS 1.3.
    pub ciphersuites: &'a [Ciphersuite],
    pub groups: &'a [Group],
    /// `proxy_ssl_server_name`: SNI.
    pub server_name: bool,
    /// `proxy_ssl_session_reuse`
    pub session_reuse: bool,
    /// Our own, for servers that ask for one.
    pub certificate: Option<&'a Certificate>,
    /// `proxy_ssl_key_log`
    pub key_log: Option<KeyLog>,
    pub clock: Clock,
}

impl Client {
    /// None: neither version may be used.
    pub fn new(settings: ClientSettings<'_>) -> Option<Self> {
        let versions = settings.protocols.versions();
        let provider =
            Arc::new(provider(&versions, settings.ciphers, settings.ciphersuites, settings.groups));
        let names = settings.server_name || settings.authorities.is_some();
        let builder =
            ClientConfig::builder_with_details(provider.clone(), Arc::new(settings.clock.clone()));
        let builder = builder.with_protocol_versions(&versions).ok()?;
        let check = Check { authorities: settings.authorities, provider };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(check));
        let own = Own(settings.certificate.map(|it| it.0.clone()));
        let mut config = builder.with_client_cert_resolver(Arc::new(own));
        if let Some(log) = settings.key_log {
            config.key_log = Arc::new(log);
        }
        // Nothing that a server sends is to cost more than its length.
        config.cert_decompressors = Vec::new();
        config.enable_sni = settings.server_name;
        config.resumption = match settings.session_reuse {
            true => sessions(),
            false => Resumption::disabled(),
        };
        Some(Self { config: Arc::new(config), clock: settings.clock, names })
    }

    /// The same, for another server: sessions are not shared with it. `own`: that certificate, in place of ours.
    pub fn for_another(&self, session_reuse: bool, own: Option<&Certificate>) -> Self {
        let mut config = (*self.config).clone();
        if let Some(own) = own {
            config.client_auth_cert_resolver = Arc::new(Own(Some(own.0.clone())));
        }
        if session_reuse {
            config.resumption = sessions();
        }
        Self { config: Arc::new(config), ..self.clone() }
    }
}

fn sessions() -> Resumption {
    Resumption::store(Arc::new(ClientSessionMemoryCache::new(SESSIONS)))
}

/// Of one server: as many tickets as rustls keeps under one name.
const SESSIONS: usize = 8;

impl Tls {
    /// A connection to the server of that name.
    pub fn to_server(client: &Client, name: &str) -> Result<Self, TlsError> {
        let name = match ServerName::try_from(name.to_owned()) {
            Ok(name) => name,
            // It is neither sent nor checked.
            Err(_) if !client.names => ServerName::from(std::net::Ipv4Addr::UNSPECIFIED),
            Err(_) => return Err(TlsError::Name),
        };
        let machine = UnbufferedClientConnection::new(client.config.clone(), name)?;
        let mut tls = Self::new(Side::Client(Box::new(machine)), Vec::new());
        tls.clock = Some(client.clock.clone());
        // The first flight is made without input.
        tls.unread = true;
        Ok(tls)
    }
}

/// Whether a server's certificate is to be trusted.
#[derive(Debug)]
struct Check {
    authorities: Option<Authorities>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(authorities) = &self.authorities {
            authorities.check(certificate, between, Usage::Server, now)?;
            check_name(certificate, name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[derive(Debug)]
struct Own(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Own {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone().filter(|it| it.key.choose_scheme(schemes).is_some())
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Client {
    /// Keys never appear in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}
