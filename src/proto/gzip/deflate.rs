//! Pieces of a body to a gzip file.

use flate2::{Compress, Compression, FlushCompress, Status};

use super::Step;
use super::member::{HEADER, TRAILER};

/// The memory that compressing takes, about 270 KiB: windows and tables. It is used again for other bodies.
#[derive(Debug)]
pub struct Compressor {
    it: Compress,
    level: u8,
    /// Something was put in that is not put out.
    is_open: bool,
}

impl Compressor {
    /// `level`: 1 to 9.
    pub fn new(level: u8) -> Self {
        let it = Compress::new(Compression::new(level.into()), false);
        Self { it, level, is_open: false }
    }

    pub fn level(&self) -> u8 {
        self.level
    }

    /// Forgets what it has seen.
    pub fn reset(&mut self) {
        match self.is_open {
            // zlib-rs 0.6.8 would go on with the block that is open (level 1).
            true => *self = Self::new(self.level),
            false => self.it.reset(),
        }
    }
}

/// What is to be put out of what was put in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Flush {
    /// As it comes best.
    #[default]
    None,
    /// All of it.
    Sync,
    /// All of it, and the end of the file.
    Finish,
}

/// One file in the making.
///
/// It needs a [`Compressor`] while there is something to compress, and keeps none where it is
/// [flushed](Self::is_flushed): then another one may go on.
#[derive(Debug, Default)]
pub struct Deflate {
    crc: crc32fast::Hasher,
    read: u64,
    written: u64,
    /// Bytes of the trailer that are written; all of them: the file is whole.
    trailer: usize,
    is_unflushed: bool,
    is_deflated: bool,
}

impl Deflate {
    /// Bytes that were compressed, and what they came to, once the file is whole.
    pub fn totals(&self) -> Option<(u64, u64)> {
        (self.trailer == TRAILER).then_some((self.read, self.written))
    }

    /// Nothing that was put in is still to be put out.
    pub fn is_flushed(&self) -> bool {
        !self.is_unflushed
    }

    /// Compresses `input` into `out`, which has room for the header and some more.
    pub fn step(&mut self, by: &mut Compressor, input: &[u8], how: Flush, out: &mut [u8]) -> Step {
        let mut at = 0;
        if self.written == 0 && (how == Flush::Finish || !input.is_empty()) {
            let Some(room) = out.get_mut(..HEADER.len()) else {
                return Step { consumed: 0, written: 0, more: true };
            };
            room.copy_from_slice(&HEADER);
            at = HEADER.len();
        }
        let mut consumed = 0;
        let mut more = false;
        if !self.is_deflated && (!input.is_empty() || how != Flush::None) {
            (consumed, more) = self.deflate(by, input, how, out, &mut at);
        }
        if self.is_deflated {
            at += self.end(&mut out[at..]);
            more = self.trailer < TRAILER;
        }
        self.written += at as u64;
        Step { consumed, written: at, more }
    }

    fn deflate(
        &mut self,
        by: &mut Compressor,
        input: &[u8],
        how: Flush,
        out: &mut [u8],
        at: &mut usize,
    ) -> (usize, bool) {
        let flush = match how {
            Flush::None => FlushCompress::None,
            // Twice in a row it would be an empty block each time.
            Flush::Sync if !self.is_unflushed && input.is_empty() => return (0, false),
            Flush::Sync => FlushCompress::Sync,
            Flush::Finish => FlushCompress::Finish,
        };
        let (read, written) = (by.it.total_in(), by.it.total_out());
        let status = by.it.compress(input, &mut out[*at..], flush);
        let consumed = (by.it.total_in() - read) as usize;
        *at += (by.it.total_out() - written) as usize;
        self.crc.update(&input[..consumed]);
        self.read += consumed as u64;
        self.is_deflated = matches!(status, Ok(Status::StreamEnd));
        // It has written all that it had to if there is room left.
        let more = consumed < input.len() || *at == out.len();
        self.is_unflushed = match how {
            Flush::None => self.is_unflushed || consumed > 0,
            Flush::Sync | Flush::Finish => more,
        };
        by.is_open = self.is_unflushed;
        (consumed, more || (how == Flush::Finish && !self.is_deflated))
    }

