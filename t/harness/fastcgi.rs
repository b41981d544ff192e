//! A scripted FastCGI server: what it answers to each request, record by record, and what it was asked. The servers of
//! uwsgi and SCGI are the same, but that their replies have no records.
//!
//! A reply is lines, in order:
//!
//! | line | meaning |
//! |---|---|
//! | `stdout TEXT` `stderr TEXT` | a record of that stream; without a text its end |
//! | `end` | END_REQUEST, with 8 zero bytes for content unless there is a text |
//! | `whole TEXT` | a record of STDOUT, its end, and END_REQUEST |
//! | `raw TEXT` | bytes; `raw[repeat=N] TEXT`: N times |
//! | `wait SECONDS` | a pause; `wait client`: until the client has left |
//! | `close` | the connection ends here |
//! | `hold` | the connection stays open to the end of the block |
//! | `early` | as the first line: the reply does not await the body of the request |
//!
//! A text has the escapes of Perl's strings. What is to be otherwise in a record stands behind its name, as in
//! `stdout[id=2,padding=9] TEXT`: `version`, `type`, `id`, `length` (in the header), `padding`, and `repeat`,
//! how often the content has the text. Content beyond 65,535 bytes is divided. After a reply the connection stays
//! open if the request asked for that.
//!
//! What it was asked is text: `connection N`, with ` keep_conn` behind it if that was asked for; `NAME=VALUE` for
//! each parameter; and, if there is a body, an empty line and the body, with a newline behind it. Of uwsgi the first
//! line has ` modifiers M N`, unless both are 0.

use crate::format::eval;
use crate::packet::{self, Packet};
use crate::upstream::{Delay, Listener, Stream, again, note, pause};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const HEADER: usize = 8;
const MAX_CONTENT: usize = 65_535;

/// What the server speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    FastCgi,
    Uwsgi,
    Scgi,
}

impl Protocol {
    pub const ALL: [Self; 3] = [Self::FastCgi, Self::Uwsgi, Self::Scgi];

    /// What the names of its sections begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::FastCgi => "fastcgi",
            Self::Uwsgi => "uwsgi",
            Self::Scgi => "scgi",
        }
    }
}

/// The reply to one request.
#[derive(Debug)]
pub struct Reply {
    steps: Vec<Step>,
    early: bool,
}

#[derive(Debug)]
enum Step {
    Send(Vec<u8>),
    Wait(Delay),
    Close,
    Hold,
}

/// The replies of a section: an empty line ends one.
pub fn replies(text: &str, client_left: &Arc<AtomicBool>) -> Result<Vec<Reply>, String> {
    text.split("\n\n").map(|reply| Reply::parse(reply, client_left)).collect()
}

impl Reply {
    fn parse(text: &str, client_left: &Arc<AtomicBool>) -> Result<Self, String> {
        let mut reply = Self { steps: Vec::new(), early: false };
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (word, text) = line.split_once(' ').unwrap_or((line, ""));
            let bad = |why: String| format!("fastcgi_reply: \"{line}\": {why}");
            let step = match word {
                "early" => {
                    reply.early = true;
                    continue;
                }
                "close" => Step::Close,
                "hold" => Step::Hold,
                "wait" => Step::Wait(Delay::parse(text, client_left).map_err(bad)?),
                "raw" => Step::Send(eval::unescape(text).map_err(bad)?),
                "whole" => {
                    let content = eval::unescape(text).map_err(bad)?;
                    let stdout = |content| Record::of(6, content).bytes();
                    let end = Record::of(3, vec![0; 8]).bytes();
                    Step::Send([stdout(content), stdout(Vec::new()), end].concat())
                }
                _ => Step::Send(record(word, text).map_err(bad)?),
            };
            match (reply.steps.last_mut(), step) {
                // One write: what stands behind a response comes with it, not after the next request.
                (Some(Step::Send(before)), Step::Send(bytes)) => before.extend(bytes),
                (_, step) => reply.steps.push(step),
            }
        }
        Ok(reply)
    }
}

