//! The settings of TLS with clients, of a server block.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::vars::Template;
use crate::conf::error::Position;
use crate::settings;
use crate::tls::ciphers::Suite;
use crate::tls::groups::Group;
use crate::tls::{CacheSettings, KeyLog, Passwords, Protocols, Source, TicketKeys};

settings! {
    /// The `ssl_…` directives.
    pub struct Ssl / SslRaw {
        certificates: Vec<Pem> = vec![],
        /// Each is that of the certificate in the same place.
        certificate_keys: Vec<Pem> = vec![],
        certificate_cache: Option<CacheSettings> = None,
        /// Of the keys that are encrypted.
        passwords: Passwords = Passwords::default(),
        protocols: Protocols = Protocols::ALL,
        /// Of TLS 1.2, the first one preferred.
        ciphers: Vec<Suite> = Suite::ALL.to_vec(),
        groups: Vec<Group> = Group::DEFAULT.to_vec(),
        session_cache: SessionCache = SessionCache::None,
        /// The zone of its sessions, unless `session_cache` names one.
        early_data: Option<u16> = None,
        session_tickets: bool = true,
        /// From files; else there are some for the time of this configuration.
        session_ticket_keys: Option<TicketKeys> = None,
        /// In seconds.
        session_timeout: u32 = 300,
        /// Clients that name this server are refused before they see a certificate.
        reject_handshake: bool = false,
        prefer_server_ciphers: bool = false,
        /// `ssl on`
        on: bool = false,
        key_log: Option<KeyLog> = None,
        certificate_compression: bool = false,
        conf_commands: Vec<ConfCommand> = vec![],
        /// Plaintext of one record, in bytes.
        buffer_size: usize = 16 << 10,
        verify_client: VerifyClient = VerifyClient::Off,
        verify_depth: u32 = 1,
        /// Authorities of clients; their names are in the CertificateRequest.
        client_certificate: Option<PemFile> = None,
        /// Authorities of clients, whose names are not sent.
        trusted_certificate: Option<PemFile> = None,
        /// The revocation lists of those authorities.
        crl: Option<PemFile> = None,
        /// The OCSP response of `stapling_file` is sent along with the certificate.
        stapling: bool = false,
        stapling_file: Option<PemFile> = None,
        /// In place of the one that the certificate names.
        stapling_responder: Option<Url> = None,
        ocsp: Ocsp = Ocsp::Off,
        /// In place of those that the certificates name.
        ocsp_responder: Option<Url> = None,
        /// The zone of this number of those for sessions.
        ocsp_cache: Option<u16> = None,
    }
}

/// `ssl_session_cache`: where sessions are kept, besides by clients in tickets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionCache {
    None,
    /// In each worker, at most that many.
    Builtin(usize),
    /// In the zone of this number of those for sessions.
    Shared(u16),
}

/// `ssl_verify_client`: what a client's certificate has to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VerifyClient {
    /// None is asked for.
    Off,
    On,
    /// Good, if there is one.
    Optional,
    /// As `Optional`, but of any authority.
    OptionalNoCa,
}

/// `ssl_ocsp`: of which certificates the status is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ocsp {
    Off,
    /// Of the client's, and of its authorities but for the one that is trusted.
    On,
    /// Of the client's alone.
    Leaf,
}

/// What some line names a responder by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    pub text: Box<str>,
    pub at: Position,
}

/// A file that some line names.
#[derive(Clone, Debug)]
pub struct PemFile {
    pub path: PathBuf,
    pub at: Position,
}

/// A certificate or a key, as some line names it.
#[derive(Clone)]
pub struct Pem {
    /// The name of a file, or `data:` and PEM.
    pub text: Template,
    /// What names are relative to.
    pub folder: Arc<Path>,
    pub at: Position,
}

impl Pem {
    /// None: it is in variables.
    pub fn source(&self) -> Option<Source> {
        self.text.as_text().map(|text| Source::new(text, &self.folder))
    }
}

/// Of keys nothing is shown.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pem").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Certificates that are known at a handshake: some of them are in variables.
#[derive(Debug)]
pub struct OfVariables {
    /// Each with its key.
    pub pairs: Vec<(Pem, Pem)>,
    pub passwords: Passwords,
    pub cache: Option<CacheSettings>,
}

/// `ssl_conf_command`: a name and a value of OpenSSL's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfCommand(pub String, pub String);
