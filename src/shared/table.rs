//! Records by key, in a hash table with chains, and in the order of their last use.
//!
//! A record is cells in a row:
//!
//! ```text
//! 0  the hash of its key (low half), the next record of its bucket (high half)
//! 1  the record that was used after it (low half), the one that was used before it (high half)
//! 2  the length of its key in bytes (low half), whose it is (high half)
//! 3  VALUES words for the module whose zone it is
//! …  the key, eight bytes a word
//! …  its payload, if it has one, likewise; then the last of the values is its length in bytes
//! ```

use std::sync::atomic::Ordering::Relaxed;

use super::memory::{
    CELL, Cell, Checked, Corrupt, Memory, RECORDS, USED, halves, join, set_high, set_low,
};
use crate::os::shm::AtomicU64;

/// What a record is known by.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    pub(super) hash: u32,
    pub(super) bytes: &'a [u8],
    /// Records of one key that belong to different owners are different records. 0: all processes share it.
    pub(super) owner: u32,
}

/// A record, for as long as the lock is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record(pub(super) Cell);

/// Words of a record that its module gives a meaning to.
pub const VALUES: usize = 2;

const CHAIN: usize = 0;
const ORDER: usize = 1;
const KEY: usize = 2;
const FIRST_VALUE: usize = 3;
const FIRST_BYTE: usize = FIRST_VALUE + VALUES;

/// The value that is the length of a payload.
const PAYLOAD: usize = VALUES - 1;

/// The longest payload, in bytes.
const MAX_PAYLOAD: usize = 64 << 10;

fn words_in(bytes: usize) -> usize {
    bytes.div_ceil(size_of::<u64>())
}

fn cells_of(key: &[u8], payload: &[u8]) -> u32 {
    (FIRST_BYTE + words_in(key.len()) + words_in(payload.len())).div_ceil(CELL) as u32
}

