//! `Accept-Encoding`: which codings of a body a client takes, and which of them it would rather have (RFC 9110, 12.5.3).

use super::head;

/// The codings that this program makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// As in `Content-Encoding`.
    pub fn name(self) -> &'static [u8] {
        match self {
            Self::Brotli => b"br",
            Self::Gzip => b"gzip",
        }
    }
}

/// A weight in thousandths. What is no weight is 0.
type Weight = u16;

/// What the field says. Of an element that is there twice the first counts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct AcceptEncoding {
    brotli: Option<Weight>,
    gzip: Option<Weight>,
    identity: Option<Weight>,
    /// `*`: of what is not named.
    any: Option<Weight>,
}

impl AcceptEncoding {
    /// Reads the field's lines.
    pub fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut it = Self::default();
        for element in lines.flat_map(head::list) {
            let mut parts = element.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
            let slot = match parts.next() {
                Some(b"*") => &mut it.any,
                Some(name) if name.eq_ignore_ascii_case(b"br") => &mut it.brotli,
                Some(name) if name.eq_ignore_ascii_case(b"gzip") => &mut it.gzip,
                Some(name) if name.eq_ignore_ascii_case(b"identity") => &mut it.identity,
                _ => continue,
            };
            slot.get_or_insert_with(|| parts.next().map_or(1000, weight));
        }
        it
    }

    fn named(&self, coding: Coding) -> Option<Weight> {
        match coding {
            Coding::Brotli => self.brotli,
            Coding::Gzip => self.gzip,
        }
    }

    /// The client takes it, and no less gladly than the body as it is; more gladly, if only `*` speaks of both.
    pub fn takes(&self, coding: Coding) -> bool {
        let identity = self.identity.or(self.any).unwrap_or(0);
        match self.named(coding) {
            Some(weight) => weight > 0 && weight >= identity,
            None => self.any.is_some_and(|weight| weight > identity),
        }
    }

    /// Of two that it takes it would rather have gzip.
    pub fn prefers_gzip(&self) -> bool {
        let weight = |coding| self.named(coding).or(self.any).unwrap_or(0);
        weight(Coding::Gzip) > weight(Coding::Brotli)
    }
}

/// `q=0.5` and the like, as in RFC 9110, 12.4.2.
fn weight(text: &[u8]) -> Weight {
    let [b'q' | b'Q', b'=', whole @ (b'0' | b'1'), fraction @ ..] = text else { return 0 };
    let digits = match fraction {
        [] => &[],
        [b'.', digits @ ..] if digits.len() <= 3 && digits.iter().all(u8::is_ascii_digit) => digits,
        _ => return 0,
    };
    let places = digits.iter().chain(std::iter::repeat(&b'0')).take(3);
    let thousandths = places.fold(0, |sum, digit| sum * 10 + Weight::from(digit - b'0'));
    match (whole, thousandths) {
        (b'0', thousandths) => thousandths,
        (_, 0) => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> AcceptEncoding {
        AcceptEncoding::read(std::iter::once(line.as_bytes()))
    }

    #[test]
    fn weights() {
        for (text, want) in [
            ("q=1", 1000),
            ("q=1.000", 1000),
            ("q=0.001", 1),
            ("Q=0.5", 500),
            ("q=0.25", 250),
            ("q=0.", 0),
            ("q=1.", 1000),
            ("q=0", 0),
            ("q=1.001", 0),
            ("q=0.0001", 0),
            ("q=2", 0),
            ("q=0.x", 0),
            ("q=01", 0),
            ("q", 0),
            ("x=1", 0),
            ("", 0),
        ] {
            assert_eq!(weight(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn what_is_taken_and_what_is_preferred() {
        // Brotli, gzip, and gzip is preferred.
        for (line, want) in [
            ("", (false, false, false)),
            ("gzip", (false, true, true)),
            ("GZip", (false, true, true)),
            ("br", (true, false, false)),
            ("gzip, deflate, br, zstd", (true, true, false)),
            ("br;q=0.5, gzip;q=0.8", (true, true, true)),
            ("br ; q=0.8, gzip;q=0.5", (true, true, false)),
            ("br;q=0, gzip;q=0.001", (false, true, true)),
            ("gzip;q=0", (false, false, false)),
            ("gzip;q", (false, false, false)),
            ("x-gzip, gzipped, brotli", (false, false, false)),
            // The first counts.
            ("gzip, gzip;q=0", (false, true, true)),
            // What is not named is as good as the body as it is.
            ("*", (false, false, false)),
            ("*;q=0", (false, false, false)),
            ("gzip, *;q=0", (false, true, true)),
            ("*;q=0.5, gzip", (false, true, true)),
            ("identity;q=0, *", (true, true, false)),
            ("identity;q=0.5, *;q=0.8, br;q=0", (false, true, true)),
            ("identity", (false, false, false)),
            ("identity, gzip", (false, true, true)),
            ("identity, gzip;q=0.5", (false, false, true)),
            ("gzip;q=1.0, deflate;q=0.6, identity;q=0.3", (false, true, true)),
        ] {
            let it = read(line);
            let found = (it.takes(Coding::Brotli), it.takes(Coding::Gzip), it.prefers_gzip());
            assert_eq!(found, want, "{line}");
        }
    }
}
