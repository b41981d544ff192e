//! Scripted servers: they read requests, note what was delivered, and answer as the target says.

mod fastcgi;

use std::collections::{BTreeMap, BTreeSet};

use peerage::base::rng::Rng;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::SimSocket;

use crate::exchange::{KINDS, Kind, chunk, chunks, coded, is_request_body, response_body};
use crate::inserted::insert;
use crate::records;
use crate::setup::Setup;
use crate::wire::{Framing, Head, Reader, Wire};

/// What has been delivered of each request, by token.
#[derive(Default)]
pub struct Ledger {
    /// How often its head has arrived at a server.
    pub heads: BTreeMap<String, u32>,
    /// Those of which a copy has arrived whole.
    pub copies: BTreeSet<String>,
    /// How often its `post_action` has.
    pub posts: BTreeMap<String, u32>,
    /// Requests on a connection that had carried one already.
    pub reused: u64,
    /// Those that were read after the server had said that it says nothing more, and whose arrival the proxy may
    /// never have heard of when the connection was reset: they cannot be told from requests that were lost.
    pub beyond_proof: BTreeSet<String>,
}

/// One listening server and its connections.
pub struct Server {
    listener: SimSocket,
    /// Which of all servers it is.
    number: usize,
    bonds: Bonds,
    conns: Vec<Conn>,
    /// One in: an idle connection is closed in a turn.
    pub leaves: u64,
    /// One in: of an idle connection only the sending side is; then what ends may end by a reset.
    pub half_closes: u64,
    /// Least bytes moved in a turn.
    pub pace: usize,
    /// Excess bytes come at once with what they exceed: such a connection must not be used again.
    pub exact: bool,
}

/// What `sticky` and `proxy_bind` make of a client.
#[derive(Clone, Copy)]
struct Bonds {
    /// It hears which server has answered.
    told: bool,
    /// It is known by a cookie of the server's.
    learned: bool,
    /// It says where its connections are to come from.
    from: bool,
    /// It comes to that server, and to no other; one that is full cannot be asked.
    hold: bool,
    /// It is passed on once a subrequest has allowed that, which has told it the token.
    asks: bool,
    /// A copy of it has its body.
    copies_body: bool,
    /// As in `Trust`.
    exact: bool,
}

/// What a request is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    /// A client has sent it.
    Main,
    /// `auth_request`
    Auth,
    /// `mirror`
    Copy,
    /// `add_before_body`, `add_after_body`
    Inserted,
    /// `post_action`
    Post,
}

struct Conn {
    wire: Wire,
    /// Where it comes from.
    from: Addr,
    /// What is spoken on it, once it has carried a byte.
    protocol: Option<Protocol>,
    state: State,
    served: u32,
    exact: bool,
    /// Has sent more than was asked for, and must not be used again.
    spoiled: bool,
    half: Option<HalfClosed>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Protocol {
    Http,
    FastCgi,
    /// uwsgi or SCGI
    Packet,
}

/// It says nothing more.
struct HalfClosed {
    /// Nor does it listen.
    deaf: bool,
    /// What it has heard all the same.
    tokens: Vec<String>,
}

enum State {
    Waiting,
    Reading(Box<Request>),
    /// Finish sending, then wait for the next, or what is said.
    Answering(Then),
    Stuck,
}

struct Request {
    head: Head,
    protocol: Protocol,
    purpose: Purpose,
    /// The server's.
    number: usize,
    bonds: Bonds,
    token: String,
    /// In the bytes of the answer's body.
    name: String,
    kind: Kind,
    n: usize,
    m: usize,
    body: Reader,
    answered: Option<Then>,
    /// Bytes of the body that have been compared.
    checked: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Wait,
    Close,
    Reset,
    Hang,
}

impl Server {
    pub fn new(listener: SimSocket, number: usize, setup: &Setup) -> Self {
        let exact = !setup.family.hostile;
        Self {
            listener,
            number,
            bonds: Bonds {
                told: setup.conf.contains("sticky"),
                from: setup.bind,
                learned: setup.conf.contains("sticky learn"),
                hold: exact && !setup.conf.contains("max_conns"),
                asks: setup.family.subrequests,
                copies_body: setup.copies_body,
                exact,
            },
            conns: Vec::new(),
            leaves: setup.leaves,
            half_closes: 0,
            pace: setup.pace,
            exact,
        }
    }

