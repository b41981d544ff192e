//! The codecs as functions of bytes: the same result however a message is split, and each refusal by name. What is
//! the same for any bytes, t/fuzz asserts.

use peerage::http::{cookies, dates, ranges, uri};
use peerage::proto::h1::{Body, Chunked, Limits};
use peerage::proto::h1::{request, response};
use peerage::proto::{Form, Framing, Head, Name, RequestHead, ResponseHead, Version, Violation};

const LIMIT: usize = 4096;

/// A message taken to its end: what its head says, its fields, its body, how much of the input
/// was used. Nothing if it is not complete.
type Outcome<H> = Result<Option<Message<H>>, Violation>;

type Parse<'a, H> = &'a dyn Fn(&[u8], &mut usize, &mut Head) -> Parsed<H>;
type Parsed<H> = Result<Option<(usize, H)>, Violation>;

#[derive(Debug, PartialEq)]
struct Message<H> {
    head: H,
    bytes: Vec<u8>,
    fields: Vec<(Name, Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    done: bool,
    used: usize,
}

/// Feeds `pieces` one behind the other, as reads would bring them.
fn feed<H: Clone>(
    pieces: &[&[u8]],
    parse: Parse<'_, H>,
    framing: &dyn Fn(&H) -> Body,
) -> Outcome<H> {
    let (mut inbox, mut scanned, mut head) = (Vec::new(), 0, Head::default());
    let mut message: Option<(Message<H>, Body)> = None;
    for piece in pieces {
        let mut fresh = piece.to_vec();
        if message.is_none() {
            inbox.extend_from_slice(&fresh);
            let Some((n, parsed)) = parse(&inbox, &mut scanned, &mut head)? else { continue };
            assert_eq!(scanned, 0);
            let fields = head.iter().map(|(id, n, v)| (id, n.to_vec(), v.to_vec())).collect();
            let body = framing(&parsed);
            let bytes = head.bytes.clone();
            let new = Message {
                head: parsed,
                bytes,
                fields,
                body: vec![],
                done: body.is_done(),
                used: n,
            };
            message = Some((new, body));
            fresh = inbox.split_off(n);
        }
        let Some((message, body)) = &mut message else { continue };
        if message.done {
            continue;
        }
        let decoded = body.decode(&mut fresh)?;
        assert!(decoded.data <= decoded.consumed && decoded.consumed <= fresh.len());
        assert!(decoded.end || decoded.consumed == fresh.len());
        assert_eq!(decoded.end, body.is_done());
        message.body.extend_from_slice(&fresh[..decoded.data]);
        message.used += decoded.consumed;
        message.done = decoded.end;
    }
    Ok(message.map(|(message, _)| message))
}

fn limits() -> Limits {
    Limits { line: 256, field: 256, total: 1024, fields: 16, ..Limits::default() }
}

fn feed_request(pieces: &[&[u8]], limits: &Limits) -> Outcome<RequestHead> {
    feed(
        pieces,
        &|input, scanned, head| {
            let mut says = RequestHead::default();
            let parsed = request::parse(input, scanned, limits, head, &mut says)?;
            Ok(parsed.map(|n| (n, says)))
        },
        &|head: &RequestHead| match head.framing {
            Framing::None => Body::Empty,
            Framing::Sized(n) => Body::Sized(n),
            Framing::Chunked => Body::Chunked(Chunked::request(LIMIT)),
        },
    )
}

fn feed_response(pieces: &[&[u8]]) -> Outcome<ResponseHead> {
    feed(
        pieces,
        &|input, scanned, head| {
            let mut says = ResponseHead::default();
            let parsed = response::parse(input, scanned, LIMIT, head, &mut says)?;
            Ok(parsed.map(|n| (n, says)))
        },
        &|head: &ResponseHead| response::framing(head, false, LIMIT),
    )
}

const REQUESTS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "\r\n\r\n\nGET /a/b?c=d HTTP/1.1\r\nHost: a.example:8080\r\nConnection: close\r\n\r\nGET",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET /old\r\n",
    "GET /old\r\nmore",
    "GET /old\n",
    "GET  /a   HTTP/1.1  \r\nHost: a\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://b.example:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://b.example?y HTTP/1.1\r\nHost: a\r\n\r\n",
    "M-SEARCH /a_b HTTP/1.1\r\nHost: [::1]:80\r\nX-Empty:\r\nX-Blank:  \t \r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhellomore",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-Continue\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n\
     5 \t;\r\nhello\r\n00a;x=\"y z\"\r\n0123456789\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nmore",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, x-one\r\nUpgrade: websocket\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nIf-Match: a\r\nIf-None-Match: b\r\nIf-Match: c\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX.Foo: 1\r\nX_Bar: 2\r\nX-Baz: 3\r\n\r\n",
    "GET / HTTP/1.1\r\nX@(: 1\r\nHost: a\r\n\"quoted\": 2\r\nX-Baz: 3 \t\r\n\r\n",
];

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellomore",
    "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 \r\nServer: x\r\n\r\nuntil the end",
    "HTTP/1.0 404 Not Found\nDate: now\nConnection: keep-alive\nContent-Length: 1\n\nx",
    "HTTP/1.1 204 No Content\r\n\r\nmore",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close, X-A\r\n\r\n\
     1\r\na\r\nFf\r\n0123456789012345678901234567890123456789012345678901234567890123456789\
     0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123\
     456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\
     1234\r\n0;e\r\nT: v\r\n\r\nmore",
    "HTTP/1.1 999 \r\nX.Y: 1\r\nx_y: 2\r\n\r\n",
];

