//! Bodies in: sized, chunked, until the connection ends. Decoded in place, so that the bytes of a
//! body are moved at most once, and those of a sized one never.
//!
//! Chunked is read strictly. A lone LF, a space before the line's end, a sign: whatever two
//! parsers might read differently is refused, since the other parser is the attacker's tool.

use crate::proto::{Decoded, Violation};

/// What is still to come of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing, or nothing more.
    Empty,
    /// This number of bytes.
    Sized(u64),
    Chunked(Chunked),
    /// All that comes until the peer shuts its side.
    UntilClose,
}

impl Body {
    /// Takes what it can of `buf` and leaves the body's bytes at its front.
    pub fn decode(&mut self, buf: &mut [u8]) -> Result<Decoded, Violation> {
        self.decode_within(buf, u64::MAX)
    }

    /// As `decode`, of a body that may have `room` more bytes. The line of a chunk that would take it beyond
    /// them is a violation, with status 413.
    pub fn decode_within(&mut self, buf: &mut [u8], room: u64) -> Result<Decoded, Violation> {
        match self {
            Self::Empty => Ok(Decoded { data: 0, consumed: 0, end: true }),
            Self::UntilClose => Ok(Decoded { data: buf.len(), consumed: buf.len(), end: false }),
            Self::Sized(left) => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(buf.len());
                *left -= take as u64;
                Ok(Decoded { data: take, consumed: take, end: *left == 0 })
            }
            Self::Chunked(chunked) => chunked.decode(buf, room),
        }
    }

    pub fn is_done(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Sized(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_done(),
            Self::UntilClose => false,
        }
    }

    /// The size of the chunk that is being read, or what is left of it.
    pub fn chunk(&self) -> u64 {
        match self {
            Self::Chunked(chunked) => chunked.left,
            Self::Empty | Self::Sized(_) | Self::UntilClose => 0,
        }
    }

    /// Keeps the fields behind the body, if it is of a kind that may have some.
    pub fn keep_trailers(&mut self) {
        if let Self::Chunked(chunked) = self {
            chunked.trailers = Some(Box::default());
        }
    }

    /// The fields behind the body: names and values. None before its end, or if they were not kept.
    pub fn trailers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let lines = match self {
            Self::Chunked(Chunked { state: State::Done, trailers: Some(it), .. }) => &*it.lines,
            _ => &[],
        };
        lines.split(|&byte| byte == b'\n').filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
    }

    /// `n` bytes of what [`Self::opaque`] said were read by other means.
    pub fn pass(&mut self, n: u64) {
        match self {
            Self::Sized(left) => *left = left.saturating_sub(n),
            Self::Chunked(chunked) => chunked.pass(n),
            Self::Empty | Self::UntilClose => {}
        }
    }

    /// How many bytes of the body are known to come next without anything between them.
    pub fn opaque(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Sized(left) => Some(*left),
            Self::Chunked(chunked) => chunked.opaque(),
            Self::UntilClose => None,
        }
    }
}

/// The state between two calls, a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunked {
    state: State,
    /// In `Size`: the size so far. In `Data`: what is left of the chunk.
    left: u64,
    /// Digits of this chunk's size.
    digits: u8,
    /// What extensions and trailers may still take.
    overhead: u32,
    /// Whose fault a fault is.
    from_client: bool,
    /// Kept as they came, if they are wanted.
    trailers: Option<Box<Trailers>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Trailers {
    lines: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    /// White space behind the size, before a `;`.
    Blank,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    Done,
}

impl Chunked {
    /// From a client. `limit` bounds all extensions and trailers of the body together.
    pub fn request(limit: usize) -> Self {
        Self::new(limit, true)
    }

    /// From an upstream.
    pub fn response(limit: usize) -> Self {
        Self::new(limit, false)
    }

    fn new(limit: usize, from_client: bool) -> Self {
        let overhead = u32::try_from(limit).unwrap_or(u32::MAX);
        Self { state: State::Size, left: 0, digits: 0, overhead, from_client, trailers: None }
    }

