//! One health check of one address as it goes.
//!
//! Pure: what is asked and when is `proxy::pool::health`'s business, what a good answer is the configuration's.

use super::fetch::Fetch;
use crate::base::ids::ConnId;
use crate::os::addr::Addr;
use crate::upstream::group::checks::Claim;

/// One check of one address, again and again.
#[derive(Debug)]
pub struct Probe {
    /// Its place in the configuration's list of checks.
    pub check: usize,
    /// Of the peer's address; another port may be asked.
    pub claim: Claim,
    /// When its next step is due. A timer that fires before has no effect: timers are not stopped.
    pub wake: u64,
    pub connection: Option<ConnId>,
    /// When the connection was made.
    pub since: u64,
    /// It was there before this check.
    pub reused: bool,
    /// What is asked; between two checks nothing is.
    pub fetch: Fetch,
}

impl Probe {
    pub fn new(check: usize, addr: Addr) -> Self {
        Self {
            check,
            claim: Claim::new(addr),
            wake: 0,
            connection: None,
            since: 0,
            reused: false,
            fetch: Fetch::default(),
        }
    }

    /// Forgets the last exchange, with its memory: most of the time there is none.
    pub fn reset(&mut self) {
        (self.reused, self.fetch) = (false, Fetch::default());
    }

    /// A check is under way.
    pub fn is_asking(&self) -> bool {
        self.fetch.is_asking()
    }

    /// The peer has closed a kept connection, as it may at any time, before it said anything to this check.
    pub fn is_stale(&self) -> bool {
        self.reused && self.fetch.is_unanswered()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Client, h1};

    #[test]
    fn between_two_checks_only_the_connection_is_left() {
        let mut probe = Probe::new(0, Addr::Inet(([10, 0, 0, 1], 80).into()));
        probe.fetch.client = Client::H1(h1::Client::new(h1::Sent::default()));
        let _ = probe.fetch.take(&mut b"HTTP/1.1 100 Go".to_vec(), 1);
        (probe.reused, probe.fetch.out) = (true, vec![b'G']);
        assert!(probe.is_asking() && !probe.is_stale());
        (probe.since, probe.wake) = (7, 8);
        probe.reset();
        assert!(!probe.is_asking() && !probe.reused && probe.fetch.line.is_none());
        assert_eq!((probe.since, probe.wake), (7, 8));
        probe.reused = true;
        assert!(probe.is_stale());
    }
}
