//! The certificates of server blocks, read once each, and what TLS is made with.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::authorities::{AllClientRules, of_servers};
use super::{ServerSsl, SessionZone};
use crate::conf::error::{Error, Position};
use crate::http::settings::ssl::{PemFile, SessionCache, Ssl};
use crate::http::settings::upstream_conf::{UpstreamSettings, UpstreamTls};
use crate::os::Errno;
use crate::shared::zone::Declaration;
use crate::tls::ciphers::Suite;
use crate::tls::{
    Certificate, CertificateError, Client, ClientRules, ClientSettings, Clock, Passwords,
    Protocols, Server, ServerSettings, Sessions, Staple, TicketKeys,
};

/// What the server blocks of a configuration share.
#[derive(Debug, Default)]
pub(super) struct Tls {
    pub sessions: Vec<SessionZone>,
    clock: Clock,
    /// Of the server blocks that name no file with some.
    ticket_keys: Option<TicketKeys>,
    certificates: Vec<((PathBuf, PathBuf, Passwords), Certificate)>,
    client_rules: AllClientRules,
    /// Of upstreams: by all that makes one what it is.
    clients: Vec<(ClientKey, UpstreamTls)>,
}

#[derive(PartialEq, Eq, Debug)]
struct ClientKey {
    /// With what they have revoked, and how many others may be between.
    authorities: Option<(PathBuf, Option<PathBuf>, u32)>,
    certificate: Option<(PathBuf, PathBuf)>,
    protocols: Protocols,
    ciphers: Vec<Suite>,
    server_name: bool,
    session_reuse: bool,
}

impl Tls {
    /// With the zones of sessions that the configuration names.
    pub(super) fn new(zones: Vec<Declaration>) -> Self {
        let zone = |declared| SessionZone { declared, sessions: Sessions::shared() };
        let sessions = zones.into_iter().map(zone).collect();
        Self { sessions, ..Self::default() }
    }

    /// That of a server block; `at`: where it stands.
    pub(super) fn server(&mut self, ssl: Ssl, at: &Position) -> Result<ServerSsl, Error> {
        let mut certificates = vec![];
        for (n, certificate) in ssl.certificates.iter().enumerate() {
            let Some(key) = ssl.certificate_keys.get(n) else {
                let path = certificate.path.display();
                let what = "no \"ssl_certificate_key\" is defined for certificate";
                return Err(Error::new(format!("{what} \"{path}\""), &certificate.at));
            };
            certificates.push(self.certificate(certificate, key, &ssl.passwords)?);
        }
        let reject_handshake = ssl.reject_handshake;
        if certificates.is_empty() {
            return Ok(ServerSsl { reject_handshake, ..ServerSsl::default() });
        }
        let verify_client = self.client_rules.of(&ssl, at)?;
        let client_rules = verify_client.as_ref().map(|it| it.rules.clone());
        let server = Some(self.with(&certificates, &ssl, client_rules, at)?);
        Ok(ServerSsl { server, reject_handshake, verify_client })
    }

    fn with(
        &mut self,
        all: &[Certificate],
        ssl: &Ssl,
        client_rules: Option<Arc<ClientRules>>,
        at: &Position,
    ) -> Result<Server, Error> {
        let tickets = match ssl.session_tickets {
            true => Some(self.ticket_keys(ssl, at)?),
            false => None,
        };
        let staple = match &ssl.stapling_file {
            Some(file) if ssl.stapling => Some(staple(file)?),
            _ => None,
        };
        let sessions = match ssl.session_cache {
            SessionCache::None => None,
            SessionCache::Builtin(size) => Some(Sessions::builtin(size)),
            SessionCache::Shared(zone) => {
                self.sessions.get(usize::from(zone)).map(|it| it.sessions.clone())
            }
        };
        let settings = ServerSettings {
            certificates: all,
            staple: staple.as_ref(),
            protocols: ssl.protocols,
            ciphers: &ssl.ciphers,
            groups: &ssl.groups,
            tickets,
            sessions: sessions.as_ref(),
            session_timeout: ssl.session_timeout,
            prefer_server_ciphers: ssl.prefer_server_ciphers,
            client_rules,
            record: ssl.buffer_size,
            clock: self.clock.clone(),
        };
        let none = || Error::new("no version of TLS is left to negotiate", at);
        Server::new(&settings).ok_or_else(none)
    }

    fn ticket_keys(&mut self, ssl: &Ssl, at: &Position) -> Result<TicketKeys, Error> {
        if let Some(keys) = &ssl.session_ticket_keys {
            return Ok(keys.clone());
        }
        if self.ticket_keys.is_none() {
            self.ticket_keys = TicketKeys::generate();
        }
        let none = || Error::new("no randomness for the keys of session tickets", at);
        self.ticket_keys.clone().ok_or_else(none)
    }

