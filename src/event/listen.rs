//! Accepting: in bounded batches, pausing when descriptors run out, giving up idle clients when slots do.

use crate::base::ids::ConnId;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{Io, Socket};

use super::{Host, Reactor, Side};

/// Accepted at once with `multi_accept on`; without it, one per event, which is fairest to other workers.
pub const BATCH: usize = 64;

/// How long accepting pauses when the process or the system is out of descriptors.
pub const PAUSE_MS: u64 = 500;

/// Idle clients given up at once when slots run short.
const DRAIN: usize = 32;

/// What one attempt to accept came to.
pub enum Accepted {
    Client(Socket, Addr),
    /// Nobody is waiting, or the one who was has gone.
    Nobody,
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
            Accepted::Client(socket, addr)
        }
        Io::Fail(e @ (Errno::MFILE | Errno::NFILE)) => {
            give_up_oldest(w, DRAIN);
            w.event().pause(listener);
            Accepted::Paused(e)
        }
        _ => Accepted::Nobody,
    }
}

/// The pause is over.
pub fn resume<W: Host>(event: &mut Reactor<W>, listener: ConnId) {
    // Or the next client would be taken for another end of the pause.
    event.cancel(listener, Side::Read);
    if let Some(c) = event.conns.get(listener) {
        if event.driver.register_level(&c.socket, listener.into()).is_err() {
            event.arm(listener, Side::Read, PAUSE_MS);
        }
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
    fn pause(&mut self, listener: ConnId) {
        self.driver.deregister(&self.conns[listener].socket);
        self.arm(listener, Side::Read, PAUSE_MS);
    }

    fn reusable_len(&self) -> usize {
        self.reusable.len() as usize
    }

    /// Frees closed slots before the turn ends. Only for a caller that holds no id of a connection but a listener's.
    fn free_closed(&mut self) {
        for id in self.closed.drain(..) {
            self.conns.remove(id);
        }
    }
}
