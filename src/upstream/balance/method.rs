//! The balancing method of a group and its parameters, as the configuration has them.

/// How a peer is chosen. The keys of those that have one are HTTP's.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Method {
    #[default]
    RoundRobin,
    LeastConn,
    LeastTime(LeastTime),
    IpHash,
    Hash,
    Consistent,
    Random(Choice),
}

impl Method {
    /// Whether a parameter of `server` can be obeyed.
    pub fn supports(self, parameter: &[u8]) -> bool {
        let in_turn = matches!(self, Self::RoundRobin | Self::LeastConn | Self::LeastTime(_));
        in_turn || !matches!(parameter, b"backup" | b"slow_start")
    }
}

/// The parameters of `least_time`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeastTime {
    /// The time to the end of the response counts, not that to its head.
    pub last_byte: bool,
    /// The age of requests without an answer counts too.
    pub inflight: bool,
}

/// What decides between peers that were drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// One is drawn.
    One,
    LeastConn,
    LeastTime(LeastTime),
}
