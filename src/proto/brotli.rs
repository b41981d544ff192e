//! The brotli coding of bodies (RFC 7932), in pieces of any size.

use brotli::enc::StandardAlloc;
use brotli::enc::encode::BrotliEncoderOperation as Operation;
use brotli::enc::encode::BrotliEncoderParameter as Parameter;
use brotli::enc::encode::BrotliEncoderStateStruct as State;

use super::gzip::{Flush, Step};

/// How bodies are coded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quality {
    /// 0 to 9.
    level: u8,
    /// The window is one of 2 to the power of this.
    window_bits: u8,
}

impl Default for Quality {
    /// `brotli_comp_level 6`, `brotli_window 512k`
    fn default() -> Self {
        Self { level: 6, window_bits: 19 }
    }
}

impl Quality {
    /// `level`: 0 to 11; 10 and 11 are 9. What they do to 8 KiB takes longer than 10 ms, and what they do to less is no
    /// smaller. `window`: a power of two in bytes, 1 KiB to 16 MiB. One that is larger than the body is made smaller.
    pub fn new(level: u32, window: usize, length: Option<u64>) -> Self {
        let level = level.min(9) as u8;
        // Below these the encoder takes no less memory, and from level 5 on 32 MiB.
        let least = if level < 5 { 16 } else { 17 };
        let mut bits = window.ilog2();
        while bits > least && length.is_some_and(|length| length + 16 <= 1 << (bits - 1)) {
            bits -= 1;
        }
        let bits = if level < 5 { bits } else { bits.max(least) };
        Self { level, window_bits: bits as u8 }
    }

    /// Bytes of memory that an encoder takes, at most.
    pub fn memory(self) -> usize {
        let table = match self.level {
            0..=5 => 1 << 20,
            6 => 2 << 20,
            7 => 8 << 20,
            8 => 16 << 20,
            _ => 32 << 20,
        };
        table + (2 << self.window_bits.max(16)) + (1 << 20)
    }

    /// Bytes of input that are coded at once: 8 ms of work at most, as measured with an optimised build.
    fn piece(self) -> usize {
        match self.level {
            0..=6 => 32 << 10,
            7 => 16 << 10,
            _ => 8 << 10,
        }
    }
}

/// The memory that coding takes, 1 to 34 MiB: windows and tables.
pub struct Encoder {
    it: Box<State<StandardAlloc>>,
    quality: Quality,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("quality", &self.quality).finish_non_exhaustive()
    }
}

impl Encoder {
    /// Begins `stream`, or goes on with it where it is [flushed](Stream::is_flushed).
    pub fn new(stream: &Stream) -> Self {
        Self::with(stream.quality, stream)
    }

    /// As `new`, for one step that flushes: it is made quickly.
    pub fn of_piece(stream: &Stream) -> Self {
        let quality = stream.quality;
        Self::with(Quality { level: quality.level.min(4), ..quality }, stream)
    }

    fn with(quality: Quality, stream: &Stream) -> Self {
        let mut it = Box::new(State::new(StandardAlloc::default()));
        it.set_parameter(Parameter::BROTLI_PARAM_QUALITY, quality.level.into());
        it.set_parameter(Parameter::BROTLI_PARAM_LGWIN, quality.window_bits.into());
        it.set_parameter(Parameter::BROTLI_PARAM_LGBLOCK, 16);
        if stream.is_begun {
            // Without the header, and without what depends on the bytes before.
            it.set_parameter(Parameter::BROTLI_PARAM_CATABLE, 1);
            it.set_parameter(Parameter::BROTLI_PARAM_BARE_STREAM, 1);
        }
        Self { it, quality }
    }

    pub fn quality(&self) -> Quality {
        self.quality
    }

    /// What was consumed, and what was written. None: the encoder has failed.
    fn run(&mut self, how: Operation, input: &[u8], out: &mut [u8]) -> Option<(usize, usize)> {
        let (mut consumed, mut written) = (0, 0);
        let (mut left, mut room) = (input.len(), out.len());
        let is_done = self.it.compress_stream(
            how,
            &mut left,
            input,
            &mut consumed,
            &mut room,
            out,
            &mut written,
            &mut None,
            &mut |_, _, _, _| (),
        );
        is_done.then_some((consumed, written))
    }
}

