//! Sums of texts, and random bytes, for who needs no connection.

use aws_lc_rs::{digest, hmac, rand};

pub fn sha1(text: &[u8]) -> [u8; 20] {
    first(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text).as_ref())
}

/// RFC 2104.
pub fn hmac_sha1(key: &[u8], text: &[u8]) -> [u8; 20] {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    first(hmac::sign(&key, text).as_ref())
}

pub fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    first(hmac::sign(&key, text).as_ref())
}

/// Fills `out` with bytes that cannot be guessed. False: there are none.
pub fn random(out: &mut [u8]) -> bool {
    rand::fill(out).is_ok()
}

fn first<const N: usize>(sum: &[u8]) -> [u8; N] {
    *sum.first_chunk().expect("the length of the sum is that of its kind")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        assert_eq!(sha1(b"abc")[..4], [0xa9, 0x99, 0x3e, 0x36]);
        assert_eq!(hmac_sha1(b"key", b"x")[..4], [0x2a, 0x00, 0xe8, 0xe8]);
        assert_eq!(
            hmac_sha256(b"Jefe", b"what do ya want for nothing?")[..4],
            [0x5b, 0xdc, 0xc1, 0x46]
        );
    }
}
