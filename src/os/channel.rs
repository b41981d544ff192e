//! A pair of connected sockets between two processes, and single bytes through it.
//!
//! Each end also tells when the other process is gone, however it went: then it is at its end.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::net::Io;
use super::{Errno, syscall};

/// Two ends that neither block nor live through an `exec`.
pub fn pair() -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends = [-1; 2];
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    syscall!(socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()))?;
    // SAFETY: the call succeeded, so both numbers are open descriptors without another owner.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Sends one byte. What the other end has no room for is lost: it has not looked for a long time.
pub fn send(end: &OwnedFd, byte: u8) -> Result<(), Errno> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    syscall!(send(end.as_raw_fd(), (&raw const byte).cast(), 1, flags))?;
    Ok(())
}

/// The next byte that the other end sent.
pub fn receive(end: &OwnedFd) -> Io<u8> {
    let mut byte = 0u8;
    match syscall!(recv(end.as_raw_fd(), (&raw mut byte).cast(), 1, libc::MSG_DONTWAIT)) {
        Ok(0) => Io::Eof,
        Ok(_) => Io::Done(byte),
        Err(Errno(libc::EAGAIN | libc::EINTR)) => Io::Again,
        Err(e) => Io::Fail(e),
    }
}

/// Waits until one of the ends has something to receive, at most `timeout` ms (`None`: for ever).
pub fn wait<'a>(ends: impl Iterator<Item = &'a OwnedFd>, timeout: Option<u64>) {
    let entry =
        |end: &OwnedFd| libc::pollfd { fd: end.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut ends: Vec<_> = ends.map(entry).collect();
    let timeout = timeout.map_or(-1, |ms| i32::try_from(ms).unwrap_or(i32::MAX));
    let _ = syscall!(poll(ends.as_mut_ptr(), ends.len() as libc::nfds_t, timeout));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_arrive_and_the_end_is_told() {
        let (one, other) = pair().unwrap();
        assert_eq!(receive(&other), Io::Again);
        send(&one, b'a').unwrap();
        send(&one, b'b').unwrap();
        wait([&other].into_iter(), None);
        assert_eq!(receive(&other), Io::Done(b'a'));
        drop(one);
        assert_eq!(receive(&other), Io::Done(b'b'));
        wait([&other].into_iter(), None);
        assert_eq!(receive(&other), Io::Eof);
        assert!(send(&other, b'c').is_err());
    }
}
