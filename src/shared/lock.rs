//! The lock of a zone: a word that holds the number of the process that has it, and 0 if no process has it.
//!
//! Taking it is a compare-and-swap with `Acquire` and giving it back one with `Release`, so that what one holder wrote
//! happens before what the next one reads. A process that dies with the lock leaves its number there: the master breaks
//! the lock when it reaps its child, and a process that waits breaks it when the holder is not there any more.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::os::process;
use crate::os::shm::{AtomicU64, back_off};

/// How a lock was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It was free.
    Free,
    /// That process died with it: what it protects may be half written.
    Broken(u64),
}

/// How often a process tries: at first at once, then after its turn, at last after a millisecond ([`back_off`]).
const ROUNDS: u32 = 2000;
/// In each of these it looks whether the holder is alive.
const LOOK: u32 = 100;

/// `Err`: the process that holds it does not give it back.
pub fn take(word: &AtomicU64, own: u64) -> Result<Taken, u64> {
    let mut holder = 0;
    for round in 0..ROUNDS {
        match word.compare_exchange(0, own, Acquire, Relaxed) {
            Ok(_) => return Ok(Taken::Free),
            Err(other) => holder = other,
        }
        let is_dead = holder == own || (round % LOOK == LOOK - 1 && !process::exists(holder));
        if is_dead && take_over(word, holder, own) {
            return Ok(Taken::Broken(holder));
        }
        back_off(round);
    }
    Err(holder)
}

/// Takes the lock from a process that is dead. False: that process does not hold it.
pub fn take_over(word: &AtomicU64, dead: u64, own: u64) -> bool {
    word.compare_exchange(dead, own, Acquire, Relaxed).is_ok()
}

/// Gives the lock back, unless it was broken meanwhile.
pub fn release(word: &AtomicU64, own: u64) {
    let _ = word.compare_exchange(own, 0, Release, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;

    /// More than a number of the system can be: it is alive to the end.
    const OTHER: u64 = 1 << 40;

    #[test]
    fn a_lock_has_one_holder() {
        let word = AtomicU64::default();
        assert_eq!(take(&word, 1), Ok(Taken::Free));
        release(&word, 2);
        assert_eq!(word.load(SeqCst), 1);
        release(&word, 1);
        assert_eq!(take(&word, 2), Ok(Taken::Free));
    }

    #[test]
    fn the_lock_of_a_dead_process_is_broken() {
        let word = AtomicU64::default();
        // No process has this number: the kernel's bound is lower.
        let dead = u64::from(i32::MAX as u32);
        word.store(dead, SeqCst);
        assert_eq!(take(&word, 1), Ok(Taken::Broken(dead)));
        // Its own number is that of a process before it.
        assert_eq!(take(&word, 1), Ok(Taken::Broken(1)));
        assert!(!take_over(&word, 7, 2) && take_over(&word, 1, 2));
    }

    #[test]
    fn waiting_ends() {
        let word = AtomicU64::default();
        word.store(OTHER, SeqCst);
        assert_eq!(take(&word, 1), Err(OTHER));
        assert_eq!(word.load(SeqCst), OTHER);
    }
}