/// Whole, cut in two at every byte, byte by byte: always the same.
#[test]
fn splits_do_not_matter() {
    let limits = limits();
    for text in REQUESTS {
        let whole = feed_request(&[text.as_bytes()], &limits);
        assert!(matches!(&whole, Ok(Some(message)) if message.done), "{text:?} {whole:?}");
        each_split(text.as_bytes(), |pieces| {
            assert_eq!(feed_request(pieces, &limits), whole, "{pieces:?}");
        });
    }
    for text in RESPONSES {
        let whole = feed_response(&[text.as_bytes()]);
        assert!(matches!(&whole, Ok(Some(_))), "{text:?} {whole:?}");
        each_split(text.as_bytes(), |pieces| {
            assert_eq!(feed_response(pieces), whole, "{pieces:?}");
        });
    }
}

fn each_split(bytes: &[u8], check: impl Fn(&[&[u8]])) {
    // Every byte, but for the few that are long only to pass a limit.
    for at in (1..bytes.len()).step_by(bytes.len() / 500 + 1) {
        let (front, back) = bytes.split_at(at);
        check(&[front, back]);
    }
    check(&bytes.chunks(1).collect::<Vec<_>>());
    check(&bytes.chunks(3).collect::<Vec<_>>());
}

/// A request that must be refused is refused alike when it comes in pieces.
#[test]
fn splits_do_not_help() {
    let limits = limits();
    for (text, status, why) in refused_requests() {
        each_split(&text, |pieces| {
            let error = feed_request(pieces, &limits).expect_err("refused when whole");
            assert_eq!((error.status(), error.words()), (status, why), "{pieces:?}");
        });
    }
    for (text, why) in refused_responses() {
        each_split(&text, |pieces| {
            assert_eq!(feed_response(pieces).expect_err("refused when whole").words(), why);
        });
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const INTERESTING: &[u8] = b"\r\n\0 \t:;,/?#%@\"x0Ff-_.\x7f\x80\xff";
    let at = random.below(bytes.len().max(1));
    let byte = INTERESTING[random.below(INTERESTING.len())];
    match random.below(5) {
        0 => bytes.insert(at.min(bytes.len()), byte),
        1 if !bytes.is_empty() => drop(bytes.remove(at)),
        2 if !bytes.is_empty() => bytes[at] = byte,
        3 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        _ => {
            let end = (at + random.below(40)).min(bytes.len());
            let piece = bytes[at.min(end)..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

/// The small parsers of field values and URIs, on any bytes.
#[test]
fn values_may_be_anything() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let corpus = [
        "bytes=0-1, -5,7-,18446744073709551615-",
        "a=1; b=\"2\", c = 3;;",
        "/a/./b%2f../%zz?x=1&y#z",
        "Sun, 06 Nov 1994 08:49:37 GMT",
    ];
    let (mut ranges, mut out) = (Vec::new(), Vec::new());
    for round in 0..40_000 {
        let mut bytes = corpus[round % corpus.len()].as_bytes().to_vec();
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, &mut random);
        }
        let length = [0, 1, 100, u64::MAX][random.below(4)];
        ranges::parse(&bytes, length, random.below(5), &mut ranges);
        assert!(ranges.iter().all(|range| range.start < range.end && range.end <= length));
        cookies::find([bytes.as_slice()], b"b");
        dates::parse(&bytes);
        if uri::normalize(&bytes, round % 2 == 0, &mut out).is_ok() {
            assert!(out.starts_with(b"/"));
        }
        // Both ignore what they cannot use.
        let _ = uri::parse_unsafe(&bytes, &mut out);
        uri::arg(&bytes, b"x");
        out.clear();
        uri::escape_uri(&bytes, &mut out);
        let mut back = Vec::new();
        uri::unescape(&out, &mut back);
        assert_eq!(back, bytes);
    }
}

const LINE: &str = "client sent invalid request";
const METHOD: &str = "client sent invalid method";
const FIELD: &str = "client sent invalid header line";
const HOST: &str = "client sent invalid host header";
const TARGET_HOST: &str = "client sent invalid host in request line";
const LENGTH: &str = "client sent invalid \"Content-Length\" header";
const CODING: &str = "client sent invalid \"Transfer-Encoding\"";
const UNKNOWN: &str = "client sent unknown \"Transfer-Encoding\"";
const BOTH: &str =
    "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time";
const TWICE: &str = "client sent duplicate header line";
const CHUNK: &str = "client sent invalid chunked body";
const OVERHEAD: &str = "client sent too large chunk extensions or trailers";

fn refused_requests() -> Vec<(Vec<u8>, u16, &'static str)> {
    let mut rows: Vec<(Vec<u8>, u16, &'static str)> = Vec::new();
    let mut row = |text: String, status, why| rows.push((text.into_bytes(), status, why));
    for (line, status, why) in [
        ("get / HTTP/1.1", 400, METHOD),
        ("Get / HTTP/1.1", 400, METHOD),
        ("G3T / HTTP/1.1", 400, METHOD),
        (" GET / HTTP/1.1", 400, METHOD),
        ("GET\t/ HTTP/1.1", 400, METHOD),
        ("GET/ HTTP/1.1", 400, METHOD),
        ("GET", 400, LINE),
        ("GET ", 400, LINE),
        ("GET x HTTP/1.1", 400, LINE),
        ("GET * HTTP/1.1", 400, LINE),
        ("GET / x HTTP/1.1", 400, LINE),
        ("GET /a b HTTP/1.1", 400, LINE),
        ("GET /a\tb HTTP/1.1", 400, LINE),
        ("GET /a\x01b HTTP/1.1", 400, LINE),
        ("GET /a\0b HTTP/1.1", 400, LINE),
        ("GET /a\x7fb HTTP/1.1", 400, LINE),
        ("GET /a\rb HTTP/1.1", 400, LINE),
        ("GET /a#b HTTP/1.1", 400, LINE),
        ("GET http://a/#b HTTP/1.1", 400, LINE),
        ("GET http://u@a/ HTTP/1.1", 400, TARGET_HOST),
        ("GET http://u:p@a/ HTTP/1.1", 400, TARGET_HOST),
        ("GET http:///x HTTP/1.1", 400, TARGET_HOST),
        ("GET http://a:8x/ HTTP/1.1", 400, TARGET_HOST),
        ("GET http://a_b/ HTTP/1.1", 400, TARGET_HOST),
        ("GET http:/a/ HTTP/1.1", 400, LINE),
        ("GET 1http://a/ HTTP/1.1", 400, LINE),
        ("GET ://a/ HTTP/1.1", 400, LINE),
        ("GET / HTTP/", 400, LINE),
        ("GET / http/1.1", 400, LINE),
        ("GET / HTTP/1", 400, LINE),
        ("GET / HTTP/1.", 400, LINE),
        ("GET / HTTP/1.x", 400, LINE),
        ("GET / HTTP/0.9", 400, LINE),
        ("GET / HTTP/01.1", 400, LINE),
        ("GET / HTTP/1.1x", 400, LINE),
        ("GET / HTTP/1.1\r", 400, LINE),
        ("GET / HTTP/2.0", 505, "client sent invalid version"),
        ("GET / HTTP/3", 505, "client sent invalid version"),
        ("GET / HTTP/10.1", 505, "client sent invalid version"),
        ("POST /", 400, "client sent invalid method in HTTP/0.9 request"),
        ("EHLO x", 400, "client sent invalid method in HTTP/0.9 request"),
        ("GET x", 400, LINE),
        ("GET http://a/", 400, LINE),
        ("GET  /", 400, LINE),
        ("GET / ", 400, LINE),
        ("CONNECT a:80 HTTP/1.1", 405, "client sent CONNECT method"),
        ("CONNECT / HTTP/1.1", 405, "client sent CONNECT method"),
        ("TRACE / HTTP/1.1", 405, "client sent TRACE method"),
    ] {
        row(format!("{line}\r\nHost: a\r\n\r\n"), status, why);
    }
    for (field, why) in [
        ("X : 1", FIELD),
        ("X\t: 1", FIELD),
        ("X y: 1", FIELD),
        (" X: 1", FIELD),
        ("\tX: 1", FIELD),
        (": 1", FIELD),
        ("X", FIELD),
        ("X\x01: 1", FIELD),
        ("X\x7f: 1", FIELD),
        ("X\0: 1", FIELD),
        ("X: a\0b", FIELD),
        ("X: a\x01b", FIELD),
        ("X: a\x7fb", FIELD),
        ("X: a\rb", FIELD),
        ("X: a\r", FIELD),
        ("\rX: a", FIELD),
        ("X: a\r\n b", FIELD),
        ("X: a\r\n\tb", FIELD),
        ("X@(: a\x01", FIELD),
        ("Host: a", "client sent duplicate host header"),
        ("Host: b", "client sent duplicate host header"),
        ("Content-Length: +5", LENGTH),
        ("Content-Length: -5", LENGTH),
        ("Content-Length: 0x5", LENGTH),
        ("Content-Length: 5, 5", LENGTH),
        ("Content-Length: 5 5", LENGTH),
        ("Content-Length: 5.", LENGTH),
        ("Content-Length:", LENGTH),
        ("Content-Length: 9223372036854775808", LENGTH),
        ("Content-Length: 18446744073709551615", LENGTH),
        ("Content-Length: 18446744073709551616", LENGTH),
        ("Content-Length: 99999999999999999999999999", LENGTH),
        ("Content-Length: 5\r\nContent-Length: 5", TWICE),
        ("Content-Length: 5\r\nContent-Length: 6", TWICE),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", BOTH),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", BOTH),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", TWICE),
        ("Transfer-Encoding:", CODING),
        ("Transfer-Encoding: gzip, chunked", CODING),
        ("Transfer-Encoding: chunked, gzip", CODING),
        ("Transfer-Encoding: chunked, chunked", CODING),
        ("Transfer-Encoding: chunked,", CODING),
        ("Transfer-Encoding: chunked;q=1", CODING),
        ("Transfer-Encoding: \"chunked\"", CODING),
        ("If-Modified-Since: a\r\nIf-Modified-Since: b", TWICE),
        ("If-Unmodified-Since: a\r\nIf-Unmodified-Since: b", TWICE),
        ("If-Range: a\r\nIf-Range: b", TWICE),
        ("Expect: a\r\nExpect: b", TWICE),
        ("Authorization: a\r\nAuthorization: b", TWICE),
    ] {
        row(format!("POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n"), 400, why);
    }
    for unknown in ["gzip", "identity", "xchunked"] {
        let text = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {unknown}\r\n\r\n");
        row(text, 501, UNKNOWN);
    }
    for host in ["", "a/b", "a b", "a@b", "a#b", "a?b", ":80", "a:b", "a:80:90", "a..b", "[::1"] {
        row(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400, HOST);
        row(format!("GET / HTTP/1.0\r\nHost: {host}\r\n\r\n"), 400, HOST);
        row(format!("GET http://a/ HTTP/1.1\r\nHost: {host}\r\n\r\n"), 400, HOST);
    }
    let no_host = "client sent HTTP/1.1 request without \"Host\" header";
    row("GET / HTTP/1.1\r\n\r\n".into(), 400, no_host);
    row("GET http://a/ HTTP/1.1\r\n\r\n".into(), 400, no_host);
    row(
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
        400,
        "client sent HTTP/1.0 request with \"Transfer-Encoding\" header",
    );
    row("\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n".into(), 400, LINE);
    let long = "a".repeat(300);
    row(format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), 414, "client sent too long URI");
    row(format!("GET /{long}"), 414, "client sent too long URI");
    row(format!("GET /{long} HTTP/1.1\r\nHost: a"), 414, "client sent too long URI");
    let long_field = "client sent too long header line";
    row(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"), 431, long_field);
    row(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}"), 431, long_field);
    row(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n"), 431, long_field);
    row(format!("GET / HTTP/1.1\r\nX: {long}\r\nHost: a\r\nY"), 431, long_field);
    let line = format!("X: {}\r\n", "a".repeat(200));
    let large = "client sent too large request";
    row(format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", line.repeat(6)), 431, large);
    row(format!("GET / HTTP/1.1\r\nHost: a\r\n{}", line.repeat(5)), 431, large);
    row("\r\n".repeat(600), 431, large);
    for end in ["\r\n", "", "Y"] {
        let text = format!("\r\nGET / HTTP/1.1\r\nHost: a\r\n{}{end}", "X: 1\r\n".repeat(16));
        row(text, 400, "client sent too many header lines");
    }
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in bad_chunks() {
        row(format!("{chunked}{body}"), 400, CHUNK);
    }
    let over = "x".repeat(LIMIT);
    row(format!("{chunked}5;{over}\r\nhello\r\n"), 431, OVERHEAD);
    row(format!("{chunked}0\r\nX: {over}\r\n\r\n"), 431, OVERHEAD);
    row(format!("{chunked}{}0\r\n\r\n", "1;x\r\na\r\n".repeat(LIMIT / 2 + 1)), 431, OVERHEAD);
    rows
}

fn bad_chunks() -> Vec<&'static str> {
    vec![
        "\r\n",
        ";x\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhelloo\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5\t\r\nhello\r\n0\r\n\r\n",
        "5 6;x\r\nhello\r\n0\r\n\r\n",
        "5 ;x\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5g\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5;a\rb\r\nhello\r\n0\r\n\r\n",
        "5;a\x01\r\nhello\r\n0\r\n\r\n",
        "8000000000000000\r\n",
        "ffffffffffffffff\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "00000000000000005\r\nhello\r\n0\r\n\r\n",
        "0\n\r\n",
        "0\r\n\n",
        "0\r\nX: 1\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\nX : 1\r\n\r\n",
        "0\r\n: 1\r\n\r\n",
        "0\r\n X: 1\r\n\r\n",
        "0\r\nX: 1\r\n y\r\n\r\n",
        "0\r\nX: a\0b\r\n\r\n",
        "0\r\nX: a\rb\r\n\r\n",
        "0\r\n\rx",
    ]
}

#[test]
fn refused_requests_are_refused() {
    for (text, status, why) in refused_requests() {
        let got = feed_request(&[&text], &limits());
        let text = String::from_utf8_lossy(&text);
        assert_eq!(got.map_err(|e| (e.status(), e.words())), Err((status, why)), "{text:?}");
    }
}

fn refused_responses() -> Vec<(Vec<u8>, &'static str)> {
    let no_line = "upstream sent no valid HTTP/1.0 header";
    let invalid = "upstream sent invalid header";
    let length = "upstream sent invalid \"Content-Length\" header";
    let coding = "upstream sent unknown \"Transfer-Encoding\"";
    let twice = "upstream sent duplicate header line";
    let both =
        "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time";
    let mut rows = Vec::new();
    for line in [
        "",
        "hello",
        "<html>",
        "ICY 200 OK",
        "http/1.1 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/2.0 200 OK",
        "HTTP/2 200",
        "HTTP/1.1",
        "HTTP/1.1 ",
        "HTTP/1.1 20",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 200OK",
        "HTTP/1.1 099 Low",
        "HTTP/1.1 000 None",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 -20 OK",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 O\rK",
        " HTTP/1.1 200 OK",
        "\r\nHTTP/1.1 200 OK",
    ] {
        rows.push((format!("{line}\r\nServer: a\r\n\r\n"), no_line));
    }
    for (field, why) in [
        ("X: a\0b", invalid),
        ("X\0: a", invalid),
        ("X: a\rb", invalid),
        ("X: a\r\n folded", invalid),
        (" X: a", invalid),
        ("X : a", invalid),
        ("X y: a", invalid),
        (": a", invalid),
        ("no colon", invalid),
        ("Content-Length: +5", length),
        ("Content-Length: 5, 5", length),
        ("Content-Length:", length),
        ("Content-Length: 18446744073709551615", length),
        ("Content-Length: 5\r\nContent-Length: 5", twice),
        ("Content-Length: 5\r\nContent-Length: 6", twice),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", both),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", both),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", twice),
        ("Transfer-Encoding: gzip", coding),
        ("Transfer-Encoding: gzip, chunked", coding),
    ] {
        rows.push((format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n"), why));
    }
    let in_10 = "upstream sent HTTP/1.0 response with \"Transfer-Encoding\" header";
    rows.push(("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".into(), in_10));
    let big = "upstream sent too big header";
    let value = "a".repeat(LIMIT);
    rows.push((format!("HTTP/1.1 200 OK\r\nX: {value}\r\n\r\n"), big));
    rows.push((format!("HTTP/1.1 200 OK\r\nX: {value}"), big));
    // Some servers fill up the line of a size with spaces.
    for body in bad_chunks().into_iter().filter(|body| !is_filled_up(body)) {
        let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        rows.push((text, "upstream sent invalid chunked response"));
    }
    rows.into_iter().map(|(text, why)| (text.into_bytes(), why)).collect()
}

fn is_filled_up(body: &str) -> bool {
    body.starts_with("5 ") || body.starts_with("5\t")
}

#[test]
fn refused_responses_are_refused() {
    for (text, why) in refused_responses() {
        let got = feed_response(&[&text]);
        let text = String::from_utf8_lossy(&text);
        assert_eq!(got.map_err(|e| (e.status(), e.words())), Err((502, why)), "{text:?}");
    }
}

fn parse(text: &str) -> (RequestHead, Head) {
    let (mut head, mut request) = (Head::default(), RequestHead::default());
    let parsed = request::parse(text.as_bytes(), &mut 0, &limits(), &mut head, &mut request);
    parsed.expect("is accepted").expect("is whole");
    (request, head)
}

#[test]
fn requests_are_understood() {
    let (request, head) =
        parse("GET http://B.example.:81/x?y HTTP/1.1\r\nHost: a:8080\r\nX-One: 1\r\n\r\n");
    let of =
        |span: peerage::proto::Span| String::from_utf8_lossy(span.of(&head.bytes)).into_owned();
    assert_eq!(of(request.host), "B.example");
    assert_eq!(of(request.port), "81");
    assert_eq!(of(request.path()), "/x?y");
    assert_eq!(of(request.line), "GET http://B.example.:81/x?y HTTP/1.1");
    assert!(matches!(request.form, Form::Absolute { .. }));
    assert_eq!(head.all(Name::Host).collect::<Vec<_>>(), [b"B.example.:81"]);

    let (_, head) = parse("GET http://a:81?x HTTP/1.0\r\n\r\n");
    assert_eq!(head.iter().collect::<Vec<_>>(), [(Name::Host, &b"Host"[..], &b"a:81"[..])]);

    let (request, head) = parse("\r\nGET  /a  HTTP/1.0 \nHost: a:80\n\n");
    assert_eq!(request.line.of(&head.bytes), b"GET  /a  HTTP/1.0 ");
    assert_eq!(request.target.of(&head.bytes), b"/a");
    assert_eq!(request.host.of(&head.bytes), b"a");
    assert_eq!((request.version, request.keep_alive), (Version::V10, false));

    let (request, head) = parse("GET /x\r\nHost: a\r\n");
    assert_eq!(request.version, Version::V09);
    assert_eq!((head.bytes.as_slice(), head.fields.len()), (&b"GET /x\r\n"[..], 0));
}

#[test]
fn connections_persist_as_they_should() {
    for (version, options, keep_alive) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: CLOSE\r\n", false),
        ("1.1", "Connection: x, close\r\n", false),
        ("1.1", "Connection: xclose\r\n", true),
        ("1.1", "Connection: x\r\nConnection: close\r\n", false),
        ("1.1", "Connection: close\r\nConnection: keep-alive\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let (request, _) = parse(&format!("GET / HTTP/{version}\r\nHost: a\r\n{options}\r\n"));
        assert_eq!(request.keep_alive, keep_alive, "{version} {options:?}");
    }
    let upgrade = |fields: &str| parse(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).0;
    let request = upgrade("Connection: keep-alive, Upgrade\r\nUpgrade: x\r\n");
    assert!(request.upgrade && !request.connection_fields);
    assert!(!upgrade("Connection: Upgrade\r\n").upgrade);
    assert!(!upgrade("Upgrade: x\r\n").upgrade);
    assert!(upgrade("Connection: X-Custom\r\n").connection_fields);
}

#[test]
fn names_that_nginx_ignores() {
    let text = "GET / HTTP/1.1\r\nHost: a\r\nX_A: 1\r\nX.B: 2\r\n\r\n";
    let names = |text: &str, ignore_invalid, underscores| {
        let limits = Limits { ignore_invalid, underscores, ..limits() };
        let mut head = Head::default();
        let line = &mut RequestHead::default();
        request::parse(text.as_bytes(), &mut 0, &limits, &mut head, line)
            .map(|_| head.iter().map(|f| String::from_utf8_lossy(f.1).into_owned()).collect())
    };
    assert_eq!(names(text, true, false), Ok(vec!["Host".to_owned()]));
    assert_eq!(names(text, true, true), Ok(vec!["Host".into(), "X_A".into()]));
    assert_eq!(names(text, false, false), Ok(vec!["Host".into(), "X_A".into(), "X.B".into()]));
    let text = "GET / HTTP/1.1\r\nX@(\u{ff}: 1\r\nHost: a\r\nX_A: 1\r\n\r\n";
    assert_eq!(names(text, true, false), Ok(vec!["Host".into()]));
    assert!(names(text, false, false).is_err());
}

#[test]
fn responses_end_as_they_should() {
    let body = |text: &str, to_head| {
        let (mut head, mut response) = (Head::default(), ResponseHead::default());
        let parsed = response::parse(text.as_bytes(), &mut 0, LIMIT, &mut head, &mut response);
        parsed.expect("is accepted").expect("is whole");
        response::framing(&response, to_head, LIMIT)
    };
    let sized = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(body(sized, false), Body::Sized(5));
    assert_eq!(body(sized, true), Body::Empty);
    assert_eq!(body(&sized.replace('5', "0"), false), Body::Empty);
    assert_eq!(body("HTTP/1.1 200 OK\r\n\r\n", false), Body::UntilClose);
    assert_eq!(body("HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false), Body::Empty);
    assert_eq!(body("HTTP/1.1 304 OK\r\nContent-Length: 5\r\n\r\n", false), Body::Empty);
    assert_eq!(body("HTTP/1.1 100 Continue\r\n\r\n", false), Body::Empty);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(body(chunked, false), Body::Chunked(Chunked::response(LIMIT)));
}

#[test]
fn heads_of_many_fields() {
    for count in [64, 65, 1024, 1025] {
        let fields = "A: b\r\n".repeat(count);
        let mut head = Head::default();
        let text = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        let line = &mut ResponseHead::default();
        let parsed = response::parse(text.as_bytes(), &mut 0, 1 << 16, &mut head, line);
        match count {
            1025 => assert_eq!(parsed, Err(Violation::UpstreamManyHeaderLines)),
            _ => assert_eq!((parsed, head.fields.len()), (Ok(Some(text.len())), count)),
        }
        let text = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let limits = Limits { total: 1 << 16, fields: 1025, ..limits() };
        let line = &mut RequestHead::default();
        let parsed = request::parse(text.as_bytes(), &mut 0, &limits, &mut head, line);
        match count {
            1025 => assert_eq!(parsed, Err(Violation::ManyHeaderLines)),
            _ => assert_eq!((parsed, head.fields.len()), (Ok(Some(text.len())), count + 1)),
        }
    }
}

#[test]
fn a_reason_may_be_anything() {
    for (line, reason) in [
        ("HTTP/1.1 200 OK", "OK"),
        ("HTTP/1.1 200", ""),
        ("HTTP/1.1 200 ", ""),
        ("HTTP/1.1 200 Schön ok", "Schön ok"),
    ] {
        for end in ["\r\n\r\n", "\n\n"] {
            let (mut head, mut response) = (Head::default(), ResponseHead::default());
            let text = format!("{line}{end}");
            let parsed = response::parse(text.as_bytes(), &mut 0, LIMIT, &mut head, &mut response);
            let n = parsed.expect("is accepted").expect("is whole");
            assert_eq!(n, text.len());
            assert_eq!(response.reason.unwrap().of(&head.bytes), reason.as_bytes());
        }
    }
}
