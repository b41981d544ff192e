//! Responses: head, framing and body. The same comes of one however it is cut into pieces; the head written anew says
//! the same; a body is no longer than what announces it.

use peerage::proto::h1::{Body, response};
use peerage::proto::{Head, Name, ResponseHead};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 404 \r\n",
    b"HTTP/1.1 304\r\n",
    b"HTTP/1.1 101 x\r\n",
    b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close, x\r\n",
    b"Upgrade: x\r\n",
    b"Server: x\r\n",
    b"\r\n\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
];

/// For the head, and for extensions and trailers of the body, in bytes.
const LIMIT: usize = 512;

pub fn check(input: &[u8]) {
    let whole = read(&[input]);
    for pieces in pieces::cuts(input) {
        compare(&whole, &pieces);
    }
    if let Ok(Some(taken)) = &whole {
        check_taken(input, taken);
    }
}

#[derive(Debug, PartialEq)]
struct Taken {
    response: ResponseHead,
    head: Vec<u8>,
    fields: Vec<(Name, Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    /// Where the body ended, if it did.
    end: Option<usize>,
}

/// Of a violation, its status; and whether a head came before it.
type Read = Result<Option<Taken>, (u16, bool)>;

fn read(pieces: &[&[u8]]) -> Read {
    let (mut inbox, mut scanned, mut head) = (vec![], 0, Head::default());
    let mut taken: Option<(Taken, Body, usize)> = None;
    for piece in pieces {
        let mut fresh = piece.to_vec();
        if taken.is_none() {
            inbox.extend_from_slice(&fresh);
            let mut response = ResponseHead::default();
            let parsed = response::parse(&inbox, &mut scanned, LIMIT, &mut head, &mut response);
            let Some(len) = parsed.map_err(|it| (it.status(), false))? else {
                continue;
            };
            assert!(len <= inbox.len().min(LIMIT) && (100..1000).contains(&response.status));
            let own = |(id, name, value): (Name, &[u8], &[u8])| (id, name.to_vec(), value.to_vec());
            let fields = head.iter().map(own).collect();
            let body = response::framing(&response, false, LIMIT);
            let end = body.is_done().then_some(len);
            let new = Taken { response, head: head.bytes.clone(), fields, body: vec![], end };
            taken = Some((new, body, len));
            fresh = inbox.split_off(len);
        }
        let Some((taken, body, at)) = &mut taken else { continue };
        if taken.end.is_some() {
            break;
        }
        let decoded = body.decode(&mut fresh).map_err(|it| (it.status(), true))?;
        assert!(decoded.end || decoded.consumed == fresh.len(), "some of it was left");
        taken.body.extend_from_slice(&fresh[..decoded.data]);
        *at += decoded.consumed;
        taken.end = decoded.end.then_some(*at);
    }
    Ok(taken.map(|it| it.0))
}

/// A fault in a head that has not ended may be seen only at its end.
fn compare(whole: &Read, pieces: &[&[u8]]) {
    let split = read(pieces);
    match (whole, &split) {
        (Err((_, false)), Ok(None)) => {
            assert!(read(&[pieces, &[b"\r\n\r\n"]].concat()).is_err(), "{pieces:?}");
        }
        _ => assert_eq!(&split, whole, "{pieces:?}"),
    }
}

fn check_taken(input: &[u8], taken: &Taken) {
    let Taken { response, head, fields, body, end } = taken;
    assert!(head.len() + body.len() <= input.len());
    if let Some(end) = end {
        assert_eq!(read(&[&input[..*end]]).as_ref().map(Option::as_ref), Ok(Some(taken)));
        let bodiless = response.status < 200 || matches!(response.status, 204 | 304);
        let announced = response.length.filter(|_| !bodiless && !response.chunked);
        assert!(announced.is_none_or(|length| length == body.len() as u64));
    }
    let mut plain = format!("{} {:03} ", response.version.as_str(), response.status).into_bytes();
    plain.extend_from_slice(response.reason.unwrap().of(head));
    plain.extend_from_slice(b"\r\n");
    for (_, name, value) in fields {
        plain.extend_from_slice(&[name, &b": "[..], value, b"\r\n"].concat());
    }
    plain.extend_from_slice(b"\r\n");
    let (mut again, mut says) = (Head::default(), ResponseHead::default());
    let parsed = response::parse(&plain, &mut 0, 1 << 20, &mut again, &mut says);
    parsed.expect("was taken").expect("is whole");
    assert_eq!(says.reason.unwrap().of(&again.bytes), response.reason.unwrap().of(head));
    let plain = ResponseHead { reason: response.reason, ..says };
    assert_eq!(plain, *response);
    let own = |(id, name, value): (Name, &[u8], &[u8])| (id, name.to_vec(), value.to_vec());
    assert_eq!(again.iter().map(own).collect::<Vec<_>>(), *fields);
}
