//! What is cut out of files of all kinds, by a plain reading of it; and files that are none.

use std::collections::HashMap;
use std::ops::Range;

use super::sample::{Film, Sample, Track, boxed};
use super::wrong::End;
use super::{Ask, Cutter, Step, Wrong};
use crate::base::rng::Rng;

#[derive(Debug)]
enum Outcome {
    Whole,
    Cut(Vec<u8>),
    Wrong(Wrong),
}

fn ask(start: u64, length: u64) -> Ask {
    Ask { start, length, key_frame: false, max_moov: 1 << 20, piece: 100 }
}

fn cut(file: &[u8], ask: Ask) -> Outcome {
    let mut cutter = Cutter::new(ask, file.len() as u64);
    for _ in 0..100_000 {
        match cutter.step() {
            Ok(Step::Read(Range { start, end })) => {
                assert!(start < end && end - start <= ask.piece.max(16));
                cutter.read(&file[start as usize..end as usize]);
            }
            Ok(Step::More) => {}
            Ok(Step::Whole) => return Outcome::Whole,
            Ok(Step::Cut(part)) => {
                let samples = part.samples.start as usize..part.samples.end as usize;
                return Outcome::Cut([&part.head, &file[samples]].concat());
            }
            Err(wrong) => return Outcome::Wrong(wrong),
        }
    }
    panic!("no end");
}

