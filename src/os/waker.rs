//! A descriptor by which processes wake one another: it is made before a fork, so all of them have it.
//!
//! An eventfd that is never read. Registered edge-triggered, it is an edge for every wake; its counter of 64 bits
//! does not overflow in the lifetime of a machine.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::net::Socket;
use super::{Errno, syscall};

#[derive(Debug)]
pub struct Waker(Socket);

// SAFETY: it is a descriptor, which every thread may write to, and never a socket of a simulation.
unsafe impl Send for Waker {}
// SAFETY: as above.
unsafe impl Sync for Waker {}

impl Waker {
    /// One that does not live through an `exec`.
    pub fn new() -> Result<Self, Errno> {
        let fd = syscall!(eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC))?;
        // SAFETY: the call succeeded, so the number is an open descriptor without another owner.
        Ok(Self(Socket::Fd(unsafe { OwnedFd::from_raw_fd(fd) })))
    }

    /// Wakes every reactor that waits for it.
    pub fn wake(&self) {
        let one = 1u64;
        if let Socket::Fd(fd) = &self.0 {
            let _ = syscall!(write(fd.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()));
        }
    }

    /// What a reactor waits for: each wake makes it readable anew.
    pub fn socket(&self) -> &Socket {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::net::Driver;

    #[test]
    fn each_wake_reaches_all_reactors() {
        let waker = Waker::new().unwrap();
        let mut drivers = [(); 2].map(|()| Driver::epoll(8).unwrap());
        let mut ready = Vec::new();
        for driver in &mut drivers {
            driver.register(waker.socket(), mio::Token(7)).unwrap();
            driver.wait(&mut ready, Some(0));
            ready.clear();
            driver.wait(&mut ready, Some(0));
            assert_eq!(ready.len(), 0);
        }
        for wakes in [1, 1, 3] {
            (0..wakes).for_each(|_| waker.wake());
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
