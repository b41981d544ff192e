//! The TLS settings of a server block, as rustls wants them.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Context, SHA256};
use rustls::compress::ZLIB_COMPRESSOR;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{NoServerSessionStorage, ServerConfig};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion, version};

use super::certificate::{Certificate, Certificates};
use super::ciphers::{Ciphersuite, Suite};
use super::client_rules::ClientRules;
use super::clock::Clock;
use super::groups::Group;
use super::key_log::KeyLog;
use super::ocsp::{Staple, Stapling};
use super::sessions::{OfServer, Sessions};
use super::tickets::{TicketKeys, Tickets};

/// What handshakes with clients of a server block are made with.
#[derive(Clone)]
pub struct Server {
    config: Arc<ServerConfig>,
    /// The same, which takes `h2` by ALPN.
    config_with_h2: Arc<ServerConfig>,
    staple: Option<Staple>,
    pub(super) client_rules: Option<Arc<ClientRules>>,
    pub(super) sessions: Option<Arc<OfServer>>,
    pub(super) clock: Clock,
}

/// The versions of the protocol that may be negotiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protocols {
    pub v12: bool,
    pub v13: bool,
}

#[derive(Debug)]
pub struct ServerSettings<'a> {
    pub certificates: &'a [Certificate],
    /// Where they come from, if that is known at a handshake only: then sessions are bound to it.
    pub sources: &'a str,
    /// `ssl_stapling_file`
    pub staple: Option<&'a Staple>,
    /// `ssl_stapling` without a file: those that are fetched.
    pub staplings: &'a [Stapling],
    pub protocols: Protocols,
    /// `ssl_ciphers`: those of TLS 1.2, the first one preferred.
    pub ciphers: &'a [Suite],
    /// Those of TLS 1.3, likewise.
    pub ciphersuites: &'a [Ciphersuite],
    /// `ssl_ecdh_curve`
    pub groups: &'a [Group],
    /// `ssl_session_tickets`: what they are encrypted with.
    pub tickets: Option<TicketKeys>,
    /// How many of them a handshake of TLS 1.3 ends with.
    pub num_tickets: usize,
    /// `ssl_session_cache`
    pub sessions: Option<&'a Sessions>,
    /// `ssl_early_data`: needs `sessions`, and no tickets. A session is used once, so that what comes with it cannot be
    /// repeated.
    pub early_data: bool,
    /// `ssl_session_timeout`, in seconds.
    pub session_timeout: u32,
    /// `ssl_prefer_server_ciphers`
    pub prefer_server_ciphers: bool,
    /// `ssl_verify_client`: clients are asked for certificates.
    pub client_rules: Option<Arc<ClientRules>>,
    /// `ssl_buffer_size`: plaintext of one record, in bytes.
    pub record: usize,
    /// `ssl_key_log`
    pub key_log: Option<KeyLog>,
    /// `ssl_certificate_compression`
    pub certificate_compression: bool,
    pub clock: Clock,
}

impl Server {
    /// None: neither version may be used.
    pub fn new(settings: &ServerSettings<'_>) -> Option<Self> {
        let versions = settings.protocols.versions();
        let provider =
            provider(&versions, settings.ciphers, settings.ciphersuites, settings.groups);
        let builder = ServerConfig::builder_with_details(
            Arc::new(provider),
            Arc::new(settings.clock.clone()),
        );
        let builder = builder.with_protocol_versions(&versions).ok()?;
        let certificates = Arc::new(Certificates::new(
            settings.certificates,
            settings.staple,
            settings.staplings,
            &settings.clock,
        ));
        let builder = match &settings.client_rules {
            None => builder.with_no_client_auth(),
            Some(rules) => builder.with_client_cert_verifier(rules.clone()),
        };
        let mut config = builder.with_cert_resolver(certificates);
        let sessions = settings.sessions.map(|sessions| {
            Arc::new(OfServer {
                sessions: sessions.clone(),
                context: settings.context(),
                timeout: settings.session_timeout,
                clock: settings.clock.clone(),
                touched: settings.client_rules.as_ref().map(|_| Mutex::default()),
            })
        });
        config.session_storage = match &sessions {
            Some(sessions) => sessions.clone(),
            None => Arc::new(NoServerSessionStorage {}),
        };
        if settings.early_data {
            config.max_early_data_size = EARLY_DATA;
            config.send_half_rtt_data = true;
        }
        config.ignore_client_order = settings.prefer_server_ciphers;
        // rustls counts the head of a record too, and takes nothing from 16 KiB on as a limit.
        let record = settings.record.clamp(SMALLEST_RECORD, LARGEST_RECORD);
        config.max_fragment_size = (record < LARGEST_RECORD).then_some(record + 5);
        if let Some(log) = &settings.key_log {
            config.key_log = Arc::new(log.clone());
        }
        config.cert_compressors = match settings.certificate_compression {
            true => vec![ZLIB_COMPRESSOR],
            false => Vec::new(),
        };
        config.alpn_protocols = ALPN.map(|it| it.to_vec()).to_vec();
        match &settings.tickets {
            Some(keys) => {
                config.send_tls13_tickets = settings.num_tickets;
                let (timeout, clock) = (settings.session_timeout, settings.clock.clone());
                config.ticketer = Arc::new(Tickets::new(keys, settings.context(), timeout, clock));
            }
            // Without a store behind them they would be of no use.
            None if settings.sessions.is_none() => config.send_tls13_tickets = 0,
            None => config.send_tls13_tickets = settings.num_tickets,
        }
        Some(Self {
            config_with_h2: with_h2(&config),
            config: Arc::new(config),
            staple: settings.staple.cloned(),
            client_rules: settings.client_rules.clone(),
            sessions,
            clock: settings.clock.clone(),
        })
    }
}

