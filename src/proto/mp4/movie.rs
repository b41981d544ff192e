//! `moov`: its head, its tracks, and the bytes of a new one.

use std::cmp::Ordering;
use std::ops::Range;

use super::ask::Ask;
use super::boxes::{Boxes, HEADER, LONG_HEADER};
use super::duration::Duration;
use super::output;
use super::track::Track;
use super::write::Chunks;
use super::wrong::{End, Wrong};

/// What is known of a `moov` whose bytes are given to each call.
#[derive(Debug)]
pub struct Movie {
    ask: Ask,
    boxes: Boxes,
    head: Option<Duration>,
    /// A track, and how many of its tables have been cut.
    cutting: Option<(Track, usize)>,
    tracks: Vec<Track>,
    /// Tracks that have been written, with the places of their offsets.
    written: Vec<Chunks>,
    /// How many of those have got their offsets.
    moved: usize,
    /// What is added to each.
    by: i128,
    samples: Range<u64>,
}

/// How many boxes a step passes over.
const PASSED: usize = 256;

impl Movie {
    pub fn new(ask: Ask, len: usize) -> Self {
        Self {
            ask,
            boxes: Boxes::new(0..len),
            head: None,
            cutting: None,
            tracks: Vec::new(),
            written: Vec::new(),
            moved: 0,
            by: 0,
            samples: 0..0,
        }
    }

    pub fn has_tracks(&self) -> bool {
        !self.tracks.is_empty()
    }

    /// True: all of it has been read and cut.
    pub fn step(&mut self, moov: &[u8]) -> Result<bool, Wrong> {
        if let Some((track, stage)) = &mut self.cutting {
            match track.cut(*stage, moov, &self.ask)? {
                true => *stage += 1,
                false => self.tracks.extend(self.cutting.take().map(|(track, _)| track)),
            }
            return Ok(false);
        }
        for _ in 0..PASSED {
            let Some((name, data)) = self.boxes.next(moov)? else { return Ok(true) };
            match &name {
                b"mvhd" if self.head.is_some() => return Err(Wrong::Duplicate("mvhd")),
                b"mvhd" => {
                    let head = Duration::of_movie(moov, data, &self.ask)?;
                    if head.ends == Ordering::Less {
                        return Err(Wrong::StartExceedsDuration);
                    }
                    self.head = Some(head);
                }
                b"trak" => {
                    let timescale = self.head.as_ref().map_or(0, |it| it.timescale);
                    // A track that has ended by the start is not there.
                    let track = Track::parse(moov, data, timescale, &self.ask)?;
                    self.cutting = track.map(|track| (track, 0));
                    return Ok(false);
                }
                b"cmov" => return Err(Wrong::Compressed),
                _ => {}
            }
        }
        Ok(false)
    }

    /// Appends some of the new file, which begins with `ftyp`. The samples that follow it, once it is whole.
    pub fn write(
        &mut self,
        moov: &[u8],
        ftyp: Option<&[u8]>,
        mdat: &Range<u64>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Range<u64>>, Wrong> {
        if out.is_empty() {
            out.reserve_exact(moov.len());
            if let Some(ftyp) = ftyp {
                output::of_bytes(b"ftyp", ftyp, out);
            }
            output::header(b"moov", out);
            if let Some(head) = &self.head {
                head.write(b"mvhd", moov, out);
            }
            return Ok(None);
        }
        if let Some(track) = self.tracks.get(self.written.len()) {
            self.written.push(track.write(moov, out));
            if self.written.len() == self.tracks.len() {
                self.end_head(ftyp, mdat, out)?;
            }
            return Ok(None);
        }
        match self.written.get(self.moved) {
            None => Ok(Some(self.samples.clone())),
            Some(chunks) => {
                chunks.add(self.by, out)?;
                self.moved += 1;
                Ok(None)
            }
        }
    }

    /// All tracks are there: from now on it is known where the samples are.
    fn end_head(
        &mut self,
        ftyp: Option<&[u8]>,
        mdat: &Range<u64>,
        out: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        let at = ftyp.map_or(0, |ftyp| ftyp.len() + HEADER as usize);
        output::end(at, out)?;
        self.samples = self.samples_in(mdat)?;
        let len = self.samples.end - self.samples.start;
        match u32::try_from(len + HEADER) {
            Ok(size) => {
                out.extend_from_slice(&size.to_be_bytes());
                out.extend_from_slice(b"mdat");
            }
            Err(_) => {
                out.extend_from_slice(b"\0\0\0\x01mdat");
                out.extend_from_slice(&(len + LONG_HEADER).to_be_bytes());
            }
        }
        self.by = out.len() as i128 - i128::from(self.samples.start);
        Ok(())
    }

    /// Those of all tracks, which lie somewhere in `mdat`.
    fn samples_in(&self, mdat: &Range<u64>) -> Result<Range<u64>, Wrong> {
        let starts = self.tracks.iter().filter_map(|it| it.samples.as_ref().map(|it| it.start));
        let start = starts.min().ok_or(Wrong::NoData)?;
        if !(mdat.start..=mdat.end).contains(&start) {
            return Err(Wrong::Out(End::Start, "mdat atom"));
        }
        let ends = self.tracks.iter().filter_map(|it| it.samples.as_ref().map(|it| it.end));
        let end = ends.max().unwrap_or(start).min(mdat.end);
        if end <= start { Err(Wrong::NoData) } else { Ok(start..end) }
    }
}
