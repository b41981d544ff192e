//! The request of SCGI: a netstring of parameters, then the body as it is.
//!
//! The netstring is its length in decimal, a colon, names and values with a zero byte behind each, and a comma. The
//! first parameter is `CONTENT_LENGTH`. The response is that of [`cgi`].

use super::cgi::{self, Pair};
use super::h1::write;

/// Writes the netstring.
pub struct Params {
    /// Where in the output the netstring begins.
    start: usize,
}

impl Params {
    /// Opens the netstring at the end of `out`. `content_length` is the length of the body in bytes.
    pub fn begin(out: &mut Vec<u8>, content_length: u64) -> Self {
        let start = out.len();
        out.extend_from_slice(b"CONTENT_LENGTH\0");
        write::number(out, content_length);
        out.push(0);
        Self { start }
    }

    /// The parameters are complete: their length goes before them.
    pub fn end(self, out: &mut Vec<u8>) {
        let len = out.len();
        write::number(out, (len - self.start) as u64);
        out.push(b':');
        let digits = out.len() - len;
        out[self.start..].rotate_right(digits);
        out.push(b',');
    }
}

impl cgi::Params for Params {
    fn begin_name(_: &mut Vec<u8>, _: usize) {}

    fn end_name(out: &mut Vec<u8>) {
        out.push(0);
    }

    /// A zero byte within a value would begin another parameter: it becomes a space.
    #[inline]
    fn end_value(&mut self, out: &mut Vec<u8>, pair: Pair) {
        let value = &mut out[pair.value..];
        if memchr::memchr(0, value).is_some() {
            value.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
        }
        out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::cgi::{ParamName, Params as _};

    #[test]
    fn a_request_is_a_netstring() {
        let mut out = b"before".to_vec();
        let mut params = Params::begin(&mut out, 27);
        let pairs =
            [("SCGI", "1", false), ("NONE", "", true), ("E", "", false), ("N", "a\0B\0c", false)];
        for (name, value, if_not_empty) in pairs {
            let pair = params.open(&mut out, &ParamName::new::<Params>(name.as_bytes()));
            out.extend_from_slice(value.as_bytes());
            params.finish(&mut out, pair, if_not_empty);
        }
        let pair = params.open_field(&mut out, b"Accept");
        out.extend_from_slice(b"*/*");
        params.finish(&mut out, pair, false);
        params.end(&mut out);
        let wanted =
            b"before52:CONTENT_LENGTH\x0027\0SCGI\x001\0E\0\0N\0a B c\0HTTP_ACCEPT\0*/*\0,";
        assert_eq!(out, wanted);
    }
}