/// The same, which takes `h2` by ALPN.
fn with_h2(config: &ServerConfig) -> Arc<ServerConfig> {
    let mut config = config.clone();
    config.alpn_protocols.insert(0, H2.to_vec());
    Arc::new(config)
}

impl Server {
    /// `h2`: HTTP/2 is offered, too.
    pub(super) fn config(&self, h2: bool) -> &Arc<ServerConfig> {
        if h2 { &self.config_with_h2 } else { &self.config }
    }

    /// The same with other certificates, for one handshake. `h2`: as for [`super::Tls::accept`].
    pub fn with(&self, certificates: &[Certificate], h2: bool) -> Self {
        let mut config = (**self.config(h2)).clone();
        config.cert_resolver =
            Arc::new(Certificates::new(certificates, self.staple.as_ref(), &[], &self.clock));
        let config = Arc::new(config);
        Self { config_with_h2: config.clone(), config, ..self.clone() }
    }
}

/// What a client may send before the handshake is over, in bytes: OpenSSL's default.
const EARLY_DATA: u32 = 16 << 10;

/// What rustls allows of `ssl_buffer_size`, in bytes.
const SMALLEST_RECORD: usize = 64;
const LARGEST_RECORD: usize = 16 << 10;

/// What is spoken behind a handshake that asks for a protocol: nginx's list.
const ALPN: [&[u8]; 3] = [b"http/1.1", b"http/1.0", b"http/0.9"];

/// HTTP/2, where it is on.
pub(super) const H2: &[u8] = b"h2";

impl ServerSettings<'_> {
    /// Sessions of servers with the same one may go on at each other.
    fn context(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(self.sources.as_bytes());
        context.update(&[u8::from(self.protocols.v12), u8::from(self.protocols.v13)]);
        context.update(
            format!("{:?}{:?}{:?}", self.ciphers, self.ciphersuites, self.groups).as_bytes(),
        );
        for certificate in self.certificates {
            context.update(&(certificate.der().len() as u64).to_be_bytes());
            context.update(certificate.der());
        }
        if let Some(rules) = &self.client_rules {
            rules.digest(&mut context);
        }
        context.finish().as_ref().try_into().unwrap_or_default()
    }
}

impl Protocols {
    pub const NONE: Self = Self { v12: false, v13: false };
    pub const ALL: Self = Self { v12: true, v13: true };

    pub(super) fn versions(self) -> Vec<&'static SupportedProtocolVersion> {
        let mut versions = Vec::new();
        if self.v13 {
            versions.push(&version::TLS13);
        }
        if self.v12 {
            versions.push(&version::TLS12);
        }
        versions
    }
}

/// The cryptography. Keys are agreed on by the first of these groups that the peer has offered a share of.
pub(super) fn provider(
    versions: &[&SupportedProtocolVersion],
    ciphers: &[Suite],
    ciphersuites: &[Ciphersuite],
    groups: &[Group],
) -> CryptoProvider {
    // From the suites that both have, rustls concludes which certificates the client can check.
    let is_allowed = |suite: &SupportedCipherSuite| versions.contains(&suite.version());
    let suites = ciphersuites.iter().map(|it| it.it()).chain(ciphers.iter().map(|it| it.it()));
    CryptoProvider {
        cipher_suites: suites.filter(is_allowed).collect(),
        kx_groups: groups.iter().map(|it| it.it()).collect(),
        ..default_provider()
    }
}

/// Fills `buf` from the cryptography's own generator.
pub(super) fn random(buf: &mut [u8]) -> Option<()> {
    aws_lc_rs::rand::fill(buf).ok()
}

impl fmt::Debug for Server {
    /// Keys never appear in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}
