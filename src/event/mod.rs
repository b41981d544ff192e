//! The reactor: connections whose read and write handlers are swapped as they move from state to state.
//!
//! It is generic over the worker it serves and so knows nothing of HTTP. The rules that keep it sound:
//!
//! 1. *Look up, copy the ids, drop the borrow, call.* A handler takes `&mut W` and ids.
//! 2. *Borrow by parts.* Methods live on the worker's fields, never on the worker.
//! 3. *Close now, free later.* [`Reactor::close`] shuts the socket; the slot is freed when the turn ends.
//! 4. *One end.* Whatever owns a connection ends in one function, which may be called twice.
//! 5. *`ready` is the truth.* Sockets are registered once, edge-triggered. A short read or write clears `ready`,
//!    unless the event said that the end is queued. A handler that stops with `ready` set must [`Reactor::post`].
//! 6. *Work per event is bounded*: at the bound, post and return.
//!
//! A connection may have TLS ([`crate::tls`]). Then rule 5 is about plaintext: what waits in memory keeps `ready` set.
//! Its owner does not see the difference, but for `splice_in` and `splice_out`, which are not for it.

use crate::base::ids::ConnId;

#[cfg(feature = "sim")]
mod check;
mod connection;
mod io;
pub mod listen;
mod reactor;
mod timer;
mod tls;

pub use reactor::{Connection, Event, Handler, Host, Reactor, Reusable, Side, State, Wake};
pub use timer::JobTimer;

/// Rounds of posted jobs within one turn; what is left waits for the next, whose wait is then zero.
const ROUNDS: usize = 16;

/// One turn of the loop: wait, dispatch, expire, run what was posted, free what was closed.
pub fn turn<W: Host>(w: &mut W) {
    let event = w.event();
    let timeout = match event.posted.is_empty() {
        false => Some(0),
        true => event.wheel.next().map(|tick| tick.saturating_sub(event.now)),
    };
    let mut ready = std::mem::take(&mut event.ready);
    event.driver.wait(&mut ready, timeout);
    event.now = event.driver.now();
    event.wall = event.driver.wall();
    // Everything that is known by now is noted before any handler runs: one of them may be about to write to a
    // connection that has ended, or take up an idle one that has something to say.
    for it in &ready {
        if let Ok(id) = ConnId::try_from(it.token) {
            w.event().note(id, it);
        }
    }
    for it in ready.drain(..) {
        let Ok(id) = ConnId::try_from(it.token) else {
            continue;
        };
        if it.readable {
            raise(w, id, Side::Read);
        }
        if it.writable {
            raise(w, id, Side::Write);
        }
    }
    w.event().ready = ready;
    timer::expire(w);
    for _ in 0..ROUNDS {
        if w.event().posted.is_empty() {
            break;
        }
        for _ in 0..w.event().posted.len() {
            match w.event().posted.pop_front() {
                Some(Wake::Job(job)) => w.run(job),
                Some(Wake::Side(id, side)) => run_posted(w, id, side),
                None => break,
            }
        }
    }
    w.reap();
    let event = w.event();
    if let Some(job) = event.deferred.pop_front() {
        event.posted.push_back(Wake::Job(job));
    }
    for id in event.closed.drain(..) {
        event.conns.remove(id);
    }
}

/// Runs a side's handler, unless the connection has been closed meanwhile.
fn raise<W: Host>(w: &mut W, id: ConnId, side: Side) {
    let Some(c) = w.event().conns.get(id).filter(|c| !c.socket.is_closed()) else {
        return;
    };
    let handler = c.side(side).handler;
    handler.run(w, id);
}

fn run_posted<W: Host>(w: &mut W, id: ConnId, side: Side) {
    if let Some(c) = w.event().conns.get_mut(id) {
        c.side_mut(side).posted = false;
        raise(w, id, side);
    }
}

#[cfg(test)]
mod tests;
