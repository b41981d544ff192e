//! The seam to the world: sockets, readiness and the clock, real or simulated.
//!
//! Everything above sees [`Socket`] and [`Driver`] only, and so runs unchanged on the simulated network.

use std::io::IoSlice;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::addr::Addr;
use super::clock::{Clock, Wall};
#[cfg(feature = "sim")]
use super::sim::{SimNet, SimSocket};
use super::{Errno, syscall};

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

#[derive(Debug)]
pub enum Socket {
    Fd(OwnedFd),
    #[cfg(feature = "sim")]
    Sim(SimSocket),
    Closed,
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

    /// A number nobody can guess, or in a simulation one that the seed decides.
    pub fn seed(&self) -> u64 {
        match self {
            Self::Epoll { .. } => {
                let mut bytes = [0u8; 8];
                // SAFETY: the buffer is eight bytes; a short or failed read leaves zeros.
                unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
                u64::from_ne_bytes(bytes)
            }
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

    /// Registers a listener or another descriptor for reading, *level-triggered*: what is left is told again.
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

    /// Nothing more is told of this socket until it is registered again.
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

    /// Begins a connection; whether it succeeds is told by the first `send` or `recv`.
    ///
    /// The error says which call failed.
    pub fn connect(
        &mut self,
        addr: &Addr,
        options: &ConnectOptions<'_>,
    ) -> Result<Socket, (&'static str, Errno)> {
        match self {
            Self::Epoll { .. } => connect(addr, options),
            #[cfg(feature = "sim")]
            Self::Sim(net) => net.connect(addr).map(Socket::Sim).map_err(|e| (CONNECT, e)),
        }
    }
}

impl Driver {
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

impl Socket {
    pub fn recv(&mut self, buf: &mut [u8]) -> Io {
        match self {
            Self::Fd(fd) => recv(fd, buf, 0),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.recv(buf, false),
            Self::Closed => Io::Eof,
        }
    }

    /// As `recv`, but what was seen stays to be received.
    pub fn peek(&mut self, buf: &mut [u8]) -> Io {
        match self {
            Self::Fd(fd) => recv(fd, buf, libc::MSG_PEEK),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.recv(buf, true),
            Self::Closed => Io::Eof,
        }
    }

    pub fn send(&mut self, buf: &[u8]) -> Io {
        match self {
            Self::Fd(fd) => loop {
                let (at, len) = (buf.as_ptr().cast(), buf.len());
                match syscall!(send(fd.as_raw_fd(), at, len, libc::MSG_NOSIGNAL)) {
                    Ok(n) => return Io::Done(n as usize),
                    Err(Errno(libc::EINTR)) => {}
                    Err(Errno(libc::EAGAIN)) => return Io::Again,
                    Err(e) => return Io::Fail(e),
                }
            },
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.send(buf),
            Self::Closed => Io::Fail(Errno::PIPE),
        }
    }

    pub fn sendv(&mut self, bufs: &[IoSlice<'_>]) -> Io {
        match self {
            Self::Fd(fd) => loop {
                // SAFETY: `msghdr` is a plain struct for which zero is valid.
                let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
                // IoSlice is guaranteed to have the layout of iovec.
                message.msg_iov = bufs.as_ptr() as *mut libc::iovec;
                message.msg_iovlen = bufs.len();
                match syscall!(sendmsg(fd.as_raw_fd(), &message, libc::MSG_NOSIGNAL)) {
                    Ok(n) => return Io::Done(n as usize),
                    Err(Errno(libc::EINTR)) => {}
                    Err(Errno(libc::EAGAIN)) => return Io::Again,
                    Err(e) => return Io::Fail(e),
                }
            },
            #[cfg(feature = "sim")]
            Self::Sim(socket) => {
                let whole: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
                socket.send(&whole)
            }
            Self::Closed => Io::Fail(Errno::PIPE),
        }
    }

    /// Sends `len` bytes of a file from `offset`; fewer may have gone. `Eof`: the file is shorter than that.
    pub fn sendfile(&mut self, file: &std::fs::File, offset: u64, len: usize) -> Io {
        match self {
            Self::Fd(fd) => loop {
                let mut at = offset as libc::off_t;
                // More at once would hold the worker for too long; the caller comes again.
                let most = len.min(2 << 20);
                match syscall!(sendfile(fd.as_raw_fd(), file.as_raw_fd(), &mut at, most)) {
                    Ok(0) => return Io::Eof,
                    Ok(n) => return Io::Done(n as usize),
                    Err(Errno(libc::EINTR)) => {}
                    Err(Errno(libc::EAGAIN)) => return Io::Again,
                    Err(e) => return Io::Fail(e),
                }
            },
            #[cfg(feature = "sim")]
            Self::Sim(socket) => {
                let mut buf = vec![0; len.min(2 << 20)];
                match std::os::unix::fs::FileExt::read_at(file, &mut buf, offset) {
                    Ok(0) => Io::Eof,
                    Ok(n) => socket.send(&buf[..n]),
                    Err(e) => Io::Fail(e.into()),
                }
            }
            Self::Closed => Io::Fail(Errno::PIPE),
        }
    }

    pub fn accept(&mut self) -> Io<(Self, Addr)> {
        match self {
            Self::Fd(fd) => accept(fd),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.accept(),
            Self::Closed => Io::Eof,
        }
    }

    /// Says that nothing more will be sent; the other direction stays open.
    pub fn shutdown_write(&mut self) -> Result<(), Errno> {
        match self {
            Self::Fd(fd) => syscall!(shutdown(fd.as_raw_fd(), libc::SHUT_WR)).map(drop),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => {
                socket.shutdown_write();
                Ok(())
            }
            Self::Closed => Err(Errno::PIPE),
        }
    }

    /// A connection that was begun stands.
    pub fn is_connected(&self) -> bool {
        match self {
            Self::Fd(fd) => name_of(fd, libc::getpeername).is_some(),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.is_connected(),
            Self::Closed => false,
        }
    }

    /// The pending error of the socket (`SO_ERROR`), for a log line; reading it clears it.
    pub fn error(&self) -> Option<Errno> {
        match self {
            Self::Fd(fd) => {
                option(fd, libc::SOL_SOCKET, libc::SO_ERROR).filter(|&e| e != 0).map(Errno)
            }
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.take_error(),
            Self::Closed => None,
        }
    }

    /// Makes the close that follows a reset (`SO_LINGER` 0): `reset_timedout_connection`.
    pub fn reset_on_close(&self) {
        match self {
            Self::Fd(fd) => {
                let linger = libc::linger { l_onoff: 1, l_linger: 0 };
                set_raw(fd, libc::SOL_SOCKET, libc::SO_LINGER, &linger);
            }
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.reset_on_close(),
            Self::Closed => {}
        }
    }

    /// Only whole packets leave while `on` (`TCP_CORK`): nginx's `tcp_nopush`.
    pub fn set_nopush(&self, on: bool) {
        if let Self::Fd(fd) = self {
            set_raw(fd, libc::IPPROTO_TCP, libc::TCP_CORK, &i32::from(on));
        }
    }

    pub fn set_nodelay(&self, on: bool) {
        if let Self::Fd(fd) = self {
            set_raw(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, &i32::from(on));
        }
    }

    pub fn local_addr(&self) -> Option<Addr> {
        match self {
            Self::Fd(fd) => name_of(fd, libc::getsockname),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => Some(socket.local_addr()),
            Self::Closed => None,
        }
    }

    /// `$tcpinfo_rtt`, `_rttvar` (µs), `_snd_cwnd`, `_rcv_space`.
    pub fn tcp_info(&self) -> Option<[u32; 4]> {
        let Self::Fd(fd) = self else { return None };
        // SAFETY: `tcp_info` is plain integers; the kernel writes at most the length given.
        unsafe {
            let mut info: libc::tcp_info = std::mem::zeroed();
            let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
            let at = (&raw mut info).cast();
            let fd = fd.as_raw_fd();
            let result = libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, at, &mut len);
            (result == 0).then_some([
                info.tcpi_rtt,
                info.tcpi_rttvar,
                info.tcpi_snd_cwnd,
                info.tcpi_rcv_space,
            ])
        }
    }

    /// Another descriptor of the same socket.
    pub fn try_clone(&self) -> Result<Self, Errno> {
        match self {
            Self::Fd(fd) => Ok(Self::Fd(fd.try_clone()?)),
            _ => Err(Errno::INVAL),
        }
    }

    /// Whether a program that this one starts has it too.
    pub fn set_inheritable(&self, on: bool) -> Result<(), Errno> {
        let flags = if on { 0 } else { libc::FD_CLOEXEC };
        syscall!(fcntl(self.number(), libc::F_SETFD, flags)).map(drop)
    }

    /// Others may be bound to the address of this one, if they say so as well.
    pub fn share_port(&self) {
        if let Self::Fd(fd) = self {
            set_raw(fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, &1);
        }
    }

    /// The descriptor's number for a debug line; −1 if there is none.
    pub fn number(&self) -> RawFd {
        match self {
            Self::Fd(fd) => fd.as_raw_fd(),
            _ => -1,
        }
    }

    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }
}

/// The options of a `listen` line that are the socket's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenOptions {
    pub backlog: Option<i32>,
    pub rcvbuf: Option<i32>,
    pub sndbuf: Option<i32>,
    pub reuseport: bool,
    pub ipv6only: Option<bool>,
    pub deferred: bool,
    pub fastopen: Option<i32>,
    pub nodelay: bool,
    /// `so_keepalive`: on or off, or the idle time, interval and count given.
    pub keepalive: Option<Keepalive>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keepalive {
    pub on: bool,
    /// Seconds.
    pub idle: Option<i32>,
    /// Seconds.
    pub interval: Option<i32>,
    pub count: Option<i32>,
}

/// A socket of the system's for datagrams to one address. It waits for nothing, and threads may share it.
#[derive(Debug)]
pub struct Datagrams(OwnedFd);

impl Datagrams {
    pub fn to(addr: &Addr) -> Result<Self, Errno> {
        let fd = socket(addr, libc::SOCK_DGRAM)?;
        let raw = RawAddr::of(addr)?;
        syscall!(connect(fd.as_raw_fd(), raw.at(), raw.len))?;
        Ok(Self(fd))
    }

    /// `Errno::AGAIN`: there is no room for it now.
    pub fn send(&self, buf: &[u8]) -> Result<(), Errno> {
        let (fd, at, len) = (self.0.as_raw_fd(), buf.as_ptr().cast(), buf.len());
        loop {
            match syscall!(send(fd, at, len, libc::MSG_NOSIGNAL)) {
                Err(Errno(libc::EINTR)) => {}
                sent => return sent.map(drop),
            }
        }
    }
}

/// A bound and listening socket. A stale unix socket of an earlier run is removed only by its owner at exit, as nginx does.
pub fn listen(addr: &Addr, options: &ListenOptions) -> Result<Socket, Errno> {
    let fd = socket(addr, libc::SOCK_STREAM)?;
    set_raw(&fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, &1);
    if options.reuseport {
        set_raw(&fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, &1);
    }
    if let Addr::Inet(std::net::SocketAddr::V6(_)) = addr {
        let only = i32::from(options.ipv6only.unwrap_or(true));
        set_raw(&fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, &only);
    }
    for (value, name) in [(options.rcvbuf, libc::SO_RCVBUF), (options.sndbuf, libc::SO_SNDBUF)] {
        if let Some(bytes) = value {
            set_raw(&fd, libc::SOL_SOCKET, name, &bytes);
        }
    }
    if let Addr::Inet(_) = addr {
        set_tcp_options(&fd, options);
    }
    let raw = RawAddr::of(addr)?;
    syscall!(bind(fd.as_raw_fd(), raw.at(), raw.len))?;
    if let Addr::Unix(path) = addr {
        use std::os::unix::fs::PermissionsExt;
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666));
    }
    syscall!(listen(fd.as_raw_fd(), options.backlog.unwrap_or(511)))?;
    Ok(Socket::Fd(fd))
}

