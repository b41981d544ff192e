//! A connection with a client: frames in and out, and what they change.
//!
//! A frame is looked at when it has come as a whole, but DATA: its payload is handed on as it comes. Nothing is kept of
//! the input but the fragments of a block that goes on in CONTINUATION.

mod blocks;
mod body;
mod control;
mod incoming;
mod send;

use super::allowance::{self, Allowance};
use super::error::{Error, ErrorCode};
use super::frame::{self, Head as Frame};
use super::hpack::{Decoder, Encoder};
use super::priority::Priority;
use super::request::Scratch;
use super::settings::Settings;
use super::stream::Streams;
use crate::proto::{Head, Limits, RequestHead, Violation};

pub use send::{Block, GoAway};

/// What a client sends first (RFC 9113, 3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// `T` is what the owner keeps of each stream.
#[derive(Debug)]
pub struct Connection<T> {
    pub streams: Streams<T>,
    /// What the client has announced.
    pub peer: Settings,
    pub counters: Counters,
    ours: Settings,
    expected: Expected,
    decoder: Decoder,
    encoder: Encoder,
    scratch: Scratch,
    /// A block whose rest is to come in CONTINUATION, and what there is of it.
    block: Option<incoming::Block>,
    fragments: Vec<u8>,
    /// A DATA frame of which not all has come.
    data: Option<incoming::Data>,
    /// Bytes of DATA that the client may be sent.
    send_window: i64,
    /// Bytes of DATA that the client may send; at most `window`, of which `owed` are not given yet.
    recv_window: i64,
    window: u32,
    owed: u32,
    /// The window of a new stream: ours once the client has acknowledged our settings.
    stream_window: i64,
    /// Priorities of streams that are not open yet.
    early_priorities: Vec<(u32, Priority)>,
    allowance: Allowance,
    /// Streams above this one are not taken.
    last_taken: Option<u32>,
}

/// What has to come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// The preface, of which this many bytes have come.
    Preface(usize),
    /// The first frame, which is SETTINGS.
    Settings,
    /// The acknowledgement of ours, sooner or later.
    Ack,
    Any,
}

/// How many frames of each kind have come, and what has become of streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub settings: u32,
    pub pings: u32,
    pub priorities: u32,
    pub window_updates: u32,
    pub continuations: u32,
    pub empty_data: u32,
    pub unknown: u32,
    /// RST_STREAM of the client.
    pub resets_received: u32,
    /// Ours, those of refused streams among them.
    pub resets_sent: u32,
    /// Streams that were more than there may be at a time.
    pub refused: u32,
}

/// `input[consumed..]` was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    pub consumed: usize,
    pub event: Event<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The next frame is not whole, or its next byte has not come.
    More,
    /// Nothing that the owner has to know.
    Nothing,
    /// The head of a request. `end`: it has no body. `extended`: it was CONNECT with `:protocol` (RFC 8441), and
    /// reads as GET with `Upgrade`.
    Request { stream: u32, end: bool, extended: bool },
    /// A request that is malformed; head and request hold what could be read.
    Refused { stream: u32, end: bool, violation: Violation },
    /// A piece of a body; the last may be empty.
    Data { stream: u32, data: &'a [u8], end: bool },
    /// The fields behind a body, which is whole.
    Trailers { stream: u32 },
    /// The client has reset the stream, which is to be closed.
    Reset { stream: u32, code: u32 },
    /// The client broke the protocol on this stream; it was reset, and is to be closed.
    Broken { stream: u32, error: Error },
    /// There may be more room on this stream; 0: on any.
    Window { stream: u32 },
    /// The stream has another priority.
    Priority { stream: u32 },
    /// The client will open no more streams.
    GoAway { code: u32 },
}

impl Received<'_> {
    const MORE: Self = Self { consumed: 0, event: Event::More };
}

impl<T: Default> Connection<T> {
    /// `window`: bytes of DATA that the client may have sent at a time on all streams, at least 65,535.
    pub fn new(ours: Settings, window: u32) -> Self {
        let default = Settings::default();
        Self {
            streams: Streams::new(),
            peer: default,
            counters: Counters::default(),
            ours,
            expected: Expected::Preface(0),
            decoder: Decoder::new(ours.header_table as usize),
            encoder: Encoder::new(),
            scratch: Scratch::default(),
            block: None,
            fragments: Vec::new(),
            data: None,
            send_window: i64::from(default.initial_window),
            recv_window: i64::from(default.initial_window),
            window: window.max(default.initial_window),
            owed: 0,
            stream_window: i64::from(default.initial_window),
            early_priorities: Vec::new(),
            allowance: Allowance::new(),
            last_taken: None,
        }
    }

