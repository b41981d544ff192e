//! Waits for readiness and says what time it is: epoll, or the simulation.

use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

#[cfg(feature = "sim")]
use super::CONNECT;
use super::{ConnectOptions, Datagrams, Readiness, Socket};
use crate::os::addr::Addr;
use crate::os::clock::{Clock, Wall};
#[cfg(feature = "sim")]
use crate::os::sim::SimNet;
use crate::os::{Errno, random, syscall};

/// Waits for readiness and says what time it is.
pub enum Driver {
    Epoll {
        poll: Poll,
        events: Events,
        clock: Clock,
    },
    #[cfg(feature = "sim")]
    Sim(SimNet),
}

impl Driver {
    /// At most `batch` events are taken by one wait.
    pub fn epoll(batch: usize) -> Result<Self, Errno> {
        Self::epoll_by(Clock::new(), batch)
    }

    /// As `epoll`, by a clock that others go by, too.
    pub fn epoll_by(clock: Clock, batch: usize) -> Result<Self, Errno> {
        let poll = Poll::new()?;
        Ok(Self::Epoll { poll, events: Events::with_capacity(batch), clock })
    }

    pub fn now(&self) -> u64 {
        match self {
            Self::Epoll { clock, .. } => clock.monotonic_ms(),
            #[cfg(feature = "sim")]
            Self::Sim(net) => net.now(),
        }
    }

    pub fn wall(&mut self) -> Wall {
        match self {
            Self::Epoll { clock, .. } => clock.wall(),
            #[cfg(feature = "sim")]
            Self::Sim(net) => net.wall(),
        }
    }

    /// A number that cannot be guessed, or in a simulation one that the seed decides.
    pub fn seed(&self) -> u64 {
        match self {
            Self::Epoll { .. } => random::word(),
            #[cfg(feature = "sim")]
            Self::Sim(net) => net.rand(u64::MAX),
        }
    }

    /// Registers both directions, edge-triggered, for the socket's life; closing it ends that.
    pub fn register(&mut self, socket: &Socket, token: Token) -> Result<(), Errno> {
        match (self, socket) {
            (Self::Epoll { poll, .. }, Socket::Fd(fd)) => {
                let both = Interest::READABLE | Interest::WRITABLE;
                Ok(poll.registry().register(&mut SourceFd(&fd.as_raw_fd()), token, both)?)
            }
            #[cfg(feature = "sim")]
            (Self::Sim(net), Socket::Sim(socket)) => {
                net.register(socket, token, false);
                Ok(())
            }
            _ => Err(Errno::INVAL),
        }
    }

    /// Registers a listener or another descriptor for reading, *level-triggered*: what is left raises an event again.
    ///
    /// Of the processes that share an `exclusive` one only some are woken. mio is always edge-triggered
    /// and cannot say that, so this goes to its epoll descriptor directly.
    pub fn register_level(
        &mut self,
        socket: &Socket,
        token: Token,
        exclusive: bool,
    ) -> Result<(), Errno> {
        match (self, socket) {
            (Self::Epoll { poll, .. }, Socket::Fd(fd)) => {
                let more = if exclusive { libc::EPOLLEXCLUSIVE } else { 0 };
                let events = (libc::EPOLLIN | more) as u32;
                let mut event = libc::epoll_event { events, u64: token.0 as u64 };
                let (epoll, fd) = (poll.as_raw_fd(), fd.as_raw_fd());
                syscall!(epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &mut event)).map(drop)
            }
            #[cfg(feature = "sim")]
            (Self::Sim(net), Socket::Sim(socket)) => {
                net.register(socket, token, true);
                Ok(())
            }
            _ => Err(Errno::INVAL),
        }
    }

    /// There are no more events of this socket until it is registered again.
    pub fn deregister(&mut self, socket: &Socket) {
        match (self, socket) {
            (Self::Epoll { poll, .. }, Socket::Fd(fd)) => {
                let _ = poll.registry().deregister(&mut SourceFd(&fd.as_raw_fd()));
            }
            #[cfg(feature = "sim")]
            (Self::Sim(net), Socket::Sim(socket)) => net.deregister(socket),
            _ => {}
        }
    }

    /// Waits for at most `timeout` ms (`None`: for ever) and appends what is ready.
    pub fn wait(&mut self, ready: &mut Vec<Readiness>, timeout: Option<u64>) {
        match self {
            Self::Epoll { poll, events, .. } => {
                // An interrupted wait is one in which nothing happened.
                if poll.poll(events, timeout.map(Duration::from_millis)).is_err() {
                    return;
                }
                ready.extend(events.iter().map(|e| {
                    let ended = e.is_read_closed() || e.is_error();
                    Readiness {
                        token: e.token(),
                        readable: e.is_readable() || ended,
                        writable: e.is_writable() || e.is_write_closed() || e.is_error(),
                        ended,
                    }
                }));
            }
            #[cfg(feature = "sim")]
            Self::Sim(net) => net.wait(ready, timeout),
        }
    }

    /// Begins a connection; the first `send` or `recv` shows whether it succeeded.
    ///
    /// The error says which call failed.
    pub fn connect(
        &mut self,
        addr: &Addr,
        options: &ConnectOptions<'_>,
    ) -> Result<Socket, (&'static str, Errno)> {
        match self {
            Self::Epoll { .. } => super::connect::connect(addr, options),
            #[cfg(feature = "sim")]
            Self::Sim(net) => {
                let socket = net.connect(addr).map_err(|e| (CONNECT, e))?;
                options.local.iter().for_each(|local| socket.bind(local));
                Ok(Socket::Sim(socket))
            }
        }
    }

    /// A socket that exchanges datagrams with one address alone. Its port is one of the system's choice, at
    /// random; what others send to it is not received.
    pub fn connect_datagram(&mut self, to: std::net::SocketAddr) -> Result<Socket, Errno> {
        match self {
            Self::Epoll { .. } => Ok(Socket::Fd(Datagrams::to(&Addr::Inet(to))?.0)),
            #[cfg(feature = "sim")]
            Self::Sim(net) => Ok(Socket::Sim(net.connect_datagram(&Addr::Inet(to)))),
        }
    }
}
