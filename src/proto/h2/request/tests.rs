//! Heads of requests from their fields.

use super::super::field::Facts;
use super::*;
use crate::proto::Method;

const GET: [(&str, &str); 4] =
    [(":method", "GET"), (":scheme", "https"), (":authority", "a.example:8443"), (":path", "/p?q")];

struct Made {
    head: Head,
    request: RequestHead,
    read: Read,
}

fn made(fields: &[(&str, &str)], end: bool, limits: &Limits) -> Made {
    let (mut head, mut request) = (Head::default(), RequestHead::default());
    let mut scratch = Scratch::default();
    let mut builder = Builder::new(limits, &mut head, &mut request, &mut scratch);
    for (name, value) in fields {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        builder.take(Field { name, value, facts: Facts::of(name, value) });
    }
    let read = builder.finish(end, true);
    Made { head, request, read }
}

fn taken(fields: &[(&str, &str)], end: bool) -> Made {
    let made = made(fields, end, &Limits::default());
    assert_eq!(made.read.violation, None, "{fields:?}");
    made
}

fn refused(fields: &[(&str, &str)]) -> Option<Violation> {
    made(fields, true, &Limits::default()).read.violation
}

/// The usual request and more fields behind it.
fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&GET[..], more].concat()
}

/// The usual request with another value of one of its fields; without it if there is none.
fn but<'a>(name: &str, value: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    let other = |(it, usual): (&'a str, &'a str)| {
        if it == name { value.map(|value| (it, value)) } else { Some((it, usual)) }
    };
    GET.into_iter().filter_map(other).collect()
}

#[test]
fn reads_as_http_1() {
    let Made { head, request, read } = taken(&with(&[("x-a", "b"), ("accept", "*/*")]), true);
    let text = "GET /p?q HTTP/2.0\r\nhost: a.example:8443\r\nx-a: b\r\naccept: */*\r\n";
    assert_eq!(String::from_utf8_lossy(&head.bytes), text);
    let of = |span: Span| std::str::from_utf8(span.of(&head.bytes)).unwrap();
    assert_eq!(of(request.line), "GET /p?q HTTP/2.0");
    assert_eq!((of(request.method_span), of(request.target)), ("GET", "/p?q"));
    assert_eq!((of(request.host), of(request.port)), ("a.example", "8443"));
    assert_eq!((request.method, request.version), (Method::Get, Version::V2));
    assert_eq!((request.framing, request.keep_alive), (Framing::None, true));
    assert!(!request.upgrade && !request.connection_fields && !read.extended);
    assert_eq!(head.find(b"x-a"), Some(&b"b"[..]));
    let mut lines = vec![];
    head.fields.iter().for_each(|field| head.push_line(field, &mut lines));
    assert_eq!(lines, text.as_bytes()[19..]);
}

#[test]
fn the_order_of_pseudo_fields_is_free() {
    let mut fields = with(&[("x-a", "b")]);
    let usual = taken(&fields, true);
    fields[..4].reverse();
    let other = taken(&fields, true);
    assert_eq!((other.head.bytes, other.request), (usual.head.bytes, usual.request));
}

#[test]
fn host_stands_for_authority() {
    let fields = [&but(":authority", None)[..], &[("x", "y"), ("host", "h:1")]].concat();
    let Made { head, request, .. } = taken(&fields, true);
    assert_eq!(request.host.of(&head.bytes), b"h");
    // The same twice is once.
    let Made { head, .. } = taken(&with(&[("host", "A.example:8443")]), true);
    assert_eq!(head.all(Name::Host).count(), 1);
    assert_eq!(refused(&with(&[("host", "b.example")])), Some(Violation::DuplicateHost));
    assert_eq!(refused(&but(":authority", None)), Some(Violation::NoAuthority));
    let twice = [&but(":authority", None)[..], &[("host", "a"), ("host", "a")]].concat();
    assert_eq!(refused(&twice), Some(Violation::DuplicateHost));
}

