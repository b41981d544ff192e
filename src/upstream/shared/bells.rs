//! How the workers of a configuration wake one another when one has freed what another's requests wait for.
//!
//! Each worker has a bell. Whoever rings one says so in memory first: a worker that has been rung, and has not
//! looked yet, is seldom rung again. A bell says that there is something to look at, and not what: that is in
//! the zones. Those that are not heard (a worker that is stopped, or dies) are made up for by a slow timer
//! of everybody who waits, and by the master, who rings all of them when a worker is gone.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::os::Errno;
use crate::os::bell::Bell;
use crate::os::net::Socket;
use crate::os::shm::{AtomicU64, Shared};

#[derive(Clone, Debug)]
pub struct Bells(Arc<Tower>);

/// One in so many rings of who has not looked yet is heard once more.
const AGAIN: u64 = 8;

#[derive(Debug)]
struct Tower {
    /// How many rows have been in use; then of each row a line.
    memory: Shared,
    rows: usize,
    bells: Vec<Bell>,
}

/// A line of the processor's cache for each row, so that nobody waits for another's.
const WIDTH: usize = 8;
/// How often it was rung since it has looked.
const RUNG: usize = 0;
/// The number of its bell, from 1; 0: it has none.
const BELL: usize = 1;

impl Bells {
    /// For so many processes, of which so many have a bell.
    pub fn new(rows: usize, bells: usize) -> Result<Self, Errno> {
        let memory = Shared::new((rows + 1) * WIDTH)?;
        let bells = (0..bells).map(|_| Bell::new()).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Tower { memory, rows, bells })))
    }

    /// The process of that row takes part.
    pub fn join(&self, row: usize) {
        self.0.memory[0].fetch_max(row as u64 + 1, SeqCst);
    }

    /// The process of that row has the bell of that number from now on, if there is one.
    pub fn hang(&self, row: usize, number: usize) -> Option<&Socket> {
        let bell = self.0.bells.get(number)?;
        self.0.word(row, BELL)?.store(number as u64 + 1, SeqCst);
        // Rings from before that nobody can have heard.
        self.answer(row);
        Some(bell.socket())
    }

    /// Rows that are or were in use.
    pub fn rows(&self) -> usize {
        (self.0.memory[0].load(SeqCst) as usize).min(self.0.rows)
    }

    /// That process looks at what has changed, soon.
    pub fn ring(&self, row: usize) {
        let Some(rung) = self.0.word(row, RUNG) else { return };
        // Who was the first to say so may be stopped before it rings.
        if rung.fetch_add(1, SeqCst).is_multiple_of(AGAIN) {
            self.0.strike(row);
        }
    }

    /// Whether this process was rung; it looks now.
    pub fn answer(&self, row: usize) -> bool {
        self.0.word(row, RUNG).is_some_and(|it| it.swap(0, SeqCst) != 0)
    }

    #[cfg(feature = "sim")]
    pub fn is_rung(&self, row: usize) -> bool {
        self.0.word(row, RUNG).is_some_and(|it| it.load(SeqCst) != 0)
    }

    /// A process is gone: whatever the others wait for, it may be there now.
    pub fn settle(&self, row: usize) {
        self.0.word(row, BELL).into_iter().for_each(|it| it.store(0, SeqCst));
        // One that it was about to ring counts as rung, and may not have been.
        for row in 0..self.rows() {
            self.0.word(row, RUNG).into_iter().for_each(|it| it.store(1, SeqCst));
            self.0.strike(row);
        }
    }
}

impl Tower {
    fn word(&self, row: usize, field: usize) -> Option<&AtomicU64> {
        if row < self.rows { self.memory.get((row + 1) * WIDTH + field) } else { None }
    }

    fn strike(&self, row: usize) {
        let number = self.word(row, BELL).map_or(0, |it| it.load(SeqCst) as usize);
        if let Some(bell) = number.checked_sub(1).and_then(|at| self.bells.get(at)) {
            bell.ring();
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
    fn who_was_rung_is_not_rung_again_until_it_has_looked() {
        let bells = Bells::new(4, 2).unwrap();
        [0, 2].iter().for_each(|row| bells.join(*row));
        assert!(bells.hang(2, 1).is_some() && bells.hang(0, 2).is_none());
        assert_eq!(bells.rows(), 3);
        assert!(!bells.answer(2));
        bells.ring(2);
        bells.ring(2);
        assert!(bells.answer(2) && !bells.answer(2) && !bells.answer(0));
        // Nobody is there, or ever was.
        bells.ring(1);
        bells.ring(77);
        assert!(!bells.answer(77));
        bells.settle(2);
        assert!(bells.answer(0));
    }

    #[test]
    fn one_that_is_stopped_before_it_rings_does_not_silence_the_others() {
        let bells = Bells::new(1, 1).unwrap();
        let mut driver = Driver::epoll(8).unwrap();
        let any = Arena::<(), Conn>::default().insert(());
        driver.register(bells.hang(0, 0).unwrap(), any.into()).unwrap();
        let mut hears = || {
            let mut ready = Vec::new();
            driver.wait(&mut ready, Some(0));
            !ready.is_empty()
        };
        hears();
        bells.0.word(0, RUNG).unwrap().fetch_add(1, SeqCst);
        assert!((0..7).all(|_| {
            bells.ring(0);
            !hears()
        }));
        bells.ring(0);
        assert!(hears() && bells.answer(0));
        bells.ring(0);
        assert!(hears());
    }
}
