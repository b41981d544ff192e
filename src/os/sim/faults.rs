//! What goes wrong on the simulated network, and how often.

/// What goes wrong. A field that says "one in" is off at 0 and certain at 1.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Bytes that fit between a sender and the reader; each connection draws one of these.
    pub windows: Vec<usize>,
    /// Bytes on their way arrive at one wait in this many (at least 1), and then in part or whole.
    pub slow: u64,
    /// One in: an arrival is followed by silence of up to `stall_ms`.
    pub stall: u64,
    pub stall_ms: u64,
    /// One in: an event is delivered only at a later wait.
    pub late: u64,
    /// One in: a socket has an event for no reason.
    pub spurious: u64,
    /// Most events of one wait.
    pub batch: u64,
    /// One in: an arrival is instead the loss of the connection, both ways, at any byte.
    pub reset: u64,
    /// One in: an arrival is instead the sender's end, at any byte of what it sent.
    pub close: u64,
    /// One in: a connect is refused.
    pub refuse: u64,
    /// One in: a connect hangs for ever.
    pub hang: u64,
    /// One in: an accept finds no descriptor free.
    pub no_files: u64,
    /// One in: during a wait the clock jumps by up to `jump_ms`.
    pub jump: u64,
    pub jump_ms: u64,
    /// One in: a datagram is lost; arrives twice.
    pub lose: u64,
    pub double: u64,
    /// One in: bytes that the system has taken are held back; most milliseconds that an acknowledgement takes.
    pub hold: u64,
    pub ack_ms: u64,
    /// Most milliseconds that pass in a wait in which nothing happens.
    pub step_ms: u64,
}

impl Faults {
    /// A perfect network: everything arrives by the next wait and raises its event at once.
    pub fn none() -> Self {
        Self {
            windows: vec![1 << 16],
            slow: 1,
            stall: 0,
            stall_ms: 0,
            late: 0,
            spurious: 0,
            batch: 512,
            reset: 0,
            close: 0,
            refuse: 0,
            hang: 0,
            no_files: 0,
            jump: 0,
            jump_ms: 0,
            lose: 0,
            double: 0,
            hold: 0,
            ack_ms: 0,
            step_ms: 50,
        }
    }

    /// Slow, reordering, chatty and narrow, but it loses nothing.
    pub fn rough() -> Self {
        Self {
            windows: vec![1, 16, 100, 1000, 4096, 1 << 16],
            slow: 3,
            late: 4,
            spurious: 40,
            batch: 5,
            ..Self::none()
        }
    }
}
