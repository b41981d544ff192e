//! What is read of a certificate, in the forms that OpenSSL and nginx have for it (RFC 5280, 4.1).

use std::fmt::Write;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::time::ASN1Time;

use super::distinguished_name::{one_line, rfc2253};
use crate::base::{base64, digest};

#[derive(Debug)]
pub struct X509<'a>(X509Certificate<'a>);

impl<'a> X509<'a> {
    /// None: it is no certificate, or more than one.
    pub fn parse(der: &'a [u8]) -> Option<Self> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        rest.is_empty().then_some(Self(certificate))
    }

    /// In seconds since 1970.
    pub fn not_before(&self) -> i64 {
        self.0.validity().not_before.timestamp()
    }

    /// In seconds since 1970.
    pub fn not_after(&self) -> i64 {
        self.0.validity().not_after.timestamp()
    }

    /// `Jan  1 00:00:00 2020 GMT`
    pub fn not_before_text(&self) -> String {
        text(self.0.validity().not_before)
    }

    /// As [`Self::not_before_text`].
    pub fn not_after_text(&self) -> String {
        text(self.0.validity().not_after)
    }

    /// As RFC 2253 has it, the most significant part last.
    pub fn subject(&self) -> String {
        rfc2253(self.0.subject())
    }

    /// As [`Self::subject`].
    pub fn issuer(&self) -> String {
        rfc2253(self.0.issuer())
    }

    /// In the form of OpenSSL's `X509_NAME_oneline`: `/C=XX/CN=one`.
    pub fn subject_legacy(&self) -> String {
        one_line(self.0.subject())
    }

    /// As [`Self::subject_legacy`].
    pub fn issuer_legacy(&self) -> String {
        one_line(self.0.issuer())
    }

    /// The URL of the first OCSP responder that it names (RFC 5280, 4.2.2.1).
    pub(super) fn ocsp_responder(&self) -> Option<&str> {
        let access = self.0.extensions().iter().find_map(|it| match it.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => Some(access),
            _ => None,
        });
        access?.iter().find_map(|it| match &it.access_location {
            GeneralName::URI(url) if it.access_method == OID_PKIX_ACCESS_DESCRIPTOR_OCSP => {
                Some(*url)
            }
            _ => None,
        })
    }

    pub(super) fn raw_serial(&self) -> &[u8] {
        self.0.raw_serial()
    }

    /// In DER.
    pub(super) fn raw_subject(&self) -> &[u8] {
        self.0.subject().as_raw()
    }

    /// Of the public key, without what says which kind it is of.
    pub(super) fn key_bits(&self) -> &[u8] {
        &self.0.public_key().subject_public_key.data
    }

    /// In hexadecimal digits, in capitals.
    pub fn serial(&self) -> String {
        let mut bytes = self.0.raw_serial();
        // What is there for the sign alone.
        while let [0, rest @ ..] = bytes {
            bytes = rest;
        }
        match (bytes.is_empty(), self.0.raw_serial().first()) {
            (true, _) => "00".into(),
            (false, Some(0x80..)) => format!("-{}", hex_of_negative(bytes)),
            (false, _) => hex(bytes, true),
        }
    }

    /// The last CN of the subject.
    pub fn common_name(&self) -> Option<&str> {
        self.0.subject().iter_common_name().last()?.as_str().ok()
    }

    pub fn is_self_issued(&self) -> bool {
        self.is_of(self)
    }

    /// The issuer's name is the other's.
    pub fn is_of(&self, issuer: &X509<'_>) -> bool {
        self.0.issuer().as_raw() == issuer.0.subject().as_raw()
    }

    /// It may have issued others: by its extensions, or as a self-issued one of version 1, which has none.
    pub fn is_authority(&self) -> bool {
        match self.0.basic_constraints() {
            Ok(Some(it)) => it.value.ca,
            Ok(None) => self.0.version().0 == 0 && self.is_self_issued(),
            Err(_) => false,
        }
    }
}

/// What webpki does not show of a revocation list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct RevocationList {
    /// In seconds since 1970.
    pub made_at: i64,
    pub version: u32,
}

impl RevocationList {
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let (_, list) = CertificateRevocationList::from_der(der).ok()?;
        let version = list.version().map_or(1, |it| it.0 + 1);
        Some(Self { made_at: list.last_update().timestamp(), version })
    }
}

/// The SHA-1 of a certificate, in hexadecimal digits.
pub fn fingerprint(der: &[u8]) -> String {
    hex(&digest::sha1(&[der]), false)
}

