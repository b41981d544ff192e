//! Frames in, and what becomes of them.

use super::super::frame::put;
use super::*;
use crate::proto::Name;
use ErrorCode::*;

const GET: &[u8] = b"\x82\x86\x84\x41\x01a";
const END: u8 = frame::END_STREAM | frame::END_HEADERS;

/// A connection, and what it says.
struct Server {
    it: Connection<u32>,
    limits: Limits,
    head: Head,
    request: RequestHead,
    inbox: Vec<u8>,
    out: Vec<u8>,
    /// The pieces of each body are put together.
    log: Vec<String>,
}

impl Server {
    /// After the prefaces of both.
    fn new(ours: Settings) -> Self {
        let mut server = Self {
            it: Connection::new(ours, 65_535),
            limits: Limits::default(),
            head: Head::default(),
            request: RequestHead::default(),
            inbox: vec![],
            out: vec![],
            log: vec![],
        };
        server.it.open(&mut server.out);
        server.receive(PREFACE).unwrap();
        server.frame(frame::SETTINGS, 0, 0, b"").unwrap();
        server.frame(frame::SETTINGS, frame::ACK, 0, b"").unwrap();
        (server.out, server.log) = (vec![], vec![]);
        server
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<(), Error> {
        let mut frame = vec![];
        put(kind, flags, stream, payload, &mut frame);
        self.receive(&frame)
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.inbox.extend_from_slice(bytes);
        let mut at = 0;
        loop {
            let Self { it, limits, head, request, inbox, out, log } = self;
            let input = &inbox[at..];
            let received = match it.receive(input, limits, head, request, out) {
                Ok(received) => received,
                Err(error) => {
                    inbox.clear();
                    return Err(error);
                }
            };
            at += received.consumed;
            if received.event == Event::More {
                assert_eq!(received.consumed, 0);
                break;
            }
            match received.event {
                Event::Data { stream, data, end } => {
                    let text = String::from_utf8_lossy(data);
                    let before = format!("data {stream} ");
                    match log.last_mut().filter(|it| it.starts_with(&before)) {
                        Some(piece) => piece.push_str(&text),
                        None => log.push(before + &text),
                    }
                    if end {
                        log.push(format!("end {stream}"));
                    }
                }
                Event::Request { stream, end, .. } => {
                    let line = String::from_utf8_lossy(request.line.of(&head.bytes));
                    log.push(format!("{line} {stream} {end}"));
                }
                Event::Trailers { stream } => {
                    let text = String::from_utf8_lossy(&head.bytes);
                    log.push(format!("trailers {stream} {text}"));
                }
                Event::Nothing => {}
                event => log.push(format!("{event:?}")),
            }
        }
        self.inbox.drain(..at);
        Ok(())
    }

    /// The code of the error that the frame gets, and of RST_STREAM.
    fn code(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Fault {
        match self.frame(kind, flags, stream, payload) {
            Err(error) => Fault::Connection(error.code),
            Ok(()) => match self.sent().into_iter().find(|sent| sent.0.kind == frame::RST_STREAM) {
                Some(sent) => Fault::Stream(sent.0.stream, sent.1[3]),
                None => Fault::None,
            },
        }
    }

    /// The frames that were sent since the last call.
    fn sent(&mut self) -> Vec<(Frame, Vec<u8>)> {
        let (out, mut rest, mut found) = (std::mem::take(&mut self.out), 0, vec![]);
        while let Some(head) = Frame::parse(&out[rest..]) {
            let start = rest + frame::HEAD;
            rest = start + head.len;
            found.push((head, out[start..rest].to_vec()));
        }
        assert_eq!(rest, out.len());
        found
    }

    fn kinds(&mut self) -> Vec<(u8, u32)> {
        self.sent().iter().map(|(head, _)| (head.kind, head.stream)).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Connection(ErrorCode),
    Stream(u32, u8),
}

fn server() -> Server {
    Server::new(Settings { max_streams: 100, connect_protocol: true, ..Settings::default() })
}

/// All that a client may send.
fn conversation() -> Vec<u8> {
    let mut all = PREFACE.to_vec();
    let mut add = |kind, flags, stream, payload: &[u8]| put(kind, flags, stream, payload, &mut all);
    add(frame::SETTINGS, 0, 0, b"\0\x04\0\0\x10\0");
    add(frame::SETTINGS, frame::ACK, 0, b"");
    add(frame::PRIORITY_UPDATE, 0, 0, b"\0\0\0\x03u=1");
    add(frame::HEADERS, END, 1, GET);
    add(frame::HEADERS, frame::WITH_PRIORITY | frame::PADDED, 3, b"\x02\0\0\0\x01\x10\x83\x86\0\0");
    add(frame::CONTINUATION, 0, 3, b"\x84\x41");
    add(frame::CONTINUATION, frame::END_HEADERS, 3, b"\x02bb");
    add(frame::PING, 0, 0, b"12345678");
    add(frame::DATA, 0, 3, b"abc");
    add(frame::DATA, frame::PADDED, 3, b"\x03def\0\0\0");
    add(frame::DATA, frame::PADDED, 3, b"\x01\0");
    add(frame::WINDOW_UPDATE, 0, 0, b"\0\0\0\x01");
    add(frame::WINDOW_UPDATE, 0, 3, b"\0\0\0\x01");
    add(77, 0xff, 9, b"unknown");
    add(frame::HEADERS, END, 3, b"\0\x01t\x01v");
    add(frame::HEADERS, frame::END_HEADERS, 5, GET);
    add(frame::DATA, frame::PADDED | frame::END_STREAM, 5, b"\x02xyz\0\0");
    add(frame::HEADERS, frame::END_HEADERS, 7, GET);
    add(frame::DATA, frame::END_STREAM, 7, b"");
    add(frame::PRIORITY, 0, 7, b"\0\0\0\0\0");
    add(frame::RST_STREAM, 0, 1, b"\0\0\0\x08");
    add(frame::GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\0");
    all
}

const SAID: &[&str] = &[
    "Window { stream: 0 }",
    "GET / HTTP/2.0 1 true",
    "POST / HTTP/2.0 3 false",
    "data 3 abcdef",
    "Window { stream: 0 }",
    "Window { stream: 3 }",
    "trailers 3 t: v\r\n",
    "GET / HTTP/2.0 5 false",
    "data 5 xyz",
    "end 5",
    "GET / HTTP/2.0 7 false",
    "data 7 ",
    "end 7",
    "Reset { stream: 1, code: 8 }",
    "GoAway { code: 0 }",
];

fn new() -> Server {
    let mut server = server();
    server.it = Connection::new(Settings::default(), 65_535);
    server
}

#[test]
fn a_conversation() {
    let mut server = new();
    server.receive(&conversation()).unwrap();
    assert_eq!(server.log, SAID);
    assert!(server.inbox.is_empty());
    assert_eq!(server.kinds(), [(frame::SETTINGS, 0), (frame::PING, 0)]);
    let urgency = |id| server.it.streams.get(id).unwrap().priority.urgency;
    assert_eq!((urgency(1), urgency(3)), (3, 1));
    assert_eq!(server.it.streams.get(7).unwrap().send_window(), 4096);
}

#[test]
fn split_at_every_byte() {
    let all = conversation();
    for cut in 0..all.len() {
        let mut server = new();
        server.receive(&all[..cut]).unwrap();
        server.receive(&all[cut..]).unwrap();
        assert_eq!(server.log, SAID);
    }
    let mut server = new();
    for byte in all {
        server.receive(&[byte]).unwrap();
    }
    assert_eq!(server.log, SAID);
}

#[test]
fn the_preface() {
    for (wrong, code) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], ProtocolError),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r ", ProtocolError),
    ] {
        assert_eq!(new().receive(wrong).map_err(|error| error.code), Err(code));
    }
    for (kind, flags) in [(frame::PING, 0), (frame::SETTINGS, frame::ACK), (frame::HEADERS, 5)] {
        let mut server = new();
        server.receive(PREFACE).unwrap();
        let first = server.frame(kind, flags, 0, b"").map_err(|error| error.code);
        assert_eq!(first, Err(ProtocolError));
    }
}

#[test]
fn faults_of_frames() {
    use Fault::*;
    let ack = frame::ACK;
    for (kind, flags, stream, payload, fault) in [
        (frame::DATA, 0, 0, &b"a"[..], Connection(ProtocolError)),
        (frame::DATA, 0, 9, b"a", Connection(ProtocolError)),
        (frame::DATA, 0, 1, b"a", Stream(1, StreamClosed as u8)),
        (frame::DATA, frame::PADDED, 3, b"", Connection(FrameSizeError)),
        (frame::DATA, frame::PADDED, 3, b"\x01", Connection(ProtocolError)),
        (frame::HEADERS, END, 0, GET, Connection(ProtocolError)),
        (frame::HEADERS, END, 6, GET, Connection(ProtocolError)),
        (frame::HEADERS, END, 1, GET, Stream(1, StreamClosed as u8)),
        (frame::HEADERS, frame::END_HEADERS, 3, b"", Stream(3, ProtocolError as u8)),
        (frame::HEADERS, END, 3, b"\x82", Stream(3, ProtocolError as u8)),
        (frame::HEADERS, END, 7, b"\xff\xff\xff", Connection(CompressionError)),
        (frame::HEADERS, END | frame::PADDED, 7, b"\x09\x82", Connection(ProtocolError)),
        (frame::HEADERS, END | frame::PADDED, 7, b"", Connection(FrameSizeError)),
        (frame::HEADERS, END | frame::WITH_PRIORITY, 7, b"\0\0\0\0", Connection(FrameSizeError)),
        (frame::CONTINUATION, 4, 3, b"", Connection(ProtocolError)),
        (frame::PRIORITY, 0, 0, b"\0\0\0\0\0", Connection(ProtocolError)),
        (frame::PRIORITY, 0, 3, b"\0\0\0\0", Stream(3, FrameSizeError as u8)),
        (frame::PRIORITY, 0, 99, b"\0\0\0\0\0", None),
        (frame::RST_STREAM, 0, 0, b"\0\0\0\0", Connection(ProtocolError)),
        (frame::RST_STREAM, 0, 9, b"\0\0\0\0", Connection(ProtocolError)),
        (frame::RST_STREAM, 0, 3, b"\0\0\0", Connection(FrameSizeError)),
        (frame::SETTINGS, 0, 1, b"", Connection(ProtocolError)),
        (frame::SETTINGS, 0, 0, b"\0\0\0\0\0", Connection(FrameSizeError)),
        (frame::SETTINGS, ack, 0, b"\0\0\0\0\0\0", Connection(FrameSizeError)),
        (frame::SETTINGS, 0, 0, b"\0\x04\xff\xff\xff\xff", Connection(FlowControlError)),
        (frame::PUSH_PROMISE, 0, 3, b"\0\0\0\x02", Connection(ProtocolError)),
        (frame::PING, 0, 1, b"12345678", Connection(ProtocolError)),
        (frame::PING, 0, 0, b"1234567", Connection(FrameSizeError)),
        (frame::GOAWAY, 0, 1, b"\0\0\0\0\0\0\0\0", Connection(ProtocolError)),
        (frame::GOAWAY, 0, 0, b"\0\0\0\0\0\0\0", Connection(FrameSizeError)),
        (frame::WINDOW_UPDATE, 0, 0, b"\0\0\0\0", Connection(ProtocolError)),
        (frame::WINDOW_UPDATE, 0, 3, b"\0\0\0\0", Stream(3, ProtocolError as u8)),
        (frame::WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff", Connection(FlowControlError)),
        (frame::WINDOW_UPDATE, 0, 3, b"\x7f\xff\xff\xff", Stream(3, FlowControlError as u8)),
        (frame::WINDOW_UPDATE, 0, 9, b"\0\0\0\x01", Connection(ProtocolError)),
        (frame::WINDOW_UPDATE, 0, 3, b"\0\0\0", Connection(FrameSizeError)),
        (frame::PRIORITY_UPDATE, 0, 1, b"\0\0\0\x01", Connection(ProtocolError)),
        (frame::PRIORITY_UPDATE, 0, 0, b"\0\0\0", Connection(FrameSizeError)),
        (frame::PRIORITY_UPDATE, 0, 0, b"\0\0\0\0", Connection(ProtocolError)),
        (99, 0xff, 3, b"x", None),
        (frame::PING, 0, 0, &[0; frame::MAX_PAYLOAD + 1], Connection(FrameSizeError)),
    ] {
        let mut server = server();
        server.frame(frame::HEADERS, END, 1, GET).unwrap();
        server.frame(frame::HEADERS, frame::END_HEADERS, 3, GET).unwrap();
        let found = server.code(kind, flags, stream, payload);
        assert_eq!(found, fault, "{kind} {flags} {stream} {payload:x?}");
    }
}

#[test]
fn only_continuation_goes_on_with_a_block() {
    for (kind, stream) in [(frame::PING, 0), (frame::CONTINUATION, 3), (99, 1), (frame::DATA, 1)] {
        let mut server = server();
        server.frame(frame::HEADERS, frame::END_STREAM, 1, GET).unwrap();
        let fault = server.code(kind, 0, stream, b"12345678");
        assert_eq!(fault, Fault::Connection(ProtocolError));
    }
    let mut server = server();
    server.frame(frame::HEADERS, frame::END_STREAM, 1, GET).unwrap();
    let piece = [0; frame::MAX_PAYLOAD];
    let codes = [0; 5].map(|_| server.code(frame::CONTINUATION, 0, 1, &piece));
    assert_eq!(codes[1..3], [Fault::None, Fault::Connection(EnhanceYourCalm)]);
}

#[test]
fn ids_go_up() {
    let mut server = server();
    server.frame(frame::HEADERS, END, 5, GET).unwrap();
    assert_eq!(server.code(frame::HEADERS, END, 3, GET), Fault::Connection(ProtocolError));
    server.it.headers(&mut server.out).finish(5, true);
    server.it.close(5, &mut server.out);
    assert_eq!(server.code(frame::HEADERS, END, 5, GET), Fault::Connection(StreamClosed));
    assert_eq!(server.code(frame::DATA, 0, 5, b"a"), Fault::Connection(StreamClosed));
}

#[test]
fn a_body_is_as_long_as_its_content_length() {
    let length = b"\x83\x86\x84\x41\x01a\x0f\x0d\x013";
    for (data, end, fault) in [
        (&b"abc"[..], true, Fault::None),
        (b"abc", false, Fault::None),
        (b"ab", false, Fault::None),
        (b"ab", true, Fault::Stream(1, ProtocolError as u8)),
        (b"abcd", false, Fault::Stream(1, ProtocolError as u8)),
    ] {
        let mut server = server();
        server.frame(frame::HEADERS, frame::END_HEADERS, 1, length).unwrap();
        let flags = if end { frame::END_STREAM } else { 0 };
        assert_eq!(server.code(frame::DATA, flags, 1, data), fault, "{data:?}");
    }
    let mut server = server();
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, length).unwrap();
    server.frame(frame::DATA, 0, 1, b"ab").unwrap();
    let fault = server.code(frame::HEADERS, END, 1, b"");
    assert_eq!(fault, Fault::Stream(1, ProtocolError as u8));
    assert_eq!(server.it.close(1, &mut vec![]), Some(0));
}

#[test]
fn windows_of_the_client() {
    let ours = Settings { initial_window: 70_000, ..Settings::default() };
    let mut server = Server::new(ours);
    let piece = [b'a'; frame::MAX_PAYLOAD];
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, GET).unwrap();
    for _ in 0..3 {
        server.frame(frame::DATA, 0, 1, &piece).unwrap();
    }
    assert_eq!(server.code(frame::DATA, 0, 1, &piece), Fault::Connection(FlowControlError));

