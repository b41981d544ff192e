//! Accepting: in bounded batches, pausing when descriptors run out, giving up idle clients when slots do.
//!
//! Several processes may wait for one socket. The system wakes those that wait, the one that has waited
//! longest first, and a process stays where it is in that queue: so that not always the same one is asked,
//! it leaves the queue and joins it at the end now and then. One that is nearly full leaves it for a while.

use crate::base::ids::ConnId;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{Io, Socket};

use super::{Host, Reactor, Side};

/// Accepted at once with `multi_accept on`; without it, one per event, which is fairest to other workers.
pub const BATCH: usize = 64;

/// How long accepting pauses when the process or the system is out of descriptors.
pub const PAUSE_MS: u64 = 500;

/// How long a process that is nearly full leaves new clients to the others.
const REST_MS: u64 = 50;

/// Clients that it takes at most between two such rests, for the others may be as full; a part of its slots
/// if they are few.
const BETWEEN_RESTS: usize = 64;

/// Clients that a process takes before it joins the queue at its end.
const IN_A_ROW: u32 = 16;

/// Idle clients given up at once when slots run short.
const DRAIN: usize = 32;

/// What one attempt to accept came to.
pub enum Accepted {
    Client(Socket, Addr),
    /// No client is waiting, or the one that was has gone.
    NoClient,
    /// A slot was not to be had, or descriptors ran out: the listener rests.
    Paused(Errno),
    /// The client was let go: every slot is taken.
    Refused,
}

/// Takes one client from the listener's queue.
pub fn accept<W: Host>(w: &mut W, listener: ConnId) -> Accepted {
    make_room(w);
    let event = w.event();
    match event.conns[listener].socket.accept() {
        Io::Done((socket, addr)) => {
            if event.conns.len() >= event.limit {
                drop(socket);
                return Accepted::Refused;
            }
            if event.conns[listener].shared {
                event.let_others(listener);
            }
            Accepted::Client(socket, addr)
        }
        Io::Fail(e @ (Errno::MFILE | Errno::NFILE)) => {
            give_up_oldest(w, DRAIN);
            w.event().pause(listener, PAUSE_MS);
            Accepted::Paused(e)
        }
        _ => Accepted::NoClient,
    }
}

/// The pause is over.
pub fn resume<W: Host>(event: &mut Reactor<W>, listener: ConnId) {
    // Or the next client would be taken for another end of the pause.
    event.cancel(listener, Side::Read);
    if event.conns.get(listener).is_some() && event.register_listener(listener).is_err() {
        event.arm(listener, Side::Read, PAUSE_MS);
    }
}

/// Keeps a sixteenth of the slots free by giving up clients that wait for nothing, the oldest first.
fn make_room<W: Host>(w: &mut W) {
    let event = w.event();
    let spare = event.limit.saturating_sub(event.conns.len());
    if spare > event.limit / 16 {
        return;
    }
    if event.oldest_reusable().is_some() {
        log::warn!("{} worker_connections are not enough, reusing connections", event.limit);
        let most = (event.reusable_len() / 8).clamp(1, DRAIN);
        give_up_oldest(w, most);
    }
}

fn give_up_oldest<W: Host>(w: &mut W, most: usize) {
    for _ in 0..most {
        let event = w.event();
        let Some(id) = event.oldest_reusable() else {
            return;
        };
        event.set_reusable(id, false);
        event.conns[id].give_up = true;
        let handler = event.conns[id].read.handler;
        handler.run(w, id);
        // Freed at the end of the turn, yet its slot must count as free now.
        w.event().free_closed();
    }
}

impl<W: Host> Reactor<W> {
    /// There are no more events of a listener: others are woken in place of this process.
    pub fn stop_listening(&mut self, listener: ConnId) {
        self.driver.deregister(&self.conns[listener].socket);
    }

    fn pause(&mut self, listener: ConnId, ms: u64) {
        self.stop_listening(listener);
        self.arm(listener, Side::Read, ms);
    }

    /// After a client from a listener that others wait for too.
    fn let_others(&mut self, listener: ConnId) {
        if self.conns.len() > self.limit - self.limit / 8 {
            if self.over == 0 {
                self.pause(listener, REST_MS);
            }
            let between = (self.limit / 32).clamp(1, BETWEEN_RESTS) as u32;
            self.over = (self.over + 1) % between;
            return;
        }
        self.over = 0;
        self.accepts += 1;
        if self.accepts >= IN_A_ROW {
            self.accepts = 0;
            self.stop_listening(listener);
            if self.register_listener(listener).is_err() {
                self.arm(listener, Side::Read, PAUSE_MS);
            }
        }
    }

    /// Clients that wait for nothing.
    pub fn reusable_len(&self) -> usize {
        self.reusable.len() as usize
    }

    /// Frees closed slots before the turn ends. Only for a caller that holds no id of a connection but a listener's.
    fn free_closed(&mut self) {
        for id in self.closed.drain(..) {
            self.conns.remove(id);
        }
    }
}
