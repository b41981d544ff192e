//! The memory of compressors and decompressors: lent to a response while something of its body passes through, and
//! used again.

use super::ctx::Ctx;
use crate::proto::brotli::{Encoder, Stream};
use crate::proto::gzip::{Compressor, Decompressor};

/// Those that are not lent.
#[derive(Default)]
pub struct Coders {
    /// By level.
    compressors: [Vec<Compressor>; 9],
    decompressors: Vec<Decompressor>,
    /// How many of the first are here, and how many bodies have.
    idle: usize,
    lent: usize,
    /// Bytes that the encoders of brotli take which bodies have.
    encoders: usize,
}

/// Compressors are kept up to this number: 4 MiB.
const COMPRESSORS: usize = 16;
/// While more bodies than these have one, a body that pauses gives its own back: 17 MiB.
const LENT: usize = 64;
/// Bytes of memory for the encoders of brotli, of which there may be one in any case: 16 of `brotli_comp_level 6`, one
/// of level 9.
const ENCODERS: usize = 64 << 20;

impl Coders {
    /// `level`: 1 to 9.
    pub fn compressor(&mut self, level: u8) -> Compressor {
        self.lent += 1;
        match self.compressors[usize::from(level) - 1].pop() {
            Some(mut it) => {
                self.idle -= 1;
                it.reset();
                it
            }
            None => {
                // Those of levels that are not asked for make room.
                if self.idle == COMPRESSORS {
                    let unused = self.compressors.iter_mut().find(|of_level| !of_level.is_empty());
                    unused.and_then(Vec::pop);
                    self.idle -= 1;
                }
                Compressor::new(level)
            }
        }
    }

    pub fn give(&mut self, it: Compressor) {
        self.lent -= 1;
        if self.idle < COMPRESSORS {
            self.idle += 1;
            self.compressors[usize::from(it.level()) - 1].push(it);
        }
    }

    /// More bodies than `LENT` have a compressor: one that pauses should give its own back.
    pub fn are_scarce(&self) -> bool {
        self.lent > LENT
    }

    pub fn decompressor(&mut self) -> Decompressor {
        self.decompressors.pop().unwrap_or_default()
    }

    pub fn give_decompressor(&mut self, it: Decompressor) {
        if self.decompressors.len() < COMPRESSORS {
            self.decompressors.push(it);
        }
    }

    /// One that the stream keeps between its pieces. None: others have the memory for it.
    pub fn encoder(&mut self, stream: &Stream) -> Option<Encoder> {
        let memory = self.encoders + stream.quality().memory();
        (memory <= ENCODERS || self.encoders == 0).then(|| {
            self.encoders = memory;
            Encoder::new(stream)
        })
    }

    pub fn give_encoder(&mut self, it: Encoder) {
        self.encoders -= it.quality().memory();
    }

    /// Takes what the filters of a response have.
    pub fn give_back(&mut self, ctx: &mut Ctx) {
        if let Some(it) = ctx.brotli.memory.take() {
            self.give_encoder(it);
        }
        if let Some(it) = ctx.gzip.memory.take() {
            self.give(it);
        }
        if let Some(it) = ctx.gunzip.memory.take() {
            self.give_decompressor(it);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::brotli::Quality;

    #[test]
    fn encoders_have_a_share_of_the_memory() {
        let (mut coders, stream) = (Coders::default(), Stream::default());
        let mut many: Vec<_> = std::iter::from_fn(|| coders.encoder(&stream)).collect();
        assert_eq!(many.len(), 16);
        coders.give_encoder(many.pop().unwrap());
        assert!(coders.encoder(&stream).is_some() && coders.encoder(&stream).is_none());
        many.into_iter().for_each(|it| coders.give_encoder(it));
        assert_eq!(coders.encoders, stream.quality().memory());
        // The largest there is.
        let large = Stream::new(Quality::new(9, 16 << 20, None));
        assert!(Coders::default().encoder(&large).is_some());
    }

    #[test]
    fn few_are_kept_and_those_of_the_level_in_use() {
        let mut coders = Coders::default();
        let many: Vec<_> = (0..LENT + 1).map(|_| coders.compressor(1)).collect();
        assert!(coders.are_scarce());
        many.into_iter().for_each(|it| coders.give(it));
        assert!(!coders.are_scarce());
        assert_eq!((coders.idle, coders.compressors[0].len()), (COMPRESSORS, COMPRESSORS));
        let it = coders.compressor(6);
        coders.give(it);
        assert_eq!((coders.compressors[0].len(), coders.compressors[5].len()), (15, 1));
        assert_eq!((coders.idle, coders.lent), (COMPRESSORS, 0));
    }
}
