//! Request heads, with limits that are near and without those that nginx ignores by default. What is taken is taken
//! alike however it comes; a head ends itself; all parts lie in it; and written anew in the plain form it says the same.

use peerage::http::uri;
use peerage::proto::h1::{Limits, request};
use peerage::proto::{Form, Head, Name, RequestHead, Version};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"OPTIONS * HTTP/1.1\r\n",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"http://a.example:80/",
    b"Host: a\r\n",
    b"Content-Length: ",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: ",
    b"Upgrade: x\r\n",
    b"Expect: 100-continue\r\n",
    b"\r\n\r\n",
];

pub fn check(input: &[u8]) {
    let near = Limits { line: 128, field: 128, total: 512, fields: 8, ..Limits::default() };
    let lax = Limits { ignore_invalid: false, underscores: true, ..Limits::default() };
    for limits in [Limits::default(), near, lax] {
        let whole = read(&[input], &limits);
        for pieces in pieces::cuts(input) {
            compare(&whole, &pieces, &limits);
        }
        if let Ok(Some(taken)) = &whole {
            check_taken(input, taken, &limits);
        }
        // Asked of any bytes, for the log.
        request::repeated(input);
    }
}

/// What is known of a head that was taken.
#[derive(Debug, PartialEq)]
struct Taken {
    len: usize,
    request: RequestHead,
    bytes: Vec<u8>,
    fields: Vec<(Name, Vec<u8>, Vec<u8>)>,
}

/// Of a violation, its status.
type Read = Result<Option<Taken>, u16>;

fn read(pieces: &[&[u8]], limits: &Limits) -> Read {
    let (mut inbox, mut scanned, mut head) = (vec![], 0, Head::default());
    for piece in pieces {
        inbox.extend_from_slice(piece);
        let mut request = RequestHead::default();
        let parsed = request::parse(&inbox, &mut scanned, limits, &mut head, &mut request);
        if let Some(len) = parsed.map_err(|violation| violation.status())? {
            assert_eq!(scanned, 0);
            let own = |(id, name, value): (Name, &[u8], &[u8])| (id, name.to_vec(), value.to_vec());
            let fields = head.iter().map(own).collect();
            return Ok(Some(Taken { len, request, bytes: head.bytes.clone(), fields }));
        }
        assert!(scanned <= inbox.len());
    }
    Ok(None)
}

/// Which of several faults is named may depend on how a head came; that it is refused may not. One in a head that
/// has not ended may be seen only at its end.
fn compare(whole: &Read, pieces: &[&[u8]], limits: &Limits) {
    let split = read(pieces, limits);
    match (whole, &split) {
        (Err(_), Err(_)) => {}
        (Err(_), Ok(None)) => {
            let ended = [pieces, &[b"\r\n\r\n"]].concat();
            assert!(read(&ended, limits).is_err(), "{pieces:?}");
        }
        _ => assert_eq!(&split, whole, "{pieces:?}"),
    }
}

fn check_taken(input: &[u8], taken: &Taken, limits: &Limits) {
    let Taken { len, request, bytes, fields } = taken;
    // The name of a Host field that an absolute target made is behind the copy of the head.
    assert!(*len <= input.len().min(limits.total) && bytes.len() <= *len + "Host".len());
    assert_eq!(read(&[&input[..*len]], limits).as_ref().map(Option::as_ref), Ok(Some(taken)));
    assert_eq!(read(&[&input[..len - 1]], limits).map(|it| it.is_some()), Ok(false));
    let of = |span: peerage::proto::Span| {
        assert!(span.end() <= bytes.len());
        span.of(bytes)
    };
    of(request.line);
    let (method, target) = (of(request.method_span), of(request.target));
    let (host, port) = (of(request.host), of(request.port));
    assert!(port.iter().all(u8::is_ascii_digit));
    let mut path = vec![];
    if uri::normalize(of(request.path()), true, &mut path).is_ok() {
        assert!(path.starts_with(b"/") || request.form == Form::Asterisk);
    }
    if request.version == Version::V09 {
        assert!(fields.is_empty());
        return;
    }
    let mut plain = [method, b" ", target, b" "].concat();
    plain.extend_from_slice(request.version.as_str().as_bytes());
    plain.extend_from_slice(b"\r\n");
    for (_, name, value) in fields {
        plain.extend_from_slice(&[name, &b": "[..], value, b"\r\n"].concat());
    }
    plain.extend_from_slice(b"\r\n");
    // A field more: that of an absolute target is written, too.
    let fields_most = limits.fields + 1;
    let roomy =
        Limits { line: 1 << 20, field: 1 << 20, total: 1 << 20, fields: fields_most, ..*limits };
    let again = read(&[&plain], &roomy).expect("was taken").expect("is whole");
    assert_eq!(again.fields, *fields);
    assert_eq!(again.request.host.of(&again.bytes), host);
    assert_eq!(again.request.port.of(&again.bytes), port);
    let says = |it: &RequestHead| {
        (it.method, it.version, it.framing, it.keep_alive, it.upgrade, it.expect_continue)
    };
    assert_eq!(says(&again.request), says(request));
}