fn part(file: &[u8], ask: Ask) -> Vec<u8> {
    match cut(file, ask) {
        Outcome::Cut(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

fn wrong(file: &[u8], ask: Ask) -> Wrong {
    match cut(file, ask) {
        Outcome::Wrong(wrong) => wrong,
        other => panic!("{other:?}"),
    }
}

/// Boxes by their path; of tracks, the one with this number.
fn boxes(file: &[u8], track: usize) -> HashMap<String, &[u8]> {
    fn go<'a>(bytes: &'a [u8], path: &str, track: usize, out: &mut HashMap<String, &'a [u8]>) {
        let (mut rest, mut tracks) = (bytes, 0);
        while !rest.is_empty() {
            let size = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let (it, behind) = rest.split_at(size);
            let name = std::str::from_utf8(&it[4..8]).unwrap();
            rest = behind;
            tracks += usize::from(name == "trak");
            if name == "trak" && tracks != track + 1 {
                continue;
            }
            let path = format!("{path}{name}");
            if ["moov", "trak", "mdia", "minf", "stbl", "edts"].contains(&name) {
                go(&it[8..], &format!("{path}/"), track, out);
            }
            assert!(out.insert(path.clone(), &it[8..]).is_none(), "{path} twice");
        }
    }
    let mut out = HashMap::new();
    go(file, "", track, &mut out);
    out
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
    let words = bytes.chunks_exact(4);
    words.map(|it| u64::from(u32::from_be_bytes(it.try_into().unwrap()))).collect()
}

/// The samples of a track, by a plain reading of its tables.
fn samples(file: &[u8], track: usize) -> Vec<Sample> {
    let boxes = boxes(file, track);
    let table = |name: &str| {
        let bytes = *boxes.get(&format!("moov/trak/mdia/minf/stbl/{name}"))?;
        Some(numbers(bytes)[1..].to_vec())
    };
    let spread = |name: &str| {
        let entries = table(name).unwrap_or_default();
        let entries = entries.get(1..).unwrap_or_default();
        let values = entries.chunks_exact(2).flat_map(|it| vec![it[1] as u32; it[0] as usize]);
        values.collect::<Vec<_>>()
    };
    let (durations, offsets) = (spread("stts"), spread("ctts"));
    let sizes = match &table("stsz").unwrap()[..] {
        [0, count, sizes @ ..] => {
            assert_eq!(*count as usize, sizes.len());
            sizes.to_vec()
        }
        [size, count] => vec![*size; *count as usize],
        _ => panic!(),
    };
    let places: Vec<u64> = match table("stco") {
        Some(it) => it[1..].to_vec(),
        None => table("co64").unwrap()[1..].chunks(2).map(|it| it[0] << 32 | it[1]).collect(),
    };
    let chunks = table("stsc").unwrap()[1..].to_vec();
    let runs: Vec<_> = chunks.chunks_exact(3).collect();
    let keys = table("stss").map(|it| it[1..].to_vec());
    let mut out = Vec::new();
    for (at, &place) in places.iter().enumerate() {
        let run = runs.iter().rfind(|it| it[0] <= at as u64 + 1).unwrap();
        let mut place = place as usize;
        for _ in 0..run[1] {
            let index = out.len();
            let size = sizes[index] as usize;
            out.push(Sample {
                bytes: file[place..place + size].to_vec(),
                duration: durations[index],
                offset: offsets.get(index).copied().unwrap_or(0),
                is_key: keys.as_ref().is_some_and(|it| it.contains(&(index as u64 + 1))),
            });
            place += size;
        }
    }
    assert_eq!((out.len(), out.len()), (sizes.len(), durations.len()));
    out
}

/// The samples from the one at a time on, as long as they last together.
fn expected(track: &Track, ask: Ask) -> Vec<Sample> {
    let scaled = |time: u64| time * u64::from(track.timescale) / 1000;
    let mut behind = 0;
    let rest = track.samples.iter().skip_while(|sample| {
        behind += u64::from(sample.duration);
        behind <= scaled(ask.start)
    });
    let mut left = if ask.length > 0 { scaled(ask.length) } else { u64::MAX };
    let kept = rest.take_while(|sample| {
        let fits = u64::from(sample.duration) <= left;
        left = left.saturating_sub(u64::from(sample.duration));
        fits
    });
    kept.cloned().collect()
}

fn random_film(rng: &mut Rng) -> Film {
    let mut below = |most: u64| rng.word() % most;
    let tracks = (0..1 + below(3)).map(|_| {
        let timescale = [1000, 8000, 25, 90_000][below(4) as usize];
        let is_uniform = below(3) == 0;
        let count = 1 + below(40);
        let samples = (0..count).map(|at| Sample {
            bytes: vec![at as u8; if is_uniform { 3 } else { 1 + below(9) as usize }],
            duration: [timescale / 25, timescale / 5][below(2) as usize],
            offset: below(2) as u32,
            is_key: at == 0 || below(5) == 0,
        });
        let samples: Vec<_> = samples.collect();
        let (mut chunks, mut left) = (Vec::new(), samples.len());
        while left > 0 {
            let chunk = left.min(1 + below(4) as usize);
            chunks.push(chunk);
            left -= chunk;
        }
        let (has_keys, has_offsets) = (below(2) == 0, below(2) == 0);
        Track { timescale, samples, chunks, has_keys, has_offsets, is_uniform }
    });
    let tracks = tracks.collect();
    Film { tracks, is_back: below(2) == 0, is_long: below(2) == 0 }
}

fn plain(track: &Track, samples: &[Sample]) -> Vec<Sample> {
    let plain = samples.iter().map(|it| Sample {
        offset: if track.has_offsets { it.offset } else { 0 },
        is_key: track.has_keys && it.is_key,
        ..it.clone()
    });
    plain.collect()
}

/// What is cut out of many files are the samples of the time, with their bytes.
#[test]
fn the_samples_of_a_time() {
    let mut rng = Rng::new(7);
    let mut cuts = 0;
    for _ in 0..400 {
        let film = random_film(&mut rng);
        let file = film.bytes();
        for _ in 0..8 {
            let ask = ask(1 + rng.word() % 4000, rng.word() % 3 * (rng.word() % 3000));
            let lasting = |track: &&(usize, &Track)| {
                let units: u64 = track.1.samples.iter().map(|it| u64::from(it.duration)).sum();
                units * 1000 / u64::from(track.1.timescale) > ask.start
            };
            let tracks: Vec<_> = film.tracks.iter().enumerate().collect();
            let lasting: Vec<_> = tracks.iter().filter(lasting).collect();
            let wanted: Vec<_> =
                lasting.iter().map(|(_, it)| plain(it, &expected(it, ask))).collect();
            match cut(&file, ask) {
                Outcome::Cut(bytes) => {
                    cuts += 1;
                    for (at, wanted) in wanted.iter().enumerate() {
                        assert_eq!(samples(&bytes, at), *wanted, "{ask:?} {film:?}");
                    }
                }
                Outcome::Wrong(Wrong::NoData) => assert!(wanted.iter().all(Vec::is_empty)),
                Outcome::Wrong(Wrong::StartExceedsDuration | Wrong::Missing("trak")) => {
                    assert!(lasting.is_empty());
                }
                other => panic!("{other:?} {ask:?} {film:?}"),
            }
        }
    }
    assert!(cuts > 1000, "{cuts}");
}

#[test]
fn durations_and_boxes() {
    let file = Film::usual().bytes();
    let bytes = part(&file, ask(1500, 2000));
    let video = boxes(&bytes, 0);
    assert_eq!(numbers(video["moov/mvhd"])[4], 2000);
    assert_eq!(numbers(video["moov/trak/tkhd"])[5], 2000);
    assert_eq!(numbers(video["moov/trak/mdia/mdhd"])[4], 2000);
    assert_eq!(numbers(boxes(&bytes, 1)["moov/trak/mdia/mdhd"])[4], 16_000);
    for kept in ["mdia/hdlr", "mdia/minf/vmhd", "mdia/minf/dinf", "mdia/minf/stbl/stsd"] {
        let path = format!("moov/trak/{kept}");
        assert_eq!(video[&path], boxes(&file, 0)[&path]);
    }
    assert!(!video.contains_key("moov/udta") && !video.contains_key("moov/trak/edts"));
    assert_eq!(video["ftyp"], b"isom\0\0\0\0mp41");
}

#[test]
fn from_a_key_frame_on() {
    let film = Film::usual();
    let ask = Ask { key_frame: true, ..ask(3600, 1000) };
    let bytes = part(&film.bytes(), ask);
    let pictures = samples(&bytes, 0);
    // From 2 s on: 1.5 s are not shown, and 1 s is.
    assert_eq!(pictures, film.tracks[0].samples[8..18]);
    let video = boxes(&bytes, 0);
    let edit = numbers(video["moov/trak/edts/elst"]);
    assert_eq!(edit, [0x0100_0000, 1, 0, 1000, 0, 1500, 0x0001_0000]);
    assert_eq!(numbers(video["moov/trak/mdia/mdhd"])[4], 2500);
    assert_eq!(samples(&bytes, 1), film.tracks[1].samples[36..46]);
    assert!(!boxes(&bytes, 1).contains_key("moov/trak/edts"));
}

#[test]
fn the_whole_of_it() {
    let film = Film::usual();
    assert!(matches!(cut(&film.bytes(), ask(0, 0)), Outcome::Whole));
    // It can begin to play before all of it is there.
    let back = Film { is_back: true, ..film.clone() };
    let bytes = part(&back.bytes(), ask(0, 0));
    for (at, track) in film.tracks.iter().enumerate() {
        assert_eq!(samples(&bytes, at), plain(track, &track.samples));
    }
    assert!(
        bytes.windows(4).position(|it| it == b"moov")
            < bytes.windows(4).position(|it| it == b"mdat")
    );
}

#[test]
fn what_is_wrong_with_a_file() {
    let film = Film::usual();
    let file = film.bytes();
    assert_eq!(wrong(&file, ask(10_001, 0)), Wrong::StartExceedsDuration);
    assert_eq!(wrong(&file, ask(10_000, 0)), Wrong::Missing("trak"));
    assert_eq!(wrong(&file, ask(100, 1)), Wrong::NoData);
    assert!(matches!(wrong(&file, Ask { max_moov: 99, ..ask(1, 0) }), Wrong::LargeMoov(_)));
    assert_eq!(wrong(b"", ask(1, 0)), Wrong::Missing("trak"));
    assert_eq!(wrong(b"abc", ask(1, 0)), Wrong::Truncated);
    assert_eq!(wrong(b"\0\0\0\x07free", ask(1, 0)), Wrong::SmallBox(7));
    assert_eq!(wrong(b"\0\0\0\x09free", ask(1, 0)), Wrong::LargeBox(9));
    assert_eq!(wrong(b"\0\0\0\x01free\0\0\0\0\0\0\0\x0f", ask(1, 0)), Wrong::SmallBox(15));
    assert_eq!(
        wrong(b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff", ask(1, 0)),
        Wrong::LargeBox(u64::MAX)
    );
    let twice = [boxed(b"ftyp", b""), boxed(b"ftyp", b"")].concat();
    assert_eq!(wrong(&twice, ask(1, 0)), Wrong::Duplicate("ftyp"));
    assert_eq!(wrong(&boxed(b"ftyp", &[0; 1025]), ask(1, 0)), Wrong::LargeFtyp(1025));
    assert_eq!(wrong(&boxed(b"moov", &boxed(b"cmov", b"")), ask(1, 0)), Wrong::Compressed);
    let replace = |name: &[u8; 4], by: &[u8; 4]| {
        let mut file = file.clone();
        let at = file.windows(4).position(|it| it == name).unwrap();
        file[at..at + 4].copy_from_slice(by);
        wrong(&file, ask(1000, 1000))
    };
    assert_eq!(replace(b"mdat", b"free"), Wrong::NoMdat);
    for (name, text) in [(b"stts", "stts"), (b"stsc", "stsc"), (b"stco", "stco"), (b"stsz", "stsz")]
    {
        assert_eq!(replace(name, b"free"), Wrong::Missing(text));
    }
    assert_eq!(replace(b"edts", b"mdia"), Wrong::Duplicate("mdia"));
    let zero = |name: &[u8; 4], skip: usize, value: u32| {
        let mut file = file.clone();
        let at = file.windows(4).position(|it| it == name).unwrap() + 4 + skip;
        file[at..at + 4].copy_from_slice(&value.to_be_bytes());
        wrong(&file, ask(1000, 1000))
    };
    assert_eq!(zero(b"stts", 4, 0), Wrong::Out(End::Start, "stts samples"));
    assert_eq!(zero(b"stts", 4, u32::MAX), Wrong::Small("stts"));
    assert_eq!(zero(b"stsc", 4, 0), Wrong::NoEntries);
    assert_eq!(zero(b"stsc", 8, 0), Wrong::Unordered);
    assert_eq!(zero(b"stsc", 12, 0), Wrong::Out(End::Start, "stsc chunks"));
    assert_eq!(zero(b"stsz", 8, 3), Wrong::Out(End::Start, "stsz samples"));
    assert_eq!(zero(b"stsz", 8, 6), Wrong::Out(End::End, "stsz samples"));
    assert_eq!(zero(b"stco", 12, 0), Wrong::Out(End::Start, "mdat atom"));
}

/// Files that end anywhere, and numbers that are anything: no step fails by itself, what is sent is a part of `mdat`,
/// and the new `moov` is hardly larger than the old one.
#[test]
fn every_byte_and_every_number() {
    let asks = [ask(1300, 0), ask(1300, 2100), Ask { key_frame: true, ..ask(3600, 1) }];
    for film in [Film::usual(), Film { is_back: true, is_long: true, ..Film::usual() }] {
        let file = film.bytes();
        for len in 0..file.len() {
            assert!(!matches!(cut(&file[..len], asks[0]), Outcome::Whole), "{len}");
        }
        for at in 0..file.len() - 4 {
            for value in [0, 1, 7, 0x7fff_ffff, u32::MAX] {
                let mut file = file.clone();
                file[at..at + 4].copy_from_slice(&u32::to_be_bytes(value));
                for ask in asks {
                    if let Outcome::Cut(bytes) = cut(&file, ask) {
                        assert!(bytes.len() < file.len() + 200, "{at} {value}");
                    }
                }
            }
        }
    }
}
