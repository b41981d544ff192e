//! Datagrams of the simulated network: each whole, late, lost, twice, or in another order.

use std::net::SocketAddr;

use super::end::{Datagrams, End};
use super::world::World;
use super::{Io, SimNet, SimSocket};
use crate::os::Errno;
use crate::os::addr::Addr;

impl SimNet {
    /// A socket at an address, for the scripts of a test.
    pub fn bind_datagram(&self, addr: Addr) -> SimSocket {
        let end = End { local: addr, datagrams: Some(Datagrams::default()), ..End::new(0) };
        let at = self.0.borrow_mut().ends.insert(end);
        self.socket(at)
    }

    /// A socket with a port at random, which hears from `to` alone.
    pub fn connect_datagram(&self, to: &Addr) -> SimSocket {
        let world = &mut *self.0.borrow_mut();
        world.dialed += 1;
        let port = 1024 + world.rng.below(60_000) as u16;
        let [_, a, b, c] = world.dialed.to_be_bytes();
        let local = SocketAddr::from(([10, 1 + a, b, c], port)).into();
        let datagrams = Some(Datagrams { connected: true, ..Datagrams::default() });
        let end = End { local, remote: to.clone(), datagrams, ..End::new(0) };
        let at = world.ends.insert(end);
        self.socket(at)
    }
}

impl SimSocket {
    pub fn recv_from(&mut self, buf: &mut [u8]) -> Io<(usize, Addr)> {
        self.net.0.borrow_mut().take_datagram(self.at, buf, false)
    }

    pub fn send_to(&mut self, to: &Addr, buf: &[u8]) -> Io {
        self.net.0.borrow_mut().send_datagram(self.at, to, buf)
    }
}

impl World {
    pub(super) fn take_datagram(
        &mut self,
        at: usize,
        buf: &mut [u8],
        peek: bool,
    ) -> Io<(usize, Addr)> {
        let end = &mut self.ends[at];
        if let Some(error) = end.error.take() {
            return Io::Fail(error);
        }
        let Some(datagrams) = &mut end.datagrams else { return Io::Again };
        let Some((from, bytes)) = datagrams.inbox.front() else { return Io::Again };
        let n = bytes.len().min(buf.len());
        buf[..n].copy_from_slice(&bytes[..n]);
        let from = from.clone();
        if !peek {
            datagrams.inbox.pop_front();
        }
        self.note(&[3, at as u64, n as u64]);
        // As the system's call: an empty one looks like an end.
        if n == 0 { Io::Eof } else { Io::Done((n, from)) }
    }

    pub(super) fn send_datagram(&mut self, at: usize, to: &Addr, bytes: &[u8]) -> Io {
        if let Some(error) = self.ends[at].error.take() {
            return Io::Fail(error);
        }
        let from = self.ends[at].local.clone();
        let there = self.ends.iter().find(|(_, end)| end.datagrams.is_some() && end.local == *to);
        let Some(there) = there.map(|(there, _)| there) else {
            let end = &mut self.ends[at];
            end.error = Some(Errno::REFUSED);
            end.raised.read = true;
            return Io::Done(bytes.len());
        };
        let times = match (self.rng.one_in(self.faults.lose), self.rng.one_in(self.faults.double)) {
            (true, _) => 0,
            (_, true) => 2,
            _ => 1,
        };
        for _ in 0..times {
            let late = self.rng.below(10 * self.faults.slow);
            let when = self.now + late;
            if let Some(datagrams) = &mut self.ends[there].datagrams {
                datagrams.transit.push((when, from.clone(), bytes.to_vec()));
            }
        }
        self.note(&[4, at as u64, bytes.len() as u64]);
        Io::Done(bytes.len())
    }

    pub(super) fn deliver_datagrams(&mut self, at: usize) {
        let Self { now, ends, .. } = self;
        let end = &mut ends[at];
        let Some(datagrams) = &mut end.datagrams else { return };
        let mut left = Vec::new();
        for (when, from, bytes) in datagrams.transit.drain(..) {
            if when > *now {
                left.push((when, from, bytes));
            } else if !datagrams.connected || from == end.remote {
                datagrams.inbox.push_back((from, bytes));
                end.raised.read = true;
            }
        }
        datagrams.transit = left;
    }
}
