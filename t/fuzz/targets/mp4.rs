//! MP4 files, behind five bytes that say what is asked for: start and length, in units of 16 ms, and whether to begin
//! with a key frame. Whatever the file says, each step asks for bytes that are there, the steps have an end, samples
//! are a part of the file, and the new `moov` is hardly larger than the file. The same comes of a file in pieces of
//! any size, and what comes of it, cut again from its start on, is not refused for its boxes.

use peerage::proto::mp4::{Ask, Cutter, Part, Step, Wrong};

#[path = "../../../src/proto/mp4/sample.rs"]
mod sample;

use sample::Film;

pub const WORDS: &[&[u8]] = &[
    b"ftyp",
    b"moov",
    b"mvhd",
    b"trak",
    b"tkhd",
    b"mdia",
    b"mdhd",
    b"hdlr",
    b"minf",
    b"vmhd",
    b"smhd",
    b"dinf",
    b"stbl",
    b"stsd",
    b"stts",
    b"stss",
    b"ctts",
    b"stsc",
    b"stsz",
    b"stco",
    b"co64",
    b"mdat",
    b"cmov",
    b"\0\0\0\0",
    b"\0\0\0\x01",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\x08",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let mut film = Film::usual();
    for track in &mut film.tracks {
        track.samples.truncate(12);
        track.chunks = vec![2, 2, 3, 3, 1, 1];
    }
    let uniform = Film { tracks: vec![film.tracks[1].clone()], is_back: true, is_long: false };
    let long = Film { is_back: true, is_long: true, ..film.clone() };
    let mut seeds = Vec::new();
    for film in [film, uniform, long] {
        for ask in [[0, 40, 0, 0, 0], [0, 50, 0, 40, 1]] {
            seeds.push([&ask[..], &film.bytes()].concat());
        }
    }
    seeds
}

pub fn check(input: &[u8]) {
    let Some((ask, file)) = input.split_first_chunk::<5>() else { return };
    let time = |at: usize| 16 * u64::from(u16::from_be_bytes([ask[at], ask[at + 1]]));
    let ask = Ask {
        start: time(0),
        length: time(2),
        key_frame: ask[4] & 1 > 0,
        max_moov: 1 << 20,
        piece: 1 << 16,
    };
    let whole = cut(file, ask);
    for piece in [1, 7] {
        assert!(cut(file, Ask { piece, ..ask }) == whole, "{}", input.escape_ascii());
    }
    let Ok(Some(part)) = whole else { return };
    assert!(part.samples.start < part.samples.end && part.samples.end <= file.len() as u64);
    assert!(part.head.len() < file.len() + 200, "{} of {}", part.head.len(), file.len());
    let samples = part.samples.start as usize..part.samples.end as usize;
    let again = [&part.head, &file[samples]].concat();
    let again = cut(&again, Ask { start: 0, length: u64::MAX, ..ask });
    let is_refused = matches!(
        again,
        Err(Wrong::Truncated | Wrong::SmallBox(_) | Wrong::LargeBox(_) | Wrong::Small(_))
    );
    assert!(!is_refused, "{again:?} of {}", input.escape_ascii());
}

/// None: the file itself.
fn cut(file: &[u8], ask: Ask) -> Result<Option<Part>, Wrong> {
    let mut cutter = Cutter::new(ask, file.len() as u64);
    for _ in 0..10 * file.len() + 100 {
        match cutter.step()? {
            Step::Read(range) => {
                assert!(range.start < range.end && range.end <= file.len() as u64);
                cutter.read(&file[range.start as usize..range.end as usize]);
            }
            Step::More => {}
            Step::Whole => return Ok(None),
            Step::Cut(part) => return Ok(Some(part)),
        }
    }
    panic!("no end");
}