    let mut server = Server::new(Settings { initial_window: 20_000, ..ours });
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, GET).unwrap();
    server.frame(frame::DATA, 0, 1, &piece).unwrap();
    // Half of each window is worth a frame.
    server.it.give(1, 9_999, &mut server.out);
    assert_eq!(server.kinds(), []);
    server.it.give(1, 1, &mut server.out);
    assert_eq!(server.kinds(), [(frame::WINDOW_UPDATE, 1)]);
    server.it.give_connection(32_767, &mut server.out);
    assert_eq!(server.kinds(), [(frame::WINDOW_UPDATE, 0)]);
    assert_eq!(server.code(frame::DATA, 0, 1, &piece), Fault::Stream(1, FlowControlError as u8));
}

#[test]
fn a_window_that_has_room_for_the_rest_stays_as_it_is() {
    let ours = Settings { initial_window: 20_000, ..Settings::default() };
    let piece = [b'a'; frame::MAX_PAYLOAD];
    let length = |text: &str| [b"\x83\x86\x84\x41\x01a\x0f\x0d\x05", text.as_bytes()].concat();
    let mut server = Server::new(ours);
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, &length("20000")).unwrap();
    server.frame(frame::DATA, 0, 1, &piece).unwrap();
    server.it.give(1, piece.len(), &mut server.out);
    assert_eq!(server.kinds(), []);
    // Padding takes room, too.
    let mut padded = vec![255; 256];
    padded.push(b'a');
    server.frame(frame::DATA, frame::PADDED, 1, &padded[..257]).unwrap();
    assert_eq!(server.kinds(), [(frame::WINDOW_UPDATE, 1)]);

    server.frame(frame::HEADERS, frame::END_HEADERS, 3, &length("20001")).unwrap();
    server.frame(frame::DATA, 0, 3, &piece).unwrap();
    server.it.give(3, piece.len(), &mut server.out);
    assert_eq!(server.kinds(), [(frame::WINDOW_UPDATE, 3)]);

    // Before the settings are acknowledged the window may become smaller yet.
    let mut server = Server::new(ours);
    server.it = Connection::new(ours, 65_535);
    server.receive(PREFACE).unwrap();
    server.frame(frame::SETTINGS, 0, 0, b"").unwrap();
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, &length("40000")).unwrap();
    server.out.clear();
    server.it.give(1, 30_000, &mut server.out);
    assert_eq!(server.kinds(), [(frame::WINDOW_UPDATE, 1)]);
}

