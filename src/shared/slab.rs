//! Cells by size classes: pages are divided into places of 1, 2, 4 … 64 cells; what is larger takes pages in a row.
//!
//! A page that has places of a class is in the list of that class as long as one of them is free, and goes back to the
//! free pages when all are. Places and pages are numbers, and every number is checked when it is read.
//!
//! The state of a page is two words:
//!
//! ```text
//! 0  bits 0–7: its kind; of a divided page: 8–23 used places, 24–39 the first free place + 1, 40–55 places that
//!    were ever used; of the first page of a row: 8–39 pages of the row
//! 1  links of the list it is in: the next page + 1 (low half), the one before + 1 (high half)
//! ```

use std::sync::atomic::Ordering::Relaxed;

use super::memory::{
    CLASSES, Cell, Checked, Corrupt, FREE, FRESH, Memory, PAGE, PARTIAL, halves, join, set_high,
    set_low,
};

const INFO: usize = 0;
const LINKS: usize = 1;

/// What a page is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Page {
    Free,
    Divided(Divided),
    /// The first of that many pages in a row.
    Row(u32),
    /// Another of a row.
    InRow,
}

/// A page of places of one class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Divided {
    class: usize,
    used: u32,
    /// The first free place + 1 of those that were used before.
    free: u32,
    /// The next place that was never used.
    fresh: u32,
}

const FREE_PAGE: u64 = 0;
const ROW: u64 = 8;
const IN_ROW: u64 = 9;
const _: () = assert!(CLASSES < ROW as usize);

impl Page {
    fn parse(word: u64) -> Checked<Self> {
        let bits = |from: u32| (word >> from) as u32 & 0xffff;
        match word & 0xff {
            FREE_PAGE => Ok(Self::Free),
            ROW => Ok(Self::Row((word >> 8) as u32)),
            IN_ROW => Ok(Self::InRow),
            kind if kind <= CLASSES as u64 => {
                let it = Divided {
                    class: kind as usize - 1,
                    used: bits(8),
                    free: bits(24),
                    fresh: bits(40),
                };
                let places = it.places();
                let possible = it.used <= places && it.free <= places && it.fresh <= places;
                if possible { Ok(Self::Divided(it)) } else { Err(Corrupt) }
            }
            _ => Err(Corrupt),
        }
    }

    fn word(self) -> u64 {
        match self {
            Self::Free => FREE_PAGE,
            Self::InRow => IN_ROW,
            Self::Row(pages) => ROW | u64::from(pages) << 8,
            Self::Divided(Divided { class, used, free, fresh }) => {
                let bits = u64::from(used) << 8 | u64::from(free) << 24 | u64::from(fresh) << 40;
                (class as u64 + 1) | bits
            }
        }
    }
}

impl Divided {
    fn places(self) -> u32 {
        PAGE >> self.class
    }

    fn is_full(self) -> bool {
        self.free == 0 && self.fresh == self.places()
    }
}

