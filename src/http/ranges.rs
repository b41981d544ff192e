//! `Range: bytes=…` against a known length, and If-Range.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// Nothing to do: the whole is sent with 200.
    Whole,
    /// 206: one or more, in the caller's vector, none empty, all within the length.
    Some,
    /// 416
    NotSatisfiable,
}

/// Reads the field as nginx does. `max` is `max_ranges`: more of them are as good as none.
///
/// A range that begins behind the end is left out as long as another one is left, one that ends before
/// it begins is none at all; together they may not ask for more than the whole, which would be an
/// attack.
pub fn parse(value: &[u8], length: u64, max: usize, out: &mut Vec<Range<u64>>) -> Ranges {
    out.clear();
    let is_bytes = value.get(..6).is_some_and(|unit| unit.eq_ignore_ascii_case(b"bytes="));
    if !is_bytes || value.len() == 6 || max == 0 {
        return Ranges::Whole;
    }
    let (mut total, mut is_any) = (0_u128, false);
    // RFC 9110, 5.6.1.2: a list may have empty elements.
    for element in value[6..].split(|&b| b == b',').map(trim).filter(|it| !it.is_empty()) {
        let range = match one(element, length) {
            Ok(Some(range)) => range,
            Ok(None) => continue,
            Err(Malformed) => return Ranges::NotSatisfiable,
        };
        is_any = true;
        if range.is_empty() {
            // `0-` of an empty file.
            if range.start == 0 {
                return Ranges::Whole;
            }
            continue;
        }
        total += u128::from(range.end - range.start);
        if out.len() == max {
            return Ranges::Whole;
        }
        out.push(range);
    }
    if !is_any {
        Ranges::Whole
    } else if out.is_empty() {
        Ranges::NotSatisfiable
    } else if total > length.into() {
        Ranges::Whole
    } else {
        Ranges::Some
    }
}

struct Malformed;

/// `first-last`, `first-` or `-suffix`; empty if nothing of it is there. None: it ends before it begins, which
/// is no range (RFC 9110, 14.1.1).
fn one(element: &[u8], length: u64) -> Result<Option<Range<u64>>, Malformed> {
    let dash = memchr::memchr(b'-', element).ok_or(Malformed)?;
    let (first, last) = (trim(&element[..dash]), trim(&element[dash + 1..]));
    if first.is_empty() {
        return Ok(Some(length.saturating_sub(number(last)?)..length));
    }
    let first = number(first)?;
    if last.is_empty() {
        return Ok(Some(first..length));
    }
    let last = number(last)?;
    Ok((first <= last).then(|| first..last.saturating_add(1).min(length)))
}

fn trim(text: &[u8]) -> &[u8] {
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t');
    let start = text.iter().take_while(is_blank).count();
    let end = text[start..].iter().rev().take_while(is_blank).count();
    &text[start..text.len() - end]
}

/// Digits. A number that does not fit is as good as the largest, which is beyond any file.
fn number(digits: &[u8]) -> Result<u64, Malformed> {
    if digits.is_empty() {
        return Err(Malformed);
    }
    digits.iter().try_fold(0_u64, |n, &byte| match byte {
        b'0'..=b'9' => Ok(n.saturating_mul(10).saturating_add(u64::from(byte - b'0'))),
        _ => Err(Malformed),
    })
}

