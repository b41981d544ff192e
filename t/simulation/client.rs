//! Scripted clients: they send what they planned, at their pace, and judge what they get.

use std::collections::VecDeque;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use peerage::base::rng::Rng;
use peerage::os::sim::SimSocket;

use crate::exchange::{Body, Exchange, Method, Seen, Trust};
use crate::sealed::Sealed;
use crate::wire::{Framing, Head, Reader, Wire};

pub struct Client {
    wire: Wire,
    plan: VecDeque<Item>,
    /// Sent, at least in part, and not answered.
    awaiting: VecDeque<Item>,
    /// All at once; or one after the other.
    pipelined: bool,
    habits: Habits,
    /// A body that waits for a 100, and for how many turns at most.
    held: Option<(Vec<u8>, u32)>,
    current: Option<(Head, Reader)>,
    /// The proxy has said that this connection carries nothing more.
    closing: bool,
    /// The cookie that it was given, and the number of the server that answered then: that one is asked again.
    home: Option<(String, String)>,
    turns: u64,
    /// All that it received, for who looks into a failure.
    heard: Vec<u8>,
}

/// What a client does beside asking.
#[derive(Clone, Copy, Default, Debug)]
pub struct Habits {
    /// Goes away in this turn, whatever happens.
    pub leaves: Option<u64>,
    /// Reads nothing before this turn.
    pub deaf_until: u64,
    /// Shuts its sending side after the last request.
    pub half_closes: bool,
    /// When all is answered: waits for the proxy to close.
    pub waits: bool,
}

#[derive(Clone, Debug)]
pub enum Item {
    Good(Exchange),
    Bad(Bad),
}

/// A request that must be refused with one of these, and the connection closed.
#[derive(Clone, Debug)]
pub struct Bad {
    pub bytes: Vec<u8>,
    pub statuses: &'static [u16],
}

/// What a client saw, counted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Tally {
    pub answers: u64,
    pub refused: u64,
    pub own: u64,
    pub cut: u64,
    pub unanswered: u64,
}

impl Client {
    pub fn new(socket: SimSocket, plan: Vec<Item>, habits: Habits, rng: &mut Rng) -> Self {
        Self {
            wire: Wire::new(socket, rng),
            plan: plan.into(),
            awaiting: VecDeque::new(),
            pipelined: rng.one_in(2),
            habits,
            held: None,
            current: None,
            closing: false,
            home: None,
            turns: 0,
            heard: Vec::new(),
        }
    }

    /// It speaks that over its socket.
    pub fn over(self, tls: Sealed) -> Self {
        Self { wire: self.wire.over(tls), ..self }
    }

    /// False: this client is gone. `trust` as for [`Exchange::judge`].
    pub fn turn(&mut self, rng: &mut Rng, tally: &mut Tally, trust: Trust) -> Result<bool, String> {
        self.turns += 1;
        if self.habits.leaves.is_some_and(|turn| turn <= self.turns) {
            return Ok(false);
        }
        self.speak(rng);
        let had = self.wire.input.len();
        self.wire.pump(self.turns >= self.habits.deaf_until);
        self.heard.extend(&self.wire.input[had..]);
        while self.read(tally, trust)? {}
        if self.wire.eof || self.wire.broken {
            self.end(tally, trust)?;
            return Ok(false);
        }
        let done = self.plan.is_empty() && self.awaiting.is_empty();
        Ok(!(self.closing && self.awaiting.is_empty() || done && !self.habits.waits))
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
        let tail = &self.heard[self.heard.len().saturating_sub(400)..];
        let heard = String::from_utf8_lossy(tail);
        let Self { wire, awaiting, habits, turns, .. } = self;
        let (out, eof, socket, pace) = (wire.out.len(), wire.eof, &wire.socket, wire.pace);
        let got = self.heard.len();
        format!(
            "{socket:?} awaits {awaiting:?}, {habits:?}, {out} to send, eof {eof}, {pace} bytes a turn, {turns} turns, \
             after {got} bytes, at last {heard:?}"
        )
    }

