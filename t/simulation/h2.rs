//! Scripted clients that speak HTTP/2: several requests at a time on one connection.
//!
//! What the tables of fields and the windows are is kept here as the protocol has it, so that a server that sends
//! more than a window holds, or a field by a wrong index, is noticed.

use std::collections::VecDeque;

use peerage::base::rng::Rng;
use peerage::os::sim::SimSocket;
use peerage::proto::Name;
use peerage::proto::h2::frame::{self, Head as Frame};
use peerage::proto::h2::hpack::{Decoder, Encoder};
use peerage::proto::h2::{ErrorCode, PREFACE};

use crate::client::{Habits, Item, Tally};
use crate::exchange::{Exchange, Seen, Trust, request_body};
use crate::wire::Wire;

pub struct Client {
    wire: Wire,
    plan: VecDeque<Item>,
    streams: Vec<Stream>,
    /// Requests at a time.
    most: usize,
    next_id: u32,
    habits: Habits,
    /// One in: a stream is reset in a turn; 0: none.
    resets: u64,
    encoder: Encoder,
    decoder: Decoder,
    /// Fragments of a block that goes on in CONTINUATION: of a stream, which it may end.
    block: Option<(u32, bool, Vec<u8>)>,
    /// What each stream may be sent at first, and all of them together at any time.
    window: i64,
    room: i64,
    /// What of the connection's window is to be given back.
    owed: i64,
    /// What the server allows: for a new stream, and now for all together.
    server_window: i64,
    server_room: i64,
    /// The server takes no more streams.
    closing: bool,
    turns: u64,
}

struct Stream {
    id: u32,
    exchange: Exchange,
    unsent: Vec<u8>,
    /// Bytes of our body that the server takes; those that it may still send.
    send_room: i64,
    room: i64,
    owed: i64,
    head: Option<(u16, Option<String>)>,
    body: Vec<u8>,
}

impl Client {
    pub fn new(
        socket: SimSocket,
        plan: Vec<Item>,
        habits: Habits,
        resets: u64,
        rng: &mut Rng,
    ) -> Self {
        let mut wire = Wire::new(socket, rng);
        let window = [4096, 65_535, 1 << 20][rng.below(3) as usize];
        wire.out.extend_from_slice(PREFACE);
        let setting = [&[0, 4][..], &(window as u32).to_be_bytes()].concat();
        frame::put(frame::SETTINGS, 0, 0, &setting, &mut wire.out);
        Self {
            wire,
            plan: plan.into(),
            streams: Vec::new(),
            most: 1 + rng.below(4) as usize,
            next_id: 1,
            habits,
            resets,
            encoder: Encoder::new(),
            decoder: Decoder::new(4096),
            block: None,
            window,
            room: 65_535,
            owed: 0,
            server_window: 65_535,
            server_room: 65_535,
            closing: false,
            turns: 0,
        }
    }

    /// False: this client is gone. `trust` as for [`Exchange::judge`].
    pub fn turn(&mut self, rng: &mut Rng, tally: &mut Tally, trust: Trust) -> Result<bool, String> {
        self.turns += 1;
        if self.habits.leaves.is_some_and(|turn| turn <= self.turns) {
            return Ok(false);
        }
        while !self.closing && self.streams.len() < self.most {
            let Some(item) = self.plan.pop_front() else { break };
            if let Item::Good(exchange) = item {
                self.ask(exchange, rng);
            }
        }
        self.send_bodies(rng);
        if self.resets > 0 && !self.streams.is_empty() && rng.one_in(self.resets) {
            let stream = self.streams.swap_remove(rng.below(self.streams.len() as u64) as usize);
            frame::put_reset(stream.id, ErrorCode::Cancel, &mut self.wire.out);
            tally.unanswered += 1;
        }
        self.wire.pump(self.turns >= self.habits.deaf_until);
        while self.read(tally, trust)? {}
        self.give(rng);
        if self.wire.eof || self.wire.broken {
            self.end(tally, trust)?;
            return Ok(false);
        }
        let is_done = self.streams.is_empty() && (self.closing || self.plan.is_empty());
        Ok(!is_done || self.habits.waits && !self.closing)
    }

