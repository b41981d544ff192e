//! Heads and chunks out: small appenders. Nothing that a variable brought can end a line, since
//! a value goes through [`field`] or [`value`] only.

/// Ends a chunked body that has no trailers.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// Ends a chunk's data.
pub const CHUNK_END: &[u8] = b"\r\n";

/// `HTTP/1.1 404 Not Found`. An empty reason still gets its space, which clients expect.
pub fn status_line(out: &mut Vec<u8>, status: u16, reason: &[u8]) {
    out.extend_from_slice(b"HTTP/1.1 ");
    number(out, u64::from(status));
    out.push(b' ');
    value(out, reason);
    out.extend_from_slice(b"\r\n");
}

/// A line whose text is the program's own, and so cannot end early. `name` brings its colon and space along.
pub fn line(out: &mut Vec<u8>, name: &[u8], text: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

pub fn field(out: &mut Vec<u8>, name: &[u8], text: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    value(out, text);
    out.extend_from_slice(b"\r\n");
}

pub fn field_number(out: &mut Vec<u8>, name: &[u8], n: u64) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    number(out, n);
    out.extend_from_slice(b"\r\n");
}

/// A part of a value. CR, LF and NUL become spaces (RFC 9110, 5.5).
pub fn value(out: &mut Vec<u8>, text: &[u8]) {
    let start = out.len();
    out.extend_from_slice(text);
    if memchr::memchr3(b'\r', b'\n', 0, text).is_some() {
        for byte in &mut out[start..] {
            if matches!(byte, b'\r' | b'\n' | 0) {
                *byte = b' ';
            }
        }
    }
}

pub fn number(out: &mut Vec<u8>, n: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// The line before a chunk of `len` bytes, which must not be 0.
pub fn chunk_head(out: &mut Vec<u8>, len: usize) {
    debug_assert!(len > 0, "a chunk of nothing would end the body");
    let digits = (usize::BITS - len.leading_zeros()).div_ceil(4).max(1);
    for i in (0..digits).rev() {
        out.push(b"0123456789abcdef"[len >> (i * 4) & 15]);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn lines() {
        assert_eq!(written(|out| status_line(out, 200, b"OK")), "HTTP/1.1 200 OK\r\n");
        assert_eq!(written(|out| status_line(out, 418, b"")), "HTTP/1.1 418 \r\n");
        assert_eq!(written(|out| field(out, b"A", b"b c")), "A: b c\r\n");
        assert_eq!(
            written(|out| field_number(out, b"A", u64::MAX)),
            format!("A: {}\r\n", u64::MAX)
        );
    }

    #[test]
    fn no_value_ends_a_line() {
        assert_eq!(written(|out| field(out, b"A", b"b\r\nC: d\0")), "A: b  C: d \r\n");
        assert_eq!(written(|out| status_line(out, 200, b"a\nb")), "HTTP/1.1 200 a b\r\n");
    }

    #[test]
    fn chunk_heads() {
        for len in [1, 9, 10, 15, 16, 255, 256, 0x1234_5678, usize::MAX] {
            assert_eq!(written(|out| chunk_head(out, len)), format!("{len:x}\r\n"));
        }
    }
}
