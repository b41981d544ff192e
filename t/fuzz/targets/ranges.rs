//! `Range` and `If-Range`: a line with the length and the greatest number of ranges, one with If-Range and the entity
//! tag, and Range. Ranges are within the length, none is empty, they are not too many and ask for no more than the
//! whole; they are what a second reader makes of the list, in wider numbers; and what was taken, written plainly, is
//! taken again. If-Range holds for the strong tag itself and for the very time.

use std::ops::Range;

use peerage::http::dates;
use peerage::http::ranges::{Ranges, if_range, parse};

pub const WORDS: &[&[u8]] = &[
    b"bytes=",
    b"0-0",
    b"1-",
    b"-1",
    b",",
    b", ",
    b"\t",
    b"5-2",
    b"18446744073709551615",
    b"9223372036854775807",
    b"\"a\"",
    b"W/\"a\"",
    b"Sun, 06 Nov 1994 08:49:37 GMT",
];

pub fn check(input: &[u8]) {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (sizes, tags, value) = (line(), line(), line());
    let (length, max) = numbers(sizes);
    let mut found = vec![7..8, 1..2];
    let outcome = parse(value, length, max, &mut found);
    assert_eq!(outcome, naive(value, length, max, &found));
    if outcome == Ranges::Some {
        check_taken(&found, length, max);
    }
    check_if_range(tags);
}

/// Two numbers, as far as there are digits.
fn numbers(line: &[u8]) -> (u64, usize) {
    let text = String::from_utf8_lossy(line);
    let (length, max) = text.split_once(' ').unwrap_or((&text, "9"));
    (length.parse().unwrap_or(10), max.parse().unwrap_or(usize::MAX))
}

fn check_taken(found: &[Range<u64>], length: u64, max: usize) {
    assert!(found.len() <= max);
    assert!(found.iter().all(|range| range.start < range.end && range.end <= length));
    let total: u128 = found.iter().map(|range| u128::from(range.end - range.start)).sum();
    assert!(total <= length.into());
    let plain: Vec<_> = found.iter().map(|it| format!("{}-{}", it.start, it.end - 1)).collect();
    let plain = format!("bytes={}", plain.join(","));
    let mut again = vec![];
    assert_eq!(parse(plain.as_bytes(), length, max, &mut again), Ranges::Some);
    assert_eq!(again, found);
}

/// What is to come of the list, and an assertion that the ranges are these.
fn naive(value: &[u8], length: u64, max: usize, found: &[Range<u64>]) -> Ranges {
    let Some((unit, list)) = value.split_at_checked(6) else { return Ranges::Whole };
    if !unit.eq_ignore_ascii_case(b"bytes=") || max == 0 {
        return Ranges::Whole;
    }
    let (mut wanted, mut is_any) = (vec![], false);
    for element in list.split(|byte| *byte == b',') {
        let element = trimmed(element);
        if element.is_empty() {
            continue;
        }
        let Some(dash) = element.iter().position(|byte| *byte == b'-') else {
            return Ranges::NotSatisfiable;
        };
        let (first, last) = (trimmed(&element[..dash]), trimmed(&element[dash + 1..]));
        let (first, last) = match (number(first), number(last)) {
            (Some(first), Some(last)) if first > last => continue,
            (Some(first), Some(last)) => (first, last),
            (Some(first), None) if last.is_empty() => (first, u128::MAX),
            (None, Some(suffix)) if first.is_empty() => {
                (u128::from(length).saturating_sub(suffix), u128::MAX)
            }
            _ => return Ranges::NotSatisfiable,
        };
        is_any = true;
        let end = last.saturating_add(1).min(length.into());
        match first {
            0 if length == 0 => return Ranges::Whole,
            first if first < end => wanted.push(first as u64..end as u64),
            _ => continue,
        }
        if wanted.len() > max {
            return Ranges::Whole;
        }
    }
    let total: u128 = wanted.iter().map(|range| u128::from(range.end - range.start)).sum();
    if !is_any {
        return Ranges::Whole;
    }
    if wanted.is_empty() {
        return Ranges::NotSatisfiable;
    }
    if total > length.into() {
        return Ranges::Whole;
    }
    assert_eq!(found, wanted);
    Ranges::Some
}

/// What is beyond 64 bits is the greatest number of them.
fn number(digits: &[u8]) -> Option<u128> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = std::str::from_utf8(digits).ok()?;
    Some(text.parse().unwrap_or(u64::MAX).into())
}

fn trimmed(text: &[u8]) -> &[u8] {
    match text {
        [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] => trimmed(rest),
        _ => text,
    }
}

/// The condition and the tag, apart by a `|`; a date stands for the time of the file, too.
fn check_if_range(line: &[u8]) {
    let bar = line.iter().position(|byte| *byte == b'|').unwrap_or(line.len());
    let (value, etag) = (&line[..bar], line.get(bar + 1..));
    let time = dates::parse(value);
    for modified in [None, Some(784_111_777), time, time.map(|time| time + 1)] {
        let is_tag = value.len() > 1 && value.ends_with(b"\"");
        let expected = match is_tag {
            true => etag == Some(value) && value[..2] != *b"W/",
            false => time.is_some() && time == modified,
        };
        assert_eq!(if_range(value, etag, modified), expected);
    }
}