impl Memory<'_> {
    /// At least `cells` cells in a row; `None`: there is no room for them.
    pub fn alloc(self, cells: u32) -> Checked<Option<Cell>> {
        if cells > PAGE {
            return self.alloc_row(cells.div_ceil(PAGE));
        }
        let class = cells.max(1).next_power_of_two().ilog2() as usize;
        let list = PARTIAL + class;
        let first = self.head(list)?.load(Relaxed) as u32;
        let (page, mut it) = match first {
            0 => {
                let Some(page) = self.alloc_page()? else { return Ok(None) };
                self.push(list, page)?;
                (page, Divided { class, used: 0, free: 0, fresh: 0 })
            }
            first => match self.page_of(first - 1)? {
                Page::Divided(it) if it.class == class => (first - 1, it),
                _ => return Err(Corrupt),
            },
        };
        let place = match it.free {
            0 if it.fresh < it.places() => {
                it.fresh += 1;
                it.fresh - 1
            }
            0 => return Err(Corrupt),
            free => {
                let next = self.cell(cell_of(page, class, free - 1), 0)?.load(Relaxed);
                it.free = u32::try_from(next).ok().filter(|&n| n <= it.places()).ok_or(Corrupt)?;
                free - 1
            }
        };
        it.used += 1;
        self.set_page(page, Page::Divided(it))?;
        if it.is_full() {
            self.unlink(list, page)?;
        }
        Ok(Some(cell_of(page, class, place)))
    }

    /// Takes back what [`Self::alloc`] gave.
    pub fn free(self, cell: Cell) -> Checked<()> {
        let number = cell.0.checked_sub(1).ok_or(Corrupt)?;
        let (page, at) = (number / PAGE, number % PAGE);
        let mut it = match self.page_of(page)? {
            Page::Divided(it) => it,
            Page::Row(pages) if at == 0 => return self.free_row(page, pages),
            _ => return Err(Corrupt),
        };
        if at % (1 << it.class) != 0 || it.used == 0 {
            return Err(Corrupt);
        }
        let list = PARTIAL + it.class;
        let was_full = it.is_full();
        it.used -= 1;
        if it.used == 0 {
            if !was_full {
                self.unlink(list, page)?;
            }
            return self.free_page(page);
        }
        self.cell(cell, 0)?.store(u64::from(it.free), Relaxed);
        it.free = (at >> it.class) + 1;
        self.set_page(page, Page::Divided(it))?;
        if was_full { self.push(list, page) } else { Ok(()) }
    }

    fn page_of(self, page: u32) -> Checked<Page> {
        Page::parse(self.page(page, INFO)?.load(Relaxed))
    }

    fn set_page(self, page: u32, it: Page) -> Checked<()> {
        self.page(page, INFO)?.store(it.word(), Relaxed);
        Ok(())
    }

    fn alloc_page(self) -> Checked<Option<u32>> {
        let (first, count) = halves(self.head(FREE)?.load(Relaxed));
        if first > 0 {
            self.take_free(first - 1, count)?;
            return Ok(Some(first - 1));
        }
        let fresh = self.head(FRESH)?.load(Relaxed);
        if fresh >= u64::from(self.layout.pages) {
            return Ok(None);
        }
        self.head(FRESH)?.store(fresh + 1, Relaxed);
        Ok(Some(fresh as u32))
    }

    fn take_free(self, page: u32, count: u32) -> Checked<()> {
        if self.page_of(page)? != Page::Free {
            return Err(Corrupt);
        }
        self.unlink(FREE, page)?;
        set_high(self.head(FREE)?, count.checked_sub(1).ok_or(Corrupt)?);
        Ok(())
    }

    fn free_page(self, page: u32) -> Checked<()> {
        self.set_page(page, Page::Free)?;
        self.push(FREE, page)?;
        let (_, count) = halves(self.head(FREE)?.load(Relaxed));
        set_high(self.head(FREE)?, count.checked_add(1).ok_or(Corrupt)?);
        Ok(())
    }

    /// The first `wanted` free pages in a row.
    fn alloc_row(self, wanted: u32) -> Checked<Option<Cell>> {
        let (_, count) = halves(self.head(FREE)?.load(Relaxed));
        let fresh = self.head(FRESH)?.load(Relaxed);
        let fresh = u32::try_from(fresh).ok().filter(|&n| n <= self.layout.pages).ok_or(Corrupt)?;
        let never_used = self.layout.pages - fresh;
        if never_used.saturating_add(count) < wanted {
            return Ok(None);
        }
        let mut free = 0;
        for page in 0..self.layout.pages {
            let is_free = page >= fresh || self.page_of(page)? == Page::Free;
            free = if is_free { free + 1 } else { 0 };
            if free == wanted {
                return self.take_row(page + 1 - wanted, wanted, fresh).map(Some);
            }
        }
        Ok(None)
    }

    fn take_row(self, first: u32, pages: u32, fresh: u32) -> Checked<Cell> {
        for page in first..first + pages {
            if page < fresh {
                let (_, count) = halves(self.head(FREE)?.load(Relaxed));
                self.take_free(page, count)?;
            }
            self.set_page(page, if page == first { Page::Row(pages) } else { Page::InRow })?;
        }
        let fresh = fresh.max(first + pages);
        self.head(FRESH)?.store(u64::from(fresh), Relaxed);
        Ok(cell_of(first, 0, 0))
    }

    fn free_row(self, first: u32, pages: u32) -> Checked<()> {
        let end = first.checked_add(pages).filter(|&end| end <= self.layout.pages);
        for page in first..end.ok_or(Corrupt)? {
            let expected = if page == first { Page::Row(pages) } else { Page::InRow };
            if self.page_of(page)? != expected {
                return Err(Corrupt);
            }
            self.free_page(page)?;
        }
        Ok(())
    }

    /// Puts a page first into the list that begins in that word of the head.
    fn push(self, list: usize, page: u32) -> Checked<()> {
        let head = self.head(list)?;
        let (first, _) = halves(head.load(Relaxed));
        self.page(page, LINKS)?.store(join(first, 0), Relaxed);
        if first > 0 {
            set_high(self.page(first - 1, LINKS)?, page + 1);
        }
        set_low(head, page + 1);
        Ok(())
    }

    fn unlink(self, list: usize, page: u32) -> Checked<()> {
        let (next, before) = halves(self.page(page, LINKS)?.load(Relaxed));
        match before {
            0 => {
                let head = self.head(list)?;
                if halves(head.load(Relaxed)).0 != page + 1 {
                    return Err(Corrupt);
                }
                set_low(head, next);
            }
            before => set_low(self.page(before - 1, LINKS)?, next),
        }
        if next > 0 {
            set_high(self.page(next - 1, LINKS)?, before);
        }
        Ok(())
    }
}

