//! Streams of records: split at every byte, wrong in every kind, and mutated.

use crate::base::rng::Rng;
use crate::proto::{Head, ResponseHead, Violation};

use super::client::{Client, NotReusable};
use crate::proto::{Decoded, Got};

const LIMIT: usize = 4096;

/// What came of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Response {
    status: u16,
    reason: String,
    head: Vec<u8>,
    body: Vec<u8>,
    messages: Vec<String>,
    /// The end was reported, and what of the last piece was behind it.
    end: bool,
    behind: usize,
    /// The server closing now would be the end.
    whole_at_close: bool,
    reusable: Option<NotReusable>,
}

fn feed(client: &mut Client, pieces: &[&[u8]]) -> Result<Response, (Violation, String)> {
    let (mut head, mut response) = (Head::default(), Response::default());
    let mut line = ResponseHead::default();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut rest = &mut piece[..];
        while !response.end {
            let got = client.receive(rest, &mut head, &mut line);
            let got = got.map_err(|why| (why, client.details(&why, &[], &head)))?;
            response.messages.extend(client.messages().map(lossy));
            client.clear_messages();
            match got {
                Got::More { .. } | Got::Interim { .. } => break,
                Got::Head { consumed } => {
                    assert_eq!(response.status, 0);
                    response.status = line.status;
                    response.reason = lossy(line.reason.unwrap_or_default().of(&head.bytes));
                    response.head.clone_from(&head.bytes);
                    rest = &mut rest[consumed..];
                }
                Got::Body(Decoded { data, consumed, end }) => {
                    assert!(data <= consumed && consumed <= rest.len());
                    assert!(end || consumed == rest.len());
                    response.body.extend_from_slice(&rest[..data]);
                    (response.end, response.behind) = (end, rest.len() - consumed);
                    break;
                }
            }
        }
    }
    client.close();
    response.whole_at_close = client.ends_at_close();
    response.messages.extend(client.messages().map(lossy));
    response.reusable = client.reusable().err();
    Ok(response)
}

