//! Boxes: a length of 32 or 64 bits, a name of four bytes, and what is in them.

use std::ops::Range;

use super::wrong::Wrong;

pub type Name = [u8; 4];

/// Bytes of a header with a length of 32 bits.
pub const HEADER: u64 = 8;

/// Bytes of a header with a length of 64 bits.
pub const LONG_HEADER: u64 = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    pub name: Name,
    /// Bytes of the header.
    pub header: u64,
    /// Bytes of the whole box; not fewer than those of the header, and not more than there are.
    pub size: u64,
}

/// The header at the start of `bytes`, of which there are at least 16 if `left` is that much: the bytes from here to
/// the end of what is around the box. None: no box follows.
pub fn parse_header(bytes: &[u8], left: u64) -> Result<Option<Header>, Wrong> {
    let size = u64::from(u32_at(bytes, 0).ok_or(Wrong::Truncated)?);
    if size == 0 {
        return Ok(None);
    }
    let (size, header) = match size {
        1 => (u64_at(bytes, 8).ok_or(Wrong::Truncated)?, LONG_HEADER),
        size => (size, HEADER),
    };
    if size < header {
        return Err(Wrong::SmallBox(size));
    }
    let Some(&name) = bytes.get(4..).and_then(|rest| rest.first_chunk()) else {
        return Err(Wrong::Truncated);
    };
    match size > left {
        true => Err(Wrong::LargeBox(size)),
        false => Ok(Some(Header { name, header, size })),
    }
}

/// The boxes in a part of `moov`, one after the other.
#[derive(Clone, Debug)]
pub struct Boxes {
    at: usize,
    end: usize,
}

impl Boxes {
    pub fn new(range: Range<usize>) -> Self {
        Self { at: range.start, end: range.end }
    }

    /// The next box: its name, and where what is in it lies.
    pub fn next(&mut self, moov: &[u8]) -> Result<Option<(Name, Range<usize>)>, Wrong> {
        let Some(rest) = moov.get(self.at..self.end).filter(|rest| !rest.is_empty()) else {
            return Ok(None);
        };
        let Some(Header { name, header, size }) = parse_header(rest, rest.len() as u64)? else {
            self.at = self.end;
            return Ok(None);
        };
        // Both are not more than what is left.
        let data = self.at + header as usize;
        self.at += size as usize;
        Ok(Some((name, data..self.at)))
    }
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|it| u32::from_be_bytes(*it))
}

pub fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|it| u64::from_be_bytes(*it))
}

/// Overwrites four bytes, if they are there.
pub fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(it) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *it = value.to_be_bytes();
    }
}

pub fn put_u64(bytes: &mut [u8], at: usize, value: u64) {
    if let Some(it) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *it = value.to_be_bytes();
    }
}
