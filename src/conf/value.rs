//! What words mean: flags, sizes, times, numbers.

/// Milliseconds.
pub type Msec = u64;