#[test]
fn a_small_window_holds_from_the_acknowledgement_on() {
    let mut server = server();
    server.it = Connection::new(Settings { initial_window: 10, ..Settings::default() }, 65_535);
    server.receive(PREFACE).unwrap();
    server.frame(frame::SETTINGS, 0, 0, b"").unwrap();
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, GET).unwrap();
    server.frame(frame::DATA, 0, 1, &[0; 100]).unwrap();
    server.frame(frame::SETTINGS, frame::ACK, 0, b"").unwrap();
    server.frame(frame::HEADERS, frame::END_HEADERS, 3, GET).unwrap();
    assert_eq!(server.code(frame::DATA, 0, 3, &[0; 10]), Fault::None);
    assert_eq!(server.code(frame::DATA, 0, 3, b"a"), Fault::Stream(3, FlowControlError as u8));
    assert_eq!(server.code(frame::DATA, 0, 1, b"a"), Fault::Stream(1, FlowControlError as u8));
}

#[test]
fn data_of_a_stream_that_was_reset_is_given_back() {
    let mut server = server();
    let piece = [b'a'; frame::MAX_PAYLOAD];
    server.frame(frame::HEADERS, frame::END_HEADERS, 1, GET).unwrap();
    server.it.reset(1, Cancel, &mut server.out);
    server.frame(frame::DATA, 0, 1, &piece).unwrap();
    server.it.close(1, &mut server.out);
    server.log.clear();
    server.out.clear();
    for _ in 0..8 {
        server.frame(frame::DATA, frame::PADDED, 1, &piece).unwrap();
    }
    assert_eq!(server.log, Vec::<String>::new());
    assert!(server.kinds().iter().all(|sent| *sent == (frame::WINDOW_UPDATE, 0)));
    // Half of a frame, and then its stream ends.
    server.frame(frame::HEADERS, frame::END_HEADERS, 3, GET).unwrap();
    server.receive(b"\0\0\x06\0\0\0\0\0\x03abc").unwrap();
    server.it.close(3, &mut server.out);
    server.receive(b"def").unwrap();
    assert_eq!(server.log, ["GET / HTTP/2.0 3 false", "data 3 abc"]);
}

