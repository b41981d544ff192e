//! Which branches a run took, as far as the compiler counts them.
//!
//! `scripts/fuzz` builds with LLVM's SanitizerCoverage: each edge of the control flow has a byte that its passing
//! adds to. In any other build there are no such bytes, and every run looks like the one before.

#![allow(unsafe_code)]

use std::slice;
use std::sync::OnceLock;

/// Where the counters of this program are: start and end.
static COUNTERS: OnceLock<(usize, usize)> = OnceLock::new();

/// Called before `main` by code that the compiler adds to each instrumented file.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, end: *mut u8) {
    let _ = COUNTERS.set((start as usize, end as usize));
}

/// What all runs of a target have reached so far.
pub struct Reached {
    /// For each edge a bit for each class of how often one run passed it.
    classes: Vec<u8>,
    pub edges: usize,
}

impl Reached {
    pub fn new() -> Self {
        Self { classes: vec![0; counters().len()], edges: 0 }
    }

    /// Runs, and whether that reached what no run before it did.
    pub fn is_extended_by(&mut self, run: impl FnOnce()) -> bool {
        counters().fill(0);
        run();
        let mut extended = false;
        for (words, classes) in counters().chunks(8).zip(self.classes.chunks_mut(8)) {
            if words.iter().all(|&count| count == 0) {
                continue;
            }
            for (&count, seen) in words.iter().zip(classes) {
                let class = class(count);
                if class & !*seen != 0 {
                    self.edges += usize::from(*seen == 0);
                    *seen |= class;
                    extended = true;
                }
            }
        }
        extended
    }
}

/// Once, twice, three times, up to 7, 15, 31, 127, more.
fn class(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..8 => 8,
        8..16 => 16,
        16..32 => 32,
        32..128 => 64,
        128.. => 128,
    }
}

/// One thread at a time may use them: `scripts/fuzz` has one that runs inputs.
fn counters() -> &'static mut [u8] {
    let Some(&(start, end)) = COUNTERS.get() else { return &mut [] };
    // SAFETY: the linker put the counters of the whole program there, bytes that live as long as it. Apart
    // from this they are written by instrumented code alone, each by itself.
    unsafe { slice::from_raw_parts_mut(start as *mut u8, end - start) }
}
