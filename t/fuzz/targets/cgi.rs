//! Responses of uwsgi and SCGI servers. The same comes of one however it is cut into pieces; the body is no longer than
//! its `Content-Length`; the head, written anew line by line, is read as the same.

use peerage::proto::cgi::Client;
use peerage::proto::{Decoded, Got, Head, ResponseHead, Violation};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/2.0 404\n",
    b"Status: 404 Not Found\n",
    b"Content-Length: 5\n",
    b"Location: /\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\r\n",
    b" ",
];

/// Of a head, in bytes.
const LIMIT: usize = 128;

pub fn seeds() -> Vec<Vec<u8>> {
    let all: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw",
        b"Status: 404 Not Found\nA: b\n\nhello",
        b"Location: /\n\n",
    ];
    all.map(<[u8]>::to_vec).to_vec()
}

pub fn check(input: &[u8]) {
    for is_head in [false, true] {
        let whole = read(&[input], is_head);
        for pieces in pieces::cuts(input) {
            assert_eq!(read(&pieces, is_head), whole, "{pieces:?}");
        }
        if let Ok(Read { status: 1.., head, .. }) = &whole {
            let lines: Vec<_> = head.split_inclusive(|&byte| byte == b'\n').collect();
            let again = read(&lines, is_head).map(|it| (it.status, it.head));
            assert_eq!(again, Ok((whole.as_ref().unwrap().status, head.clone())));
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Read {
    status: u16,
    head: Vec<u8>,
    body: Vec<u8>,
    end: bool,
}

fn read(pieces: &[&[u8]], is_head: bool) -> Result<Read, Violation> {
    let (mut client, mut head) = (Client::new(LIMIT, is_head), Head::default());
    let (mut response, mut found) = (ResponseHead::default(), Read::default());
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        while !found.end {
            let available = rest.len();
            match client.receive(rest, &mut head, &mut response)? {
                Got::Interim { .. } => unreachable!(),
                Got::More { consumed } => {
                    assert!(found.status == 0 && consumed == available);
                    break;
                }
                Got::Head { consumed } => {
                    assert!(found.status == 0 && head.bytes.len() <= LIMIT);
                    assert!((200..=999).contains(&response.status) || response.status == 101);
                    (found.status, found.head) = (response.status, head.bytes.clone());
                    rest = &mut rest[consumed..];
                }
                Got::Body(Decoded { data, consumed, end }) => {
                    assert!(data == consumed && consumed <= available);
                    assert!(end == client.is_done() && (end || consumed == available));
                    found.body.extend_from_slice(&rest[..data]);
                    found.end = end;
                    break;
                }
            }
        }
    }
    found.end = client.is_done();
    if found.status > 0 {
        assert!(response.length.is_none_or(|length| found.body.len() as u64 <= length));
        assert!(!response.keep_alive);
    }
    Ok(found)
}
