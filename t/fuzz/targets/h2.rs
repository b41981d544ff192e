//! Frames of HTTP/2 behind the preface. The same comes of them however they are cut; heads hold nothing that would
//! end a line or a field of HTTP/1.1; what is sent are whole frames; windows hold, and memory has a bound.

use peerage::proto::h2::{Connection, Error, Event, GoAway, PREFACE, Settings, frame};
use peerage::proto::{Head, Limits, RequestHead};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"\0\0\0\x04\0\0\0\0\0",
    b"\0\0\0\x04\x01\0\0\0\0",
    b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\x0a",
    b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01a",
    b"\0\0\x06\x01\x04\0\0\0\x03\x83\x86\x84\x41\x01a",
    b"\0\0\x04\x01\0\0\0\0\x05\x82\x86\x84\x41",
    b"\0\0\x02\x09\x04\0\0\0\x05\x01a",
    b"\0\0\x03\0\0\0\0\0\x03abc",
    b"\0\0\x03\0\x01\0\0\0\x03abc",
    b"\0\0\x06\0\x08\0\0\0\x03\x02abc\0\0",
    b"\0\0\x04\x01\x05\0\0\0\x03\x40\x01t\x00",
    b"\0\0\x04\x03\0\0\0\0\x03\0\0\0\x08",
    b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x05",
    b"\0\0\x04\x08\0\0\0\0\x03\0\0\0\x05",
    b"\0\0\x08\x06\0\0\0\0\x0012345678",
    b"\0\0\x05\x02\0\0\0\0\x03\0\0\0\0\0",
    b"\0\0\x07\x10\0\0\0\0\0\0\0\0\x07u=1",
    b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0",
    b"\0\0\0\0\0\0\0\0\x03",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let all = |order: &[usize]| order.iter().flat_map(|at| WORDS[*at].to_vec()).collect();
    vec![
        all(&[0, 1, 3, 4, 7, 8]),
        all(&[0, 2, 4, 9, 7, 10]),
        all(&[0, 1, 5, 6, 12, 13, 14, 15, 16]),
        all(&[0, 4, 7, 11, 7, 3, 17, 18]),
    ]
}

const OURS: Settings = Settings {
    header_table: 4096,
    max_streams: 4,
    initial_window: 100,
    max_frame: frame::MAX_PAYLOAD as u32,
    max_header_list: u32::MAX,
    connect_protocol: true,
};

pub fn check(input: &[u8]) {
    let whole = read(&[input]);
    for pieces in pieces::cuts(input) {
        assert_eq!(read(&pieces), whole, "{pieces:?}");
    }
    let mut rest = &whole.out[..];
    while !rest.is_empty() {
        let head = frame::Head::parse(rest).expect("a frame");
        rest = rest.get(frame::HEAD + head.len..).expect("it is whole");
    }
}

#[derive(Debug, Default, PartialEq)]
struct Read {
    /// Pieces of a body are put together.
    events: Vec<String>,
    out: Vec<u8>,
    error: Option<Error>,
}

fn read(pieces: &[&[u8]]) -> Read {
    let limits = Limits { line: 64, field: 128, total: 512, fields: 8, ..Limits::default() };
    let mut server = Connection::<u64>::new(OURS, 65_535);
    let (mut found, mut head, mut request) =
        (Read::default(), Head::default(), RequestHead::default());
    server.open(&mut found.out);
    let mut inbox = PREFACE.to_vec();
    for piece in pieces {
        inbox.extend_from_slice(piece);
        let mut at = 0;
        loop {
            let received =
                server.receive(&inbox[at..], &limits, &mut head, &mut request, &mut found.out);
            let received = match received {
                Ok(received) => received,
                Err(error) => {
                    found.error = Some(error);
                    server.go_away(GoAway::Last(error.code), &mut found.out);
                    return found;
                }
            };
            let more = received.event == Event::More;
            assert!(!more || received.consumed == 0);
            assert!(
                received.consumed > 0
                    || more
                    || matches!(received.event, Event::Data { .. } | Event::Nothing)
            );
            at += received.consumed;
            if more {
                break;
            }
            react(&mut server, &received.event, &head, &request, &mut found);
        }
        inbox.drain(..at);
        assert!(inbox.len() < frame::HEAD + frame::MAX_PAYLOAD);
        assert!(server.memory() < 128 << 10 && server.streams.len() <= OURS.max_streams as usize);
    }
    found
}

/// What a server might do; the same for the same events.
fn react(
    server: &mut Connection<u64>,
    event: &Event<'_>,
    head: &Head,
    request: &RequestHead,
    found: &mut Read,
) {
    let Read { events, out, .. } = found;
    match *event {
        Event::Request { stream, .. } => {
            check_head(head, request);
            events.push(format!("{stream} {:?}", String::from_utf8_lossy(&head.bytes)));
            let mut block = server.headers(out);
            block.status(200);
            block.fields(head);
            block.finish(stream, false);
            let room = server.room(stream).min(50);
            server.data(stream, room, stream % 3 == 0, out);
            out.resize(out.len() + room, b'x');
        }
        Event::Refused { stream, .. } => {
            events.push(format!("{event:?}"));
            server.headers(out).finish(stream, true);
            server.close(stream, out);
        }
        Event::Data { stream, data, end } => {
            let it = server.streams.get_mut(stream).expect("is open");
            it.it += data.len() as u64;
            let received = it.it;
            // A window is given out once, and never again.
            assert!(received <= 65_535);
            if end {
                events.push(format!("{stream} {received} bytes"));
                server.give_connection(received as usize, out);
                server.close(stream, out);
            }
        }
        Event::Trailers { stream } => {
            assert!(!head.bytes.contains(&0));
            events.push(format!("{stream} {:?}", String::from_utf8_lossy(&head.bytes)));
            server.close(stream, out);
        }
        Event::Reset { stream, .. } | Event::Broken { stream, .. } => {
            events.push(format!("{event:?}"));
            server.close(stream, out);
        }
        Event::Nothing => {}
        _ => events.push(format!("{event:?}")),
    }
}

/// It reads in HTTP/1.1 as it was meant: each line ends where it is said to, and none is one of the connection's.
fn check_head(head: &Head, request: &RequestHead) {
    let line = request.line.of(&head.bytes);
    assert!(line.ends_with(b" HTTP/2.0") && line.iter().filter(|it| **it == b' ').count() == 2);
    let target = request.target.of(&head.bytes);
    assert!(target.starts_with(b"/") || target == b"*");
    let mut written = [line, b"\r\n"].concat();
    for (name, value) in head.fields.iter().map(|it| (head.name(it), head.value(it))) {
        assert!(!name.is_empty() && !name.contains(&b':') && name.iter().all(u8::is_ascii_graphic));
        written.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
    }
    assert_eq!(written, head.bytes);
    let ends = written.iter().filter(|it| matches!(it, b'\r' | b'\n' | 0)).count();
    assert_eq!(ends, 2 * (1 + head.fields.len()));
    let count = |name: &[u8]| head.fields.iter().filter(|it| head.name(it) == name).count();
    assert_eq!((count(b"host"), count(b"transfer-encoding")), (1, 0));
    assert!(count(b"content-length") <= 1 && count(b"cookie") <= 1);
    assert!(request.upgrade || count(b"connection") + count(b"upgrade") == 0);
}
