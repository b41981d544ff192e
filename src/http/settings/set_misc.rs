//! The set-misc module: variables that are computed among the lines of the rewrite module.

use crate::http::slots::SetTarget;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// How base 32 is written.
    pub struct Base32 / Base32Raw {
        padding: bool = true,
        alphabet: Box<[u8]> = b"0123456789abcdefghijklmnopqrstuv".as_slice().into(),
    }
}

/// `upstream_list`
#[derive(Debug)]
pub struct UpstreamList {
    pub name: Box<[u8]>,
    pub elements: Vec<Box<[u8]>>,
}

/// One line.
#[derive(Debug)]
pub struct SetMisc {
    pub directive: &'static str,
    pub target: SetTarget,
    pub function: Function,
    pub args: Vec<Template>,
}

/// What the value is; the arguments in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Function {
    UnescapeUri,
    EscapeUri,
    Md5,
    Sha1,
    /// Of the secret and the text.
    HmacSha1,
    HmacSha256,
    EncodeBase64,
    DecodeBase64,
    EncodeBase64Url,
    DecodeBase64Url,
    EncodeBase32,
    DecodeBase32,
    EncodeHex,
    DecodeHex,
    /// The variable, or else the argument.
    IfEmpty,
    QuoteSql,
    QuotePgsql,
    QuoteJson,
    /// Of a list by its name, the element that the hash of a text chooses.
    HashedUpstream,
    /// The variable, the first number and the last.
    Rotate,
    /// The first number and the last.
    Random,
    /// The length.
    RandomAlphanum,
    RandomLcalpha,
    /// The format.
    GmtTime,
    LocalTime,
    LocalToday,
}
