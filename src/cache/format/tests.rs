//! A file is read as it was written, or not at all.

use super::*;
use crate::base::rng::Rng;

fn head() -> Head<'static> {
    let meta = Meta {
        valid: 1,
        updating: 2,
        error: -3,
        requested_ms: 4,
        received: 5,
        date: 6,
        last_modified: 7,
        age: 8,
        status: 200,
        flags: 9,
        variant: Variant([10; 16]),
        body: 11,
    };
    Head {
        meta,
        key: b"http://localhost/a",
        etag: b"\"x\"",
        vary: b"accept",
        response: b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
    }
}

fn file() -> Vec<u8> {
    let mut file = Vec::new();
    head().write(&mut file);
    assert_eq!(file.len(), head().len());
    file.extend_from_slice(b"hello world");
    file
}

fn read_whole(bytes: &[u8]) -> Result<Head<'_>, Unusable> {
    read(bytes, bytes.len() as u64)
}

#[test]
fn what_is_written_is_read() {
    let file = file();
    assert_eq!(read_whole(&file), Ok(head()));
    assert_eq!(lengths(&file), Ok((head().len(), file.len() as u64)));
    // Of the body nothing needs to be there.
    assert_eq!(read(&file[..head().len()], file.len() as u64), Ok(head()));
    let mut empty = Vec::new();
    Head::default().write(&mut empty);
    assert_eq!(read_whole(&empty), Ok(Head::default()));
}

#[test]
fn a_cut_file_is_torn() {
    let mut file = file();
    for len in 0..file.len() {
        assert_eq!(read_whole(&file[..len]), Err(Unusable::Torn), "{len}");
    }
    file.push(b'!');
    assert_eq!(read_whole(&file), Err(Unusable::Torn));
    assert_eq!(read_whole(&[0; 1000]), Err(Unusable::Torn));
}

#[test]
fn another_version_is_told_apart() {
    let mut file = file();
    file[8] = 2;
    assert_eq!(read_whole(&file), Err(Unusable::OtherVersion(2)));
}

/// Whatever bits of a head change: it is not read, let alone as something else.
#[test]
fn flipped_bits_are_noticed() {
    let (file, head) = (file(), head());
    for bit in 0..head.len() * 8 {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read_whole(&flipped).is_err(), "bit {bit}");
    }
    let mut rng = Rng::new(1);
    for _ in 0..100_000 {
        let mut flipped = file.clone();
        for _ in 0..=rng.below(4) {
            let bit = rng.below(head.len() as u64 * 8) as usize;
            flipped[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(flipped == file || read_whole(&flipped).is_err());
    }
}

#[test]
fn a_head_that_is_too_long_is_not_read() {
    let response = vec![b'x'; LONGEST];
    let head = Head { response: &response, ..Head::default() };
    let mut file = Vec::new();
    head.write(&mut file);
    assert_eq!(read_whole(&file), Err(Unusable::Torn));
}

#[test]
fn times_are_replaced_in_place() {
    let mut file = file();
    let meta = Meta { valid: 100, status: 301, body: 0, variant: Variant([0; 16]), ..head().meta };
    let fixed = head().refreshed(meta);
    file[..FIXED].copy_from_slice(&fixed);
    // What describes the bytes that stay is as it was.
    let meta = Meta { body: 11, variant: Variant([10; 16]), ..meta };
    assert_eq!(read_whole(&file), Ok(Head { meta, ..head() }));
}
