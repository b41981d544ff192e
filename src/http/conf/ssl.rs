//! The certificates of server blocks, read once each, and what TLS is made with.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::authorities::{AllClientRules, of_servers};
use super::{ServerSsl, SessionZone, ocsp};
use crate::conf::error::{Error, Position};
use crate::http::settings::ssl::{ConfCommand, OfVariables, Pem, PemFile, SessionCache, Ssl};
use crate::http::settings::upstream_conf::{UpstreamSettings, UpstreamTls};
use crate::http::vars::Template;
use crate::os::Errno;
use crate::shared::zone::Declaration;
use crate::tls::conf_command::Tuned;
use crate::tls::{
    CacheSettings, Certificate, Client, ClientRules, ClientSettings, Clock, KeyLog, Passwords,
    Server, ServerSettings, Sessions, Source, Staple, Stapling, TicketKeys, load,
};

/// What the server blocks of a configuration share.
#[derive(Debug, Default)]
pub(super) struct Tls {
    pub sessions: Vec<SessionZone>,
    clock: Clock,
    /// Of the server blocks that name no file with some.
    ticket_keys: Option<TicketKeys>,
    certificates: Vec<((Source, Source, Passwords), Certificate)>,
    client_rules: AllClientRules,
    /// Of upstreams: by all that makes one what it is.
    clients: Vec<(ClientKey, UpstreamTls)>,
    /// What the settings of the last server block do not come to.
    pub warnings: Vec<(String, Position)>,
}

#[derive(PartialEq, Eq, Debug)]
struct ClientKey {
    /// With what they have revoked, and how many others may be between.
    authorities: Option<(PathBuf, Option<PathBuf>, u32)>,
    certificate: Option<(Template, Template)>,
    passwords: Passwords,
    cache: Option<CacheSettings>,
    tuned: Tuned,
    key_log: Option<KeyLog>,
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

    /// That of a server block; `at`: where it stands. `has_resolver`: names can be looked up while it runs.
    pub(super) fn server(
        &mut self,
        ssl: Ssl,
        has_resolver: bool,
        at: &Position,
    ) -> Result<ServerSsl, Error> {
        let mut pairs = vec![];
        for (n, certificate) in ssl.certificates.iter().enumerate() {
            let Some(key) = ssl.certificate_keys.get(n) else {
                return Err(no_key("ssl_certificate_key", certificate));
            };
            pairs.push((certificate.clone(), key.clone()));
        }
        let (on, reject_handshake) = (ssl.on, ssl.reject_handshake);
        if pairs.is_empty() {
            let verify_client = self.client_rules.of_handshakes_by_others(&ssl)?;
            return Ok(ServerSsl { on, reject_handshake, verify_client, ..ServerSsl::default() });
        }
        let mut verify_client = self.client_rules.of(&ssl, at)?;
        if let Some(check) = &mut verify_client {
            let cache = ssl.ocsp_cache.and_then(|zone| self.zone(zone));
            check.ocsp = ocsp::check(&ssl, cache, has_resolver, at)?.map(Arc::new);
        }
        let client_rules = verify_client.as_ref().map(|it| it.rules.clone());
        // As in nginx, one variable makes all of them known at a handshake only.
        if pairs.iter().any(|(it, key)| it.source().is_none() || key.source().is_none()) {
            let texts: Vec<_> = pairs.iter().map(|(it, _)| &it.text).collect();
            let server = self.with(&[], &format!("{texts:?}"), &ssl, client_rules, &[], at)?;
            let (passwords, cache) = (ssl.passwords, ssl.certificate_cache);
            let certificates = Some(Arc::new(OfVariables { pairs, passwords, cache }));
            let server = Some(server);
            let staplings = Arc::default();
            return Ok(ServerSsl {
                on,
                server,
                certificates,
                reject_handshake,
                verify_client,
                staplings,
            });
        }
        let of = |(it, key): &(Pem, Pem)| self.certificate(it, key, &ssl.passwords);
        let all = pairs.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        let fetched = ocsp::staplings(&ssl, &pairs, &all, has_resolver, &mut self.warnings);
        let staplings: Vec<_> = fetched.iter().map(|(it, _)| it.clone()).collect();
        let server = Some(self.with(&all, "", &ssl, client_rules, &staplings, at)?);
        let (certificates, staplings) = (None, fetched.into());
        Ok(ServerSsl { on, server, certificates, reject_handshake, verify_client, staplings })
    }

    fn with(
        &mut self,
        certificates: &[Certificate],
        sources: &str,
        ssl: &Ssl,
        client_rules: Option<Arc<ClientRules>>,
        staplings: &[Stapling],
        at: &Position,
    ) -> Result<Server, Error> {
        let tuned = tuned(
            &ssl.conf_commands,
            Tuned {
                protocols: ssl.protocols,
                ciphers: ssl.ciphers.clone(),
                groups: ssl.groups.clone(),
                prefer_server_ciphers: ssl.prefer_server_ciphers,
                session_tickets: ssl.session_tickets,
                ..Tuned::default()
            },
        );
        let tickets = match tuned.session_tickets && ssl.early_data.is_none() {
            true => Some(self.ticket_keys(ssl, at)?),
            false => None,
        };
        let staple = match &ssl.stapling_file {
            Some(file) if ssl.stapling => Some(staple(file)?),
            _ => None,
        };
        let sessions = match ssl.session_cache {
            SessionCache::Shared(zone) => self.zone(zone),
            _ if let Some(zone) = ssl.early_data => self.zone(zone),
            SessionCache::None => None,
            SessionCache::Builtin(size) => Some(Sessions::builtin(size)),
        };
        let settings = ServerSettings {
            certificates,
            sources,
            staple: staple.as_ref(),
            staplings,
            protocols: tuned.protocols,
            ciphers: &tuned.ciphers,
            ciphersuites: &tuned.ciphersuites,
            groups: &tuned.groups,
            num_tickets: tuned.num_tickets,
            tickets,
            sessions: sessions.as_ref(),
            session_timeout: ssl.session_timeout,
            prefer_server_ciphers: tuned.prefer_server_ciphers,
            client_rules,
            early_data: ssl.early_data.is_some(),
            record: ssl.buffer_size,
            key_log: ssl.key_log.clone(),
            certificate_compression: ssl.certificate_compression,
            clock: self.clock.clone(),
        };
        let none = || Error::new("no version of TLS is left to negotiate", at);
        Server::new(&settings).ok_or_else(none)
    }

