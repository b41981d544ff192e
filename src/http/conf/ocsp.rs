//! Which responders are asked, of the certificates of clients and of our own.

use std::fs;

use super::OcspCheck;
use super::addrs::lookup;
use crate::conf::error::{Error, Position};
use crate::http::settings::responder::Responder;
use crate::http::settings::ssl::{Ocsp, Pem, Ssl, VerifyClient};
use crate::tls::{Certificate, Question, Sessions, Stapling};

/// `ssl_ocsp` of a server block; `at`: where that stands.
pub(super) fn check(
    ssl: &Ssl,
    cache: Option<Sessions>,
    has_resolver: bool,
    at: &Position,
) -> Result<Option<OcspCheck>, Error> {
    if ssl.ocsp == Ocsp::Off {
        return Ok(None);
    }
    if ssl.verify_client == VerifyClient::OptionalNoCa {
        let what = "\"ssl_ocsp\" is incompatible with \"ssl_verify_client optional_no_ca\"";
        return Err(Error::new(what, at));
    }
    let responder = match &ssl.ocsp_responder {
        None => None,
        Some(url) => {
            let wrong = |why| format!("{why} in OCSP responder \"{}\"", url.text);
            let found = known(&url.text, has_resolver);
            Some(found.map_err(|why| Error::new(wrong(why), &url.at))?)
        }
    };
    Ok(Some(OcspCheck { is_leaf: ssl.ocsp == Ocsp::Leaf, responder, cache }))
}

/// `ssl_stapling` without a file, of the certificates of a server block that `pairs` name. One whose staple cannot be
/// fetched goes without, and `warnings` says why.
pub(super) fn staplings(
    ssl: &Ssl,
    pairs: &[(Pem, Pem)],
    all: &[Certificate],
    has_resolver: bool,
    warnings: &mut Vec<(String, Position)>,
) -> Vec<(Stapling, Responder)> {
    if !ssl.stapling || ssl.stapling_file.is_some() {
        return vec![];
    }
    let others = ssl.trusted_certificate.as_ref().and_then(|file| fs::read(&file.path).ok());
    let others = others.unwrap_or_default();
    let mut found = vec![];
    for (certificate, (pem, _)) in all.iter().zip(pairs) {
        let name = pem.source().map_or_else(String::new, |it| it.to_string());
        let mut ignored = |why: String| {
            let what = format!("\"ssl_stapling\" ignored, {why} \"{name}\"");
            warnings.push((what, pem.at.clone()));
        };
        let Some(question) = Question::of_own(certificate, &others) else {
            ignored("issuer certificate not found for certificate".into());
            continue;
        };
        let own = ssl.stapling_responder.as_ref().map(|url| url.text.clone());
        let Some(url) = own.or_else(|| question.responder.clone()) else {
            ignored("no OCSP responder URL in the certificate".into());
            continue;
        };
        match known(&url, has_resolver) {
            Ok(responder) => found.push((Stapling::new(certificate.clone(), question), responder)),
            Err(why) => ignored(format!("{why} in OCSP responder \"{url}\" in the certificate")),
        }
    }
    found
}

/// The responder of that URL, whose addresses the system knows if there is no `resolver` to find them later.
fn known(url: &str, has_resolver: bool) -> Result<Responder, String> {
    let mut responder = Responder::parse(url).map_err(|e| e.to_string())?;
    if responder.addrs.is_empty() && !has_resolver {
        let found = lookup(&responder.host, responder.port);
        responder.addrs = found.ok_or("host not found")?;
    }
    Ok(responder)
}
