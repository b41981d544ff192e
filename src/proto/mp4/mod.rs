//! Parts of MP4 files (ISO/IEC 14496-12) that play by themselves: the samples of a time, behind a `moov` box that is
//! about them alone.
//!
//! A [`Cutter`] reads the boxes of a file on the outside, all of `moov`, and nothing of what the samples are. It does
//! so in steps: each says which bytes of the file it needs next, or that there is more to do, and costs no more than
//! a piece of the file or a pass over one table. What it holds is the size of `moov`, which has a limit, and of the
//! new `moov`, which is not larger by more than a few boxes a track.
//!
//! Lengths and numbers in a file are what its author says. Every box must lie within the one around it, and every
//! table within its box; the samples that are sent lie within `mdat`, whatever the tables say.

mod ask;
mod boxes;
mod duration;
mod movie;
mod output;
mod table;
mod track;
mod write;
mod wrong;

#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use ask::Ask;
use boxes::{Header, parse_header};
use movie::Movie;
pub use wrong::Wrong;

/// What follows a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// These bytes of the file, all of them, are to be given to [`Cutter::read`].
    Read(Range<u64>),
    /// There is more to do.
    More,
    /// The file itself is what is wanted.
    Whole,
    Cut(Part),
}

/// A part of a file: bytes, and what of the file follows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    pub head: Vec<u8>,
    pub samples: Range<u64>,
}

/// Cuts one file.
#[derive(Debug)]
pub struct Cutter {
    ask: Ask,
    /// Of the file.
    len: u64,
    /// Where the next box begins.
    at: u64,
    /// The header that was read last.
    header: Vec<u8>,
    state: State,
    ftyp: Option<Vec<u8>>,
    mdat: Option<Range<u64>>,
    movie: Option<Movie>,
    /// What is in `moov`.
    moov: Vec<u8>,
    /// Of the new file.
    head: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// At a box of the file.
    Header,
    /// Up to this byte.
    Ftyp(u64),
    Moov(u64),
    /// `moov` is being cut.
    Cut,
    Write,
    Done,
}

/// Bytes that `ftyp` may have: a brand takes four of them.
const MAX_FTYP: u64 = 1024;

impl Cutter {
    /// For a file of `len` bytes.
    pub fn new(ask: Ask, len: u64) -> Self {
        Self {
            ask,
            len,
            at: 0,
            header: Vec::new(),
            state: State::Header,
            ftyp: None,
            mdat: None,
            movie: None,
            moov: Vec::new(),
            head: Vec::new(),
        }
    }

    /// The bytes that the last step has asked for.
    pub fn read(&mut self, bytes: &[u8]) {
        match self.state {
            State::Header => {
                self.header.clear();
                self.header.extend_from_slice(bytes);
            }
            State::Ftyp(_) => self.ftyp.get_or_insert_default().extend_from_slice(bytes),
            State::Moov(_) => self.moov.extend_from_slice(bytes),
            State::Cut | State::Write | State::Done => return,
        }
        if self.state != State::Header {
            self.at += bytes.len() as u64;
        }
    }

    /// The error ends it.
    pub fn step(&mut self) -> Result<Step, Wrong> {
        match self.state {
            State::Header if !self.header.is_empty() => self.enter_box(),
            State::Header if self.at == self.len || self.is_complete() => self.begin_writing(),
            State::Header => {
                let left = self.len.saturating_sub(self.at);
                // Nothing that has no length is a box.
                match left < 4 {
                    true => Err(Wrong::Truncated),
                    false => Ok(Step::Read(self.at..self.at + left.min(16))),
                }
            }
            State::Ftyp(end) | State::Moov(end) if self.at < end => {
                Ok(Step::Read(self.at..end.min(self.at + self.ask.piece.max(1))))
            }
            State::Ftyp(_) => {
                self.state = State::Header;
                Ok(Step::More)
            }
            State::Moov(_) => {
                self.movie = Some(Movie::new(self.ask, self.moov.len()));
                self.state = State::Cut;
                Ok(Step::More)
            }
            State::Cut => {
                let Some(movie) = &mut self.movie else { return Err(Wrong::Missing("trak")) };
                if movie.step(&self.moov)? {
                    self.state = State::Header;
                }
                Ok(Step::More)
            }
            State::Write => self.write(),
            State::Done => Err(Wrong::Truncated),
        }
    }

    fn is_complete(&self) -> bool {
        self.mdat.is_some() && self.movie.as_ref().is_some_and(Movie::has_tracks)
    }

    fn enter_box(&mut self) -> Result<Step, Wrong> {
        let header = parse_header(&self.header, self.len - self.at);
        self.header.clear();
        let Some(Header { name, header, size }) = header? else {
            // A size of 0 ends the boxes.
            self.at = self.len;
            return Ok(Step::More);
        };
        let (data, end) = (self.at + header, self.at + size);
        self.at = end;
        match &name {
            b"ftyp" => {
                if self.ftyp.is_some() {
                    return Err(Wrong::Duplicate("ftyp"));
                }
                if end - data > MAX_FTYP {
                    return Err(Wrong::LargeFtyp(end - data));
                }
                self.ftyp = Some(Vec::new());
                (self.at, self.state) = (data, State::Ftyp(end));
            }
            b"moov" => {
                if self.movie.is_some() {
                    return Err(Wrong::Duplicate("moov"));
                }
                if self.mdat.is_none() && self.ask.start == 0 && self.ask.length == 0 {
                    self.state = State::Done;
                    return Ok(Step::Whole);
                }
                if end - data > self.ask.max_moov {
                    return Err(Wrong::LargeMoov(end - data));
                }
                self.moov.reserve_exact(usize::try_from(end - data).unwrap_or(0));
                (self.at, self.state) = (data, State::Moov(end));
            }
            b"mdat" if self.mdat.is_some() => return Err(Wrong::Duplicate("mdat")),
            b"mdat" => self.mdat = Some(data..end),
            _ => {}
        }
        Ok(Step::More)
    }

    fn begin_writing(&mut self) -> Result<Step, Wrong> {
        if !self.movie.as_ref().is_some_and(Movie::has_tracks) {
            return Err(Wrong::Missing("trak"));
        }
        if self.mdat.is_none() {
            return Err(Wrong::NoMdat);
        }
        self.state = State::Write;
        Ok(Step::More)
    }

    fn write(&mut self) -> Result<Step, Wrong> {
        let (Some(movie), Some(mdat)) = (&mut self.movie, &self.mdat) else {
            return Err(Wrong::NoMdat);
        };
        let ftyp = self.ftyp.as_deref();
        let Some(samples) = movie.write(&self.moov, ftyp, mdat, &mut self.head)? else {
            return Ok(Step::More);
        };
        self.state = State::Done;
        self.moov = Vec::new();
        Ok(Step::Cut(Part { head: std::mem::take(&mut self.head), samples }))
    }
}
