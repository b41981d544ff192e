//! What is to go to a client and could not yet be sent.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use crate::os::Errno;

/// What the system did not take yet, in order. Nearly always nothing: then it is one word.
#[derive(Debug, Default)]
pub struct Outbox(Option<Box<Pieces>>);

#[derive(Debug, Default)]
struct Pieces {
    pieces: VecDeque<Piece>,
    len: usize,
}

#[derive(Debug)]
pub enum Piece {
    /// The first `usize` bytes are sent already.
    Bytes(Vec<u8>, usize),
    File {
        file: Rc<File>,
        offset: u64,
        left: u64,
    },
}

impl Outbox {
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Bytes of memory that wait; files count nothing.
    pub fn memory(&self) -> usize {
        self.0.as_ref().map_or(0, |it| it.len)
    }

    pub fn front(&mut self) -> Option<&mut Piece> {
        self.0.as_mut()?.pieces.front_mut()
    }

    /// A file of at most `most` bytes is next behind the first piece.
    pub fn has_file_next(&self, most: u64) -> bool {
        let next = self.0.as_ref().and_then(|it| it.pieces.get(1));
        matches!(next, Some(Piece::File { left, .. }) if *left <= most)
    }

    /// Keeps an exact copy. Joined to the last piece if both are small.
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let it = self.0.get_or_insert_default();
        it.len += bytes.len();
        if let Some(Piece::Bytes(last, _)) = it.pieces.back_mut() {
            if last.len() + bytes.len() <= 16 << 10 {
                last.extend_from_slice(bytes);
                return;
            }
        }
        it.pieces.push_back(Piece::Bytes(bytes.to_vec(), 0));
    }

    pub fn push_file(&mut self, file: Rc<File>, offset: u64, left: u64) {
        if left == 0 {
            return;
        }
        let pieces = &mut self.0.get_or_insert_default().pieces;
        match pieces.back_mut() {
            // What follows in the same file is the same piece.
            Some(Piece::File { file: before, offset: start, left: len })
                if Rc::ptr_eq(before, &file) && *start + *len == offset =>
            {
                *len += left;
            }
            _ => pieces.push_back(Piece::File { file, offset, left }),
        }
    }

    /// Bytes of the first piece, and whether it is the last one.
    pub fn first_len(&self) -> Option<(u64, bool)> {
        let it = self.0.as_ref()?;
        let len = match it.pieces.front()? {
            Piece::Bytes(bytes, sent) => (bytes.len() - sent) as u64,
            Piece::File { left, .. } => *left,
        };
        Some((len, it.pieces.len() == 1))
    }

    /// If a part of a file is next: at most `most` bytes of it come into memory.
    pub fn load(&mut self, most: usize) -> Result<(), Errno> {
        let Some(it) = &mut self.0 else { return Ok(()) };
        let Some(Piece::File { file, offset, left }) = it.pieces.front() else { return Ok(()) };
        let mut bytes = vec![0; usize::try_from(*left).unwrap_or(usize::MAX).min(most)];
        let len = bytes.len();
        file.read_exact_at(&mut bytes, *offset)?;
        self.advance(len);
        let it = self.0.get_or_insert_default();
        it.len += len;
        it.pieces.push_front(Piece::Bytes(bytes, 0));
        Ok(())
    }

    /// Appends the next `n` bytes of the first piece, which is in memory.
    pub fn copy_front(&self, n: usize, out: &mut Vec<u8>) {
        let first = self.0.as_ref().and_then(|it| it.pieces.front());
        if let Some(Piece::Bytes(bytes, sent)) = first {
            out.extend_from_slice(bytes.get(*sent..*sent + n).unwrap_or_default());
        }
    }

    /// `n` bytes of the first piece were sent.
    pub fn advance(&mut self, n: usize) {
        let Some(it) = &mut self.0 else { return };
        let done = match it.pieces.front_mut() {
            Some(Piece::Bytes(bytes, sent)) => {
                *sent += n;
                it.len -= n;
                *sent >= bytes.len()
            }
            Some(Piece::File { offset, left, .. }) => {
                *offset += n as u64;
                *left = left.saturating_sub(n as u64);
                *left == 0
            }
            None => false,
        };
        if done {
            it.pieces.pop_front();
        }
        if it.pieces.is_empty() {
            // An idle client owns no memory.
            self.0 = None;
        }
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
