//! A head line by line. For what httparse does not take as nginx does, for heads near a limit,
//! and for heads that come in pieces.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

use crate::proto::{Head, RequestHead, Span, Version, Violation};

use super::body::{is_all_text, is_token};
use super::target;
use crate::proto::Limits;

/// Has what came since the last call a line end that is worth parsing for: of the first line or
/// of the head? If not, all of `input` is now scanned.
///
/// So a head that comes byte by byte is parsed twice, not once a byte.
pub(super) fn worth_parsing(input: &[u8], scanned: &mut usize) -> bool {
    // Whether only line ends stand before a line. It is the same for each that is passed over: asked once, thousands
    // of empty lines cost as much as other bytes.
    let mut is_first = None;
    while let Some(found) = input.get(*scanned..).and_then(|fresh| memchr(b'\n', fresh)) {
        let end = *scanned + found;
        *scanned = end + 1;
        let start = memrchr(b'\n', &input[..end]).map_or(0, |lf| lf + 1);
        let is_empty = matches!(&input[start..end], b"" | b"\r");
        if is_empty != *is_first.get_or_insert_with(|| is_blank(&input[..start])) {
            return true;
        }
    }
    *scanned = input.len();
    false
}

/// The lines that have ended since `from`: what is wrong with one, or with how many there are, is refused now, not
/// with the head.
pub(super) fn check_ended(input: &[u8], from: usize, limits: &Limits) -> Result<(), Violation> {
    let mut at = memrchr(b'\n', &input[..from.min(input.len())]).map_or(0, |lf| lf + 1);
    let before = at;
    while let Some(end) = memchr(b'\n', &input[at..]).map(|lf| at + lf + 1) {
        let line = without_end(&input[at..end]);
        if !line.is_empty() && is_blank(&input[..at]) {
            check_length(at..end, limits.line, Violation::LongUri)?;
            target::parse_line(line)?;
        } else if !line.is_empty() {
            check_field_end(at..end, limits)?;
            let colon = check_field(line)?;
            keeps(&line[..colon], limits)?;
        }
        at = end;
    }
    if at > before {
        let start = first_line(input)?.unwrap_or(at);
        let lines = memchr_iter(b'\n', &input[start.min(at)..at]).count();
        check_count(lines.saturating_sub(1), limits)?;
    }
    Ok(())
}

/// Nothing but line ends, which may come before a request.
fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b'\r' | b'\n'))
}

/// A head without its end: may it still become one?
pub(super) fn check_partial(input: &[u8], limits: &Limits) -> Result<(), Violation> {
    if input.len() < limits.line.min(limits.field).min(limits.total) {
        return Ok(());
    }
    let start = memrchr(b'\n', input).map_or(0, |lf| lf + 1);
    let len = input.len() - start;
    let is_first = is_blank(&input[..start]);
    if is_first && len >= limits.line {
        Err(Violation::LongUri)
    } else if !is_first && len >= limits.field {
        Err(Violation::LongHeaderLine)
    } else if input.len() >= limits.total {
        Err(Violation::LargeRequest)
    } else {
        Ok(())
    }
}

/// All of the head that can be told from `input`, slowly. `head` is filled, lines with names that
/// nginx ignores left out.
pub(super) fn parse(
    input: &[u8],
    limits: &Limits,
    head: &mut Head,
) -> Result<Option<(usize, RequestHead)>, Violation> {
    head.clear();
    let Some(start) = first_line(input)? else { return Ok(None) };
    let Some(end) = memchr(b'\n', &input[start..]).map(|lf| start + lf + 1) else {
        check_partial(input, limits)?;
        return target::check_partial(&input[start..]).map(|()| None);
    };
    check_length(start..end, limits.line, Violation::LongUri)?;
    let mut request = target::parse_line(without_end(&input[start..end]))?;
    head.bytes.extend_from_slice(&input[start..end]);
    if request.version == Version::V09 {
        // Line ends may come before it.
        return check_length(0..end, limits.total, Violation::LargeRequest)
            .map(|()| Some((end, request)));
    }
    let fields = fields(input, end, limits, head)?;
    Ok(fields.map(|end| {
        request.ignored_fields = head.bytes.len() < end - start;
        (end, request)
    }))
}

