//! Connections are taken in, begun and closed.

use std::net::SocketAddr;

use crate::base::ids::ConnId;
use crate::base::list::Link;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::{ConnectOptions, Readiness, Socket};

use super::{Connection, Event, Handler, Host, Reactor, Side};

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

    /// As `add`, level-triggered: a listener has events until it is emptied.
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
            tls: None,
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

    /// Says that nothing more will be sent; the other direction stays open.
    pub fn shutdown_write(&mut self, id: ConnId) -> Result<(), Errno> {
        let c = &mut self.conns[id];
        if let Some(tls) = &mut c.tls {
            tls.shutdown(&mut c.socket);
        }
        c.socket.shutdown_write()
    }

    /// Closes the socket now; the slot is freed when the turn ends, so ids stay good until then.
    pub fn close(&mut self, id: ConnId) {
        let Some(c) = self.conns.get_mut(id) else {
            return;
        };
        if c.socket.is_closed() {
            return;
        }
        // The peer is to know that this is the end, and not a part of it lost. It is not waited for.
        if let Some(mut tls) = c.tls.take() {
            tls.shutdown(&mut c.socket);
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
