//! `ssl_ecdh_curve`: the groups in which keys are agreed on, as OpenSSL's SSL_CTX_set1_curves_list(3) names them.

use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::kx_group;

/// A group of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    X25519MlKem768,
    P256MlKem768,
    X25519,
    P256,
    P384,
}

impl Group {
    /// `ssl_ecdh_curve auto`: the first of these of which the peer offers a share is taken.
    pub const DEFAULT: [Self; 4] = [Self::X25519MlKem768, Self::X25519, Self::P256, Self::P384];

    fn named(name: &str) -> Option<Self> {
        match name {
            "X25519MLKEM768" => Some(Self::X25519MlKem768),
            "SecP256r1MLKEM768" => Some(Self::P256MlKem768),
            "X25519" | "x25519" => Some(Self::X25519),
            "P-256" | "prime256v1" | "secp256r1" => Some(Self::P256),
            "P-384" | "secp384r1" => Some(Self::P384),
            _ => None,
        }
    }

    pub(super) fn it(self) -> &'static dyn SupportedKxGroup {
        match self {
            Self::X25519MlKem768 => kx_group::X25519MLKEM768,
            Self::P256MlKem768 => kx_group::SECP256R1MLKEM768,
            Self::X25519 => kx_group::X25519,
            Self::P256 => kx_group::SECP256R1,
            Self::P384 => kx_group::SECP384R1,
        }
    }
}

/// Groups that OpenSSL has and this program has not.
const FOREIGN: &[&str] = &[
    "P-192",
    "P-224",
    "P-521",
    "X448",
    "x448",
    "prime192v1",
    "secp192r1",
    "secp192k1",
    "secp224r1",
    "secp224k1",
    "secp256k1",
    "secp521r1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
    "brainpoolP256r1tls13",
    "brainpoolP384r1tls13",
    "brainpoolP512r1tls13",
    "ffdhe2048",
    "ffdhe3072",
    "ffdhe4096",
    "ffdhe6144",
    "ffdhe8192",
    "MLKEM512",
    "MLKEM768",
    "MLKEM1024",
    "SecP384r1MLKEM1024",
];

/// What a list comes to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Groups {
    /// In the order of preference.
    pub groups: Vec<Group>,
    /// Groups of OpenSSL that are not here.
    pub dropped: Vec<String>,
}

/// Names with `:` between them. `Err`: that one is no group, or stands there twice.
pub fn parse(list: &str) -> Result<Groups, &str> {
    let mut found = Groups::default();
    for name in list.split(':') {
        match Group::named(name) {
            Some(group) if found.groups.contains(&group) => return Err(name),
            Some(group) => found.groups.push(group),
            None if FOREIGN.contains(&name) || name.starts_with("sect") => {
                found.dropped.push(name.to_owned());
            }
            None => return Err(name),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_several_names() {
        let found = parse("secp384r1:X25519:prime256v1:secp521r1").unwrap();
        assert_eq!(found.groups, [Group::P384, Group::X25519, Group::P256]);
        assert_eq!(found.dropped, ["secp521r1"]);
        let found = parse("X25519MLKEM768:x25519").unwrap();
        assert_eq!(found.groups, [Group::X25519MlKem768, Group::X25519]);
    }

    #[test]
    fn what_openssl_refuses_is_refused() {
        for (list, wrong) in [
            ("", ""),
            ("foo", "foo"),
            ("X25519:", ""),
            ("X25519::P-256", ""),
            ("P-256:prime256v1", "prime256v1"),
            ("p-256", "p-256"),
            ("X25519 P-256", "X25519 P-256"),
        ] {
            assert_eq!(parse(list), Err(wrong), "{list}");
        }
    }
}
