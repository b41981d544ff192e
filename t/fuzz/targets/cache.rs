//! Files of a cache. One that is read is written anew as the same bytes; a head that is read says how long the file is;
//! also with checksums that hold, which no mutation finds by itself, nothing is read beyond the input.

use peerage::cache::format::{self, FIXED, Head, Meta};
use peerage::cache::key;

pub const WORDS: &[&[u8]] = &[b"\x89peerage", b"\x01\0\0\0", b"\xff\xff\xff\xff", b"\0\0\x10\0"];

pub fn seeds() -> Vec<Vec<u8>> {
    let meta = Meta { valid: 1, status: 200, body: 5, ..Meta::default() };
    let head = Head {
        meta,
        key: b"http://localhost/",
        etag: b"\"e\"",
        vary: b"Accept",
        response: b"A: b\r\n",
    };
    let mut file = Vec::new();
    head.write(&mut file);
    file.extend_from_slice(b"hello");
    vec![file, b"900150983cd24fb0d6963f7d28e17f72.by_peerage.0000000001".to_vec()]
}

pub fn check(input: &[u8]) {
    key::named(input);
    read(input);
    let mut mended = input.to_vec();
    if mend(&mut mended) {
        read(&mended);
    }
}

fn read(file: &[u8]) {
    let len = file.len() as u64;
    let Ok(head) = format::read(file, len) else { return };
    let (start, whole) = format::lengths(file).unwrap();
    assert_eq!((start, whole), (head.len(), len));
    assert_eq!(start as u64 + head.meta.body, len);
    let mut again = Vec::new();
    head.write(&mut again);
    assert_eq!(again, &file[..start]);
    // Times that are replaced leave the rest as it is.
    let meta = Meta { valid: head.meta.valid ^ 1, ..head.meta };
    again[..FIXED].copy_from_slice(&head.refreshed(meta));
    again.extend_from_slice(&file[start..]);
    assert_eq!(format::read(&again, len), Ok(Head { meta, ..head }));
}

/// Gives the file the checksums that its bytes have; false if it is too short for that.
fn mend(file: &mut [u8]) -> bool {
    if file.len() < FIXED {
        return false;
    }
    let number = |file: &[u8], at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let start = (number(file, 16) as usize).clamp(FIXED, file.len());
    let rest = crc32(&file[FIXED..start]);
    file[36..40].copy_from_slice(&rest.to_le_bytes());
    let fixed = crc32(&file[16..FIXED]);
    file[12..16].copy_from_slice(&fixed.to_le_bytes());
    true
}

/// As plainly as it can be computed.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 * (sum & 1)))
    })
}
