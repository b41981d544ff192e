//! Elements of DER (X.690): a tag, a length, contents.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;

/// The tag of the explicit or constructed element `[number]`.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// One element of a longer text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub contents: &'a [u8],
    /// With its tag and length.
    pub whole: &'a [u8],
}

/// The element that comes first, and what follows it. None: it is not whole.
pub(super) fn next(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (len, rest) = match first {
        ..=0x7f => (usize::from(first), rest),
        // The number of digits.
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |len, &digit| len << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(len)?;
    let whole = &der[..der.len() - rest.len()];
    Some((Element { tag, contents, whole }, rest))
}

/// The contents of the element that comes first, and what follows it. None: its tag is another, or it is not whole.
pub(super) fn expect(der: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
    let (element, rest) = next(der)?;
    (element.tag == expected).then_some((element.contents, rest))
}

/// As [`expect`], of an element that may be absent.
pub(super) fn optional(der: &[u8], expected: u8) -> Option<(Option<&[u8]>, &[u8])> {
    match der.first() {
        Some(&tag) if tag == expected => expect(der, expected).map(|(it, rest)| (Some(it), rest)),
        _ => Some((None, der)),
    }
}

/// An element with these contents, one part behind the other.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match len {
        0..0x80 => out.push(len as u8),
        _ => {
            let digits = len.to_be_bytes();
            let digits = &digits[digits.iter().take_while(|&&digit| digit == 0).count()..];
            out.push(0x80 | digits.len() as u8);
            out.extend_from_slice(digits);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_several_forms() {
        let long = [&[OCTET_STRING, 0x82, 1, 0][..], &[7; 256], &[9]].concat();
        assert_eq!(expect(&long, OCTET_STRING), Some((&[7; 256][..], &[9][..])));
        assert_eq!(expect(&[OID, 2, 1, 2, 3], OID), Some((&[1, 2][..], &[3][..])));
        for wrong in [&[OID][..], &[OID, 1], &[OID, 0x80], &[OID, 0x85, 0, 0, 0, 0, 0], &[4, 0]] {
            assert_eq!(expect(wrong, OID), None, "{wrong:?}");
        }
        assert_eq!(expect(&long[..259], OCTET_STRING), None);
    }

    #[test]
    fn what_is_written_is_read() {
        for len in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1_0000] {
            let contents = vec![5; len];
            let der = element(OCTET_STRING, &[&contents[..len / 2], &contents[len / 2..]]);
            let (read, rest) = next(&der).unwrap();
            assert_eq!((read.contents, read.whole, rest), (&*contents, &*der, &[][..]));
        }
        assert_eq!(optional(&[OID, 1, 7, 8], OID), Some((Some(&[7][..]), &[8][..])));
        assert_eq!(optional(&[OID, 1, 7], INTEGER), Some((None, &[OID, 1, 7][..])));
        assert_eq!(optional(&[OID, 1], OID), None);
    }
}
