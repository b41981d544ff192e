//! The certificates of server blocks, read once each, and what TLS is made with.

use std::fs;
use std::path::PathBuf;

use super::ServerSsl;
use crate::conf::error::{Error, Position};
use crate::http::settings::ssl::{PemFile, Ssl};
use crate::os::Errno;
use crate::tls::{Certificate, CertificateError, Clock, Server, ServerSettings, TicketKey};

/// What the server blocks of a configuration share.
#[derive(Debug, Default)]
pub(super) struct Tls {
    clock: Clock,
    key: Option<TicketKey>,
    certificates: Vec<((PathBuf, PathBuf), Certificate)>,
}

impl Tls {
    /// That of a server block; `at`: where it stands.
    pub(super) fn server(&mut self, ssl: Ssl, at: &Position) -> Result<ServerSsl, Error> {
        let mut certificates = vec![];
        for (n, certificate) in ssl.certificates.iter().enumerate() {
            let Some(key) = ssl.certificate_keys.get(n) else {
                let path = certificate.path.display();
                let what = "no \"ssl_certificate_key\" is defined for certificate";
                return Err(Error::new(format!("{what} \"{path}\""), &certificate.at));
            };
            certificates.push(self.certificate(certificate, key)?);
        }
        let server = match certificates.is_empty() {
            true => None,
            false => Some(self.with(&certificates, &ssl, at)?),
        };
        Ok(ServerSsl { server, reject_handshake: ssl.reject_handshake })
    }

    fn with(&mut self, all: &[Certificate], ssl: &Ssl, at: &Position) -> Result<Server, Error> {
        if self.key.is_none() && ssl.session_tickets {
            let none = || Error::new("no randomness for the keys of session tickets", at);
            self.key = Some(TicketKey::generate().ok_or_else(none)?);
        }
        let settings = ServerSettings {
            certificates: all,
            protocols: ssl.protocols,
            ciphers: &ssl.ciphers,
            groups: &ssl.groups,
            tickets: self.key.clone().filter(|_| ssl.session_tickets),
            session_timeout: ssl.session_timeout,
            prefer_server_ciphers: ssl.prefer_server_ciphers,
            record: ssl.buffer_size,
            clock: self.clock.clone(),
        };
        let none = || Error::new("no version of TLS is left to negotiate", at);
        Server::new(&settings).ok_or_else(none)
    }

    fn certificate(&mut self, file: &PemFile, key: &PemFile) -> Result<Certificate, Error> {
        let paths = (file.path.clone(), key.path.clone());
        if let Some((_, known)) = self.certificates.iter().find(|(known, _)| *known == paths) {
            return Ok(known.clone());
        }
        let chain = read(file, "certificate")?;
        let secret = read(key, "certificate key")?;
        let certificate = Certificate::new(&chain, &secret).map_err(|why| {
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
        self.certificates.push((paths, certificate.clone()));
        Ok(certificate)
    }
}

fn read(file: &PemFile, what: &str) -> Result<Vec<u8>, Error> {
    fs::read(&file.path).map_err(|e| {
        let (path, e) = (file.path.display(), Errno::from(e));
        let text = format!("cannot load {what} \"{path}\": BIO_new_file() failed ({e})");
        Error::new(text, &file.at)
    })
}
