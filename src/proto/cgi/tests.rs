//! Responses of uwsgi and SCGI: split at every byte, and wrong in every kind. What the fields of a head say, the
//! tests of FastCGI have.

use super::Client;
use crate::proto::{Decoded, Got, Head, ResponseHead};

const LIMIT: usize = 256;

/// What came of a response: status, reason, body, whether it is whole, and whether it is so at the end of the input.
#[derive(Debug, PartialEq, Eq)]
struct Response {
    status: u16,
    reason: String,
    body: Vec<u8>,
    is_done: bool,
    ends_at_close: bool,
    behind: usize,
}

fn feed(pieces: &[&[u8]], is_head: bool) -> Result<Response, String> {
    let (mut client, mut head) = (Client::new(LIMIT, is_head), Head::default());
    let mut line = ResponseHead::default();
    let (mut inbox, mut body) = (Vec::new(), Vec::new());
    for piece in pieces {
        inbox.extend_from_slice(piece);
        while !inbox.is_empty() && !client.is_done() {
            let got = client.receive(&mut inbox, &mut head, &mut line);
            let got = got.map_err(|why| format!("{why}{}", client.details(&why, &[], &head)))?;
            match got {
                Got::Interim { .. } => unreachable!(),
                Got::More { consumed } | Got::Head { consumed } => {
                    inbox.drain(..consumed);
                }
                Got::Body(Decoded { data, consumed, end }) => {
                    assert!(end == client.is_done() && (end || consumed == inbox.len()));
                    body.extend_from_slice(&inbox[..data]);
                    inbox.drain(..consumed);
                }
            }
        }
    }
    assert!(!line.keep_alive && !line.chunked);
    let (is_done, ends_at_close) = (client.is_done(), client.ends_at_close());
    let reason = line.reason.unwrap_or_default().of(&head.bytes);
    let reason = String::from_utf8_lossy(reason).into_owned();
    let behind = inbox.len();
    Ok(Response { status: line.status, reason, body, is_done, ends_at_close, behind })
}

/// Whole, cut in two at each byte, and byte by byte.
fn feed_split(stream: &str, is_head: bool) -> Result<Response, String> {
    let stream = stream.as_bytes();
    let whole = feed(&[stream], is_head);
    let without_rest = |it: &Result<Response, String>| {
        it.as_ref().map(|it| (it.status, it.reason.clone(), it.body.clone())).map_err(Clone::clone)
    };
    for at in 0..=stream.len() {
        let (front, back) = stream.split_at(at);
        let split = feed(&[front, back], is_head);
        assert_eq!(without_rest(&split), without_rest(&whole), "{at}");
    }
    let bytes: Vec<_> = stream.chunks(1).collect();
    assert_eq!(without_rest(&feed(&bytes, is_head)), without_rest(&whole));
    whole
}

#[test]
fn responses_with_and_without_a_status_line() {
    for (stream, status, reason, body) in [
        ("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", 200, "OK", "hello"),
        ("HTTP/1.0 404 Not Found\nA: b\n\nhello", 404, "Not Found", "hello"),
        // A uWSGI server repeats the version that it was told.
        ("HTTP/2.0 201 Created\r\n\r\n", 201, "Created", ""),
        ("HTTP/1.1 200\r\n\r\nx", 200, "", "x"),
        ("HTTP/1.1 200 \r\n\r\nx", 200, "", "x"),
        (
            "HTTP/1.1 101 Web Socket\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            101,
            "Web Socket",
            "",
        ),
        // It outweighs the field.
        ("HTTP/1.1 200 OK\r\nStatus: 404 Not Found\r\n\r\n", 200, "OK", ""),
        ("HTTP/1.1 200 OK\r\nLocation: /\r\n\r\n", 200, "OK", ""),
        ("Status: 404 Not Found\r\n\r\nhello", 404, "Not Found", "hello"),
        ("Location: /\n\n", 302, "", ""),
        ("\nhello", 200, "", "hello"),
    ] {
        let found = feed_split(stream, false).unwrap();
        assert_eq!((found.status, &*found.reason), (status, reason), "{stream:?}");
        assert_eq!(found.body, body.as_bytes(), "{stream:?}");
        assert!(status == 101 || !found.is_done && found.ends_at_close, "{stream:?}");
    }
}

#[test]
fn a_body_ends_with_its_length_or_with_the_connection() {
    let with_length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let found = feed_split(with_length, false).unwrap();
    assert!(found.is_done && found.behind == 0);
    let found = feed_split(&format!("{with_length}more"), false).unwrap();
    assert_eq!((found.is_done, &found.body[..], found.behind), (true, &b"hello"[..], 4));
    for at in 0..with_length.len() {
        let found = feed(&[&with_length.as_bytes()[..at]], false).unwrap();
        assert!(!found.is_done && !found.ends_at_close, "{at}");
    }
    for (stream, is_head) in [
        (with_length, true),
        ("Status: 204\n\nhello", false),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false),
        ("Content-Length: 0\n\n", false),
    ] {
        let found = feed_split(stream, is_head).unwrap();
        assert!(found.is_done && found.body.is_empty(), "{stream:?}");
    }
}

#[test]
fn wrong_heads_are_refused_however_they_come() {
    let header = |line: &str| format!("upstream sent invalid header: \"{line}...\"");
    let status = |value: &str| format!("upstream sent invalid status \"{value}\"");
    for (stream, words) in [
        ("HTTP/1.1 20 OK\r\n\r\n", header("HTTP\\x2f")),
        ("HTTP/1.1 2000 OK\r\n\r\n", header("HTTP\\x2f")),
        ("HTTP/1.1 100 Continue\r\n\r\n", header("HTTP\\x2f")),
        ("HTTP/11 200 OK\r\n\r\n", header("HTTP\\x2f")),
        ("HTTP/1.1 200 O\0K\r\n\r\n", header("HTTP\\x2f")),
        ("A: b\r\nHTTP/1.1 200 OK\r\n\r\n", header("HTTP\\x2f")),
        ("HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n", header("HTTP\\x2f")),
        ("No colon\r\n\r\n", header("No\\x20")),
        ("Status: 100 Continue\r\n\r\n", status("100 Continue")),
        ("Status: 101 Switching\r\n\r\n", status("101 Switching")),
        (&*format!("A: {}\r\n\r\n", "b".repeat(LIMIT)), "upstream sent too big header".to_owned()),
    ] {
        assert_eq!(feed_split(stream, false), Err(words), "{stream:?}");
    }
}
