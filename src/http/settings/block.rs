//! The block that settings stand in: its kind, what makes the answer there, and for which methods it is.

use super::lua::ScriptIndex;
use super::upstream_conf::ProtocolIndex;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A server's own settings, before a location is found.
    Server,
    Prefix,
    Exact,
    Regex,
    Named,
    LimitExcept,
    /// While the configuration is read; then it is of the kind of the location around it.
    If,
}

/// What makes the answer when nothing before it did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Content {
    /// Files under `root` or `alias`.
    Static,
    /// A server's, which the `pass` of the location names.
    Upstream(ProtocolIndex),
    /// `empty_gif`
    EmptyGif,
    /// `flv`
    Flv,
    /// `mp4`
    Mp4,
    /// `stub_status`
    Status,
    /// `pool_status`
    Pool(Format),
    /// `proxy_cache_purge ZONE KEY` and its kin
    Purge,
    /// `content_by_lua`
    Lua(ScriptIndex),
}

/// How they are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Json,
    /// The text that Prometheus and its kin collect.
    Prometheus,
}

/// A set of methods by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Methods(pub u32);

impl Methods {
    /// nginx's, in the order of their bits.
    pub const NAMES: [&'static str; 15] = [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "MKCOL",
        "COPY",
        "MOVE",
        "OPTIONS",
        "PROPFIND",
        "PROPPATCH",
        "LOCK",
        "UNLOCK",
        "PATCH",
        "CONNECT",
    ];

    /// The bit of a method as it is on the wire.
    pub fn of(name: &[u8]) -> Option<Self> {
        let bit = Self::NAMES.iter().position(|known| known.as_bytes() == name)?;
        Some(Self(1 << bit))
    }

    pub fn contains(self, name: &[u8]) -> bool {
        Self::of(name).is_some_and(|bit| self.0 & bit.0 != 0)
    }
}
