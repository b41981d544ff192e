//! Where a request came from, and where its response goes.

use super::channel::Origin;
use crate::base::ids::{ChannelId, RequestId};

/// Only `serve::downstream` tells the kinds apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Downstream {
    /// A connection that speaks HTTP/1 and serves one request at a time.
    H1(ChannelId),
    /// A stream, by its number, of a connection that speaks HTTP/2.
    H2(ChannelId, u32),
    /// A subrequest: the request that started it.
    Parent(RequestId),
    /// The client's connection is closed, and the response is made all the same.
    Detached,
}

/// What is known of a connection that is closed while its request goes on.
#[derive(Debug)]
pub struct Departed {
    pub origin: Origin,
    /// Bytes that were sent on it in all.
    pub sent: u64,
}