fn kept(stream: &[u8]) -> Result<Response, (Violation, String)> {
    feed(&mut Client::new(LIMIT, false, true), &[stream])
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn padded(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
    let [high, low] = (content.len() as u16).to_be_bytes();
    let mut record = vec![1, kind, 0, 1, high, low, padding, 0xff];
    record.extend_from_slice(content);
    record.extend(vec![0xee; padding.into()]);
    record
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    padded(kind, content, 0)
}

fn stdout(content: &str) -> Vec<u8> {
    record(6, content.as_bytes())
}

fn stderr(content: &str) -> Vec<u8> {
    record(7, content.as_bytes())
}

fn end() -> Vec<u8> {
    record(3, &[0; 8])
}

fn whole(content: &str) -> Vec<u8> {
    [stdout(content), stdout(""), end()].concat()
}

/// Streams of whole responses, with what comes of each: status, reason, body.
fn responses() -> Vec<(Vec<u8>, u16, &'static str, &'static str)> {
    let by_bytes = |text: &str| -> Vec<u8> {
        text.bytes()
            .enumerate()
            .flat_map(|(i, byte)| padded(6, &[byte], (i as u8).wrapping_mul(37)))
            .collect()
    };
    vec![
        (whole("Content-Type: text/plain\r\n\r\nhello"), 200, "", "hello"),
        (whole("A: b\n\nhello"), 200, "", "hello"),
        (whole("\nhello"), 200, "", "hello"),
        (whole("\r\n"), 200, "", ""),
        (whole("Status: 404 Not Found\nA: b\r\n\nx"), 404, "Not Found", "x"),
        (whole("Status: 404\n\n"), 404, "", ""),
        (whole("STATUS:999  x \n\n"), 999, " x", ""),
        (whole("Status: 201 a\nStatus: 500 b\n\n"), 201, "a", ""),
        (whole("Location: /x\n\n"), 302, "", ""),
        (whole("Location: /x\nStatus: 201 Created\n\n"), 201, "Created", ""),
        (whole("Content-Length: 5\n\nhello"), 200, "", "hello"),
        (whole("Content-Length: 0\n\n"), 200, "", ""),
        // Nothing is read of these behind their heads.
        (whole("Status: 204\nContent-Length: 9\n\nhello"), 204, "", ""),
        (whole("Status: 304 Not Modified\n\nhello"), 304, "Not Modified", ""),
        // The coding is the server's affair; the end is that of STDOUT.
        (whole("Transfer-Encoding: chunked\n\nhello"), 200, "", "hello"),
        // php-fpm sends END_REQUEST alone.
        ([stdout("A: b\r\n\r\nhello"), end()].concat(), 200, "", "hello"),
        ([by_bytes("A: b\r\nC: d\r\n\r\nhello"), end()].concat(), 200, "", "hello"),
        (
            [
                stderr("one\n"),
                stdout("A: b\r"),
                stderr("two. \r\n"),
                stdout("\n\r"),
                padded(7, b"three", 5),
                stdout("\nhel"),
                stderr(""),
                padded(6, b"lo", 255),
                padded(6, b"", 9),
                stderr("four"),
                stdout(""),
                padded(3, &[0, 0, 0, 9, 0, 1, 2, 3], 8),
            ]
            .concat(),
            200,
            "",
            "hello",
        ),
    ]
}

#[test]
fn splits_do_not_matter() {
    for (stream, status, reason, body) in responses() {
        let found = kept(&stream).expect("whole");
        assert_eq!(
            (found.status, &*found.reason, &found.body[..]),
            (status, reason, body.as_bytes())
        );
        assert!(found.end && found.whole_at_close && found.behind == 0, "{found:?}");
        assert_eq!(found.reusable, None);
        for is_head in [false, true] {
            for keep_conn in [false, true] {
                each_split(&stream, &Client::new(LIMIT, is_head, keep_conn));
            }
        }
    }
}

fn each_split(stream: &[u8], new: &Client) {
    let whole = feed(&mut new.clone(), &[stream]);
    for at in 0..=stream.len() {
        let (front, back) = stream.split_at(at);
        let found = feed(&mut new.clone(), &[front, back]);
        match (&found, &whole) {
            // Without FCGI_KEEP_CONN, what comes behind the end may have come before it was seen.
            (Ok(found), Ok(whole)) => {
                assert_eq!((found.status, found.end), (whole.status, whole.end), "{at}");
                assert_eq!((&found.head, &found.body), (&whole.head, &whole.body), "{at}");
                assert_eq!(found.reusable, whole.reusable, "{at}");
                assert!(whole.messages.starts_with(&found.messages), "{at}");
            }
            _ => assert_eq!(found, whole, "{at}"),
        }
    }
    for n in [1, 3, 8] {
        let found = feed(&mut new.clone(), &stream.chunks(n).collect::<Vec<_>>());
        assert_eq!(found.map(|it| it.body), whole.clone().map(|it| it.body), "by {n}");
    }
}

/// A response that ends anywhere before its end is not whole.
#[test]
fn a_response_that_is_cut_short_is_not_whole() {
    for (stream, _, _, body) in responses() {
        for at in 0..stream.len() {
            let found = kept(&stream[..at]).expect("no fault yet");
            assert!(!found.end, "{at}");
            assert_eq!(found.reusable, Some(NotReusable::Unfinished));
            assert!(!found.whole_at_close || found.body == body.as_bytes(), "{at}");
        }
    }
    let php = [stdout("\nhello"), end()].concat();
    assert!(!kept(&php[..php.len() - 1]).unwrap().whole_at_close);
    // Content-Length is one promise, the end of the stream another.
    let found = kept(&stdout("Content-Length: 5\n\nhello")).unwrap();
    assert!(!found.end && !found.whole_at_close && found.body == b"hello");
}

/// The end of STDOUT is that of the response only where the connection ends behind it.
#[test]
fn the_end_of_stdout_is_not_the_end_of_the_response() {
    for keep_conn in [false, true] {
        let mut client = Client::new(LIMIT, false, keep_conn);
        let found = feed(&mut client, &[&[stdout("\nhello"), stdout("")].concat()]).unwrap();
        assert!(!found.end && found.whole_at_close && found.body == b"hello");
    }
}

#[test]
fn what_comes_before_the_server_closes_is_of_no_request() {
    // A response without a body ends with its head.
    let mut client = Client::new(LIMIT, true, false);
    let found = feed(&mut client, &[&[stdout("\nhello"), b"GET".to_vec()].concat()]).unwrap();
    assert!(found.end && found.body.is_empty() && found.behind == 0);
    assert_eq!(found.reusable, Some(NotReusable::NotAsked));
    let mut client = Client::new(LIMIT, false, false);
    let found = feed(&mut client, &[&[whole("\nhello"), b"GET".to_vec()].concat()]).unwrap();
    assert!(found.end && found.behind == 0);
}

#[test]
fn what_is_behind_the_response_is_left() {
    let found = kept(&[whole("\nhello"), vec![1, 2, 3]].concat()).unwrap();
    assert!(found.end && found.behind == 3 && found.reusable.is_none());
    // More than Content-Length says is not passed on.
    let found = kept(&whole("Content-Length: 3\n\nhello")).unwrap();
    assert_eq!((found.end, &found.body[..], found.behind), (true, &b"hel"[..], 2 + 8 + 16));
    assert_eq!(found.reusable, Some(NotReusable::ExcessBytes));
}

#[test]
fn messages_are_whole_records() {
    let (stream, ..) = responses().pop().unwrap();
    let whole = kept(&stream).unwrap();
    assert_eq!(whole.messages, ["one", "two", "three", "four"]);
    let pieces: Vec<_> = stream.chunks(1).collect();
    let split = feed(&mut Client::new(LIMIT, false, true), &pieces).unwrap();
    assert_eq!(split.messages, whole.messages);
    // One that is not whole is there when the connection ends.
    assert_eq!(kept(&stderr("fatal: out of memory")[..13]).unwrap().messages, ["fatal"]);
    // A flood is kept for as long as the call lasts, and of each record no more than the log takes.
    let flood = [stderr(&"x".repeat(60_000)), stderr("y")].concat().repeat(10);
    let found = kept(&flood).unwrap();
    assert_eq!(found.messages.len(), 20);
    assert!(found.messages.iter().all(|it| it.len() <= 2048));
}

/// Streams that are refused, and the log's words.
fn refused() -> Vec<(Vec<u8>, &'static str)> {
    let ok = stdout("\nhello");
    let with = |at: usize, byte: u8| {
        let mut stream = whole("\nhello");
        stream[at] = byte;
        stream
    };
    let after = |bytes: Vec<u8>| [ok.clone(), bytes].concat();
    let of_length = |it: Vec<u8>| [stdout("Content-Length: 9\n\nhello"), it].concat();
    let head = |text: &str| [stdout(text), stdout("\n"), end()].concat();
    vec![
        (with(0, 0), "upstream sent unsupported FastCGI protocol version: 0"),
        (with(0, b'H'), "upstream sent unsupported FastCGI protocol version: 72"),
        (with(1, 0), "upstream sent invalid FastCGI record type: 0"),
        (with(1, 1), "upstream sent invalid FastCGI record type: 1"),
        (with(1, 5), "upstream sent invalid FastCGI record type: 5"),
        (with(1, 11), "upstream sent invalid FastCGI record type: 11"),
        (with(1, 255), "upstream sent invalid FastCGI record type: 255"),
        (with(2, 1), "upstream sent unexpected FastCGI request id high byte: 1"),
        (with(3, 0), "upstream sent unexpected FastCGI request id low byte: 0"),
        (with(3, 2), "upstream sent unexpected FastCGI request id low byte: 2"),
        (after(with(0, 2)), "upstream sent unsupported FastCGI protocol version: 2"),
        (end(), "upstream sent unexpected FastCGI record: 3"),
        ([stdout("A: b\n"), end()].concat(), "upstream sent unexpected FastCGI record: 3"),
        (stdout(""), "upstream prematurely closed FastCGI stdout"),
        ([stdout("A: b\n"), stdout("")].concat(), "upstream prematurely closed FastCGI stdout"),
        (of_length(stdout("")), "upstream prematurely closed FastCGI stdout"),
        (of_length(end()), "upstream prematurely closed FastCGI request"),
        (after([stdout(""), stdout("x")].concat()), "upstream sent unexpected FastCGI record: 6"),
        (after(record(3, &[0; 7])), "upstream sent FastCGI end request record of length: 7"),
        (after(record(3, b"")), "upstream sent FastCGI end request record of length: 0"),
        (after(record(3, &[0; 9])), "upstream sent FastCGI end request record of length: 9"),
        (
            after(record(3, &[0, 0, 0, 0, 2, 0, 0, 0])),
            "upstream ended FastCGI request with protocol status: 2",
        ),
        (head("Status: abc\n"), "upstream sent invalid status \"abc\""),
        (head("Status:\n"), "upstream sent invalid status \"\""),
        (head("Status: 20\n"), "upstream sent invalid status \"20\""),
        (head("Status: 2000\n"), "upstream sent invalid status \"2000\""),
        (head("Status: +20\n"), "upstream sent invalid status \"+20\""),
        (head("Status: 100 Continue\n"), "upstream sent invalid status \"100 Continue\""),
        (head("Status: 101\n"), "upstream sent invalid status \"101\""),
        (head("A b\n"), "upstream sent invalid header: \"A\\x20...\""),
        (head("A: b\nNo colon\n"), "upstream sent invalid header: \"No\\x20...\""),
        (head("A: b\n c\n"), "upstream sent invalid header: \"\\x20...\""),
        (head(": b\n"), "upstream sent invalid header: \"\\x3a...\""),
        (head("A : b\n"), "upstream sent invalid header: \"A\\x20...\""),
        (head("A: b\0c\n"), "upstream sent invalid header: \"A: b\\x00...\""),
        (head("A: b\rc\n"), "upstream sent invalid header: \"A: b\\x0d...\""),
        (head("HTTP/1.1 200 OK\r\n"), "upstream sent invalid header: \"HTTP\\x2f...\""),
        (
            head("Content-Length: 1\nContent-Length: 1\n"),
            "upstream sent duplicate header line: \"Content-Length: 1\", previous value: \
             \"Content-Length: 1\"",
        ),
        (
            head("Content-Length: -1\n"),
            "upstream sent invalid \"Content-Length\" header: \"Content-Length: -1\"",
        ),
        (
            head("Content-Length: 1\nTransfer-Encoding: chunked\n"),
            "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time",
        ),
        (head("Transfer-Encoding: x\n"), "upstream sent unknown \"Transfer-Encoding\": \"x\""),
        (stdout(&"A: b\n".repeat(LIMIT / 5 + 1)), "upstream sent too big header"),
        (stdout(&"x".repeat(LIMIT + 1)), "upstream sent too big header"),
        (stdout("x").repeat(LIMIT + 1), "upstream sent too big header"),
    ]
}

#[test]
fn wrong_streams_are_refused_however_they_come() {
    for (stream, words) in refused() {
        let step = stream.len() / 500 + 1;
        for at in (0..stream.len()).step_by(step) {
            let (front, back) = stream.split_at(at);
            let (why, details) =
                feed(&mut Client::new(LIMIT, false, true), &[front, back]).expect_err(words);
            assert_eq!((why.status(), format!("{why}{details}").as_str()), (502, words));
        }
    }
    let mut wide = Client::new(1 << 20, false, true);
    let why = feed(&mut wide, &[&stdout(&"A:\n".repeat(2000))]).unwrap_err().0;
    assert_eq!(why, Violation::UpstreamManyHeaderLines);
}

/// Nothing panics, whatever comes; and how it is divided between reads decides nothing.
///
/// `FASTCGI_MUTATIONS` is how many streams.
#[test]
fn mutations_are_answered() {
    let rounds = std::env::var("FASTCGI_MUTATIONS").ok().and_then(|n| n.parse().ok());
    let mut random = Rng::new(7);
    let mut corpus: Vec<Vec<u8>> = responses().into_iter().map(|row| row.0).collect();
    corpus.extend(refused().into_iter().map(|row| row.0).filter(|stream| stream.len() < 500));
    for _ in 0..rounds.unwrap_or(20_000) {
        let mut stream = corpus[random.below(corpus.len() as u64) as usize].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut stream, &mut random);
        }
        let client = Client::new(64, random.one_in(4), !random.one_in(4));
        let (front, back) = stream.split_at(random.below(stream.len() as u64 + 1) as usize);
        let whole = feed(&mut client.clone(), &[&stream]);
        let split = feed(&mut client.clone(), &[front, back]);
        match (&whole, &split) {
            (Ok(whole), Ok(split)) => {
                assert_eq!((&whole.head, &whole.body), (&split.head, &split.body));
                assert_eq!((whole.end, whole.reusable), (split.end, split.reusable));
            }
            _ => assert_eq!(whole.map_err(|it| it.0), split.map_err(|it| it.0), "{stream:?}"),
        }
    }
}

fn mutate(stream: &mut Vec<u8>, random: &mut Rng) {
    const INTERESTING: &[u8] = &[0, 1, 2, 3, 6, 7, 8, 11, 255, b'\n', b'\r', b':', b' ', b'9'];
    let mut below = |n: usize| random.below(n as u64) as usize;
    let at = below(stream.len().max(1));
    match below(5) {
        0 => stream.insert(at.min(stream.len()), INTERESTING[below(INTERESTING.len())]),
        1 if at < stream.len() => drop(stream.remove(at)),
        2 if at < stream.len() => stream[at] = INTERESTING[below(INTERESTING.len())],
        3 if at < stream.len() => stream[at] ^= 1 << below(8),
        _ => {
            let end = (at + below(40)).min(stream.len());
            let piece = stream.get(at..end).unwrap_or_default().to_vec();
            let to = below(stream.len() + 1);
            stream.splice(to..to, piece);
        }
    }
}
