//! Certificates, lists of what is revoked, and OCSP responses. Whatever a certificate says, its names are printable
//! ASCII and no longer than what their escapes make of them; the certificate in PEM is the same again.

use peerage::tls::{Authorities, Staple, X509, fingerprint, pem};

pub const WORDS: &[&[u8]] = &[
    b"\x30\x82",
    b"\x31\x80",
    b"\x06\x03\x55\x04\x03",
    b"\x0c\x05\r\nX: y",
    b"\x1e\x04\xd8\x00\xdc\x00",
    b"\x1c\x04\xff\xff\xff\xff",
    b"\x17\x0d000000000000Z",
    b"\x18\x0f99999999999999Z",
    b"\x55\x1d\x13",
    b"\x02\x01\x80",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls");
    let names = ["client.crt", "rsa.crt", "self.crt", "ca.crl", "localhost.ocsp"];
    let read = |name| std::fs::read(format!("{folder}/{name}")).expect("it is there");
    names.into_iter().map(|name| of_pem(read(name))).collect()
}

pub fn check(input: &[u8]) {
    let text = String::from_utf8(pem(input)).expect("base 64 is text");
    assert!(text.lines().all(|line| line.len() <= 64));
    assert_eq!(fingerprint(input).len(), 40);
    let _ = Staple::new(input);
    let _ = Authorities::new(1).trust(text.as_bytes());
    let _ = Authorities::new(1).revoke(text.replace("CERTIFICATE", "X509 CRL").as_bytes());
    let Some(it) = X509::parse(input) else { return };
    for text in [
        it.subject(),
        it.issuer(),
        it.subject_legacy(),
        it.issuer_legacy(),
        it.serial(),
        it.not_before_text(),
        it.not_after_text(),
    ] {
        assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
        assert!(text.len() <= 64 + 9 * input.len(), "{} of {}", text.len(), input.len());
    }
    let _ = (it.common_name(), it.is_authority(), it.not_before() <= it.not_after());
}

/// What is in the armour, if there is one.
pub fn of_pem(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.starts_with(b"-----BEGIN") {
        return bytes;
    }
    let text = String::from_utf8_lossy(&bytes);
    let digits = text.lines().filter(|line| !line.starts_with('-')).flat_map(str::bytes);
    let value = |digit| match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut out, mut bits, mut count) = (vec![], 0_u32, 0);
    for value in digits.filter_map(value) {
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
