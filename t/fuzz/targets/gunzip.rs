//! Gzip files, one behind the other. The same comes of them however they are cut into pieces and however little room
//! there is at a time; it is what another reader of gzip makes of them, or both refuse them; a step takes all that it
//! was given unless its room is full.

use std::io::Read;

use flate2::bufread::DeflateDecoder;
use peerage::proto::gzip::{Decompressor, Inflate, Invalid};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    b"\x1f\x8b\x08\x1f\x00\x00\x00\x00\x00\x03",
    b"\x02\x00xx",
    b"name\0",
    // A block of nothing, stored and with fixed codes; the last one.
    b"\x00\x00\x00\xff\xff",
    b"\x01\x00\x00\xff\xff",
    b"\x03\x00",
    // The trailer of nothing.
    b"\0\0\0\0\0\0\0\0",
];

/// Bytes of what comes of an input that are looked at: it may be a thousand times as long.
const MOST: usize = 32 << 10;

/// What came of files: the bytes, and whether the last one was whole. None: they are no gzip.
type Outcome = (Vec<u8>, Option<bool>);

pub fn check(input: &[u8]) {
    let mut by = Decompressor::default();
    let other = naive(input);
    let whole = read(&mut by, &[input], 1 << 14);
    if other.0.len() > MOST {
        let both = whole.0.len().min(other.0.len());
        assert!(whole.0[..both] == other.0[..both], "other bytes: {}", input.escape_ascii());
        return;
    }
    assert_eq!(whole.1, other.1, "{}", input.escape_ascii());
    // Where the input is broken, how much came of it before is not said.
    if other.1.is_some() {
        assert!(whole.0 == other.0, "other bytes: {}", input.escape_ascii());
    }
    for (pieces, room) in pieces::cuts(input).into_iter().zip([1, 2, 7, 300]) {
        let room = if whole.0.len() > 1 << 12 { room + 1000 } else { room };
        let again = read(&mut by, &pieces, room);
        assert_eq!(again.1, whole.1, "{room} {pieces:?}");
        assert!(again.1.is_none() || again.0 == whole.0, "{room} {pieces:?}");
    }
}

/// `by` may have been given up in the middle of another file.
fn read(by: &mut Decompressor, pieces: &[&[u8]], room: usize) -> Outcome {
    let (mut it, mut text, mut out) = (Inflate::default(), vec![], vec![0; room]);
    for piece in pieces {
        let mut input = *piece;
        loop {
            let step = match it.step(by, input, &mut out) {
                Ok(step) => step,
                Err(Invalid::Header | Invalid::Data | Invalid::Trailer) => return (text, None),
            };
            assert!(step.consumed <= input.len() && step.written <= room);
            assert!(!step.more || step.written == room, "more is wanted than there is");
            assert!(step.more || step.consumed == input.len(), "some of it was left");
            text.extend_from_slice(&out[..step.written]);
            input = &input[step.consumed..];
            if !step.more || text.len() > MOST {
                break;
            }
        }
    }
    (text, Some(it.is_whole()))
}

/// The same by a plain reading of RFC 1952, on the whole input.
fn naive(mut input: &[u8]) -> Outcome {
    let (mut text, mut decoder) = (vec![], DeflateDecoder::new(&b""[..]));
    loop {
        let before = input.len();
        match member(&mut input, &mut decoder, &mut text) {
            Some(true) if input.is_empty() => return (text, Some(true)),
            Some(true) => {}
            Some(false) => return (text, Some(before == 0)),
            None => return (text, None),
        }
    }
}

/// One file: whether it is whole. None: it is none.
fn member<'a>(
    input: &mut &'a [u8],
    decoder: &mut DeflateDecoder<&'a [u8]>,
    text: &mut Vec<u8>,
) -> Option<bool> {
    const START: &[u8] = b"\x1f\x8b\x08";
    if !START.starts_with(&input[..input.len().min(3)]) {
        return None;
    }
    let flags = input.get(3).copied().unwrap_or(0);
    if flags & 0xe0 != 0 {
        return None;
    }
    let Some(body) = behind_header(input, flags) else { return Some(false) };
    let start = text.len();
    decoder.reset(body);
    let result = decoder.take((MOST + 1).saturating_sub(start) as u64).read_to_end(text);
    let (read, crc) = (decoder.total_in() as usize, crc32fast::hash(&text[start..]));
    match result {
        Ok(_) if text.len() > MOST => return Some(false),
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Some(false),
        Err(_) => return None,
    }
    let mut trailer = crc.to_le_bytes().to_vec();
    trailer.extend_from_slice(&((text.len() - start) as u32).to_le_bytes());
    let Some((found, rest)) = body[read..].split_first_chunk::<8>() else { return Some(false) };
    *input = rest;
    (*found == *trailer).then_some(true)
}

/// What is behind the header; none if that is not whole.
fn behind_header(input: &[u8], flags: u8) -> Option<&[u8]> {
    let mut rest = input.get(10..)?;
    if flags & 4 != 0 {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 2 != 0 { rest.get(2..) } else { Some(rest) }
}
