//! `slice`: a response that is asked for in parts.

use crate::http::ids::LocationId;

/// What a request that a client has sent knows of the parts of its response.
#[derive(Debug)]
pub struct Slice {
    /// Where `$slice_range` was asked for: another location begins anew.
    pub location: LocationId,
    /// Where the part that is asked for begins.
    pub at: u64,
    /// The last part that was asked for has come, or comes.
    pub is_active: bool,
    /// A part is not what was asked for, and the log has said it.
    pub is_broken: bool,
    /// Bytes of the part that are still to come.
    pub room: u64,
    /// Of the whole.
    pub length: u64,
    /// What of the whole the client gets.
    pub from: u64,
    pub until: u64,
    /// Of the first part that has one: those of the others are the same.
    pub etag: Vec<u8>,
}

impl Slice {
    pub fn new(location: LocationId, at: u64) -> Self {
        Self {
            location,
            at,
            is_active: false,
            is_broken: false,
            room: 0,
            length: 0,
            from: 0,
            until: 0,
            etag: Vec::new(),
        }
    }
}

/// The part of the whole that a `Content-Range` names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentRange {
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
    /// None: `*`
    pub length: Option<u64>,
}

impl ContentRange {
    /// Reads the field as nginx does: spaces may be around each number. None: it is none, or names no byte.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let rest = value.strip_prefix(b"bytes ")?;
        let (start, rest) = number(rest)?;
        let (last, rest) = number(rest.strip_prefix(b"-")?)?;
        let rest = rest.strip_prefix(b"/")?.trim_ascii_start();
        let (length, rest) = match rest.strip_prefix(b"*") {
            Some(rest) => (None, rest),
            None => number(rest).map(|(length, rest)| (Some(length), rest))?,
        };
        let end = last.checked_add(1)?;
        let is_whole = rest.trim_ascii().is_empty() && start < end;
        is_whole.then_some(Self { start, end, length })
    }
}

/// Digits, and what is behind them and spaces.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let text = text.trim_ascii_start();
    let len = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(len);
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest.trim_ascii_start()))
}

/// Where the one range of that field begins: 0 if there are several, if it is the number of bytes at the end, or if it
/// ends before it begins.
pub fn first_byte(range: &[u8]) -> u64 {
    let Some(unit) = range.get(..6) else { return 0 };
    let rest = &range[6..];
    if !unit.eq_ignore_ascii_case(b"bytes=") || memchr::memchr(b',', rest).is_some() {
        return 0;
    }
    let Some((first, rest)) = number(rest) else { return 0 };
    let last = rest.strip_prefix(b"-").and_then(number).map(|it| it.0);
    if last.is_some_and(|last| last < first) { 0 } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        let parse = |text: &str| {
            ContentRange::parse(text.as_bytes()).map(|it| (it.start, it.end, it.length))
        };
        assert_eq!(parse("bytes 0-9/20"), Some((0, 10, Some(20))));
        assert_eq!(parse("bytes  3 - 9 / 20 "), Some((3, 10, Some(20))));
        assert_eq!(parse("bytes 3-3/*"), Some((3, 4, None)));
        let wrong = [
            "",
            "bytes",
            "bytes ",
            "bytes 1",
            "bytes 1-",
            "bytes 1-2",
            "bytes 1-2/",
            "bytes -2/3",
            "bytes 1-2/3x",
            "bytes 2-1/3",
            "bytes */3",
            "byte 1-2/3",
            "bytes +1-2/3",
            "bytes 0-18446744073709551615/3",
            "bytes 0-1/18446744073709551616",
        ];
        for text in wrong {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn where_a_range_begins() {
        let cases: [(&[u8], u64); 11] = [
            (b"bytes=5-", 5),
            (b"Bytes= 5-9", 5),
            (b"bytes=5-5", 5),
            (b"bytes=5000000-1", 0),
            (b"bytes=-5", 0),
            (b"bytes=5-6,8-9", 0),
            (b"bytes=", 0),
            (b"bytes=x", 0),
            (b"", 0),
            (b"items=5-", 0),
            (b"bytes=99999999999999999999-", 0),
        ];
        for (text, first) in cases {
            assert_eq!(first_byte(text), first);
        }
    }
}
