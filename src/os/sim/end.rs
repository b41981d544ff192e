//! One end of a simulated connection, a listener, or a socket for datagrams: what its system knows of it.

use std::collections::VecDeque;

use mio::Token;
use slab::Slab;

use crate::os::Errno;
use crate::os::addr::Addr;

pub(super) struct End {
    pub(super) state: State,
    /// Whose it is.
    pub(super) process: u32,
    /// Among those that are open in all worlds.
    pub(super) counted: bool,
    pub(super) local: Addr,
    pub(super) remote: Addr,
    /// None when the other side has closed.
    pub(super) peer: Option<usize>,
    /// Arrived and not yet read.
    pub(super) inbox: Vec<u8>,
    /// On its way here; then what follows it: the sender's end, the loss of the connection.
    pub(super) transit: Vec<u8>,
    pub(super) fin_coming: bool,
    pub(super) reset_coming: bool,
    /// The sender's end has arrived.
    pub(super) eof: bool,
    /// To be told once.
    pub(super) error: Option<Errno>,
    /// Reset or refused: nothing more will arrive or leave.
    pub(super) dead: bool,
    /// This side has said that it sends no more.
    pub(super) finished: bool,
    /// Closing resets.
    pub(super) abrupt: bool,
    /// A send found the window full: space raises an edge.
    pub(super) blocked: bool,
    pub(super) window: usize,
    pub(super) silent_until: u64,
    pub(super) token: Option<Token>,
    pub(super) level: bool,
    pub(super) raised: Edge,
    pub(super) backlog: VecDeque<usize>,
    /// What is known here of what this side has sent.
    pub(super) account: Account,
    /// What this side asked for, and the pieces that its bytes went out in.
    pub(super) asked: Asked,
    /// Sends and receives since the last wait.
    pub(super) calls: u32,
    /// Of a socket for datagrams.
    pub(super) datagrams: Option<Datagrams>,
}

/// Options of a socket, and what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `None`: nothing was asked.
    pub nodelay: Option<bool>,
    /// Bytes are held back until it is off again: with what follows they are one piece.
    pub nopush: bool,
    pub pieces: u32,
    pub(super) held: bool,
}

pub(super) enum State {
    Listening,
    /// Until then; `None` for ever.
    Connecting(Option<u64>),
    Open,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Edge {
    pub(super) read: bool,
    pub(super) write: bool,
}

#[derive(Default)]
pub(super) struct Account {
    /// Bytes that the system took in all, and how many of them it holds back.
    pub(super) written: u64,
    pub(super) held: usize,
    /// Bytes of this side that the other has acknowledged, as far as is known here.
    pub(super) acknowledged: u64,
    /// An acknowledgement on its way here: when it comes, and of how many bytes.
    pub(super) coming: Option<(u64, u64)>,
    /// What the bytes and the end on their way here acknowledge.
    pub(super) carried: u64,
    /// Bytes that have arrived here in all.
    pub(super) arrived: u64,
    /// The connection was lost, and the other side may never hear that all of them have.
    pub(super) in_doubt: bool,
    pub(super) round_trip: u64,
}

impl Account {
    pub(super) fn new(round_trip: u64) -> Self {
        Self { round_trip, ..Self::default() }
    }

    /// Bytes, or an end, have come, and with them what they acknowledge.
    pub(super) fn hear(&mut self) {
        self.acknowledged = self.acknowledged.max(self.carried);
    }
}

/// What a socket for datagrams has and will have.
#[derive(Default)]
pub(super) struct Datagrams {
    pub(super) inbox: VecDeque<(Addr, Vec<u8>)>,
    /// On its way, and not here before then.
    pub(super) transit: Vec<(u64, Addr, Vec<u8>)>,
    /// Receives from its remote address alone.
    pub(super) connected: bool,
}

impl Datagrams {
    pub(super) fn is_coming(&self) -> bool {
        !self.transit.is_empty()
    }

    pub(super) fn is_readable(&self) -> bool {
        !self.inbox.is_empty()
    }
}

impl End {
    pub(super) fn new(window: usize) -> Self {
        let nowhere = Addr::Unix(std::path::PathBuf::new());
        Self {
            state: State::Open,
            process: 0,
            counted: false,
            local: nowhere.clone(),
            remote: nowhere,
            peer: None,
            inbox: Vec::new(),
            transit: Vec::new(),
            fin_coming: false,
            reset_coming: false,
            eof: false,
            error: None,
            dead: false,
            finished: false,
            abrupt: false,
            blocked: false,
            window,
            silent_until: 0,
            token: None,
            level: false,
            raised: Edge::default(),
            backlog: VecDeque::new(),
            account: Account::default(),
            asked: Asked::default(),
            calls: 0,
            datagrams: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    pub(super) fn is_coming(&self) -> bool {
        let datagrams = self.datagrams.as_ref();
        !self.transit.is_empty()
            || self.fin_coming
            || self.reset_coming
            || datagrams.is_some_and(Datagrams::is_coming)
    }

    pub(super) fn readable(&self) -> bool {
        let datagrams = self.datagrams.as_ref();
        !self.inbox.is_empty()
            || self.eof
            || self.dead
            || !self.backlog.is_empty()
            || datagrams.is_some_and(|it| it.is_readable() || self.error.is_some())
    }

    pub(super) fn has_space(&self, ends: &Slab<Self>) -> bool {
        self.dead || self.peer.is_none_or(|peer| ends[peer].space() > 0)
    }

    /// How much more may be sent to this end.
    pub(super) fn space(&self) -> usize {
        self.window.saturating_sub(self.inbox.len() + self.transit.len())
    }

    pub(super) fn fail(&mut self, error: Errno) {
        // As the system's: a reset that comes behind the end is seen by writing alone.
        self.eof &= error == Errno::RESET;
        let behind = self.eof && !self.finished;
        self.error = Some(if behind { Errno::PIPE } else { error });
        self.dead = true;
        self.transit.clear();
        self.fin_coming = false;
        self.reset_coming = false;
        self.raised = Edge { read: true, write: true };
    }
}
