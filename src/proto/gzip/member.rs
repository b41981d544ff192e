//! The frame of a gzip file (RFC 1952, 2.3): its header is read in pieces, its trailer holds a sum and a length.

/// The header that is written: no name, no time, made on Unix.
pub const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

/// CRC-32 and length of what was compressed, each in four bytes.
pub const TRAILER: usize = 8;

const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const SUM: u8 = 1 << 1;
const RESERVED: u8 = 0xe0;

/// Reads a header. Its optional parts are passed over, and its own checksum is not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    part: Part,
    flags: u8,
    /// Bytes of the part that were read, or that are left of a part of known length.
    count: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Sum,
    Done,
}

/// It is no header of a gzip file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHeader;

impl Header {
    /// How many bytes of `input` belong to it. It goes on behind them unless it is done.
    pub fn read(&mut self, input: &[u8]) -> Result<usize, NoHeader> {
        let mut at = 0;
        while let (false, Some(&byte)) = (self.is_done(), input.get(at)) {
            at += 1;
            self.take(byte)?;
        }
        Ok(at)
    }

    pub fn is_done(&self) -> bool {
        self.part == Part::Done
    }

    /// Some of it has come.
    pub fn is_begun(&self) -> bool {
        *self != Self::default()
    }

    fn take(&mut self, byte: u8) -> Result<(), NoHeader> {
        match self.part {
            Part::Fixed => {
                let is_good = match self.count {
                    0..=2 => byte == HEADER[usize::from(self.count)],
                    3 => byte & RESERVED == 0,
                    _ => true,
                };
                if !is_good {
                    return Err(NoHeader);
                }
                if self.count == 3 {
                    self.flags = byte;
                }
                self.count += 1;
                if usize::from(self.count) == HEADER.len() {
                    self.enter(Part::ExtraLength);
                }
            }
            // The low byte is the first.
            Part::ExtraLength if self.flags & EXTRA != 0 => {
                self.flags &= !EXTRA;
                self.count = u16::from(byte);
            }
            Part::ExtraLength => {
                self.count |= u16::from(byte) << 8;
                self.part = Part::Extra;
                if self.count == 0 {
                    self.enter(Part::Name);
                }
            }
            Part::Extra => {
                self.count -= 1;
                if self.count == 0 {
                    self.enter(Part::Name);
                }
            }
            Part::Name if byte == 0 => self.enter(Part::Comment),
            Part::Comment if byte == 0 => self.enter(Part::Sum),
            Part::Name | Part::Comment => {}
            Part::Sum => {
                self.count += 1;
                if self.count == 2 {
                    self.enter(Part::Done);
                }
            }
            Part::Done => {}
        }
        Ok(())
    }

    /// Goes on with `part`, or with the first behind it that there is.
    fn enter(&mut self, part: Part) {
        let has = |flag| self.flags & flag != 0;
        self.count = 0;
        self.part = match part {
            Part::ExtraLength if has(EXTRA) => Part::ExtraLength,
            Part::ExtraLength | Part::Name if has(NAME) => Part::Name,
            Part::ExtraLength | Part::Name | Part::Comment if has(COMMENT) => Part::Comment,
            Part::Done => Part::Done,
            _ if has(SUM) => Part::Sum,
            _ => Part::Done,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut header = HEADER.to_vec();
        header[3] = flags;
        header.extend_from_slice(rest);
        header
    }

    #[test]
    fn parts_that_may_be_there() {
        for (flags, rest) in [
            (0, &b""[..]),
            (1, b""),
            (EXTRA, b"\x03\x00abc"),
            (EXTRA, b"\x00\x00"),
            (NAME, b"name\0"),
            (COMMENT, b"\0"),
            (SUM, b"\x01\x02"),
            (EXTRA | NAME | COMMENT | SUM, b"\x01\x00xn\0c\0\x01\x02"),
        ] {
            let whole = header(flags, rest);
            let mut at_once = Header::default();
            let mut longer = whole.clone();
            longer.extend_from_slice(b"data");
            assert_eq!(at_once.read(&longer), Ok(whole.len()), "{flags}");
            assert!(at_once.is_done());
            let mut bytewise = Header::default();
            for (at, byte) in whole.iter().enumerate() {
                assert!(!bytewise.is_done(), "{flags} {at}");
                assert_eq!(bytewise.read(&[*byte]), Ok(1));
            }
            assert!(bytewise.is_done());
        }
        let mut long = header(EXTRA, b"\x00\x01");
        long.resize(long.len() + 256, 7);
        assert_eq!(Header::default().read(&long), Ok(long.len()));
    }

    #[test]
    fn what_is_no_header() {
        for bytes in [&b"\x1f\x8c"[..], b"x", b"\x1f\x8b\x07", b"\x1f\x8b\x08\x20"] {
            assert_eq!(Header::default().read(bytes), Err(NoHeader));
        }
    }
}
