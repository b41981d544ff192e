//! Whose certificates are trusted: the files of server blocks and of upstreams, read once each.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use super::ClientCheck;
use crate::conf::error::{Error, Position};
use crate::http::settings::ssl::{PemFile, Ssl, VerifyClient};
use crate::os::Errno;
use crate::tls::{Authorities, ClientRules};

/// The rules of all server blocks, by what makes them what they are.
#[derive(Debug, Default)]
pub(super) struct AllClientRules(Vec<(Key, Arc<ClientRules>)>);

/// `ssl_client_certificate`, `ssl_trusted_certificate`, `ssl_crl`, `ssl_verify_depth`.
type Key = ([Option<PathBuf>; 3], u32);

impl AllClientRules {
    /// `ssl_verify_client` of a server block; `at`: where that stands.
    pub(super) fn of(&mut self, ssl: &Ssl, at: &Position) -> Result<Option<ClientCheck>, Error> {
        let is_by_ca = matches!(ssl.verify_client, VerifyClient::On | VerifyClient::Optional);
        if is_by_ca && ssl.client_certificate.is_none() && ssl.trusted_certificate.is_none() {
            let what = "no ssl_client_certificate or ssl_trusted_certificate for \
                        ssl_verify_client";
            return Err(Error::new(what, at));
        }
        self.of_handshakes_by_others(ssl)
    }

    /// Of a server block without a certificate, whose requests come with the handshake of another; without
    /// authorities it trusts no certificate.
    pub(super) fn of_handshakes_by_others(
        &mut self,
        ssl: &Ssl,
    ) -> Result<Option<ClientCheck>, Error> {
        let mode = ssl.verify_client;
        if mode == VerifyClient::Off {
            return Ok(None);
        }
        let files = [&ssl.client_certificate, &ssl.trusted_certificate, &ssl.crl];
        let [announced, trusted, _] = files.map(Option::as_ref);
        let paths = files.map(|file| file.as_ref().map(|it| it.path.clone()));
        let key = (paths, ssl.verify_depth);
        if let Some((_, rules)) = self.0.iter().find(|(known, _)| *known == key) {
            return Ok(Some(ClientCheck { mode, rules: rules.clone(), ocsp: None }));
        }
        let mut all = Authorities::new(ssl.verify_depth);
        let announced = match announced {
            None => None,
            Some(file) => {
                let mut it = Authorities::new(0);
                trust(&mut it, file)?;
                trust(&mut all, file)?;
                Some(it)
            }
        };
        if let Some(file) = trusted {
            trust(&mut all, file)?;
        }
        if let Some(file) = &ssl.crl {
            revoke(&mut all, file)?;
        }
        let rules = Arc::new(ClientRules::new(all, announced.as_ref()));
        self.0.push((key, rules.clone()));
        Ok(Some(ClientCheck { mode, rules, ocsp: None }))
    }
}

/// Those of servers: `proxy_ssl_trusted_certificate`, `proxy_ssl_verify_depth`, `proxy_ssl_crl`.
pub(super) fn of_servers(
    trusted: &PemFile,
    depth: u32,
    crl: Option<&PemFile>,
) -> Result<Authorities, Error> {
    let mut all = Authorities::new(depth);
    trust(&mut all, trusted)?;
    if let Some(file) = crl {
        revoke(&mut all, file)?;
    }
    Ok(all)
}

fn trust(to: &mut Authorities, file: &PemFile) -> Result<(), Error> {
    load(file, "SSL_CTX_load_verify_locations", |pem| to.trust(pem))
}

fn revoke(to: &mut Authorities, file: &PemFile) -> Result<(), Error> {
    load(file, "X509_load_crl_file", |pem| to.revoke(pem))
}

/// Hands a file on; an error has nginx's words for one of OpenSSL's `call`.
fn load(
    file: &PemFile,
    call: &str,
    take: impl FnOnce(&[u8]) -> Result<(), String>,
) -> Result<(), Error> {
    let read = fs::read(&file.path).map_err(|e| Errno::from(e).to_string());
    read.and_then(|pem| take(&pem)).map_err(|why| {
        let path = file.path.display();
        Error::new(format!("{call}(\"{path}\") failed ({why})"), &file.at)
    })
}
