//! What a server block decides before a location is known: reading the request's head.

use crate::conf::directive::{Line, number};
use crate::conf::error::Wrong;
use crate::conf::value::{self, Msec};
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The settings that hold for a connection's server, whatever the location.
    pub struct ServerCore / ServerCoreRaw {
        client_header_timeout: Msec = 60_000,
        client_header_buffer_size: usize = 1024,
        large_client_header_buffers: Buffers = Buffers { number: 4, size: 8192 },
        /// Fields in a request's head; more is refused.
        max_headers: u32 = 1000,
        ignore_invalid_headers: bool = true,
        underscores_in_headers: bool = false,
        merge_slashes: bool = true,
        /// If one of them is neither empty nor `0`, the body is read before the phases.
        client_body_early_read: Vec<Template> = vec![],
        /// Accepted; connections have no pools.
        connection_pool_size: usize = 512,
        /// Accepted; requests have no pools.
        request_pool_size: usize = 4096,
    }
}

/// `number size`, as in `proxy_buffers 8 4k`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffers {
    pub number: u32,
    pub size: usize,
}

impl Buffers {
    pub fn total(self) -> usize {
        self.size.saturating_mul(self.number as usize)
    }
}

impl Buffers {
    /// The two words after a directive's name.
    pub fn parse(line: &Line<'_>) -> Result<Self, Wrong> {
        let number = number(&line.words[1]).map_err(|_| Wrong::invalid_value())?;
        let size = value::size(&line.words[2]).ok_or_else(Wrong::invalid_value)?;
        if number == 0 || size == 0 {
            return Err(Wrong::invalid_value());
        }
        Ok(Self { number, size })
    }
}
