//! The brotli modules of ngx_brotli.

use super::gzip::Static;
use super::media_types::MediaTypes;
use super::server::Buffers;
use crate::settings;

settings! {
    /// What is coded by brotli.
    pub struct Brotli / BrotliRaw {
        /// `brotli`
        is_on: bool = false,
        types: MediaTypes = MediaTypes::default(),
        /// 0 to 11.
        comp_level: u32 = 6,
        /// Bytes. A response whose length is not known is coded whatever its length.
        min_length: usize = 20,
        /// Bytes, a power of two.
        window: usize = 512 << 10,
        /// `brotli_static`
        file: Static = Static::Off,
        /// Accepted: ngx_brotli does not use them, either.
        buffers: Buffers = Buffers { number: 32, size: 4096 },
    }
}