/// The last block, an empty one.
const END: u8 = 3;

/// One body in the making.
///
/// It needs an [`Encoder`] while there is something to code. Where it is flushed, another one may go on.
#[derive(Debug, Default)]
pub struct Stream {
    quality: Quality,
    read: u64,
    written: u64,
    /// Bytes that were put in since the last flush.
    unflushed: usize,
    is_begun: bool,
    is_ended: bool,
}

impl Stream {
    pub fn new(quality: Quality) -> Self {
        Self { quality, ..Self::default() }
    }

    pub fn quality(&self) -> Quality {
        self.quality
    }

    /// Bytes that were coded, and what they came to, once the body is whole.
    pub fn totals(&self) -> Option<(u64, u64)> {
        self.is_ended.then_some((self.read, self.written))
    }

    /// Nothing that was put in is still to be put out.
    pub fn is_flushed(&self) -> bool {
        self.unflushed == 0
    }

    /// Codes the next bytes of `input`, one piece at most, into `out`, which has room for 1 KiB at least. None: the
    /// encoder has failed.
    pub fn step(
        &mut self,
        by: &mut Encoder,
        input: &[u8],
        how: Flush,
        out: &mut [u8],
    ) -> Option<Step> {
        // What cannot be made smaller becomes a few bytes larger.
        let piece = by.quality.piece().min(out.len() / 2);
        let consumed = input.len().min(piece.saturating_sub(self.unflushed));
        let is_all = consumed == input.len();
        let is_due = how > Flush::None && is_all || self.unflushed + consumed >= piece;
        let input = &input[..consumed];
        let is_nothing = input.is_empty() && self.unflushed == 0 && self.is_begun;
        let mut written = 0;
        if !is_nothing && (is_due || !input.is_empty()) {
            let operation = match is_due {
                true => Operation::BROTLI_OPERATION_FLUSH,
                false => Operation::BROTLI_OPERATION_PROCESS,
            };
            let (taken, wrote) = by.run(operation, input, out)?;
            if taken < consumed || by.it.has_more_output() {
                return None;
            }
            written = wrote;
            self.is_begun = true;
            self.unflushed = if is_due { 0 } else { self.unflushed + consumed };
        }
        if is_all && how == Flush::Finish && !self.is_ended {
            *out.get_mut(written)? = END;
            written += 1;
            self.is_ended = true;
        }
        self.read += consumed as u64;
        self.written += written as u64;
        Some(Step { consumed, written, more: !is_all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes the pieces, each flushed as `how` says; with `each` every step has an encoder of its own.
    fn encode(pieces: &[&[u8]], how: Flush, quality: Quality, each: bool, room: usize) -> Vec<u8> {
        let (mut it, mut by, mut body) = (Stream::new(quality), None, vec![]);
        let ends = std::iter::once((&b""[..], Flush::Finish));
        for (mut input, how) in pieces.iter().map(|piece| (*piece, how)).chain(ends) {
            loop {
                let how = if each { how.max(Flush::Sync) } else { how };
                let mut out = vec![0; room];
                let encoder = by.get_or_insert_with(|| match each {
                    true => Encoder::of_piece(&it),
                    false => Encoder::new(&it),
                });
                let step = it.step(encoder, input, how, &mut out).unwrap();
                body.extend_from_slice(&out[..step.written]);
                input = &input[step.consumed..];
                if each {
                    by = None;
                }
                if !step.more {
                    break;
                }
            }
            assert!(input.is_empty() && (how == Flush::None || it.is_flushed()));
        }
        let read = pieces.iter().map(|piece| piece.len() as u64).sum();
        assert_eq!(it.totals(), Some((read, body.len() as u64)));
        body
    }

    fn decode(mut body: &[u8]) -> Vec<u8> {
        let mut text = vec![];
        brotli::BrotliDecompress(&mut body, &mut text).unwrap();
        text
    }

    fn text() -> Vec<u8> {
        (0..40_000_u32).map(|n| (n.wrapping_mul(n) >> 9) as u8 & 31).collect()
    }

    #[test]
    fn any_pieces_any_room_any_level() {
        let text = text();
        let few = [&text[..1], &text[1..1], &text[1..3], &text[3..35_000], &text[35_000..]];
        let many: Vec<&[u8]> = text[..3000].chunks(7).collect();
        for level in 0..=11 {
            for (pieces, room) in [(&few[..], 1024), (&few, 64 << 10), (&many, 64 << 10)] {
                let whole = pieces.concat();
                for how in [Flush::None, Flush::Sync] {
                    for each in [false, true] {
                        let quality = Quality::new(level, 512 << 10, None);
                        let body = encode(pieces, how, quality, each, room);
                        assert!(decode(&body) == whole, "{level} {room} {how:?} {each}");
                    }
                }
            }
        }
    }

    #[test]
    fn any_window() {
        let text = text();
        for level in [0, 2, 4, 5, 9] {
            for bits in [10, 15, 16, 17, 18, 24] {
                let quality = Quality::new(level, 1 << bits, None);
                for each in [false, true] {
                    let body = encode(&[&text], Flush::None, quality, each, 64 << 10);
                    assert!(decode(&body) == text, "{level} {bits} {each}");
                }
            }
        }
    }

    #[test]
    fn another_encoder_goes_on_at_another_level() {
        let text = text();
        let (mut it, mut body) = (Stream::default(), vec![]);
        for (at, piece) in text.chunks(3000).enumerate() {
            let mut by = Encoder::with(Quality::new(at as u32 % 12, 512 << 10, None), &it);
            let mut out = vec![0; 64 << 10];
            let step = it.step(&mut by, piece, Flush::Sync, &mut out).unwrap();
            assert_eq!(step.consumed, piece.len());
            body.extend_from_slice(&out[..step.written]);
        }
        body.push(END);
        assert!(decode(&body) == text);
    }

    #[test]
    fn what_cannot_be_made_smaller_fits_the_room() {
        let mut seed = 1_u64;
        let mut noise = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 56) as u8
        };
        let text: Vec<u8> = (0..40_000).map(|_| noise()).collect();
        for level in 0..=9 {
            for room in [1024, 4096, 64 << 10] {
                for each in [false, true] {
                    let quality = Quality::new(level, 512 << 10, None);
                    let body = encode(&[&text], Flush::None, quality, each, room);
                    assert!(decode(&body) == text, "{level} {room} {each}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_a_body_too() {
        for each in [false, true] {
            let body = encode(&[], Flush::None, Quality::new(6, 512 << 10, None), each, 1024);
            assert_eq!(decode(&body), b"");
        }
    }

    #[test]
    fn nothing_is_flushed_twice() {
        let mut it = Stream::default();
        let mut by = Encoder::new(&it);
        let mut out = [0; 1024];
        assert_eq!(it.step(&mut by, b"abc", Flush::None, &mut out).unwrap().written, 0);
        assert!(!it.is_flushed());
        assert!(it.step(&mut by, b"", Flush::Sync, &mut out).unwrap().written > 0);
        assert!(it.is_flushed());
        assert_eq!(it.step(&mut by, b"", Flush::Sync, &mut out), Some(Step::NOTHING));
    }

    #[test]
    fn the_window_is_no_larger_than_the_body() {
        let bits = |level, window, length| Quality::new(level, window, length).window_bits;
        assert_eq!(bits(6, 512 << 10, None), 19);
        assert_eq!(bits(6, 512 << 10, Some(100)), 17);
        assert_eq!(bits(4, 512 << 10, Some(100)), 16);
        assert_eq!(bits(4, 512 << 10, Some((1 << 18) - 16)), 18);
        assert_eq!(bits(4, 512 << 10, Some((1 << 18) - 15)), 19);
        assert_eq!(bits(6, 512 << 10, Some(u64::MAX / 2)), 19);
        assert_eq!((bits(4, 1024, Some(9)), bits(5, 1024, None)), (10, 17));
    }
}
