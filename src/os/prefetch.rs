//! A hint to the processor: this memory is needed soon.

/// Asks for the line of memory that `it` begins in, and does not wait for it. Nothing else happens, and where
/// there is no such hint nothing at all.
pub fn prefetch<T>(it: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint neither reads nor writes, for whatever address; every x86_64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(it).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = it;
}
