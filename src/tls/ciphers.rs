//! OpenSSL's cipher-list language (`ssl_ciphers`, `proxy_ssl_ciphers`; openssl-ciphers(1)) over the suites of TLS 1.2
//! that are here.
//!
//! A list is a row of rules, applied from left to right to all suites in their order of preference. A rule names suites
//! by their name or by classes that must all hold (`ECDHE+AESGCM`), and enables them behind those that are enabled
//! already, or with a sign in front disables them (`-`), disables them for good (`!`), or moves them behind the others
//! (`+`). `@STRENGTH` puts those with longer keys first, `@SECLEVEL=N` drops those with shorter ones. `DEFAULT` in front
//! is `ALL`. Suites of TLS 1.3 are no matter of the list.

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite as suites;

/// A suite of TLS 1.2. All have a key exchange by ECDHE and authenticate what they encrypt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suite {
    EcdsaAes256,
    RsaAes256,
    EcdsaChaCha20,
    RsaChaCha20,
    EcdsaAes128,
    RsaAes128,
}

/// A suite of TLS 1.3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ciphersuite {
    Aes256,
    ChaCha20,
    Aes128,
}

impl Ciphersuite {
    /// In OpenSSL's order of preference.
    pub const ALL: [Self; 3] = [Self::Aes256, Self::ChaCha20, Self::Aes128];

    fn name(self) -> &'static str {
        match self {
            Self::Aes256 => "TLS_AES_256_GCM_SHA384",
            Self::ChaCha20 => "TLS_CHACHA20_POLY1305_SHA256",
            Self::Aes128 => "TLS_AES_128_GCM_SHA256",
        }
    }

    pub(super) fn it(self) -> SupportedCipherSuite {
        match self {
            Self::Aes256 => suites::TLS13_AES_256_GCM_SHA384,
            Self::ChaCha20 => suites::TLS13_CHACHA20_POLY1305_SHA256,
            Self::Aes128 => suites::TLS13_AES_128_GCM_SHA256,
        }
    }
}

/// Those of a list with `:` between them that are here, as OpenSSL's SSL_CTX_set_ciphersuites(3) takes it.
pub fn parse_ciphersuites(list: &str) -> Vec<Ciphersuite> {
    let known = |name| Ciphersuite::ALL.into_iter().find(|it| it.name() == name);
    list.split(':').filter_map(known).collect()
}

impl Suite {
    /// In OpenSSL's order of preference.
    pub const ALL: [Self; 6] = [
        Self::EcdsaAes256,
        Self::RsaAes256,
        Self::EcdsaChaCha20,
        Self::RsaChaCha20,
        Self::EcdsaAes128,
        Self::RsaAes128,
    ];

    /// OpenSSL's name (`$ssl_cipher`).
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaAes256 => "ECDHE-ECDSA-AES256-GCM-SHA384",
            Self::RsaAes256 => "ECDHE-RSA-AES256-GCM-SHA384",
            Self::EcdsaChaCha20 => "ECDHE-ECDSA-CHACHA20-POLY1305",
            Self::RsaChaCha20 => "ECDHE-RSA-CHACHA20-POLY1305",
            Self::EcdsaAes128 => "ECDHE-ECDSA-AES128-GCM-SHA256",
            Self::RsaAes128 => "ECDHE-RSA-AES128-GCM-SHA256",
        }
    }

    /// The name in IANA's registry (RFC 5289, RFC 7905).
    pub fn standard_name(self) -> &'static str {
        match self {
            Self::EcdsaAes256 => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            Self::RsaAes256 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            Self::EcdsaChaCha20 => "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            Self::RsaChaCha20 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            Self::EcdsaAes128 => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            Self::RsaAes128 => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        }
    }

    pub(super) fn it(self) -> SupportedCipherSuite {
        match self {
            Self::EcdsaAes256 => suites::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            Self::RsaAes256 => suites::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            Self::EcdsaChaCha20 => suites::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            Self::RsaChaCha20 => suites::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            Self::EcdsaAes128 => suites::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            Self::RsaAes128 => suites::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        }
    }

    fn is_ecdsa(self) -> bool {
        matches!(self, Self::EcdsaAes256 | Self::EcdsaChaCha20 | Self::EcdsaAes128)
    }

    fn is_chacha20(self) -> bool {
        matches!(self, Self::EcdsaChaCha20 | Self::RsaChaCha20)
    }

    /// The length of its key.
    fn bits(self) -> u16 {
        if matches!(self, Self::EcdsaAes128 | Self::RsaAes128) { 128 } else { 256 }
    }

    /// Whether the class holds all such suites. A word that names no class holds none.
    fn is_of(self, class: &str) -> bool {
        match class {
            "ALL" | "HIGH" | "TLSv1.2" | "ECDHE" | "EECDH" | "kECDHE" | "kEECDH" | "ECDH" => true,
            "ECDSA" | "aECDSA" => self.is_ecdsa(),
            "aRSA" => !self.is_ecdsa(),
            "AES" | "AESGCM" | "FIPS" => !self.is_chacha20(),
            "AES256" => self.bits() == 256 && !self.is_chacha20(),
            "AES128" => self.bits() == 128,
            "CHACHA20" => self.is_chacha20(),
            _ => false,
        }
    }
}