    fn zone(&self, number: u16) -> Option<Sessions> {
        self.sessions.get(usize::from(number)).map(|it| it.sessions.clone())
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

    /// What connections to servers are made with. The names of the directives begin with `prefix`.
    pub(super) fn client(
        &mut self,
        settings: &UpstreamSettings,
        prefix: &str,
        at: &Position,
    ) -> Result<UpstreamTls, Error> {
        let authorities = match (&settings.ssl_trusted_certificate, settings.ssl_verify) {
            (Some(file), true) => Some(file),
            (None, true) => {
                let what = format!("no {prefix}_ssl_trusted_certificate for {prefix}_ssl_verify");
                return Err(Error::new(what, at));
            }
            (_, false) => None,
        };
        let own = match (&settings.ssl_certificate, &settings.ssl_certificate_key) {
            (None, _) => None,
            (Some(it), Some(key)) => Some((it, key)),
            (Some(it), None) => return Err(no_key(&format!("{prefix}_ssl_certificate_key"), it)),
        };
        let tuned = tuned(
            &settings.ssl_conf_commands,
            Tuned {
                protocols: settings.ssl_protocols,
                ciphers: settings.ssl_ciphers.clone(),
                ..Tuned::default()
            },
        );
        let (crl, depth) = (settings.ssl_crl.as_ref(), settings.ssl_verify_depth);
        let crl_path = crl.map(|file| file.path.clone());
        let key = ClientKey {
            authorities: authorities.map(|file| (file.path.clone(), crl_path, depth)),
            certificate: own.map(|(it, key)| (it.text.clone(), key.text.clone())),
            passwords: settings.ssl_passwords.clone(),
            cache: settings.ssl_certificate_cache,
            tuned,
            key_log: settings.ssl_key_log.clone(),
            server_name: settings.ssl_server_name,
            session_reuse: settings.ssl_session_reuse,
        };
        if let Some((_, known)) = self.clients.iter().find(|(known, _)| *known == key) {
            return Ok(known.clone());
        }
        let of_variables = own
            .filter(|(it, key)| it.source().is_none() || key.source().is_none())
            .map(|(it, key)| OfVariables {
                pairs: vec![(it.clone(), key.clone())],
                passwords: settings.ssl_passwords.clone(),
                cache: settings.ssl_certificate_cache,
            });
        let own = own
            .filter(|_| of_variables.is_none())
            .map(|(it, key)| self.certificate(it, key, &settings.ssl_passwords))
            .transpose()?;
        let client = Client::new(ClientSettings {
            authorities: authorities.map(|file| of_servers(file, depth, crl)).transpose()?,
            protocols: key.tuned.protocols,
            ciphers: &key.tuned.ciphers,
            ciphersuites: &key.tuned.ciphersuites,
            groups: &key.tuned.groups,
            server_name: settings.ssl_server_name,
            session_reuse: settings.ssl_session_reuse,
            certificate: own.as_ref(),
            key_log: settings.ssl_key_log.clone(),
            clock: self.clock.clone(),
        });
        let none = || Error::new("no version of TLS is left to negotiate", at);
        let number = self.clients.len() as u32 + 1;
        let own = of_variables.map(Arc::new);
        let client = UpstreamTls { client: client.ok_or_else(none)?, number, own };
        self.clients.push((key, client.clone()));
        Ok(client)
    }

    /// Neither of them is in variables.
    fn certificate(
        &mut self,
        certificate: &Pem,
        key: &Pem,
        passwords: &Passwords,
    ) -> Result<Certificate, Error> {
        let source = |it: &Pem| it.source().ok_or_else(|| Error::new("variables", &it.at));
        let from = (source(certificate)?, source(key)?, passwords.clone());
        if let Some((_, known)) = self.certificates.iter().find(|(known, _)| *known == from) {
            return Ok(known.clone());
        }
        let loaded = load(&from.0, &from.1, passwords).map_err(|e| {
            Error::new(e.message, if e.is_of_key { &key.at } else { &certificate.at })
        })?;
        self.certificates.push((from, loaded.clone()));
        Ok(loaded)
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

fn no_key(directive: &str, certificate: &Pem) -> Error {
    let what = format!("no \"{directive}\" is defined for certificate");
    let name = certificate.source().map_or_else(String::new, |it| it.to_string());
    Error::new(format!("{what} \"{name}\""), &certificate.at)
}

/// What the settings come to. The lines have been checked where they stand.
fn tuned(commands: &[ConfCommand], mut tuned: Tuned) -> Tuned {
    for ConfCommand(name, value) in commands {
        let _ = tuned.obey(name, value);
    }
    tuned
}