    fn speak(&mut self, rng: &mut Rng) {
        if let Some((body, turns)) = &mut self.held {
            *turns -= 1;
            if *turns == 0 {
                let body = std::mem::take(body);
                self.wire.out.extend(body);
                self.held = None;
            }
            return;
        }
        while !self.closing && (self.pipelined || self.awaiting.is_empty()) {
            let Some(item) = self.plan.pop_front() else { break };
            match &item {
                Item::Bad(bad) => self.wire.out.extend(&bad.bytes),
                Item::Good(exchange) => {
                    let mut bytes = exchange.bytes(rng);
                    if let Some((cookie, server)) = &self.home {
                        // While others of its requests are under way, one of them may find another server.
                        let server = if self.awaiting.is_empty() { server } else { "any" };
                        let fields = format!("Cookie: {cookie}\r\nX-Home: {server}\r\n");
                        let at = bytes.windows(2).position(|end| end == b"\r\n").unwrap_or(0) + 2;
                        bytes.splice(at..at, fields.into_bytes());
                    }
                    if exchange.expect && exchange.body != Body::None && rng.one_in(2) {
                        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(0) + 4;
                        self.held = Some((bytes.split_off(end), 40));
                    }
                    self.wire.out.extend(bytes);
                }
            }
            self.awaiting.push_back(item);
            if self.held.is_some() {
                break;
            }
        }
        let spoken = self.plan.is_empty() && self.wire.is_sent() && self.held.is_none();
        if spoken && self.habits.half_closes {
            self.wire.finish();
        }
    }

    /// Takes a head, or a response whole. False: more must come first.
    fn read(&mut self, tally: &mut Tally, trust: Trust) -> Result<bool, String> {
        let Some((_, reader)) = &mut self.current else {
            return self.read_head();
        };
        reader.feed(&mut self.wire.input)?;
        if !reader.done {
            return Ok(false);
        }
        self.answered(true, tally, trust)?;
        Ok(true)
    }

    fn read_head(&mut self) -> Result<bool, String> {
        let Some(head) = Head::take(&mut self.wire.input) else { return Ok(false) };
        let head = head?;
        let status = status(&head)?;
        let Some(item) = self.awaiting.front() else {
            return Err(format!("a response without a request: {head:?}"));
        };
        if status < 200 {
            // What is held belongs to the last request sent.
            if self.awaiting.len() == 1 {
                if let Some((body, _)) = self.held.take() {
                    self.wire.out.extend(body);
                }
            }
            return Ok(true);
        }
        if head.get("x-interim").is_some() {
            return Err(format!("a field of an interim response: {head:?}"));
        }
        let bare = matches!(item, Item::Good(it) if it.method == Method::Head);
        let framing = match head.framing() {
            _ if bare || matches!(status, 204 | 304) => Framing::Sized(0),
            framing => framing,
        };
        self.closing |= framing == Framing::Unsaid
            || head.get("connection") == Some("close")
            || head.first[0] == "HTTP/1.0";
        self.current = Some((head, Reader::new(framing)));
        Ok(true)
    }

    /// Judges the response that has come in, or what there is of it.
    fn answered(&mut self, complete: bool, tally: &mut Tally, trust: Trust) -> Result<(), String> {
        let (Some((head, reader)), Some(item)) = (self.current.take(), self.awaiting.pop_front())
        else {
            return Ok(());
        };
        if self.awaiting.is_empty() && self.held.take().is_some() {
            // Answered without its body: what would follow it is no request.
            self.closing = true;
        }
        let cookie = head.get("set-cookie").and_then(|it| it.split(';').next());
        let cookie = cookie.or_else(|| self.home.as_ref().map(|(cookie, _)| cookie.as_str()));
        if let (Some(cookie), Some(server)) = (cookie, head.get("x-home")) {
            self.home = Some((cookie.to_owned(), server.to_owned()));
        }
        let seen = Seen {
            status: status(&head)?,
            token: head.get("x-token").map(String::from),
            until_close: head.framing() == Framing::Unsaid,
            body: match head.get("content-encoding") {
                Some("gzip") => gunzip(&reader.got, complete)?,
                _ => reader.got,
            },
            complete,
        };
        match item {
            Item::Good(exchange) => {
                exchange.judge(&seen, trust)?;
                tally.answers += 1;
                tally.own += u64::from(seen.token.is_none());
                tally.cut += u64::from(!complete);
            }
            Item::Bad(bad) => {
                tally.refused += 1;
                let right = bad.statuses.contains(&seen.status) && seen.token.is_none();
                if !right && (trust.exact || seen.status < 400) {
                    let text = String::from_utf8_lossy(&bad.bytes);
                    return Err(format!("{} for {:?}", seen.status, &text[..text.len().min(200)]));
                }
                // A server may have failed before anybody looked at the rest of it.
                if !self.closing && (right || trust.exact) {
                    return Err("open after a malformed request".into());
                }
            }
        }
        Ok(())
    }