    /// Moves at least `pace` bytes a turn.
    pub fn hurry(&mut self, pace: usize) {
        self.wire.pace = self.wire.pace.max(pace);
    }

    /// Never reads, and so learns nothing of its end.
    pub fn is_deaf(&self) -> bool {
        self.habits.deaf_until == u64::MAX
    }

    /// What is still awaited, for the message of a stall.
    pub fn describe(&self) -> String {
        let Self { wire, habits, turns, room, server_room, .. } = self;
        let of = |it: &Stream| {
            let (unsent, got) = (it.unsent.len(), it.body.len());
            format!("{}: {:?} {unsent} unsent, {got} read, room {}", it.id, it.exchange, it.room)
        };
        let streams: Vec<String> = self.streams.iter().map(of).collect();
        format!(
            "{:?} of HTTP/2, {habits:?}, eof {}, {turns} turns, room {room} and {server_room}, {streams:?}",
            wire.socket, wire.eof
        )
    }

    fn ask(&mut self, exchange: Exchange, rng: &mut Rng) {
        let text = exchange.bytes(rng);
        let text = String::from_utf8_lossy(&text).into_owned();
        let lines = text.split("\r\n\r\n").next().unwrap_or_default().split("\r\n").skip(1);
        let mut block = Vec::new();
        self.encoder.begin(&mut block);
        let target = exchange.target();
        let pseudo = [
            (":method", exchange.method.name()),
            (":scheme", "http"),
            (":path", &target),
            (":authority", "sim"),
        ];
        let fields = lines.filter_map(|line| line.split_once(": "));
        for (name, value) in pseudo.into_iter().chain(fields) {
            if !["Host", "Connection", "Transfer-Encoding"].contains(&name) {
                let (id, name) = (Name::of(name.as_bytes()), name.as_bytes());
                self.encoder.field(id, name, value.as_bytes(), &mut block);
            }
        }
        let (id, out) = (self.next_id, &mut self.wire.out);
        self.next_id += 2;
        let unsent = request_body(&exchange.token, exchange.body_len());
        let has_body = text.contains("Transfer-Encoding") || !unsent.is_empty();
        let end = if has_body { 0 } else { frame::END_STREAM };
        let (first, rest) = match rng.one_in(3) {
            true => block.split_at(rng.below(block.len() as u64) as usize),
            false => (&block[..], &[][..]),
        };
        if rest.is_empty() {
            frame::put(frame::HEADERS, end | frame::END_HEADERS, id, first, out);
        } else {
            frame::put(frame::HEADERS, end, id, first, out);
            frame::put(frame::CONTINUATION, frame::END_HEADERS, id, rest, out);
        }
        if has_body && unsent.is_empty() {
            frame::put(frame::DATA, frame::END_STREAM, id, b"", out);
        }
        self.streams.push(Stream {
            id,
            exchange,
            unsent,
            send_room: self.server_window,
            room: self.window,
            owed: 0,
            head: None,
            body: Vec::new(),
        });
    }

    fn send_bodies(&mut self, rng: &mut Rng) {
        for stream in self.streams.iter_mut().filter(|it| !it.unsent.is_empty()) {
            let room = self.server_room.min(stream.send_room).min(16_000);
            let padding = if rng.one_in(8) { rng.below(4) as usize } else { 0 };
            let overhead = if padding > 0 { padding + 1 } else { 0 };
            let room = room - overhead as i64;
            if room <= 0 || self.wire.out.len() > 1 << 16 {
                continue;
            }
            let most = stream.unsent.len().min(room as usize) as u64;
            let n = 1 + rng.below(most) as usize;
            let mut flags = if padding > 0 { frame::PADDED } else { 0 };
            let mut payload = if padding > 0 { vec![padding as u8] } else { vec![] };
            payload.extend(stream.unsent.drain(..n));
            payload.resize(payload.len() + padding, 0);
            if stream.unsent.is_empty() {
                flags |= frame::END_STREAM;
            }
            stream.send_room -= payload.len() as i64;
            self.server_room -= payload.len() as i64;
            frame::put(frame::DATA, flags, stream.id, &payload, &mut self.wire.out);
        }
    }

