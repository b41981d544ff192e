//! `ssl_conf_command` and its kin: OpenSSL's own settings (SSL_CONF_cmd(3)), as far as they have a meaning here.

use super::ciphers::{self, Ciphersuite, Suite};
use super::groups::{self, Group};
use super::server::Protocols;

/// What commands change: the settings of the directives, as far as there are such.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tuned {
    pub protocols: Protocols,
    /// Of TLS 1.2.
    pub ciphers: Vec<Suite>,
    /// Of TLS 1.3.
    pub ciphersuites: Vec<Ciphersuite>,
    pub groups: Vec<Group>,
    pub prefer_server_ciphers: bool,
    pub session_tickets: bool,
    /// Tickets at the end of a handshake of TLS 1.3.
    pub num_tickets: usize,
}

impl Default for Tuned {
    fn default() -> Self {
        Self {
            protocols: Protocols::ALL,
            ciphers: Suite::ALL.to_vec(),
            ciphersuites: Ciphersuite::ALL.to_vec(),
            groups: Group::DEFAULT.to_vec(),
            prefer_server_ciphers: false,
            session_tickets: true,
            num_tickets: 2,
        }
    }
}

/// What a command came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Obeyed {
    Done,
    /// OpenSSL knows it; here it means nothing.
    WithoutEffect,
}

/// OpenSSL's words for what is wrong.
pub type Wrong = &'static str;

const BAD_VALUE: Wrong = "bad value";
/// RFC 8446, 4.6.1, names no bound; each costs a round of the key schedule.
const MOST_TICKETS: usize = 64;

impl Tuned {
    /// Obeys one command. Names are compared without case.
    pub fn obey(&mut self, name: &str, value: &str) -> Result<Obeyed, Wrong> {
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        match name {
            _ if is("CipherString") => {
                let found = ciphers::parse(value).map_err(|_| BAD_VALUE)?.suites;
                self.ciphers = some(found).ok_or("no cipher match")?;
            }
            _ if is("Ciphersuites") => {
                let found = ciphers::parse_ciphersuites(value);
                if found.is_empty() && !value.is_empty() {
                    return Err("no cipher match");
                }
                self.protocols.v13 &= !found.is_empty();
                self.ciphersuites = found;
            }
            _ if is("Groups") || is("Curves") => {
                let found = groups::parse(value).map_err(|_| "group cannot be set")?.groups;
                self.groups = some(found).ok_or("none of these groups is supported")?;
            }
            _ if is("Protocol") => self.protocol(value)?,
            _ if is("MinProtocol") => {
                let min = version(value)?;
                self.protocols.v12 &= min <= 2;
                self.protocols.v13 &= min <= 3;
            }
            _ if is("MaxProtocol") => {
                let max = match version(value)? {
                    NONE => u8::MAX,
                    max => max,
                };
                self.protocols.v12 &= max >= 2;
                self.protocols.v13 &= max >= 3;
            }
            _ if is("Options") => return self.options(value),
            _ if is("NumTickets") => {
                let count: usize = value.parse().map_err(|_| BAD_VALUE)?;
                self.num_tickets = count.min(MOST_TICKETS);
            }
            _ if WITHOUT_EFFECT.iter().any(|known| is(known)) => {
                return Ok(Obeyed::WithoutEffect);
            }
            _ => return Err("unknown cmd name"),
        }
        Ok(Obeyed::Done)
    }

    /// A list of versions that are enabled or, behind `-`, disabled.
    fn protocol(&mut self, list: &str) -> Result<(), Wrong> {
        for word in list.split(',').map(str::trim) {
            let (on, name) = sign(word);
            let is = |known: &str| known.eq_ignore_ascii_case(name);
            let (v12, v13) = match name {
                _ if is("ALL") => (true, true),
                _ if is("TLSv1.2") => (true, false),
                _ if is("TLSv1.3") => (false, true),
                _ if ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"].into_iter().any(is) => (false, false),
                _ => return Err(BAD_VALUE),
            };
            if v12 {
                self.protocols.v12 = on;
            }
            if v13 {
                self.protocols.v13 = on;
            }
        }
        Ok(())
    }

