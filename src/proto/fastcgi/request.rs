//! The request, out: BEGIN_REQUEST, PARAMS, and the records that carry its body.

use crate::proto::cgi::{self, Pair};

use super::{ALIGNMENT, BEGIN_REQUEST, HEADER, ID, MAX_CONTENT, PARAMS, STDIN, VERSION};

/// A request whose answer is a document (`FCGI_RESPONDER`).
const RESPONDER: u8 = 1;
/// The server is to leave the connection open (`FCGI_KEEP_CONN`).
const KEEP_CONN: u8 = 1;

/// Appends the record that begins a request. Without `keep_conn` the server closes the connection
/// after its response.
pub fn begin(out: &mut Vec<u8>, keep_conn: bool) {
    out.extend_from_slice(&header(BEGIN_REQUEST, 8));
    out.extend_from_slice(&[0, RESPONDER, if keep_conn { KEEP_CONN } else { 0 }, 0, 0, 0, 0, 0]);
}

/// Writes the stream PARAMS: names and values, each with its length before it.
///
/// A pair is not divided between two records if it fits in one: php-fpm reads the pairs of each
/// record for itself. One that is longer goes on in the next, as the protocol has it.
pub struct Params {
    /// Where the content of the record begins that is being written.
    content: usize,
}

impl Params {
    /// Opens the stream at the end of `out`.
    pub fn begin(out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(&header(PARAMS, 0));
        Self { content: out.len() }
    }

    /// Closes the stream.
    pub fn end(mut self, out: &mut Vec<u8>) {
        let end = out.len();
        if end == self.content {
            // No parameter: the header that was opened is the stream's end.
            return;
        }
        self.close(out, end);
    }

    /// Keeps the record within [`MAX_CONTENT`]. The pair at `start` is its last one.
    #[cold]
    fn divide(&mut self, out: &mut Vec<u8>, start: usize) {
        if out.len() - self.content > MAX_CONTENT && start > self.content {
            self.close(out, start);
        }
        while out.len() - self.content > MAX_CONTENT {
            self.close(out, self.content + MAX_CONTENT);
        }
    }

    /// The record ends at `end`: its length is known, and what lies behind it is of a new one.
    fn close(&mut self, out: &mut Vec<u8>, end: usize) {
        let len = end - self.content;
        let [.., high, low, padding, _] = header(PARAMS, len);
        out[self.content - 4..self.content - 1].copy_from_slice(&[high, low, padding]);
        let behind = out.len() - end;
        out.extend_from_slice(&ZEROS[..padding_of(len)]);
        out.extend_from_slice(&header(PARAMS, 0));
        self.content = out.len() - behind;
        out[end..].rotate_left(behind);
    }
}

impl cgi::Params for Params {
    /// The length of the name, and one byte for that of the value.
    fn begin_name(out: &mut Vec<u8>, len: usize) {
        match u8::try_from(len) {
            Ok(short @ ..0x80) => out.extend_from_slice(&[short, 0]),
            _ => {
                out.extend_from_slice(&long(len));
                out.push(0);
            }
        }
    }

    fn end_name(_: &mut Vec<u8>) {}

    #[inline]
    fn end_value(&mut self, out: &mut Vec<u8>, pair: Pair) {
        // Behind the length of the name.
        let at = pair.start + if out[pair.start] < 0x80 { 1 } else { 4 };
        match out.len() - pair.value {
            len @ ..0x80 => out[at] = len as u8,
            len => lengthen(out, at, len),
        }
        if out.len() - self.content > MAX_CONTENT {
            self.divide(out, pair.start);
        }
    }
}

/// A length that does not fit in seven bits: parameters are bounded far below 2 GiB by every limit.
fn long(len: usize) -> [u8; 4] {
    (len as u32 | 1 << 31).to_be_bytes()
}

/// A value is longer than its one byte can say: there are four.
#[cold]
fn lengthen(out: &mut Vec<u8>, at: usize, len: usize) {
    out.splice(at..=at, long(len));
}

/// The record of the body that has `len` bytes: appends its header to `out`, which goes before them,
/// and returns what follows them, with the stream's end if they are the `last`.
///
/// `len` is at most [`MAX_CONTENT`]; a multiple of 8 needs nothing behind it. No record is made for no
/// bytes, which would be the stream's end.
pub fn frame(len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
    debug_assert!(len <= MAX_CONTENT);
    if len > 0 {
        out.extend_from_slice(&header(STDIN, len));
    }
    let end = if last { TAIL.len() } else { ALIGNMENT };
    &TAIL[ALIGNMENT - padding_of(len)..end]
}

const ZEROS: [u8; ALIGNMENT] = [0; ALIGNMENT];

