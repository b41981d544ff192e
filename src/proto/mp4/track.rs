//! `trak`: its boxes, and what a cut leaves of its tables.

use std::cmp::Ordering;
use std::ops::Range;

use super::ask::{Ask, scale};
use super::boxes::{Boxes, Name, u32_at};
use super::duration::Duration;
use super::table::{Runs, Table};
use super::wrong::{End, Wrong};

/// A track whose bytes, those of `moov`, are given to each call.
#[derive(Debug, Default)]
pub struct Track {
    pub head: Option<Duration>,
    pub media: Option<Duration>,
    /// Boxes that stay as they are.
    pub copied: Vec<(Name, Range<usize>)>,
    /// Boxes around others that were there.
    groups: Vec<Name>,
    /// Durations of samples.
    pub stts: Option<Table>,
    /// Numbers of samples that are key frames.
    pub stss: Option<Table>,
    /// When samples are shown, after they have been decoded.
    pub ctts: Option<Table>,
    /// How many samples a chunk has.
    pub stsc: Option<Table>,
    pub sizes: Option<Sizes>,
    /// Where chunks begin: `stco` or `co64`.
    pub places: Option<Table>,

    // What is left of it.
    /// The first sample, from 0 on, and the one behind the last. None: all that follow.
    pub start: u64,
    pub end: Option<u64>,
    /// How long the samples last that are before the time that was asked for.
    pub prefix: u64,
    pub times: Runs,
    pub keys: Range<usize>,
    pub offsets: Runs,
    pub chunks: Range<usize>,
    /// Samples of the first chunk that are not sent.
    skipped: u32,
    /// Samples of the last chunk up to the end. None: all.
    taken: Option<u32>,
    /// Where in the file the samples are. None: there are none.
    pub samples: Option<Range<u64>>,
}

/// `stsz`
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Of all samples; 0: each has its own.
    pub uniform: u32,
    pub samples: u64,
    pub table: Table,
}

type Pass = fn(&mut Track, &[u8], &Ask) -> Result<(), Wrong>;

/// The passes of a cut, each over one table or two.
const PASSES: [Pass; 5] =
    [Track::cut_times, Track::cut_keys, Track::cut_offsets, Track::cut_chunks, Track::cut_sizes];

impl Track {
    /// `timescale`: that of the movie. None: it ends before the start.
    pub fn parse(
        moov: &[u8],
        data: Range<usize>,
        timescale: u32,
        ask: &Ask,
    ) -> Result<Option<Self>, Wrong> {
        let mut track = Self::default();
        let mut boxes = Boxes::new(data);
        while let Some((name, data)) = boxes.next(moov)? {
            match &name {
                b"tkhd" if track.head.is_some() => return Err(Wrong::Duplicate("tkhd")),
                b"tkhd" => {
                    track.head = Some(Duration::of_track(moov, data, timescale, ask)?);
                }
                b"mdia" => track.parse_media(moov, data, ask)?,
                _ => {}
            }
            if track.is_over() {
                return Ok(None);
            }
        }
        Ok(Some(track))
    }

    fn is_over(&self) -> bool {
        [&self.head, &self.media].into_iter().flatten().any(|it| it.ends != Ordering::Greater)
    }