/// May ranges be sent, as far as If-Range says? A quoted value must be the ETag and a strong one (RFC
/// 9110, 13.1.5), another one the very time of Last-Modified, in seconds since 1970.
pub fn if_range(value: &[u8], etag: Option<&[u8]>, last_modified: Option<i64>) -> bool {
    if value.len() >= 2 && value.ends_with(b"\"") {
        etag == Some(value) && !value.starts_with(b"W/")
    } else {
        last_modified.is_some() && super::dates::parse(value) == last_modified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &str) -> String {
        let mut out = Vec::new();
        match parse(value.as_bytes(), 10, usize::MAX, &mut out) {
            Ranges::Whole => "200".to_owned(),
            Ranges::NotSatisfiable => "416".to_owned(),
            Ranges::Some => {
                let texts = out.iter().map(|range| format!("{}-{}", range.start, range.end - 1));
                texts.collect::<Vec<_>>().join(" ")
            }
        }
    }

    /// Each row was asked of nginx 1.22, with a file of ten bytes; it says 416.
    #[test]
    fn parses_as_the_rfc_has_it() {
        for (value, want) in [
            ("bytes=5-2", "200"),
            ("bytes=5-4", "200"),
            ("bytes=50-40", "200"),
            ("bytes=5-2,20-", "416"),
            ("bytes=1-2,", "1-2"),
            ("bytes=,1-2", "1-2"),
            ("bytes=, ,\t,", "200"),
            ("bytes=1-2,\t4-5", "1-2 4-5"),
            ("bytes=1-99999999999999999999", "1-9"),
            ("bytes=-99999999999999999999", "0-9"),
            ("bytes=0-18446744073709551615", "0-9"),
            ("bytes=99999999999999999999-99999999999999999999", "416"),
        ] {
            assert_eq!(texts(value), want, "{value}");
        }
    }

    /// Each row was asked of nginx 1.22, with a file of ten bytes.
    #[test]
    fn parses_as_nginx_does() {
        for (value, want) in [
            ("bytes=0-1", "0-1"),
            ("bytes=-0", "416"),
            ("bytes=-3", "7-9"),
            ("bytes=-100", "0-9"),
            ("bytes=0-", "0-9"),
            ("bytes=9-", "9-9"),
            ("bytes=10-", "416"),
            ("bytes=20-30", "416"),
            ("bytes=0-0,2-3", "0-0 2-3"),
            ("bytes= 1 - 2 , 4 - 5 ", "1-2 4-5"),
            ("bytes=a", "416"),
            ("Bytes=1-2", "1-2"),
            ("bytes=1-2x", "416"),
            ("bytes=", "200"),
            ("bytes=0-9,0-9", "200"),
            ("bytes=0-4,0-4", "0-4 0-4"),
            ("bytes=0-4,0-5", "200"),
            ("byte=1-2", "200"),
            ("bytes=1", "416"),
            ("bytes=99999999999999999999-", "416"),
            ("bytes=20-30,1-2", "1-2"),
            ("bytes=5-2,1-2", "1-2"),
            ("bytes=1-2,x", "416"),
            ("bytes=--1", "416"),
            ("bytes=1-9223372036854775807", "1-9"),
        ] {
            assert_eq!(texts(value), want, "{value}");
        }
        let mut out = Vec::new();
        assert_eq!(parse(b"bytes=0-", 0, 9, &mut out), Ranges::Whole);
        assert_eq!(parse(b"bytes=0-,-2", u64::MAX, 9, &mut out), Ranges::Whole);
        assert_eq!(parse(b"bytes=0-1,2-3", 10, 1, &mut out), Ranges::Whole);
        assert_eq!(parse(b"bytes=0-1", 10, 0, &mut out), Ranges::Whole);
    }

    #[test]
    fn if_range_must_match() {
        let date = b"Fri, 20 Nov 2026 09:32:00 GMT";
        let time = super::super::dates::parse(date);
        assert!(if_range(b"\"a\"", Some(b"\"a\""), None));
        assert!(!if_range(b"\"a\"", Some(b"W/\"a\""), None));
        assert!(!if_range(b"W/\"a\"", Some(b"W/\"a\""), None));
        assert!(!if_range(b"\"a\"", None, time));
        assert!(if_range(date, None, time));
        assert!(!if_range(date, None, time.map(|t| t + 1)));
        assert!(!if_range(date, None, None));
        assert!(!if_range(b"x", None, None));
    }
}
