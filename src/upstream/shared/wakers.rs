//! How a worker wakes another worker of its configuration when it has freed what requests of the other wait for.
//!
//! Each worker has a waker, and in shared memory the count of wakes since it last looked. A wake adds to the count
//! and signals the waker only if no earlier wake is pending, so wakes coalesce. It says that there is something to
//! look at, and not what: that is in the zones.
//!
//! The count is written and read as `SeqCst`. What a worker writes before [`Wakers::wake`] happens before what the
//! other reads after [`Wakers::take_wake`], whether or not that wake was the one that signalled. A signal is lost if
//! its sender is stopped or dies between the count and the signal: every `AGAIN`th wake signals again, workers with
//! waiting requests look by a slow timer, and the master wakes all workers when one has died.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::os::Errno;
use crate::os::net::Socket;
use crate::os::shm::{AtomicU64, Shared};
use crate::os::waker::Waker;

#[derive(Clone, Debug)]
pub struct Wakers(Arc<Inner>);

/// While a wake is pending, each wake of this number signals again.
const AGAIN: u64 = 8;

#[derive(Debug)]
struct Inner {
    /// The number of rows that have been in use; then a cache line for each row.
    memory: Shared,
    rows: usize,
    wakers: Vec<Waker>,
}

/// Words of a row: a cache line, against false sharing.
const WIDTH: usize = 8;
/// Wakes since the worker last looked.
const WAKES: usize = 0;
/// The number of its waker, from 1; 0: it has none.
const WAKER: usize = 1;

impl Wakers {
    /// For `rows` processes; `wakers` of them can have a waker at a time.
    pub fn new(rows: usize, wakers: usize) -> Result<Self, Errno> {
        let memory = Shared::new((rows + 1) * WIDTH)?;
        let wakers = (0..wakers).map(|_| Waker::new()).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Inner { memory, rows, wakers })))
    }

    /// The process of that row takes part.
    pub fn join(&self, row: usize) {
        self.0.memory[0].fetch_max(row as u64 + 1, SeqCst);
    }

    /// The process of that row has the waker of that number from now on, if there is one.
    pub fn assign(&self, row: usize, number: usize) -> Option<&Socket> {
        let waker = self.0.wakers.get(number)?;
        self.0.word(row, WAKER)?.store(number as u64 + 1, SeqCst);
        // Wakes from before were signalled to no waker.
        self.take_wake(row);
        Some(waker.socket())
    }

    /// Rows that are or were in use.
    pub fn rows(&self) -> usize {
        (self.0.memory[0].load(SeqCst) as usize).min(self.0.rows)
    }

    /// The process of that row will look at what has changed.
    pub fn wake(&self, row: usize) {
        let Some(wakes) = self.0.word(row, WAKES) else { return };
        // The sender of the first wake may be stopped before it signals.
        if wakes.fetch_add(1, SeqCst).is_multiple_of(AGAIN) {
            self.0.signal(row);
        }
    }

    /// Whether a wake is pending for the process of that row, which looks now.
    pub fn take_wake(&self, row: usize) -> bool {
        self.0.word(row, WAKES).is_some_and(|it| it.swap(0, SeqCst) != 0)
    }

    #[cfg(feature = "sim")]
    pub fn is_woken(&self, row: usize) -> bool {
        self.0.word(row, WAKES).is_some_and(|it| it.load(SeqCst) != 0)
    }

    /// A process has died: what the others wait for may be free now.
    pub fn settle(&self, row: usize) {
        self.0.word(row, WAKER).into_iter().for_each(|it| it.store(0, SeqCst));
        // It may have died between the count and the signal of a wake.
        for row in 0..self.rows() {
            self.0.word(row, WAKES).into_iter().for_each(|it| it.store(1, SeqCst));
            self.0.signal(row);
        }
    }
}

impl Inner {
    fn word(&self, row: usize, field: usize) -> Option<&AtomicU64> {
        if row < self.rows { self.memory.get((row + 1) * WIDTH + field) } else { None }
    }

    fn signal(&self, row: usize) {
        let number = self.word(row, WAKER).map_or(0, |it| it.load(SeqCst) as usize);
        if let Some(waker) = number.checked_sub(1).and_then(|at| self.wakers.get(at)) {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::arena::Arena;
    use crate::base::ids::Conn;
    use crate::os::net::Driver;

    #[test]
    fn wakes_coalesce_until_the_worker_looks() {
        let wakers = Wakers::new(4, 2).unwrap();
        [0, 2].iter().for_each(|row| wakers.join(*row));
        assert!(wakers.assign(2, 1).is_some() && wakers.assign(0, 2).is_none());
        assert_eq!(wakers.rows(), 3);
        assert!(!wakers.take_wake(2));
        wakers.wake(2);
        wakers.wake(2);
        assert!(wakers.take_wake(2) && !wakers.take_wake(2) && !wakers.take_wake(0));
        // Rows without a process.
        wakers.wake(1);
        wakers.wake(77);
        assert!(!wakers.take_wake(77));
        wakers.settle(2);
        assert!(wakers.take_wake(0));
    }

    #[test]
    fn a_wake_whose_sender_stops_is_signalled_again() {
        let wakers = Wakers::new(1, 1).unwrap();
        let mut driver = Driver::epoll(8).unwrap();
        let any = Arena::<(), Conn>::default().insert(());
        driver.register(wakers.assign(0, 0).unwrap(), any.into()).unwrap();
        let mut hears = || {
            let mut ready = Vec::new();
            driver.wait(&mut ready, Some(0));
            !ready.is_empty()
        };
        hears();
        wakers.0.word(0, WAKES).unwrap().fetch_add(1, SeqCst);
        assert!((0..7).all(|_| {
            wakers.wake(0);
            !hears()
        }));
        wakers.wake(0);
        assert!(hears() && wakers.take_wake(0));
        wakers.wake(0);
        assert!(hears());
    }
}