/// Options that another configuration may say otherwise, for a socket that is open and stays.
pub fn adjust(socket: &Socket, addr: &Addr, options: &ListenOptions) {
    let Socket::Fd(fd) = socket else { return };
    for (value, name) in [(options.rcvbuf, libc::SO_RCVBUF), (options.sndbuf, libc::SO_SNDBUF)] {
        if let Some(bytes) = value {
            set_raw(fd, libc::SOL_SOCKET, name, &bytes);
        }
    }
    if let Addr::Inet(_) = addr {
        set_tcp_options(fd, options);
    }
    let _ = syscall!(listen(fd.as_raw_fd(), options.backlog.unwrap_or(511)));
}

/// A listening socket that the program was started with, by its number.
pub fn inherited(number: RawFd) -> Result<Socket, Errno> {
    syscall!(fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC))?;
    syscall!(fcntl(number, libc::F_SETFL, libc::O_NONBLOCK))?;
    // SAFETY: it is open, and the environment says that it was left to this process.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    match option(&fd, libc::SOL_SOCKET, libc::SO_ACCEPTCONN) {
        Some(1) => Ok(Socket::Fd(fd)),
        _ => Err(Errno::INVAL),
    }
}

/// Options that accepted sockets inherit are set on the listener, which saves a call for each of them.
fn set_tcp_options(fd: &OwnedFd, options: &ListenOptions) {
    set_raw(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, &i32::from(options.nodelay));
    if options.deferred {
        set_raw(fd, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, &1);
    }
    if let Some(queue) = options.fastopen {
        set_raw(fd, libc::IPPROTO_TCP, libc::TCP_FASTOPEN, &queue);
    }
    if let Some(keepalive) = &options.keepalive {
        set_raw(fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, &i32::from(keepalive.on));
        let times = [
            (keepalive.idle, libc::TCP_KEEPIDLE),
            (keepalive.interval, libc::TCP_KEEPINTVL),
            (keepalive.count, libc::TCP_KEEPCNT),
        ];
        for (value, name) in times {
            if let Some(value) = value {
                set_raw(fd, libc::IPPROTO_TCP, name, &value);
            }
        }
    }
}