    /// Gives windows back, sooner or later.
    fn give(&mut self, rng: &mut Rng) {
        let (least, out) = (self.window / 4, &mut self.wire.out);
        for stream in self.streams.iter_mut().filter(|it| it.owed > least) {
            if rng.one_in(3) {
                frame::put_window_update(stream.id, stream.owed as u32, out);
                stream.room += std::mem::take(&mut stream.owed);
            }
        }
        if self.owed > 16_000 && rng.one_in(3) {
            frame::put_window_update(0, self.owed as u32, out);
            self.room += std::mem::take(&mut self.owed);
        }
    }

    /// Takes a frame. False: more must come first.
    fn read(&mut self, tally: &mut Tally, trust: Trust) -> Result<bool, String> {
        let Some(head) = Frame::parse(&self.wire.input) else { return Ok(false) };
        let end = frame::HEAD + head.len;
        if self.wire.input.len() < end {
            return Ok(false);
        }
        let payload: Vec<u8> = self.wire.input.drain(..end).skip(frame::HEAD).collect();
        if head.len > frame::MAX_PAYLOAD {
            return Err(format!("a frame of {} bytes", head.len));
        }
        if self.block.is_some() != (head.kind == frame::CONTINUATION) {
            return Err(format!("CONTINUATION is out of place: {head:?}"));
        }
        match head.kind {
            frame::DATA => self.read_data(head, &payload, tally, trust)?,
            frame::HEADERS | frame::CONTINUATION => self.read_block(head, payload, tally, trust)?,
            frame::SETTINGS if !head.has(frame::ACK) => self.read_settings(&payload),
            frame::PING if !head.has(frame::ACK) => {
                frame::put(frame::PING, frame::ACK, 0, &payload, &mut self.wire.out);
            }
            frame::WINDOW_UPDATE => self.read_window(head, &payload)?,
            frame::RST_STREAM => self.answered(head.stream, false, tally, trust)?,
            frame::GOAWAY => {
                let number = |at: usize| payload.get(at..at + 4).and_then(frame::number);
                if trust.exact && number(4) != Some(0) {
                    let text = String::from_utf8_lossy(payload.get(8..).unwrap_or_default());
                    return Err(format!("GOAWAY with {:?} {text}", number(4)));
                }
                self.closing = true;
                let last = number(0).unwrap_or_default();
                let before = self.streams.len();
                self.streams.retain(|stream| stream.id <= last);
                tally.unanswered += (before - self.streams.len()) as u64;
            }
            frame::SETTINGS | frame::PING => {}
            _ => return Err(format!("unexpected {head:?}")),
        }
        Ok(true)
    }

    fn read_settings(&mut self, payload: &[u8]) {
        for &[a, b, c, d, e, f] in payload.as_chunks::<6>().0 {
            let value = u32::from_be_bytes([c, d, e, f]);
            match u16::from_be_bytes([a, b]) {
                1 => self.encoder.resize(value as usize),
                3 => self.most = self.most.min(value as usize),
                4 => {
                    let change = i64::from(value) - self.server_window;
                    self.server_window += change;
                    self.streams.iter_mut().for_each(|stream| stream.send_room += change);
                }
                _ => {}
            }
        }
        frame::put(frame::SETTINGS, frame::ACK, 0, &[], &mut self.wire.out);
    }

    fn read_window(&mut self, head: Frame, payload: &[u8]) -> Result<(), String> {
        let more = frame::number(payload).filter(|&more| more > 0).ok_or("no increment")?;
        let window = match head.stream {
            0 => &mut self.server_room,
            id => match self.streams.iter_mut().find(|it| it.id == id) {
                Some(stream) => &mut stream.send_room,
                None => return Ok(()),
            },
        };
        *window += i64::from(more);
        if *window > frame::MAX_WINDOW { Err("a window is too large".into()) } else { Ok(()) }
    }

