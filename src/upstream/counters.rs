//! What happened at a peer, counted whether anyone asks or not, and the reasons that a request can be told.

/// How a try came by its connection: `$upstream_pool`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Pool {
    /// None was had: every peer was tried, down or full.
    #[default]
    Busy,
    /// From the cache.
    Hit,
    /// Made for this try.
    Dial,
    /// One was being made, but another became free first.
    Late,
    /// After a wait in the queue.
    Queued,
}

impl Pool {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Hit => "hit",
            Self::Dial => "dial",
            Self::Late => "late",
            Self::Queued => "queued",
        }
    }
}

/// What became of a try's connection: `$upstream_pool_kept`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Kept,
    /// The try failed, or the response was broken off.
    Failed,
    PeerClosed,
    /// The server said `Connection: close`, or its protocol has no other way.
    ClosedByHeader,
    /// More was received than the response has.
    ExcessBytes,
    /// The response came before the request was written whole, or its client left before the end.
    RequestUnfinished,
    /// `keepalive_requests` is used up.
    Requests,
    /// `keepalive_time` is used up.
    Age,
    /// No room, and nothing older to give up.
    Full,
    Exiting,
    /// `keepalive 0`, or the peer has left the group.
    Off,
    Upgraded,
}

impl Fate {
    pub const COUNT: usize = Self::ALL.len();

    pub const ALL: [Self; 12] = [
        Self::Kept,
        Self::Failed,
        Self::PeerClosed,
        Self::ClosedByHeader,
        Self::ExcessBytes,
        Self::RequestUnfinished,
        Self::Requests,
        Self::Age,
        Self::Full,
        Self::Exiting,
        Self::Off,
        Self::Upgraded,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Failed => "failed",
            Self::PeerClosed => "peer-closed",
            Self::ClosedByHeader => "closed-by-header",
            Self::ExcessBytes => "excess-bytes",
            Self::RequestUnfinished => "request-unfinished",
            Self::Requests => "requests",
            Self::Age => "age",
            Self::Full => "full",
            Self::Exiting => "exiting",
            Self::Off => "off",
            Self::Upgraded => "upgraded",
        }
    }
}

/// Counts since the worker began.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counters {
    pub tries: u64,
    pub hits: u64,
    pub dials: u64,
    pub dial_failures: u64,
    /// Requests that were served by a connection that became free while their own was being made.
    pub late: u64,
    /// What became of connections after a try, by [`Fate`].
    pub fates: [u64; Fate::COUNT],
    /// Requests sent again because their cached connection was found dead.
    pub stale_replays: u64,
    /// Of those, requests of which no byte had been taken by the system.
    pub never_sent_replays: u64,
    pub undelivered_replays: u64,
    /// Cached connections that died when nothing proved that the request had not arrived.
    pub undecided: u64,
    /// Idle connections given up for others, run out of time, or closed by the server.
    pub evicted: u64,
    pub expired: u64,
    pub closed_idle: u64,
    /// Requests that were served here after a wait, and the ms that they waited.
    pub waited: u64,
    pub wait_ms: u64,
}

impl Counters {
    /// What another has counted besides.
    pub fn add(&mut self, other: &Self) {
        self.tries += other.tries;
        self.hits += other.hits;
        self.dials += other.dials;
        self.dial_failures += other.dial_failures;
        self.late += other.late;
        for (it, more) in self.fates.iter_mut().zip(other.fates) {
            *it += more;
        }
        self.stale_replays += other.stale_replays;
        self.never_sent_replays += other.never_sent_replays;
        self.undelivered_replays += other.undelivered_replays;
        self.undecided += other.undecided;
        self.evicted += other.evicted;
        self.expired += other.expired;
        self.closed_idle += other.closed_idle;
        self.waited += other.waited;
        self.wait_ms += other.wait_ms;
    }
}
