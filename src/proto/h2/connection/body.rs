//! DATA in (RFC 9113, 6.1 and 5.2).

use super::super::allowance;
use super::super::error::{Error, ErrorCode};
use super::super::frame::{self, Head as Frame};
use super::super::stream::Absent;
use super::incoming::Data;
use super::{Connection, Event, Received, protocol_error};

impl<T: Default> Connection<T> {
    pub(super) fn begin_data<'a>(
        &mut self,
        frame: Frame,
        input: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<Received<'a>, Error> {
        let mut consumed = frame::HEAD;
        let (mut padding, mut overhead) = (0, 0);
        if frame.has(frame::PADDED) && frame.len > 0 {
            let Some(&byte) = input.get(consumed) else { return Ok(Received::MORE) };
            consumed += 1;
            padding = usize::from(byte);
            overhead = padding + 1;
        }
        if frame.has(frame::PADDED) && frame.len == 0 {
            let why = "client sent padded DATA frame of incorrect length";
            return Err(Error::new(ErrorCode::FrameSizeError, why));
        }
        let Some(left) = frame.len.checked_sub(overhead) else {
            return Err(protocol_error("client sent DATA frame with more padding than payload"));
        };
        self.recv_window -= frame.len as i64;
        if self.recv_window < 0 {
            let why = "client violated flow control of the connection";
            return Err(Error::new(ErrorCode::FlowControlError, why));
        }
        let end = frame.has(frame::END_STREAM);
        if left == 0 && !end {
            self.counters.empty_data = self.counters.empty_data.saturating_add(1);
            self.allowance.take(allowance::FRAME, "client sent too many empty DATA frames")?;
        }
        let taken = self.admit(frame, left)?;
        let ignored = !matches!(taken, Admitted::Yes);
        if !ignored {
            self.allowance.pay_bytes(left);
        }
        let stream = frame.stream;
        self.data = Some(Data { stream, left, padding, overhead, end, ignored });
        let event = match taken {
            Admitted::Broken(error) => self.break_off(stream, error, out)?,
            _ => {
                let received = self.take_data(&input[consumed..], out);
                consumed += received.consumed;
                match received.event {
                    Event::More => Event::Nothing,
                    event => event,
                }
            }
        };
        Ok(Received { consumed, event })
    }

    /// Whether the frame is for a stream that takes it.
    fn admit(&mut self, frame: Frame, len: usize) -> Result<Admitted, Error> {
        if frame.stream == 0 {
            return Err(protocol_error("client sent DATA frame with incorrect identifier"));
        }
        let Some(stream) = self.streams.get_mut(frame.stream) else {
            return match self.streams.absent(frame.stream) {
                Absent::Idle => Err(protocol_error("client sent DATA frame for idle stream")),
                Absent::ClosedEarly => Ok(Admitted::Ignored),
                Absent::Closed => {
                    let why = "client sent DATA frame for closed stream";
                    Err(Error::new(ErrorCode::StreamClosed, why))
                }
            };
        };
        if stream.reset {
            return Ok(Admitted::Ignored);
        }
        let broken = |code, why| Ok(Admitted::Broken(Error::new(code, why)));
        if stream.remote_closed {
            let why = "client sent DATA frame for half-closed stream";
            return broken(ErrorCode::StreamClosed, why);
        }
        stream.recv_window -= frame.len as i64;
        if stream.recv_window < 0 {
            let why = "client violated flow control of a stream";
            return broken(ErrorCode::FlowControlError, why);
        }
        if let Some(rest) = &mut stream.rest {
            let after = rest.checked_sub(len as u64);
            let is_end = frame.has(frame::END_STREAM);
            match after.filter(|&after| after == 0 || !is_end) {
                Some(after) => *rest = after,
                None => {
                    let why = "client sent DATA that differs from its \"Content-Length\"";
                    return broken(ErrorCode::ProtocolError, why);
                }
            }
        }
        Ok(Admitted::Yes)
    }

    /// The next bytes of the frame.
    pub(super) fn take_data<'a>(&mut self, input: &'a [u8], out: &mut Vec<u8>) -> Received<'a> {
        let Some(mut it) = self.data.take() else { return Received::MORE };
        let stream = self.streams.get_mut(it.stream).filter(|stream| !stream.reset);
        let Some(stream) = stream.filter(|_| !it.ignored) else {
            return self.pass_over(it, input, out);
        };
        if it.left == 0 && it.overhead > 0 && !it.end {
            return self.take_padding(it, input, out);
        }
        let n = it.left.min(input.len());
        it.left -= n;
        let is_whole = it.left == 0;
        let end = is_whole && it.end;
        stream.remote_closed |= end;
        if n == 0 && !is_whole {
            self.data = Some(it);
            return Received::MORE;
        }
        if !is_whole || it.overhead > 0 {
            it.end &= !end;
            self.data = Some(it);
        }
        let event = match n {
            0 if !end => Event::Nothing,
            _ => Event::Data { stream: it.stream, data: &input[..n], end },
        };
        Received { consumed: n, event }
    }

    /// What lies behind the body's bytes. It is given back to the windows at once.
    fn take_padding<'a>(
        &mut self,
        mut it: Data,
        input: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Received<'a> {
        let n = it.padding.min(input.len());
        it.padding -= n;
        if it.padding > 0 {
            self.data = Some(it);
            let event = if n == 0 { Event::More } else { Event::Nothing };
            return Received { consumed: n, event };
        }
        self.give(it.stream, it.overhead, out);
        self.give_connection(it.overhead, out);
        Received { consumed: n, event: Event::Nothing }
    }

    /// The stream does not take it: so much is free for others again.
    fn pass_over<'a>(&mut self, mut it: Data, input: &'a [u8], out: &mut Vec<u8>) -> Received<'a> {
        let n = (it.left + it.padding).min(input.len());
        let of_body = n.min(it.left);
        it.left -= of_body;
        it.padding -= n - of_body;
        self.give_connection(of_body, out);
        if it.left + it.padding > 0 {
            self.data = Some(it);
            let event = if n == 0 { Event::More } else { Event::Nothing };
            return Received { consumed: n, event };
        }
        self.give_connection(it.overhead, out);
        Received { consumed: n, event: Event::Nothing }
    }
}

enum Admitted {
    Yes,
    Ignored,
    Broken(Error),
}
