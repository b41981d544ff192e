//! What the filters of a body keep for one response, so that they can go on with the next piece.
//!
//! Whatever a filter holds is bounded by one piece that it was given, and while it holds some it is not given more:
//! `Request::held` has its bit.

use std::collections::VecDeque;
use std::fs::File;
use std::ops::Range;
use std::rc::Rc;

use super::charsets::{Character, CharsetId};
use super::filters::FileBody;
use super::slice::Slice;
use super::ssi::{Ssi, SsiShared};
use crate::base::ids::RequestId;
use crate::base::recycle::empty;
use crate::base::strings::Strings;
use crate::proto::brotli;
use crate::proto::gzip::{Compressor, Decompressor, Deflate, Flush, Inflate};
use crate::proto::substitute::Substitution;

/// One for all filters; `Request::ctx` has it once one of them needs it.
#[derive(Debug, Default)]
pub struct Ctx {
    /// Of a main request.
    pub slice: Option<Box<Slice>>,
    pub range: Cut,
    /// `add_before_body` was obeyed.
    pub added_before: bool,
    pub sub: Sub,
    pub charset: Recoding,
    pub ssi: Ssi,
    pub ssi_held: Held,
    /// Of a main request.
    pub ssi_shared: Option<Box<SsiShared>>,
    pub postponed: Postponed,
    /// The body of a subrequest that is kept in memory.
    pub body: Vec<u8>,
    pub brotli: Coder<brotli::Stream, brotli::Encoder>,
    pub gzip: Coder<Deflate, Compressor>,
    pub gunzip: Coder<Inflate, Decompressor>,
    pub spool: Option<Spool>,
}

impl Ctx {
    /// There is a file, and room in it, for what the client does not take.
    pub fn takes_more(&self) -> bool {
        self.spool.as_ref().is_some_and(Spool::has_room)
    }

    /// Makes it as new. What the worker has lent was given back before.
    pub fn clear(&mut self) {
        self.slice = None;
        self.range.parts = Vec::new();
        self.added_before = false;
        self.sub.clear();
        self.charset.clear();
        self.ssi.clear();
        self.ssi_held.clear();
        self.ssi_shared = None;
        self.postponed.clear();
        empty(&mut self.body);
        self.brotli.clear();
        self.gzip.clear();
        self.gunzip.clear();
        self.spool = None;
    }
}

/// The parts of a body that are sent.
#[derive(Debug, Default)]
pub struct Cut {
    /// Of one part: the bytes before it, and its own, that are still to come.
    pub skip: u64,
    pub left: u64,
    /// Of several: each behind some bytes of its own.
    pub parts: Vec<(Vec<u8>, Range<u64>)>,
    /// Behind the last of several.
    pub end: Vec<u8>,
}

impl Cut {
    /// What of the next bytes lies in the one part.
    pub fn cut<'a>(&mut self, data: &'a [u8]) -> &'a [u8] {
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
        self.skip -= skip as u64;
        let data = &data[skip..];
        let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(data.len());
        self.left -= take as u64;
        &data[..take]
    }

    /// As `cut`, of a part of a file with this length.
    pub fn cut_file(&mut self, len: u64) -> Range<u64> {
        let skip = self.skip.min(len);
        self.skip -= skip;
        let take = self.left.min(len - skip);
        self.left -= take;
        skip..skip + take
    }
}

/// A body that is compressed or decompressed.
#[derive(Debug)]
pub struct Coder<Stream, Memory> {
    pub stream: Stream,
    /// Lent by the worker while there is something to do.
    pub memory: Option<Memory>,
    pub held: Held,
}

impl<Stream: Default, Memory> Default for Coder<Stream, Memory> {
    fn default() -> Self {
        Self { stream: Stream::default(), memory: None, held: Held::default() }
    }
}

impl<Stream: Default, Memory> Coder<Stream, Memory> {
    fn clear(&mut self) {
        self.stream = Stream::default();
        self.memory = None;
        self.held.clear();
    }
}

/// A body in which strings are replaced.
#[derive(Debug, Default)]
pub struct Sub {
    pub stream: Substitution,
    /// Those of this response, if variables are a part of them.
    pub strings: Option<Box<OwnStrings>>,
    pub held: Held,
}

/// Strings that variables have been a part of.
#[derive(Debug)]
pub struct OwnStrings {
    pub strings: Strings,
    /// Of each, where it stands in the configuration: those that came to nothing are left out.
    pub lines: Vec<usize>,
}

impl Sub {
    fn clear(&mut self) {
        self.stream = Substitution::default();
        self.strings = None;
        self.held.clear();
    }
}

/// Input that a filter has not yet dealt with: the client is to take what came of the rest first, or others are to
/// have their turn.
#[derive(Debug, Default)]
pub struct Held {
    pub bytes: Vec<u8>,
    /// How many of `bytes` have been encoded or decoded.
    pub done: usize,
    /// Behind `bytes`.
    pub file: Option<FileBody>,
    /// What is due behind all of it.
    pub flush: Flush,
}

impl Held {
    pub fn clear(&mut self) {
        empty(&mut self.bytes);
        (self.done, self.file, self.flush) = (0, None, Flush::None);
    }
}

/// A body that goes from one charset to another.
#[derive(Debug, Default)]
pub struct Recoding {
    pub recode: Option<(CharsetId, CharsetId)>,
    /// The character that the last piece has ended in.
    pub begun: Character,
    pub held: Held,
    /// The charset of the whole, if the bodies of subrequests go into it; empty: unknown.
    pub name: Vec<u8>,
}

impl Recoding {
    fn clear(&mut self) {
        (self.recode, self.begun) = (None, Character::default());
        self.held.clear();
        self.name.clear();
    }
}

/// What waits for the body of a subrequest, in order.
#[derive(Debug, Default)]
pub struct Postponed {
    pub queue: VecDeque<Part>,
    /// The last byte of the request's own body is in the queue, or was before.
    pub last: bool,
}

/// A part of the body of a request that has started subrequests.
#[derive(Debug)]
pub enum Part {
    /// The body of this subrequest.
    Subrequest(RequestId),
    Bytes(Vec<u8>),
    File(FileBody),
}

impl Postponed {
    pub fn clear(&mut self) {
        self.queue.clear();
        self.last = false;
    }
}

/// The part of a response that its client is not ready for, in a file without a name.
#[derive(Debug)]
pub struct Spool {
    pub file: Rc<File>,
    /// The bytes of it that were passed on, and those that were written.
    pub passed: u64,
    pub len: u64,
    /// `proxy_max_temp_file_size`: from this length on nothing more is read for it.
    pub max: u64,
    /// The last byte of the body is in it.
    pub last: bool,
}

impl Spool {
    pub fn has_room(&self) -> bool {
        self.len < self.max
    }
}
