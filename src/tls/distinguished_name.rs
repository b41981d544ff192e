//! Distinguished names as text: the two forms that OpenSSL has for them.

use std::fmt::Write;

use x509_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::x509::hex;

/// RFC 2253: the last part first, `,` between parts, `+` inside one (XN_FLAG_RFC2253).
pub(super) fn rfc2253(name: &X509Name<'_>) -> String {
    let parts: Vec<_> = name.iter_rdn().collect();
    let mut out = String::new();
    for part in parts.into_iter().rev() {
        let attributes: Vec<_> = part.iter().collect();
        for (n, attribute) in attributes.into_iter().rev().enumerate() {
            match (out.is_empty(), n) {
                (true, _) => {}
                (false, 0) => out.push(','),
                (false, _) => out.push('+'),
            }
            let name = short_name(attribute);
            let value = attribute.attr_value();
            match name {
                Some(name) => out.push_str(name),
                None => out.push_str(&attribute.attr_type().to_id_string()),
            }
            out.push('=');
            // The value of an attribute that is not known is shown as it is encoded.
            match characters(value).filter(|_| name.is_some()) {
                Some(text) => escape(&text, &mut out),
                None => {
                    out.push('#');
                    out.push_str(&encoded(value));
                }
            }
        }
    }
    out
}

/// Bytes of UTF-8 that are no printable ASCII as `\XX`; special characters with `\` before them.
fn escape(text: &str, out: &mut String) {
    let last = text.len().wrapping_sub(1);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => {
                out.push('\\');
                out.push(byte.into());
            }
            b' ' if at == 0 || at == last => out.push_str("\\ "),
            b'#' if at == 0 => out.push_str("\\#"),
            b' '..=b'~' => out.push(byte.into()),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
}

/// `/C=XX/CN=one`: in the order of the certificate, bytes that are no printable ASCII as `\xXX`.
pub(super) fn one_line(name: &X509Name<'_>) -> String {
    let mut out = String::new();
    for part in name.iter_rdn() {
        for (n, attribute) in part.iter().enumerate() {
            out.push(if n == 0 { '/' } else { '+' });
            match short_name(attribute) {
                Some(name) => out.push_str(name),
                None => out.push_str(&attribute.attr_type().to_id_string()),
            }
            out.push('=');
            for &byte in attribute.attr_value().data {
                match byte {
                    b'/' | b'+' => {
                        out.push('\\');
                        out.push(byte.into());
                    }
                    b' '..=b'~' => out.push(byte.into()),
                    _ => {
                        let _ = write!(out, "\\x{byte:02X}");
                    }
                }
            }
        }
    }
    out
}

/// The text of a value; none if it is no string.
fn characters(value: &Any<'_>) -> Option<String> {
    let bytes = value.data;
    match value.tag() {
        // What is wrong in it is shown all the same.
        Tag::Utf8String => Some(String::from_utf8_lossy(bytes).into_owned()),
        // The second is ISO 8859-1 to OpenSSL.
        Tag::PrintableString
        | Tag::T61String
        | Tag::NumericString
        | Tag::Ia5String
        | Tag::VisibleString
        | Tag::UtcTime
        | Tag::GeneralizedTime => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|it| u16::from_be_bytes([it[0], it[1]]));
            Some(String::from_utf16_lossy(&units.collect::<Vec<_>>()))
        }
        Tag::UniversalString => {
            let units = bytes.chunks_exact(4);
            let units = units.map(|it| u32::from_be_bytes([it[0], it[1], it[2], it[3]]));
            Some(units.map(|it| char::from_u32(it).unwrap_or('\u{fffd}')).collect())
        }
        _ => None,
    }
}

/// A value in DER, in hexadecimal digits.
fn encoded(value: &Any<'_>) -> String {
    let header = &value.header;
    let class = (header.class() as u8) << 6 | u8::from(header.constructed()) << 5;
    let mut der = vec![class | header.tag().0 as u8 & 0x1f];
    let len = value.data.len();
    match len {
        0..0x80 => der.push(len as u8),
        _ => {
            let digits = len.to_be_bytes();
            let digits = &digits[len.leading_zeros() as usize / 8..];
            der.push(0x80 | digits.len() as u8);
            der.extend_from_slice(digits);
        }
    }
    der.extend_from_slice(value.data);
    hex(&der, true)
}

/// OpenSSL's short name of an attribute, if it has one.
fn short_name(attribute: &AttributeTypeAndValue<'_>) -> Option<&'static str> {
    let oid = attribute.attr_type().as_bytes();
    NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

/// Of X.520, of PKCS #9, of RFC 4519 and of the CA/Browser Forum.
const NAMES: &[(&[u8], &str)] = &[
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 4], "SN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "street"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 12], "title"),
    (&[0x55, 4, 13], "description"),
    (&[0x55, 4, 14], "searchGuide"),
    (&[0x55, 4, 15], "businessCategory"),
    (&[0x55, 4, 16], "postalAddress"),
    (&[0x55, 4, 17], "postalCode"),
    (&[0x55, 4, 18], "postOfficeBox"),
    (&[0x55, 4, 19], "physicalDeliveryOfficeName"),
    (&[0x55, 4, 20], "telephoneNumber"),
    (&[0x55, 4, 41], "name"),
    (&[0x55, 4, 42], "GN"),
    (&[0x55, 4, 43], "initials"),
    (&[0x55, 4, 44], "generationQualifier"),
    (&[0x55, 4, 45], "x500UniqueIdentifier"),
    (&[0x55, 4, 46], "dnQualifier"),
    (&[0x55, 4, 51], "houseIdentifier"),
    (&[0x55, 4, 65], "pseudonym"),
    (&[0x55, 4, 72], "role"),
    (&[0x55, 4, 97], "organizationIdentifier"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2], "unstructuredName"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 8], "unstructuredAddress"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 3], "mail"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 1], "jurisdictionL"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 2], "jurisdictionST"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3], "jurisdictionC"),
];