/// Where the request line begins. None if only line ends have come.
fn first_line(input: &[u8]) -> Result<Option<usize>, Violation> {
    let mut at = 0;
    loop {
        match &input[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            [] | [b'\r'] => return Ok(None),
            [b'\r', ..] => return Err(Violation::InvalidRequest),
            _ => return Ok(Some(at)),
        }
    }
}

/// The field lines from `at` to the empty one; where the head ends.
fn fields(
    input: &[u8],
    mut at: usize,
    limits: &Limits,
    head: &mut Head,
) -> Result<Option<usize>, Violation> {
    let mut count = 0;
    while let Some(end) = memchr(b'\n', &input[at..]).map(|lf| at + lf + 1) {
        check_field_end(at..end, limits)?;
        let line = without_end(&input[at..end]);
        if line.is_empty() {
            head.bytes.extend_from_slice(&input[at..end]);
            return Ok(Some(end));
        }
        count += 1;
        check_count(count, limits)?;
        let colon = check_field(line)?;
        if keeps(&line[..colon], limits)? {
            let base = head.bytes.len();
            head.bytes.extend_from_slice(&input[at..end]);
            let value = trimmed(line, colon + 1);
            head.push(Span::new(base, base + colon), value.shifted(base));
        }
        at = end;
    }
    check_partial(input, limits).map(|()| None)
}

/// A field line with its end, or the head's last line, is within the limits.
fn check_field_end(line: Range<usize>, limits: &Limits) -> Result<(), Violation> {
    let end = line.end;
    check_length(line, limits.field, Violation::LongHeaderLine)?;
    if end > limits.total { Err(Violation::LargeRequest) } else { Ok(()) }
}

fn check_length(line: Range<usize>, most: usize, otherwise: Violation) -> Result<(), Violation> {
    if line.len() > most { Err(otherwise) } else { Ok(()) }
}

fn check_count(fields: usize, limits: &Limits) -> Result<(), Violation> {
    if fields > limits.fields { Err(Violation::ManyHeaderLines) } else { Ok(()) }
}

/// The field lines of a complete head that are ignored for their names, as they were sent.
pub(super) fn ignored<'a>(head: &'a [u8], limits: &Limits) -> impl Iterator<Item = &'a [u8]> {
    let lines = head.split(|&b| b == b'\n').map(without_end).filter(|line| !line.is_empty());
    lines.skip(1).filter(|line| {
        memchr(b':', line).is_some_and(|colon| keeps(&line[..colon], limits) == Ok(false))
    })
}

/// Where the colon is in a line whose name and value hold nothing that is always refused.
pub(super) fn check_field(line: &[u8]) -> Result<usize, Violation> {
    let colon = memchr(b':', line).ok_or(Violation::InvalidHeaderLine)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let ok = colon > 0 && name.iter().all(|&b| b > b' ' && b != 0x7f) && is_all_text(value);
    if ok { Ok(colon) } else { Err(Violation::InvalidHeaderLine) }
}

/// Is a field with this name kept? Else it is ignored.
pub(in crate::proto) fn keeps(name: &[u8], limits: &Limits) -> Result<bool, Violation> {
    if is_plain(name, limits.underscores) {
        Ok(true)
    } else if limits.ignore_invalid {
        Ok(false)
    } else if name.iter().all(|&b| is_token(b)) {
        Ok(true)
    } else {
        // nginx would pass it on; but what is not a token is read differently by everybody.
        Err(Violation::InvalidHeaderLine)
    }
}

/// What nginx has as a valid name.
pub(super) fn is_plain(name: &[u8], underscores: bool) -> bool {
    name.iter().all(|&b| PLAIN[usize::from(b)] || (underscores && b == b'_'))
}

/// A table, since each byte of each unknown name goes through it.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        plain[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'-';
        byte += 1;
    }
    plain
};

/// `line[from..]` without white space around it.
pub(in crate::proto) fn trimmed(line: &[u8], from: usize) -> Span {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = from + line[from..].iter().take_while(|b| blank(b)).count();
    let end = line.len() - line[start..].iter().rev().take_while(|b| blank(b)).count();
    Span::new(start, end)
}

pub(in crate::proto) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
