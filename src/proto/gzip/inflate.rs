//! Gzip files, one after another, to the body.

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use super::Step;
use super::member::{Header, TRAILER};

/// The memory that decompressing takes, about 45 KiB. It is used again for other bodies.
#[derive(Debug)]
pub struct Decompressor(Decompress);

impl Decompressor {
    /// Forgets what it has seen.
    pub fn reset(&mut self) {
        self.0.reset(false);
    }
}

impl Default for Decompressor {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

/// The input is no gzip file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Invalid {
    Header,
    Data,
    /// The checksum or the length is not that of the data.
    Trailer,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "no header of gzip",
            Self::Data => "no deflated data",
            Self::Trailer => "checksum or length is wrong",
        })
    }
}

/// A series of files being read.
#[derive(Debug, Default)]
pub struct Inflate {
    header: Header,
    crc: crc32fast::Hasher,
    written: u32,
    is_inflated: bool,
    trailer: [u8; TRAILER],
    /// Bytes of the trailer that have come.
    count: usize,
}

impl Inflate {
    /// The input may end here: each file that has begun is whole.
    pub fn is_whole(&self) -> bool {
        !self.header.is_begun()
    }

    /// Decompresses `input` into `out`.
    pub fn step(
        &mut self,
        by: &mut Decompressor,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<Step, Invalid> {
        let (mut at, mut written) = (0, 0);
        loop {
            if !self.header.is_done() {
                at += self.header.read(&input[at..]).map_err(|_| Invalid::Header)?;
                if !self.header.is_done() {
                    return Ok(Step { consumed: at, written, more: false });
                }
                by.reset();
            }
            if !self.is_inflated {
                let (consumed, n) = self.inflate(by, &input[at..], &mut out[written..])?;
                at += consumed;
                written += n;
                if !self.is_inflated {
                    // What fills the room may be followed by more that is inside already.
                    let more = written == out.len();
                    return Ok(Step { consumed: at, written, more });
                }
            }
            if !self.read_trailer(&input[at..], &mut at)? {
                return Ok(Step { consumed: at, written, more: false });
            }
            *self = Self::default();
            if at == input.len() {
                return Ok(Step { consumed: at, written, more: false });
            }
        }
    }

    fn inflate(
        &mut self,
        by: &mut Decompressor,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<(usize, usize), Invalid> {
        let (read, written) = (by.0.total_in(), by.0.total_out());
        let status = by.0.decompress(input, out, FlushDecompress::None);
        let consumed = (by.0.total_in() - read) as usize;
        let written = (by.0.total_out() - written) as usize;
        match status {
            Ok(Status::StreamEnd) => self.is_inflated = true,
            Ok(Status::Ok) => {}
            // Without progress that is a want of input or of room, and else damage.
            Ok(Status::BufError) if input.is_empty() || out.is_empty() => {}
            Ok(Status::BufError) if consumed > 0 || written > 0 => {}
            _ => return Err(Invalid::Data),
        }
        self.crc.update(&out[..written]);
        self.written = self.written.wrapping_add(written as u32);
        Ok((consumed, written))
    }

    /// True: all of it is here.
    fn read_trailer(&mut self, input: &[u8], at: &mut usize) -> Result<bool, Invalid> {
        let n = input.len().min(TRAILER - self.count);
        self.trailer[self.count..self.count + n].copy_from_slice(&input[..n]);
        self.count += n;
        *at += n;
        if self.count < TRAILER {
            return Ok(false);
        }
        let mut want = [0; TRAILER];
        want[..4].copy_from_slice(&self.crc.clone().finalize().to_le_bytes());
        want[4..].copy_from_slice(&self.written.to_le_bytes());
        if self.trailer == want { Ok(true) } else { Err(Invalid::Trailer) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(text: &[u8]) -> Vec<u8> {
        let level = flate2::Compression::new(6);
        let mut encoder = flate2::GzBuilder::new().filename("name").write(Vec::new(), level);
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Reads the file `piece` bytes at a time, with `room` for what comes of it.
    fn inflate(file: &[u8], piece: usize, room: usize) -> Result<(Vec<u8>, bool), Invalid> {
        let (mut by, mut it) = (Decompressor::default(), Inflate::default());
        let (mut text, mut out) = (vec![], vec![0; room]);
        for mut input in file.chunks(piece) {
            loop {
                let step = it.step(&mut by, input, &mut out)?;
                text.extend_from_slice(&out[..step.written]);
                input = &input[step.consumed..];
                if !step.more {
                    assert!(input.is_empty());
                    break;
                }
            }
        }
        Ok((text, it.is_whole()))
    }

    #[test]
    fn any_pieces_and_any_room() {
        let text: Vec<u8> = (0..50_000_u32).map(|n| ((n * n) >> 9) as u8).collect();
        let one = file(&text);
        let two = [&*one, &*file(b"more")].concat();
        for piece in [1, 7, 4096, usize::MAX] {
            for room in [1, 100, 100_000] {
                assert!(inflate(&one, piece, room) == Ok((text.clone(), true)), "{piece} {room}");
                let both = [&*text, b"more"].concat();
                assert!(inflate(&two, piece, room) == Ok((both, true)), "{piece} {room}");
            }
        }
    }

    #[test]
    fn an_end_in_the_middle_is_seen() {
        let whole = file(b"text of some length, some length");
        for len in 1..whole.len() {
            let (text, is_whole) = inflate(&whole[..len], 9, 5).unwrap();
            assert!(!is_whole, "{len}");
            assert!(b"text of some length, some length".starts_with(&text));
        }
    }

    #[test]
    fn damage_is_found() {
        let whole = file(b"text");
        let changed = |at: usize, by: u8| {
            let mut file = whole.clone();
            file[at] ^= by;
            inflate(&file, 100, 100)
        };
        assert_eq!(changed(0, 1), Err(Invalid::Header));
        assert_eq!(changed(15, 0xff), Err(Invalid::Data));
        assert_eq!(changed(whole.len() - 1, 1), Err(Invalid::Trailer));
        assert_eq!(changed(whole.len() - 8, 1), Err(Invalid::Trailer));
        let behind = [&*whole, b"x"].concat();
        assert_eq!(inflate(&behind, 100, 100), Err(Invalid::Header));
        assert_eq!(inflate(b"plain text", 100, 100), Err(Invalid::Header));
    }
}