/// The bytes of `name[attributes] text`.
fn record(word: &str, text: &str) -> Result<Vec<u8>, String> {
    let (name, attributes) =
        word.strip_suffix(']').and_then(|it| it.split_once('[')).unwrap_or((word, ""));
    let content = eval::unescape(text)?;
    if let (Some(times), "raw") = (attributes.strip_prefix("repeat="), name) {
        let times = times.parse().map_err(|_| format!("bad number in \"{attributes}\""))?;
        return Ok(content.repeat(times));
    }
    let mut record = match name {
        "stdout" => Record::of(6, content),
        "stderr" => Record::of(7, content),
        "end" if text.is_empty() => Record::of(3, vec![0; 8]),
        "end" => Record::of(3, content),
        _ => return Err("unknown".to_owned()),
    };
    for attribute in attributes.split(',').filter(|it| !it.is_empty()) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        let value: u32 = value.parse().map_err(|_| format!("bad number in \"{attribute}\""))?;
        match name {
            "version" => record.version = value as u8,
            "type" => record.kind = value as u8,
            "id" => record.id = value as u16,
            "length" => record.length = Some(value as u16),
            "padding" => record.padding = value as u8,
            "repeat" => record.content = record.content.repeat(value as usize),
            _ => return Err(format!("unknown attribute \"{name}\"")),
        }
    }
    Ok(record.bytes())
}

/// A record to be sent, or several if its content needs them.
struct Record {
    version: u8,
    kind: u8,
    id: u16,
    length: Option<u16>,
    padding: u8,
    content: Vec<u8>,
}

impl Record {
    fn of(kind: u8, content: Vec<u8>) -> Self {
        Self { version: 1, kind, id: 1, length: None, padding: 0, content }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = &self.content[..];
        loop {
            let (content, next) = rest.split_at(rest.len().min(MAX_CONTENT));
            let length = self.length.unwrap_or(content.len() as u16).to_be_bytes();
            let id = self.id.to_be_bytes();
            out.extend([self.version, self.kind, id[0], id[1]]);
            out.extend([length[0], length[1], self.padding, 0]);
            out.extend(content);
            out.extend(vec![0; self.padding.into()]);
            rest = next;
            if rest.is_empty() {
                return out;
            }
        }
    }
}

/// A connection, and what was read of the request on it.
struct Connection {
    stream: Stream,
    number: usize,
    inbox: Vec<u8>,
    request: Request,
    held: bool,
}

#[derive(Default)]
struct Request {
    begun: bool,
    keep_conn: bool,
    params: Vec<u8>,
    params_ended: bool,
    stdin: Vec<u8>,
    stdin_ended: bool,
    wrong: Option<String>,
    /// Of uwsgi and SCGI, in the place of `params`.
    packet: Option<Packet>,
}

/// Answers as many requests as there are replies, on any number of connections; then refuses further ones.
pub fn serve(
    listener: Listener,
    protocol: Protocol,
    replies: Vec<Reply>,
    heard: &Mutex<Vec<u8>>,
    stop: &AtomicBool,
) {
    let mut listener = Some(listener);
    let mut connections: Vec<Connection> = Vec::new();
    let mut count = 0;
    let mut replies = replies.into_iter().peekable();
    while !stop.load(Ordering::Relaxed) {
        while let Some(stream) = listener.as_ref().and_then(Listener::try_accept) {
            count += 1;
            let (inbox, request) = (Vec::new(), Request::default());
            connections.push(Connection { stream, number: count, inbox, request, held: false });
        }
        if connections.is_empty() {
            pause(Duration::from_millis(5), stop);
        }
        let mut at = 0;
        while let Some(connection) = connections.get_mut(at) {
            let mut stays = connection.held || connection.read(protocol);
            let early = replies.peek().is_some_and(|reply| reply.early);
            if stays && !connection.held && connection.request.is_here(early) {
                note(heard, &connection.heard());
                let reply = replies.next();
                if replies.peek().is_none() {
                    // Before the last reply: a client that has it finds the address closed.
                    listener.take().into_iter().for_each(Listener::close);
                }
                stays = reply.is_some_and(|reply| connection.answer(&reply, stop));
            }
            match stays {
                true => at += 1,
                false => drop(connections.remove(at)),
            }
        }
    }
}

