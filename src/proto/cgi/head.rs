//! The head of a CGI response (RFC 3875, section 6.2): lines that end in LF or CRLF, up to an empty one.
//!
//! Its bytes come divided in any way, and each line is parsed when it is whole. Before the fields there may be the
//! status line of an HTTP response, where the protocol has that: servers of uwsgi send one.

use crate::proto::h1::body::{is_all_text, is_token, text_len};
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
pub(in crate::proto) struct Lines {
    /// Where the line begins that is not whole.
    start: usize,
    /// The first line may be a status line.
    may_have_status_line: bool,
    status_line: Option<StatusLine>,
}

/// What a status line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct StatusLine {
    status: u16,
    reason: Span,
}

impl Lines {
    /// Of a head that may begin with a status line.
    pub(in crate::proto) fn with_status_line() -> Self {
        Self { may_have_status_line: true, ..Self::default() }
    }

    /// Appends to `head` what of `bytes` belongs to it. Returns how many bytes that was, and whether the
    /// head is whole. One of more than `limit` bytes is refused.
    pub(in crate::proto) fn take(
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
            return self.end_of_status_line(head);
        };
        head.push(Span::new(self.start, self.start + colon), value.shifted(self.start));
        self.start = head.bytes.len();
        Ok(())
    }

    /// A line that is no field may be the first of all.
    #[cold]
    fn end_of_status_line(&mut self, head: &Head) -> Result<(), Violation> {
        if self.start > 0 || !self.may_have_status_line {
            return Err(Violation::UpstreamInvalidHeader);
        }
        self.status_line = Some(status_line(&head.bytes)?);
        self.start = head.bytes.len();
        Ok(())
    }

    /// The line that is not whole, or is wrong.
    pub(in crate::proto) fn last<'a>(&self, head: &'a Head) -> &'a [u8] {
        head.bytes.get(self.start..).unwrap_or_default()
    }
}

/// `HTTP/1.1 200 OK`, in any version: a uWSGI server repeats the one that it was told.
fn status_line(line: &[u8]) -> Result<StatusLine, Violation> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let [b'H', b'T', b'T', b'P', b'/', major, b'.', minor, b' ', value @ ..] = text else {
        return Err(Violation::UpstreamInvalidHeader);
    };
    if !major.is_ascii_digit() || !minor.is_ascii_digit() || !is_all_text(value) {
        return Err(Violation::UpstreamInvalidHeader);
    }
    let status = status(value).filter(|&status| status >= 200 || status == 101);
    let status = status.ok_or(Violation::UpstreamInvalidHeader)?;
    let end = text.len();
    Ok(StatusLine { status, reason: Span::new((end - value.len() + 4).min(end), end) })
}

impl Lines {
    /// What a whole head says. Without a status line the status is that of `Status`, without that 302 if there is a
    /// `Location`, else 200.
    pub(in crate::proto) fn interpret(
        &self,
        head: &Head,
        response: &mut ResponseHead,
    ) -> Result<(), Violation> {
        *response = ResponseHead::default();
        response::interpret(head, response)?;
        // How the body ends, and whether the connection is kept, is the business of the protocol around it.
        (response.keep_alive, response.chunked) = (false, false);
        let field = head.fields.iter().find(|field| field.id == Name::Status);
        match (self.status_line, field) {
            (Some(StatusLine { status, reason }), _) => {
                response.status = status;
                response.reason = Some(reason).filter(|reason| !reason.is_empty());
            }
            (None, Some(field)) => {
                let status = status(head.value(field)).filter(|&status| status >= 200);
                response.status = status.ok_or(Violation::UpstreamInvalidStatus)?;
                let (start, end) = (field.value.start() + 4, field.value.end());
                let reason = Span::new(start.min(end), end);
                response.reason = Some(reason).filter(|reason| !reason.is_empty());
            }
            (None, None) if head.get(Name::Location).is_some() => response.status = 302,
            (None, None) => response.status = 200,
        }
        response.upgrade &= response.status == 101;
        Ok(())
    }
}

/// Three digits, alone or before a space. Of those below 200 only 101 may be the answer: behind the others it is
/// still to come.
fn status(value: &[u8]) -> Option<u16> {
    let (digits, rest) = value.split_at_checked(3)?;
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(rest, [] | [b' ', ..]) {
        return None;
    }
    Some(digits.iter().fold(0, |n, digit| n * 10 + u16::from(digit - b'0')))
}

/// What the log says behind the words of a violation that was found in a head.
pub(in crate::proto) fn details(why: &Violation, lines: &Lines, head: &Head) -> String {
    match *why {
        Violation::UpstreamInvalidHeader => response::invalid_line(lines.last(head)),
        Violation::UpstreamInvalidStatus => {
            let status = head.get(Name::Status).unwrap_or_default();
            format!(" \"{}\"", String::from_utf8_lossy(status))
        }
        _ => response::details(why, &[], head),
    }
}
