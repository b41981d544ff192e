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

/// What `proxy_next_upstream` names: the failures after which another server is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextUpstream(pub u32);

impl NextUpstream {
    pub const ERROR: Self = Self(1);
    pub const TIMEOUT: Self = Self(1 << 1);
    pub const INVALID_HEADER: Self = Self(1 << 2);
    pub const HTTP_500: Self = Self(1 << 3);
    pub const HTTP_502: Self = Self(1 << 4);
    pub const HTTP_503: Self = Self(1 << 5);
    pub const HTTP_504: Self = Self(1 << 6);
    pub const HTTP_403: Self = Self(1 << 7);
    pub const HTTP_404: Self = Self(1 << 8);
    pub const HTTP_429: Self = Self(1 << 9);
    pub const UPDATING: Self = Self(1 << 10);
    pub const NON_IDEMPOTENT: Self = Self(1 << 11);
    pub const DENIED: Self = Self(1 << 12);
    pub const OFF: Self = Self(1 << 31);
    pub const DEFAULT: Self = Self(Self::ERROR.0 | Self::TIMEOUT.0);

    pub fn contains(self, bit: Self) -> bool {
        self.0 & bit.0 != 0
    }

    /// The bit of a status that may be retried.
    pub fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            500 => Self::HTTP_500,
            502 => Self::HTTP_502,
            503 => Self::HTTP_503,
            504 => Self::HTTP_504,
            403 => Self::HTTP_403,
            404 => Self::HTTP_404,
            429 => Self::HTTP_429,
            _ => return None,
        })
    }
}
