//! A pipe, through which bytes go from one socket to another without being copied (`splice(2)`).

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::net::{Driver, Io, Socket};
use super::{Errno, syscall};

/// Bytes on their way between two sockets, held by the system.
#[derive(Debug)]
pub enum Pipe {
    System {
        inlet: OwnedFd,
        outlet: OwnedFd,
        held: u32,
    },
    #[cfg(feature = "sim")]
    Sim(Vec<u8>),
}

impl Pipe {
    /// For sockets of that driver.
    pub fn new(driver: &Driver) -> Result<Self, Errno> {
        match driver {
            Driver::Epoll { .. } => {
                let mut fds = [0; 2];
                syscall!(pipe2(fds.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC))?;
                // SAFETY: the two were opened just now, and have no other owner.
                let [outlet, inlet] = fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
                Ok(Self::System { inlet, outlet, held: 0 })
            }
            #[cfg(feature = "sim")]
            Driver::Sim(_) => Ok(Self::Sim(Vec::new())),
        }
    }

    /// Bytes that were taken in and not given out.
    pub fn held(&self) -> usize {
        match self {
            Self::System { held, .. } => *held as usize,
            #[cfg(feature = "sim")]
            Self::Sim(bytes) => bytes.len(),
        }
    }

    /// Takes in up to `most` bytes that the socket has received. The pipe must be empty: so `Again` speaks
    /// of the socket. Fewer than asked may be the pipe's own limit.
    pub fn fill(&mut self, socket: &mut Socket, most: usize) -> Io {
        debug_assert_eq!(self.held(), 0);
        match self {
            Self::System { inlet, held, .. } => {
                let moved = splice(socket.number(), inlet.as_raw_fd(), most);
                if let Io::Done(n) = moved {
                    *held = n as u32;
                }
                moved
            }
            #[cfg(feature = "sim")]
            Self::Sim(bytes) => {
                bytes.resize(most, 0);
                let moved = socket.recv(bytes);
                bytes.truncate(if let Io::Done(n) = moved { n } else { 0 });
                moved
            }
        }
    }

    /// Takes out what it holds into memory.
    pub fn take(&mut self, buf: &mut [u8]) -> usize {
        match self {
            Self::System { outlet, held, .. } => {
                let most = buf.len().min(*held as usize);
                let read = syscall!(read(outlet.as_raw_fd(), buf.as_mut_ptr().cast(), most));
                // It holds that much, so nothing is waited for and nothing can fail.
                let n = read.unwrap_or(0) as usize;
                *held -= n as u32;
                n
            }
            #[cfg(feature = "sim")]
            Self::Sim(bytes) => {
                let n = buf.len().min(bytes.len());
                buf[..n].copy_from_slice(&bytes[..n]);
                bytes.drain(..n);
                n
            }
        }
    }

    /// Gives out as much as the socket takes.
    pub fn drain(&mut self, socket: &mut Socket) -> Io {
        match self {
            Self::System { outlet, held, .. } => {
                let moved = splice(outlet.as_raw_fd(), socket.number(), *held as usize);
                if let Io::Done(n) = moved {
                    *held -= n as u32;
                }
                moved
            }
            #[cfg(feature = "sim")]
            Self::Sim(bytes) => {
                let moved = socket.send(bytes);
                if let Io::Done(n) = moved {
                    bytes.drain(..n);
                }
                moved
            }
        }
    }
}

fn splice(from: i32, to: i32, most: usize) -> Io {
    let flags = libc::SPLICE_F_NONBLOCK | libc::SPLICE_F_MOVE;
    let (whole_in, whole_out) = (std::ptr::null_mut(), std::ptr::null_mut());
    loop {
        match syscall!(splice(from, whole_in, to, whole_out, most, flags)) {
            Ok(0) => return Io::Eof,
            Ok(n) => return Io::Done(n as usize),
            Err(Errno(libc::EINTR)) => {}
            Err(Errno(libc::EAGAIN)) => return Io::Again,
            Err(e) => return Io::Fail(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    fn pair() -> (Socket, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        (Socket::Fd(ours.into()), theirs)
    }

    #[test]
    fn bytes_pass_in_order_and_what_is_not_taken_stays() {
        let (mut from, mut sender) = pair();
        let (mut to, mut receiver) = pair();
        let mut pipe = Pipe::new(&Driver::epoll(1).unwrap()).unwrap();
        assert_eq!(pipe.fill(&mut from, 100), Io::Again);
        sender.write_all(b"abcdef").unwrap();
        assert_eq!(pipe.fill(&mut from, 4), Io::Done(4));
        assert_eq!(pipe.held(), 4);
        assert_eq!(pipe.drain(&mut to), Io::Done(4));
        assert_eq!(pipe.held(), 0);
        assert_eq!(pipe.fill(&mut from, 100), Io::Done(2));
        let mut got = [0; 4];
        receiver.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"abcd");
        while to.send(&[0; 4096]) != Io::Again {}
        assert_eq!(pipe.drain(&mut to), Io::Again);
        assert_eq!(pipe.held(), 2);
        drop(sender);
        let mut other = Pipe::new(&Driver::epoll(1).unwrap()).unwrap();
        assert_eq!(other.fill(&mut from, 100), Io::Eof);
    }
}
