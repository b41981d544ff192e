//! Integers with a prefix of less than a byte (RFC 7541, 5.1).

/// Takes an integer from the front of `input`, of which the lowest `prefix` bits of the first byte are a part.
/// None: it does not end, or is larger than anything that may be meant.
pub(super) fn take(input: &mut &[u8], prefix: u32) -> Option<usize> {
    let (&first, mut rest) = input.split_first()?;
    let mask = (1_u8 << prefix) - 1;
    let mut value = u32::from(first & mask);
    if first & mask == mask {
        let mut shift = 0;
        loop {
            let (&byte, behind) = rest.split_first()?;
            rest = behind;
            value = value.checked_add(u32::from(byte & 0x7f) << shift)?;
            if byte & 0x80 == 0 {
                break;
            }
            shift += 7;
            // Four bytes say up to 2^28; no table and no string is as large.
            if shift == 28 {
                return None;
            }
        }
    }
    *input = rest;
    Some(value as usize)
}

/// Appends an integer; `first` holds the bits above its prefix.
pub(super) fn put(value: usize, prefix: u32, first: u8, out: &mut Vec<u8>) {
    let mask = (1_usize << prefix) - 1;
    if value < mask {
        return out.push(first | value as u8);
    }
    out.push(first | mask as u8);
    let mut rest = value - mask;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_rfc() {
        for (value, prefix, bytes) in
            [(10, 5, &[10][..]), (1337, 5, &[31, 0x9a, 10]), (42, 8 - 1, &[42])]
        {
            let mut out = vec![];
            put(value, prefix, 0, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(take(&mut &bytes[..], prefix), Some(value));
        }
    }

    #[test]
    fn both_ways() {
        for prefix in 4..=7 {
            for value in (0..300).chain([16_383, 16_384, 65_535, 1 << 20, 1 << 27]) {
                let mut out = vec![];
                put(value, prefix, 0, &mut out);
                out.push(7);
                let mut input = &out[..];
                assert_eq!(take(&mut input, prefix), Some(value));
                assert_eq!(input, [7]);
                for len in 0..out.len() - 1 {
                    assert_eq!(take(&mut &out[..len], prefix), None);
                }
            }
        }
    }

    #[test]
    fn has_bounds() {
        assert_eq!(take(&mut &b"\x1f\xff\xff\xff\x7f"[..], 5), Some(31 + (1 << 28) - 1));
        assert_eq!(take(&mut &b"\x1f\x80\x80\x80\x80\x00"[..], 5), None);
        assert_eq!(take(&mut &b"\x1f\xff\xff\xff\xff\xff\xff\x0f"[..], 5), None);
    }
}
