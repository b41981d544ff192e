//! What sockets and the driver answer, real or simulated.

use mio::Token;

use crate::os::Errno;

/// What one attempt at I/O came to.
#[derive(Debug, PartialEq)]
pub enum Io<T = usize> {
    Done(T),
    /// Not now: the event will be raised again.
    Again,
    Eof,
    Fail(Errno),
}

impl<T> Io<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Io<U> {
        match self {
            Self::Done(it) => Io::Done(f(it)),
            Self::Again => Io::Again,
            Self::Eof => Io::Eof,
            Self::Fail(e) => Io::Fail(e),
        }
    }
}

/// One event of a wait.
#[derive(Clone, Copy, Debug)]
pub struct Readiness {
    pub token: Token,
    pub readable: bool,
    pub writable: bool,
    /// The other side has finished, or the socket has failed: the end is queued, no further edge will tell.
    pub ended: bool,
}
