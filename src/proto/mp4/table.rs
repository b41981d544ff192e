//! Tables: a version and flags, a number of entries, and these. What a cut leaves of them.

use std::ops::Range;

use super::boxes::u32_at;
use super::wrong::Wrong;

/// Where the entries of a table lie in `moov`, which has all of them.
#[derive(Clone, Debug)]
pub struct Table {
    /// Of the first entry.
    at: usize,
    pub entries: usize,
    /// Bytes of an entry.
    pub width: usize,
    /// Version and flags.
    pub version: u32,
}

impl Table {
    /// In the box with this name; `skip`: bytes between version and number.
    pub fn parse(
        name: &'static str,
        moov: &[u8],
        data: &Range<usize>,
        skip: usize,
        width: usize,
    ) -> Result<Self, Wrong> {
        let data_bytes = moov.get(data.clone()).unwrap_or_default();
        let found = u32_at(data_bytes, 0).zip(u32_at(data_bytes, 4 + skip));
        let (version, entries) = found.ok_or(Wrong::Small(name))?;
        let room = data_bytes.len() - 8 - skip;
        let entries = entries as usize;
        match entries.checked_mul(width).is_some_and(|needed| needed <= room) {
            true => Ok(Self { at: data.start + 8 + skip, entries, width, version }),
            false => Err(Wrong::Small(name)),
        }
    }

    /// The bytes of some entries.
    pub fn bytes<'a>(&self, moov: &'a [u8], entries: Range<usize>) -> &'a [u8] {
        let end = entries.end.min(self.entries);
        let start = entries.start.min(end);
        moov.get(self.at + start * self.width..self.at + end * self.width).unwrap_or_default()
    }

    /// The fields of an entry, 32 bits each; 0 of one that is not there.
    pub fn get(&self, moov: &[u8], entry: usize, field: usize) -> u32 {
        if entry >= self.entries {
            return 0;
        }
        u32_at(moov, self.at + entry * self.width + field * 4).unwrap_or(0)
    }
}

/// What is left of a table of numbers of samples and what they have in common: some entries, of which the first and
/// the last may stand for fewer samples.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    pub entries: Range<usize>,
    /// Samples of the first entry.
    pub first: Option<u32>,
    /// Samples of the last entry, whether or not it is the first, too.
    pub last: Option<u32>,
}

impl Runs {
    pub fn whole(table: &Table) -> Self {
        Self { entries: 0..table.entries, first: None, last: None }
    }

    /// Samples of an entry, as far as the start has been cut.
    pub fn count(&self, moov: &[u8], table: &Table, entry: usize) -> u32 {
        match self.first {
            Some(first) if entry == self.entries.start => first,
            _ => table.get(moov, entry, 0),
        }
    }

    /// Ends behind `rest` samples of this entry.
    pub fn end(&mut self, entry: usize, rest: u32) {
        self.entries.end = entry + 1;
        self.last = Some(rest);
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Appends the entries, which have 8 bytes.
    pub fn write(&self, moov: &[u8], table: &Table, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(table.bytes(moov, self.entries.clone()));
        let len = out.len() - start;
        if let Some(first) = self.first.filter(|_| len >= 8) {
            super::boxes::put_u32(out, start, first);
        }
        if let Some(last) = self.last.filter(|_| len >= 8) {
            super::boxes::put_u32(out, start + len - 8, last);
        }
    }
}