    /// Looks at the next thing in `input`. The block of a request, or its trailers, is read into `head` and `request`;
    /// both are changed by other blocks, too. What has to be answered at once is appended to `out`.
    ///
    /// After an error the connection is to end with GOAWAY.
    pub fn receive<'a>(
        &mut self,
        input: &'a [u8],
        limits: &Limits,
        head: &mut Head,
        request: &mut RequestHead,
        out: &mut Vec<u8>,
    ) -> Result<Received<'a>, Error> {
        if self.data.is_some() {
            return Ok(self.take_data(input, out));
        }
        if let Expected::Preface(seen) = self.expected {
            return self.take_preface(seen, input);
        }
        let Some(frame) = Frame::parse(input) else { return Ok(Received::MORE) };
        self.check(frame)?;
        if frame.kind == frame::DATA {
            return self.begin_data(frame, input, out);
        }
        let consumed = frame::HEAD + frame.len;
        let Some(payload) = input.get(frame::HEAD..consumed) else { return Ok(Received::MORE) };
        let event = match frame.kind {
            frame::HEADERS => self.take_headers(frame, payload, limits, head, request, out)?,
            frame::CONTINUATION => {
                self.take_continuation(frame, payload, limits, head, request, out)?
            }
            _ => self.take_control(frame, payload, out)?,
        };
        Ok(Received { consumed, event })
    }

    fn take_preface<'a>(&mut self, seen: usize, input: &'a [u8]) -> Result<Received<'a>, Error> {
        let rest = &PREFACE[seen..];
        let consumed = rest.len().min(input.len());
        if input[..consumed] != rest[..consumed] {
            return Err(protocol_error("client sent invalid HTTP/2 connection preface"));
        }
        self.expected = match consumed == rest.len() {
            true => Expected::Settings,
            false => Expected::Preface(seen + consumed),
        };
        let event = if consumed == 0 { Event::More } else { Event::Nothing };
        Ok(Received { consumed, event })
    }

    /// What holds for every frame.
    fn check(&self, frame: Frame) -> Result<(), Error> {
        if frame.len > frame::MAX_PAYLOAD {
            return Err(Error::new(ErrorCode::FrameSizeError, "client sent too large frame"));
        }
        if self.expected == Expected::Settings {
            if frame.kind != frame::SETTINGS || frame.has(frame::ACK) {
                return Err(protocol_error("client sent a frame before its SETTINGS"));
            }
        }
        match &self.block {
            Some(block) if frame.kind != frame::CONTINUATION || frame.stream != block.stream => {
                Err(protocol_error("client sent another frame where CONTINUATION was expected"))
            }
            None if frame.kind == frame::CONTINUATION => {
                Err(protocol_error("client sent unexpected CONTINUATION frame"))
            }
            _ => Ok(()),
        }
    }

    /// Gives up as much memory as the protocol lets.
    pub fn rest(&mut self) {
        self.decoder.shrink();
        self.encoder.shrink();
        self.streams.shrink();
        self.scratch = Scratch::default();
        if self.block.is_none() {
            self.fragments = Vec::new();
        }
    }

    /// Bytes of memory beside the struct itself and what the streams' owner has.
    pub fn memory(&self) -> usize {
        self.decoder.memory()
            + self.encoder.memory()
            + self.streams.memory()
            + self.scratch.memory()
            + self.fragments.capacity()
    }

    /// The entries of both dynamic tables, the newest first: of what the client sends, and of what it is sent.
    pub fn tables(&self) -> [Vec<(&[u8], &[u8])>; 2] {
        [self.decoder.entries().collect(), self.encoder.entries().collect()]
    }

    /// Resets a stream for what the client did on it.
    fn break_off<'a>(
        &mut self,
        stream: u32,
        error: Error,
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        self.reset(stream, error.code, out);
        self.allowance.take(allowance::RESET, "client sent too many broken requests")?;
        Ok(Event::Broken { stream, error })
    }
}

fn protocol_error(why: &'static str) -> Error {
    Error::new(ErrorCode::ProtocolError, why)
}

#[cfg(test)]
mod tests;
