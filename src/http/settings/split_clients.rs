//! `split_clients`: a variable whose value depends on the hash of a string.

use crate::http::vars::{Slot, Template};

/// One `split_clients` block.
#[derive(Debug)]
pub struct SplitClients {
    /// The variable's name, without `$`.
    pub name: Box<[u8]>,
    /// Where a request keeps the value once it is known (and where `set` would put another).
    pub slot: Slot,
    pub key: Template,
    /// In the order of the file.
    pub shares: Vec<Share>,
}

#[derive(Debug)]
pub struct Share {
    /// Hashes below this one; all for `*`.
    pub below: Option<u32>,
    pub value: Box<[u8]>,
}

impl SplitClients {
    pub fn find(&self, key: &[u8]) -> &[u8] {
        let hash = murmur2(key);
        let found = self.shares.iter().find(|share| share.below.is_none_or(|below| hash < below));
        found.map_or(b"", |share| &share.value)
    }
}

/// MurmurHash2 of 32 bits with the seed 0.
fn murmur2(key: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let (words, rest) = key.as_chunks::<4>();
    let mut hash = key.len() as u32;
    for word in words {
        let mixed = u32::from_le_bytes(*word).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (mixed ^ mixed >> 24).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let bytes = rest.iter().rev();
        hash = (hash ^ bytes.fold(0, |word, &byte| word << 8 | u32::from(byte))).wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::murmur2;

    #[test]
    fn hashes() {
        for (key, hash) in [
            ("", 0x00000000),
            ("a", 0x92685f5e),
            ("ab", 0x1aa14063),
            ("abc", 0x13577c9b),
            ("abcd", 0x26873021),
            ("127.0.0.1", 0xb6131d91),
        ] {
            assert_eq!(murmur2(key.as_bytes()), hash, "{key}");
        }
    }
}
