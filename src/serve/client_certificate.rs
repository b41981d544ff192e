//! `ssl_verify_client`: whether the client's certificate is what the request's server block wants, and what variables
//! show of it.

use crate::base::regex::Captures;
use crate::http::settings::ssl::VerifyClient;
use crate::http::uri::{self, Escape};
use crate::http::vars::ClientCertificate;
use crate::proto::Violation;
use crate::tls::{self, CertificateStatus, Verdict, X509};
use crate::worker::*;

use super::downstream;

/// The request has found its server block by its host.
pub fn check(w: &mut Worker, id: RequestId) -> Result<(), Violation> {
    let Some(check) = &w.conf.server(w.requests[id].server).ssl.verify_client else {
        return Ok(());
    };
    if is_other_name(w, id) {
        stay(w, id);
        return Err(Violation::OtherServerName);
    }
    let violation = match (verdict(w, id), check.mode) {
        (Verdict::Failed(e), VerifyClient::OptionalNoCa) if e.is_of_authority() => return Ok(()),
        (Verdict::Failed(_) | Verdict::NotVouched(_), _) => Violation::ClientCertificate,
        (Verdict::None, VerifyClient::On) => Violation::NoClientCertificate,
        (Verdict::None | Verdict::Trusted, _) => return Ok(()),
    };
    if let Some(tls) = downstream::tls_mut(w, id) {
        tls.forget_session();
    }
    Err(violation)
}

/// What the log says behind nginx's words for a certificate that is not trusted.
pub fn why(w: &mut Worker, id: RequestId) -> String {
    match verdict(w, id) {
        Verdict::Failed(e) => format!(": ({e})"),
        Verdict::NotVouched(status) => format!(": {}", status.words()),
        Verdict::None | Verdict::Trusted => String::new(),
    }
}

/// By the rules of the request's server block or, if that has none, of the handshake.
fn verdict(w: &mut Worker, id: RequestId) -> Verdict {
    let check = &w.conf.server(w.requests[id].server).ssl.verify_client;
    match downstream::judge_client(w, id, check.as_ref().map(|it| &it.rules)) {
        Verdict::Trusted => match status(w, id) {
            CertificateStatus::GOOD => Verdict::Trusted,
            status => Verdict::NotVouched(status),
        },
        verdict => verdict,
    }
}

/// The status of a trusted certificate by OCSP; good, if the request's server block has `ssl_ocsp off`. Responders
/// were asked by the settings of the handshake's server block: a block with other settings does not accept their
/// answers.
fn status(w: &Worker, id: RequestId) -> CertificateStatus {
    let asked = downstream::tls(w, id).and_then(|tls| tls.certificate_status());
    let Some(check) = &w.server_of(id).ssl.verify_client else {
        return asked.unwrap_or(CertificateStatus::GOOD);
    };
    let by =
        downstream::origin(w, id).map(|origin| &w.conf.server(origin.server).ssl.verify_client);
    let covers = by.and_then(|by| by.as_ref()).is_some_and(|by| by.covers(check));
    match asked {
        Some(CertificateStatus::GOOD) | None if check.ocsp.is_none() => CertificateStatus::GOOD,
        Some(CertificateStatus::GOOD) if !covers => CertificateStatus::RequestFailed,
        Some(status) => status,
        None => CertificateStatus::RequestFailed,
    }
}

/// SNI has named a server block, and the host is not that name.
fn is_other_name(w: &Worker, id: RequestId) -> bool {
    let request = &w.requests[id];
    let host = request.line.host.of(&request.head.bytes);
    let (Some(tls), Some(origin)) = (downstream::tls(w, id), downstream::origin(w, id)) else {
        return false;
    };
    let name = tls.hello().server_name.as_bytes();
    if name.is_empty() || name.eq_ignore_ascii_case(host) {
        return false;
    }
    let names = &w.conf.listen(origin.listen).names;
    // It took too long: then SNI has named none either.
    names.find(name, &mut Captures::default()).is_ok_and(|found| found.is_some())
}

/// The request is the business of the server block that was negotiated.
fn stay(w: &mut Worker, id: RequestId) {
    let Worker { conf, requests, channels, .. } = w;
    let request = &mut requests[id].it;
    if let Some((origin, last)) = downstream::place(channels, request) {
        let server = origin.server;
        *last = server;
        request.server = server;
        request.location = conf.server(server).root;
    }
}

/// `$ssl_client_…`
pub fn variable(w: &mut Worker, id: RequestId, what: ClientCertificate, out: &mut Vec<u8>) -> bool {
    use ClientCertificate::*;
    if what == Verify {
        let verdict = match downstream::tls(w, id) {
            Some(_) => verdict(w, id),
            None => return false,
        };
        match verdict {
            Verdict::None => out.extend_from_slice(b"NONE"),
            Verdict::Trusted => out.extend_from_slice(b"SUCCESS"),
            Verdict::Failed(e) => {
                out.extend_from_slice(b"FAILED:");
                out.extend_from_slice(e.words().as_bytes());
            }
            Verdict::NotVouched(status) => {
                out.extend_from_slice(b"FAILED:");
                out.extend_from_slice(status.words().as_bytes());
            }
        }
        return true;
    }
    let Some(tls) = downstream::tls(w, id) else { return false };
    if what == SignatureAlgorithm {
        out.extend_from_slice(tls.client_signature().as_bytes());
        return !tls.client_signature().is_empty();
    }
    let Some(der) = tls.client_certificate() else { return false };
    match what {
        RawCert => out.extend_from_slice(&tls::pem(der)),
        // Each line but the first begins with a tab, so that it may be the value of a field.
        Cert => {
            let pem = tls::pem(der);
            for (n, line) in pem.trim_ascii_end().split(|&byte| byte == b'\n').enumerate() {
                if n > 0 {
                    out.extend_from_slice(b"\n\t");
                }
                out.extend_from_slice(line);
            }
        }
        EscapedCert => uri::escape(&tls::pem(der), Escape::Component, out),
        Fingerprint => out.extend_from_slice(tls::fingerprint(der).as_bytes()),
        _ => {
            let Some(parsed) = X509::parse(der) else { return false };
            let text = match what {
                Subject => parsed.subject(),
                SubjectLegacy => parsed.subject_legacy(),
                Issuer => parsed.issuer(),
                IssuerLegacy => parsed.issuer_legacy(),
                Serial => parsed.serial(),
                Start => parsed.not_before_text(),
                End => parsed.not_after_text(),
                _ => ((parsed.not_after() - w.event.wall.secs).max(0) / 86_400).to_string(),
            };
            out.extend_from_slice(text.as_bytes());
        }
    }
    true
}