    fn read_data(
        &mut self,
        head: Frame,
        payload: &[u8],
        tally: &mut Tally,
        trust: Trust,
    ) -> Result<(), String> {
        self.room -= payload.len() as i64;
        self.owed += payload.len() as i64;
        let stream = self.streams.iter_mut().find(|it| it.id == head.stream);
        if let Some(stream) = stream {
            stream.room -= payload.len() as i64;
            stream.owed += payload.len() as i64;
            if stream.room < 0 || stream.head.is_none() {
                return Err(format!("DATA beyond a window, or without a head: {head:?}"));
            }
            stream.body.extend_from_slice(payload);
        } else if head.stream >= self.next_id {
            return Err(format!("DATA on a stream that is none: {head:?}"));
        }
        if self.room < 0 {
            return Err(format!("DATA beyond the window of the connection: {head:?}"));
        }
        match head.has(frame::END_STREAM) {
            true => self.answered(head.stream, true, tally, trust),
            false => Ok(()),
        }
    }

    fn read_block(
        &mut self,
        head: Frame,
        payload: Vec<u8>,
        tally: &mut Tally,
        trust: Trust,
    ) -> Result<(), String> {
        let (id, end, block) = match self.block.take() {
            Some((id, end, block)) if id == head.stream => (id, end, [block, payload].concat()),
            Some(_) => return Err(format!("CONTINUATION of another stream: {head:?}")),
            None => (head.stream, head.has(frame::END_STREAM), payload),
        };
        if !head.has(frame::END_HEADERS) {
            self.block = Some((id, end, block));
            return Ok(());
        }
        let (mut status, mut token, mut interim) = (None, None, false);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let read = self.decoder.decode(&block, |field| match field.name {
            b":status" => status = text(field.value).parse::<u16>().ok(),
            b"x-token" => token = Some(text(field.value)),
            b"x-interim" => interim = true,
            _ => {}
        });
        read.map_err(|_| format!("a block that is none: {head:?}"))?;
        let Some(stream) = self.streams.iter_mut().find(|it| it.id == id) else { return Ok(()) };
        match status {
            Some(100..=199) if !end && stream.head.is_none() => {}
            Some(status) if stream.head.is_none() && !interim => {
                stream.head = Some((status, token))
            }
            None if stream.head.is_some() && end => {}
            _ => return Err(format!("a head out of place: {head:?} {status:?}")),
        }
        if end { self.answered(id, true, tally, trust) } else { Ok(()) }
    }

    /// Judges the response that has come in, or what there is of it.
    fn answered(
        &mut self,
        id: u32,
        complete: bool,
        tally: &mut Tally,
        trust: Trust,
    ) -> Result<(), String> {
        let Some(at) = self.streams.iter().position(|it| it.id == id) else { return Ok(()) };
        let Stream { exchange, head, body, unsent, .. } = self.streams.swap_remove(at);
        if complete && !unsent.is_empty() {
            // Nothing of the rest is of use.
            frame::put_reset(id, ErrorCode::Cancel, &mut self.wire.out);
        }
        let Some((status, token)) = head else {
            tally.unanswered += 1;
            return match trust.exact && !exchange.breaks_early() {
                true => Err(format!("reset without an answer: {exchange:?}")),
                false => Ok(()),
            };
        };
        let seen = Seen { status, token, body, complete, until_close: false };
        exchange.judge(&seen, trust)?;
        tally.answers += 1;
        tally.own += u64::from(seen.token.is_none());
        tally.cut += u64::from(!complete);
        Ok(())
    }

    /// The connection has ended.
    fn end(&mut self, tally: &mut Tally, trust: Trust) -> Result<(), String> {
        if trust.exact && !self.streams.is_empty() {
            return Err(format!("closed without an answer: {}", self.describe()));
        }
        let ids: Vec<u32> = self.streams.iter().map(|stream| stream.id).collect();
        ids.into_iter().try_for_each(|id| self.answered(id, false, tally, trust))
    }
}
