//! The seam to the world: sockets, readiness and the clock, real or simulated.
//!
//! Everything above sees [`Socket`] and [`Driver`] only, and so runs unchanged on the simulated network.

use std::io::IoSlice;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use super::addr::Addr;
use super::delivery::{self, Delivery};
#[cfg(feature = "sim")]
use super::sim::SimSocket;
use super::{Errno, syscall};

mod connect;
mod driver;
mod io;
mod listen;
mod raw_addr;

pub use connect::{CONNECT, ConnectOptions};
pub use driver::Driver;
pub use io::{Io, Readiness};
pub use listen::{Keepalive, ListenOptions, adjust, inherited, is_refused, listen};
use raw_addr::RawAddr;

#[derive(Debug)]
pub enum Socket {
    Fd(OwnedFd),
    #[cfg(feature = "sim")]
    Sim(SimSocket),
    Closed,
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
        self.send_with(buf, 0)
    }

    /// As `send`, when more follows at once: the system may wait for that to fill a packet.
    pub fn send_more(&mut self, buf: &[u8]) -> Io {
        self.send_with(buf, libc::MSG_MORE)
    }

    fn send_with(&mut self, buf: &[u8], flags: i32) -> Io {
        match self {
            Self::Fd(fd) => loop {
                let (at, len) = (buf.as_ptr().cast(), buf.len());
                match syscall!(send(fd.as_raw_fd(), at, len, libc::MSG_NOSIGNAL | flags)) {
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
            Self::Sim(socket) => socket.accept().map(|(socket, addr)| (Self::Sim(socket), addr)),
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

    /// What the kernel knows of the bytes that were written. `None` for what is not TCP, or a kernel that does not tell.
    pub fn delivery(&self) -> Option<Delivery> {
        match self {
            Self::Fd(fd) => delivery::of_tcp(fd),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => Some(socket.delivery()),
            Self::Closed => None,
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
        match self {
            Self::Fd(fd) => set_raw(fd, libc::IPPROTO_TCP, libc::TCP_CORK, &i32::from(on)),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.set_nopush(on),
            Self::Closed => {}
        }
    }

    pub fn set_nodelay(&self, on: bool) {
        match self {
            Self::Fd(fd) => set_raw(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, &i32::from(on)),
            #[cfg(feature = "sim")]
            Self::Sim(socket) => socket.set_nodelay(on),
            Self::Closed => {}
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

fn socket(addr: &Addr, kind: i32) -> Result<OwnedFd, Errno> {
    let family = match addr {
        Addr::Inet(addr) if addr.is_ipv4() => libc::AF_INET,
        Addr::Inet(_) => libc::AF_INET6,
        Addr::Unix(_) => libc::AF_UNIX,
    };
    let kind = kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let fd = syscall!(socket(family, kind, 0))?;
    // SAFETY: the call succeeded, and the descriptor has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn accept(listener: &OwnedFd) -> Io<(Socket, Addr)> {
    let mut raw = RawAddr::empty();
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    match syscall!(accept4(listener.as_raw_fd(), raw.at_mut(), &mut raw.len, flags)) {
        Ok(fd) => {
            // SAFETY: the call succeeded, and the descriptor has no other owner.
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

impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(fd)
    }
}
