//! Listening sockets: made, changed, inherited.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use super::connect::{CONNECT, ConnectOptions, connect};
use super::raw_addr::RawAddr;
use super::{Socket, set_raw, socket};
use crate::os::addr::Addr;
use crate::os::{Errno, syscall};

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

/// A bound and listening socket. What has the name of a unix socket already stays, and is `ADDRINUSE`.
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

/// Whether a connection is refused, since no process listens. Does not wait: a full queue is no refusal.
pub fn is_refused(addr: &Addr) -> bool {
    matches!(connect(addr, &ConnectOptions::default()), Err((CONNECT, Errno::REFUSED)))
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
    // A number that names something else is left alone, and one that was named before has the flag already:
    // what this program opens itself is closed by an `exec`.
    let (mut listens, mut len) = (0i32, size_of::<i32>() as libc::socklen_t);
    let at = (&raw mut listens).cast();
    syscall!(getsockopt(number, libc::SOL_SOCKET, libc::SO_ACCEPTCONN, at, &mut len))?;
    let flags = syscall!(fcntl(number, libc::F_GETFD))?;
    if listens != 1 || flags & libc::FD_CLOEXEC != 0 {
        return Err(Errno::INVAL);
    }
    syscall!(fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC))?;
    syscall!(fcntl(number, libc::F_SETFL, libc::O_NONBLOCK))?;
    // SAFETY: it is open and came through the `exec` that began this program, which has not taken it yet.
    Ok(Socket::Fd(unsafe { OwnedFd::from_raw_fd(number) }))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::net::{Io, option};

    #[test]
    fn only_listening_sockets_that_were_left_to_the_program_are_taken() {
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let number = tcp.as_raw_fd();
        // It is this program's own, as the flag says.
        assert!(inherited(number).is_err());
        syscall!(fcntl(number, libc::F_SETFD, 0)).unwrap();
        let left = std::mem::ManuallyDrop::new(tcp);
        let socket = inherited(left.as_raw_fd()).unwrap();
        assert!(inherited(number).is_err(), "it is taken already");
        drop(socket);
        let other = std::fs::File::open("/dev/null").unwrap();
        syscall!(fcntl(other.as_raw_fd(), libc::F_SETFD, 0)).unwrap();
        for number in [other.as_raw_fd(), -1, i32::MAX] {
            assert!(inherited(number).is_err());
        }
        assert!(other.metadata().is_ok(), "it is still open");
    }

    #[test]
    fn accepted_sockets_have_what_their_listener_was_asked_for() {
        let nodelay = |socket: &Socket| match socket {
            Socket::Fd(fd) => option(fd, libc::IPPROTO_TCP, libc::TCP_NODELAY),
            _ => None,
        };
        let addr = Addr::parse("127.0.0.1:0").unwrap();
        let mut options = ListenOptions { nodelay: true, ..ListenOptions::default() };
        let mut listener = listen(&addr, &options).unwrap();
        let bound = listener.local_addr().unwrap();
        for on in [1, 0] {
            let Addr::Inet(to) = &bound else { panic!("an address") };
            let _client = std::net::TcpStream::connect(to).unwrap();
            let Io::Done((socket, _)) = listener.accept() else { panic!("a client") };
            assert_eq!(nodelay(&socket), Some(on));
            // For the accepted one alone, too.
            socket.set_nodelay(on == 0);
            assert_eq!(nodelay(&socket), Some(1 - on));
            socket.set_nopush(true);
            let Socket::Fd(fd) = &socket else { panic!("a socket") };
            assert_eq!(option(fd, libc::IPPROTO_TCP, libc::TCP_CORK), Some(1));
            options.nodelay = false;
            adjust(&listener, &addr, &options);
        }
    }
}
