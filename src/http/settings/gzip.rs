//! The gzip, gunzip and gzip_static modules, and what the core module says of clients that take gzip.

use std::sync::Arc;

use super::media_types::MediaTypes;
use super::server::Buffers;
use crate::http::vars::Pattern;
use crate::proto::Version;
use crate::settings;

settings! {
    /// What is compressed or decompressed, and for which clients.
    pub struct Gzip / GzipRaw {
        /// `gzip`
        is_on: bool = false,
        types: MediaTypes = MediaTypes::default(),
        /// 1 to 9.
        comp_level: u32 = 1,
        /// Bytes. A response whose length is not known is compressed whatever its length.
        min_length: usize = 20,
        buffers: Buffers = Buffers { number: 32, size: 4096 },
        http_version: Version = Version::V11,
        proxied: Proxied = Proxied::OFF,
        vary: bool = false,
        /// `gzip_disable`: of these a client's `User-Agent` may match none, without regard to case.
        disable: Vec<Arc<Pattern>> = vec![],
        disable_msie6: bool = false,
        file: Static = Static::Off,
        gunzip: bool = false,
        gunzip_buffers: Buffers = Buffers { number: 32, size: 4096 },
        /// Accepted: the window is one of 32 KiB, and the compressor's memory is used again.
        window: usize = 0,
        hash: usize = 0,
        postpone: usize = 0,
        no_buffer: bool = false,
    }
}

/// `gzip_static`, `brotli_static`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Static {
    Off,
    /// For clients that take it.
    On,
    /// For all clients; `gunzip` serves the others.
    Always,
}

/// `gzip_proxied`: which responses are compressed for a request that names a proxy in `Via`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proxied(pub u16);

impl Proxied {
    pub const NONE: Self = Self(0);
    pub const OFF: Self = Self(1);
    pub const EXPIRED: Self = Self(1 << 1);
    pub const NO_CACHE: Self = Self(1 << 2);
    pub const NO_STORE: Self = Self(1 << 3);
    pub const PRIVATE: Self = Self(1 << 4);
    pub const NO_LAST_MODIFIED: Self = Self(1 << 5);
    pub const NO_ETAG: Self = Self(1 << 6);
    pub const AUTH: Self = Self(1 << 7);
    pub const ANY: Self = Self(1 << 8);

    pub fn contains(self, word: Self) -> bool {
        self.0 & word.0 != 0
    }
}