/// What a connection to a server is made with, besides the address.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectOptions<'a> {
    pub local: Option<&'a Addr>,
    /// `local` may be an address that is not this machine's.
    pub transparent: bool,
    pub keepalive: bool,
    /// 0: the system's own choice.
    pub rcvbuf: usize,
    pub sndbuf: usize,
}

/// The call that failed, if it was none of those that prepare it.
pub const CONNECT: &str = "connect";

fn connect(addr: &Addr, options: &ConnectOptions<'_>) -> Result<Socket, (&'static str, Errno)> {
    let fd = socket(addr, libc::SOCK_STREAM).map_err(|e| ("socket", e))?;
    if options.keepalive {
        set_raw(&fd, libc::SOL_SOCKET, libc::SO_KEEPALIVE, &1);
    }
    for (size, name) in [(options.rcvbuf, libc::SO_RCVBUF), (options.sndbuf, libc::SO_SNDBUF)] {
        if size > 0 {
            set_raw(&fd, libc::SOL_SOCKET, name, &i32::try_from(size).unwrap_or(i32::MAX));
        }
    }
    if let Some(local) = options.local {
        bind_local(&fd, local, options.transparent)?;
    }
    if let Addr::Inet(_) = addr {
        set_raw(&fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, &1);
    }
    let raw = RawAddr::of(addr).map_err(|e| (CONNECT, e))?;
    match syscall!(connect(fd.as_raw_fd(), raw.at(), raw.len)) {
        Ok(_) | Err(Errno(libc::EINPROGRESS)) => Ok(Socket::Fd(fd)),
        Err(e) => Err((CONNECT, e)),
    }
}

