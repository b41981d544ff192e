//! The head of a response as it lies in a cache: what is to be said again, whichever protocol it came by.
//!
//! ```text
//! 200 OK                    the status and its reason; the reason may be empty
//! Content-Type: text/html   the fields but for those of the connection and the length of the body
//!                           an empty line; all lines end in CRLF
//! ```

use crate::proto::{Field, Head, Name, Names, ResponseHead, Span, Version};

/// Fields that are about one message, not about what is stored (RFC 9111, 3.1).
const LEFT_OUT: Names = Names::of(&[
    Name::Connection,
    Name::KeepAlive,
    Name::ProxyConnection,
    Name::ProxyAuthenticate,
    Name::ContentLength,
    Name::Te,
    Name::Trailer,
    Name::TransferEncoding,
    Name::Upgrade,
]);

/// Appends the head of a response. `keeps_length`: the length is not that of what is stored. `is_of_connection`: the
/// field is named by `Connection`.
pub fn write(
    head: &Head,
    line: &ResponseHead,
    keeps_length: bool,
    is_of_connection: impl Fn(&[u8]) -> bool,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(line.status.to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(line.reason.map_or(&[], |reason| reason.of(&head.bytes)));
    out.extend_from_slice(b"\r\n");
    for field in &head.fields {
        let is_kept = keeps_length && field.id == Name::ContentLength;
        if (is_kept || !LEFT_OUT.has(field.id)) && !is_of_connection(head.name(field)) {
            head.push_line(field, out);
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// Reads what [`write()`] has written into an empty head. None: it is not that.
pub fn read(bytes: &[u8], head: &mut Head) -> Option<ResponseHead> {
    head.bytes.extend_from_slice(bytes);
    let end = line_end(bytes, 0)?;
    let (status, reason) = bytes[..end].split_at_checked(4)?;
    let status = str::from_utf8(status.strip_suffix(b" ")?).ok()?.parse().ok()?;
    let mut line = ResponseHead {
        version: Version::V11,
        status,
        reason: Some(Span::within(bytes, reason)),
        keep_alive: true,
        ..ResponseHead::default()
    };
    let mut start = end + 2;
    loop {
        let end = line_end(bytes, start)?;
        if end == start {
            return (end + 2 == bytes.len()).then_some(line);
        }
        let colon = start + memchr::memchr(b':', &bytes[start..end])?;
        let id = Name::of(&bytes[start..colon]);
        // The colon is followed by a space.
        let value = Span::new((colon + 2).min(end), end);
        head.fields.push(Field { id, name: Span::new(start, colon), value });
        line.accel |= id.is_accel();
        start = end + 2;
    }
}

/// Where the line that begins at `start` ends in CRLF.
fn line_end(bytes: &[u8], start: usize) -> Option<usize> {
    let end = start + memchr::memchr(b'\r', bytes.get(start..)?)?;
    (bytes.get(end + 1) == Some(&b'\n')).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"404 Not here\r\nDate: x\r\nX-Accel-Charset: \r\nA: b: c\r\n\r\n";

    fn read(bytes: &[u8]) -> Option<(ResponseHead, Head)> {
        let mut head = Head::default();
        let line = super::read(bytes, &mut head)?;
        Some((line, head))
    }

    #[test]
    fn what_was_written_is_read() {
        let (line, head) = read(HEAD).unwrap();
        assert_eq!((line.status, line.accel, line.length), (404, true, None));
        assert_eq!(line.reason.unwrap().of(&head.bytes), b"Not here");
        let fields: Vec<_> = head.iter().map(|(_, name, value)| (name, value)).collect();
        let wanted: [(&[u8], &[u8]); 3] =
            [(b"Date", b"x"), (b"X-Accel-Charset", b""), (b"A", b"b: c")];
        assert_eq!(fields, wanted);
        let mut again = Vec::new();
        write(&head, &line, false, |_| false, &mut again);
        assert_eq!(again, HEAD);
    }

    #[test]
    fn what_is_about_one_message_is_left_out() {
        let mut head = Head::default();
        for name in ["Connection", "Content-Length", "X-Own", "Transfer-Encoding", "Content-Type"] {
            head.push_copy(name.as_bytes(), b"1");
        }
        let line = ResponseHead { status: 200, ..ResponseHead::default() };
        let mut out = Vec::new();
        write(&head, &line, false, |name| name == b"X-Own", &mut out);
        assert_eq!(out, b"200 \r\nContent-Type: 1\r\n\r\n");
        assert_eq!(read(&out).unwrap().0.status, 200);
        out.clear();
        write(&head, &line, true, |name| name == b"X-Own", &mut out);
        assert_eq!(out, b"200 \r\nContent-Length: 1\r\nContent-Type: 1\r\n\r\n");
    }

    #[test]
    fn what_is_cut_is_none() {
        for end in 0..HEAD.len() {
            assert!(read(&HEAD[..end]).is_none(), "{end}");
        }
        assert!(read(&[HEAD, b"x"].concat()).is_none());
        for at in 0..HEAD.len() {
            let mut bytes = HEAD.to_vec();
            bytes[at] ^= 0x80;
            let _ = read(&bytes);
        }
    }
}
