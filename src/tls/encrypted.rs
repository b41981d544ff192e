//! Private keys in PEM, encrypted with a password or not.
//!
//! Two forms of encryption are read: PKCS#8 by PBES2 with PBKDF2 (RFC 5958; RFC 8018, 6.2), which OpenSSL writes by
//! default, and OpenSSL's traditional one (`Proc-Type: 4,ENCRYPTED`; RFC 1421, 4.6.1.1, and EVP_BytesToKey(3) with MD5).
//! Passwords and what is decrypted are overwritten when they are given back.

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::pbkdf2;
use des::TdesEde3;
use des::cipher::{BlockCipherDecrypt, KeyInit};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

use super::der::{INTEGER, OCTET_STRING, OID, SEQUENCE, expect};

type Secret = Zeroizing<Vec<u8>>;

/// The lines of an `ssl_password_file`, tried one after the other.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Passwords(Vec<Secret>);

/// nginx's bound on a line of such a file, in bytes.
const LONGEST: usize = 4096;

impl Passwords {
    /// Empty lines are none; a file without any has the empty password. None: a line is too long.
    pub fn parse(file: &[u8]) -> Option<Self> {
        let mut all = Vec::new();
        for line in file.split(|&byte| byte == b'\n') {
            if line.len() >= LONGEST {
                return None;
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                all.push(Secret::new(line.to_vec()));
            }
        }
        if all.is_empty() {
            all.push(Secret::default());
        }
        Some(Self(all))
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passwords")
    }
}

/// The first private key of a file. The error is in OpenSSL's words where it has some.
pub(super) fn private_key(
    pem: &[u8],
    passwords: &Passwords,
) -> Result<Zeroizing<PrivateKeyDer<'static>>, String> {
    let section = Section::find(pem)?;
    let Some(encrypted) = section.encrypted()? else {
        return section.key(base64(section.body)?);
    };
    if passwords.0.is_empty() {
        return Err("the key is encrypted, and there is no password".into());
    }
    // Padding is right by chance once in 256 times.
    let is_whole = |der: &Secret| expect(der, SEQUENCE).is_some_and(|(_, rest)| rest.is_empty());
    let mut found = passwords.0.iter().filter_map(|password| encrypted.decrypt(password));
    section.key(found.find(is_whole).ok_or("bad decrypt")?)
}

const ENCRYPTED: &[u8] = b"ENCRYPTED PRIVATE KEY";

/// A part of a file in PEM.
struct Section<'a> {
    label: &'a [u8],
    /// Headers, if there are some, and base64.
    body: &'a [u8],
}

impl<'a> Section<'a> {
    /// The first one with a private key.
    fn find(pem: &'a [u8]) -> Result<Self, String> {
        let mut rest = pem;
        while let Some(at) = find(rest, b"-----BEGIN ") {
            rest = &rest[at + 11..];
            let Some(end) = find(rest, b"-----") else { break };
            let label = &rest[..end];
            rest = &rest[end + 5..];
            if label.ends_with(b"PRIVATE KEY") {
                let end = [b"-----END ", label, b"-----"].concat();
                let end = find(rest, &end).ok_or("bad end line")?;
                return Ok(Self { label, body: rest[..end].trim_ascii_start() });
            }
        }
        Err("no start line".into())
    }

    /// The key, if it is encrypted.
    fn encrypted(&self) -> Result<Option<Encrypted>, String> {
        if self.label == ENCRYPTED {
            return Pbes2::parse(&base64(self.body)?).map(|it| Some(Encrypted::Pbes2(it)));
        }
        if !self.body.starts_with(b"Proc-Type:") {
            return Ok(None);
        }
        let (mut rest, mut found) = (self.body, None);
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            let line = rest[..end].trim_ascii();
            rest = &rest[end + 1..];
            match line.strip_prefix(b"DEK-Info:") {
                Some(info) => found = Some(DekInfo::parse(info.trim_ascii())?),
                None if line.is_empty() => break,
                None => {}
            }
        }
        let dek = found.ok_or("not dek info")?;
        Ok(Some(Encrypted::Traditional(dek, base64(rest)?)))
    }

    fn key(&self, mut der: Secret) -> Result<Zeroizing<PrivateKeyDer<'static>>, String> {
        let der = std::mem::take(&mut *der);
        let key: PrivateKeyDer<'static> = match self.label {
            b"RSA PRIVATE KEY" => PrivatePkcs1KeyDer::from(der).into(),
            b"EC PRIVATE KEY" => PrivateSec1KeyDer::from(der).into(),
            b"PRIVATE KEY" | ENCRYPTED => PrivatePkcs8KeyDer::from(der).into(),
            other => {
                drop(Secret::new(der));
                let kind = String::from_utf8_lossy(other);
                return Err(format!("unsupported: \"{kind}\""));
            }
        };
        Ok(Zeroizing::new(key))
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, what)
}

