//! The socket's side of a [`Fetch`]: its request goes out, its answer comes in.

use crate::event::{Reactor, Side};
use crate::http::fetch::Fetch;
use crate::os::Errno;
use crate::os::net::Io;
use crate::worker::{Buffers, ConnId, Worker};

/// Reads in a row; then others have their turn.
const ROUNDS: u32 = 16;

/// The peer has closed before the answer was whole.
pub(super) const CLOSED: &str = "upstream prematurely closed connection";

/// How far the request is out.
pub(super) enum Sent {
    /// It was out before.
    Before,
    All,
    Part,
    Fail(Errno),
}

/// What was read of the answer.
pub(super) enum Read {
    More,
    /// It is here, with as much of its body as is wanted.
    Answer,
    Wrong(&'static str),
    Fail(Errno),
}

/// Sends what is left of the request; the timer of writing ends with it.
pub(super) fn send(event: &mut Reactor<Worker>, conn: ConnId, fetch: &mut Fetch) -> Sent {
    if fetch.unsent().is_empty() {
        return Sent::Before;
    }
    while !fetch.unsent().is_empty() {
        match event.send(conn, fetch.unsent()) {
            Io::Done(n) => fetch.sent += n,
            Io::Again | Io::Eof => return Sent::Part,
            Io::Fail(e) => return Sent::Fail(e),
        }
    }
    event.disarm(conn, Side::Write);
    Sent::All
}

/// Reads until the answer is here with `most` bytes of its body, or all that has come.
pub(super) fn receive(
    event: &mut Reactor<Worker>,
    buffers: &mut Buffers,
    conn: ConnId,
    fetch: &mut Fetch,
    most: usize,
) -> Read {
    let mut scratch = buffers.take();
    let read = read(event, conn, fetch, most, &mut scratch);
    buffers.give(scratch);
    read
}

fn read(
    event: &mut Reactor<Worker>,
    conn: ConnId,
    fetch: &mut Fetch,
    most: usize,
    scratch: &mut [u8],
) -> Read {
    for _ in 0..ROUNDS {
        if !event.conns[conn].read.ready {
            return Read::More;
        }
        let taken = match event.recv(conn, scratch) {
            Io::Done(n) => fetch.take(&mut scratch[..n], most),
            Io::Again => return Read::More,
            Io::Eof if fetch.is_whole() => return Read::Answer,
            Io::Eof => return Read::Wrong(CLOSED),
            Io::Fail(e) => return Read::Fail(e),
        };
        match taken {
            Ok(true) => return Read::Answer,
            Ok(false) => {}
            Err(violation) => return Read::Wrong(violation.words()),
        }
    }
    event.post(conn, Side::Read);
    Read::More
}
