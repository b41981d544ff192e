//! Responses of memcached: split at every byte, and wrong in every kind.

use super::*;

const LIMIT: usize = 64;

/// The status, whether the value is compressed, the value, what is behind the response, whether that is whole.
type Response = (u16, bool, Vec<u8>, usize, bool);

/// Gives the client `pieces` one behind the other, with what it has not taken before each.
fn feed(pieces: &[&[u8]], gzip_flag: u64) -> Result<Response, String> {
    let (mut client, mut head) = (Client::default(), Head::default());
    client.begin(b"/key", LIMIT, gzip_flag);
    let mut line = ResponseHead::default();
    let (mut inbox, mut body) = (Vec::new(), Vec::new());
    for piece in pieces {
        inbox.extend_from_slice(piece);
        while !inbox.is_empty() && !client.is_done() {
            let got = client.receive(&mut inbox, &mut head, &mut line);
            match got.map_err(|why| format!("{why}{}", client.details(&why, &inbox, &head)))? {
                Got::More { consumed } => {
                    assert_eq!(consumed, 0);
                    break;
                }
                Got::Interim { .. } => unreachable!(),
                Got::Head { consumed } => drop(inbox.drain(..consumed)),
                Got::Body(Decoded { data, consumed, end }) => {
                    assert!(end == client.is_done() && (end || consumed == inbox.len()));
                    body.extend_from_slice(&inbox[..data]);
                    inbox.drain(..consumed);
                }
            }
        }
    }
    assert!(line.status == 0 || line.keep_alive);
    Ok((line.status, !head.fields.is_empty(), body, inbox.len(), client.is_done()))
}

/// Whole, and cut in two at each byte.
fn feed_split(stream: &[u8], gzip_flag: u64) -> Result<Response, String> {
    let whole = feed(&[stream], gzip_flag);
    for at in 0..=stream.len() {
        let (front, back) = stream.split_at(at);
        assert_eq!(feed(&[front, back], gzip_flag), whole, "{at}");
    }
    let bytes: Vec<_> = stream.chunks(1).collect();
    assert_eq!(feed(&bytes, gzip_flag), whole);
    whole
}

#[test]
fn a_request_is_a_line() {
    let (mut client, mut out) = (Client::default(), Vec::new());
    client.begin(b"/a%20b", LIMIT, 0);
    client.push_request(&mut out);
    assert_eq!(out, b"get /a%20b\r\n");
}

#[test]
fn values_come_however_they_are_split() {
    let found = |stream: &str, gzip_flag| feed_split(stream.as_bytes(), gzip_flag).unwrap();
    let value = |gzip, body: &str, behind| (200, gzip, body.as_bytes().to_vec(), behind, true);
    assert_eq!(found("VALUE /key 0 5\r\nhello\r\nEND\r\n", 0), value(false, "hello", 0));
    assert_eq!(found("VALUE /key 0 0\r\n\r\nEND\r\n", 0), value(false, "", 0));
    // A value may hold anything, the end of another one too.
    let body = "\r\nEND\r\nx";
    assert_eq!(found(&format!("VALUE /key 0 8\r\n{body}\r\nEND\r\n"), 0), value(false, body, 0));
    // The bits of the flags are looked at only where they mean something.
    assert_eq!(found("VALUE /key 3 1\r\nx\r\nEND\r\n", 2), value(true, "x", 0));
    assert_eq!(found("VALUE /key 4 1\r\nx\r\nEND\r\n", 2), value(false, "x", 0));
    assert_eq!(found("VALUE /key -1 1\r\nx\r\nEND\r\n", 0), value(false, "x", 0));
    assert_eq!(found("END\r\n", 0), (404, false, vec![], 0, true));
}

#[test]
fn what_is_behind_the_response_is_left() {
    let behind = |stream: &[u8]| feed(&[stream], 0).map(|it| (it.3, it.4));
    assert_eq!(behind(b"END\r\nEND\r\n"), Ok((5, true)));
    assert_eq!(behind(b"VALUE /key 0 1\r\nx\r\nEND\r\ny"), Ok((1, true)));
}

#[test]
fn a_response_that_is_cut_short_is_not_whole() {
    for stream in [&b"VALUE /key 0 5\r\nhello\r\nEND\r\n"[..], b"END\r\n"] {
        for at in 0..stream.len() {
            let (.., is_whole) = feed(&[&stream[..at]], 0).unwrap();
            assert!(!is_whole, "{at}");
        }
    }
}

#[test]
fn wrong_responses_are_refused_however_they_come() {
    let response = |line: &str| format!("memcached sent invalid response: \"{line}\"");
    let of_key = |what: &str, line: &str| {
        format!("memcached sent invalid {what} in response \"{line}\" for key \"/key\"")
    };
    let trailer = "memcached sent invalid trailer".to_owned();
    let big = "upstream sent too big header".to_owned();
    for (stream, words) in [
        ("ERROR\r\n", response("ERROR")),
        ("SERVER_ERROR out of memory\r\n", response("SERVER_ERROR out of memory")),
        ("\n", response("")),
        ("\r\n", response("")),
        ("END\n", response("END")),
        ("END \r\n", response("END ")),
        ("VALUE /key 0 5\nhello\r\nEND\r\n", response("VALUE /key 0 5")),
        ("VALUE /key2 0 5\r\n", response("VALUE /key2 0 5")),
        ("VALUE /key 05\r\n", response("VALUE /key 05")),
        ("VALUE /ke 0 5\r\n", of_key("key", "VALUE /ke 0 5")),
        ("VALUE  /key 0 5\r\n", of_key("key", "VALUE  /key 0 5")),
        ("VALUE /key x 5\r\n", of_key("flags", "VALUE /key x 5")),
        ("VALUE /key 0 5 7\r\n", of_key("length", "VALUE /key 0 5 7")),
        ("VALUE /key 0 \r\n", of_key("length", "VALUE /key 0 ")),
        ("VALUE /key 0 -5\r\n", of_key("length", "VALUE /key 0 -5")),
        ("VALUE /key 0 +5\r\n", of_key("length", "VALUE /key 0 +5")),
        (
            "VALUE /key 0 9223372036854775808\r\n",
            of_key("length", "VALUE /key 0 9223372036854775808"),
        ),
        ("VALUE /key 0 4\r\nhello\r\nEND\r\n", trailer.clone()),
        ("VALUE /key 0 5\r\nhello\nEND\r\n", trailer.clone()),
        ("VALUE /key 0 5\r\nhello\r\nVALUE b 0 1\r\n", trailer),
        (&*"x".repeat(LIMIT), big.clone()),
        (&*format!("{}\r\n", "x".repeat(LIMIT - 1)), big),
    ] {
        assert_eq!(feed_split(stream.as_bytes(), 1), Err(words), "{stream:?}");
    }
}

#[test]
fn bytes_may_pass_by() {
    let mut client = Client::default();
    client.begin(b"a", LIMIT, 0);
    let (head, line) = (&mut Head::default(), &mut ResponseHead::default());
    client.receive(&mut b"VALUE a 0 9\r\n".to_vec(), head, line).unwrap();
    assert_eq!(client.opaque(), Some(9));
    client.pass(8);
    assert_eq!((client.opaque(), client.is_done()), (Some(1), false));
    client.pass(1);
    assert_eq!((client.opaque(), client.is_done()), (None, false));
    let got = client.receive(&mut b"\r\nEND\r\n".to_vec(), head, line);
    assert_eq!(got, Ok(Got::Body(Decoded { data: 0, consumed: 7, end: true })));
}
