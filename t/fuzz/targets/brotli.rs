//! Bodies that are coded by brotli: a byte that says how, one for the window, and the body, any number of times over. A
//! decoder makes the same of it, at any level, with any window, however the body is cut into pieces, however these are
//! flushed, and by however many encoders they are coded; no step writes more than its room.

use peerage::proto::brotli::{Encoder, Quality, Stream};
use peerage::proto::gzip::Flush;

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"<div class=\"",
    b"</a></li>\n<li><a href=\"http://",
    b"\0\0\0\0\0\0\0\0",
    b"abcabcabcabc",
    b"\xff\xfe\xfd",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let page =
        b"<html><head><title>a page</title></head><body><p>some text, some more text</p></body>";
    let levels = (0..10).map(|level| [&[level, level * 17], &page[..]].concat());
    levels.chain([vec![], vec![6], vec![0x26, 0], vec![0x46, 200, 1, 2, 3]]).collect()
}

pub fn check(input: &[u8]) {
    let [how, window, body @ ..] = input else { return };
    let level = u32::from(how & 15) % 12;
    let copies = 1 << (how >> 5);
    let body = body.repeat(copies);
    let quality = Quality::new(level, 1 << (10 + window % 15), None);
    // Encoders of the higher levels take long to make.
    let most = if level > 6 { 40 } else { 200 };
    for pieces in pieces::cuts(&body) {
        let pieces: Vec<&[u8]> = match pieces.len() > most {
            true => body.chunks(body.len().div_ceil(most)).collect(),
            false => pieces,
        };
        let coded = encode(quality, &pieces, how & 16 != 0, usize::from(*window));
        let mut decoded = Vec::new();
        brotli::BrotliDecompress(&mut &*coded, &mut decoded).expect("what is coded is brotli");
        assert!(decoded == body, "{} {pieces:?}", input.escape_ascii());
    }
}

/// `each`: some steps have an encoder of their own; which, `window` says.
fn encode(quality: Quality, pieces: &[&[u8]], each: bool, window: usize) -> Vec<u8> {
    let (mut it, mut kept, mut coded) = (Stream::new(quality), None, vec![]);
    let ends = std::iter::once((&b""[..], Flush::Finish));
    let dues = [Flush::None, Flush::None, Flush::Sync].into_iter().cycle();
    for (at, (mut input, due)) in pieces.iter().copied().zip(dues).chain(ends).enumerate() {
        loop {
            let mut out = vec![0; if at % 2 == 0 { 1024 } else { 64 << 10 }];
            let is_own = each && kept.is_none() && (at + window) % 3 != 1;
            let step = if is_own {
                let mut by = Encoder::of_piece(&it);
                it.step(&mut by, input, due.max(Flush::Sync), &mut out)
            } else {
                it.step(kept.get_or_insert_with(|| Encoder::new(&it)), input, due, &mut out)
            };
            let step = step.expect("no encoder fails");
            coded.extend_from_slice(&out[..step.written]);
            input = &input[step.consumed..];
            if each && it.is_flushed() && (at + window) % 5 > 2 {
                kept = None;
            }
            if !step.more {
                break;
            }
        }
        assert!(input.is_empty() && (due == Flush::None || it.is_flushed()));
    }
    assert_eq!(it.totals(), Some((pieces.concat().len() as u64, coded.len() as u64)));
    coded
}