    fn too_much(&self) -> Violation {
        match self.from_client {
            true => Violation::LargeChunkOverhead,
            false => Violation::UpstreamLargeChunkOverhead,
        }
    }

    fn invalid(&self) -> Violation {
        match self.from_client {
            true => Violation::InvalidChunkedBody,
            false => Violation::UpstreamInvalidChunkedBody,
        }
    }

    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn pass(&mut self, n: u64) {
        if self.state == State::Data {
            self.left = self.left.saturating_sub(n);
            if self.left == 0 {
                self.state = State::DataCr;
            }
        }
    }

    fn opaque(&self) -> Option<u64> {
        match self.state {
            State::Data => Some(self.left),
            State::Done => Some(0),
            _ => None,
        }
    }

    fn decode(&mut self, buf: &mut [u8], room: u64) -> Result<Decoded, Violation> {
        let (mut data, mut at) = (0, 0);
        while at < buf.len() && self.state != State::Done {
            if self.state == State::Data {
                let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len() - at);
                // A body that begins at the front, as after a size read alone, stays where it is.
                if at != data {
                    buf.copy_within(at..at + take, data);
                }
                self.left -= take as u64;
                data += take;
                at += take;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
            } else {
                self.state = self.step(buf[at])?;
                at += 1;
                if self.state == State::Data && self.left > room.saturating_sub(data as u64) {
                    return Err(Violation::LargeChunkedBody);
                }
            }
        }
        Ok(Decoded { data, consumed: at, end: self.state == State::Done })
    }

    /// One byte that is not data.
    fn step(&mut self, byte: u8) -> Result<State, Violation> {
        use State::*;
        match (self.state, byte) {
            (Size, b'\r') if self.digits > 0 => Ok(SizeLf),
            (Size | Blank, b';') if self.digits > 0 => self.spend(Extension),
            // RFC 9112, 7.1.1: bad white space, which is dropped.
            (Size | Blank, b' ' | b'\t') if self.digits > 0 => self.spend(Blank),
            // Some servers fill up the line. What they say is framed anew.
            (Blank, b'\r') if !self.from_client => Ok(SizeLf),
            (Size, _) => self.digit(byte),
            (Extension, b'\r') => Ok(SizeLf),
            (Extension, _) if is_text(byte) => self.spend(Extension),
            (SizeLf, b'\n') => {
                self.digits = 0;
                Ok(if self.left == 0 { TrailerStart } else { Data })
            }
            (DataCr, b'\r') => Ok(DataLf),
            (DataLf, b'\n') => Ok(Size),
            (TrailerStart, b'\r') => Ok(EndLf),
            (TrailerStart, _) if is_token(byte) => self.trailer(byte, TrailerName),
            (TrailerName, b':') => self.trailer(byte, TrailerValue),
            (TrailerName, _) if is_token(byte) => self.trailer(byte, TrailerName),
            (TrailerValue, b'\r') => Ok(TrailerLf),
            (TrailerValue, _) if is_text(byte) => self.trailer(byte, TrailerValue),
            // A line that goes on with a space is folded, and refused in `TrailerStart`.
            (TrailerLf, b'\n') => {
                self.keep(byte);
                Ok(TrailerStart)
            }
            (EndLf, b'\n') => Ok(Done),
            _ => Err(self.invalid()),
        }
    }

    fn digit(&mut self, byte: u8) -> Result<State, Violation> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return Err(self.invalid()),
        };
        // Sixteen digits are the 64 bits there are; the top bit is refused as nginx does, whose
        // sizes are signed. More digits could only be zeros, without end.
        if self.digits == 16 || self.left >> 59 != 0 {
            return Err(self.invalid());
        }
        self.digits += 1;
        self.left = self.left << 4 | u64::from(digit);
        Ok(State::Size)
    }

    fn trailer(&mut self, byte: u8, next: State) -> Result<State, Violation> {
        self.keep(byte);
        self.spend(next)
    }

    fn keep(&mut self, byte: u8) {
        if let Some(trailers) = &mut self.trailers {
            trailers.lines.push(byte);
        }
    }

    fn spend(&mut self, next: State) -> Result<State, Violation> {
        self.overhead = self.overhead.checked_sub(1).ok_or_else(|| self.too_much())?;
        Ok(next)
    }
}

