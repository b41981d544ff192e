//! Chunked bodies. The same comes of one however it is cut into pieces; its data and its trailers, written anew,
//! are read as the same; what is not consumed lies behind its end.

use peerage::proto::h1::{Body, Chunked, write};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"0\r\n\r\n",
    b"1\r\na\r\n",
    b";",
    b" ;",
    b"a: b\r\n",
    b"ffffffff",
    b"7fffffffffffffff",
    b"8000000000000000",
];

/// For extensions and trailers of one body, in bytes.
const LIMIT: usize = 64;

pub fn check(input: &[u8]) {
    for new in [Chunked::request, Chunked::response] {
        let whole = read(&[input], new);
        for pieces in pieces::cuts(input) {
            assert_eq!(read(&pieces, new), whole, "{pieces:?}");
        }
        if let Ok(Read { end: Some(_), data, trailers }) = &whole {
            let again = written(data, trailers);
            let expected = Read { end: Some(again.len()), ..whole.clone().unwrap() };
            assert_eq!(read(&[&again], new), Ok(expected));
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Read {
    data: Vec<u8>,
    trailers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the body ended, if it did.
    end: Option<usize>,
}

/// What comes of pieces; of a violation, its status.
fn read(pieces: &[&[u8]], new: fn(usize) -> Chunked) -> Result<Read, u16> {
    let mut body = Body::Chunked(new(LIMIT));
    body.keep_trailers();
    let (mut data, mut at, mut end) = (vec![], 0, None);
    for piece in pieces {
        let mut piece = piece.to_vec();
        let decoded = body.decode(&mut piece).map_err(|violation| violation.status())?;
        assert!(decoded.data <= decoded.consumed && decoded.consumed <= piece.len());
        assert!(decoded.end || decoded.consumed == piece.len(), "some of it was left");
        assert_eq!(decoded.end, body.is_done());
        data.extend_from_slice(&piece[..decoded.data]);
        at += decoded.consumed;
        if decoded.end {
            end = Some(end.unwrap_or(at));
        }
    }
    let trailers = body.trailers().map(|(name, value)| (name.to_vec(), value.to_vec()));
    Ok(Read { data, trailers: trailers.collect(), end })
}

fn written(data: &[u8], trailers: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![];
    for chunk in data.chunks(7) {
        write::chunk_head(&mut out, chunk.len());
        out.extend_from_slice(chunk);
        out.extend_from_slice(write::CHUNK_END);
    }
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        // Without the space that `write::field` sets, which could exceed the limit.
        out.extend_from_slice(&[name, &b":"[..], value, b"\r\n"].concat());
    }
    out.extend_from_slice(b"\r\n");
    out
}
