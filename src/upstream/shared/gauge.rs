//! Words that several workers add to and take from: what there is of something now.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::os::shm::AtomicU64;

/// How much there is. Below 0, which it is for a moment at most, counts as none.
pub fn count(it: &AtomicU64) -> u32 {
    (it.load(Relaxed) as i64).max(0) as u32
}

pub fn add(it: &AtomicU64, change: i64) {
    if change != 0 {
        it.fetch_add(change as u64, SeqCst);
    }
}