#[test]
fn cookies_are_one() {
    let fields = with(&[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "")]);
    let Made { head, .. } = taken(&fields, true);
    assert_eq!(head.all(Name::Cookie).collect::<Vec<_>>(), [b"a=1; b=2; "]);
}

#[test]
fn bodies() {
    for (fields, end, framing) in [
        (with(&[]), true, Framing::None),
        (with(&[]), false, Framing::Chunked),
        (with(&[("content-length", "5")]), false, Framing::Sized(5)),
        (with(&[("content-length", "0")]), true, Framing::Sized(0)),
    ] {
        assert_eq!(taken(&fields, end).request.framing, framing);
    }
    let fields = with(&[("content-length", "5")]);
    assert_eq!(refused(&fields), Some(Violation::InvalidContentLength));
    assert!(taken(&with(&[("expect", "100-continue")]), false).request.expect_continue);
}

#[test]
fn extended_connect() {
    let mut fields = but(":method", Some("CONNECT"));
    fields.push((":protocol", "websocket"));
    let Made { head, request, read } = taken(&fields, false);
    assert!(read.extended && request.upgrade);
    assert_eq!((request.method, request.framing), (Method::Get, Framing::None));
    assert!(head.bytes.starts_with(b"GET /p?q HTTP/2.0\r\nhost: a.example:8443\r\n"));
    assert_eq!(head.get(Name::Upgrade), Some(&b"websocket"[..]));
    assert_eq!(head.get(Name::Connection), Some(&b"upgrade"[..]));
    for wrong in [
        with(&[]).into_iter().chain([(":protocol", "websocket")]).collect(),
        fields.iter().copied().filter(|it| it.0 != ":path").collect(),
        fields.iter().copied().filter(|it| it.0 != ":authority").collect(),
        fields.iter().map(|&(n, v)| (n, if n == ":protocol" { "a b" } else { v })).collect(),
        [&fields[..], &[("content-length", "1")]].concat(),
    ] as [Vec<_>; 5]
    {
        let read = made(&wrong, false, &Limits::default()).read;
        assert!(read.violation.is_some(), "{wrong:?}");
    }
    let connect = [(":method", "CONNECT"), (":authority", "a:443")];
    let Made { head, request, read } = made(&connect, false, &Limits::default());
    assert_eq!(read.violation, Some(Violation::ConnectMethod));
    assert_eq!(request.line.of(&head.bytes), b"CONNECT a:443 HTTP/2.0");
}