    /// What connections to servers are made with.
    pub(super) fn client(
        &mut self,
        settings: &UpstreamSettings,
        at: &Position,
    ) -> Result<UpstreamTls, Error> {
        let authorities = match (&settings.ssl_trusted_certificate, settings.ssl_verify) {
            (Some(file), true) => Some(file),
            (None, true) => {
                let what = "no proxy_ssl_trusted_certificate for proxy_ssl_verify";
                return Err(Error::new(what, at));
            }
            (_, false) => None,
        };
        let own = match (&settings.ssl_certificate, &settings.ssl_certificate_key) {
            (None, _) => None,
            (Some(file), Some(key)) => Some((file, key)),
            (Some(file), None) => {
                let path = file.path.display();
                let what = "no \"proxy_ssl_certificate_key\" is defined for certificate";
                return Err(Error::new(format!("{what} \"{path}\""), &file.at));
            }
        };
        let (crl, depth) = (settings.ssl_crl.as_ref(), settings.ssl_verify_depth);
        let crl_path = crl.map(|file| file.path.clone());
        let key = ClientKey {
            authorities: authorities.map(|file| (file.path.clone(), crl_path, depth)),
            certificate: own.map(|(file, key)| (file.path.clone(), key.path.clone())),
            protocols: settings.ssl_protocols,
            ciphers: settings.ssl_ciphers.clone(),
            server_name: settings.ssl_server_name,
            session_reuse: settings.ssl_session_reuse,
        };
        if let Some((_, known)) = self.clients.iter().find(|(known, _)| *known == key) {
            return Ok(known.clone());
        }
        let own = own
            .map(|(file, key)| self.certificate(file, key, &settings.ssl_passwords))
            .transpose()?;
        let client = Client::new(ClientSettings {
            authorities: authorities.map(|file| of_servers(file, depth, crl)).transpose()?,
            protocols: settings.ssl_protocols,
            ciphers: &settings.ssl_ciphers,
            server_name: settings.ssl_server_name,
            session_reuse: settings.ssl_session_reuse,
            certificate: own.as_ref(),
            clock: self.clock.clone(),
        });
        let none = || Error::new("no version of TLS is left to negotiate", at);
        let number = self.clients.len() as u32 + 1;
        let client = UpstreamTls { client: client.ok_or_else(none)?, number };
        self.clients.push((key, client.clone()));
        Ok(client)
    }

    fn certificate(
        &mut self,
        file: &PemFile,
        key: &PemFile,
        passwords: &Passwords,
    ) -> Result<Certificate, Error> {
        let from = (file.path.clone(), key.path.clone(), passwords.clone());
        if let Some((_, known)) = self.certificates.iter().find(|(known, _)| *known == from) {
            return Ok(known.clone());
        }
        let chain = read(file, "certificate")?;
        let secret = Zeroizing::new(read(key, "certificate key")?);
        let certificate = Certificate::new(&chain, &secret, passwords).map_err(|why| {
            let (path, key_path) = (file.path.display(), key.path.display());
            match why {
                CertificateError::Certificate(why) => Error::new(
                    format!(
                        "cannot load certificate \"{path}\": PEM_read_bio_X509() failed ({why})"
                    ),
                    &file.at,
                ),
                CertificateError::Key(why) => Error::new(
                    format!(
                        "cannot load certificate key \"{key_path}\": PEM_read_bio_PrivateKey() \
                         failed ({why})"
                    ),
                    &key.at,
                ),
                CertificateError::Mismatch => Error::new(
                    format!("SSL_CTX_use_PrivateKey(\"{key_path}\") failed ({why})"),
                    &key.at,
                ),
            }
        })?;
        self.certificates.push((from, certificate.clone()));
        Ok(certificate)
    }
}

/// `ssl_stapling_file`
fn staple(file: &PemFile) -> Result<Staple, Error> {
    let path = file.path.display();
    let der = fs::read(&file.path).map_err(|e| {
        let e = Errno::from(e);
        Error::new(format!("BIO_new_file(\"{path}\") failed ({e})"), &file.at)
    })?;
    let text = || format!("d2i_OCSP_RESPONSE_bio(\"{path}\") failed (it is no OCSP response)");
    Staple::new(&der).ok_or_else(|| Error::new(text(), &file.at))
}

fn read(file: &PemFile, what: &str) -> Result<Vec<u8>, Error> {
    fs::read(&file.path).map_err(|e| {
        let (path, e) = (file.path.display(), Errno::from(e));
        let text = format!("cannot load {what} \"{path}\": BIO_new_file() failed ({e})");
        Error::new(text, &file.at)
    })
}
