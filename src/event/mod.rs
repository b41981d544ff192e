//! The reactor: connections whose read and write handlers are swapped as they move from state to state.
//!
//! It is generic over the worker it serves and so knows nothing of HTTP. The rules that keep it sound:
//!
//! 1. *Look up, copy the ids, drop the borrow, call.* A handler takes `&mut W` and ids.
//! 2. *Borrow by parts.* Methods live on the worker's fields, never on the worker.
//! 3. *Close now, free later.* [`Reactor::close`] shuts the socket; the slot is freed when the turn ends.
//! 4. *One end.* Whatever owns a connection ends in one function, which may be called twice.
//! 5. *`ready` is the truth.* Sockets are registered once, edge-triggered. A short read or write clears `ready`,
//!    unless the event said that the end is queued. Whoever stops with `ready` set must [`Reactor::post`].
//! 6. *Work per event is bounded*: after so much, post and return.

use std::collections::VecDeque;

use crate::base::arena::Arena;
use crate::base::ids::{Conn, ConnId};
use crate::base::list::List;
use crate::base::wheel::Wheel;
use crate::os::clock::Wall;
use crate::os::net::{Driver, Readiness};

#[cfg(feature = "sim")]
mod check;
mod connection;
mod io;
pub mod listen;
mod timer;

pub use connection::{Connection, Event, Handler, Reusable, Side, State};
pub use timer::JobTimer;

/// Rounds of posted jobs within one turn; what is left waits for the next, whose wait is then zero.
const ROUNDS: usize = 16;

/// What the reactor asks of the worker around it.
pub trait Host: Sized + 'static {
    /// Who a connection works for: nginx's `c->data`, typed.
    type Owner: Copy + Default;
    /// Anything else that can be put off or timed.
    type Job: Copy;
    fn event(&mut self) -> &mut Reactor<Self>;
    fn run(&mut self, job: Self::Job);
    /// Frees what was finished during the turn.
    fn reap(&mut self);
}

/// A reason to run something later.
pub enum Wake<W: Host> {
    Side(ConnId, Side),
    Job(W::Job),
}

pub struct Reactor<W: Host> {
    pub conns: Arena<Connection<W>, Conn>,
    pub driver: Driver,
    /// Milliseconds since the worker began, as of this turn. Never 0.
    pub now: u64,
    /// Wall time as of this turn.
    pub wall: Wall,
    /// Connections that may exist at the same time (`worker_connections`).
    pub limit: usize,
    /// Idle clients, the oldest at the back: given up when slots run out.
    reusable: List<Conn, Reusable>,
    /// Clients taken from listeners that others wait for too; and those taken since this process has been
    /// nearly full.
    accepts: u32,
    over: u32,
    wheel: Wheel<Wake<W>>,
    posted: VecDeque<Wake<W>>,
    ready: Vec<Readiness>,
    closed: Vec<ConnId>,
}

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

impl<W: Host> Reactor<W> {
    pub fn new(mut driver: Driver, limit: usize) -> Self {
        let now = driver.now();
        let wall = driver.wall();
        Self {
            conns: Arena::default(),
            wheel: Wheel::new(now),
            driver,
            now,
            wall,
            limit,
            reusable: List::default(),
            accepts: 0,
            over: 0,
            posted: VecDeque::new(),
            ready: Vec::new(),
            closed: Vec::new(),
        }
    }

    /// Runs the side's handler later in this turn, or in the next; once, however often it is posted.
    pub fn post(&mut self, id: ConnId, side: Side) {
        let Some(c) = self.conns.get_mut(id) else {
            return;
        };
        if !std::mem::replace(&mut c.side_mut(side).posted, true) {
            self.posted.push_back(Wake::Side(id, side));
        }
    }

    pub fn post_job(&mut self, job: W::Job) {
        self.posted.push_back(Wake::Job(job));
    }

    /// Wall time in milliseconds.
    pub fn wall_ms(&self) -> u64 {
        self.wall.secs as u64 * 1000 + u64::from(self.wall.ms)
    }
}

impl<W: Host> Copy for Wake<W> {}
impl<W: Host> Clone for Wake<W> {
    fn clone(&self) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests;
