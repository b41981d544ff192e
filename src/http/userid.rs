//! Identifiers of clients: four numbers, as `userid` puts them into a cookie.

use std::io::Write;

use crate::base::base64;

/// As its bytes are in the cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Uid(pub [u8; 16]);

/// What a request knows of its client's identifier.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// The cookie as it was sent; empty: there is none.
    pub cookie: Vec<u8>,
    pub got: Option<Uid>,
    pub set: Option<Uid>,
    /// `$uid_reset` has made the one of the client void.
    pub reset: bool,
}

/// Some digit is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invalid;

/// Digits of an identifier in base 64. A mark and a `=` may follow.
pub const DIGITS: usize = 22;

impl Uid {
    pub fn new(numbers: [[u8; 4]; 4]) -> Self {
        let mut bytes = [0; 16];
        bytes.as_chunks_mut::<4>().0.copy_from_slice(&numbers);
        Self(bytes)
    }

    /// `Ok(None)`: the last number is 0, which is no identifier, as in nginx.
    pub fn parse(digits: &[u8]) -> Result<Option<Self>, Invalid> {
        let mut bytes = Vec::with_capacity(16);
        base64::decode(digits, false, &mut bytes).then_some(()).ok_or(Invalid)?;
        let uid = bytes.try_into().ok().map(Self);
        Ok(uid.filter(|uid| uid.0[12..] != [0; 4]))
    }

    /// `NAME=00000000111111112222222233333333`: the numbers as a little-endian machine prints them.
    pub fn show(self, name: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(name);
        out.push(b'=');
        for number in self.0.as_chunks::<4>().0 {
            let _ = write!(out, "{:08X}", u32::from_le_bytes(*number));
        }
    }
}

/// What makes the identifiers of a worker differ from one another, and from those of others.
#[derive(Debug)]
pub struct Sequence {
    start: Option<u32>,
    v1: u32,
    v2: u32,
}

/// Where the numbers of the second version begin, and begin again.
const FIRST_V2: u32 = 0x0303_0302;

impl Default for Sequence {
    fn default() -> Self {
        Self { start: None, v1: 1, v2: FIRST_V2 }
    }
}

impl Sequence {
    /// The first version: all numbers little-endian.
    pub fn v1(&mut self, service: u32, now_ms: u64, pid: u32) -> Uid {
        let start = self.start(now_ms, pid);
        let number = self.v1;
        self.v1 = self.v1.wrapping_add(0x100);
        Uid::new([service, (now_ms / 1000) as u32, start, number].map(u32::to_le_bytes))
    }

    /// The second one: big-endian. `service` is as it stands in the identifier.
    pub fn v2(&mut self, service: [u8; 4], now_ms: u64, pid: u32) -> Uid {
        let start = self.start(now_ms, pid);
        let number = self.v2;
        self.v2 = self.v2.wrapping_add(0x100).max(FIRST_V2);
        let [time, start, number] = [(now_ms / 1000) as u32, start, number].map(u32::to_be_bytes);
        Uid::new([service, time, start, number])
    }

    /// Of the time at which the first one was made, and of the process.
    fn start(&mut self, now_ms: u64, pid: u32) -> u32 {
        *self.start.get_or_insert(((now_ms % 1000 * 50) as u32) << 16 | (pid & 0xffff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_and_shown() {
        let uid = Uid::parse(b"fwAAAWXKMzkIDQrHAwMDAg").unwrap().unwrap();
        let mut out = vec![];
        uid.show(b"uid", &mut out);
        assert_eq!(out, b"uid=0100007F3933CA65C70A0D0802030303");
        assert_eq!(Uid::parse(b"AAAAAAAAAAAAAAAAAAAAAA"), Ok(None));
        assert_eq!(Uid::parse(b"fwAA=XKMzkIDQrHAwMDAg"), Ok(None));
        assert_eq!(Uid::parse(b"!wAAAWXKMzkIDQrHAwMDAg"), Err(Invalid));
    }

    #[test]
    fn numbers_differ() {
        let mut all = Sequence::default();
        let (one, two) = (all.v2([1, 2, 3, 4], 1_700_000_000_123, 7), all.v2([1, 2, 3, 4], 0, 7));
        assert_ne!(one, two);
        assert_eq!(one.0[..4], [1, 2, 3, 4]);
        assert_eq!(one.0[4..8], 1_700_000_000u32.to_be_bytes());
        assert_eq!(
            (one.0[8..12].to_vec(), one.0[12..].to_vec()),
            (two.0[8..12].to_vec(), vec![3, 3, 3, 2])
        );
        assert_eq!(all.v1(9, 5_000, 7).0[..8], [9, 0, 0, 0, 5, 0, 0, 0]);
        all.v2 = u32::MAX;
        all.v2([0; 4], 0, 7);
        assert_eq!(all.v2, FIRST_V2);
    }
}