fn bind_local(fd: &OwnedFd, local: &Addr, transparent: bool) -> Result<(), (&'static str, Errno)> {
    let is_v6 = matches!(local, Addr::Inet(addr) if addr.is_ipv6());
    if transparent {
        let (level, name, call) = match is_v6 {
            true => (libc::IPPROTO_IPV6, libc::IPV6_TRANSPARENT, "setsockopt(IPV6_TRANSPARENT)"),
            false => (libc::IPPROTO_IP, libc::IP_TRANSPARENT, "setsockopt(IP_TRANSPARENT)"),
        };
        try_set_raw(fd, level, name, &1).map_err(|e| (call, e))?;
    }
    if local.port() == Some(0) {
        // The port is chosen with the server's address in view: more connections fit.
        set_raw(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, &1);
    }
    let raw = RawAddr::of(local).map_err(|e| ("bind", e))?;
    syscall!(bind(fd.as_raw_fd(), raw.at(), raw.len)).map(drop).map_err(|e| ("bind", e))
}

fn socket(addr: &Addr, kind: i32) -> Result<OwnedFd, Errno> {
    let family = match addr {
        Addr::Inet(addr) if addr.is_ipv4() => libc::AF_INET,
        Addr::Inet(_) => libc::AF_INET6,
        Addr::Unix(_) => libc::AF_UNIX,
    };
    let kind = kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let fd = syscall!(socket(family, kind, 0))?;
    // SAFETY: the call succeeded, and the descriptor is nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn accept(listener: &OwnedFd) -> Io<(Socket, Addr)> {
    let mut raw = RawAddr::empty();
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    match syscall!(accept4(listener.as_raw_fd(), raw.at_mut(), &mut raw.len, flags)) {
        Ok(fd) => {
            // SAFETY: the call succeeded, and the descriptor is nobody else's.
            let fd = unsafe { OwnedFd::from_raw_fd(fd) };
            Io::Done((Socket::Fd(fd), raw.to_addr()))
        }
        Err(Errno(libc::EAGAIN)) => Io::Again,
        Err(e) => Io::Fail(e),
    }
}

