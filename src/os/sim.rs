//! A network and a clock in memory, from a seed.
//!
//! Readiness follows Linux's edge-triggered epoll and sockets follow TCP, so that what holds here
//! holds there:
//!
//! - A short read means that nothing more had arrived, a short write that the window was full.
//!   Bytes travel: they leave the sender at once and arrive in pieces at random moments, and each
//!   arrival raises an edge.
//! - An event carries what is true when it is delivered, at the least what raised it; `ended` is never
//!   left out.
//! - A close with bytes unread resets the other side; a reset lets what had arrived be read, then
//!   fails once; behind an end writing alone shows it.
//! - What is known of bytes that were sent comes late, see `account`.
//!
//! Several processes may share a world: each has its own sockets, and waits for what happens to those. Those that
//! listen at one address get the clients at random.
//!
//! What goes wrong, and how often, is [`Faults`]. Everything is decided by one generator: a seed
//! replays.

// The one place where a `RefCell` is right: sockets and driver share a world that, as the kernel,
// calls nothing.
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use mio::Token;
use slab::Slab;

use super::Errno;
use super::addr::Addr;
use super::clock::Wall;
use super::net::{Io, Readiness};
use crate::base::rng::Rng;

mod account;
mod datagram;
pub mod disk;
mod end;
mod faults;
pub mod lanes;
#[cfg(test)]
mod tests;
mod world;

pub use end::Asked;
use end::{Edge, End, State};
pub use faults::Faults;
use lanes::Common;
use world::World;

/// The world, as one of its processes sees it; clones share it.
#[derive(Clone)]
pub struct SimNet(Rc<RefCell<World>>, u32);

/// One end of a connection, or a listener. Dropping it closes it.
pub struct SimSocket {
    net: SimNet,
    at: usize,
}

/// What is so of a socket and will not be told again: an edge has told it.
#[derive(Clone, Copy, Debug)]
pub struct Truth {
    pub readable: bool,
    pub writable: bool,
    pub ended: bool,
}

impl SimNet {
    /// A rough network that loses nothing.
    pub fn new(seed: u64) -> Self {
        Self::with_faults(seed, Faults::rough())
    }

    pub fn with_faults(seed: u64, faults: Faults) -> Self {
        let world = World {
            now: 1000,
            rng: Rng::new(seed),
            faults,
            ends: Slab::new(),
            common: None,
            dialed: 0,
            digest: 0xcbf2_9ce4_8422_2325,
        };
        Self(Rc::new(RefCell::new(world)), 0)
    }

    /// The same world for another process: events of its sockets go to that one alone.
    pub fn of_process(&self, process: u32) -> Self {
        Self(self.0.clone(), process)
    }

    /// Time, and what is open, are those of other worlds too.
    pub fn share(&self, common: &Arc<Common>) {
        let world = &mut *self.0.borrow_mut();
        world.common = Some(common.clone());
        world.now = common.latest(world.now);
    }

    /// How many connections this process has with an address, being made, in use or idle.
    pub fn connections(&self, to: &Addr) -> usize {
        let world = self.0.borrow();
        let own = world.ends.iter().filter(|(_, end)| end.process == self.1);
        own.filter(|(_, end)| end.remote == *to && end.datagrams.is_none()).count()
    }

    pub fn now(&self) -> u64 {
        self.0.borrow().now
    }

    pub fn wall(&self) -> Wall {
        // 2026-01-02 03:04:05 UTC, when the clock of the simulation says 0.
        let now = self.now();
        Wall { secs: 1_767_323_045 + (now / 1000) as i64, ms: (now % 1000) as u32, offset: 0 }
    }

    /// One of `0..n`.
    pub fn rand(&self, n: u64) -> u64 {
        self.0.borrow_mut().rng.below(n)
    }

    /// A summary of all that happened: two runs of a seed agree in it.
    pub fn digest(&self) -> u64 {
        self.0.borrow().digest
    }