    fn options(&mut self, list: &str) -> Result<Obeyed, Wrong> {
        let mut obeyed = Obeyed::Done;
        for word in list.split(',').map(str::trim) {
            let (on, name) = sign(word);
            let is = |known: &str| known.eq_ignore_ascii_case(name);
            match name {
                _ if is("ServerPreference") => self.prefer_server_ciphers = on,
                _ if is("SessionTicket") => self.session_tickets = on,
                _ if OPTIONS.iter().any(|known| is(known)) => obeyed = Obeyed::WithoutEffect,
                _ => return Err(BAD_VALUE),
            }
        }
        Ok(obeyed)
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Whether a word of a list switches on or off, and what.
fn sign(word: &str) -> (bool, &str) {
    match word.strip_prefix('-') {
        Some(name) => (false, name),
        None => (true, word.strip_prefix('+').unwrap_or(word)),
    }
}

const NONE: u8 = 0;

/// The minor number of a version of TLS; older ones have 1.
fn version(name: &str) -> Result<u8, Wrong> {
    match name {
        "None" => Ok(NONE),
        "SSLv3" | "TLSv1" | "TLSv1.1" => Ok(1),
        "TLSv1.2" => Ok(2),
        "TLSv1.3" => Ok(3),
        _ => Err(BAD_VALUE),
    }
}

/// Commands that OpenSSL has besides.
const WITHOUT_EFFECT: &[&str] = &[
    "SignatureAlgorithms",
    "ClientSignatureAlgorithms",
    "ECDHParameters",
    "DHParameters",
    "RecordPadding",
    "VerifyMode",
    "Certificate",
    "PrivateKey",
    "ServerInfoFile",
    "ChainCAPath",
    "ChainCAFile",
    "VerifyCAPath",
    "VerifyCAFile",
    "RequestCAFile",
    "ClientCAFile",
    "RequestCAPath",
    "ClientCAPath",
];

/// Options that OpenSSL has besides.
const OPTIONS: &[&str] = &[
    "EmptyFragments",
    "Bugs",
    "Compression",
    "NoResumptionOnRenegotiation",
    "DHSingle",
    "ECDHSingle",
    "UnsafeLegacyRenegotiation",
    "UnsafeLegacyServerConnect",
    "ClientRenegotiation",
    "EncryptThenMac",
    "NoRenegotiation",
    "AllowNoDHEKEX",
    "PreferNoDHEKEX",
    "PrioritizeChaCha",
    "MiddleboxCompat",
    "AntiReplay",
    "ExtendedMasterSecret",
    "CANames",
    "KTLS",
    "KTLSTxZerocopySendfile",
    "IgnoreUnexpectedEOF",
    "TxCertificateCompression",
    "RxCertificateCompression",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn tuned(commands: &[(&str, &str)]) -> Tuned {
        let mut tuned = Tuned::default();
        for (name, value) in commands {
            assert!(tuned.obey(name, value).is_ok(), "{name} {value}");
        }
        tuned
    }

    #[test]
    fn commands_change_what_directives_say() {
        let v12 = Protocols { v12: true, v13: false };
        let v13 = Protocols { v12: false, v13: true };
        for (commands, expected) in [
            (&[("MinProtocol", "TLSv1.3")][..], v13),
            (&[("minprotocol", "TLSv1")], Protocols::ALL),
            (&[("MaxProtocol", "TLSv1.2")], v12),
            (&[("MaxProtocol", "None"), ("MinProtocol", "None")], Protocols::ALL),
            (&[("MaxProtocol", "TLSv1.1")], Protocols::NONE),
            (&[("Protocol", "-ALL, TLSv1.3")], v13),
            (&[("Protocol", "-all, tlsv1.3, sslv3")], v13),
            (&[("Protocol", "-TLSv1.3"), ("Protocol", "TLSv1.2")], v12),
            (&[("Ciphersuites", "")], v12),
        ] {
            assert_eq!(tuned(commands).protocols, expected, "{commands:?}");
        }
        let list = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256";
        assert_eq!(
            tuned(&[("Ciphersuites", list)]).ciphersuites,
            [Ciphersuite::ChaCha20, Ciphersuite::Aes128]
        );
        assert_eq!(tuned(&[("CipherString", "CHACHA20+aRSA")]).ciphers, [Suite::RsaChaCha20]);
        assert_eq!(tuned(&[("Curves", "P-256:X25519")]).groups, [Group::P256, Group::X25519]);
        let it = tuned(&[("Options", "serverpreference,-SessionTicket"), ("NumTickets", "1")]);
        assert_eq!(
            (it.prefer_server_ciphers, it.session_tickets, it.num_tickets),
            (true, false, 1)
        );
        assert!(!tuned(&[("Options", "-ServerPreference")]).prefer_server_ciphers);
    }

    #[test]
    fn what_has_no_meaning_here_is_without_effect() {
        for (name, value) in [("Options", "KTLS"), ("Options", "-Bugs"), ("VerifyMode", "Peer")] {
            assert_eq!(Tuned::default().obey(name, value), Ok(Obeyed::WithoutEffect));
        }
    }

    #[test]
    fn what_openssl_refuses_is_refused() {
        for (name, value, why) in [
            ("Foo", "bar", "unknown cmd name"),
            ("-min_protocol", "TLSv1.2", "unknown cmd name"),
            ("MinProtocol", "TLSv9", BAD_VALUE),
            ("MaxProtocol", "", BAD_VALUE),
            ("Protocol", "FOO", BAD_VALUE),
            ("Protocol", "", BAD_VALUE),
            ("Ciphersuites", "FOO", "no cipher match"),
            ("CipherString", "FOO", "no cipher match"),
            ("Groups", "foo", "group cannot be set"),
            ("Groups", "P-521", "none of these groups is supported"),
            ("Options", "FOO", BAD_VALUE),
            ("Options", "", BAD_VALUE),
            ("NumTickets", "-1", BAD_VALUE),
        ] {
            assert_eq!(Tuned::default().obey(name, value), Err(why), "{name} {value}");
        }
    }
}