fn recv(fd: &OwnedFd, buf: &mut [u8], flags: i32) -> Io {
    loop {
        match syscall!(recv(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len(), flags)) {
            Ok(0) => return Io::Eof,
            Ok(n) => return Io::Done(n as usize),
            Err(Errno(libc::EINTR)) => {}
            Err(Errno(libc::EAGAIN)) => return Io::Again,
            Err(e) => return Io::Fail(e),
        }
    }
}

fn option(fd: &OwnedFd, level: i32, name: i32) -> Option<i32> {
    let (mut value, mut len) = (0i32, size_of::<i32>() as libc::socklen_t);
    syscall!(getsockopt(fd.as_raw_fd(), level, name, (&raw mut value).cast(), &mut len)).ok()?;
    Some(value)
}

/// An option that the system refuses is one it does without, as nginx treats it.
fn set_raw<T>(fd: &OwnedFd, level: i32, name: i32, value: &T) {
    let _ = try_set_raw(fd, level, name, value);
}

fn try_set_raw<T>(fd: &OwnedFd, level: i32, name: i32, value: &T) -> Result<(), Errno> {
    let len = size_of::<T>() as libc::socklen_t;
    let at = std::ptr::from_ref(value).cast();
    syscall!(setsockopt(fd.as_raw_fd(), level, name, at, len)).map(drop)
}

type NameCall =
    unsafe extern "C" fn(libc::c_int, *mut libc::sockaddr, *mut libc::socklen_t) -> libc::c_int;

fn name_of(fd: &OwnedFd, call: NameCall) -> Option<Addr> {
    let mut raw = RawAddr::empty();
    // SAFETY: the storage is as large as `len` says.
    let result = unsafe { call(fd.as_raw_fd(), raw.at_mut(), &mut raw.len) };
    (result == 0).then(|| raw.to_addr())
}

