//! What we send: the heads of DATA, blocks of fields, windows given back, ends.

use super::super::error::ErrorCode;
use super::super::field::is_of_connection;
use super::super::frame::{self, Head as Frame, MAX_WINDOW};
use super::super::hpack::Encoder;
use super::super::stream::Streams;
use super::{Connection, Expected};
use crate::proto::{Head, Name};

/// The steps of an end that loses no request (RFC 9113, 6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoAway {
    /// The client is to open no more streams; those that it has opened are taken.
    Notice,
    /// Streams that were not taken until now will not be.
    Last(ErrorCode),
}

impl<T: Default> Connection<T> {
    /// What we send first: our settings, and the window of the connection.
    pub fn open(&mut self, out: &mut Vec<u8>) {
        self.ours.put(out);
        let more = i64::from(self.window) - self.recv_window;
        if more > 0 {
            frame::put_window_update(0, more as u32, out);
            self.recv_window += more;
        }
    }

    /// Bytes of DATA that may go on a stream now, in one frame.
    pub fn room(&self, id: u32) -> usize {
        let Some(stream) = self.streams.get(id) else { return 0 };
        let window = self.send_window.min(stream.send_window);
        match stream.reset || stream.local_closed {
            true => 0,
            false => window.clamp(0, i64::from(self.peer.max_frame)) as usize,
        }
    }

    /// The client may be sent this many bytes of DATA on all streams.
    pub fn send_window(&self) -> i64 {
        self.send_window
    }

    /// Appends what goes before `len` bytes of a body, which are no more than there is room for.
    pub fn data(&mut self, id: u32, len: usize, end: bool, out: &mut Vec<u8>) {
        debug_assert!(len <= self.room(id));
        let Some(stream) = self.streams.get_mut(id) else { return };
        let flags = if end { frame::END_STREAM } else { 0 };
        out.extend_from_slice(&Frame { len, kind: frame::DATA, flags, stream: id }.bytes());
        stream.send_window -= len as i64;
        self.send_window -= len as i64;
        stream.local_closed |= end;
        self.allowance.pay_bytes(len);
        // One that a small window has cut pays for nothing.
        if len > 0 && stream.send_window > 0 && self.send_window > 0 {
            self.allowance.pay_frame();
        }
    }

    /// A head, an interim one (RFC 9110, 15.2), or trailers, which are to follow in `out`.
    pub fn headers<'a>(&'a mut self, out: &'a mut Vec<u8>) -> Block<'a, T> {
        let Self { encoder, streams, peer, .. } = self;
        let start = out.len();
        out.extend_from_slice(&[0; frame::HEAD]);
        encoder.begin(out);
        Block { encoder, streams, max_frame: peer.max_frame as usize, start, out }
    }

    /// Ends a stream at once, both ways.
    pub fn reset(&mut self, id: u32, code: ErrorCode, out: &mut Vec<u8>) {
        let Some(stream) = self.streams.get_mut(id) else { return };
        if !std::mem::replace(&mut stream.reset, true) {
            frame::put_reset(id, code, out);
            self.counters.resets_sent = self.counters.resets_sent.saturating_add(1);
        }
    }

    /// The stream is of no use any more. One that has not ended at both ends is reset.
    pub fn close(&mut self, id: u32, out: &mut Vec<u8>) -> Option<T> {
        let stream = self.streams.get(id)?;
        let is_whole = stream.remote_closed && stream.local_closed;
        match stream {
            it if it.reset => {}
            it if is_whole => debug_assert!(it.rest.is_none_or(|rest| rest == 0)),
            // The response is whole, and the rest of the request is of no interest (RFC 9113, 8.1).
            it if it.local_closed => self.reset(id, ErrorCode::NoError, out),
            _ => self.reset(id, ErrorCode::Cancel, out),
        }
        let stream = self.streams.remove(id)?;
        if !stream.remote_closed {
            self.streams.close_early(id);
        }
        if is_whole && !stream.reset {
            self.allowance.pay_stream();
        }
        Some(stream.it)
    }