    /// As much of the trailer as there is room for.
    fn end(&mut self, out: &mut [u8]) -> usize {
        let mut trailer = [0; TRAILER];
        trailer[..4].copy_from_slice(&self.crc.clone().finalize().to_le_bytes());
        trailer[4..].copy_from_slice(&(self.read as u32).to_le_bytes());
        let rest = &trailer[self.trailer..];
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.trailer += n;
        n
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Compresses the pieces with `room` at a time, flushed behind each; the whole file.
    fn deflate(pieces: &[&[u8]], how: Flush, room: usize, level: u8) -> Vec<u8> {
        let mut by = Compressor::new(level);
        let (mut it, mut file) = (Deflate::default(), vec![]);
        let ends = std::iter::once((&b""[..], Flush::Finish));
        for (mut input, how) in pieces.iter().map(|piece| (*piece, how)).chain(ends) {
            loop {
                let mut out = vec![0; room];
                let step = it.step(&mut by, input, how, &mut out);
                file.extend_from_slice(&out[..step.written]);
                input = &input[step.consumed..];
                if !step.more {
                    break;
                }
            }
            assert!(input.is_empty());
            if how == Flush::Sync {
                // All that was put in can be read.
                assert!(it.is_flushed());
                by.reset();
            }
        }
        let read = pieces.iter().map(|piece| piece.len() as u64).sum();
        assert_eq!(it.totals(), Some((read, file.len() as u64)));
        file
    }

    fn inflate(file: &[u8]) -> Vec<u8> {
        let mut text = vec![];
        flate2::read::GzDecoder::new(file).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn any_pieces_any_room_any_level() {
        let text: Vec<u8> = (0..40_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
        for level in [1, 2, 6, 9] {
            for room in [11, 4096, 100_000] {
                let pieces = [&text[..1], &text[1..1], &text[1..30_000], &text[30_000..]];
                for how in [Flush::None, Flush::Sync] {
                    let file = deflate(&pieces, how, room, level);
                    assert!(inflate(&file) == text, "{level} {room} {how:?}");
                }
            }
        }
    }

    #[test]
    fn a_file_that_is_given_up_leaves_nothing_behind() {
        let text: Vec<u8> = (0..40_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
        for level in 1..=9 {
            for (given_up, room) in [(10, 4096), (30_000, 100_000), (30_000, 200)] {
                let mut by = Compressor::new(level);
                let mut out = vec![0; room];
                Deflate::default().step(&mut by, &text[..given_up], Flush::None, &mut out);
                by.reset();
                let mut file = vec![0; 100_000];
                let step = Deflate::default().step(&mut by, &text, Flush::Finish, &mut file);
                assert!(inflate(&file[..step.written]) == text, "{level} {given_up} {room}");
            }
        }
    }

    #[test]
    fn nothing_is_a_file_too() {
        let file = deflate(&[], Flush::None, 4096, 1);
        assert_eq!(inflate(&file), b"");
    }

    #[test]
    fn nothing_is_flushed_twice() {
        let (mut by, mut it, mut out) = (Compressor::new(1), Deflate::default(), [0; 4096]);
        assert_eq!(it.step(&mut by, b"", Flush::None, &mut out).written, 0);
        assert!(it.step(&mut by, b"abc", Flush::None, &mut out).written <= HEADER.len());
        assert!(!it.is_flushed());
        assert!(it.step(&mut by, b"", Flush::Sync, &mut out).written > 0);
        assert!(it.is_flushed());
        let again = it.step(&mut by, b"", Flush::Sync, &mut out);
        assert_eq!(again, Step { consumed: 0, written: 0, more: false });
    }
}