    pub fn turn(&mut self, rng: &mut Rng, ledger: &mut Ledger) -> Result<(), String> {
        while let Io::Done((socket, from)) = self.listener.accept() {
            let mut wire = Wire::new(socket, rng);
            wire.pace = wire.pace.max(self.pace);
            self.conns.push(Conn {
                wire,
                from,
                protocol: None,
                state: State::Waiting,
                served: 0,
                exact: self.exact,
                spoiled: false,
                half: None,
            });
        }
        let mut at = 0;
        while at < self.conns.len() {
            let conn = &mut self.conns[at];
            let stays = conn.turn((self.number, self.bonds), rng, ledger)?;
            let idle = conn.is_idle(self.exact);
            if idle && rng.one_in(self.half_closes) {
                conn.half_close(rng.one_in(3));
            }
            let leaves = idle && rng.one_in(self.leaves) || conn.tires(rng);
            if stays && !leaves {
                at += 1;
                continue;
            }
            if self.half_closes > 0 && rng.one_in(2) {
                conn.wire.socket.reset_on_close();
            }
            conn.end(ledger);
            self.conns.swap_remove(at);
        }
        Ok(())
    }

    pub fn close_all(&mut self) {
        self.conns.clear();
    }
}

impl Conn {
    /// Nothing is asked of it. `exact`: and it can be closed without harm to anybody.
    fn is_idle(&mut self, exact: bool) -> bool {
        let Self { wire, state, served, .. } = self;
        let waits = matches!(state, State::Waiting) && wire.out.is_empty() && self.half.is_none();
        let mut untouched =
            || wire.input.is_empty() && wire.socket.recv(&mut [0], true) == Io::Again;
        waits && (!exact || *served > 0 && untouched())
    }

    fn half_close(&mut self, deaf: bool) {
        self.wire.socket.shutdown_write();
        self.half = Some(HalfClosed { deaf, tokens: Vec::new() });
    }

    /// What is closed half is closed whole in the end.
    fn tires(&self, rng: &mut Rng) -> bool {
        self.half.is_some() && rng.one_in(6)
    }

    fn end(&mut self, ledger: &mut Ledger) {
        // Of a request that is not here whole, more will come, and be answered by a reset.
        let socket = &self.wire.socket;
        let resets = socket.is_to_reset() || matches!(self.state, State::Reading(_));
        if let Some(half) = self.half.take().filter(|_| resets && socket.is_in_doubt()) {
            ledger.beyond_proof.extend(half.tokens);
        }
    }