/// Padding, and an empty record of STDIN.
static TAIL: [u8; ALIGNMENT + HEADER] = {
    let (mut tail, end) = ([0; ALIGNMENT + HEADER], header(STDIN, 0));
    let mut at = 0;
    while at < HEADER {
        tail[ALIGNMENT + at] = end[at];
        at += 1;
    }
    tail
};

const fn padding_of(len: usize) -> usize {
    len.wrapping_neg() % ALIGNMENT
}

const fn header(kind: u8, len: usize) -> [u8; HEADER] {
    let [high, low] = (len as u16).to_be_bytes();
    [VERSION, kind, 0, ID, high, low, padding_of(len) as u8, 0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::cgi::{ParamName, Params as _};

    fn push(params: &mut Params, out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
        let pair = params.open(out, &ParamName::new::<Params>(name));
        out.extend_from_slice(value);
        params.finish(out, pair, false);
    }

    #[test]
    fn a_request_begins_with_its_role_and_parameters() {
        let mut out = Vec::new();
        begin(&mut out, true);
        let mut params = Params::begin(&mut out);
        push(&mut params, &mut out, b"A", b"bc");
        let pair = params.open(&mut out, &ParamName::new::<Params>(b"NONE"));
        params.finish(&mut out, pair, true);
        let pair = params.open_field(&mut out, b"x-Real_ip");
        params.finish(&mut out, pair, false);
        push(&mut params, &mut out, b"L", &[b'v'; 128]);
        params.end(&mut out);
        let mut wanted =
            b"\x01\x01\0\x01\0\x08\0\0\0\x01\x01\0\0\0\0\0\x01\x04\0\x01\0\x9b\x05\0".to_vec();
        wanted.extend_from_slice(b"\x01\x02Abc\x0e\0HTTP_X_REAL_IP\x01\x80\0\0\x80L");
        wanted.extend_from_slice(&[b'v'; 128]);
        wanted.extend_from_slice(&[0; 5]);
        wanted.extend_from_slice(b"\x01\x04\0\x01\0\0\0\0");
        assert_eq!(out, wanted);
        let mut out = Vec::new();
        begin(&mut out, false);
        Params::begin(&mut out).end(&mut out);
        assert_eq!(out, b"\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\x01\x04\0\x01\0\0\0\0");
    }

    /// The contents of the records of a stream, but for the empty one that ends it.
    fn contents(mut stream: &[u8]) -> Vec<&[u8]> {
        let mut found = Vec::new();
        loop {
            let [1, _, 0, 1, high, low, padding, 0, rest @ ..] = stream else {
                panic!("no record")
            };
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            assert_eq!((len + usize::from(*padding)) % 8, 0);
            if len == 0 {
                assert!(rest.is_empty());
                return found;
            }
            found.push(&rest[..len]);
            stream = &rest[len + usize::from(*padding)..];
        }
    }

    #[test]
    fn long_parameters_are_divided_into_records() {
        let pairs = |sizes: &[usize]| {
            let mut out = Vec::new();
            let mut params = Params::begin(&mut out);
            for &size in sizes {
                push(&mut params, &mut out, b"N", &vec![b'v'; size]);
            }
            params.end(&mut out);
            contents(&out).iter().map(|it| it.len()).collect::<Vec<_>>()
        };
        // A pair of more than 127 bytes has six before its value.
        assert_eq!(pairs(&[MAX_CONTENT - 6]), [MAX_CONTENT]);
        assert_eq!(pairs(&[MAX_CONTENT - 6, 1]), [MAX_CONTENT, 4]);
        assert_eq!(pairs(&[MAX_CONTENT]), [MAX_CONTENT, 6]);
        assert_eq!(pairs(&[40_000, 40_000, 10]), [40_006, 40_006 + 13]);
        assert_eq!(
            pairs(&[10, 150_000, 10]),
            [13, MAX_CONTENT, MAX_CONTENT, 150_006 - 2 * MAX_CONTENT + 13]
        );
    }

    #[test]
    fn a_body_is_framed_record_by_record() {
        for len in [1, 7, 8, 9, 60_000, MAX_CONTENT] {
            let body = vec![b'x'; len];
            let mut stream = Vec::new();
            let behind = frame(len, false, &mut stream);
            stream.extend_from_slice(&body);
            stream.extend_from_slice(behind);
            assert!(frame(0, false, &mut stream).is_empty());
            let behind = frame(len, true, &mut stream);
            stream.extend_from_slice(&body);
            stream.extend_from_slice(behind);
            assert_eq!(contents(&stream), [&body, &body]);
        }
        let mut stream = Vec::new();
        stream.extend_from_slice(frame(0, true, &mut Vec::new()));
        assert_eq!(stream, b"\x01\x05\0\x01\0\0\0\0");
    }
}
