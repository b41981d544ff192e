//! What is answered, and whether it may be believed (RFC 6960, 3.2): the issuer has signed it, or a certificate of the
//! issuer's that is for that alone; it is about the certificate that was asked for; and it is of now.

use std::fmt;
use std::time::Duration;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use super::super::der::{self, Element};
use super::question::{Question, SHA1};

/// Whether a certificate is revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Good,
    Revoked,
    Unknown,
}

/// A response that may be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    pub status: Status,
    /// Until when, in seconds since 1970; none: that was not said.
    pub next_update: Option<u64>,
}

/// Why a response is none, in the words of nginx and OpenSSL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResponseError {
    Format,
    /// By its number (RFC 6960, 4.2.1).
    NotSuccessful(u8),
    Signature,
    NotFound,
    Time,
}

/// How far the clocks of two machines may be apart, in seconds: nginx's number.
const SKEW: u64 = 300;

/// Of the certificates in a response no more are looked at.
const MOST_CERTIFICATES: usize = 4;

/// `id-pkix-ocsp-basic`, `id-kp-OCSPSigning`
const BASIC: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1, 1];
const OCSP_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 9];

impl Status {
    /// OpenSSL's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
        }
    }
}

impl Question {
    /// Reads the response to it, in DER; `now` is in seconds since 1970.
    pub fn read(&self, response: &[u8], now: u64) -> Result<Answer, ResponseError> {
        let response = successful(response)?;
        let basic = basic(response).ok_or(ResponseError::Format)?;
        if !basic.is_signed_for(&self.issuer, now) {
            return Err(ResponseError::Signature);
        }
        let mut singles = responses(basic.data.contents).ok_or(ResponseError::Format)?;
        while let Some((single, rest)) = der::expect(singles, der::SEQUENCE) {
            let (id, single) = der::next(single).ok_or(ResponseError::Format)?;
            if is_same(id.contents, &self.id) {
                return read_single(single, now);
            }
            singles = rest;
        }
        Err(ResponseError::NotFound)
    }
}

/// `OCSPResponse`: its bytes, if it has some.
fn successful(der: &[u8]) -> Result<&[u8], ResponseError> {
    let parts = || {
        let (response, rest) = der::expect(der, der::SEQUENCE)?;
        let (status, bytes) = der::expect(response, der::ENUMERATED)?;
        rest.is_empty().then_some((status, bytes))
    };
    match parts() {
        None => Err(ResponseError::Format),
        Some(([0], bytes)) => Ok(bytes),
        Some(([status], _)) => Err(ResponseError::NotSuccessful(*status)),
        Some(_) => Err(ResponseError::Format),
    }
}

/// `BasicOCSPResponse`
struct Basic<'a> {
    /// What is signed.
    data: Element<'a>,
    algorithm: &'a [u8],
    signature: &'a [u8],
    certificates: &'a [u8],
}

fn basic(bytes: &[u8]) -> Option<Basic<'_>> {
    let (bytes, _) = der::expect(bytes, der::context(0))?;
    let (bytes, _) = der::expect(bytes, der::SEQUENCE)?;
    let (kind, bytes) = der::expect(bytes, der::OID)?;
    let (basic, _) = der::expect(bytes, der::OCTET_STRING)?;
    let (basic, _) = der::expect(basic, der::SEQUENCE)?;
    let (data, basic) = der::next(basic)?;
    let (algorithm, basic) = der::expect(basic, der::SEQUENCE)?;
    let (signature, basic) = der::expect(basic, der::BIT_STRING)?;
    let (certificates, _) = der::optional(basic, der::context(0))?;
    let certificates = match certificates {
        Some(list) => der::expect(list, der::SEQUENCE)?.0,
        None => &[],
    };
    // Whole bytes.
    let signature = signature.strip_prefix(&[0])?;
    let is_basic = kind == BASIC && data.tag == der::SEQUENCE;
    is_basic.then_some(Basic { data, algorithm, signature, certificates })
}

