//! Connections to servers, begun.

use std::os::fd::{AsRawFd, OwnedFd};

use super::raw_addr::RawAddr;
use super::{Socket, set_raw, socket, try_set_raw};
use crate::os::addr::Addr;
use crate::os::{Errno, syscall};

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

pub(super) fn connect(
    addr: &Addr,
    options: &ConnectOptions<'_>,
) -> Result<Socket, (&'static str, Errno)> {
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
    match local.port() {
        // The port is chosen with the server's address in view: more connections fit.
        Some(0) => set_raw(fd, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, &1),
        // Connections to several servers may come from one port.
        Some(_) => set_raw(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, &1),
        None => {}
    }
    let raw = RawAddr::of(local).map_err(|e| ("bind", e))?;
    syscall!(bind(fd.as_raw_fd(), raw.at(), raw.len)).map(drop).map_err(|e| ("bind", e))
}
