//! Responses of FastCGI servers. The same comes of one however it is cut into pieces; the body is no longer than
//! its `Content-Length`; head and body, written anew in other records, are read as the same; messages take no more
//! than was read.

use peerage::proto::fastcgi::{Client, NotReusable};
use peerage::proto::{Decoded, Got};
use peerage::proto::{Head, ResponseHead, Violation};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"\x01\x06\0\x01\0\0\0\0",
    b"\x01\x06\0\x01\0\x05\x03\0",
    b"\x01\x07\0\x01\0\x02\0\0\n.",
    b"\x01\x03\0\x01\0\x08\0\0\0\0\0\0\0\0\0\0",
    b"\r\n",
    b"Status: 404 Not Found\n",
    b"Content-Length: 5\n",
    b"Location: /\n",
    b"\xff\xff",
];

/// Of a head, in bytes.
const LIMIT: usize = 128;

pub fn seeds() -> Vec<Vec<u8>> {
    let head = b"Status: 200 OK\r\nContent-Length: 5\r\n\r\n";
    let mixed =
        [record(7, b"one\n"), record(6, b"A: b\n\nhel"), record(6, b"lo"), record(3, &[0; 8])];
    vec![written(head, b"hello"), written(b"Location: /\n\n", b""), mixed.concat()]
}

pub fn check(input: &[u8]) {
    for (is_head, keep_conn) in [(false, true), (false, false), (true, true)] {
        let new = || Client::new(LIMIT, is_head, keep_conn);
        let whole = read(&[input], new());
        for pieces in pieces::cuts(input) {
            assert_eq!(read(&pieces, new()), whole, "{pieces:?}");
        }
        if let Ok(Read { end: true, head, body, .. }) = &whole {
            let again = read(&[&written(head, body)], new());
            let again = again.map(|it| (it.end, it.head, it.body));
            assert_eq!(again, Ok((true, head.clone(), body.clone())));
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Read {
    head: Vec<u8>,
    length: Option<u64>,
    body: Vec<u8>,
    end: bool,
    reusable: Option<NotReusable>,
}

fn read(pieces: &[&[u8]], mut client: Client) -> Result<Read, Violation> {
    let (mut head, mut found) = (Head::default(), Read::default());
    let mut response = ResponseHead::default();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        while !found.end {
            let available = rest.len();
            let got = client.receive(rest, &mut head, &mut response)?;
            assert!(client.messages().map(<[u8]>::len).sum::<usize>() <= available + 2048);
            client.clear_messages();
            match got {
                Got::More { .. } | Got::Interim { .. } => break,
                Got::Head { consumed } => {
                    assert!(found.head.is_empty() && head.bytes.len() <= LIMIT);
                    assert!((200..=999).contains(&response.status));
                    (found.head, found.length) = (head.bytes.clone(), response.length);
                    rest = &mut rest[consumed..];
                }
                Got::Body(Decoded { data, consumed, end }) => {
                    assert!(data <= consumed && consumed <= available);
                    assert!(end || consumed == available, "some of it was left");
                    found.body.extend_from_slice(&rest[..data]);
                    found.end = end;
                    break;
                }
            }
        }
    }
    assert!(found.length.is_none_or(|length| found.body.len() as u64 <= length));
    found.reusable = client.reusable().err();
    Ok(found)
}

/// A whole response.
fn written(head: &[u8], body: &[u8]) -> Vec<u8> {
    let stdout = [head, body].concat();
    let mut out: Vec<u8> = stdout.chunks(7).flat_map(|content| record(6, content)).collect();
    out.extend(record(6, b""));
    out.extend(record(3, &[0; 8]));
    out
}

/// `content` is shorter than 256 bytes.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[1, kind, 0, 1, 0, content.len() as u8, 0, 0], content].concat()
}