/// The first cell of a place.
fn cell_of(page: u32, class: usize, place: u32) -> Cell {
    Cell(page * PAGE + (place << class) + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::memory::Layout;
    use super::*;
    use crate::base::rng::Rng;
    use crate::os::shm::Shared;

    fn zone(pages: u32) -> (Shared, Layout) {
        let layout = Layout::of_size(pages as usize * 4400);
        (Shared::new(layout.words()).unwrap(), layout)
    }

    #[test]
    fn cells_are_never_given_twice_and_all_come_back() {
        for seed in 1..=20 {
            let (words, layout) = zone(40);
            let memory = Memory { words: &words, layout };
            let mut rng = Rng::new(seed);
            let mut held: BTreeMap<u32, u32> = BTreeMap::new();
            for _ in 0..5000 {
                if rng.one_in(2) && !held.is_empty() {
                    let at = rng.below(held.len() as u64) as usize;
                    let (&cell, _) = held.iter().nth(at).unwrap();
                    memory.free(Cell(cell)).unwrap();
                    held.remove(&cell);
                    continue;
                }
                let cells = match rng.below(10) {
                    0 => 65 + rng.below(300) as u32,
                    _ => 1 + rng.below(64) as u32,
                };
                let Some(cell) = memory.alloc(cells).unwrap() else { continue };
                let before = held.range(..=cell.0).next_back();
                assert!(before.is_none_or(|(at, len)| at + len <= cell.0), "seed {seed}");
                let behind = held.range(cell.0..).next();
                assert!(behind.is_none_or(|(&at, _)| cell.0 + cells <= at), "seed {seed}");
                assert!(cell.0 + cells - 1 <= layout.cells());
                held.insert(cell.0, cells);
            }
            held.keys().for_each(|&cell| memory.free(Cell(cell)).unwrap());
            // All of it is one row again.
            assert!(memory.alloc(layout.cells()).unwrap().is_some(), "seed {seed}");
            assert_eq!(memory.alloc(1), Ok(None));
        }
    }

    #[test]
    fn a_full_zone_says_so() {
        let (words, layout) = zone(2);
        assert_eq!(layout.pages, 2);
        let memory = Memory { words: &words, layout };
        let mut all: Vec<Cell> = (0..128).map(|_| memory.alloc(1).unwrap().unwrap()).collect();
        assert_eq!(memory.alloc(1), Ok(None));
        assert_eq!(memory.alloc(65), Ok(None));
        let one = all.swap_remove(70);
        memory.free(one).unwrap();
        assert_eq!(memory.alloc(2), Ok(None));
        assert_eq!(memory.alloc(1), Ok(Some(one)));
    }

    #[test]
    fn what_was_not_given_is_not_taken_back() {
        let (words, layout) = zone(4);
        let memory = Memory { words: &words, layout };
        let cell = memory.alloc(4).unwrap().unwrap();
        for wrong in [0, cell.0 + 1, cell.0 + 64, layout.cells() + 1, u32::MAX] {
            assert_eq!(memory.free(Cell(wrong)), Err(Corrupt), "{wrong}");
        }
        memory.free(cell).unwrap();
        assert_eq!(memory.free(cell), Err(Corrupt));
    }
}