enum Encrypted {
    Pbes2(Pbes2),
    Traditional(DekInfo, Secret),
}

impl Encrypted {
    fn decrypt(&self, password: &[u8]) -> Option<Secret> {
        match self {
            Self::Pbes2(it) => it.decrypt(password),
            Self::Traditional(it, data) => it.decrypt(password, data),
        }
    }
}

/// A reader of PEM decodes it.
fn base64(body: &[u8]) -> Result<Secret, String> {
    let begin = b"-----BEGIN PRIVATE KEY-----\n".as_slice();
    let pem = Secret::new([begin, body.trim_ascii(), b"\n-----END PRIVATE KEY-----\n"].concat());
    let key = PrivatePkcs8KeyDer::from_pem_slice(&pem).map_err(|_| "bad base64 decode")?;
    let key = Zeroizing::new(key);
    Ok(Secret::new(key.secret_pkcs8_der().to_vec()))
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
}

impl Cipher {
    /// In bytes.
    fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    fn iv_len(self) -> usize {
        if self == Self::TripleDes { 8 } else { 16 }
    }

    /// Of the length of the cipher: the key, and `iv`. None: the padding is wrong.
    fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Secret> {
        let algorithm = match self {
            Self::Aes128 => &AES_128,
            Self::Aes192 => &AES_192,
            Self::Aes256 => &AES_256,
            Self::TripleDes => return triple_des(key, iv.try_into().ok()?, data),
        };
        aes(algorithm, key, iv.try_into().ok()?, data)
    }
}

fn aes(algorithm: &'static Algorithm, key: &[u8], iv: &[u8; 16], data: &[u8]) -> Option<Secret> {
    let key = UnboundCipherKey::new(algorithm, key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let mut data = Secret::new(data.to_vec());
    let plain = key.decrypt(&mut data, DecryptionContext::Iv128(iv.into())).ok()?;
    Some(Secret::new(plain.to_vec()))
}

fn triple_des(key: &[u8], iv: &[u8; 8], data: &[u8]) -> Option<Secret> {
    let cipher = TdesEde3::new_from_slice(key).ok()?;
    let (blocks, []) = data.as_chunks::<8>() else { return None };
    let mut plain = Secret::new(Vec::with_capacity(data.len()));
    let mut before = iv;
    for block in blocks {
        let mut it = (*block).into();
        cipher.decrypt_block(&mut it);
        plain.extend(it.iter().zip(before).map(|(a, b)| a ^ b));
        before = block;
    }
    let padding = *plain.last()?;
    let len = plain.len().checked_sub(usize::from(padding))?;
    let is_right = (1..=8).contains(&padding) && plain[len..].iter().all(|&it| it == padding);
    plain.truncate(len);
    is_right.then_some(plain)
}

/// `DEK-Info: AES-256-CBC,IV in hexadecimal digits`
struct DekInfo {
    cipher: Cipher,
    iv: Vec<u8>,
}

impl DekInfo {
    fn parse(text: &[u8]) -> Result<Self, String> {
        let at = text.iter().position(|&byte| byte == b',').ok_or("bad iv chars")?;
        let cipher = match &text[..at] {
            b"AES-128-CBC" => Cipher::Aes128,
            b"AES-192-CBC" => Cipher::Aes192,
            b"AES-256-CBC" => Cipher::Aes256,
            b"DES-EDE3-CBC" => Cipher::TripleDes,
            name => {
                let name = String::from_utf8_lossy(name);
                return Err(format!("unsupported encryption: \"{name}\""));
            }
        };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|it| it as u8);
        let digits: Option<Vec<u8>> = text[at + 1..].iter().map(digit).collect();
        let iv = digits
            .map(|it| it.chunks(2).map(|two| two.iter().fold(0, |n, d| n << 4 | d)).collect());
        match iv {
            Some(iv) if text[at + 1..].len() == 2 * cipher.iv_len() => Ok(Self { cipher, iv }),
            _ => Err("bad iv chars".into()),
        }
    }

    fn decrypt(&self, password: &[u8], data: &[u8]) -> Option<Secret> {
        let mut key = Secret::new(Vec::with_capacity(64));
        let mut last: Zeroizing<[u8; 16]> = Zeroizing::default();
        while key.len() < self.cipher.key_len() {
            let mut digest = md5::Context::new();
            if !key.is_empty() {
                digest.consume(*last);
            }
            digest.consume(password);
            digest.consume(self.iv.first_chunk::<8>()?);
            *last = digest.finalize().0;
            key.extend(*last);
        }
        self.cipher.decrypt(&key[..self.cipher.key_len()], &self.iv, data)
    }
}