/// What a list comes to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct List {
    /// The one that is preferred first. Empty: no suite is enabled, which OpenSSL refuses.
    pub suites: Vec<Suite>,
    /// Rules that were to enable suites, none of which is here.
    pub dropped: Vec<String>,
}

/// Not the language: OpenSSL refuses the whole list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InvalidCommand;

/// What a rule does with the suites that it names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sign {
    Enable,
    Disable,
    Kill,
    Move,
}

/// A suite that is not killed, and whether it is enabled. Those that are enabled are in the order of preference.
type Row = Vec<(Suite, bool)>;

pub fn parse(text: &str) -> Result<List, InvalidCommand> {
    let mut row: Row = Suite::ALL.iter().map(|&suite| (suite, false)).collect();
    let (mut bits, mut dropped) = (0, Vec::new());
    let mut rest = text;
    if let Some(behind) = text.strip_prefix("DEFAULT") {
        apply(&mut row, Sign::Enable, &Suite::ALL);
        rest = behind;
    }
    loop {
        rest = rest.trim_start_matches(is_separator);
        if rest.is_empty() {
            break;
        }
        if let Some(special) = rest.strip_prefix('@') {
            let (word, behind) = word(special)?;
            match word {
                "STRENGTH" => by_strength(&mut row),
                _ => bits = least_bits(word).ok_or(InvalidCommand)?,
            }
            rest = behind.trim_start_matches(|c| !is_separator(c));
            continue;
        }
        let (sign, words) = sign(rest);
        let (named, behind) = named(words)?;
        if !named.is_empty() {
            apply(&mut row, sign, &named);
            rest = behind;
            continue;
        }
        // As in OpenSSL, the rest of a rule that names no suite is passed over.
        let behind = behind.trim_start_matches(|c| !is_separator(c));
        if sign == Sign::Enable {
            dropped.push(rest[..rest.len() - behind.len()].to_owned());
        }
        rest = behind;
    }
    let enabled = row.into_iter().filter(|it| it.1 && it.0.bits() >= bits);
    Ok(List { suites: enabled.map(|it| it.0).collect(), dropped })
}

fn is_separator(c: char) -> bool {
    matches!(c, ':' | ' ' | ';' | ',')
}

/// A word in front, which is not empty, and what is behind it.
fn word(text: &str) -> Result<(&str, &str), InvalidCommand> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '=' | '_');
    let end = text.find(|c| !is_of_word(c)).unwrap_or(text.len());
    if end == 0 { Err(InvalidCommand) } else { Ok(text.split_at(end)) }
}

fn sign(rule: &str) -> (Sign, &str) {
    let signs = [('-', Sign::Disable), ('!', Sign::Kill), ('+', Sign::Move)];
    let signed = signs.iter().find_map(|&(c, sign)| Some((sign, rule.strip_prefix(c)?)));
    signed.unwrap_or((Sign::Enable, rule))
}

/// The suites that words with `+` between them name, and what is behind the words.
fn named(mut text: &str) -> Result<(Vec<Suite>, &str), InvalidCommand> {
    let mut suites = Suite::ALL.to_vec();
    loop {
        let (word, behind) = word(text)?;
        suites.retain(|it| it.name() == word || it.standard_name() == word || it.is_of(word));
        match behind.strip_prefix('+') {
            Some(next) if !suites.is_empty() => text = next,
            _ => return Ok((suites, behind)),
        }
    }
}