    /// False: the connection is over.
    fn turn(
        &mut self,
        at: (usize, Bonds),
        rng: &mut Rng,
        ledger: &mut Ledger,
    ) -> Result<bool, String> {
        // One that has answered is in no hurry to read the rest.
        let reads = match &self.state {
            State::Reading(request) if request.answered.is_some() => rng.one_in(8),
            _ => self.half.as_ref().is_none_or(|half| !half.deaf),
        };
        self.wire.pump(reads);
        if self.wire.broken {
            return Ok(false);
        }
        loop {
            match &mut self.state {
                State::Waiting => {
                    let Some(protocol) = self.spoken()? else { return Ok(!self.wire.eof) };
                    let head = match protocol {
                        Protocol::Http => Head::take(&mut self.wire.input),
                        Protocol::FastCgi => records::take_head(&mut self.wire.input),
                        Protocol::Packet => records::take_packet(&mut self.wire.input),
                    };
                    let Some(head) = head else { return Ok(!self.wire.eof) };
                    let head = head?;
                    if head.first[1] == "/health" {
                        self.state = self.tell_health(&head, rng);
                        continue;
                    }
                    let request = Request::of(head, at, protocol)?;
                    request.check_home()?;
                    request.check_from(&self.from)?;
                    request.check_asked()?;
                    if request.purpose == Purpose::Main {
                        *ledger.heads.entry(request.token.clone()).or_default() += 1;
                    }
                    if let Some(half) = &mut self.half {
                        half.tokens.push(request.token.clone());
                    }
                    ledger.reused += u64::from(self.served > 0);
                    self.served += 1;
                    if self.spoiled {
                        return Err("a connection with excess bytes is used again".into());
                    }
                    self.spoiled = self.exact && request.kind == Kind::Extra;
                    self.state = State::Reading(Box::new(request));
                }
                State::Reading(request) => {
                    request.body.feed(&mut self.wire.input)?;
                    request.check_body()?;
                    if request.purpose == Purpose::Copy && request.body.done {
                        ledger.copies.insert(request.token.clone());
                    }
                    let early = matches!(request.kind, Kind::Early | Kind::EarlyClose);
                    if request.answered.is_none() && (early || request.body.done) {
                        if request.purpose == Purpose::Post {
                            *ledger.posts.entry(request.token.clone()).or_default() += 1;
                        }
                        let out = &mut self.wire.out;
                        request.answered = Some(match request.protocol {
                            _ if request.is_aside() => request.answer_aside(self.exact, rng, out),
                            Protocol::Http => request.answer(rng, out),
                            Protocol::FastCgi => request.answer_in_records(self.exact, rng, out),
                            Protocol::Packet => request.answer_as_cgi(rng, out),
                        });
                    }
                    match request.answered {
                        Some(then) if request.body.done || request.kind == Kind::EarlyClose => {
                            let silent = request.kind == Kind::Silent || self.half.is_some();
                            let silent = silent || then == Then::Hang;
                            self.state = if silent { State::Stuck } else { State::Answering(then) };
                        }
                        _ if self.wire.eof => return Ok(false),
                        _ => return Ok(true),
                    }
                }
                State::Answering(then) => {
                    self.wire.pump(false);
                    if !self.wire.out.is_empty() {
                        let is_next = self.exact && !self.spoiled && !self.wire.input.is_empty();
                        if is_next && self.protocol == Some(Protocol::FastCgi) {
                            return Err("a request before the end of the one before".into());
                        }
                        return Ok(!self.wire.broken);
                    }
                    match *then {
                        Then::Wait => self.state = State::Waiting,
                        Then::Close | Then::Hang => return Ok(false),
                        Then::Reset => {
                            self.wire.socket.reset_on_close();
                            return Ok(false);
                        }
                    }
                }
                State::Stuck => return Ok(!self.wire.eof),
            }
        }
    }
}

impl Conn {
    /// The protocol of the request that comes in, which is that of all requests on the connection.
    fn spoken(&mut self) -> Result<Option<Protocol>, String> {
        let Some(&first) = self.wire.input.first() else { return Ok(None) };
        let protocol = match first {
            records::VERSION => Protocol::FastCgi,
            0 | b'0'..=b'9' => Protocol::Packet,
            _ => Protocol::Http,
        };
        let known = *self.protocol.get_or_insert(protocol);
        match known == protocol {
            true => Ok(Some(protocol)),
            false => Err(format!("{protocol:?} on a connection of {known:?}")),
        }
    }

    /// Answers a health check.
    fn tell_health(&mut self, head: &Head, rng: &mut Rng) -> State {
        if !self.exact && rng.one_in(8) {
            return State::Stuck;
        }
        let status = if rng.one_in(4) { "503 Ill" } else { "200 Well" };
        let kept = head.first[2] == "HTTP/1.1" && !rng.one_in(4);
        let (length, then) =
            if kept { ("Content-Length: 0\r\n", Then::Wait) } else { ("", Then::Close) };
        self.wire.out.extend(format!("HTTP/1.1 {status}\r\n{length}\r\n").bytes());
        State::Answering(then)
    }
}

impl Request {
    fn of(head: Head, (number, bonds): (usize, Bonds), protocol: Protocol) -> Result<Self, String> {
        let broken = || format!("not a request of ours: {head:?}");
        let mut parts = head.first[1].split('/').skip(1);
        let mut next = || parts.next().ok_or_else(broken);
        let mut token = next()?;
        let purpose = match token {
            "auth" => Purpose::Auth,
            "copy" => Purpose::Copy,
            "before" | "after" => Purpose::Inserted,
            "post" => Purpose::Post,
            _ => Purpose::Main,
        };
        let place = token;
        if purpose != Purpose::Main {
            token = next()?;
        }
        let (token, kind, n, m) = (token.to_string(), next()?, next()?, next()?);
        let kind = KINDS.into_iter().find(|it| format!("{it:?}") == kind).ok_or_else(broken)?;
        let n = n.parse().map_err(|_| broken())?;
        let m = m.parse().map_err(|_| broken())?;
        let (name, kind, n, m) = match purpose {
            Purpose::Main => (token.clone(), kind, n, m),
            Purpose::Auth | Purpose::Copy | Purpose::Post => (token.clone(), Kind::Sized, n, m),
            Purpose::Inserted => {
                let it = insert(&token, place, n, bonds.exact);
                (it.token, it.kind, it.n, it.m)
            }
        };
        if head.get("x-token") != Some(&token) || head.fields.len() > 15 {
            return Err(broken());
        }
        let framing = match head.framing() {
            _ if protocol == Protocol::FastCgi => Framing::Records,
            Framing::Unsaid => Framing::Sized(0),
            said => said,
        };
        let body = Reader::new(framing);
        let (answered, checked) = (None, 0);
        let request = Self {
            head,
            protocol,
            purpose,
            number,
            bonds,
            token,
            name,
            kind,
            n,
            m,
            body,
            answered,
            checked,
        };
        Ok(request)
    }

