//! The head of a CGI response (RFC 3875, section 6.2): lines that end in LF or CRLF, up to an empty one.
//!
//! Its bytes come divided between records in any way, and each line is parsed when it is whole.

use crate::proto::h1::body::{is_token, text_len};
use crate::proto::h1::lines::trimmed;
use crate::proto::h1::response::{self, MOST_FIELDS};
use crate::proto::{Head, Name, ResponseHead, Span, Violation};

/// The start of a head, or of what is left of it.
enum Line {
    /// A field: where its name ends, its value, and how many bytes it has.
    Field { colon: usize, value: Span, len: usize },
    /// The empty line that ends the head, and how many bytes it has.
    Empty { len: usize },
    /// No line of a head, or not a whole one.
    Other,
}

/// Folded lines are no fields (RFC 9112, section 5.2).
fn line(bytes: &[u8]) -> Line {
    let colon = bytes.iter().take_while(|&&byte| is_token(byte)).count();
    match &bytes[colon..] {
        [b'\n', ..] if colon == 0 => return Line::Empty { len: 1 },
        [b'\r', b'\n', ..] if colon == 0 => return Line::Empty { len: 2 },
        [b':', ..] if colon > 0 => {}
        _ => return Line::Other,
    }
    let end = colon + text_len(&bytes[colon..]);
    let line_end = match &bytes[end..] {
        [b'\n', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ => return Line::Other,
    };
    Line::Field { colon, value: trimmed(&bytes[..end], colon + 1), len: end + line_end }
}

/// What was read of a head that is not whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// Where the line begins that is not whole.
    start: usize,
}

impl Lines {
    /// Appends to `head` what of `bytes` belongs to it. Returns how many bytes that was, and whether the
    /// head is whole. One of more than `limit` bytes is refused.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        limit: usize,
        head: &mut Head,
    ) -> Result<(usize, bool), Violation> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            // Mostly a line is whole; what comes in pieces is put together first.
            let mut line = if self.start == head.bytes.len() { line(rest) } else { Line::Other };
            let (len, is_whole) = match line {
                Line::Field { len, .. } | Line::Empty { len } => (len, true),
                Line::Other => {
                    memchr::memchr(b'\n', rest).map_or((rest.len(), false), |lf| (lf + 1, true))
                }
            };
            head.bytes.extend_from_slice(&rest[..len]);
            at += len;
            if head.bytes.len() > limit {
                return Err(Violation::UpstreamBigHeader);
            }
            if !is_whole {
                break;
            }
            if matches!(line, Line::Other) {
                line = self::line(self.last(head));
            }
            if let Line::Empty { .. } = line {
                return Ok((at, true));
            }
            self.end_of_line(&line, head)?;
        }
        Ok((at, false))
    }

    /// Another line of the head is at its end.
    fn end_of_line(&mut self, line: &Line, head: &mut Head) -> Result<(), Violation> {
        if head.fields.len() == MOST_FIELDS {
            return Err(Violation::UpstreamManyHeaderLines);
        }
        let &Line::Field { colon, value, .. } = line else {
            return Err(Violation::UpstreamInvalidHeader);
        };
        head.push(Span::new(self.start, self.start + colon), value.shifted(self.start));
        self.start = head.bytes.len();
        Ok(())
    }

    /// The line that is not whole, or is wrong.
    pub(super) fn last<'a>(&self, head: &'a Head) -> &'a [u8] {
        head.bytes.get(self.start..).unwrap_or_default()
    }
}

/// What the fields of a whole head say. Without `Status` it is 302 if there is a `Location`, else 200.
pub(super) fn interpret(head: &Head, response: &mut ResponseHead) -> Result<(), Violation> {
    *response = ResponseHead::default();
    response::interpret(head, response)?;
    // The connection is the record layer's, and so is the end of the body.
    (response.keep_alive, response.upgrade, response.chunked) = (false, false, false);
    match head.fields.iter().find(|field| field.id == Name::Status) {
        Some(field) => {
            response.status = status(head.value(field)).ok_or(Violation::UpstreamInvalidStatus)?;
            let reason =
                Span::new(field.value.end().min(field.value.start() + 4), field.value.end());
            response.reason = Some(reason).filter(|reason| !reason.is_empty());
        }
        None if head.get(Name::Location).is_some() => response.status = 302,
        None => response.status = 200,
    }
    Ok(())
}

/// Three digits, alone or before a space. Interim ones are none: what follows would be taken for the
/// answer.
fn status(value: &[u8]) -> Option<u16> {
    let (digits, rest) = value.split_at_checked(3)?;
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(rest, [] | [b' ', ..]) {
        return None;
    }
    let status = digits.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0'));
    (status >= 200).then_some(status)
}