#[test]
fn what_cannot_be_said_in_http_1() {
    for (name, value) in [
        (":path", "p"),
        (":path", ""),
        (":path", "/a b"),
        (":path", "/a#b"),
        (":path", "/a\r\nb"),
        (":path", "/\u{7f}"),
        (":path", "*"),
        (":path", "http://a/"),
        (":method", ""),
        (":method", "get"),
        (":method", "GE T"),
        (":method", "TRACE"),
        (":scheme", ""),
        (":scheme", "1a"),
        (":scheme", "a:b"),
        (":authority", ""),
        (":authority", "user@a"),
        (":authority", "a:b"),
        (":authority", "a/b"),
        (":authority", " a"),
    ] {
        assert!(refused(&but(name, Some(value))).is_some(), "{name} {value:?}");
    }
    for name in [":method", ":scheme", ":path"] {
        assert!(refused(&but(name, None)).is_some(), "{name}");
    }
    for more in [
        ("A", "b"),
        ("", "b"),
        ("a b", "c"),
        ("a\nb", "c"),
        ("a:", "b"),
        ("x", "a\r\nb: c"),
        ("x", "a\nb"),
        ("x", "a\0"),
        ("x", " a"),
        ("x", "a\t"),
        ("te", "gzip"),
        ("te", "trailers, deflate"),
        ("connection", "close"),
        ("keep-alive", "1"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        (":path", "/"),
        (":status", "200"),
        (":other", "a"),
        ("content-length", "+1"),
        ("content-length", "1, 1"),
    ] {
        assert!(refused(&with(&[more])).is_some(), "{more:?}");
        // A field in front: pseudo-fields behind it are late.
        assert!(refused(&[&[("x", "y")], &with(&[more])[..]].concat()).is_some());
    }
    let late = [&GET[..3], &[("x", "y")], &GET[3..]].concat();
    assert_eq!(refused(&late), Some(Violation::InvalidRequest));
    let twice = with(&[("content-length", "0"), ("content-length", "0")]);
    assert_eq!(refused(&twice), Some(Violation::DuplicateHeaderLine));
    assert_eq!(refused(&with(&[("te", "trailers")])), None);
    let options = [(":method", "OPTIONS"), GET[1], GET[2], (":path", "*")];
    assert_eq!(taken(&options, true).request.form, crate::proto::Form::Asterisk);
}

#[test]
fn names_that_are_ignored() {
    let fields = with(&[("a_b", "1"), ("a(", "2"), ("x", "3")]);
    let Made { head, request, .. } = taken(&fields, true);
    assert!(request.ignored_fields);
    assert_eq!(head.fields.len(), 2);
    let lax = Limits { ignore_invalid: false, underscores: true, ..Limits::default() };
    assert_eq!(made(&fields[..5], true, &lax).head.find(b"a_b"), Some(&b"1"[..]));
    assert_eq!(made(&fields, true, &lax).read.violation, Some(Violation::InvalidHeaderLine));
}

#[test]
fn limits() {
    let small = Limits { line: 64, field: 100, total: 300, fields: 4, ..Limits::default() };
    let (long, value) = (format!("/{}", "p".repeat(64)), "v".repeat(100));
    let third = &value[..90];
    for (fields, violation) in [
        (but(":path", Some(&long)), Violation::LongUri),
        (but(":path", Some(&long[..60])), Violation::LongUri),
        (with(&[("x", &value)]), Violation::LongHeaderLine),
        (with(&[("x", third), ("y", third), ("z", third)]), Violation::LargeRequest),
        (with(&[("cookie", third), ("cookie", third), ("cookie", third)]), Violation::LargeRequest),
        (with(&[("cookie", "a"); 5]), Violation::ManyHeaderLines),
        (with(&[("a_b", "a"); 5]), Violation::ManyHeaderLines),
    ] {
        assert_eq!(made(&fields, true, &small).read.violation, Some(violation), "{fields:?}");
    }
    assert_eq!(made(&with(&[("a", "b"); 4]), true, &small).read.violation, None);
}

#[test]
fn priorities() {
    let urgent = Priority { urgency: 1, incremental: true };
    assert_eq!(taken(&with(&[("priority", "u=1, i")]), true).read.priority, urgent);
    assert_eq!(taken(&GET, true).read.priority, Priority::default());
}

#[test]
fn trailers() {
    let limits = Limits { fields: 2, total: 100, ..Limits::default() };
    let read = |fields: &[(&str, &str)]| {
        let mut head = Head::default();
        let mut trailers = Trailers { limits: &limits, head: &mut head, bad: false };
        for (name, value) in fields {
            let (name, value) = (name.as_bytes(), value.as_bytes());
            trailers.take(Field { name, value, facts: Facts::of(name, value) });
        }
        (!trailers.bad).then_some(head.bytes)
    };
    let fields = [("a", "b"), ("a_b", "c"), ("host", "d"), ("e", "f")];
    assert_eq!(read(&fields).as_deref(), Some(&b"a: b\r\ne: f\r\n"[..]));
    assert_eq!(read(&[(":path", "/")]), None);
    assert_eq!(read(&[("A", "b")]), None);
    assert_eq!(read(&[("a", "b\nc")]), None);
    assert_eq!(read(&[("connection", "close")]), None);
    assert_eq!(read(&[("a", "b"); 3]), None);
    assert_eq!(read(&[("a", &*"b".repeat(100))]), None);
}
