//! The head of a CGI response (RFC 3875, section 6.2): lines that end in LF or CRLF, up to an empty one.
//!
//! Its bytes come divided between records in any way, and each line is parsed when it is whole.

use crate::proto::h1::body::{is_all_text, is_token};
use crate::proto::h1::lines::{trimmed, without_end};
use crate::proto::h1::response::{self, MOST_FIELDS};
use crate::proto::{Head, Name, ResponseHead, Span, Violation};

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
            let lf = memchr::memchr(b'\n', &bytes[at..]);
            let end = lf.map_or(bytes.len(), |lf| at + lf + 1);
            head.bytes.extend_from_slice(&bytes[at..end]);
            at = end;
            if head.bytes.len() > limit {
                return Err(Violation::UpstreamBigHeader);
            }
            if lf.is_some() && self.end_of_line(head)? {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// True: the line was the empty one.
    fn end_of_line(&mut self, head: &mut Head) -> Result<bool, Violation> {
        let line = without_end(&head.bytes[self.start..]);
        if line.is_empty() {
            return Ok(true);
        }
        if head.fields.len() == MOST_FIELDS {
            return Err(Violation::UpstreamManyHeaderLines);
        }
        let colon = colon_of(line).ok_or(Violation::UpstreamInvalidHeader)?;
        let value = trimmed(line, colon + 1).shifted(self.start);
        head.push(Span::new(self.start, self.start + colon), value);
        self.start = head.bytes.len();
        Ok(false)
    }

    /// The line that is not whole, or is wrong.
    pub(super) fn last<'a>(&self, head: &'a Head) -> &'a [u8] {
        head.bytes.get(self.start..).unwrap_or_default()
    }
}

/// Where the name ends, in a line that is a field. Folded lines are none (RFC 9112, section 5.2).
fn colon_of(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', line).filter(|&colon| colon > 0)?;
    let is_field = line[..colon].iter().all(|&byte| is_token(byte)) && is_all_text(&line[colon..]);
    is_field.then_some(colon)
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
