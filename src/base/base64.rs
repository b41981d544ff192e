//! Base 64, as nginx reads it: padding may be absent, and what stands behind it does not matter.

/// The two digits behind letters and figures.
pub type Alphabet = [u8; 2];
pub const STANDARD: Alphabet = *b"+/";
/// For addresses and names of files (RFC 4648, 5).
pub const URL: Alphabet = *b"-_";

/// Appends the bytes. None: a digit is none, or one is left over; some bytes may have been appended.
pub fn decode(text: &[u8], alphabet: Alphabet, out: &mut Vec<u8>) -> Option<()> {
    let end = text.iter().position(|&byte| byte == b'=').unwrap_or(text.len());
    // One digit over is no byte.
    if end % 4 == 1 {
        return None;
    }
    let (mut bits, mut count) = (0_u32, 0);
    for &digit in &text[..end] {
        bits = bits << 6 | u32::from(value(digit, alphabet)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(())
}

/// Of a digit.
fn value(digit: u8, alphabet: Alphabet) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        _ => alphabet.iter().position(|&it| it == digit).map(|at| at as u8 + 62),
    }
}

/// Appends the text in the standard alphabet, padded.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for at in 0..4 {
            let digit = (bits >> (18 - 6 * at) & 63) as u8;
            out.push(match digit {
                _ if at > chunk.len() => b'=',
                0..26 => b'A' + digit,
                26..52 => b'a' + digit - 26,
                52..62 => b'0' + digit - 52,
                _ => STANDARD[usize::from(digit - 62)],
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        for len in 0..bytes.len() {
            let (mut text, mut back) = (Vec::new(), Vec::new());
            encode(&bytes[..len], &mut text);
            assert_eq!(text.len(), len.div_ceil(3) * 4);
            assert_eq!(decode(&text, STANDARD, &mut back), Some(()));
            assert_eq!(back, bytes[..len]);
        }
    }

    #[test]
    fn alphabets() {
        let read = |text: &[u8], alphabet| {
            let mut out = Vec::new();
            decode(text, alphabet, &mut out).map(|()| out)
        };
        assert_eq!(read(b"-_-_", URL), read(b"+/+/", STANDARD));
        assert_eq!(read(b"QQ=", STANDARD), Some(b"A".to_vec()));
        assert_eq!(read(b"QQ", STANDARD), Some(b"A".to_vec()));
        for wrong in [b"Q".as_slice(), b"QQQQQ", b"Q*", b"-_-_"] {
            assert_eq!(read(wrong, STANDARD), None);
        }
    }
}