/// An address as the system wants it.
struct RawAddr {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl RawAddr {
    fn empty() -> Self {
        // SAFETY: zero is a valid `sockaddr_storage`.
        let storage = unsafe { std::mem::zeroed() };
        Self { storage, len: size_of::<libc::sockaddr_storage>() as libc::socklen_t }
    }

    fn of(addr: &Addr) -> Result<Self, Errno> {
        let mut raw = Self::empty();
        let at = &raw mut raw.storage;
        // SAFETY: `sockaddr_storage` is large enough and aligned for each kind of address.
        unsafe {
            match addr {
                Addr::Inet(std::net::SocketAddr::V4(v4)) => {
                    let it = &mut *at.cast::<libc::sockaddr_in>();
                    it.sin_family = libc::AF_INET as libc::sa_family_t;
                    it.sin_port = v4.port().to_be();
                    it.sin_addr.s_addr = u32::from_ne_bytes(v4.ip().octets());
                    raw.len = size_of::<libc::sockaddr_in>() as libc::socklen_t;
                }
                Addr::Inet(std::net::SocketAddr::V6(v6)) => {
                    let it = &mut *at.cast::<libc::sockaddr_in6>();
                    it.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                    it.sin6_port = v6.port().to_be();
                    it.sin6_addr.s6_addr = v6.ip().octets();
                    it.sin6_scope_id = v6.scope_id();
                    it.sin6_flowinfo = v6.flowinfo();
                    raw.len = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
                }
                Addr::Unix(path) => {
                    let it = &mut *at.cast::<libc::sockaddr_un>();
                    it.sun_family = libc::AF_UNIX as libc::sa_family_t;
                    let bytes = path.as_os_str().as_encoded_bytes();
                    if bytes.len() >= it.sun_path.len() {
                        return Err(Errno::NAMETOOLONG);
                    }
                    for (slot, &byte) in it.sun_path.iter_mut().zip(bytes) {
                        *slot = byte as libc::c_char;
                    }
                    let head = std::mem::offset_of!(libc::sockaddr_un, sun_path);
                    raw.len = (head + bytes.len() + 1) as libc::socklen_t;
                }
            }
        }
        Ok(raw)
    }

    fn at(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    fn at_mut(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    fn to_addr(&self) -> Addr {
        use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
        let at = &raw const self.storage;
        // SAFETY: the family says which kind of address the kernel wrote; each fits the storage.
        unsafe {
            match i32::from(self.storage.ss_family) {
                libc::AF_INET => {
                    let it = &*at.cast::<libc::sockaddr_in>();
                    let ip = Ipv4Addr::from(it.sin_addr.s_addr.to_ne_bytes());
                    Addr::Inet(SocketAddrV4::new(ip, u16::from_be(it.sin_port)).into())
                }
                libc::AF_INET6 => {
                    let it = &*at.cast::<libc::sockaddr_in6>();
                    let ip = Ipv6Addr::from(it.sin6_addr.s6_addr);
                    let port = u16::from_be(it.sin6_port);
                    let v6 = SocketAddrV6::new(ip, port, it.sin6_flowinfo, it.sin6_scope_id);
                    Addr::Inet(v6.into())
                }
                _ => {
                    let it = &*at.cast::<libc::sockaddr_un>();
                    let head = std::mem::offset_of!(libc::sockaddr_un, sun_path);
                    let most = (self.len as usize).saturating_sub(head).min(it.sun_path.len());
                    let path: Vec<u8> = it.sun_path[..most]
                        .iter()
                        .map(|&c| c as u8)
                        .take_while(|&c| c != 0)
                        .collect();
                    use std::os::unix::ffi::OsStringExt;
                    Addr::Unix(std::ffi::OsString::from_vec(path).into())
                }
            }
        }
    }
}

impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(fd)
    }
}
