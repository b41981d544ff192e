//! Texts escaped, quoted, and in base 16 and 32.

use std::io::Write;

use crate::http::settings::set_misc::Base32;
use crate::http::uri;

/// As in a form: a plus is a space.
pub(super) fn unescape_uri(text: &[u8], out: &mut Vec<u8>) {
    let spaced: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    uri::unescape(&spaced, out);
}

/// The module's own set of what needs no escape.
pub(super) fn escape_uri(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte.is_ascii_alphanumeric() || b"!$'()*,-.@_`|~".contains(byte) {
            true => out.push(*byte),
            false => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

pub(super) fn hex(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        let _ = write!(out, "{byte:02x}");
    }
}

/// False: these are not pairs of digits.
pub(super) fn unhex(text: &[u8], out: &mut Vec<u8>) -> bool {
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|n| n as u8);
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    match pairs.collect::<Option<Vec<u8>>>() {
        Some(bytes) => out.extend(bytes),
        None => return false,
    }
    true
}

/// Base 32 (RFC 4648, 6 and 7), in the alphabet of the settings.
pub(super) fn base32(text: &[u8], settings: &Base32, out: &mut Vec<u8>) {
    for chunk in text.chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let bits = bits << (8 * (5 - chunk.len()));
        let digits = (8 * chunk.len()).div_ceil(5);
        let digit = |at: usize| settings.alphabet[(bits >> (35 - 5 * at) & 31) as usize];
        out.extend((0..digits).map(digit));
        if settings.padding {
            out.resize(out.len() + 8 - digits, b'=');
        }
    }
}

/// Bits that make no byte are dropped. False: a digit is not in the alphabet.
pub(super) fn unbase32(text: &[u8], settings: &Base32, out: &mut Vec<u8>) -> bool {
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.iter().take_while(|byte| **byte != b'=') {
        let Some(value) = settings.alphabet.iter().position(|known| known == digit) else {
            return false;
        };
        bits = bits << 5 | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    true
}

/// A string of MySQL.
pub(in crate::modules) fn quote_sql(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'\'');
    text.iter().for_each(|byte| push_sql(*byte, out));
    out.push(b'\'');
}

fn push_sql(byte: u8, out: &mut Vec<u8>) {
    let escaped = match byte {
        0 => b'0',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        8 => b'b',
        0x1a => b'Z',
        b'\\' | b'\'' | b'"' => byte,
        _ => return out.push(byte),
    };
    out.extend([b'\\', escaped]);
}

/// A string of PostgreSQL; what is not ASCII as for `bytea`.
pub(super) fn quote_pgsql(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        return out.extend_from_slice(b"''");
    }
    out.extend_from_slice(b"E'");
    for byte in text {
        match byte {
            0x80.. => {
                let _ = write!(out, "\\\\{byte:03o}");
            }
            byte => push_sql(*byte, out),
        }
    }
    out.push(b'\'');
}

/// A string of JSON; `null` if it is empty.
pub(super) fn quote_json(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        return out.extend_from_slice(b"null");
    }
    out.push(b'"');
    for byte in text {
        let escaped = match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            8 => b'b',
            12 => b'f',
            b'\\' | b'"' => *byte,
            0..0x20 => {
                let _ = write!(out, "\\u{byte:04x}");
                continue;
            }
            byte => {
                out.push(*byte);
                continue;
            }
        };
        out.extend([b'\\', escaped]);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_there_and_back() {
        let mut settings = Base32::default();
        for (text, coded) in [
            ("", ""),
            ("f", "co======"),
            ("fo", "cpng===="),
            ("foo", "cpnmu==="),
            ("hello wo", "d1imor3f41rmu==="),
        ] {
            let (mut out, mut back) = (Vec::new(), Vec::new());
            base32(text.as_bytes(), &settings, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), coded);
            assert!(unbase32(&out, &settings, &mut back));
            assert_eq!(back, text.as_bytes());
        }
        settings.padding = false;
        settings.alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".as_slice().into();
        let mut out = Vec::new();
        base32(b"hello", &settings, &mut out);
        assert_eq!(out, b"NBSWY3DP");
        assert!(!unbase32(b"nb", &settings, &mut out));
    }

    #[test]
    fn pairs_of_digits() {
        let mut out = Vec::new();
        assert!(unhex(b"68aF", &mut out));
        assert_eq!(out, b"\x68\xaf");
        for wrong in ["6", "zz", "+1", "681"] {
            assert!(!unhex(wrong.as_bytes(), &mut out), "{wrong}");
        }
    }
}
