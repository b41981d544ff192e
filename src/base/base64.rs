//! Base 64, both alphabets (RFC 4648, 4 and 5).

/// Appends `text` in base 64; `url`: in the alphabet for URLs, and without padding.
pub fn encode(text: &[u8], url: bool, out: &mut Vec<u8>) {
    let alphabet = alphabet(url);
    for chunk in text.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            out.push(alphabet[(bits >> (18 - 6 * at) & 63) as usize]);
        }
        if !url {
            out.resize(out.len() + 3 - chunk.len(), b'=');
        }
    }
}

/// Appends the bytes that `text` stands for. As in nginx it ends before the first `=`, and bits that make no byte are
/// dropped. False: it is not base 64, and nothing was appended.
pub fn decode(text: &[u8], url: bool, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let end = memchr::memchr(b'=', text).unwrap_or(text.len());
    // One digit over is no byte.
    if end % 4 == 1 {
        return false;
    }
    let (mut bits, mut count) = (0_u32, 0);
    for &digit in &text[..end] {
        let Some(value) = value(digit, url) else {
            out.truncate(start);
            return false;
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    true
}

fn value(digit: u8, url: bool) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' if !url => Some(62),
        b'/' if !url => Some(63),
        b'-' if url => Some(62),
        b'_' if url => Some(63),
        _ => None,
    }
}

fn alphabet(url: bool) -> &'static [u8; 64] {
    match url {
        false => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        true => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (text, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            let (mut out, mut back) = (Vec::new(), Vec::new());
            encode(text.as_bytes(), false, &mut out);
            assert_eq!(out, coded.as_bytes());
            assert!(decode(&out, false, &mut back));
            assert_eq!(back, text.as_bytes());
        }
        let mut out = Vec::new();
        encode(b"\xff\xef\xbe\xff", true, &mut out);
        assert_eq!(out, b"_---_w");
        let mut back = b"<".to_vec();
        assert!(decode(&out, true, &mut back) && back == b"<\xff\xef\xbe\xff");
        for wrong in ["A", "AB*C", "AB-D", "ABCDE"] {
            assert!(!decode(wrong.as_bytes(), false, &mut back));
        }
        assert_eq!(back.len(), 5);
    }
}