/// How an `EncryptedPrivateKeyInfo` is encrypted.
struct Pbes2 {
    prf: pbkdf2::Algorithm,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    cipher: Cipher,
    iv: Vec<u8>,
    data: Vec<u8>,
}

/// More take minutes.
const MOST_ITERATIONS: u32 = 100_000_000;

macro_rules! pkcs {
    ($($number:literal),+) => { &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, $($number),+] };
}
macro_rules! aes {
    ($number:literal) => {
        &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, $number]
    };
}
const PBES2: &[u8] = pkcs!(1, 5, 13);
const PBKDF2: &[u8] = pkcs!(1, 5, 12);
const HMAC_SHA1: &[u8] = pkcs!(2, 7);
const HMAC_SHA256: &[u8] = pkcs!(2, 9);
const HMAC_SHA384: &[u8] = pkcs!(2, 10);
const HMAC_SHA512: &[u8] = pkcs!(2, 11);
const AES_128_CBC: &[u8] = aes!(2);
const AES_192_CBC: &[u8] = aes!(22);
const AES_256_CBC: &[u8] = aes!(42);
const DES_EDE3_CBC: &[u8] = pkcs!(3, 7);

impl Pbes2 {
    fn parse(der: &[u8]) -> Result<Self, String> {
        let parts = Parts::parse(der).ok_or("not an EncryptedPrivateKeyInfo")?;
        if parts.scheme != PBES2 {
            return Err("unsupported encryption: not PBES2".into());
        }
        if parts.derivation != PBKDF2 {
            return Err("unsupported key derivation function: not PBKDF2".into());
        }
        let (salt, iterations, prf) = parts.pbkdf2().ok_or("wrong parameters of PBKDF2")?;
        let prf = match prf {
            HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
            HMAC_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
            HMAC_SHA384 => pbkdf2::PBKDF2_HMAC_SHA384,
            HMAC_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
            _ => return Err("unsupported prf".into()),
        };
        let cipher = match parts.cipher {
            AES_128_CBC => Cipher::Aes128,
            AES_192_CBC => Cipher::Aes192,
            AES_256_CBC => Cipher::Aes256,
            DES_EDE3_CBC => Cipher::TripleDes,
            _ => return Err("unsupported cipher".into()),
        };
        if parts.iv.len() != cipher.iv_len() {
            return Err("wrong length of an initialization vector".into());
        }
        let iterations = NonZeroU32::new(iterations).filter(|it| it.get() <= MOST_ITERATIONS);
        Ok(Self {
            prf,
            iterations: iterations.ok_or("wrong number of iterations")?,
            salt: salt.to_vec(),
            cipher,
            iv: parts.iv.to_vec(),
            data: parts.data.to_vec(),
        })
    }

    fn decrypt(&self, password: &[u8]) -> Option<Secret> {
        let mut key = Secret::new(vec![0; self.cipher.key_len()]);
        pbkdf2::derive(self.prf, self.iterations, &self.salt, password, &mut key);
        self.cipher.decrypt(&key, &self.iv, &self.data)
    }
}

/// An `EncryptedPrivateKeyInfo` as it is written.
struct Parts<'a> {
    scheme: &'a [u8],
    derivation: &'a [u8],
    derivation_parameters: &'a [u8],
    cipher: &'a [u8],
    iv: &'a [u8],
    data: &'a [u8],
}