/// Bytes as the words of a record.
fn words_of(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(size_of::<u64>()).map(|chunk| {
        let mut bytes = [0; size_of::<u64>()];
        bytes[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(bytes)
    })
}

fn record(number: u32) -> Option<Record> {
    (number > 0).then_some(Record(Cell(number)))
}

fn number(record: Option<Record>) -> u32 {
    record.map_or(0, |record| record.0.0)
}

impl<'a> Memory<'a> {
    pub fn value(self, record: Record, at: usize) -> Checked<&'a AtomicU64> {
        self.cell(record.0, FIRST_VALUE + at)
    }

    pub fn owner(self, record: Record) -> Checked<u32> {
        Ok(halves(self.cell(record.0, KEY)?.load(Relaxed)).1)
    }

    pub fn len(self) -> Checked<u64> {
        Ok(self.head(RECORDS)?.load(Relaxed))
    }

    /// The record of that key and that owner.
    pub fn find(self, key: Key<'_>) -> Checked<Option<Record>> {
        let mut found = None;
        self.each(key, |record, owner| {
            if owner == key.owner {
                found = Some(record);
            }
        })?;
        Ok(found)
    }

    /// Calls `visit` with each record of that key, and whose it is.
    pub fn each(self, key: Key<'_>, mut visit: impl FnMut(Record, u32)) -> Checked<()> {
        let mut next = self.bucket(key.hash)?.load(Relaxed) as u32;
        let mut steps = self.steps();
        while let Some(it) = record(next) {
            steps.next().ok_or(Corrupt)?;
            let (hash, behind) = halves(self.cell(it.0, CHAIN)?.load(Relaxed));
            next = behind;
            if hash != key.hash {
                continue;
            }
            let (len, owner) = halves(self.cell(it.0, KEY)?.load(Relaxed));
            if len as usize == key.bytes.len() && self.has_bytes(it, key.bytes)? {
                visit(it, owner);
            }
        }
        Ok(())
    }

    fn has_bytes(self, it: Record, key: &[u8]) -> Checked<bool> {
        for (at, word) in words_of(key).enumerate() {
            if self.cell(it.0, FIRST_BYTE + at)?.load(Relaxed) != word {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A new record, the one used last, its values 0 but for the length of a payload. `None`: there is no room for it.
    pub fn insert(self, key: Key<'_>, payload: &[u8]) -> Checked<Option<Record>> {
        let len = u32::try_from(key.bytes.len()).map_err(|_| Corrupt)?;
        if payload.len() > MAX_PAYLOAD {
            return Ok(None);
        }
        let Some(cell) = self.alloc(cells_of(key.bytes, payload))? else { return Ok(None) };
        let it = Record(cell);
        let bucket = self.bucket(key.hash)?;
        self.cell(cell, KEY)?.store(join(len, key.owner), Relaxed);
        for at in 0..VALUES {
            self.value(it, at)?.store(0, Relaxed);
        }
        if !payload.is_empty() {
            self.value(it, PAYLOAD)?.store(payload.len() as u64, Relaxed);
        }
        for (at, word) in words_of(key.bytes).chain(words_of(payload)).enumerate() {
            self.cell(cell, FIRST_BYTE + at)?.store(word, Relaxed);
        }
        self.cell(cell, CHAIN)?.store(join(key.hash, bucket.load(Relaxed) as u32), Relaxed);
        bucket.store(u64::from(cell.0), Relaxed);
        self.link(it)?;
        let count = self.head(RECORDS)?;
        count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
        Ok(Some(it))
    }

    /// What a record that was made with a payload has.
    pub fn payload(self, it: Record) -> Checked<Vec<u8>> {
        let (key, _) = halves(self.cell(it.0, KEY)?.load(Relaxed));
        let len = self.value(it, PAYLOAD)?.load(Relaxed);
        let len = usize::try_from(len).ok().filter(|&len| len <= MAX_PAYLOAD).ok_or(Corrupt)?;
        let first = FIRST_BYTE + words_in(key as usize);
        let mut bytes = Vec::with_capacity(words_in(len) * size_of::<u64>());
        for at in 0..words_in(len) {
            let word = self.cell(it.0, first + at)?.load(Relaxed);
            bytes.extend_from_slice(&word.to_ne_bytes());
        }
        bytes.truncate(len);
        Ok(bytes)
    }

    /// One word of the payload that a record was made with.
    pub fn payload_word(self, it: Record, at: usize) -> Checked<&'a AtomicU64> {
        let (key, _) = halves(self.cell(it.0, KEY)?.load(Relaxed));
        let len = self.value(it, PAYLOAD)?.load(Relaxed);
        if at as u64 >= len.div_ceil(size_of::<u64>() as u64) {
            return Err(Corrupt);
        }
        self.cell(it.0, FIRST_BYTE + words_in(key as usize) + at)
    }

    /// What a record is known by, as far as `key` has room for it; the length of it.
    pub fn key_of(self, it: Record, key: &mut [u8]) -> Checked<usize> {
        let (len, _) = halves(self.cell(it.0, KEY)?.load(Relaxed));
        for (at, chunk) in key.chunks_mut(size_of::<u64>()).enumerate().take(words_in(len as usize))
        {
            let word = self.cell(it.0, FIRST_BYTE + at)?.load(Relaxed).to_ne_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(len as usize)
    }

    /// The record that was used next after this one.
    pub fn newer(self, it: Record) -> Checked<Option<Record>> {
        Ok(record(halves(self.cell(it.0, ORDER)?.load(Relaxed)).0))
    }

    pub fn remove(self, it: Record) -> Checked<()> {
        let (hash, behind) = halves(self.cell(it.0, CHAIN)?.load(Relaxed));
        let mut at = self.bucket(hash)?;
        let mut next = at.load(Relaxed) as u32;
        if next == it.0.0 {
            at.store(u64::from(behind), Relaxed);
        } else {
            let mut steps = self.steps();
            while next != it.0.0 {
                steps.next().ok_or(Corrupt)?;
                at = self.cell(record(next).ok_or(Corrupt)?.0, CHAIN)?;
                next = halves(at.load(Relaxed)).1;
            }
            set_high(at, behind);
        }
        self.unlink_record(it)?;
        let count = self.head(RECORDS)?;
        count.store(count.load(Relaxed).wrapping_sub(1), Relaxed);
        self.free(it.0)
    }

    /// The record is the one that was used last.
    pub fn touch(self, it: Record) -> Checked<()> {
        let (last, _) = halves(self.head(USED)?.load(Relaxed));
        if last == it.0.0 {
            return Ok(());
        }
        self.unlink_record(it)?;
        self.link(it)
    }

    /// The record that was not used for the longest time.
    pub fn oldest(self) -> Checked<Option<Record>> {
        Ok(record(halves(self.head(USED)?.load(Relaxed)).1))
    }

    /// Removes the records of that owner.
    pub fn remove_all_of(self, owner: u32) -> Checked<()> {
        let mut next = halves(self.head(USED)?.load(Relaxed)).0;
        let mut steps = self.steps();
        while let Some(it) = record(next) {
            steps.next().ok_or(Corrupt)?;
            next = halves(self.cell(it.0, ORDER)?.load(Relaxed)).1;
            if self.owner(it)? == owner {
                self.remove(it)?;
            }
        }
        Ok(())
    }

    /// The sum of one value over the records of that owner.
    #[cfg(feature = "sim")]
    pub fn sum_of(self, owner: u32, at: usize) -> Checked<u64> {
        let mut next = halves(self.head(USED)?.load(Relaxed)).0;
        let (mut steps, mut sum) = (self.steps(), 0u64);
        while let Some(it) = record(next) {
            steps.next().ok_or(Corrupt)?;
            next = halves(self.cell(it.0, ORDER)?.load(Relaxed)).1;
            if self.owner(it)? == owner {
                sum = sum.saturating_add(self.value(it, at)?.load(Relaxed));
            }
        }
        Ok(sum)
    }

    /// Puts a record that is in no order before all others.
    fn link(self, it: Record) -> Checked<()> {
        let head = self.head(USED)?;
        let (last, oldest) = halves(head.load(Relaxed));
        self.cell(it.0, ORDER)?.store(join(0, last), Relaxed);
        match record(last) {
            Some(last) => set_low(self.cell(last.0, ORDER)?, it.0.0),
            None if oldest == 0 => {}
            None => return Err(Corrupt),
        }
        head.store(join(it.0.0, if oldest == 0 { it.0.0 } else { oldest }), Relaxed);
        Ok(())
    }

    fn unlink_record(self, it: Record) -> Checked<()> {
        let (newer, older) = halves(self.cell(it.0, ORDER)?.load(Relaxed));
        let (newer, older) = (record(newer), record(older));
        let head = self.head(USED)?;
        let (last, oldest) = halves(head.load(Relaxed));
        match newer {
            Some(newer) => set_high(self.cell(newer.0, ORDER)?, number(older)),
            None if last == it.0.0 => set_low(head, number(older)),
            None => return Err(Corrupt),
        }
        match older {
            Some(older) => set_low(self.cell(older.0, ORDER)?, number(newer)),
            None if oldest == it.0.0 => set_high(head, number(newer)),
            None => return Err(Corrupt),
        }
        Ok(())
    }

    /// As many steps as a walk through records can take.
    fn steps(self) -> std::ops::Range<u32> {
        0..self.layout.cells()
    }
}

#[cfg(test)]
mod tests;
