//! The request of uwsgi: a header of 4 bytes, which says how many bytes of parameters follow, then the body as it is.
//!
//! Numbers are of 16 bits, the low byte first. The response is that of [`cgi`].

use super::cgi::{self, Pair};

/// Bytes of the header: the first modifier, the size of the parameters, the second modifier.
const HEADER: usize = 4;

/// Writes the header and the parameters.
pub struct Params {
    /// Where in the output the parameters begin.
    start: usize,
}

impl Params {
    /// Opens the packet at the end of `out`. The modifiers say what the server does with it; 0 and 0: a request for
    /// an application.
    pub fn begin(out: &mut Vec<u8>, modifier1: u8, modifier2: u8) -> Self {
        out.extend_from_slice(&[modifier1, 0, 0, modifier2]);
        Self { start: out.len() }
    }

    /// The parameters are complete. Error: their size in bytes, which the header cannot say.
    pub fn end(self, out: &mut [u8]) -> Result<(), usize> {
        let size = out.len() - self.start;
        let [low, high] = u16::try_from(size).map_err(|_| size)?.to_le_bytes();
        let header = self.start - HEADER;
        (out[header + 1], out[header + 2]) = (low, high);
        Ok(())
    }
}

/// A length that does not fit is one of a packet that [`Params::end`] refuses.
impl cgi::Params for Params {
    fn begin_name(out: &mut Vec<u8>, len: usize) {
        out.extend_from_slice(&(len as u16).to_le_bytes());
    }

    fn end_name(out: &mut Vec<u8>) {
        out.extend_from_slice(&[0, 0]);
    }

    #[inline]
    fn end_value(&mut self, out: &mut Vec<u8>, pair: Pair) {
        let len = (out.len() - pair.value) as u16;
        out[pair.value - 2..pair.value].copy_from_slice(&len.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::cgi::{ParamName, Params as _};

    #[test]
    fn a_request_is_its_size_and_its_parameters() {
        let mut out = b"before".to_vec();
        let mut params = Params::begin(&mut out, 5, 9);
        for (name, value, if_not_empty) in
            [("A", "bc", false), ("NONE", "", true), ("E", "", false)]
        {
            let pair = params.open(&mut out, &ParamName::new::<Params>(name.as_bytes()));
            out.extend_from_slice(value.as_bytes());
            params.finish(&mut out, pair, if_not_empty);
        }
        let pair = params.open_field(&mut out, b"x-Real_ip");
        out.extend_from_slice(&[b'v'; 300]);
        params.finish(&mut out, pair, false);
        assert_eq!(params.end(&mut out), Ok(()));
        let mut wanted =
            b"before\x05\x4a\x01\x09\x01\0A\x02\0bc\x01\0E\0\0\x0e\0HTTP_X_REAL_IP".to_vec();
        wanted.extend_from_slice(&[44, 1]);
        wanted.extend_from_slice(&[b'v'; 300]);
        assert_eq!(out, wanted);
    }

    #[test]
    fn what_is_larger_than_its_size_can_say_is_refused() {
        for (value, result) in [(65_530, Ok(())), (65_531, Err(65_536)), (200_000, Err(200_005))] {
            let mut out = Vec::new();
            let mut params = Params::begin(&mut out, 0, 0);
            let pair = params.open(&mut out, &ParamName::new::<Params>(b"A"));
            out.resize(out.len() + value, b'v');
            params.finish(&mut out, pair, false);
            assert_eq!(params.end(&mut out), result);
        }
    }
}