impl Basic<'_> {
    /// By the issuer, or a certificate of its for OCSP.
    fn is_signed_for(&self, issuer: &CertificateDer<'_>, now: u64) -> bool {
        if self.is_signed_by(issuer) {
            return true;
        }
        let Ok(anchor) = anchor_from_trusted_cert(issuer) else { return false };
        let (algorithms, usage) = (algorithms(), KeyUsage::required(OCSP_SIGNING));
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        let mut certificates = self.certificates;
        for _ in 0..MOST_CERTIFICATES {
            let Some((it, rest)) = der::next(certificates) else { break };
            certificates = rest;
            let it = CertificateDer::from(it.whole);
            let is_for_ocsp = |it: &EndEntityCert<'_>| {
                let anchors = std::slice::from_ref(&anchor);
                it.verify_for_usage(algorithms, anchors, &[], now, usage, None, None).is_ok()
            };
            if EndEntityCert::try_from(&it).is_ok_and(|it| is_for_ocsp(&it)) {
                if self.is_signed_by(&it) {
                    return true;
                }
            }
        }
        false
    }

    fn is_signed_by(&self, certificate: &CertificateDer<'_>) -> bool {
        let Ok(it) = EndEntityCert::try_from(certificate) else { return false };
        let of_signature = |alg: &&&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
            alg.signature_alg_id().as_ref() == self.algorithm
        };
        let mut algorithms = algorithms().iter().filter(of_signature);
        algorithms.any(|&alg| it.verify_signature(alg, self.data.whole, self.signature).is_ok())
    }
}

fn algorithms() -> &'static [&'static dyn rustls::pki_types::SignatureVerificationAlgorithm] {
    default_provider().signature_verification_algorithms.all
}

/// `ResponseData`: the list of single responses in it.
fn responses(data: &[u8]) -> Option<&[u8]> {
    let (_, data) = der::optional(data, der::context(0))?;
    // Who responds, and when it was made.
    let (_, data) = der::next(data)?;
    let (_, data) = der::next(data)?;
    Some(der::expect(data, der::SEQUENCE)?.0)
}

/// Whether a `CertID` is the one that was asked for: with the same hash, whose parameters may be absent.
fn is_same(id: &[u8], asked: &[u8]) -> bool {
    let split = |id| {
        let (algorithm, rest) = der::expect(id, der::SEQUENCE)?;
        Some((der::next(algorithm)?.0.whole, rest))
    };
    let asked = der::expect(asked, der::SEQUENCE).map_or(&[][..], |(contents, _)| contents);
    let sha1 = der::expect(SHA1, der::SEQUENCE).and_then(|(it, _)| der::next(it));
    match (split(id), split(asked), sha1) {
        (Some((algorithm, rest)), Some((_, asked)), Some((sha1, _))) => {
            algorithm == sha1.whole && rest == asked
        }
        _ => false,
    }
}

/// `SingleResponse`, behind its `CertID`.
fn read_single(single: &[u8], now: u64) -> Result<Answer, ResponseError> {
    let parts = || {
        let (status, rest) = der::next(single)?;
        let status = match status.tag & 0x1f {
            0 => Status::Good,
            1 => Status::Revoked,
            2 => Status::Unknown,
            _ => return None,
        };
        let (this_update, rest) = time(rest)?;
        let (next_update, _) = der::optional(rest, der::context(0))?;
        let next_update = match next_update {
            Some(it) => Some(time(it)?.0),
            None => None,
        };
        Some((status, this_update, next_update))
    };
    let (status, this_update, next_update) = parts().ok_or(ResponseError::Format)?;
    let is_over =
        next_update.is_some_and(|next| next.saturating_add(SKEW) < now || next < this_update);
    match this_update > now.saturating_add(SKEW) || is_over {
        true => Err(ResponseError::Time),
        false => Ok(Answer { status, next_update }),
    }
}

