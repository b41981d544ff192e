//! Boxes that say how long something lasts: `mvhd`, `tkhd`, `mdhd`.

use std::cmp::Ordering;
use std::ops::Range;

use super::ask::{Ask, scale};
use super::boxes::{HEADER, put_u32, put_u64, u32_at, u64_at};
use super::output;
use super::wrong::Wrong;

/// A box that says how long something lasts.
#[derive(Clone, Debug)]
pub struct Duration {
    pub data: Range<usize>,
    pub timescale: u32,
    /// What is left of it.
    pub duration: u64,
    /// Where that stands in the box, and in how many bytes.
    pub at: usize,
    pub is_long: bool,
    /// The end, as compared with the start that was asked for.
    pub ends: Ordering,
}

impl Duration {
    pub fn of_movie(moov: &[u8], data: Range<usize>, ask: &Ask) -> Result<Self, Wrong> {
        Self::parse("mvhd", moov, data, [100, 112], None, [12, 20], [16, 24], ask)
    }

    pub fn of_track(
        moov: &[u8],
        data: Range<usize>,
        timescale: u32,
        ask: &Ask,
    ) -> Result<Self, Wrong> {
        Self::parse("tkhd", moov, data, [84, 96], Some(timescale), [0, 0], [20, 28], ask)
    }

    pub fn of_media(moov: &[u8], data: Range<usize>, ask: &Ask) -> Result<Self, Wrong> {
        Self::parse("mdhd", moov, data, [24, 36], None, [12, 20], [16, 24], ask)
    }

    /// Version 0 has 32 bits for times, the others 64: pairs are of the two forms.
    #[expect(clippy::too_many_arguments, reason = "one layout, of three boxes")]
    fn parse(
        name: &'static str,
        moov: &[u8],
        data: Range<usize>,
        sizes: [usize; 2],
        timescale: Option<u32>,
        timescales: [usize; 2],
        durations: [usize; 2],
        ask: &Ask,
    ) -> Result<Self, Wrong> {
        let bytes = moov.get(data.clone()).unwrap_or_default();
        let small = || Wrong::Small(name);
        let is_long = *bytes.first().ok_or_else(small)? != 0;
        let form = usize::from(is_long);
        if bytes.len() < sizes[form] {
            return Err(small());
        }
        let timescale = match timescale {
            Some(timescale) => timescale,
            None => u32_at(bytes, timescales[form]).ok_or_else(small)?,
        };
        let at = durations[form];
        let whole = match is_long {
            true => u64_at(bytes, at),
            false => u32_at(bytes, at).map(u64::from),
        };
        let whole = whole.ok_or_else(small)?;
        let start = scale(ask.start, timescale);
        let mut duration = whole.saturating_sub(start);
        if ask.length > 0 {
            duration = duration.min(scale(ask.length, timescale));
        }
        Ok(Self { data, timescale, duration, at, is_long, ends: whole.cmp(&start) })
    }

    /// The box, with what is left of the duration.
    pub fn write(&self, name: &[u8; 4], moov: &[u8], out: &mut Vec<u8>) {
        let at = out.len() + HEADER as usize + self.at;
        output::of_bytes(name, moov.get(self.data.clone()).unwrap_or_default(), out);
        match self.is_long {
            true => put_u64(out, at, self.duration),
            false => put_u32(out, at, u32::try_from(self.duration).unwrap_or(u32::MAX)),
        }
    }
}
