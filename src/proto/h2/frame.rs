//! Frames (RFC 9113, 4 and 6): their heads in, and those that we send.

use super::error::ErrorCode;

/// Of each frame.
pub const HEAD: usize = 9;

/// The largest payload unless SETTINGS_MAX_FRAME_SIZE says otherwise; ours stays so.
pub const MAX_PAYLOAD: usize = 16_384;

/// Windows are at most this large.
pub const MAX_WINDOW: i64 = 0x7fff_ffff;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;
/// RFC 9218, 7.1.
pub const PRIORITY_UPDATE: u8 = 16;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;
pub const WITH_PRIORITY: u8 = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the payload.
    pub len: usize,
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
}

impl Head {
    /// The first [`HEAD`] bytes; the reserved bit is ignored. None: they have not all come.
    pub fn parse(input: &[u8]) -> Option<Self> {
        let &[a, b, c, kind, flags, d, e, f, g] = input.first_chunk::<HEAD>()?;
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        let stream = u32::from_be_bytes([d, e, f, g]) & 0x7fff_ffff;
        Some(Self { len, kind, flags, stream })
    }

    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub fn bytes(&self) -> [u8; HEAD] {
        let [_, a, b, c] = (self.len as u32).to_be_bytes();
        let [d, e, f, g] = self.stream.to_be_bytes();
        [a, b, c, self.kind, self.flags, d, e, f, g]
    }
}

pub fn put(kind: u8, flags: u8, stream: u32, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&Head { len: payload.len(), kind, flags, stream }.bytes());
    out.extend_from_slice(payload);
}

pub fn put_reset(stream: u32, code: ErrorCode, out: &mut Vec<u8>) {
    put(RST_STREAM, 0, stream, &(code as u32).to_be_bytes(), out);
}

/// `increment` is 1 to 2^31 - 1.
pub fn put_window_update(stream: u32, increment: u32, out: &mut Vec<u8>) {
    put(WINDOW_UPDATE, 0, stream, &increment.to_be_bytes(), out);
}

pub fn put_go_away(last: u32, code: ErrorCode, out: &mut Vec<u8>) {
    let [a, b, c, d] = last.to_be_bytes();
    let [e, f, g, h] = (code as u32).to_be_bytes();
    put(GOAWAY, 0, 0, &[a, b, c, d, e, f, g, h], out);
}

/// What of a payload is not padding. None: there is more padding than payload.
pub fn without_padding(head: Head, payload: &[u8]) -> Option<&[u8]> {
    if !head.has(PADDED) {
        return Some(payload);
    }
    let (&padding, rest) = payload.split_first()?;
    rest.get(..rest.len().checked_sub(usize::from(padding))?)
}

/// The number that is the whole payload.
pub fn number(payload: &[u8]) -> Option<u32> {
    payload.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let bytes = [1, 2, 3, 4, 5, 0x86, 7, 8, 9];
        let head = Head::parse(&bytes).unwrap();
        assert_eq!(head, Head { len: 0x1_0203, kind: 4, flags: 5, stream: 0x0607_0809 });
        assert_eq!(head.bytes(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(Head::parse(&bytes[..8]), None);
        assert!(head.has(ACK) && head.has(END_HEADERS) && !head.has(PADDED));
    }

    #[test]
    fn frames_out() {
        let mut out = vec![];
        put_reset(3, ErrorCode::Cancel, &mut out);
        put_window_update(0, 0x7fff_ffff, &mut out);
        put_go_away(5, ErrorCode::NoError, &mut out);
        assert_eq!(
            out,
            *b"\0\0\x04\x03\0\0\0\0\x03\0\0\0\x08\
               \0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff\
               \0\0\x08\x07\0\0\0\0\0\0\0\0\x05\0\0\0\0"
        );
    }

    #[test]
    fn padding() {
        let head = |flags| Head { len: 0, kind: DATA, flags, stream: 1 };
        assert_eq!(without_padding(head(0), b"\x05ab"), Some(&b"\x05ab"[..]));
        assert_eq!(without_padding(head(PADDED), b"\x01ab"), Some(&b"a"[..]));
        assert_eq!(without_padding(head(PADDED), b"\x02ab"), Some(&b""[..]));
        assert_eq!(without_padding(head(PADDED), b"\x03ab"), None);
        assert_eq!(without_padding(head(PADDED), b""), None);
    }
}
