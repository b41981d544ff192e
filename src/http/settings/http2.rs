//! What a server block says of HTTP/2 with its clients.

use crate::settings;

settings! {
    /// The `http2_…` directives, and those of HTTP/3, which change nothing.
    pub struct Http2 / Http2Raw {
        /// `http2`: it is spoken beside HTTP/1, also where `listen` does not say so.
        enable: bool = false,
        max_concurrent_streams: u32 = 128,
        /// Bytes of a body that a client may send before they are asked for.
        body_preread_size: usize = 64 << 10,
        /// CONNECT with a protocol (RFC 8441) is taken.
        extended_connect: bool = true,
        /// Accepted; all connections of a worker receive into the same buffer.
        recv_buffer_size: usize = 256 << 10,
        /// Accepted; connections have no pools.
        pool_size: usize = 4096,
        /// Accepted; streams are found by their numbers.
        streams_index_size: u32 = 32,
        /// Accepted, as all that follows: no `listen` asks for HTTP/3.
        http3: bool = true,
        http3_hq: bool = false,
        http3_max_concurrent_streams: u32 = 128,
        http3_stream_buffer_size: usize = 64 << 10,
        quic_retry: bool = false,
        quic_gso: bool = false,
        quic_active_connection_id_limit: u32 = 2,
    }
}
