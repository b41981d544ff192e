//! The words of a zone: where each part of it lies, and access that no content of them can lead astray.
//!
//! All words but the lock are read and written with `Relaxed`, by the process that holds the lock; taking and releasing
//! the lock orders them. A number that was read from here is an index only after it was compared with the layout: a
//! word that another process has spoiled makes [`Corrupt`], never an access elsewhere.

use std::sync::atomic::Ordering::Relaxed;

use crate::os::shm::AtomicU64;

/// Something in the zone contradicts the rest of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Corrupt;

pub type Checked<T> = Result<T, Corrupt>;

/// Words of a cell, the smallest piece that is allocated: a cache line.
pub const CELL: usize = 8;
/// Cells of a page.
pub const PAGE: u32 = 64;
pub const PAGE_BYTES: usize = PAGE as usize * CELL * size_of::<AtomicU64>();

/// Words before the first page's state.
const HEAD: usize = 32;
/// The owner of the lock.
pub const LOCK: usize = 0;
/// How often the zone was emptied because a process died while it held the lock.
pub const EPOCH: usize = 1;
/// The record that was used last (low half) and the one that was not used for the longest time (high half).
pub const USED: usize = 2;
pub const RECORDS: usize = 3;
/// Of the free list of pages: its first page + 1 (low half), its length (high half).
pub const FREE: usize = 4;
/// Pages from this number on have never been used.
pub const FRESH: usize = 5;
/// Of each size class: the first page + 1 with a free place.
pub const PARTIAL: usize = 6;
/// Size classes: 1, 2, 4 … 64 cells.
pub const CLASSES: usize = 7;
/// Words that the module whose zone it is gives a meaning to; 0 in a zone that was emptied.
pub const MODULE: usize = PARTIAL + CLASSES;
pub const MODULE_WORDS: usize = HEAD - MODULE;

/// Words of a page's state.
const STATE: usize = 2;

/// How a zone is divided: the head, the states of the pages, the buckets of the hash table, the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// At least one.
    pub pages: u32,
    /// A power of two.
    buckets: usize,
}

impl Layout {
    /// For a zone of about `bytes` bytes, at least one page.
    pub fn of_size(bytes: usize) -> Self {
        // A bucket for every second to fourth record of one cell.
        let most = PAGE as usize / 2;
        let of_a_page = PAGE_BYTES + (STATE + most) * size_of::<AtomicU64>();
        let pages = (bytes / of_a_page).clamp(1, (u32::MAX / PAGE - 1) as usize);
        let buckets = 1 << (pages * most).ilog2();
        Self { pages: pages as u32, buckets }
    }

    pub fn words(self) -> usize {
        self.first_cell() + self.cells() as usize * CELL
    }

    pub fn cells(self) -> u32 {
        self.pages * PAGE
    }

    fn first_bucket(self) -> usize {
        (HEAD + self.pages as usize * STATE).next_multiple_of(CELL)
    }

    fn first_cell(self) -> usize {
        (self.first_bucket() + self.buckets).next_multiple_of(CELL)
    }
}

/// The number of a cell from 1, so that 0 is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell(pub u32);

/// The words of a zone, for a process that holds its lock.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    pub words: &'a [AtomicU64],
    pub layout: Layout,
}

impl<'a> Memory<'a> {
    fn word(self, at: usize) -> Checked<&'a AtomicU64> {
        self.words.get(at).ok_or(Corrupt)
    }

    /// A word of the head.
    pub fn head(self, field: usize) -> Checked<&'a AtomicU64> {
        self.word(field)
    }

    /// A word of a page's state.
    pub fn page(self, page: u32, field: usize) -> Checked<&'a AtomicU64> {
        if page >= self.layout.pages {
            return Err(Corrupt);
        }
        self.word(HEAD + page as usize * STATE + field)
    }

    /// The bucket of the records with that hash.
    pub fn bucket(self, hash: u32) -> Checked<&'a AtomicU64> {
        self.word(self.layout.first_bucket() + (hash as usize & (self.layout.buckets - 1)))
    }

    /// A word of a cell, or of one behind it, if that belongs to the same record.
    pub fn cell(self, cell: Cell, word: usize) -> Checked<&'a AtomicU64> {
        if cell.0 == 0 || cell.0 > self.layout.cells() {
            return Err(Corrupt);
        }
        self.word(self.layout.first_cell() + (cell.0 as usize - 1) * CELL + word)
    }

    /// Makes the zone as new: no records, all pages free. The lock stays as it is.
    pub fn clear(self) {
        let used = self.words.iter().take(self.layout.first_cell());
        used.skip(EPOCH + 1).for_each(|word| word.store(0, Relaxed));
        let epoch = &self.words[EPOCH];
        epoch.store(epoch.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

/// The two halves of a word, the low one first.
pub fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

pub fn join(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// Replaces the low half of a word.
pub fn set_low(word: &AtomicU64, low: u32) {
    word.store(join(low, halves(word.load(Relaxed)).1), Relaxed);
}

/// Replaces the high half of a word.
pub fn set_high(word: &AtomicU64, high: u32) {
    word.store(join(halves(word.load(Relaxed)).0, high), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_fits_into_its_size() {
        for bytes in [32 << 10, 64 << 10, 1 << 20, 10 << 20, (1 << 30) + 12_345] {
            let layout = Layout::of_size(bytes);
            let used = layout.words() * size_of::<AtomicU64>();
            assert!(used <= bytes + HEAD * 8 + 64 && used * 10 >= bytes * 8, "{bytes}: {layout:?}");
            assert!(layout.buckets.is_power_of_two());
        }
        assert_eq!(Layout::of_size(0).pages, 1);
        let largest = Layout::of_size(usize::MAX);
        assert!(largest.cells() > u32::MAX - 2 * PAGE);
    }

    #[test]
    fn halves_are_joined() {
        assert_eq!(halves(join(1, 2)), (1, 2));
        let word = AtomicU64::default();
        set_low(&word, u32::MAX);
        set_high(&word, 7);
        assert_eq!(halves(word.load(Relaxed)), (u32::MAX, 7));
    }
}