impl<'a> Parts<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let (info, _) = expect(der, SEQUENCE)?;
        let (algorithm, rest) = expect(info, SEQUENCE)?;
        let (data, _) = expect(rest, OCTET_STRING)?;
        let (scheme, parameters) = expect(algorithm, OID)?;
        let none = Self {
            scheme,
            derivation: &[],
            derivation_parameters: &[],
            cipher: &[],
            iv: &[],
            data,
        };
        if scheme != PBES2 {
            return Some(none);
        }
        let (parameters, _) = expect(parameters, SEQUENCE)?;
        let (derivation, encryption) = expect(parameters, SEQUENCE)?;
        let (derivation, derivation_parameters) = expect(derivation, OID)?;
        let (encryption, _) = expect(encryption, SEQUENCE)?;
        let (cipher, rest) = expect(encryption, OID)?;
        // Of other ciphers than ours it may be anything.
        let iv = expect(rest, OCTET_STRING).map_or(&[][..], |(iv, _)| iv);
        Some(Self { derivation, derivation_parameters, cipher, iv, ..none })
    }

    /// The salt, the number of iterations, and the pseudo-random function.
    fn pbkdf2(&self) -> Option<(&'a [u8], u32, &'a [u8])> {
        let (parameters, _) = expect(self.derivation_parameters, SEQUENCE)?;
        let (salt, rest) = expect(parameters, OCTET_STRING)?;
        let (iterations, mut rest) = expect(rest, INTEGER)?;
        let significant = iterations.strip_prefix(&[0]).unwrap_or(iterations);
        if significant.len() > 4 {
            return None;
        }
        let iterations = significant.iter().fold(0, |n, &byte| n << 8 | u32::from(byte));
        // The length of the key, which follows from the cipher.
        if let Some((_, after)) = expect(rest, INTEGER) {
            rest = after;
        }
        let prf = match rest {
            [] => HMAC_SHA1,
            rest => expect(expect(rest, SEQUENCE)?.0, OID)?.0,
        };
        Some((salt, iterations, prf))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! key {
        ($name:literal) => {
            include_bytes!(concat!("../../t/tls/", $name, ".key")).as_slice()
        };
    }

    fn words(key: &[u8], passwords: &[u8]) -> Result<Vec<u8>, String> {
        private_key(key, &Passwords::parse(passwords).unwrap()).map(|it| it.secret_der().to_vec())
    }

    #[test]
    fn keys_are_what_they_were_before_they_were_encrypted() {
        let [localhost, rsa] = [key!("localhost"), key!("rsa")].map(|it| words(it, b"").unwrap());
        for (encrypted, plain) in [
            (key!("encrypted-aes256"), &localhost),
            (key!("encrypted-des3"), &localhost),
            (key!("encrypted-aes128"), &rsa),
        ] {
            assert_eq!(words(encrypted, b"secret"), Ok(plain.clone()));
            assert_eq!(words(encrypted, b"\nwrong\r\nsecret\r\nother"), Ok(plain.clone()));
        }
        // In the other form they are the inner part of these.
        for (encrypted, plain) in [
            (key!("traditional-aes192"), &localhost),
            (key!("traditional-aes256"), &rsa),
            (key!("traditional-des3"), &rsa),
        ] {
            let inner = words(encrypted, b"wrong\nsecret\n").unwrap();
            let part = &inner[inner.len() / 2..];
            assert!(plain.windows(part.len()).any(|it| it == part));
        }
    }

    #[test]
    fn without_the_password_there_is_no_key() {
        for key in [key!("encrypted-aes256"), key!("encrypted-des3"), key!("traditional-des3")] {
            assert_eq!(words(key, b"wrong\nSecret\n\nsecret "), Err("bad decrypt".into()));
            let none = private_key(key, &Passwords::default()).unwrap_err();
            assert_eq!(none, "the key is encrypted, and there is no password");
        }
    }

    #[test]
    fn what_is_no_key_has_a_reason() {
        let traditional = |dek: &str| {
            let headers = format!("Proc-Type: 4,ENCRYPTED\n{dek}\n\nAAAA\n");
            format!("-----BEGIN RSA PRIVATE KEY-----\n{headers}-----END RSA PRIVATE KEY-----\n")
        };
        let section = |label: &str, body: &str| {
            format!("text\n-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
        };
        for (text, why) in [
            (String::new(), "no start line"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n".into(), "bad end line"),
            (section("CERTIFICATE", "AAAA"), "no start line"),
            (section("PRIVATE KEY", "A*A"), "bad base64 decode"),
            (section("DSA PRIVATE KEY", "AAAA"), "unsupported: \"DSA PRIVATE KEY\""),
            (section("ENCRYPTED PRIVATE KEY", "AAAA"), "not an EncryptedPrivateKeyInfo"),
            (traditional("X: y"), "not dek info"),
            (traditional("DEK-Info: AES-256-CBC"), "bad iv chars"),
            (traditional("DEK-Info: AES-256-CBC,00"), "bad iv chars"),
            (traditional("DEK-Info: DES-EDE3-CBC,0011223344556g77"), "bad iv chars"),
            (
                traditional("DEK-Info: DES-CBC,0011223344556677"),
                "unsupported encryption: \"DES-CBC\"",
            ),
            (traditional("DEK-Info: DES-EDE3-CBC,0011223344556677"), "bad decrypt"),
        ] {
            assert_eq!(words(text.as_bytes(), b"secret"), Err(why.into()), "{text}");
        }
    }

    #[test]
    fn what_is_cut_or_changed_does_no_harm() {
        let pem = key!("encrypted-aes256");
        let der = base64(Section::find(pem).unwrap().body).unwrap();
        for at in 0..der.len() {
            let _ = Pbes2::parse(&der[..at]);
            let mut changed = der.to_vec();
            changed[at] ^= 0xff;
            let _ = Pbes2::parse(&changed);
        }
    }

    #[test]
    fn a_line_of_passwords_has_a_bound() {
        assert!(Passwords::parse(&[b'x'; LONGEST - 1]).is_some());
        assert!(Passwords::parse(&[b'x'; LONGEST]).is_none());
    }
}