    pub fn set_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.0.borrow_mut().faults);
    }

    /// The most sends and receives that a socket with a token has seen since the last wait.
    pub fn most_calls(&self) -> u32 {
        let world = self.0.borrow();
        let told = world.ends.iter().filter(|(_, end)| end.token.is_some());
        told.map(|(_, end)| end.calls).max().unwrap_or(0)
    }

    /// How many sockets exist, waiting in a backlog or accepted.
    pub fn sockets(&self) -> usize {
        self.0.borrow().ends.len()
    }

    /// Nothing is on its way, and no connection waits to be accepted.
    pub fn is_quiet(&self) -> bool {
        self.0.borrow().ends.iter().all(|(_, end)| !end.is_coming() && end.backlog.is_empty())
    }

    pub fn listen(&self, addr: Addr) -> SimSocket {
        let mut world = self.0.borrow_mut();
        let end = End { state: State::Listening, local: addr, process: self.1, ..End::new(0) };
        let at = world.ends.insert(end);
        drop(world);
        self.socket(at)
    }

    /// Begins a connection: refused at once or later, established after a while, or never.
    pub fn connect(&self, addr: &Addr) -> Result<SimSocket, Errno> {
        let mut world = self.0.borrow_mut();
        let World { rng, faults, .. } = &mut *world;
        if rng.one_in(faults.refuse) && rng.one_in(3) {
            return Err(Errno::REFUSED);
        }
        let hangs = rng.one_in(faults.hang);
        let delay = rng.below(3 * faults.slow);
        let until = (!hangs).then_some(world.now + delay);
        let at = world.dial(addr);
        world.ends[at].process = self.1;
        world.ends[at].state = State::Connecting(until);
        if let Some(common) = &world.common {
            common.count(addr, 1);
            world.ends[at].counted = true;
        }
        drop(world);
        Ok(self.socket(at))
    }

    /// A connection that is there at once whatever the faults, for the scripts of a test.
    pub fn dial(&self, addr: &Addr) -> Result<SimSocket, Errno> {
        let mut world = self.0.borrow_mut();
        let at = world.dial(addr);
        world.establish(at, false);
        let error = world.ends[at].error;
        drop(world);
        let socket = self.socket(at);
        error.map_or(Ok(socket), Err)
    }

    /// From now on events carry `token`; the first says what is ready already.
    pub fn register(&self, socket: &SimSocket, token: Token, level: bool) {
        let end = &mut self.0.borrow_mut().ends[socket.at];
        end.token = Some(token);
        end.process = self.1;
        end.level = level;
        end.raised = Edge { read: end.readable(), write: false };
        end.raised.write = matches!(end.state, State::Open);
    }

    pub fn deregister(&self, socket: &SimSocket) {
        let end = &mut self.0.borrow_mut().ends[socket.at];
        end.token = None;
        end.raised = Edge::default();
    }

    /// Lets the network move, then tells what is ready. If nothing is, time passes.
    pub fn wait(&self, ready: &mut Vec<Readiness>, timeout: Option<u64>) {
        let world = &mut *self.0.borrow_mut();
        world.ends.iter_mut().for_each(|(_, end)| end.calls = 0);
        world.advance();
        let before = ready.len();
        world.tell(self.1, ready);
        let World { now, rng, faults, common, .. } = world;
        let idle = ready.len() == before;
        // A busy worker's time passes as well, if slowly.
        let step = if idle { 1 + rng.below(faults.step_ms) } else { rng.below(3) };
        *now += timeout.map_or(step, |ms| step.min(ms.max(1)));
        if rng.one_in(faults.jump) {
            *now += rng.below(faults.jump_ms);
        }
        if let Some(common) = common {
            *now = common.latest(*now);
        }
        let now = *now;
        world.note(&[now, (ready.len() - before) as u64, u64::from(self.1)]);
    }

    fn socket(&self, at: usize) -> SimSocket {
        SimSocket { net: self.clone(), at }
    }
}

impl SimSocket {
    /// `peek`: what is seen stays to be received. As the system's call, 0 bytes asked for look like the end.
    pub fn recv(&mut self, buf: &mut [u8], peek: bool) -> Io {
        let world = &mut *self.net.0.borrow_mut();
        // More may have arrived since the wait; it raises its own edge.
        if world.rng.one_in(4) && world.ends[self.at].is_open() {
            world.arrive(self.at);
        }
        if world.ends[self.at].datagrams.is_some() {
            return world.take_datagram(self.at, buf, peek).map(|(n, _)| n);
        }
        let end = &mut world.ends[self.at];
        if !end.is_open() {
            return Io::Again;
        }
        end.calls += 1;
        let n = buf.len().min(end.inbox.len());
        if n == 0 && !buf.is_empty() {
            return match end.error {
                _ if end.eof => Io::Eof,
                Some(_) => end.error.take().map_or(Io::Eof, Io::Fail),
                None if end.dead => Io::Eof,
                None => Io::Again,
            };
        }
        if n == 0 {
            return Io::Eof;
        }
        buf[..n].copy_from_slice(&end.inbox[..n]);
        if !peek {
            end.inbox.drain(..n);
            let roomy = end.space() >= end.window.div_ceil(3) || world.rng.one_in(3);
            if let Some(peer) = end.peer.filter(|_| roomy) {
                let peer = &mut world.ends[peer];
                peer.raised.write |= std::mem::take(&mut peer.blocked);
            }
        }
        world.note(&[1, self.at as u64, n as u64]);
        Io::Done(n)
    }

