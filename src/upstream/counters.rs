//! What happened at a peer, counted whether anyone asks or not, and the reasons that a request can be told.
//!
//! Where they are counted, for each worker, is [`shared::counters`](super::shared::counters).

use std::ops::{AddAssign, Index, IndexMut};

/// An enum that knows all its values, in their order; with words, the name of each.
macro_rules! all {
    ($(#[$of:meta])* pub enum $name:ident {
        $($(#[$of_value:meta])* $value:ident: $word:literal,)+
    }) => {
        all! { $(#[$of])* pub enum $name { $($(#[$of_value])* $value,)+ } }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }
    };
    ($(#[$of:meta])* pub enum $name:ident { $($(#[$of_value:meta])* $value:ident,)+ }) => {
        $(#[$of])*
        pub enum $name {
            $($(#[$of_value])* $value,)+
        }

        impl $name {
            pub const ALL: [Self; [$(stringify!($value)),+].len()] = [$(Self::$value),+];
        }
    };
}

all! {
    /// How a try came by its connection: `$upstream_pool`.
    #[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
    pub enum Pool {
        /// None was had: every peer was tried or full.
        #[default]
        Busy: "busy",
        /// None, since every peer was down, disabled or unhealthy.
        Unavailable: "unavailable",
        /// From the cache.
        Hit: "hit",
        /// Made for this try.
        Dial: "dial",
        /// One was being made, but another became free first.
        Late: "late",
        /// After a wait in the queue.
        Queued: "queued",
        /// None, since `proxy_allow_upstream` forbade it.
        Denied: "denied",
    }
}

all! {
    /// What became of a try's connection: `$upstream_pool_kept`.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Disposition {
        Kept: "kept",
        /// The try failed, or the response turned out to be wrong on its way.
        Failed: "failed",
        PeerClosed: "peer-closed",
        /// The server said `Connection: close`, or its protocol has no other way.
        ClosedByHeader: "closed-by-header",
        /// More was received than the response has.
        ExcessBytes: "excess-bytes",
        /// The response came before the request was written whole, or its client left before the end.
        RequestUnfinished: "request-unfinished",
        /// `keepalive_requests` is used up.
        Requests: "requests",
        /// `keepalive_time` is used up.
        Age: "age",
        /// No room, and nothing older to give up.
        Full: "full",
        Exiting: "exiting",
        /// `keepalive 0`, or the peer has left the group, or a script that balances has not asked for it.
        Off: "off",
        Upgraded: "upgraded",
    }
}

all! {
    /// Why a request whose cached connection had died was not sent again, although `proxy_next_upstream` has
    /// `undelivered`: what kept the kernel from proving that it had not arrived.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Undecided {
        /// The server's system knew of no end: it may have thrown away what the server had read, or not.
        ResetAlone: "reset-alone",
        /// Some of it was acknowledged.
        Arrived: "arrived",
        /// The end came, the reset that would have proven it did not in time.
        NoReset: "no-reset",
        /// No time was given: at this peer it has come to nothing too often.
        NotAwaited: "not-awaited",
        /// The end came before the request was written whole.
        Unfinished: "unfinished",
        /// The body was passed on as it came, and is not kept.
        Streamed: "streamed",
        /// Some of an answer was there.
        ResponseBegun: "response-begun",
        UnixSocket: "unix-socket",
        /// The system does not tell.
        NoAccount: "no-account",
        /// Neither an end nor a reset, such as a time-out of the system's own.
        OtherError: "other-error",
    }
}

all! {
    /// Why there was no TLS with a server.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum HandshakeFailure {
        /// Its certificate is not trusted.
        Untrusted: "untrusted",
        /// Its certificate is for other names than the one that is checked.
        OtherName: "other-name",
        /// `proxy_connect_timeout`
        TimedOut: "timed-out",
        /// It closed the connection.
        Ended: "ended",
        /// An alert, bytes that are no TLS, or a certificate of ours that cannot be read.
        Protocol: "protocol",
    }
}

all! {
    /// What is counted of a peer; some are not counts, but what is the case now. What most requests change is in
    /// front, so that it is together in a line of the processor's cache.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    #[repr(u8)]
    pub enum Count {
        /// Tries under way, and those of them whose connection is being made.
        Busy,
        Dialing,
        /// Idle connections, and those being made that no request has claimed.
        Idle,
        Spare,
        Tries,
        Hits,
        Dials,
        /// What became of connections after a try: in the order of [`Disposition`].
        Kept,
        Failed,
        PeerClosed,
        ClosedByHeader,
        ExcessBytes,
        RequestUnfinished,
        Requests,
        Age,
        Full,
        Exiting,
        Off,
        Upgraded,
        /// Of dials, those that came to nothing: refused, unreachable, reset or timed out while connecting.
        DialFailures,
        /// Requests that were served by a connection that became free while their own was being made.
        Late,
        /// Requests sent again because their cached connection was found dead.
        StaleReplays,
        /// Of those, requests of which no byte had been taken by the system.
        NeverSentReplays,
        UndeliveredReplays,
        /// Requests that were not, since nothing proved that they had not arrived: in the order of [`Undecided`].
        ResetAlone,
        Arrived,
        NoReset,
        NotAwaited,
        Unfinished,
        Streamed,
        ResponseBegun,
        UnixSocket,
        NoAccount,
        OtherError,
        /// TLS: handshakes that ended well, and those of them with which a session went on.
        Handshakes,
        Resumed,
        /// Those that did not: in the order of [`HandshakeFailure`].
        Untrusted,
        OtherName,
        TimedOut,
        Ended,
        Protocol,
        /// Idle connections given up for others, run out of time, or closed by the server.
        Evicted,
        Expired,
        ClosedIdle,
        /// Requests that were served here after a wait, and the ms that they waited.
        Waited,
        WaitMs,
        /// Requests that `proxy_allow_upstream` kept from this peer.
        Denied,
        /// Of a group: requests that found its queue full, and those that waited in it in vain.
        Overflows,
        Timeouts,
        /// Of a group: what its requests were told by [`Pool::Busy`] and [`Pool::Unavailable`].
        NoneFree,
        Unavailable,
        /// Of a group: requests that wait for a place.
        Waiting,
    }
}

impl Count {
    /// It goes up and down: what a worker held of it is gone with the worker.
    pub fn is_now(self) -> bool {
        matches!(self, Self::Busy | Self::Dialing | Self::Idle | Self::Spare | Self::Waiting)
    }
}

const COUNTS: usize = Count::ALL.len();

impl From<Disposition> for Count {
    fn from(disposition: Disposition) -> Self {
        Self::ALL[Self::Kept as usize + disposition as usize]
    }
}

impl From<Undecided> for Count {
    fn from(reason: Undecided) -> Self {
        Self::ALL[Self::ResetAlone as usize + reason as usize]
    }
}

impl From<HandshakeFailure> for Count {
    fn from(reason: HandshakeFailure) -> Self {
        Self::ALL[Self::Untrusted as usize + reason as usize]
    }
}

/// What was counted, of one worker or of all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(align(64))]
pub struct Counts([u64; COUNTS]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; COUNTS])
    }
}

impl Counts {
    pub fn of(&self, reason: impl Into<Count>) -> u64 {
        self[reason.into()]
    }
}

impl Index<Count> for Counts {
    type Output = u64;
    fn index(&self, count: Count) -> &u64 {
        &self.0[count as usize]
    }
}

impl IndexMut<Count> for Counts {
    fn index_mut(&mut self, count: Count) -> &mut u64 {
        &mut self.0[count as usize]
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(it, other)| *it = it.wrapping_add(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_named_in_their_order() {
        for (at, count) in Count::ALL.into_iter().enumerate() {
            assert_eq!(count as usize, at);
        }
        let dispositions =
            Disposition::ALL.map(|disposition| (Count::from(disposition), disposition.as_str()));
        let doubts = Undecided::ALL.map(|reason| (Count::from(reason), reason.as_str()));
        let failures = HandshakeFailure::ALL.map(|reason| (Count::from(reason), reason.as_str()));
        for (count, name) in dispositions.into_iter().chain(doubts).chain(failures) {
            assert_eq!(format!("{count:?}").to_lowercase(), name.replace('-', ""));
        }
    }
}
