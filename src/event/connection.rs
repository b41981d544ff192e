//! A connection: a socket, whom it works for, and what it does when next it can.

use std::net::SocketAddr;

use crate::base::ids::{Conn, ConnId};
use crate::base::list::{Link, Linked};
use crate::base::wheel::TimerId;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{ConnectOptions, Readiness, Socket};

use super::{Host, Reactor, Wake};

/// The current state of a state machine, as code, with its name for debug lines and tests.
pub struct Handler<W: Host>(pub &'static State<W>);

pub struct State<W: Host> {
    pub name: &'static str,
    pub run: fn(&mut W, ConnId),
}

/// Makes a [`Handler`] of a function.
#[macro_export]
macro_rules! handler {
    ($run:path) => {
        $crate::event::Handler(&$crate::event::State { name: stringify!($run), run: $run })
    };
}

pub struct Connection<W: Host> {
    pub socket: Socket,
    pub owner: W::Owner,
    pub read: Event<W>,
    pub write: Event<W>,
    /// Bytes sent on this connection in all.
    pub sent: u64,
    /// The end, or an error, is queued: no further edge will tell of it.
    pub ended: bool,
    /// Its place is wanted for another: the read handler is called and must close.
    pub give_up: bool,
    /// A listener that other processes wait for too.
    pub shared: bool,
    reusable: Link<Conn>,
}

pub struct Event<W: Host> {
    pub handler: Handler<W>,
    /// There may be something to do: neither a short read or write nor `Again` has said otherwise.
    pub ready: bool,
    /// The timer ran out; arming it again clears this.
    pub timedout: bool,
    pub(super) posted: bool,
    /// How long after `rings` the time is up, and 1 more; 0: nobody waits for that.
    pub(super) later: u32,
    /// The wheel's timer, and when it rings: known here, so that nearly every arming stays away from the wheel.
    pub(super) timer: Option<TimerId<Wake<W>>>,
    pub(super) rings: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    Read,
    Write,
}

/// Threads the list of connections that may be given up.
pub struct Reusable;

impl<W: Host> Linked<Reusable, Conn> for Connection<W> {
    fn link(&mut self) -> &mut Link<Conn> {
        &mut self.reusable
    }
}

impl<W: Host> Reactor<W> {
    /// Takes a socket in. On failure the socket is closed.
    pub fn add(
        &mut self,
        socket: Socket,
        owner: W::Owner,
        read: Handler<W>,
        write: Handler<W>,
    ) -> Result<ConnId, Errno> {
        let id = self.insert(socket, owner, read, write);
        if let Err(e) = self.driver.register(&self.conns[id].socket, id.into()) {
            self.conns.remove(id);
            return Err(e);
        }
        Ok(id)
    }

    /// As `add`, for a descriptor that is told of again and again until it is emptied: a listener.
    pub fn add_level(
        &mut self,
        socket: Socket,
        owner: W::Owner,
        read: Handler<W>,
        write: Handler<W>,
    ) -> Result<ConnId, Errno> {
        let id = self.insert(socket, owner, read, write);
        self.register_listener(id).inspect_err(|_| drop(self.conns.remove(id)))?;
        Ok(id)
    }

    /// As `add_level`, for one that other processes wait for too: not all of them are woken.
    pub fn add_shared(
        &mut self,
        socket: Socket,
        owner: W::Owner,
        read: Handler<W>,
        write: Handler<W>,
    ) -> Result<ConnId, Errno> {
        let id = self.insert(socket, owner, read, write);
        self.conns[id].shared = true;
        self.register_listener(id).inspect_err(|_| drop(self.conns.remove(id)))?;
        Ok(id)
    }

    pub(super) fn register_listener(&mut self, id: ConnId) -> Result<(), Errno> {
        let c = &self.conns[id];
        self.driver.register_level(&c.socket, id.into(), c.shared)
    }

    fn insert(
        &mut self,
        socket: Socket,
        owner: W::Owner,
        read: Handler<W>,
        write: Handler<W>,
    ) -> ConnId {
        self.conns.insert(Connection {
            socket,
            owner,
            read: Event::new(read),
            // Until the system says otherwise a first `send` may be tried at once.
            write: Event { ready: true, ..Event::new(write) },
            sent: 0,
            ended: false,
            give_up: false,
            shared: false,
            reusable: Link::default(),
        })
    }

    /// Begins a connection. Its first `send` or `recv` says whether it came about.
    pub fn connect(
        &mut self,
        addr: &Addr,
        options: &ConnectOptions<'_>,
        owner: W::Owner,
        read: Handler<W>,
        write: Handler<W>,
    ) -> Result<ConnId, (&'static str, Errno)> {
        let socket = self.driver.connect(addr, options)?;
        self.add(socket, owner, read, write).map_err(|e| ("epoll_ctl", e))
    }

    /// A socket that exchanges datagrams with one address, from a port of the system's choice.
    pub fn connect_datagram(
        &mut self,
        to: SocketAddr,
        owner: W::Owner,
        read: Handler<W>,
        write: Handler<W>,
    ) -> Result<ConnId, Errno> {
        let socket = self.driver.connect_datagram(to)?;
        self.add(socket, owner, read, write)
    }

    /// Closes the socket now; the slot is freed when the turn ends, so ids stay good until then.
    pub fn close(&mut self, id: ConnId) {
        let Some(c) = self.conns.get_mut(id) else {
            return;
        };
        if c.socket.is_closed() {
            return;
        }
        // Dropping the descriptor ends its registration too.
        c.socket = Socket::Closed;
        c.owner = W::Owner::default();
        for side in [Side::Read, Side::Write] {
            let event = self.conns[id].side_mut(side);
            event.ready = false;
            event.later = 0;
            if let Some(timer) = event.timer.take() {
                self.wheel.cancel(timer);
            }
        }
        self.reusable.remove(&mut self.conns, id);
        self.closed.push(id);
    }

    /// The connection waits for a next request, and may be given up for another.
    pub fn set_reusable(&mut self, id: ConnId, reusable: bool) {
        self.reusable.remove(&mut self.conns, id);
        if reusable {
            self.reusable.push_front(&mut self.conns, id);
        }
    }

    /// The connection that has been idle the longest.
    pub fn oldest_reusable(&self) -> Option<ConnId> {
        self.reusable.back()
    }

    /// Both flags are set before either handler runs: the first may want to know of the second.
    pub(super) fn note(&mut self, id: ConnId, it: &Readiness) {
        if let Some(c) = self.conns.get_mut(id).filter(|c| !c.socket.is_closed()) {
            c.ended |= it.ended;
            c.read.ready |= it.readable;
            c.write.ready |= it.writable;
        }
    }
}

impl<W: Host> Connection<W> {
    pub fn side(&self, side: Side) -> &Event<W> {
        match side {
            Side::Read => &self.read,
            Side::Write => &self.write,
        }
    }

    pub fn side_mut(&mut self, side: Side) -> &mut Event<W> {
        match side {
            Side::Read => &mut self.read,
            Side::Write => &mut self.write,
        }
    }
}

impl<W: Host> Event<W> {
    fn new(handler: Handler<W>) -> Self {
        Self {
            handler,
            ready: false,
            timedout: false,
            posted: false,
            later: 0,
            timer: None,
            rings: 0,
        }
    }

    pub fn is_posted(&self) -> bool {
        self.posted
    }

    pub fn is_armed(&self) -> bool {
        self.later != 0
    }

    /// When the time is up, if somebody waits for that.
    pub(super) fn deadline(&self) -> Option<u64> {
        Some(self.rings + u64::from(self.later.checked_sub(1)?))
    }
}

impl<W: Host> Handler<W> {
    pub fn name(self) -> &'static str {
        self.0.name
    }

    pub fn run(self, w: &mut W, id: ConnId) {
        (self.0.run)(w, id);
    }
}

impl<W: Host> Copy for Handler<W> {}
impl<W: Host> Clone for Handler<W> {
    fn clone(&self) -> Self {
        *self
    }
}