    pub fn send(&mut self, buf: &[u8]) -> Io {
        let world = &mut *self.net.0.borrow_mut();
        if world.ends[self.at].datagrams.is_some() {
            let to = world.ends[self.at].remote.clone();
            return world.send_datagram(self.at, &to, buf);
        }
        let end = &mut world.ends[self.at];
        end.calls += 1;
        if !end.is_open() {
            return Io::Again;
        }
        if let Some(error) = end.error.take() {
            return Io::Fail(error);
        }
        if end.dead || end.finished {
            return Io::Fail(Errno::PIPE);
        }
        let Some(peer) = end.peer else {
            // The other side is gone, which this one learns only from the answer to these bytes.
            world.wrote(self.at, buf.len());
            let end = &mut world.ends[self.at];
            end.reset_coming |= end.account.held == 0 && !buf.is_empty();
            return Io::Done(buf.len());
        };
        let peer = &mut world.ends[peer];
        let n = buf.len().min(peer.space());
        peer.transit.extend_from_slice(&buf[..n]);
        world.wrote(self.at, n);
        world.ends[self.at].blocked |= n < buf.len();
        if n == 0 && !buf.is_empty() {
            return Io::Again;
        }
        let asked = &mut world.ends[self.at].asked;
        asked.held = asked.nopush;
        asked.pieces += u32::from(!asked.nopush);
        world.note(&[2, self.at as u64, n as u64]);
        Io::Done(n)
    }

    pub fn accept(&mut self) -> Io<(Self, Addr)> {
        let world = &mut *self.net.0.borrow_mut();
        if world.ends[self.at].backlog.is_empty() {
            return Io::Again;
        }
        if world.rng.one_in(world.faults.no_files) {
            return Io::Fail(Errno::MFILE);
        }
        let Some(at) = world.ends[self.at].backlog.pop_front() else { return Io::Again };
        let addr = world.ends[at].remote.clone();
        Io::Done((self.net.socket(at), addr))
    }

    pub fn shutdown_write(&mut self) {
        let world = &mut *self.net.0.borrow_mut();
        let end = &mut world.ends[self.at];
        if std::mem::replace(&mut end.finished, true) || end.dead {
            return;
        }
        if let Some(peer) = end.peer {
            world.ends[peer].fin_coming = true;
            world.carry(self.at);
        }
    }

    /// As reading `SO_ERROR`.
    pub fn take_error(&self) -> Option<Errno> {
        self.net.0.borrow_mut().ends[self.at].error.take()
    }

    pub fn reset_on_close(&self) {
        self.net.0.borrow_mut().ends[self.at].abrupt = true;
    }

    pub fn set_nodelay(&self, on: bool) {
        self.net.0.borrow_mut().ends[self.at].asked.nodelay = Some(on);
    }

    pub fn set_nopush(&self, on: bool) {
        let asked = &mut self.net.0.borrow_mut().ends[self.at].asked;
        asked.nopush = on;
        asked.pieces += u32::from(!on && std::mem::take(&mut asked.held));
    }

    /// What the other side asked of its socket.
    pub fn asked_there(&self) -> Option<Asked> {
        let world = self.net.0.borrow();
        world.ends[self.at].peer.map(|peer| world.ends[peer].asked)
    }

    pub fn is_connected(&self) -> bool {
        let end = &self.net.0.borrow().ends[self.at];
        end.is_open() && end.error.is_none() && !matches!(end.state, State::Connecting(_))
    }

    pub fn local_addr(&self) -> Addr {
        self.net.0.borrow().ends[self.at].local.clone()
    }

    /// From which address it comes, if that is not to be one of its own; before it is established.
    pub fn bind(&self, local: &Addr) {
        self.net.0.borrow_mut().ends[self.at].local = local.clone();
    }

    /// What an honest `ready` must say; for the checks of a test.
    pub fn truth(&self) -> Truth {
        let world = self.net.0.borrow();
        let end = &world.ends[self.at];
        let open = end.is_open();
        Truth {
            readable: open && end.readable() && !end.raised.read,
            writable: open && !end.blocked && end.has_space(&world.ends) && !end.raised.write,
            ended: (end.eof || end.dead) && !end.raised.read,
        }
    }

    pub fn is_listener(&self) -> bool {
        matches!(self.net.0.borrow().ends[self.at].state, State::Listening)
    }

    /// The token of this socket's events.
    pub fn token(&self) -> Option<Token> {
        self.net.0.borrow().ends[self.at].token
    }
}

impl Drop for SimSocket {
    fn drop(&mut self) {
        let world = &mut *self.net.0.borrow_mut();
        let resets = world.hang_up(self.at);
        let end = world.ends.remove(self.at);
        if let Some(common) = world.common.as_ref().filter(|_| end.counted) {
            common.count(&end.remote, -1);
        }
        for &far in &end.backlog {
            let far = world.ends.remove(far);
            if let Some(near) = far.peer {
                world.ends[near].peer = None;
                world.ends[near].reset_coming = true;
            }
        }
        let Some(peer) = end.peer else { return };
        let sent = world.ends[peer].transit.len() - end.account.held;
        let left = world.rng.below(sent as u64 + 1) as usize;
        let peer = &mut world.ends[peer];
        peer.peer = None;
        if end.dead {
            return;
        }
        if resets {
            // Before it what was still on its way may be lost.
            peer.transit.truncate(left);
            peer.reset_coming = true;
            return;
        }
        peer.fin_coming |= !end.finished;
        // What arrives at a closed socket is answered by a reset.
        peer.reset_coming |= !end.transit.is_empty();
    }
}

impl fmt::Debug for SimSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimSocket({})", self.at)
    }
}
