//! `upstream` blocks as they were written, and the implicit groups that `proxy_pass http://host` makes.

use crate::conf::value::Msec;
use crate::os::addr::Addr;
use crate::settings;

/// A group of servers. Its index in `Http::groups` is its name for the rest of the program.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name of the block, or the host of an implicit group.
    pub name: Box<[u8]>,
    /// Given in `proxy_pass` (`http://group:8080`) or an implicit group's; `None` for a block.
    pub port: Option<u16>,
    /// Never empty.
    pub servers: Vec<ServerLine>,
    pub options: GroupOptions,
    /// An `upstream` block, not the address of a `proxy_pass`.
    pub explicit: bool,
}

settings! {
    /// What an `upstream` block says besides its servers.
    pub struct GroupOptions / GroupOptionsRaw {
        /// Idle connections kept by a worker; 0: none. Not given: `DEFAULT_KEEPALIVE`.
        keepalive: Option<u32> = None,
        keepalive_timeout: Msec = 60_000,
        keepalive_requests: u32 = 1000,
        keepalive_time: Msec = 3_600_000,
        /// Accepted: there is one worker.
        zone: Option<String> = None,
    }
}

/// As nginx 1.29.7 and later, where a group keeps connections without being told.
pub const DEFAULT_KEEPALIVE: u32 = 32;

/// One `server` line; a name may have several addresses, each of which is a peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerLine {
    /// As it was written.
    pub name: Box<[u8]>,
    pub addrs: Vec<Addr>,
    pub weight: u32,
    /// 0: failures are not counted.
    pub max_fails: u32,
    pub fail_timeout: Msec,
    pub max_conns: u32,
    pub backup: bool,
    pub down: bool,
}
