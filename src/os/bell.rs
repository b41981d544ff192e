//! A descriptor by which processes wake one another: made before a fork, all of them have it.
//!
//! It is never read. Where it is registered edge-triggered, every ring is an edge of its own, and what has
//! been counted in it is far from its end for as long as a machine lives.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::net::Socket;
use super::{Errno, syscall};

#[derive(Debug)]
pub struct Bell(Socket);

// SAFETY: it is a descriptor, which every thread may write to, and never a socket of a simulation.
unsafe impl Send for Bell {}
// SAFETY: as above.
unsafe impl Sync for Bell {}

impl Bell {
    /// One that does not live through an `exec`.
    pub fn new() -> Result<Self, Errno> {
        let fd = syscall!(eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC))?;
        // SAFETY: the call succeeded, so the number is an open descriptor that nobody else owns.
        Ok(Self(Socket::Fd(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// Whoever waits for it wakes.
    pub fn ring(&self) {
        let one = 1u64;
        if let Socket::Fd(fd) = &self.0 {
            let _ = syscall!(write(fd.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()));
        }
    }

    /// What a reactor waits for: each ring makes it readable anew.
    pub fn socket(&self) -> &Socket {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::net::Driver;

    #[test]
    fn each_ring_is_heard_by_all_that_wait() {
        let bell = Bell::new().unwrap();
        let mut drivers = [(); 2].map(|()| Driver::epoll(8).unwrap());
        let mut ready = Vec::new();
        for driver in &mut drivers {
            driver.register(bell.socket(), mio::Token(7)).unwrap();
            driver.wait(&mut ready, Some(0));
            ready.clear();
            driver.wait(&mut ready, Some(0));
            assert_eq!(ready.len(), 0);
        }
        for rings in [1, 1, 3] {
            (0..rings).for_each(|_| bell.ring());
            for driver in &mut drivers {
                driver.wait(&mut ready, None);
                assert!(ready.len() == 1 && ready[0].readable);
                ready.clear();
                driver.wait(&mut ready, Some(0));
                assert_eq!(ready.len(), 0);
            }
        }
    }
}
