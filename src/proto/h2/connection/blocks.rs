//! HEADERS and CONTINUATION in (RFC 9113, 6.2 and 6.10).

use super::super::allowance;
use super::super::error::{Error, ErrorCode};
use super::super::frame::{self, Head as Frame};
use super::super::hpack::Malformed;
use super::super::priority::Priority;
use super::super::request::{Builder, Trailers};
use super::super::stream::{Absent, Stream};
use super::incoming::{Block, Purpose};
use super::{Connection, Event, protocol_error};
use crate::proto::{Framing, Head, Limits, RequestHead};

/// What a block may be longer than the head in it: every field may be written longer than it is.
const EXCESS: usize = frame::MAX_PAYLOAD;

impl<T: Default> Connection<T> {
    pub(super) fn take_headers<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        limits: &Limits,
        head: &mut Head,
        request: &mut RequestHead,
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        if frame.has(frame::PADDED) && payload.is_empty() {
            return Err(wrong_length());
        }
        let Some(mut fragment) = frame::without_padding(frame, payload) else {
            return Err(protocol_error("client sent HEADERS frame with more padding than payload"));
        };
        if frame.has(frame::WITH_PRIORITY) {
            // What it says is obsolete.
            fragment = fragment.get(5..).ok_or_else(wrong_length)?;
        }
        let purpose = self.purpose(frame)?;
        let block = Block { stream: frame.stream, end: frame.has(frame::END_STREAM), purpose };
        if frame.has(frame::END_HEADERS) {
            return self.decode(block, fragment, limits, head, request, out);
        }
        self.fragments.clear();
        self.fragments.extend_from_slice(fragment);
        self.block = Some(block);
        Ok(Event::Nothing)
    }

    pub(super) fn take_continuation<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        limits: &Limits,
        head: &mut Head,
        request: &mut RequestHead,
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        self.counters.continuations = self.counters.continuations.saturating_add(1);
        self.allowance.take(allowance::RESET, "client sent too many CONTINUATION frames")?;
        if self.fragments.len() + payload.len() > limits.total + EXCESS {
            let why = "client sent too large block of fields";
            return Err(Error::new(ErrorCode::EnhanceYourCalm, why));
        }
        self.fragments.extend_from_slice(payload);
        if !frame.has(frame::END_HEADERS) {
            return Ok(Event::Nothing);
        }
        let Some(block) = self.block.take() else { return Ok(Event::Nothing) };
        let mut fragments = std::mem::take(&mut self.fragments);
        let event = self.decode(block, &fragments, limits, head, request, out);
        fragments.clear();
        self.fragments = fragments;
        event
    }

    /// What a block is for; an id above all before is used by it.
    fn purpose(&mut self, frame: Frame) -> Result<Purpose, Error> {
        let id = frame.stream;
        if id.is_multiple_of(2) {
            return Err(protocol_error("client sent HEADERS frame with incorrect identifier"));
        }
        if let Some(stream) = self.streams.get(id) {
            let broken = |code, why| Ok(Purpose::Broken(Error::new(code, why)));
            return match stream {
                Stream { reset: true, .. } => Ok(Purpose::Ignored),
                Stream { remote_closed: true, .. } => {
                    broken(ErrorCode::StreamClosed, "client sent HEADERS for half-closed stream")
                }
                _ if !frame.has(frame::END_STREAM) => {
                    let why = "client sent HEADERS that do not end the stream behind its body";
                    broken(ErrorCode::ProtocolError, why)
                }
                _ => Ok(Purpose::Trailers),
            };
        }
        match self.streams.absent(id) {
            Absent::Idle => {}
            Absent::ClosedEarly => return Ok(Purpose::Ignored),
            Absent::Closed if id == self.streams.last_id() => {
                let why = "client sent HEADERS for closed stream";
                return Err(Error::new(ErrorCode::StreamClosed, why));
            }
            Absent::Closed => {
                return Err(protocol_error(
                    "client sent HEADERS with an identifier that is not new",
                ));
            }
        }
        self.streams.begin(id);
        if self.last_taken.is_some() {
            self.streams.close_early(id);
            return Ok(Purpose::Ignored);
        }
        if self.streams.len() >= self.ours.max_streams as usize {
            return Ok(Purpose::Refused);
        }
        Ok(Purpose::Request)
    }

    fn decode<'a>(
        &mut self,
        block: Block,
        bytes: &[u8],
        limits: &Limits,
        head: &mut Head,
        request: &mut RequestHead,
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        let Block { stream, end, purpose } = block;
        match purpose {
            Purpose::Request => self.open_stream(block, bytes, limits, head, request),
            Purpose::Trailers => {
                head.clear();
                let mut trailers = Trailers { limits, head, bad: false };
                self.decoder.decode(bytes, |field| trailers.take(field)).map_err(no_block)?;
                if trailers.bad {
                    let error = protocol_error("client sent malformed trailers");
                    return self.break_off(stream, error, out);
                }
                self.end_by_trailers(stream, out)
            }
            Purpose::Refused => {
                self.decoder.decode(bytes, |_| {}).map_err(no_block)?;
                self.counters.refused = self.counters.refused.saturating_add(1);
                self.counters.resets_sent = self.counters.resets_sent.saturating_add(1);
                if !end {
                    self.streams.close_early(stream);
                }
                frame::put_reset(stream, ErrorCode::RefusedStream, out);
                self.allowance
                    .take(allowance::RESET, "client opened too many streams at a time")?;
                Ok(Event::Nothing)
            }
            Purpose::Ignored => {
                self.decoder.decode(bytes, |_| {}).map_err(no_block)?;
                self.allowance.take(allowance::FRAME, "client sent too many useless frames")?;
                Ok(Event::Nothing)
            }
            Purpose::Broken(error) => {
                self.decoder.decode(bytes, |_| {}).map_err(no_block)?;
                self.break_off(stream, error, out)
            }
        }
    }

    fn open_stream<'a>(
        &mut self,
        block: Block,
        bytes: &[u8],
        limits: &Limits,
        head: &mut Head,
        request: &mut RequestHead,
    ) -> Result<Event<'a>, Error> {
        let Block { stream: id, end, .. } = block;
        let mut builder = Builder::new(limits, head, request, &mut self.scratch);
        self.decoder.decode(bytes, |field| builder.take(field)).map_err(no_block)?;
        let mut read = builder.finish(end, self.ours.connect_protocol);
        if let Some(early) = self.early_priority(id) {
            // It is newer (RFC 9218, 7).
            read.priority = early;
        }
        let rest = match request.framing {
            Framing::Sized(length) if read.violation.is_none() => Some(length),
            _ => None,
        };
        self.streams.open(Stream {
            id,
            it: T::default(),
            priority: read.priority,
            send_window: i64::from(self.peer.initial_window),
            recv_window: self.stream_window,
            owed: 0,
            rest,
            remote_closed: end,
            local_closed: false,
            reset: false,
        });
        match read.violation {
            None => Ok(Event::Request { stream: id, end, extended: read.extended }),
            Some(violation) => {
                self.allowance.take(allowance::RESET, "client sent too many broken requests")?;
                Ok(Event::Refused { stream: id, end, violation })
            }
        }
    }

    fn early_priority(&mut self, id: u32) -> Option<Priority> {
        if self.early_priorities.is_empty() {
            return None;
        }
        let found = self.early_priorities.iter().find(|early| early.0 == id).map(|early| early.1);
        // Lower ids cannot be opened any more.
        self.early_priorities.retain(|early| early.0 > id);
        found
    }

    fn end_by_trailers<'a>(&mut self, id: u32, out: &mut Vec<u8>) -> Result<Event<'a>, Error> {
        let Some(stream) = self.streams.get_mut(id) else { return Ok(Event::Nothing) };
        if stream.rest.is_some_and(|rest| rest > 0) {
            let why = "client sent less DATA than its \"Content-Length\"";
            return self.break_off(id, protocol_error(why), out);
        }
        stream.remote_closed = true;
        Ok(Event::Trailers { stream: id })
    }
}

fn no_block(Malformed: Malformed) -> Error {
    Error::new(ErrorCode::CompressionError, "client sent malformed block of fields")
}

fn wrong_length() -> Error {
    Error::new(ErrorCode::FrameSizeError, "client sent HEADERS frame of incorrect length")
}
