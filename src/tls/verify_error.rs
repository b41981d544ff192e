//! Why a certificate is not trusted, in OpenSSL's numbers and words (X509_STORE_CTX_get_error(3)).

use std::fmt;
use std::sync::Arc;

use rustls::{CertificateError, Error, OtherError};

macro_rules! verify_errors {
    ($($(#[$doc:meta])* $name:ident $number:literal $words:literal;)+) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum VerifyError {
            $($(#[$doc])* $name = $number,)+
        }

        impl VerifyError {
            /// Those of `X509_verify_cert_error_string`.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)+
                }
            }
        }
    };
}

verify_errors! {
    /// Anything that OpenSSL has no number for, or accepts.
    Unspecified 1 "unspecified certificate verification error";
    NoRevocationList 3 "unable to get certificate CRL";
    Signature 7 "certificate signature failure";
    ListSignature 8 "CRL signature failure";
    NotYetValid 9 "certificate is not yet valid";
    Expired 10 "certificate has expired";
    ListExpired 12 "CRL has expired";
    SelfSigned 18 "self-signed certificate";
    SelfSignedInChain 19 "self-signed certificate in certificate chain";
    NoIssuer 20 "unable to get local issuer certificate";
    NoIssuerOfFirst 21 "unable to verify the first certificate";
    ChainTooLong 22 "certificate chain too long";
    Revoked 23 "certificate revoked";
    PathLength 25 "path length constraint exceeded";
    Purpose 26 "unsuitable certificate purpose";
    CriticalExtension 34 "unhandled critical extension";
    NotSignerOfLists 35 "key usage does not include CRL signing";
    Extension 41 "invalid or inconsistent certificate extension";
    Subtree 47 "permitted subtree violation";
    Authority 79 "invalid CA certificate";
}

impl VerifyError {
    /// `ssl_verify_client optional_no_ca` passes over it: nothing is wrong with the certificate but that it leads to
    /// no authority which is trusted.
    pub fn is_of_authority(self) -> bool {
        use VerifyError::*;
        matches!(self, SelfSigned | SelfSignedInChain | NoIssuer | NoIssuerOfFirst)
    }
}

impl fmt::Display for VerifyError {
    /// `10:certificate has expired`, as nginx logs it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", *self as u8, self.words())
    }
}

impl std::error::Error for VerifyError {}

impl From<webpki::Error> for VerifyError {
    fn from(e: webpki::Error) -> Self {
        use webpki::Error::*;
        match e {
            CertExpired { .. } | InvalidCertValidity => Self::Expired,
            CertNotValidYet { .. } => Self::NotYetValid,
            UnknownIssuer => Self::NoIssuer,
            InvalidSignatureForPublicKey | SignatureAlgorithmMismatch => Self::Signature,
            CertRevoked => Self::Revoked,
            UnknownRevocationStatus => Self::NoRevocationList,
            CrlExpired { .. } => Self::ListExpired,
            InvalidCrlSignatureForPublicKey => Self::ListSignature,
            IssuerNotCrlSigner => Self::NotSignerOfLists,
            RequiredEkuNotFoundContext(_) | EmptyEkuExtension | CaUsedAsEndEntity => Self::Purpose,
            EndEntityUsedAsCa => Self::Authority,
            PathLenConstraintViolated => Self::PathLength,
            MaximumPathDepthExceeded => Self::ChainTooLong,
            NameConstraintViolation => Self::Subtree,
            UnsupportedCriticalExtension => Self::CriticalExtension,
            ExtensionValueInvalid | MalformedExtensions => Self::Extension,
            _ => Self::Unspecified,
        }
    }
}

impl From<VerifyError> for Error {
    fn from(e: VerifyError) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(e))))
    }
}