    /// Nothing of what it is answered goes to a client.
    fn is_aside(&self) -> bool {
        matches!(self.purpose, Purpose::Auth | Purpose::Copy | Purpose::Post)
    }

    /// The connection is one that could have been made for it.
    fn check_from(&self, from: &Addr) -> Result<(), String> {
        let own = from.ip().filter(|ip| ip.to_string().starts_with("10.0.5."));
        let wanted = self.head.get("x-from").filter(|_| self.bonds.from);
        match own.map(|ip| ip.to_string()).as_deref() == wanted {
            true => Ok(()),
            false => Err(format!("{}: from {from}, not {wanted:?}", self.token)),
        }
    }

    /// It is bound to this server, unless that one has failed before.
    fn check_home(&self) -> Result<(), String> {
        let home = self.head.get("x-home").and_then(|it| it.parse::<usize>().ok());
        let may_move = self.kind.fails() || self.purpose != Purpose::Main;
        match home.filter(|home| self.bonds.hold && !may_move && *home != self.number) {
            Some(home) => Err(format!("{}: of {home}, comes to {}", self.token, self.number)),
            None => Ok(()),
        }
    }

    /// It comes behind the answer to its subrequest, and with what that has told.
    fn check_asked(&self) -> Result<(), String> {
        let told = self.head.get("x-auth");
        let is_asked = told == Some(&self.token);
        match self.bonds.asks && self.purpose == Purpose::Main && !is_asked {
            true => Err(format!("{}: passed on with {told:?}", self.token)),
            false => Ok(()),
        }
    }

    /// The answer to a subrequest. `exact`: it is allowed; but to a copy there may be none.
    fn answer_aside(&self, exact: bool, rng: &mut Rng, out: &mut Vec<u8>) -> Then {
        let may_hang = self.purpose != Purpose::Auth || !exact;
        if may_hang && rng.one_in(6) {
            return Then::Hang;
        }
        let status = match rng.below(8) {
            0 if !exact => "403 No",
            1 if !exact => "500 Broken",
            2 if !exact => return Then::Close,
            3 => "204 Yes",
            _ => "200 Yes",
        };
        // A body that is passed to no client: the proxy reads all of it or closes the connection.
        let n = if status == "204 Yes" || rng.one_in(2) { 0 } else { rng.below(200) as usize };
        let length =
            if status == "204 Yes" { String::new() } else { format!("Content-Length: {n}\r\n") };
        let body = if self.head.first[0] == "HEAD" { 0 } else { n };
        let close = self.head.first[2] == "HTTP/1.0" || rng.one_in(8);
        let close_field = if close { "Connection: close\r\n" } else { "" };
        out.extend(
            format!("HTTP/1.1 {status}\r\nX-Auth: {}\r\n{close_field}{length}\r\n", self.token)
                .bytes(),
        );
        out.extend(response_body("other", body));
        if close { Then::Close } else { Then::Wait }
    }

    /// Who answers, and to whom nothing was given yet, something to be known by.
    fn home(&self) -> String {
        if !self.bonds.told {
            return String::new();
        }
        let known = self.head.get("cookie").is_some() || !self.bonds.learned;
        let cookie = format!("Set-Cookie: sid={}\r\n", self.token);
        format!("X-Home: {}\r\n{}", self.number, if known { "" } else { &cookie })
    }

    fn check_body(&mut self) -> Result<(), String> {
        let len = match self.purpose {
            Purpose::Auth | Purpose::Inserted => 0,
            Purpose::Copy if !self.bonds.copies_body => 0,
            // One that was not read before it was answered is not sent.
            Purpose::Post if self.body.got.is_empty() => 0,
            _ => self.head.get("x-body").and_then(|n| n.parse().ok()).unwrap_or(0),
        };
        let got = &self.body.got;
        if !is_request_body(&self.token, got, self.checked) {
            return Err(format!("{}: another's bytes in the request's body", self.token));
        }
        if self.body.done && got.len() != len {
            return Err(format!("{}: {} of {len} bytes pass for the body", self.token, got.len()));
        }
        self.checked = got.len();
        Ok(())
    }

