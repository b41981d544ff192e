//! Frames without a message in them: SETTINGS, PING, WINDOW_UPDATE, RST_STREAM, priorities, GOAWAY.

use super::super::allowance;
use super::super::error::{Error, ErrorCode};
use super::super::frame::{self, Head as Frame, MAX_WINDOW};
use super::super::priority::Priority;
use super::super::stream::Absent;
use super::{Connection, Event, Expected, protocol_error};

/// Of streams that are not open yet.
const MAX_EARLY_PRIORITIES: usize = 32;

impl<T: Default> Connection<T> {
    pub(super) fn take_control<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        match frame.kind {
            frame::SETTINGS => self.take_settings(frame, payload, out),
            frame::PING => self.take_ping(frame, payload, out),
            frame::WINDOW_UPDATE => self.take_window_update(frame, payload, out),
            frame::RST_STREAM => self.take_reset(frame, payload),
            frame::PRIORITY => self.take_old_priority(frame, payload, out),
            frame::PRIORITY_UPDATE => self.take_priority_update(frame, payload),
            frame::GOAWAY => {
                must_be(frame.stream == 0, "client sent GOAWAY frame with incorrect identifier")?;
                let long = "client sent GOAWAY frame of incorrect length";
                let code =
                    payload.get(4..8).and_then(frame::number).ok_or_else(|| of_length(long))?;
                self.allowance.take(allowance::FRAME, "client sent too many GOAWAY frames")?;
                Ok(Event::GoAway { code })
            }
            frame::PUSH_PROMISE => Err(protocol_error("client sent PUSH_PROMISE frame")),
            _ => {
                count(&mut self.counters.unknown);
                self.allowance.take(allowance::FRAME, "client sent too many unknown frames")?;
                Ok(Event::Nothing)
            }
        }
    }

    fn take_settings<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        count(&mut self.counters.settings);
        must_be(frame.stream == 0, "client sent SETTINGS frame with incorrect identifier")?;
        self.allowance.take(allowance::ANSWERED, "client sent too many SETTINGS frames")?;
        if frame.has(frame::ACK) {
            if !payload.is_empty() {
                return Err(of_length("client sent SETTINGS with the ACK flag and a payload"));
            }
            if self.expected == Expected::Ack {
                self.acknowledged();
            }
            return Ok(Event::Nothing);
        }
        if self.expected == Expected::Settings {
            self.expected = Expected::Ack;
        }
        let before = i64::from(self.peer.initial_window);
        self.peer.apply(payload)?;
        self.encoder.resize(self.peer.header_table as usize);
        let change = i64::from(self.peer.initial_window) - before;
        if change != 0 {
            for stream in self.streams.iter_mut() {
                stream.send_window += change;
                if stream.send_window > MAX_WINDOW {
                    let why = "client sent SETTINGS with too large INITIAL_WINDOW_SIZE";
                    return Err(Error::new(ErrorCode::FlowControlError, why));
                }
            }
        }
        frame::put(frame::SETTINGS, frame::ACK, 0, &[], out);
        Ok(Event::Window { stream: 0 })
    }

    /// From here on the client goes by our settings.
    fn acknowledged(&mut self) {
        self.expected = Expected::Any;
        let change = i64::from(self.ours.initial_window) - self.stream_window;
        self.stream_window += change;
        for stream in self.streams.iter_mut() {
            stream.recv_window += change;
        }
    }

    fn take_ping<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        count(&mut self.counters.pings);
        must_be(frame.stream == 0, "client sent PING frame with incorrect identifier")?;
        if payload.len() != 8 {
            return Err(of_length("client sent PING frame of incorrect length"));
        }
        self.allowance.take(allowance::ANSWERED, "client sent too many PING frames")?;
        if !frame.has(frame::ACK) {
            frame::put(frame::PING, frame::ACK, 0, payload, out);
        }
        Ok(Event::Nothing)
    }

    fn take_window_update<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        count(&mut self.counters.window_updates);
        let long = "client sent WINDOW_UPDATE frame of incorrect length";
        let increment = frame::number(payload).ok_or_else(|| of_length(long))? & 0x7fff_ffff;
        self.allowance.take(allowance::FRAME, "client sent too many WINDOW_UPDATE frames")?;
        let none = protocol_error("client sent WINDOW_UPDATE frame with increment 0");
        let large = Error::new(ErrorCode::FlowControlError, "client made a window too large");
        if frame.stream == 0 {
            if increment == 0 {
                return Err(none);
            }
            self.send_window += i64::from(increment);
            return match self.send_window > MAX_WINDOW {
                true => Err(large),
                false => Ok(Event::Window { stream: 0 }),
            };
        }
        let Some(stream) = self.streams.get_mut(frame.stream) else {
            let idle = self.streams.absent(frame.stream) == Absent::Idle;
            must_be(!idle, "client sent WINDOW_UPDATE frame for idle stream")?;
            return Ok(Event::Nothing);
        };
        if stream.reset {
            return Ok(Event::Nothing);
        }
        if increment == 0 {
            return self.break_off(frame.stream, none, out);
        }
        stream.send_window += i64::from(increment);
        if stream.send_window > MAX_WINDOW {
            return self.break_off(frame.stream, large, out);
        }
        Ok(Event::Window { stream: frame.stream })
    }

    fn take_reset<'a>(&mut self, frame: Frame, payload: &[u8]) -> Result<Event<'a>, Error> {
        count(&mut self.counters.resets_received);
        let long = "client sent RST_STREAM frame of incorrect length";
        let code = frame::number(payload).ok_or_else(|| of_length(long))?;
        self.allowance.take(allowance::RESET, "client reset too many streams")?;
        let Some(stream) = self.streams.get_mut(frame.stream) else {
            let idle = self.streams.absent(frame.stream) == Absent::Idle;
            must_be(!idle, "client sent RST_STREAM frame for idle stream")?;
            return Ok(Event::Nothing);
        };
        if std::mem::replace(&mut stream.reset, true) {
            return Ok(Event::Nothing);
        }
        stream.remote_closed = true;
        Ok(Event::Reset { stream: frame.stream, code })
    }

    /// PRIORITY (RFC 7540) says nothing any more.
    fn take_old_priority<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Event<'a>, Error> {
        count(&mut self.counters.priorities);
        must_be(frame.stream != 0, "client sent PRIORITY frame with incorrect identifier")?;
        self.allowance.take(allowance::FRAME, "client sent too many PRIORITY frames")?;
        if payload.len() == 5 {
            return Ok(Event::Nothing);
        }
        let error = of_length("client sent PRIORITY frame of incorrect length");
        match self.streams.get(frame.stream) {
            Some(stream) if !stream.reset => self.break_off(frame.stream, error, out),
            Some(_) => Ok(Event::Nothing),
            None => Err(error),
        }
    }

    /// RFC 9218, 7.1.
    fn take_priority_update<'a>(
        &mut self,
        frame: Frame,
        payload: &[u8],
    ) -> Result<Event<'a>, Error> {
        count(&mut self.counters.priorities);
        must_be(frame.stream == 0, "client sent PRIORITY_UPDATE frame with incorrect identifier")?;
        self.allowance.take(allowance::FRAME, "client sent too many PRIORITY_UPDATE frames")?;
        let long = "client sent PRIORITY_UPDATE frame of incorrect length";
        let (id, value) = payload.split_first_chunk::<4>().ok_or_else(|| of_length(long))?;
        let id = u32::from_be_bytes(*id) & 0x7fff_ffff;
        must_be(id % 2 == 1, "client sent PRIORITY_UPDATE frame for a stream that is not its own")?;
        let priority = Priority::parse(value);
        if let Some(stream) = self.streams.get_mut(id) {
            stream.priority = priority;
            return Ok(Event::Priority { stream: id });
        }
        if id > self.streams.last_id() {
            let early = &mut self.early_priorities;
            match early.iter().position(|it| it.0 == id) {
                Some(at) => early[at].1 = priority,
                None if early.len() < MAX_EARLY_PRIORITIES => early.push((id, priority)),
                None => {}
            }
        }
        Ok(Event::Nothing)
    }
}

fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

fn must_be(it_is: bool, otherwise: &'static str) -> Result<(), Error> {
    if it_is { Ok(()) } else { Err(protocol_error(otherwise)) }
}

fn of_length(why: &'static str) -> Error {
    Error::new(ErrorCode::FrameSizeError, why)
}