    fn parse_media(&mut self, moov: &[u8], data: Range<usize>, ask: &Ask) -> Result<(), Wrong> {
        self.enter(b"mdia", "mdia")?;
        let mut boxes = Boxes::new(data);
        while let Some((name, data)) = boxes.next(moov)? {
            match &name {
                b"mdhd" if self.media.is_some() => return Err(Wrong::Duplicate("mdhd")),
                b"mdhd" => {
                    self.media = Some(Duration::of_media(moov, data, ask)?);
                    if self.is_over() {
                        return Ok(());
                    }
                }
                b"hdlr" => self.keep(name, data, "hdlr")?,
                b"minf" => self.parse_information(moov, data)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn parse_information(&mut self, moov: &[u8], data: Range<usize>) -> Result<(), Wrong> {
        self.enter(b"minf", "minf")?;
        let mut boxes = Boxes::new(data);
        while let Some((name, data)) = boxes.next(moov)? {
            match &name {
                b"vmhd" | b"smhd" => self.keep(name, data, "vmhd/smhd")?,
                b"dinf" => self.keep(name, data, "dinf")?,
                b"stbl" => self.parse_tables(moov, data)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn parse_tables(&mut self, moov: &[u8], data: Range<usize>) -> Result<(), Wrong> {
        self.enter(b"stbl", "stbl")?;
        let mut boxes = Boxes::new(data);
        while let Some((name, data)) = boxes.next(moov)? {
            let data = &data;
            match &name {
                b"stsd" if data.len() < 16 => return Err(Wrong::Small("stsd")),
                b"stsd" => self.keep(name, data.clone(), "stsd")?,
                b"stts" => once(&mut self.stts, "stts", Table::parse("stts", moov, data, 0, 8))?,
                b"stss" => once(&mut self.stss, "stss", Table::parse("stss", moov, data, 0, 4))?,
                b"ctts" => once(&mut self.ctts, "ctts", Table::parse("ctts", moov, data, 0, 8))?,
                b"stsc" => once(&mut self.stsc, "stsc", Table::parse("stsc", moov, data, 0, 12))?,
                b"stsz" => once(&mut self.sizes, "stsz", Sizes::parse(moov, data))?,
                b"stco" => {
                    let table = Table::parse("stco", moov, data, 0, 4);
                    once(&mut self.places, "stco/co64", table)?;
                }
                b"co64" => {
                    let table = Table::parse("co64", moov, data, 0, 8);
                    once(&mut self.places, "stco/co64", table)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn enter(&mut self, name: &Name, text: &'static str) -> Result<(), Wrong> {
        if self.groups.contains(name) {
            return Err(Wrong::Duplicate(text));
        }
        self.groups.push(*name);
        Ok(())
    }

    fn keep(&mut self, name: Name, data: Range<usize>, text: &'static str) -> Result<(), Wrong> {
        let is_same = |(known, _): &(Name, Range<usize>)| {
            *known == name || text == "vmhd/smhd" && [b"vmhd", b"smhd"].contains(&known)
        };
        if self.copied.iter().any(is_same) {
            return Err(Wrong::Duplicate(text));
        }
        self.copied.push((name, data));
        Ok(())
    }

    /// One pass of the cut. False: there is none with this number.
    pub fn cut(&mut self, pass: usize, moov: &[u8], ask: &Ask) -> Result<bool, Wrong> {
        let Some(pass) = PASSES.get(pass) else { return Ok(false) };
        pass(self, moov, ask).map(|()| true)
    }

    fn cut_times(&mut self, moov: &[u8], ask: &Ask) -> Result<(), Wrong> {
        let Some(table) = self.stts.take() else { return Err(Wrong::Missing("stts")) };
        let timescale = self.media.as_ref().map_or(0, |it| it.timescale);
        let mut runs = Runs::whole(&table);
        let (mut entry, rest, sample) = find_time(moov, &table, &runs, scale(ask.start, timescale))
            .map_err(|_| Wrong::Out(End::Start, "stts samples"))?;
        let start = sample + rest;
        let mut back = self.samples_to_key(moov, ask, start);
        self.start = start - back;
        // The samples from the key frame on, entry by entry.
        let mut rest = rest;
        let run =
            |entry| (u64::from(table.get(moov, entry, 0)), u64::from(table.get(moov, entry, 1)));
        let (mut count, mut duration) = run(entry);
        while rest < back && entry > 0 {
            self.prefix = self.prefix.saturating_add(rest * duration);
            back -= rest;
            entry -= 1;
            (count, duration) = run(entry);
            rest = count;
        }
        let back = back.min(rest);
        self.prefix = self.prefix.saturating_add(back * duration);
        rest -= back;
        runs.entries.start = entry;
        // Neither is more than the number in the table.
        runs.first = Some((count - rest) as u32);
        if ask.length > 0 {
            let time = scale(ask.length, timescale).saturating_add(self.prefix);
            self.end = Some(match find_time(moov, &table, &runs, time) {
                Ok((entry, rest, sample)) => {
                    runs.end(entry, rest as u32);
                    self.start + sample + rest
                }
                Err(samples) => self.start + samples,
            });
        }
        if let Some(media) = &mut self.media {
            media.duration = media.duration.saturating_add(self.prefix);
        }
        (self.times, self.stts) = (runs, Some(table));
        Ok(())
    }

    /// From a sample back to the key frame that it needs; 0 if there is none before it.
    fn samples_to_key(&self, moov: &[u8], ask: &Ask, sample: u64) -> u64 {
        let Some(table) = self.stss.as_ref().filter(|_| ask.key_frame) else { return 0 };
        let keys = (0..table.entries).map(|entry| u64::from(table.get(moov, entry, 0)));
        // Samples are numbered from 1 on here.
        let before = keys.take_while(|&key| key <= sample + 1).last();
        before.map_or(0, |key| sample + 1 - key.max(1))
    }

    fn cut_keys(&mut self, moov: &[u8], _: &Ask) -> Result<(), Wrong> {
        let Some(table) = &self.stss else { return Ok(()) };
        let first = |from: usize, sample: u64| {
            let is_behind = |&entry: &usize| u64::from(table.get(moov, entry, 0)) > sample;
            (from..table.entries).find(is_behind).unwrap_or(table.entries)
        };
        let start = first(0, self.start);
        let end = self.end.map_or(table.entries, |end| first(start, end));
        self.keys = start..end;
        Ok(())
    }

    fn cut_offsets(&mut self, moov: &[u8], _: &Ask) -> Result<(), Wrong> {
        let Some(table) = &self.ctts else { return Ok(()) };
        let mut runs = Runs::whole(table);
        match find_sample(moov, table, &runs, self.start) {
            Some((entry, rest)) => {
                runs.entries.start = entry;
                runs.first = Some(table.get(moov, entry, 0) - rest);
            }
            None => runs.entries.start = runs.entries.end,
        }
        if let Some(end) = self.end {
            if let Some((entry, rest)) = find_sample(moov, table, &runs, end - self.start) {
                runs.end(entry, rest);
            }
        }
        self.offsets = runs;
        Ok(())
    }

    fn cut_chunks(&mut self, moov: &[u8], _: &Ask) -> Result<(), Wrong> {
        let Some(table) = &self.stsc else { return Err(Wrong::Missing("stsc")) };
        let Some(places) = &self.places else { return Err(Wrong::Missing("stco")) };
        if table.entries == 0 {
            return Err(Wrong::NoEntries);
        }
        let mut before = 0_u64;
        let (mut start, mut end) = (None, None);
        for run in chunk_runs(moov, table, places.entries) {
            let run = run?;
            let samples = (run.chunks.len() as u64).saturating_mul(u64::from(run.samples));
            let behind = before.saturating_add(samples);
            // The quotients are less than the chunks of the run, the remainders less than the samples of one.
            if start.is_none() && self.start < behind {
                let from = self.start - before;
                let chunk = run.chunks.start + (from / u64::from(run.samples)) as usize;
                start = Some((chunk, (from % u64::from(run.samples)) as u32));
            }
            if let Some(last) = self.end.filter(|&end| before < end && end <= behind) {
                let to = last - before - 1;
                let chunk = run.chunks.start + (to / u64::from(run.samples)) as usize;
                end = Some((chunk + 1, (to % u64::from(run.samples)) as u32 + 1));
            }
            before = behind;
        }
        let (first, skipped) = start.ok_or(Wrong::Out(End::Start, "stsc chunks"))?;
        self.skipped = skipped;
        self.chunks = match self.end {
            None => first..places.entries,
            Some(end) if end == self.start => first..first,
            Some(_) => {
                let (end, taken) = end.ok_or(Wrong::Out(End::End, "stsc chunks"))?;
                self.taken = Some(taken);
                first..end
            }
        };
        Ok(())
    }

    /// The entries of the new `stsc`: chunk, samples, description.
    pub fn each_chunk_run(&self, moov: &[u8], mut each: impl FnMut(u32, u32, u32)) {
        let (Some(table), Some(places)) = (&self.stsc, &self.places) else { return };
        let Range { start, end } = self.chunks;
        for run in chunk_runs(moov, table, places.entries).flatten() {
            let (mut from, mut to) = (run.chunks.start.max(start), run.chunks.end.min(end));
            if from >= to {
                continue;
            }
            let taken = self.taken.filter(|_| to == end).unwrap_or(run.samples);
            // Numbers of chunks begin with 1; there are not more than in the table of the file.
            let number = |chunk: usize| (chunk - start + 1) as u32;
            if from == start && self.skipped > 0 {
                let samples = if from + 1 == end { taken } else { run.samples };
                each(1, samples.saturating_sub(self.skipped), run.id);
                from += 1;
            }
            let is_part = from < to && taken < run.samples;
            if is_part {
                to -= 1;
            }
            if from < to {
                each(number(from), run.samples, run.id);
            }
            if is_part {
                each(number(to), taken, run.id);
            }
        }
    }

    fn cut_sizes(&mut self, moov: &[u8], _: &Ask) -> Result<(), Wrong> {
        let Some(sizes) = &self.sizes else { return Err(Wrong::Missing("stsz")) };
        let Some(places) = &self.places else { return Err(Wrong::Missing("stco")) };
        if self.start > sizes.samples {
            return Err(Wrong::Out(End::Start, "stsz samples"));
        }
        if self.end.is_some_and(|end| end > sizes.samples) {
            return Err(Wrong::Out(End::End, "stsz samples"));
        }
        if self.chunks.is_empty() {
            return Ok(());
        }
        let place = |chunk: usize| match places.width {
            8 => {
                u64::from(places.get(moov, chunk, 0)) << 32 | u64::from(places.get(moov, chunk, 1))
            }
            _ => u64::from(places.get(moov, chunk, 0)),
        };
        let before = self.start.saturating_sub(u64::from(self.skipped))..self.start;
        let start = place(self.chunks.start).saturating_add(sizes.sum(moov, before));
        if places.width == 4 && u32::try_from(start).is_err() {
            return Err(Wrong::LargeOffset);
        }
        let end = match (self.end, self.taken) {
            (Some(end), Some(taken)) => {
                let (last, from) = match self.chunks.len() {
                    1 => (start, self.start),
                    _ => (place(self.chunks.end - 1), end.saturating_sub(u64::from(taken))),
                };
                last.saturating_add(sizes.sum(moov, from..end))
            }
            _ => u64::MAX,
        };
        self.samples = Some(start..end);
        Ok(())
    }
}

impl Sizes {
    fn parse(moov: &[u8], data: &Range<usize>) -> Result<Self, Wrong> {
        let bytes = moov.get(data.clone()).unwrap_or_default();
        let uniform = u32_at(bytes, 4).ok_or(Wrong::Small("stsz"))?;
        let width = if uniform == 0 { 4 } else { 0 };
        let table = Table::parse("stsz", moov, data, 4, width)?;
        Ok(Self { uniform, samples: table.entries as u64, table })
    }

    fn sum(&self, moov: &[u8], samples: Range<u64>) -> u64 {
        if self.uniform > 0 {
            return u64::from(self.uniform)
                .saturating_mul(samples.end.saturating_sub(samples.start));
        }
        let samples = samples.start as usize..samples.end as usize;
        let sizes = self.table.bytes(moov, samples).chunks_exact(4);
        sizes.map(|size| u64::from(u32_at(size, 0).unwrap_or(0))).sum()
    }
}

/// The entry at a time, the samples of it before that, and the samples of the entries before. Error: all samples are
/// before it, and this is their number.
fn find_time(moov: &[u8], table: &Table, runs: &Runs, time: u64) -> Result<(usize, u64, u64), u64> {
    let (mut left, mut samples) = (time, 0);
    for entry in runs.entries.clone() {
        let count = u64::from(runs.count(moov, table, entry));
        let duration = u64::from(table.get(moov, entry, 1));
        if left < count * duration {
            return Ok((entry, left / duration, samples));
        }
        left -= count * duration;
        samples += count;
    }
    Err(samples)
}

/// The entry with a sample, and the samples of it before that.
fn find_sample(moov: &[u8], table: &Table, runs: &Runs, sample: u64) -> Option<(usize, u32)> {
    let mut left = sample;
    for entry in runs.entries.clone() {
        let count = runs.count(moov, table, entry);
        match u32::try_from(left) {
            Ok(left) if left < count => return Some((entry, left)),
            _ => left -= u64::from(count),
        }
    }
    None
}

/// Chunks, from 0 on, that have as many samples each.
struct ChunkRun {
    chunks: Range<usize>,
    samples: u32,
    id: u32,
}

fn chunk_runs<'a>(
    moov: &'a [u8],
    table: &'a Table,
    chunks: usize,
) -> impl Iterator<Item = Result<ChunkRun, Wrong>> + 'a {
    (0..table.entries).map(move |entry| {
        let first = table.get(moov, entry, 0) as usize;
        let next = match entry + 1 < table.entries {
            true => table.get(moov, entry + 1, 0) as usize,
            false => (chunks + 1).max(first.saturating_add(1)),
        };
        match first > 0 && first < next {
            true => Ok(ChunkRun {
                chunks: (first - 1).min(chunks)..(next - 1).min(chunks),
                samples: table.get(moov, entry, 1),
                id: table.get(moov, entry, 2),
            }),
            false => Err(Wrong::Unordered),
        }
    })
}

fn once<T>(slot: &mut Option<T>, name: &'static str, found: Result<T, Wrong>) -> Result<(), Wrong> {
    if slot.is_some() {
        return Err(Wrong::Duplicate(name));
    }
    *slot = Some(found?);
    Ok(())
}