fn apply(row: &mut Row, sign: Sign, named: &[Suite]) {
    let enable = sign == Sign::Enable;
    let is_moved =
        |it: &(Suite, bool)| named.contains(&it.0) && (sign == Sign::Kill || it.1 != enable);
    let (mut moved, mut others): (Row, Row) = row.drain(..).partition(is_moved);
    moved.iter_mut().for_each(|it| it.1 = sign != Sign::Disable);
    match sign {
        Sign::Enable | Sign::Move => others.append(&mut moved),
        // The first that come back with the next rule.
        Sign::Disable => {
            moved.append(&mut others);
            others = moved;
        }
        Sign::Kill => {}
    }
    *row = others;
}

fn by_strength(row: &mut Row) {
    for bits in [256, 128] {
        let same: Vec<Suite> = Suite::ALL.into_iter().filter(|it| it.bits() == bits).collect();
        apply(row, Sign::Move, &same);
    }
}

/// The bits that a key must have at `SECLEVEL=N` (SSL_CTX_set_security_level(3)).
fn least_bits(special: &str) -> Option<u16> {
    match special.strip_prefix("SECLEVEL=")? {
        "0" | "1" | "2" | "3" => Some(0),
        "4" => Some(192),
        "5" => Some(256),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The suites of a list: e and r for ECDSA and RSA; 2, c, 1 for AES256, ChaCha20, AES128.
    fn letters(text: &str) -> String {
        let letters = |it: Suite| match it {
            Suite::EcdsaAes256 => "e2",
            Suite::RsaAes256 => "r2",
            Suite::EcdsaChaCha20 => "ec",
            Suite::RsaChaCha20 => "rc",
            Suite::EcdsaAes128 => "e1",
            Suite::RsaAes128 => "r1",
        };
        match parse(text) {
            Ok(list) => list.suites.into_iter().map(letters).collect::<Vec<_>>().join(" "),
            Err(InvalidCommand) => "invalid".to_owned(),
        }
    }

    #[test]
    fn a_list_is_what_openssl_makes_of_it() {
        for (text, expected) in [
            ("DEFAULT", "e2 r2 ec rc e1 r1"),
            ("HIGH:!aNULL:!MD5", "e2 r2 ec rc e1 r1"),
            ("ECDHE-RSA-AES128-GCM-SHA256:HIGH", "r1 e2 r2 ec rc e1"),
            ("ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM", "e2 r2 e1 r1 ec rc"),
            ("EECDH+aRSA, AES128", "r2 rc r1 e1"),
            ("HIGH:+AES256", "ec rc e1 r1 e2 r2"),
            ("HIGH:-ECDSA:ALL", "r2 rc r1 e2 ec e1"),
            ("-ALL:CHACHA20:-CHACHA20:HIGH", "ec rc e2 r2 e1 r1"),
            ("!ECDSA:HIGH:ECDSA", "r2 rc r1"),
            ("AES128:HIGH:@STRENGTH", "e2 r2 ec rc e1 r1"),
            ("HIGH@STRENGTH", "e2 r2 ec rc e1 r1"),
            ("DEFAULT@SECLEVEL=0", "e2 r2 ec rc e1 r1"),
            ("HIGH:@SECLEVEL=4", "e2 r2 ec rc"),
            ("ECDHE-RSA-AES128-GCM-SHA256+ECDSA", ""),
            ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "r1"),
            ("RSA:SHA256:CAMELLIA:kDHE", ""),
            ("HIGH:nothing*!AES", "e2 r2 ec rc e1 r1"),
            ("HIGH!AES", "ec rc"),
            ("", ""),
            ("HIGH:+", "invalid"),
            ("ECDHE++AES", "invalid"),
            ("AES*", "invalid"),
            ("HIGH:@FOO", "invalid"),
            ("HIGH:@SECLEVEL=6", "invalid"),
        ] {
            assert_eq!(letters(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_dropped_is_what_was_to_be_enabled() {
        let list = parse("DHE+AESGCM:!aNULL:-RC4:ECDHE+AESGCM:AES256-SHA").unwrap();
        assert_eq!(list.dropped, ["DHE+AESGCM", "AES256-SHA"]);
    }
}
