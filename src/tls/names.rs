//! What was negotiated, in the names that OpenSSL has for it.

use rustls::{CipherSuite, HandshakeKind, NamedGroup, ProtocolVersion, SignatureScheme};

use super::connection::Tls;
use super::offers;

impl Tls {
    /// `$ssl_protocol`; empty before a version was agreed on.
    pub fn protocol(&self) -> &'static str {
        match self.common().and_then(|it| it.protocol_version()) {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "",
        }
    }

    /// `$ssl_cipher`
    pub fn cipher(&self) -> &'static str {
        let suite = self.common().and_then(|it| it.negotiated_cipher_suite());
        suite.map_or("", |suite| cipher(suite.suite()))
    }

    /// `$ssl_curve`; empty where no key was agreed on, as of a session that goes on in TLS 1.2.
    pub fn curve(&self) -> &'static str {
        let group = self.common().and_then(|it| it.negotiated_key_exchange_group());
        group.map_or("", |group| curve(group.name()))
    }

    /// `$ssl_ciphers`
    pub fn offered_ciphers(&self) -> String {
        offers::ciphers(&self.hello.ciphers)
    }

    /// `$ssl_curves`
    pub fn offered_curves(&self) -> String {
        offers::curves(&self.hello.groups)
    }

    /// `$ssl_alpn_protocol`
    pub fn alpn_protocol(&self) -> &[u8] {
        self.common().and_then(|it| it.alpn_protocol()).unwrap_or_default()
    }

    /// `$ssl_session_reused`
    pub fn is_resumed(&self) -> bool {
        self.common().and_then(|it| it.handshake_kind()) == Some(HandshakeKind::Resumed)
    }
}

fn curve(group: NamedGroup) -> &'static str {
    match group {
        NamedGroup::X25519 => "X25519",
        NamedGroup::secp256r1 => "prime256v1",
        NamedGroup::secp384r1 => "secp384r1",
        NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
        NamedGroup::secp256r1MLKEM768 => "SecP256r1MLKEM768",
        _ => "",
    }
}

/// The names of RFC 8446, 4.2.3.
pub(super) fn signature(scheme: SignatureScheme) -> &'static str {
    match scheme {
        SignatureScheme::RSA_PKCS1_SHA256 => "rsa_pkcs1_sha256",
        SignatureScheme::RSA_PKCS1_SHA384 => "rsa_pkcs1_sha384",
        SignatureScheme::RSA_PKCS1_SHA512 => "rsa_pkcs1_sha512",
        SignatureScheme::ECDSA_NISTP256_SHA256 => "ecdsa_secp256r1_sha256",
        SignatureScheme::ECDSA_NISTP384_SHA384 => "ecdsa_secp384r1_sha384",
        SignatureScheme::ECDSA_NISTP521_SHA512 => "ecdsa_secp521r1_sha512",
        SignatureScheme::RSA_PSS_SHA256 => "rsa_pss_rsae_sha256",
        SignatureScheme::RSA_PSS_SHA384 => "rsa_pss_rsae_sha384",
        SignatureScheme::RSA_PSS_SHA512 => "rsa_pss_rsae_sha512",
        SignatureScheme::ED25519 => "ed25519",
        _ => "",
    }
}

fn cipher(suite: CipherSuite) -> &'static str {
    use CipherSuite::*;
    match suite {
        TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => "",
    }
}