/// A `GeneralizedTime`, in seconds since 1970, and what follows it.
fn time(der: &[u8]) -> Option<(u64, &[u8])> {
    let (element, rest) = der::next(der)?;
    let (_, time) = ASN1Time::from_der(element.whole).ok()?;
    Some((u64::try_from(time.timestamp()).ok()?, rest))
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("d2i_OCSP_RESPONSE() failed"),
            Self::Signature => f.write_str("OCSP_basic_verify() failed"),
            Self::NotFound => f.write_str("certificate status not found in the OCSP response"),
            Self::Time => f.write_str("OCSP_check_validity() failed"),
            Self::NotSuccessful(status) => {
                let name = match status {
                    1 => "malformedrequest",
                    2 => "internalerror",
                    3 => "trylater",
                    5 => "sigrequired",
                    6 => "unauthorized",
                    _ => "(UNKNOWN)",
                };
                write!(f, "OCSP response not successful ({status}: {name})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    const NOW: u64 = 2_000_000_000;

    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../../t/tls/", $name)).as_slice()
        };
    }

    fn question(certificate: &[u8]) -> Question {
        let [certificate, issuer] =
            [certificate, file!("ca.crt")].map(|pem| CertificateDer::from_pem_slice(pem).unwrap());
        Question::new(&certificate, &issuer).unwrap()
    }

    #[test]
    fn what_the_issuer_or_one_that_it_names_has_signed_is_believed() {
        let asked = question(file!("client.crt"));
        let read = |response| asked.read(response, NOW).map(|it| it.status);
        for (response, found) in [
            (file!("client-good.ocsp"), Ok(Status::Good)),
            (file!("client-delegated.ocsp"), Ok(Status::Good)),
            (file!("client-revoked.ocsp"), Ok(Status::Revoked)),
            (file!("client-unknown.ocsp"), Ok(Status::Unknown)),
            (file!("client-unlimited.ocsp"), Ok(Status::Good)),
            (file!("client-forged.ocsp"), Err(ResponseError::Signature)),
            (file!("client-expired.ocsp"), Err(ResponseError::Time)),
            (file!("localhost.ocsp"), Err(ResponseError::NotFound)),
            (file!("inner-good.ocsp"), Err(ResponseError::Signature)),
            (b"", Err(ResponseError::Format)),
            (&[0x30, 3, 10, 1, 3], Err(ResponseError::NotSuccessful(3))),
        ] {
            assert_eq!(read(response), found);
        }
        let e = ResponseError::NotSuccessful(3).to_string();
        assert_eq!(e, "OCSP response not successful (3: trylater)");
    }

    #[test]
    fn a_response_holds_for_its_time() {
        let asked = question(file!("client.crt"));
        let next = asked.read(file!("client-good.ocsp"), NOW).unwrap().next_update.unwrap();
        for (now, found) in [
            (next + SKEW, true),
            (next + SKEW + 1, false),
            // It was made on the next day.
            (1_577_836_800, false),
        ] {
            assert_eq!(asked.read(file!("client-good.ocsp"), now).is_ok(), found, "{now}");
        }
        let unlimited = asked.read(file!("client-unlimited.ocsp"), NOW).unwrap();
        assert_eq!(unlimited.next_update, None);
    }

    #[test]
    fn no_changed_response_is_believed() {
        let asked = question(file!("client.crt"));
        for whole in [file!("client-good.ocsp"), file!("client-delegated.ocsp")] {
            let basic = basic(successful(whole).unwrap()).unwrap();
            let signed = basic.data.whole.as_ptr() as usize - whole.as_ptr() as usize;
            let signed = signed..signed + basic.data.whole.len();
            for at in 0..whole.len() {
                let mut changed = whole.to_vec();
                changed[at] ^= [1, 0x10, 0x80, 0xff][at % 4];
                match asked.read(&changed, NOW) {
                    // As a change of the issuer's own certificate, which comes along for nothing.
                    Ok(answer) if !signed.contains(&at) => {
                        assert_eq!(answer, asked.read(whole, NOW).unwrap());
                    }
                    found => assert!(found.is_err(), "{at}"),
                }
                assert!(asked.read(&whole[..at], NOW).is_err(), "{at}");
            }
        }
    }

    #[test]
    fn a_question_names_its_certificate_as_openssl_does() {
        let asked = question(file!("localhost.crt"));
        // `CertID` of the response that openssl made to a request of its own.
        let response = file!("localhost.ocsp");
        assert!(response.windows(asked.id().len()).any(|it| it == asked.id()));
        assert!(asked.request().ends_with(asked.id()));
        let named = question(file!("named.crt"));
        assert_eq!(named.responder.as_deref(), Some("http://ocsp.example/status"));
        assert_eq!(asked.responder, None);
    }
}
