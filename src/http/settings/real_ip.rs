//! `set_real_ip_from` and its kin: the client's address as a trusted proxy names it.

use std::sync::Arc;

use crate::http::networks::Networks;
use crate::settings;

settings! {
    /// The realip module.
    pub struct RealIp / RealIpRaw {
        /// The proxies that are believed. A block with any of its own does not see the ones around it.
        from: Arc<Networks> = Arc::default(),
        source: Source = Source::Field((*b"X-Real-IP").into()),
        recursive: bool = false,
    }
}

/// Where the address is taken from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// The first field of this name.
    Field(Box<[u8]>),
    /// All lines of `X-Forwarded-For`, as one list.
    XForwardedFor,
    /// The header of the PROXY protocol.
    ProxyProtocol,
}
