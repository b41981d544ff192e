//! Memory that a process shares with those it forks: a row of atomic numbers, nothing else.
//!
//! Only atomics are in it, so whatever another process does to them is no more than another value.

use std::ops::Deref;
use std::ptr::NonNull;

#[cfg(not(feature = "sim"))]
pub use std::sync::atomic::AtomicU64;

#[cfg(feature = "sim")]
pub use super::sim::lanes::AtomicU64;

use super::{Errno, syscall};

/// An anonymous mapping, made before the fork; every process has it for as long as it keeps this.
#[derive(Debug)]
pub struct Shared {
    at: NonNull<AtomicU64>,
    len: usize,
}

// SAFETY: the mapping belongs to this value, and atomics may be used from every thread.
unsafe impl Send for Shared {}
// SAFETY: as above; nothing but atomics can be reached through a reference.
unsafe impl Sync for Shared {}

impl Shared {
    /// `len` numbers, all 0. Pages that are not touched cost nothing.
    pub fn new(len: usize) -> Result<Self, Errno> {
        // A length that wrapped round would be longer than the mapping.
        let bytes = len.max(1).checked_mul(size_of::<AtomicU64>()).ok_or(Errno::NOMEM)?;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at a place that the system chooses touches no other memory.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let at = NonNull::new(at.cast()).ok_or(Errno::INVAL)?;
        Ok(Self { at, len: len.max(1) })
    }
}

impl Deref for Shared {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is that long, aligned to a page, zeroed at first, and lives as long as `self`;
        // it is changed through atomics alone.
        unsafe { std::slice::from_raw_parts(self.at.as_ptr(), self.len) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let bytes = self.len * size_of::<AtomicU64>();
        let _ = syscall!(munmap(self.at.as_ptr().cast(), bytes));
    }
}

/// Lets the holder of a lock go on, before another try to take it: at first for no time, then for one turn of
/// the processor, at last for a millisecond. `round` counts the tries from 0.
#[cfg(not(feature = "sim"))]
pub fn back_off(round: u32) {
    match round {
        0..64 => std::hint::spin_loop(),
        64..1000 => std::thread::yield_now(),
        _ => std::thread::sleep(std::time::Duration::from_millis(1)),
    }
}

#[cfg(feature = "sim")]
pub fn back_off(_: u32) {
    super::sim::lanes::next();
}

#[cfg(test)]
mod tests {
    use super::Shared;
    use std::sync::atomic::Ordering;

    #[test]
    fn more_than_there_can_be_is_refused() {
        for len in [usize::MAX, usize::MAX / 8, usize::MAX / 8 + 2, 1 << 61] {
            assert!(Shared::new(len).is_err(), "{len}");
        }
    }

    #[test]
    fn numbers_begin_at_zero_and_keep_what_is_stored() {
        let shared = Shared::new(1000).unwrap();
        assert_eq!(shared.len(), 1000);
        assert!(shared.iter().all(|it| it.load(Ordering::Relaxed) == 0));
        shared[999].fetch_add(7, Ordering::Relaxed);
        assert_eq!(shared[999].load(Ordering::Relaxed), 7);
    }
}
