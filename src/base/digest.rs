//! Digests of the SHA family, and codes with a key (RFC 2104), of AWS-LC.

use aws_lc_rs::digest::{
    Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA224, SHA256, SHA384, SHA512, digest,
};
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512};

/// Of the parts, one behind the other.
pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 20];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// Of the parts with their lengths: the same bytes, cut in another way, have another digest.
pub fn sha256_of_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

pub fn sha224(text: &[u8]) -> Vec<u8> {
    of(&SHA224, text)
}

pub fn sha256(text: &[u8]) -> Vec<u8> {
    of(&SHA256, text)
}

pub fn sha384(text: &[u8]) -> Vec<u8> {
    of(&SHA384, text)
}

pub fn sha512(text: &[u8]) -> Vec<u8> {
    of(&SHA512, text)
}

fn of(algorithm: &'static Algorithm, text: &[u8]) -> Vec<u8> {
    digest(algorithm, text).as_ref().to_vec()
}

pub fn hmac_sha512(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(HMAC_SHA512, key), text).as_ref().to_vec()
}

pub fn hmac_sha1(key: &[u8], text: &[u8]) -> [u8; 20] {
    let mut out = [0; 20];
    let key = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    out.copy_from_slice(hmac::sign(&key, text).as_ref());
    out
}

pub fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let key = hmac::Key::new(HMAC_SHA256, key);
    out.copy_from_slice(hmac::sign(&key, text).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests() {
        let sum = sha1(&[b"a", b"bc"]);
        assert_eq!(sum[..4], [0xa9, 0x99, 0x3e, 0x36]);
        assert_ne!(sha256_of_parts(&[b"a", b"bc"]), sha256_of_parts(&[b"ab", b"c"]));
        assert_eq!(hmac_sha1(b"key", b"x")[..4], [0x2a, 0x00, 0xe8, 0xe8]);
        let sum = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(sum[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }
}