    /// The connection has ended.
    fn end(&mut self, tally: &mut Tally, trust: Trust) -> Result<(), String> {
        let clean = !self.wire.broken;
        if let Some((head, _)) = &self.current {
            // The worker does not wait until a full socket takes its close_notify: where nothing is lost, that may be.
            let is_end = clean && (!self.wire.cut || trust.exact);
            let complete = is_end && head.framing() == Framing::Unsaid;
            self.closing = true;
            self.answered(complete, tally, trust)?;
        }
        tally.unanswered += self.awaiting.len() as u64;
        // A body that turns out broken in the first read takes the head with it.
        let broken = matches!(self.awaiting.front(), Some(Item::Good(it)) if it.breaks_early());
        if trust.exact && !broken && !self.closing && !self.awaiting.is_empty() {
            let how = if clean { "closed" } else { "reset" };
            return Err(format!("{how} without an answer: {}", self.describe()));
        }
        Ok(())
    }
}

/// What was compressed, as far as it has come.
fn gunzip(file: &[u8], complete: bool) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let end = MultiGzDecoder::new(file).read_to_end(&mut body);
    match end {
        Err(e) if complete && !file.is_empty() => Err(format!("not a whole gzip file: {e}")),
        _ => Ok(body),
    }
}

fn status(head: &Head) -> Result<u16, String> {
    let known = matches!(head.first[0].as_str(), "HTTP/1.1" | "HTTP/1.0");
    let status = head.first[1].parse().ok().filter(|_| known);
    status.ok_or_else(|| format!("no status line: {head:?}"))
}

/// Requests to refuse.
pub fn bad(which: u64, max_body: usize) -> Bad {
    const FIELDS: &str = "Host: sim\r\nX-Token: bad\r\nX-Body: 0\r\n";
    let (line, extra, statuses): (&str, String, &'static [u16]) = match which {
        0 => ("GET /bad/Sized/1/1 HTTP/1.1", "Content-Length: +5\r\n".into(), &[400]),
        1 => {
            let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
            ("POST /bad/Sized/1/1 HTTP/1.1", both.into(), &[400])
        }
        2 => ("G\u{1}T /bad/Sized/1/1 HTTP/1.1", String::new(), &[400]),
        3 => ("GET /bad/Sized/1/1 HTTP/2.0", String::new(), &[505]),
        4 => ("GET /bad/Sized/1/1 HTTP/1.1", "Spaced : x\r\n".into(), &[400]),
        5 => ("GET /bad/Sized/1/1 HTTP/1.1", "Host: again\r\n".into(), &[400]),
        6 => ("POST /bad/Sized/1/1 HTTP/1.1", "Transfer-Encoding: gzip\r\n".into(), &[400, 501]),
        7 => ("GET /bad/Sized/1/1 HTTP/1.1", "Folded: x\r\n y\r\n".into(), &[400]),
        8 => {
            let large = format!("Content-Length: {}\r\n", max_body + 1);
            ("POST /bad/Sized/1/1 HTTP/1.1", large, &[413])
        }
        9 => ("GET /bad/Sized/1/1 HTTP/1.1", format!("X: {}\r\n", "x".repeat(3000)), &[400, 431]),
        10 => ("GET /bad/Sized/1/1#x HTTP/1.1", String::new(), &[400]),
        _ => {
            // The head is right, and may have reached a server; the body never ends.
            let good = if which == 11 { "4\r\nbent\r\n" } else { "" };
            let fields = FIELDS.replace("bad", BENT);
            let line = "POST /bent/Sized/1/1 HTTP/1.1\r\nTransfer-Encoding: chunked";
            let bytes = format!("{line}\r\n{fields}\r\n{good}zz\r\n").into_bytes();
            return Bad { bytes, statuses: &[400] };
        }
    };
    Bad { bytes: format!("{line}\r\n{FIELDS}{extra}\r\n").into_bytes(), statuses }
}

/// What is bad of it is in its body.
pub const BENT: &str = "bent";

/// Those whose head tells.
pub const BAD_HEADS: u64 = 11;

/// With those whose body shows it, once it is read.
pub const BAD_KINDS: u64 = 13;