    /// Writes the answer and says what comes after it.
    fn answer(&self, rng: &mut Rng, out: &mut Vec<u8>) -> Then {
        let (m, token) = (self.m, &self.name);
        let is_head = self.head.first[0] == "HEAD";
        let is_coded = self.head.get("x-coded").is_some();
        let mut body = response_body(token, self.n);
        if is_coded {
            body = coded(&body, m);
        }
        let n = body.len();
        if is_head {
            body.clear();
        }
        let old = self.head.first[2] == "HTTP/1.0";
        // Without a body the answer is whole, and the close that follows must be announced.
        let closes = [Kind::Short, Kind::ShortChunked, Kind::BadChunk, Kind::UntilClose];
        let whole = is_head && closes.contains(&self.kind);
        let asked_close = whole || self.head.get("connection").is_some_and(|v| v == "close") || old;
        let mut then = if asked_close { Then::Close } else { Then::Wait };
        // An answer to HEAD is whole with its head: what would show otherwise that the connection ends must be said,
        // or the next request could be on its way already.
        let ends = matches!(
            self.kind,
            Kind::UntilClose | Kind::Short | Kind::ShortChunked | Kind::BadChunk | Kind::Reset
        );
        let says_close = asked_close || is_head && ends;
        let coding = if is_coded { "Content-Encoding: gzip\r\n" } else { "" };
        let home = self.home() + coding;
        let mut start = |status: &str, fields: &str| {
            let close = if says_close { "Connection: close\r\n" } else { "" };
            let fields = format!("X-Token: {token}\r\n{close}{home}{fields}\r\n");
            out.extend(format!("{status}\r\n{fields}").bytes());
        };
        let length = format!("Content-Length: {n}\r\n");
        match self.kind {
            Kind::Sized | Kind::Early => start("HTTP/1.1 200 OK", &length),
            Kind::SizedClose | Kind::EarlyClose => {
                let close = if asked_close { "" } else { "Connection: close\r\n" };
                start("HTTP/1.1 200 OK", &format!("{close}{length}"));
                then = Then::Close;
            }
            Kind::Old => {
                start("HTTP/1.0 200 OK", &length);
                then = Then::Close;
            }
            Kind::UntilClose => {
                start("HTTP/1.1 200 OK", "");
                then = Then::Close;
            }
            Kind::NoContent => start("HTTP/1.1 204 No Content", ""),
            Kind::NotModified => start("HTTP/1.1 304 Not Modified", "ETag: \"x\"\r\n"),
            Kind::Error500 => start("HTTP/1.1 500 Oops", &length),
            Kind::Interim => {
                for _ in 0..=rng.below(3) {
                    let status = ["100 Continue", "103 Early Hints", "102 Processing"];
                    let status = status[rng.below(3) as usize];
                    out.extend(format!("HTTP/1.1 {status}\r\nX-Interim: yes\r\n\r\n").bytes());
                }
                let close = if asked_close { "Connection: close\r\n" } else { "" };
                let fields = format!("X-Token: {token}\r\n{close}{home}{length}");
                out.extend(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").bytes());
            }
            Kind::Extra => {
                start("HTTP/1.1 200 OK", &length);
                out.extend(&body);
                out.extend(
                    b"HTTP/1.1 200 Stray\r\nX-Token: stray\r\nContent-Length: 5\r\n\r\nstray",
                );
                return then;
            }
            Kind::Chunked => {
                start("HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n");
                if !is_head {
                    chunk(&body, rng, out);
                }
                return then;
            }
            Kind::Short => {
                start("HTTP/1.1 200 OK", &format!("Content-Length: {}\r\n", n + 1));
                out.extend(&body[..m.min(body.len())]);
                return Then::Close;
            }
            Kind::ShortChunked | Kind::BadChunk => {
                start("HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n");
                chunks(&body[..m.min(body.len())], rng, out);
                if self.kind == Kind::BadChunk {
                    out.extend(b"-5\r\nwrong\r\n0\r\n\r\n");
                }
                return Then::Close;
            }
            Kind::Garbage => out.extend(b"What is this?\r\nNo: head\r\n\r\n"),
            Kind::BigHead => start("HTTP/1.1 200 OK", &format!("X: {}\r\n", "x".repeat(3000))),
            Kind::Mute => return Then::Close,
            Kind::Reset => {
                start("HTTP/1.1 200 OK", &length);
                out.extend(&body);
                out.truncate(m % out.len());
                return Then::Reset;
            }
            Kind::Silent => return Then::Close,
        }
        if !matches!(self.kind, Kind::NoContent | Kind::NotModified | Kind::Garbage | Kind::BigHead)
        {
            out.extend(&body);
        }
        then
    }
}