#[test]
fn windows_of_ours() {
    let mut server = server();
    server.frame(frame::SETTINGS, 0, 0, b"\0\x04\0\0\0\x64").unwrap();
    server.frame(frame::HEADERS, END, 1, GET).unwrap();
    assert_eq!(server.it.room(1), 100);
    server.it.data(1, 60, false, &mut server.out);
    assert_eq!(server.it.room(1), 40);
    server.frame(frame::SETTINGS, 0, 0, b"\0\x04\0\0\0\x0a").unwrap();
    assert_eq!((server.it.room(1), server.it.streams.get(1).unwrap().send_window()), (0, -50));
    server.frame(frame::WINDOW_UPDATE, 0, 1, b"\0\0\0\x33").unwrap();
    assert_eq!(server.it.room(1), 1);
    server.frame(frame::WINDOW_UPDATE, 0, 1, b"\0\x01\0\0").unwrap();
    assert_eq!(server.it.room(1), frame::MAX_PAYLOAD);
    server.it.data(1, 16_384, false, &mut server.out);
    server.it.data(1, 16_384, false, &mut server.out);
    server.it.data(1, 16_384, true, &mut server.out);
    assert_eq!((server.it.room(1), server.it.send_window()), (0, 65_535 - 60 - 3 * 16_384));
    let large = server.code(frame::SETTINGS, 0, 0, b"\0\x04\x7f\xff\xff\xff");
    assert_eq!(large, Fault::Connection(FlowControlError));
}