    /// `n` more bytes of a body may come. WINDOW_UPDATE is sent once half the window has gathered, unless the window
    /// has room for all that is to come according to the content-length.
    pub fn give(&mut self, id: u32, n: usize, out: &mut Vec<u8>) {
        let due = self.ours.initial_window / 2;
        let Some(stream) = self.streams.get_mut(id) else { return };
        if stream.remote_closed || stream.reset {
            return;
        }
        let most = MAX_WINDOW - stream.recv_window.max(0);
        stream.owed = owing(stream.owed, n, most);
        // The acknowledgement of our settings may make the window smaller.
        let is_final = self.expected == Expected::Any;
        let fits = |rest| i64::try_from(rest).is_ok_and(|rest| rest <= stream.recv_window);
        if stream.owed > 0 && stream.owed >= due && !(is_final && stream.rest.is_some_and(fits)) {
            frame::put_window_update(id, stream.owed, out);
            stream.recv_window += i64::from(std::mem::take(&mut stream.owed));
        }
    }

    /// The same, of all streams together.
    pub fn give_connection(&mut self, n: usize, out: &mut Vec<u8>) {
        self.owed = owing(self.owed, n, MAX_WINDOW - self.recv_window.max(0));
        if self.owed > 0 && self.owed >= self.window / 2 {
            frame::put_window_update(0, self.owed, out);
            self.recv_window += i64::from(std::mem::take(&mut self.owed));
        }
    }

    pub fn go_away(&mut self, step: GoAway, out: &mut Vec<u8>) {
        match step {
            GoAway::Notice => frame::put_go_away(MAX_WINDOW as u32, ErrorCode::NoError, out),
            GoAway::Last(code) => {
                let last = *self.last_taken.get_or_insert_with(|| self.streams.last_id());
                frame::put_go_away(last, code, out);
            }
        }
    }

    /// No more streams are taken.
    pub fn is_closing(&self) -> bool {
        self.last_taken.is_some()
    }
}

fn owing(before: u32, n: usize, most: i64) -> u32 {
    let n = i64::try_from(n).unwrap_or(most);
    i64::from(before).saturating_add(n).min(most) as u32
}

/// A block of fields that is written. It must be finished: what is in it is in the table.
#[must_use]
pub struct Block<'a, T> {
    encoder: &'a mut Encoder,
    streams: &'a mut Streams<T>,
    max_frame: usize,
    /// Where in `out` the frame begins.
    start: usize,
    out: &'a mut Vec<u8>,
}

impl<T> Block<'_, T> {
    /// 100 to 999; before all fields.
    pub fn status(&mut self, status: u16) {
        self.encoder.status(status, self.out);
    }

    /// A field, but one of HTTP/1's connections. CR, LF and NUL in its value become spaces (RFC 9110, 5.5).
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.known(Name::of(name), name, value);
    }

    /// All fields of a head.
    pub fn fields(&mut self, head: &Head) {
        for (id, name, value) in head.iter() {
            self.known(id, name, value);
        }
    }

    fn known(&mut self, id: Name, name: &[u8], value: &[u8]) {
        if is_of_connection(id) || name.is_empty() {
            return;
        }
        let value = value.trim_ascii();
        match memchr::memchr3(b'\r', b'\n', 0, value) {
            None => self.encoder.field(id, name, value, self.out),
            Some(_) => {
                let is_end = |byte: u8| matches!(byte, b'\r' | b'\n' | 0);
                let clean = |&byte: &u8| if is_end(byte) { b' ' } else { byte };
                let value: Vec<u8> = value.iter().map(clean).collect();
                self.encoder.field(id, name, value.trim_ascii(), self.out);
            }
        }
    }

    /// The block is whole. `end`: nothing follows it on the stream.
    pub fn finish(self, stream: u32, end: bool) {
        let Self { streams, max_frame, start, out, .. } = self;
        let end_stream = if end { frame::END_STREAM } else { 0 };
        let len = out.len() - start - frame::HEAD;
        let is_one = len <= max_frame;
        let flags = if is_one { frame::END_HEADERS | end_stream } else { end_stream };
        let first = Frame { len: len.min(max_frame), kind: frame::HEADERS, flags, stream };
        out[start..start + frame::HEAD].copy_from_slice(&first.bytes());
        if !is_one {
            let rest = out.split_off(start + frame::HEAD + max_frame);
            let mut pieces = rest.chunks(max_frame).peekable();
            while let Some(piece) = pieces.next() {
                let flags = if pieces.peek().is_none() { frame::END_HEADERS } else { 0 };
                frame::put(frame::CONTINUATION, flags, stream, piece, out);
            }
        }
        if let Some(stream) = streams.get_mut(stream) {
            stream.local_closed |= end;
        }
    }
}
