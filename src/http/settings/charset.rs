//! The charset module: what a response says of its charset, and which it is in.

use super::media_types::MediaTypes;
use super::name_set::NameSet;
use crate::http::charsets::CharsetId;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The charsets of responses.
    pub struct CharsetSettings / CharsetRaw {
        /// `charset`
        to: Charset = Charset::Off,
        /// `source_charset`
        from: Charset = Charset::Off,
        override_charset: bool = false,
        types: MediaTypes = default_types(),
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Charset {
    Off,
    Named(CharsetId),
    Variable(Template),
}

impl CharsetSettings {
    pub fn is_any(&self) -> bool {
        self.to != Charset::Off || self.from != Charset::Off
    }
}

fn default_types() -> MediaTypes {
    let mut names = NameSet::default();
    for name in [
        "text/html",
        "text/xml",
        "text/plain",
        "text/vnd.wap.wml",
        "application/javascript",
        "application/rss+xml",
    ] {
        names.insert(name.as_bytes());
    }
    MediaTypes::Of(names)
}