#[test]
fn streams_over_the_limit_are_refused() {
    let mut server = Server::new(Settings { max_streams: 2, ..Settings::default() });
    for id in [1, 3] {
        server.frame(frame::HEADERS, END, id, GET).unwrap();
    }
    let refused = Fault::Stream(5, RefusedStream as u8);
    assert_eq!(server.code(frame::HEADERS, frame::END_HEADERS, 5, GET), refused);
    assert_eq!(server.code(frame::DATA, frame::END_STREAM, 5, b"a"), Fault::None);
    server.it.close(1, &mut vec![]);
    assert_eq!(server.code(frame::HEADERS, END, 7, GET), Fault::None);
    assert_eq!((server.it.streams.len(), server.it.counters.refused), (2, 1));
}

#[test]
fn goes_away_in_two_steps() {
    let mut server = server();
    server.frame(frame::HEADERS, END, 1, GET).unwrap();
    server.it.go_away(GoAway::Notice, &mut server.out);
    server.frame(frame::HEADERS, END, 3, GET).unwrap();
    server.it.go_away(GoAway::Last(NoError), &mut server.out);
    server.frame(frame::HEADERS, frame::END_HEADERS, 5, GET).unwrap();
    server.frame(frame::DATA, frame::END_STREAM, 5, b"a").unwrap();
    let last: Vec<_> = server.sent().iter().map(|sent| sent.1[..4].to_vec()).collect();
    assert_eq!(last, [b"\x7f\xff\xff\xff", b"\0\0\0\x03"]);
    assert_eq!(server.log, ["GET / HTTP/2.0 1 true", "GET / HTTP/2.0 3 true"]);
}

