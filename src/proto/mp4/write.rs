//! A track that was cut, as it is in the new file.

use super::boxes::{HEADER, Name, put_u32, put_u64, u32_at, u64_at};
use super::output::{end_inner, header, number, of_bytes};
use super::track::Track;
use super::wrong::Wrong;

/// Where a track that was written has its offsets.
#[derive(Clone, Copy, Debug)]
pub struct Chunks {
    at: usize,
    entries: usize,
    is_long: bool,
}

impl Chunks {
    /// The samples are somewhere else.
    pub fn add(&self, by: i128, out: &mut [u8]) -> Result<(), Wrong> {
        let width = if self.is_long { 8 } else { 4 };
        for at in (self.at..).step_by(width).take(self.entries) {
            let offset = match self.is_long {
                true => u64_at(out, at),
                false => u32_at(out, at).map(u64::from),
            };
            let moved = i128::from(offset.unwrap_or(0)) + by;
            match self.is_long {
                true => {
                    put_u64(out, at, u64::try_from(moved).map_err(|_| Wrong::LargeOffset)?);
                }
                false => {
                    put_u32(out, at, u32::try_from(moved).map_err(|_| Wrong::LargeOffset)?);
                }
            }
        }
        Ok(())
    }
}

impl Track {
    /// Appends what is left of the track.
    pub fn write(&self, moov: &[u8], out: &mut Vec<u8>) -> Chunks {
        let trak = header(b"trak", out);
        if let Some(head) = &self.head {
            head.write(b"tkhd", moov, out);
        }
        if self.prefix > 0 {
            self.write_edits(out);
        }
        let mdia = header(b"mdia", out);
        if let Some(media) = &self.media {
            media.write(b"mdhd", moov, out);
        }
        self.copy(&[b"hdlr"], moov, out);
        let minf = header(b"minf", out);
        self.copy(&[b"vmhd", b"smhd", b"dinf"], moov, out);
        let stbl = header(b"stbl", out);
        self.copy(&[b"stsd"], moov, out);
        self.write_times(moov, out);
        self.write_keys(moov, out);
        self.write_offsets(moov, out);
        self.write_chunks(moov, out);
        self.write_sizes(moov, out);
        let chunks = self.write_places(moov, out);
        for at in [stbl, minf, mdia, trak] {
            end_inner(at, out);
        }
        chunks
    }

    fn copy(&self, names: &[&Name], moov: &[u8], out: &mut Vec<u8>) {
        for name in names {
            if let Some((_, data)) = self.copied.iter().find(|(known, _)| known == *name) {
                of_bytes(name, moov.get(data.clone()).unwrap_or_default(), out);
            }
        }
    }

    /// `edts`: what is before the start is decoded, and not shown.
    fn write_edits(&self, out: &mut Vec<u8>) {
        let edts = header(b"edts", out);
        let elst = header(b"elst", out);
        // Version 1, of one entry.
        out.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 1]);
        let duration = self.head.as_ref().map_or(0, |it| it.duration);
        out.extend_from_slice(&duration.to_be_bytes());
        out.extend_from_slice(&self.prefix.to_be_bytes());
        // At the rate 1.
        out.extend_from_slice(&[0, 1, 0, 0]);
        end_inner(elst, out);
        end_inner(edts, out);
    }

    fn write_times(&self, moov: &[u8], out: &mut Vec<u8>) {
        let Some(table) = &self.stts else { return };
        let at = header(b"stts", out);
        number(table.version as usize, out);
        number(self.times.len(), out);
        self.times.write(moov, table, out);
        end_inner(at, out);
    }

    fn write_keys(&self, moov: &[u8], out: &mut Vec<u8>) {
        let Some(table) = &self.stss else { return };
        let at = header(b"stss", out);
        number(table.version as usize, out);
        number(self.keys.len(), out);
        for entry in self.keys.clone() {
            let sample = table.get(moov, entry, 0).wrapping_sub(self.start as u32);
            out.extend_from_slice(&sample.to_be_bytes());
        }
        end_inner(at, out);
    }

    fn write_offsets(&self, moov: &[u8], out: &mut Vec<u8>) {
        let Some(table) = self.ctts.as_ref().filter(|_| !self.offsets.is_empty()) else { return };
        let at = header(b"ctts", out);
        number(table.version as usize, out);
        number(self.offsets.len(), out);
        self.offsets.write(moov, table, out);
        end_inner(at, out);
    }

    fn write_chunks(&self, moov: &[u8], out: &mut Vec<u8>) {
        let Some(table) = &self.stsc else { return };
        let at = header(b"stsc", out);
        number(table.version as usize, out);
        let count = out.len();
        number(0, out);
        let mut entries = 0;
        self.each_chunk_run(moov, |chunk, samples, id| {
            entries += 1;
            for value in [chunk, samples, id] {
                out.extend_from_slice(&value.to_be_bytes());
            }
        });
        put_u32(out, count, entries);
        end_inner(at, out);
    }

    fn write_sizes(&self, moov: &[u8], out: &mut Vec<u8>) {
        let Some(sizes) = &self.sizes else { return };
        let at = header(b"stsz", out);
        number(sizes.table.version as usize, out);
        number(sizes.uniform as usize, out);
        let samples = self.start as usize..self.end.unwrap_or(sizes.samples) as usize;
        number(samples.len(), out);
        if sizes.uniform == 0 {
            out.extend_from_slice(sizes.table.bytes(moov, samples));
        }
        end_inner(at, out);
    }

    /// The offsets of the chunks in the old file; the first chunk begins at the first sample that is left of it.
    fn write_places(&self, moov: &[u8], out: &mut Vec<u8>) -> Chunks {
        let Some(table) = &self.places else {
            return Chunks { at: out.len(), entries: 0, is_long: false };
        };
        let is_long = table.width == 8;
        let at = header(if is_long { b"co64" } else { b"stco" }, out);
        number(table.version as usize, out);
        number(self.chunks.len(), out);
        let first = out.len();
        debug_assert_eq!(first, at + 2 * HEADER as usize);
        out.extend_from_slice(table.bytes(moov, self.chunks.clone()));
        if let Some(samples) = self.samples.as_ref().filter(|_| !self.chunks.is_empty()) {
            match is_long {
                true => put_u64(out, first, samples.start),
                // It was looked at when the track was cut.
                false => put_u32(out, first, samples.start as u32),
            }
        }
        end_inner(at, out);
        Chunks { at: first, entries: self.chunks.len(), is_long }
    }
}