/// A certificate in PEM, with the end of its last line.
pub fn pem(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(der.len() * 4 / 3 + der.len() / 40 + 64);
    out.extend_from_slice(b"-----BEGIN CERTIFICATE-----\n");
    // 48 bytes are a line of 64 characters.
    for line in der.chunks(48) {
        base64::encode(line, false, &mut out);
        out.push(b'\n');
    }
    out.extend_from_slice(b"-----END CERTIFICATE-----\n");
    out
}

pub(super) fn hex(bytes: &[u8], capitals: bool) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = match capitals {
            true => write!(out, "{byte:02X}"),
            false => write!(out, "{byte:02x}"),
        };
    }
    out
}

/// The amount of a negative number in two's complement.
fn hex_of_negative(bytes: &[u8]) -> String {
    let mut amount: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
    for byte in amount.iter_mut().rev() {
        let (sum, is_over) = byte.overflowing_add(1);
        *byte = sum;
        if !is_over {
            break;
        }
    }
    let start = amount.iter().position(|&byte| byte != 0).unwrap_or(0);
    hex(&amount[start..], true)
}

fn text(time: ASN1Time) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = time.to_datetime();
    let month = MONTHS[usize::from(u8::from(at.month()) - 1) % 12];
    let (day, year) = (at.day(), at.year());
    let (hour, minute, second) = at.to_hms();
    format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    macro_rules! der {
        ($name:literal) => {
            CertificateDer::from_pem_slice(include_bytes!(concat!("../../t/tls/", $name, ".crt")))
                .unwrap()
        };
    }

    #[test]
    fn dates_and_names_are_read() {
        let der = der!("expired");
        let it = X509::parse(&der).unwrap();
        assert_eq!((it.not_before(), it.not_after()), (1_577_836_800, 1_577_923_200));
        assert_eq!(it.not_before_text(), "Jan  1 00:00:00 2020 GMT");
        assert_eq!((it.common_name(), &*it.issuer()), (Some("localhost"), "CN=Test CA"));
        assert_eq!((it.is_authority(), it.is_self_issued()), (false, false));
        let der = der!("self");
        let it = X509::parse(&der).unwrap();
        assert_eq!((it.not_after(), it.common_name()), (4_733_510_400, Some("localhost")));
        assert_eq!((it.is_authority(), it.is_self_issued()), (true, true));
    }

    #[test]
    fn names_are_escaped() {
        let der = der!("client");
        let it = X509::parse(&der).unwrap();
        let name = "OU=end\\ ,emailAddress=a@b.c,1.2.3.4.5=#0C0178,OU=a\\+b+OU=c,\
                    O=Gr\\C3\\BCn\\, \\\"und\\\" \\<Co\\>\\;\\\\x,ST=\\#1,C=XX,CN=\\ A client";
        assert_eq!(it.subject(), name);
        let name = "/CN= A client/C=XX/ST=#1/O=Gr\\xC3\\xBCn, \"und\" <Co>;\\x/OU=c+OU=a\\+b\
                    /1.2.3.4.5=x/emailAddress=a@b.c/OU=end ";
        assert_eq!(it.subject_legacy(), name);
    }

    #[test]
    fn a_certificate_in_pem_is_the_same_again() {
        for pem in [
            include_str!("../../t/tls/rsa.crt"),
            include_str!("../../t/tls/client.crt"),
            include_str!("../../t/tls/self.crt"),
        ] {
            let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
            assert_eq!(super::pem(&der), pem.as_bytes());
        }
    }

    #[test]
    fn what_is_cut_or_changed_does_no_harm() {
        for whole in [der!("rsa"), der!("client")] {
            let read = |der: &[u8]| {
                let Some(it) = X509::parse(der) else { return };
                it.common_name();
                it.is_authority();
                [it.subject(), it.subject_legacy(), it.issuer(), it.issuer_legacy(), it.serial()]
                    .iter()
                    .chain(&[it.not_before_text(), it.not_after_text()])
                    .for_each(|text| assert!(text.len() <= 3 * der.len() + 64));
            };
            for at in 0..whole.len() {
                read(&whole[..at]);
                for by in [1, 2, 0x10, 0x80, 0xff] {
                    let mut changed = whole.to_vec();
                    changed[at] ^= by;
                    read(&changed);
                }
            }
        }
    }

    #[test]
    fn negative_numbers_have_a_sign() {
        assert_eq!(hex_of_negative(&[0xff]), "01");
        assert_eq!(hex_of_negative(&[0x80, 0]), "8000");
        assert_eq!(hex_of_negative(&[0xfe, 0xff]), "0101");
    }
}