#[test]
fn malformed_requests_leave_the_connection() {
    let mut server = server();
    server.frame(frame::HEADERS, END, 1, b"\x82\x86\x84\x41\x01a\x40\x01A\x01b").unwrap();
    assert_eq!(server.log, ["Refused { stream: 1, end: true, violation: InvalidHeaderLine }"]);
    // What was behind the fault is in the table all the same.
    let block = [&GET[..3], b"\xbf\xbe"].concat();
    server.frame(frame::HEADERS, END, 3, &block).unwrap();
    assert_eq!(server.log[1], server.log[0].replace("1,", "3,"));
    assert_eq!(server.it.tables()[0][0], (&b"A"[..], &b"b"[..]));
}

#[test]
fn floods_end() {
    let frames: [(&str, u8, u8, u32, &[u8]); 6] = [
        ("SETTINGS", frame::SETTINGS, 0, 0, b""),
        ("PING", frame::PING, 0, 0, b"12345678"),
        ("PRIORITY", frame::PRIORITY, 0, 1, b"\0\0\0\0\0"),
        ("WINDOW_UPDATE", frame::WINDOW_UPDATE, 0, 0, b"\0\0\0\x01"),
        ("empty DATA", frame::DATA, 0, 1, b""),
        ("unknown", 99, 0, 0, b""),
    ];
    for (what, kind, flags, stream, payload) in frames {
        let mut server = server();
        server.frame(frame::HEADERS, frame::END_HEADERS, 1, GET).unwrap();
        let frames = (0..).take_while(|_| server.frame(kind, flags, stream, payload).is_ok());
        assert!((100..=1000).contains(&frames.take(2000).count()), "{what}");
    }
    let mut server = server();
    let reset = |server: &mut Server, id| {
        server.frame(frame::HEADERS, END, id, GET)?;
        server.frame(frame::RST_STREAM, 0, id, b"\0\0\0\x08")?;
        server.it.close(id, &mut server.out);
        Ok::<(), Error>(())
    };
    let ids = (1..4000).step_by(2);
    let error = ids.map(|id| reset(&mut server, id)).find_map(Result::err);
    assert_eq!(error.map(|error| error.code), Some(EnhanceYourCalm));
    assert!(server.it.counters.resets_received < 500);
}

