//! The headers of records, in.

use crate::proto::Violation;

use super::{END_REQUEST, HEADER, ID, STDERR, STDOUT, VERSION};

/// The record that is being read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Bytes of its header that were read.
    read: u8,
    pub kind: u8,
    /// Bytes of its content and of its padding that are still to come.
    pub content: u16,
    pub padding: u8,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Header,
    Content,
    Padding,
}

impl Record {
    pub(super) fn part(&self) -> Part {
        if !self.has_header() {
            Part::Header
        } else if self.content > 0 {
            Part::Content
        } else {
            Part::Padding
        }
    }

    /// Bytes of it are still to come.
    pub(super) fn is_open(&self) -> bool {
        self.read > 0
    }

    /// Takes a header that is whole and in order.
    pub(super) fn whole_header(&mut self, bytes: &[u8]) -> bool {
        let &[VERSION, kind @ (STDOUT | STDERR | END_REQUEST), 0, ID, high, low, padding, _, ..] =
            bytes
        else {
            return false;
        };
        let is_next = self.read == 0;
        if is_next {
            let content = u16::from_be_bytes([high, low]);
            *self = Self { read: HEADER as u8, kind, content, padding };
        }
        is_next
    }

    /// The header was read; when that has been looked at, [`Self::end_if_whole`] is due.
    pub(super) fn has_header(&self) -> bool {
        usize::from(self.read) == HEADER
    }

    /// One byte of the header, checked as it comes.
    pub(super) fn header(&mut self, byte: u8) -> Result<(), Violation> {
        match self.read {
            0 if byte != VERSION => return Err(Violation::FastCgiVersion),
            1 if !matches!(byte, STDOUT | STDERR | END_REQUEST) => {
                return Err(Violation::FastCgiType);
            }
            1 => self.kind = byte,
            2 if byte != 0 => return Err(Violation::FastCgiIdHigh),
            3 if byte != ID => return Err(Violation::FastCgiIdLow),
            4 => self.content = u16::from(byte) << 8,
            5 => self.content |= u16::from(byte),
            6 => self.padding = byte,
            _ => {}
        }
        self.read += 1;
        Ok(())
    }

    /// How many of `available` bytes are of the content.
    pub(super) fn take_content(&mut self, available: usize) -> usize {
        let n = available.min(usize::from(self.content));
        self.content -= n as u16;
        self.end_if_whole();
        n
    }

    /// How many of `available` bytes are padding.
    pub(super) fn take_padding(&mut self, available: usize) -> usize {
        let n = available.min(usize::from(self.padding));
        self.padding -= n as u8;
        self.end_if_whole();
        n
    }

    /// The end of a record is the start of the next.
    pub(super) fn end_if_whole(&mut self) {
        if self.part() == Part::Padding && self.padding == 0 {
            self.read = 0;
        }
    }
}
