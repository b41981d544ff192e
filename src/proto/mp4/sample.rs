//! Files for tests, here and in `t`: samples are words, which name their track and their number.

/// A file. By default its `moov` is in front, and its offsets have 32 bits.
#[derive(Clone, Debug, Default)]
pub struct Film {
    pub tracks: Vec<Track>,
    /// `moov` is behind the samples.
    pub is_back: bool,
    /// Offsets of chunks, the length of `mdat`, and times have 64 bits.
    pub is_long: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Track {
    pub timescale: u32,
    pub samples: Vec<Sample>,
    /// Samples of each chunk.
    pub chunks: Vec<usize>,
    pub has_keys: bool,
    pub has_offsets: bool,
    /// All samples have the size of the first one.
    pub is_uniform: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sample {
    pub bytes: Vec<u8>,
    pub duration: u32,
    /// Of `ctts`.
    pub offset: u32,
    pub is_key: bool,
}

impl Film {
    /// Ten seconds: pictures `p00.` to `p39.`, of 250 ms, with a key frame every two seconds; and sounds `s00,` to
    /// `s99,`, of 100 ms.
    pub fn usual() -> Self {
        let pictures = (0..40).map(|at| Sample {
            bytes: format!("p{at:02}{}", ".".repeat(1 + at % 3)).into_bytes(),
            duration: 250,
            offset: 250 * (at as u32 % 3),
            is_key: at % 8 == 0,
        });
        let sounds = (0..100).map(|at| Sample {
            bytes: format!("s{at:02},").into_bytes(),
            duration: 800,
            ..Sample::default()
        });
        let pictures = Track {
            timescale: 1000,
            samples: pictures.collect(),
            chunks: vec![4; 10],
            has_keys: true,
            has_offsets: true,
            is_uniform: false,
        };
        let sounds = Track {
            timescale: 8000,
            samples: sounds.collect(),
            chunks: vec![10; 10],
            ..Track::default()
        };
        Self { tracks: vec![pictures, sounds], ..Self::default() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let ftyp = boxed(b"ftyp", b"isom\0\0\0\0mp41");
        let data = self.data();
        let mdat = match self.is_long {
            true => {
                [&b"\0\0\0\x01mdat"[..], &(data.len() as u64 + 16).to_be_bytes(), &data].concat()
            }
            false => boxed(b"mdat", &data),
        };
        let before = ftyp.len() + mdat.len() - data.len();
        match self.is_back {
            true => [ftyp, mdat, self.moov(before as u64)].concat(),
            false => {
                let moov = self.moov(0).len();
                [ftyp, self.moov((before + moov) as u64), mdat].concat()
            }
        }
    }

    /// The chunks of the tracks take turns.
    fn order(&self) -> Vec<(usize, usize)> {
        let most = self.tracks.iter().map(|it| it.chunks.len()).max().unwrap_or(0);
        let turns = (0..most).flat_map(|chunk| (0..self.tracks.len()).map(move |it| (it, chunk)));
        turns.filter(|&(track, chunk)| chunk < self.tracks[track].chunks.len()).collect()
    }

    fn data(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for (track, chunk) in self.order() {
            data.extend_from_slice(&self.tracks[track].chunk(chunk));
        }
        data
    }

    /// `base`: where the samples begin.
    fn moov(&self, base: u64) -> Vec<u8> {
        let duration = self.tracks.iter().map(Track::milliseconds).max().unwrap_or(0);
        let mut out = boxed(b"mvhd", &self.times(1000, duration, &[7; 80]));
        out.extend_from_slice(&boxed(b"udta", b"not needed"));
        for (at, track) in self.tracks.iter().enumerate() {
            let mut places = vec![0; track.chunks.len()];
            let mut place = base;
            for (other, chunk) in self.order() {
                if other == at {
                    places[chunk] = place;
                }
                place += self.tracks[other].chunk(chunk).len() as u64;
            }
            out.extend_from_slice(&self.trak(track, &places));
        }
        boxed(b"moov", &out)
    }

    /// The start of `mvhd` and `mdhd`.
    fn times(&self, timescale: u32, duration: u64, rest: &[u8]) -> Vec<u8> {
        match self.is_long {
            true => {
                let start = [&[1, 0, 0, 0][..], &[0; 16], &timescale.to_be_bytes()].concat();
                [&start[..], &duration.to_be_bytes(), rest].concat()
            }
            false => {
                let words = numbers(&[0, 0, 0, timescale, duration as u32]);
                [&words[..], rest].concat()
            }
        }
    }

    fn trak(&self, track: &Track, places: &[u64]) -> Vec<u8> {
        let (all, short) = (track.milliseconds(), track.milliseconds() as u32);
        let tkhd = match self.is_long {
            true => [&[1, 0, 0, 7][..], &[0; 24], &all.to_be_bytes(), &[0; 60]].concat(),
            false => [&numbers(&[7, 0, 0, 1, 0, short])[..], &[0; 60]].concat(),
        };
        let units: u64 = track.samples.iter().map(|it| u64::from(it.duration)).sum();
        let mdhd = boxed(b"mdhd", &self.times(track.timescale, units, b"\x55\xc4\0\0"));
        let mut stbl =
            boxed(b"stsd", &[&numbers(&[0, 1])[..], &boxed(b"text", b"12345678")].concat());
        stbl.extend_from_slice(&track.tables());
        stbl.extend_from_slice(&match self.is_long {
            true => {
                let places: Vec<u8> = places.iter().flat_map(|it| it.to_be_bytes()).collect();
                let count = numbers(&[0, track.chunks.len() as u32]);
                boxed(b"co64", &[count, places].concat())
            }
            false => {
                let places: Vec<u32> = places.iter().map(|&it| it as u32).collect();
                table(b"stco", &places, 1)
            }
        });
        let minf =
            [boxed(b"vmhd", &[0; 12]), boxed(b"dinf", b"dref"), boxed(b"stbl", &stbl)].concat();
        let mdia = [mdhd, boxed(b"hdlr", b"handler"), boxed(b"minf", &minf)].concat();
        let edts = boxed(b"edts", &boxed(b"elst", &[0; 8]));
        boxed(b"trak", &[boxed(b"tkhd", &tkhd), edts, boxed(b"mdia", &mdia)].concat())
    }
}

impl Track {
    fn chunk(&self, chunk: usize) -> Vec<u8> {
        let before: usize = self.chunks[..chunk].iter().sum();
        let samples = &self.samples[before..before + self.chunks[chunk]];
        samples.iter().flat_map(|it| it.bytes.clone()).collect()
    }

    fn milliseconds(&self) -> u64 {
        let units: u64 = self.samples.iter().map(|it| u64::from(it.duration)).sum();
        units * 1000 / u64::from(self.timescale)
    }

    fn tables(&self) -> Vec<u8> {
        let mut out = table(b"stts", &runs(self.samples.iter().map(|it| it.duration)), 2);
        if self.has_offsets {
            let offsets = runs(self.samples.iter().map(|it| it.offset));
            out.extend_from_slice(&table(b"ctts", &offsets, 2));
        }
        if self.has_keys {
            let keys = self.samples.iter().enumerate().filter(|(_, it)| it.is_key);
            let keys: Vec<u32> = keys.map(|(at, _)| at as u32 + 1).collect();
            out.extend_from_slice(&table(b"stss", &keys, 1));
        }
        let mut chunks: Vec<u32> = Vec::new();
        for (at, &samples) in self.chunks.iter().enumerate() {
            if chunks.len() < 3 || chunks[chunks.len() - 2] != samples as u32 {
                chunks.extend_from_slice(&[at as u32 + 1, samples as u32, 1]);
            }
        }
        out.extend_from_slice(&table(b"stsc", &chunks, 3));
        let sizes = self.samples.iter().map(|it| it.bytes.len() as u32);
        let count = self.samples.len() as u32;
        let stsz = match self.is_uniform {
            true => numbers(&[0, sizes.max().unwrap_or(0), count]),
            false => numbers(&[0, 0, count].into_iter().chain(sizes).collect::<Vec<_>>()),
        };
        out.extend_from_slice(&boxed(b"stsz", &stsz));
        out
    }
}

/// Numbers of the same values, and these.
fn runs(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::new();
    for value in values {
        match out.last_chunk_mut() {
            Some([count, last]) if *last == value => *count += 1,
            _ => out.extend_from_slice(&[1, value]),
        }
    }
    out
}

/// `width`: numbers of an entry.
fn table(name: &[u8; 4], values: &[u32], width: usize) -> Vec<u8> {
    let count = (values.len() / width) as u32;
    boxed(name, &[numbers(&[0, count]), numbers(values)].concat())
}

fn numbers(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|it| it.to_be_bytes()).collect()
}

pub fn boxed(name: &[u8; 4], bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32 + 8).to_be_bytes()[..], name, bytes].concat()
}
