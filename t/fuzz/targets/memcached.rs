//! Responses of memcached. The same comes of one however it is cut into pieces; a value has the length that was said;
//! what is whole, written anew, is read as the same.

use peerage::proto::memcached::Client;
use peerage::proto::{Decoded, Got, Head, ResponseHead, Violation};

use crate::pieces;

pub const WORDS: &[&[u8]] =
    &[b"VALUE k 0 5\r\n", b"VALUE k 1 0\r\n", b"END\r\n", b"\r\n", b" ", b"18446744073709551616"];

/// Of the first line, in bytes.
const LIMIT: usize = 64;

pub fn seeds() -> Vec<Vec<u8>> {
    let all: [&[u8]; 3] =
        [b"VALUE k 0 5\r\nhello\r\nEND\r\n", b"VALUE k 3 0\r\n\r\nEND\r\n", b"END\r\n"];
    all.map(<[u8]>::to_vec).to_vec()
}

pub fn check(input: &[u8]) {
    for gzip_flag in [0, 1] {
        let whole = read(&[input], gzip_flag);
        for pieces in pieces::cuts(input) {
            assert_eq!(read(&pieces, gzip_flag), whole, "{pieces:?}");
        }
        let Ok(Read { status, is_compressed, value, end: true }) = &whole else { continue };
        let written = match status {
            200 => {
                let flags = u8::from(*is_compressed);
                let line = format!("VALUE k {flags} {}\r\n", value.len());
                [line.as_bytes(), value, b"\r\nEND\r\n"].concat()
            }
            _ => b"END\r\n".to_vec(),
        };
        assert_eq!(read(&[&written], gzip_flag), whole);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Read {
    status: u16,
    is_compressed: bool,
    value: Vec<u8>,
    end: bool,
}

fn read(pieces: &[&[u8]], gzip_flag: u64) -> Result<Read, Violation> {
    let (mut client, mut head) = (Client::default(), Head::default());
    client.begin(b"k", LIMIT, gzip_flag);
    let (mut response, mut found) = (ResponseHead::default(), Read::default());
    let mut inbox = Vec::new();
    for piece in pieces {
        inbox.extend_from_slice(piece);
        while !found.end {
            let available = inbox.len();
            match client.receive(&mut inbox, &mut head, &mut response)? {
                Got::Interim { .. } => unreachable!(),
                Got::More { consumed } => {
                    assert!(consumed == 0 && available < LIMIT);
                    break;
                }
                Got::Head { consumed } => {
                    assert!(matches!(response.status, 200 | 404) && consumed <= LIMIT);
                    found.status = response.status;
                    found.is_compressed = !head.fields.is_empty();
                    inbox.drain(..consumed);
                }
                Got::Body(Decoded { data, consumed, end }) => {
                    assert!(data <= consumed && (end || consumed == available));
                    found.value.extend_from_slice(&inbox[..data]);
                    found.end = end;
                    inbox.drain(..consumed);
                    break;
                }
            }
        }
    }
    let length = response.length.unwrap_or(0);
    assert!(found.value.len() as u64 <= length || found.status == 0);
    assert!(!found.end || found.value.len() as u64 == length);
    assert_eq!(found.end, client.is_done());
    Ok(found)
}
