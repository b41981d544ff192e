//! Elements of DER (X.690): a tag, a length, contents.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// The contents of the element that comes first, and what follows it. None: its tag is another, or it is not whole.
pub(super) fn expect(der: &[u8], expected: u8) -> Option<(&[u8], &[u8])> {
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
    (tag == expected).then_some((contents, rest))
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
}