#[test]
fn good_streams_pay_for_resets() {
    let mut server = server();
    for id in (1..8000).step_by(4) {
        server.frame(frame::HEADERS, END, id, GET).unwrap();
        server.frame(frame::RST_STREAM, 0, id, b"\0\0\0\x08").unwrap();
        server.it.close(id, &mut server.out);
        server.frame(frame::HEADERS, END, id + 2, GET).unwrap();
        let mut block = server.it.headers(&mut server.out);
        block.status(204);
        block.finish(id + 2, true);
        server.it.close(id + 2, &mut server.out);
    }
}

#[test]
fn windows_of_a_byte_end() {
    let mut server = server();
    server.frame(frame::SETTINGS, 0, 0, b"\0\x04\0\0\0\0").unwrap();
    server.frame(frame::HEADERS, END, 1, GET).unwrap();
    let mut step = || {
        server.frame(frame::WINDOW_UPDATE, 0, 1, b"\0\0\0\x01")?;
        let room = server.it.room(1);
        server.it.data(1, room, false, &mut server.out);
        Ok::<(), Error>(())
    };
    assert!((0..3000).any(|_| step().is_err()));
}

#[test]
fn blocks_out() {
    let mut server = server();
    server.frame(frame::HEADERS, END, 1, GET).unwrap();
    let mut block = server.it.headers(&mut server.out);
    block.status(200);
    block.field(b"Content-Type", b" a\r\nb ");
    block.field(b"Connection", b"close");
    block.field(b"Transfer-Encoding", b"chunked");
    let mut head = Head::default();
    head.push_copy(b"X-Long", &[b'l'; 40_000]);
    head.push_copy(b"Set-Cookie", b"c");
    block.fields(&head);
    block.finish(1, true);
    let sent = server.sent();
    let kinds: Vec<_> = sent.iter().map(|(head, _)| (head.kind, head.flags, head.len)).collect();
    let max = frame::MAX_PAYLOAD;
    assert_eq!(kinds[..2], [(frame::HEADERS, 1, max), (frame::CONTINUATION, 0, max)]);
    assert_eq!((kinds.len(), kinds[2].1), (3, frame::END_HEADERS));
    let block: Vec<u8> = sent.into_iter().flat_map(|sent| sent.1).collect();
    let mut found = vec![];
    let text = |bytes: &[u8]| String::from_utf8(bytes[..bytes.len().min(9)].to_vec()).unwrap();
    let take = |it: super::super::hpack::Field<'_>| found.push((text(it.name), text(it.value)));
    Decoder::new(4096).decode(&block, take).unwrap();
    let found: Vec<_> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        found,
        [(":status", "200"), ("content-t", "a  b"), ("x-long", "lllllllll"), ("set-cooki", "c")]
    );
    assert!(server.it.streams.get(1).unwrap().is_local_closed());
    assert_eq!(Name::of(b"set-cookie"), Name::SetCookie);
}

#[test]
fn a_stream_is_reset_if_it_is_given_up() {
    for (flags, local, wanted) in [
        (END, true, vec![]),
        (frame::END_HEADERS, true, vec![NoError as u8]),
        (END, false, vec![Cancel as u8]),
        (frame::END_HEADERS, false, vec![Cancel as u8]),
    ] {
        let mut server = server();
        server.frame(frame::HEADERS, flags, 1, GET).unwrap();
        server.it.headers(&mut server.out).finish(1, local);
        server.sent();
        assert_eq!(server.it.close(1, &mut server.out), Some(0));
        let sent: Vec<u8> = server.sent().iter().map(|sent| sent.1[3]).collect();
        assert_eq!(sent, wanted);
        assert_eq!(server.it.close(1, &mut server.out), None);
    }
}

#[test]
fn an_idle_connection_holds_little() {
    let mut server = server();
    for id in (1..100).step_by(2) {
        let block = [GET, b"\x40\x02x-\x05value\x40\x02y-\x05value"].concat();
        server.frame(frame::HEADERS, END, id, &block).unwrap();
        let mut block = server.it.headers(&mut server.out);
        block.status(200);
        block.field(b"server", b"peerage");
        block.finish(id, true);
        server.it.close(id, &mut server.out);
    }
    server.it.rest();
    let entries = server.it.tables()[0].len();
    assert!(server.it.memory() < 64 * entries + 1024, "{}", server.it.memory());
    assert!(server.it.tables()[1].is_empty());
}
