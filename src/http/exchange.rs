//! One request's dealings with a group: its tries, the connection in use, the response as it comes.

use std::fs::File;
use std::path::PathBuf;

use super::cached::Filling;
use super::settings::upstream_conf::ProtocolIndex;
use crate::base::ids::{GroupIndex, RequestId, UpstreamKey, WaiterId};
use crate::base::list::Link;
use crate::base::pace::Pace;
use crate::base::rare::{Rare, Rarely};
use crate::base::recycle::empty;
use crate::os::Errno;
use crate::os::splice::Pipe;
use crate::proto::{Client, Decoded, Got, Head, ResponseHead, Violation};
use crate::recycled;
use crate::upstream::peer::PeerConnection;
use crate::upstream::pool::queue::Waits;
use crate::upstream::pool::undelivered::Account;
use crate::upstream::resolve::Outcome;
use crate::upstream::run_time::Key;

/// Interim responses before the final one; a server that sends more is not going to answer.
pub const MOST_INTERIM: u8 = 100;

recycled! {
    /// nginx's `ngx_http_upstream_t`, without what is the location's. What `renew` leaves as it is lasts for all tries.
    pub struct Upstream: begun(request: RequestId, protocol: ProtocolIndex, now: u64), renew {
        pub request: RequestId = request,
        pub protocol: ProtocolIndex = protocol,
        pub peer: PeerConnection => keep,
        /// What of the request's head the system did not take at once.
        pub out: Vec<u8> => Vec::clear,
        /// Bytes of the request's body handed to the system in this try.
        pub body_sent: u64,
        pub written: Written,
        pub seen: Seen,
        /// The response's head, its first bytes while it is incomplete.
        pub head: Head => Head::clear,
        pub inbox: Vec<u8> => Vec::clear,
        /// What is spoken with the server: made anew with each request, from this memory.
        pub client: Client => keep,
        pub line: ResponseHead,
        /// More bytes than the response has were received, or an end, an error, or a time-out was seen.
        pub spoiled: Option<Spoiled>,
        /// Both directions are passed on as they come: 101 was answered.
        pub tunnel: Option<Tunnel>,
        /// Interim responses seen before the final one.
        pub interim: u8,
        /// When this try began.
        pub started: u64 = now,
        /// How long former tries of the request have waited in the group's queue: ms.
        pub waited: u32 => keep,
        /// The body that is sent is not the client's: it is part of `out`, or there is none.
        pub own_body: bool,
        /// Its head is being written, and shall be the same for every server.
        pub building: bool,
        /// The method that the server got is HEAD, whatever the client's is.
        pub is_head: bool,
        /// The last piece of a streamed body was taken over.
        pub stream_ended: bool,
        /// Which list it waits in, and its place there.
        pub waits: Waits => keep,
        pub wait: Link<UpstreamKey> => keep,
        /// Whether it arrives, where that matters: `account`, if this is of this try.
        pub kept_account: Option<Box<Account>> => keep,
        pub accounted: bool,
        /// The task has ended; its memory is freed when the turn is over.
        pub released: bool => keep,
        pub buffering: Buffering,
        /// Bytes of the response read so far.
        pub received: u64,
        pub rare: Rare<RareOfUpstream> => Rare::clear,
    }
}

fn keep<T>(_: &mut T) {}

/// How much of the request the system has taken, in this try.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Written {
    #[default]
    Nothing,
    Some,
    /// The body included.
    All,
}

/// How much of a response came, in this try.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Seen {
    #[default]
    Nothing,
    Some,
    /// The final head, which is being passed on.
    Head,
}

/// How far the client may lag behind the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Buffering {
    /// By one read, as small as `proxy_buffer_size`.
    Off,
    /// By one read.
    #[default]
    Memory,
    /// What it does not take in time goes to a file.
    File,
}

/// What most tasks have none of.
#[derive(Default)]
pub struct RareOfUpstream {
    /// It waits for a name.
    pub resolving: Option<Resolving>,
    /// What of the request's body is on its way past our memory.
    pub pipe: Option<Pipe>,
    /// A copy of the body is made.
    pub tap: Option<Tap>,
    /// Writing failed; what can still be read says why.
    pub send_error: Option<Errno>,
    /// `proxy_limit_rate`
    pub pace: Option<Box<Pace>>,
}

impl Rarely for RareOfUpstream {
    const NONE: &'static Self =
        &Self { resolving: None, pipe: None, tap: None, send_error: None, pace: None };

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Which sides of an upgraded connection have sent their last byte.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tunnel {
    pub client_ended: bool,
    pub server_ended: bool,
}

/// Where the copy of a body goes.
pub enum Tap {
    Store(Store),
    Cache(Box<Filling>),
}

/// A copy of a response in a temporary file, which goes unless it was given another name.
pub struct Store {
    pub file: File,
    pub path: PathBuf,
    /// Seconds since 1970.
    pub modified: Option<i64>,
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A name that a request waits for.
#[derive(Debug)]
pub struct Resolving {
    pub waiter: Option<WaiterId>,
    pub outcome: Option<Outcome>,
    pub of: NameOf,
}

/// What the name is.
#[derive(Debug)]
pub enum NameOf {
    /// A group that is made of its addresses.
    Group(Key),
    /// A `server` line of a group that has no peers yet.
    Line(GroupIndex, u16),
}

/// Why a connection is not kept although the response may be whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spoiled {
    PeerClosed,
    ExcessBytes,
    Failed,
}

impl Upstream {
    pub fn new(request: RequestId, protocol: ProtocolIndex) -> Self {
        Self::begun(request, protocol, 0)
    }

    /// Decodes a piece of the response's body in place.
    pub fn take_body(&mut self, bytes: &mut [u8]) -> Result<Decoded, Violation> {
        match self.client.receive(bytes, &mut self.head, &mut self.line)? {
            Got::Body(decoded) => Ok(decoded),
            _ => Ok(Decoded { data: 0, consumed: bytes.len(), end: false }),
        }
    }

    /// Forgets the last try, keeps the memory.
    pub fn begin_try(&mut self, now: u64) {
        self.renew(self.request, self.protocol, now);
    }

    /// Of a request in the queue: since when it would have waited if it had done so at one go.
    pub fn queued_since(&self) -> u64 {
        self.started.saturating_sub(self.waited.into())
    }

    /// Of a request that may not be repeated, on a cached connection.
    pub fn account(&self) -> Option<&Account> {
        self.kept_account.as_deref().filter(|_| self.accounted)
    }

    pub fn account_mut(&mut self) -> Option<&mut Account> {
        self.kept_account.as_deref_mut().filter(|_| self.accounted)
    }

    /// Something of the request waits for the server to take it.
    pub fn has_rest(&self) -> bool {
        !self.out.is_empty() || self.rare.pipe.is_some()
    }

    pub fn take_pipe(&mut self) -> Option<Pipe> {
        self.rare.if_any()?.pipe.take()
    }

    /// What waits will not be sent.
    pub fn forget_rest(&mut self) {
        self.out = Vec::new();
        self.take_pipe();
    }

    /// Makes it as new for another request, keeping the memory that is worth keeping.
    pub fn reset(&mut self, request: RequestId, protocol: ProtocolIndex) {
        self.renew(request, protocol, 0);
        self.peer.reset();
        self.released = false;
        self.waited = 0;
        for bytes in [&mut self.out, &mut self.inbox, &mut self.head.bytes] {
            empty(bytes);
        }
    }
}
