//! The Huffman code of strings (RFC 7541, 5.2 and appendix B).
//!
//! The code is canonical: the codes of one length follow one another in the order of their symbols, and the first
//! of a length follows the last of the one before. So the lengths say everything.

/// The length of each byte's code in bits.
#[rustfmt::skip]
const LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
     6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
     5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
    13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
     7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
    15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
     6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

/// The longest codes; that of all ones means the end of the string, and must not occur.
const MAX: usize = 30;

/// Codes up to this length are found by one look-up.
const SHORT: usize = 10;

/// Bytes of one code length.
#[derive(Clone, Copy)]
struct Row {
    /// The first code of the length.
    first: u32,
    /// Where its byte is in [`SYMBOLS`].
    at: u16,
    count: u16,
}

static ROWS: [Row; MAX + 1] = ROWS_OF_CODE;

const ROWS_OF_CODE: [Row; MAX + 1] = {
    let mut rows = [Row { first: 0, at: 0, count: 0 }; MAX + 1];
    let (mut len, mut code, mut at) = (1, 0_u32, 0);
    while len <= MAX {
        code <<= 1;
        rows[len] = Row { first: code, at, count: 0 };
        let mut byte = 0;
        while byte < 256 {
            rows[len].count += (LENGTHS[byte] as usize == len) as u16;
            byte += 1;
        }
        at += rows[len].count;
        code += rows[len].count as u32;
        len += 1;
    }
    // What is left is the end of the string.
    assert!(code == (1 << MAX) - 1);
    rows
};

/// The bytes in the order of their codes.
static SYMBOLS: [u8; 256] = {
    let (mut symbols, mut at, mut len) = ([0; 256], 0, 1);
    while len <= MAX {
        let mut byte = 0;
        while byte < 256 {
            if LENGTHS[byte] as usize == len {
                symbols[at] = byte as u8;
                at += 1;
            }
            byte += 1;
        }
        len += 1;
    }
    symbols
};

/// The code of each byte.
static CODES: [u32; 256] = {
    let (mut codes, mut next, mut byte) = ([0; 256], [0_u32; MAX + 1], 0);
    while byte < 256 {
        let len = LENGTHS[byte] as usize;
        codes[byte] = ROWS_OF_CODE[len].first + next[len];
        next[len] += 1;
        byte += 1;
    }
    codes
};

/// By the next [`SHORT`] bits: a byte and the length of its code; the length 0 if that is longer.
static QUICK: [(u8, u8); 1 << SHORT] = {
    let mut quick = [(0, 0); 1 << SHORT];
    let mut byte = 0;
    while byte < 256 {
        let len = LENGTHS[byte] as usize;
        if len <= SHORT {
            let free = SHORT - len;
            let mut at = (CODES[byte] as usize) << free;
            let end = at + (1 << free);
            while at < end {
                quick[at] = (byte as u8, len as u8);
                at += 1;
            }
        }
        byte += 1;
    }
    quick
};

/// Appends what `input` stands for: at most 8/5 of its length. None: it is no Huffman string.
pub(super) fn decode(mut input: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.reserve(input.len() * 8 / 5);
    // The next `count` bits, from the top; zeros are below them.
    let (mut bits, mut count) = (0_u64, 0_u32);
    loop {
        while let (true, [byte, rest @ ..]) = (count <= 56, input) {
            bits |= u64::from(*byte) << (56 - count);
            count += 8;
            input = rest;
        }
        if count == 0 {
            return Some(());
        }
        let (byte, len) = match QUICK[(bits >> (64 - SHORT)) as usize] {
            (_, 0) => long(bits)?,
            short => short,
        };
        let len = u32::from(len);
        if len > count {
            // Fewer than 8 ones fill the last byte.
            return (count < 8 && bits.leading_ones() == count).then_some(());
        }
        out.push(byte);
        bits <<= len;
        count -= len;
    }
}

/// A byte whose code has more than [`SHORT`] bits. None: it is the end of the string.
///
/// The bits may be cut: then the length is more than there are.
fn long(bits: u64) -> Option<(u8, u8)> {
    for (len, row) in ROWS.iter().enumerate().skip(SHORT + 1) {
        let code = (bits >> (64 - len)) as u32;
        if code < row.first + u32::from(row.count) {
            let symbol = SYMBOLS[usize::from(row.at) + (code - row.first) as usize];
            return Some((symbol, len as u8));
        }
    }
    None
}

/// The length of the string in bytes, once it is encoded.
pub(super) fn encoded_len(text: &[u8]) -> usize {
    let bits: usize = text.iter().map(|&byte| usize::from(LENGTHS[usize::from(byte)])).sum();
    bits.div_ceil(8)
}

pub(super) fn encode(text: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut count) = (0_u64, 0_u32);
    for &byte in text {
        let byte = usize::from(byte);
        bits = bits << LENGTHS[byte] | u64::from(CODES[byte]);
        count += u32::from(LENGTHS[byte]);
        while count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    if count > 0 {
        out.push((bits << (8 - count)) as u8 | 0xff >> count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(input: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        decode(input, &mut out).map(|()| out)
    }

    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(text, &mut out);
        assert_eq!(out.len(), encoded_len(text));
        out
    }

    #[test]
    fn codes_of_the_rfc() {
        for (byte, code, len) in [
            (0, 0x1ff8, 13),
            (b' ', 0x14, 6),
            (b'0', 0, 5),
            (b'Z', 0xfd, 8),
            (b'\\', 0x7fff0, 19),
            (b'z', 0x7b, 7),
            (0x7f, 0xfff_fffc, 28),
            (199, 0x1ff_ffec, 25),
            (249, 0xfff_fffe, 28),
            (254, 0x7ff_fff0, 27),
            (255, 0x3ff_ffee, 26),
            (22, 0x3fff_fffe, 30),
        ] {
            assert_eq!((CODES[byte as usize], LENGTHS[byte as usize]), (code, len), "{byte}");
        }
    }

    #[test]
    fn strings_of_the_rfc() {
        let cases: [(&str, &[u8]); 4] = [
            ("www.example.com", b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"),
            ("no-cache", b"\xa8\xeb\x10\x64\x9c\xbf"),
            ("custom-key", b"\x25\xa8\x49\xe9\x5b\xa9\x7d\x7f"),
            ("307", b"\x64\x0e\xff"),
        ];
        for (text, code) in cases {
            assert_eq!(encoded(text.as_bytes()), code);
            assert_eq!(decoded(code).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decoded(b""), Some(vec![]));
    }

    #[test]
    fn every_pair_of_bytes() {
        for first in 0..=255 {
            for second in 0..=255 {
                let text = [first, second, b'a'];
                assert_eq!(decoded(&encoded(&text)).as_deref(), Some(&text[..]));
            }
        }
    }

    #[test]
    fn refuses_wrong_ends() {
        // Eight ones or more behind the last code; zeros there; the end of the string.
        for wrong in [
            &b"\xff"[..],
            b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff\xff",
            b"\x00",
            b"\x64\x0e\xfe",
            b"\xff\xff\xff\xff",
            b"\xff\xff\xff\xfc",
            b"\xff\xff\xff",
        ] {
            assert_eq!(decoded(wrong), None, "{wrong:x?}");
        }
        // "0" and three ones.
        assert_eq!(decoded(b"\x07"), Some(b"0".to_vec()));
    }
}