/// What a field value and an extension may hold: no control characters but the tab.
pub(in crate::proto) fn is_text(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// Looks at all of them, this number of bytes at a time.
pub(in crate::proto) fn is_all_text(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, &byte| all & is_text(byte))
}

/// How many bytes at the start are text.
pub(in crate::proto) fn text_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk() {
        match first_control(u64::from_le_bytes(*word)) {
            None => rest = behind,
            Some(at) if rest[at] == b'\t' => rest = &rest[at + 1..],
            Some(at) => return bytes.len() - rest.len() + at,
        }
    }
    let more = rest.iter().take_while(|&&byte| is_text(byte)).count();
    bytes.len() - rest.len() + more
}

/// Which byte of eight, the lowest first, is the first below a space, or DEL.
fn first_control(word: u64) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    // Subtracting borrows from a higher byte only above a byte that is found.
    let is_below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let found = is_below(word, 0x20) | is_below(word ^ (ONES * 0x7f), 1);
    let bits = found & (ONES << 7);
    (bits != 0).then(|| bits.trailing_zeros() as usize / 8)
}

pub(in crate::proto) fn is_token(byte: u8) -> bool {
    TOKEN[usize::from(byte)]
}

static TOKEN: [bool; 256] = {
    let mut token = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        token[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let (others, mut i) = (b"!#$%&'*+-.^_`|~", 0);
    while i < others.len() {
        token[others[i] as usize] = true;
        i += 1;
    }
    token
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_the_first_control_character() {
        for byte in 0..=255 {
            for (before, behind) in [(0, 0), (3, 20), (7, 1), (8, 8), (13, 2)] {
                let mut bytes = [b"\xff \x80~\xa0\t!z".repeat(2), b"x".repeat(16)].concat();
                bytes.truncate(before);
                bytes.push(byte);
                bytes.resize(before + 1 + behind, b' ');
                let wanted = bytes.iter().take_while(|&&byte| is_text(byte)).count();
                assert_eq!(text_len(&bytes), wanted, "{bytes:?}");
            }
        }
    }

    #[test]
    fn chunks_come_together_at_the_front() {
        let mut body = Body::Chunked(Chunked::request(100));
        let mut buf = *b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\nGET";
        let decoded = body.decode(&mut buf);
        assert_eq!(decoded, Ok(Decoded { data: 11, consumed: buf.len() - 3, end: true }));
        assert_eq!(&buf[..11], b"hello world");
        assert_eq!(&buf[buf.len() - 3..], b"GET");
        assert!(body.is_done());
        assert_eq!(body.decode(&mut buf), Ok(Decoded { data: 0, consumed: 0, end: true }));
    }

    #[test]
    fn a_chunk_may_come_in_parts() {
        let mut body = Body::Chunked(Chunked::response(0));
        let mut buf = *b"a\r\n0123";
        assert_eq!(body.decode(&mut buf), Ok(Decoded { data: 4, consumed: 7, end: false }));
        assert_eq!((&buf[..4], body.opaque()), (&b"0123"[..], Some(6)));
        // Data alone stays where it is.
        let mut buf = *b"456789\r\n0\r\n\r";
        assert_eq!(body.decode(&mut buf), Ok(Decoded { data: 6, consumed: 12, end: false }));
        assert_eq!((body.opaque(), body.is_done()), (None, false));
        assert_eq!(
            body.decode(&mut b"\nx".to_vec()),
            Ok(Decoded { data: 0, consumed: 1, end: true })
        );
    }

    #[test]
    fn trailers_are_kept_on_demand() {
        let mut buf = *b"0\r\nA: b\r\nC:d \r\n\r\n";
        let mut body = Body::Chunked(Chunked::response(100));
        assert!(body.decode(&mut buf).unwrap().end);
        assert_eq!(body.trailers().count(), 0);
        let mut body = Body::Chunked(Chunked::response(100));
        body.keep_trailers();
        assert!(body.decode(&mut buf[..15]).is_ok());
        assert_eq!(body.trailers().count(), 0);
        assert!(body.decode(&mut buf[15..]).unwrap().end);
        let found: Vec<_> = body.trailers().collect();
        assert_eq!(found, [(&b"A"[..], &b"b"[..]), (&b"C"[..], &b"d"[..])]);
    }

    #[test]
    fn sized_and_unsized() {
        let mut body = Body::Sized(5);
        let mut buf = *b"abc";
        assert_eq!(body.decode(&mut buf), Ok(Decoded { data: 3, consumed: 3, end: false }));
        assert_eq!(body.opaque(), Some(2));
        assert_eq!(body.decode(&mut buf), Ok(Decoded { data: 2, consumed: 2, end: true }));
        assert!(body.is_done());
        let mut body = Body::UntilClose;
        assert_eq!(body.decode(&mut buf), Ok(Decoded { data: 3, consumed: 3, end: false }));
        assert!(!body.is_done());
    }

    #[test]
    fn a_chunk_beyond_the_bound_is_refused_at_its_line() {
        let decode = |text: &str, most| {
            let mut body = Body::Chunked(Chunked::request(100));
            let decoded = body.decode_within(&mut text.as_bytes().to_vec(), most);
            decoded.map_err(|violation| violation.status())
        };
        assert!(decode("FFFFFFFFF\r", 10).is_ok());
        assert_eq!(decode("FFFFFFFFF\r\n", 10), Err(413));
        assert!(decode("3\r\nabc\r\n7\r\n", 10).is_ok());
        assert_eq!(decode("3\r\nabc\r\n8;x\r\n", 10), Err(413));
        assert_eq!(decode("3\r\nabc\r\n7fffffffffffffff\r\n", 10), Err(413));
        // Of two faults the first.
        assert_eq!(decode("b\r\nabcdefghijkzz", 10), Err(413));
        assert_eq!(decode("fffffffffffffffff\r\n", 10), Err(400));
        // What has come before is the caller's to count.
        let mut body = Body::Chunked(Chunked::request(100));
        assert!(body.decode_within(&mut b"5\r\nab".to_vec(), 5).is_ok());
        assert!(body.decode_within(&mut b"cde\r\n1\r\nf\r\n".to_vec(), 4).is_ok());
        assert!(body.decode_within(&mut b"1\r\n".to_vec(), 0).is_err());
        assert_eq!(decode("1\r\n", 0), Err(413));
        assert!(decode("0\r\n\r\n", 0).is_ok());
    }

    #[test]
    fn white_space_before_an_extension() {
        let of = |body: Chunked, text: &str| {
            let decoded = Body::Chunked(body).decode(&mut text.as_bytes().to_vec());
            decoded.map(|it| it.data).map_err(|violation| violation.status())
        };
        for text in ["3 ;a=b\r\nabc", "3\t \t; a\r\nabc", "3;a \r\nabc"] {
            assert_eq!(of(Chunked::request(100), text), Ok(3), "{text:?}");
            assert_eq!(of(Chunked::response(100), text), Ok(3), "{text:?}");
        }
        for text in ["3 a\r\nabc", " 3\r\nabc", "3 4\r\nabc", "3 \nabc", " ;a\r\n", ";a\r\n"] {
            assert_eq!(of(Chunked::request(100), text), Err(400), "{text:?}");
            assert_eq!(of(Chunked::response(100), text), Err(502), "{text:?}");
        }
        // What only fills up the line is let pass of servers alone.
        assert_eq!(of(Chunked::request(100), "3  \r\nabc"), Err(400));
        assert_eq!(of(Chunked::response(100), "3  \r\nabc"), Ok(3));
        assert_eq!(of(Chunked::request(2), "3   ;\r\nabc"), Err(431));
    }

    #[test]
    fn the_largest_chunk_is_half_of_what_64_bits_hold() {
        let mut body = Body::Chunked(Chunked::request(0));
        assert!(body.decode(&mut b"7fffffffffffffff\r\n".to_vec()).is_ok());
        assert_eq!(body.opaque(), Some(i64::MAX as u64));
    }
}
