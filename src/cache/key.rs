//! What an entry of a cache is known by: a digest of 128 bits, which names its file.

use crate::base::digest;

/// The MD5 of the bytes of a cache key, as nginx's; the bytes themselves are in the file, and are compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key(pub [u8; LEN]);

/// Which of the variants of a response it is, by the fields of the request that its `Vary` names.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Variant(pub [u8; LEN]);

/// Bytes of a digest.
pub const LEN: usize = 16;

/// Digits of a digest.
pub const DIGITS: usize = 2 * LEN;

/// Behind the digits, in the names of the files that are ours. nginx takes such a name for one of its temporary files,
/// because of the dot at the eleventh byte from the end, and leaves it alone.
pub const SUFFIX: &str = ".by_peerage";

/// What the name of a file in the directory of a cache says of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    Entry(Key),
    /// Being written, or left behind by a process that died.
    Temporary,
    /// nginx's, stored or temporary.
    Nginx,
    Foreign,
}

impl Key {
    pub fn of(bytes: &[u8]) -> Self {
        Self(md5::compute(bytes).0)
    }

    /// What a further variant of the response of this key is known by.
    pub fn with(self, variant: Variant) -> Self {
        let sum = digest::sha256_of_parts(&[&self.0, &variant.0]);
        Self(first(sum))
    }

    /// Lower case hexadecimal.
    pub fn hex(self) -> [u8; DIGITS] {
        let digit = |half: u8| b"0123456789abcdef"[usize::from(half & 15)];
        std::array::from_fn(|at| digit(self.0[at / 2] >> if at % 2 == 0 { 4 } else { 0 }))
    }

    fn parse(digits: &[u8]) -> Option<Self> {
        let half = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut key = [0; LEN];
        if digits.len() != DIGITS {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = half(pair[0])? << 4 | half(pair[1])?;
        }
        Some(Self(key))
    }
}

impl Variant {
    /// Of the names and values of fields, one behind the other.
    pub fn of(parts: &[&[u8]]) -> Self {
        Self(first(digest::sha256_of_parts(parts)))
    }
}

fn first(sum: [u8; 32]) -> [u8; LEN] {
    std::array::from_fn(|at| sum[at])
}

/// What a name in the directory of a cache means.
pub fn named(name: &[u8]) -> Named {
    let is_number = |rest: &[u8]| rest.len() == 10 && rest.iter().all(u8::is_ascii_digit);
    let Some((digits, rest)) = name.split_at_checked(DIGITS) else { return Named::Foreign };
    let Some(key) = Key::parse(digits) else { return Named::Foreign };
    match (rest.strip_prefix(SUFFIX.as_bytes()), rest) {
        (Some([]), _) => Named::Entry(key),
        (Some([b'.', number @ ..]), _) if is_number(number) => Named::Temporary,
        (None, []) => Named::Nginx,
        (None, [b'.', number @ ..]) if is_number(number) => Named::Nginx,
        _ => Named::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        let key = Key::of(b"http://localhost/");
        let hex = String::from_utf8(key.hex().to_vec()).unwrap();
        let of = |rest: &str| named(format!("{hex}{rest}").as_bytes());
        assert_eq!(of(SUFFIX), Named::Entry(key));
        assert_eq!(of(".by_peerage.0123456789"), Named::Temporary);
        assert_eq!((of(""), of(".0123456789")), (Named::Nginx, Named::Nginx));
        for other in [".by_peerage.012345678", ".by_peerage.x123456789", ".by_peerag", ".", "0"] {
            assert_eq!(of(other), Named::Foreign, "{other}");
        }
        for name in ["", "x", "README", &hex.to_uppercase(), &hex[..31]] {
            assert_eq!(named(name.as_bytes()), Named::Foreign, "{name}");
        }
    }

    #[test]
    fn nginx_leaves_our_names_alone() {
        for name in [SUFFIX, ".by_peerage.0123456789"] {
            assert_eq!(name.as_bytes()[name.len() - 11], b'.');
        }
    }

    #[test]
    fn keys_and_variants() {
        let key = Key::of(b"abc");
        assert_eq!(key.hex(), *b"900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(Key::parse(&key.hex()), Some(key));
        let [one, other] =
            [[b"a".as_slice(), b"bc"], [b"ab", b"c"]].map(|parts| Variant::of(&parts));
        assert_ne!(one, other);
        assert_ne!(key.with(one), key.with(other));
        assert_ne!(key.with(one), key);
    }
}