impl Connection {
    /// Takes what has come. False: the connection has ended.
    fn read(&mut self, protocol: Protocol) -> bool {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(n) => self.inbox.extend(&buffer[..n]),
            Err(e) if again(&e) => {}
            Err(_) => return false,
        }
        match protocol {
            Protocol::FastCgi => self.request.take_records(&mut self.inbox),
            _ => self.request.take_packet(protocol, &mut self.inbox),
        }
        true
    }

    /// False: the connection is to be closed.
    fn answer(&mut self, reply: &Reply, stop: &AtomicBool) -> bool {
        let keeps = self.request.keep_conn;
        for step in &reply.steps {
            match step {
                Step::Send(bytes) => {
                    if self.stream.write_all(bytes).is_err() {
                        return false;
                    }
                }
                Step::Wait(delay) => delay.pass(stop),
                Step::Close => return false,
                Step::Hold => self.held = true,
            }
        }
        self.request = Request::default();
        keeps || self.held
    }

    fn heard(&self) -> Vec<u8> {
        let request = &self.request;
        let kept = if request.keep_conn { " keep_conn" } else { "" };
        let note = request.packet.as_ref().map_or("", |packet| &packet.note);
        let mut text = format!("connection {}{kept}{note}\n", self.number).into_bytes();
        for (name, value) in request.packet.iter().flat_map(|packet| &packet.params) {
            text.extend([name, &b"="[..], value, b"\n"].concat());
        }
        let mut rest = &request.params[..];
        while !rest.is_empty() {
            let Some((name, value, next)) = pair(rest) else {
                text.extend_from_slice(b"bad parameters\n");
                break;
            };
            text.extend([name, b"=", value, b"\n"].concat());
            rest = next;
        }
        if !request.stdin.is_empty() {
            text.extend([b"\n", &request.stdin[..], b"\n"].concat());
        }
        text.extend(request.wrong.iter().flat_map(|wrong| wrong.bytes()));
        text
    }
}

impl Request {
    fn is_here(&self, early: bool) -> bool {
        self.stdin_ended || early && self.params_ended || self.wrong.is_some()
    }

    /// Takes the parameters, and as much of the body as they announce.
    fn take_packet(&mut self, protocol: Protocol, inbox: &mut Vec<u8>) {
        if self.packet.is_none() {
            match packet::take(protocol, inbox) {
                Ok(packet) => self.packet = packet,
                Err(wrong) => self.wrong = Some(wrong),
            }
        }
        let Some(packet) = &self.packet else { return };
        self.params_ended = true;
        let left = packet.body_len - self.stdin.len();
        self.stdin.extend(inbox.drain(..left.min(inbox.len())));
        self.stdin_ended = self.stdin.len() == packet.body_len;
    }

    /// Takes the whole records from `inbox`, up to the end of the request.
    fn take_records(&mut self, inbox: &mut Vec<u8>) {
        while !self.stdin_ended && self.wrong.is_none() {
            let [version, kind, id_high, id, high, low, padding, _, rest @ ..] = &inbox[..] else {
                return;
            };
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(content) = rest.get(..len + usize::from(*padding)).map(|it| &it[..len]) else {
                return;
            };
            match (version, kind, id_high, id) {
                (1, 1, 0, 1) if content.starts_with(&[0, 1]) => {
                    let keep_conn = content.get(2).is_some_and(|flags| flags & 1 != 0);
                    *self = Self { begun: true, keep_conn, ..Self::default() };
                }
                // The rest of a request that was answered early.
                _ if !self.begun => {}
                (1, 4, 0, 1) => {
                    self.params.extend(content);
                    self.params_ended |= content.is_empty();
                }
                (1, 5, 0, 1) => {
                    self.stdin.extend(content);
                    self.stdin_ended |= content.is_empty();
                }
                _ => self.wrong = Some(format!("bad record {:?}\n", &inbox[..HEADER])),
            }
            let taken = HEADER + len + usize::from(*padding);
            inbox.drain(..taken);
        }
    }
}

/// The first name and value, and the rest.
fn pair(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = |bytes: &[u8]| match bytes {
        [short @ ..0x80, ..] => Some((usize::from(*short), 1)),
        [a, b, c, d, ..] => Some((u32::from_be_bytes([a & 0x7f, *b, *c, *d]) as usize, 4)),
        _ => None,
    };
    let (name, taken) = length(bytes)?;
    let (value, more) = length(&bytes[taken..])?;
    let rest = &bytes[taken + more..];
    let (name, rest) = rest.split_at_checked(name)?;
    let (value, rest) = rest.split_at_checked(value)?;
    Some((name, value, rest))
}
