//! The client: sends what a block says and reads what comes back.

use crate::format::{Block, Value};
use crate::response::{self, Parsed, Response};
use crate::stream::Stream;
use crate::tls;
use crate::upstream::Upstreams;
use crate::{frames, http2};
use regex::Regex;
use std::io::ErrorKind;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// One connection's worth: the packets to send and how many responses they ask for.
pub struct Exchange {
    packets: Vec<Vec<u8>>,
    responses: usize,
}

/// What one connection brought.
pub struct Outcome {
    pub responses: Vec<Response>,
    /// What was wrong with it, but for what the block's expectations say.
    pub problems: Vec<String>,
}

/// How a block wants its requests sent.
struct Manner {
    connect: String,
    tls: Option<tls::Settings>,
    tls_error: Option<Regex>,
    timeout: Duration,
    abort: bool,
    /// Leaving is a reset, not an orderly end.
    abort_by_reset: bool,
    /// It leaves as soon as an upstream has received something.
    abort_when_asked: bool,
    middle_delay: Duration,
    read_delay: Duration,
    shutdown: Option<Shutdown>,
    closes: Option<Duration>,
    stays_open: Option<Duration>,
    reset: bool,
    takes_all: Option<bool>,
}

/// Sends the block's requests, one connection each, and returns what came.
pub fn run(block: &Block, port: &str, upstreams: &Upstreams) -> Result<Vec<Outcome>, String> {
    let seconds = |name: &str, default: f64| -> Result<Duration, String> {
        Ok(Duration::from_secs_f64(block.number(name)?.unwrap_or(default)))
    };
    let optional = |name: &str| block.has(name).then(|| seconds(name, 0.0)).transpose();
    let manner = Manner {
        connect: if block.has("connect") { block.word("connect") } else { port.to_owned() },
        tls: tls::Settings::of(block)?,
        tls_error: match block.word("tls_error") {
            pattern if pattern.is_empty() => None,
            pattern => Some(Regex::new(&pattern).map_err(|e| e.to_string())?),
        },
        timeout: seconds("timeout", 3.0)?,
        abort: block.has("abort"),
        abort_by_reset: !block.word("abort").is_empty(),
        abort_when_asked: block.word("abort") == "asked",
        middle_delay: seconds("raw_request_middle_delay", 0.0)?,
        read_delay: seconds("read_delay", 0.0)?,
        shutdown: block.number::<u8>("shutdown")?.map(|how| match how {
            0 => Shutdown::Read,
            1 => Shutdown::Write,
            _ => Shutdown::Both,
        }),
        closes: if block.word("closes").is_empty() {
            block.has("closes").then_some(Duration::ZERO)
        } else {
            optional("closes")?
        },
        stays_open: optional("stays_open")?,
        reset: block.has("reset"),
        takes_all: block.number::<u8>("takes_all")?.map(|takes| takes != 0),
    };
    let idle = block.number("idle_connections")?.unwrap_or(0);
    let _idle: Vec<Stream> =
        (0..idle).filter_map(|_: u32| Stream::connect(&manner.connect, None).ok()).collect();
    let outcomes = match () {
        () if block.has("http2_frames") => vec![manner.frames(block)?],
        () if block.has("http2") => vec![manner.http2(block)?],
        () => exchanges(block)?.iter().map(|it| manner.exchange(it, upstreams)).collect(),
    };
    upstreams.client_left();
    Ok(outcomes)
}

/// The requests of a block, by the section that it uses.
fn exchanges(block: &Block) -> Result<Vec<Exchange>, String> {
    let headers = |index: usize| item(block, "more_headers", index);
    if let Some(raw) = block.get("raw_request") {
        let packets: Vec<Vec<u8>> = raw.items().iter().map(|item| item.bytes()).collect();
        let count = |name: &str| match block.get(name) {
            Some(Value::List(items)) => items.len(),
            _ => 1,
        };
        let expectations =
            ["error_code", "response_body", "response_body_like", "response_headers"];
        let responses = expectations.iter().map(|name| count(name)).max().unwrap_or(1);
        return Ok(vec![Exchange { packets, responses }]);
    }
    if let Some(requests) = block.get("pipelined_requests") {
        let items = requests.items();
        let last = items.len() - 1;
        let mut bytes = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let connection = if i == last { "close" } else { "keep-alive" };
            bytes.extend(compose(&item.bytes(), &headers(i), connection)?);
        }
        return Ok(vec![Exchange { packets: vec![bytes], responses: items.len() }]);
    }
    let Some(requests) = block.get("request") else { return Ok(Vec::new()) };
    let items = requests.items();
    let mut all = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let bytes = compose(&item.bytes(), &headers(i), "close")?;
        all.push(Exchange { packets: vec![bytes], responses: 1 });
    }
    Ok(all)
}

/// The lines of a section for the request `index`: those of a list are each for one, others for all.
pub fn item(block: &Block, section: &str, index: usize) -> String {
    match block.get(section) {
        Some(Value::List(items)) => items.get(index).map(Value::lossy).unwrap_or_default(),
        Some(value) => value.lossy(),
        None => String::new(),
    }
}

/// A request as `request` has it: `METHOD [URI [VERSION]]`, then the body.
pub struct Asked<'a> {
    pub method: String,
    pub uri: String,
    /// Often empty.
    pub version: String,
    pub body: &'a [u8],
}

impl<'a> Asked<'a> {
    pub fn parse(text: &'a [u8]) -> Result<Self, String> {
        let (line, body) = match text.iter().position(|&c| c == b'\n') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &[][..]),
        };
        let line = String::from_utf8_lossy(line).into_owned();
        let mut words = line.split_whitespace().map(str::to_owned);
        let Some(method) = words.next() else { return Err("request: no method".to_owned()) };
        let uri = words.next().unwrap_or_else(|| "/".to_owned());
        let version = words.next().unwrap_or_default();
        if words.next().is_some() {
            return Err(format!("request: \"{line}\" is not METHOD URI VERSION"));
        }
        Ok(Self { method, uri, version, body })
    }
}

/// The bytes of a request.
fn compose(text: &[u8], more: &str, connection: &str) -> Result<Vec<u8>, String> {
    let Asked { method, uri, version, body } = Asked::parse(text)?;
    let version = if version.is_empty() { "HTTP/1.1" } else { &version };
    let more: Vec<&str> = more.lines().map(str::trim_end).filter(|l| !l.is_empty()).collect();
    let given = |name: &str| {
        more.iter()
            .any(|l| l.split_once(':').is_some_and(|(n, _)| n.trim().eq_ignore_ascii_case(name)))
    };
    let mut head = format!("{method} {uri} {version}\r\n");
    if !given("Host") {
        head.push_str("Host: localhost\r\n");
    }
    if !given("Connection") {
        head.push_str(&format!("Connection: {connection}\r\n"));
    }
    for line in &more {
        head.push_str(line);
        head.push_str("\r\n");
    }
    if !body.is_empty() && !given("Content-Length") && !given("Transfer-Encoding") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    Ok([head.as_bytes(), body].concat())
}

impl Manner {
    fn connect(&self) -> Result<Stream, String> {
        let stream = Stream::connect(&self.connect, self.tls.as_ref());
        stream.map_err(|e| format!("connect to {}: {e}", self.connect))
    }

    fn frames(&self, block: &Block) -> Result<Outcome, String> {
        let problems = frames::converse(block, &self.connect()?, self.timeout)?;
        Ok(Outcome { responses: Vec::new(), problems })
    }

    fn http2(&self, block: &Block) -> Result<Outcome, String> {
        let manner = http2::Manner {
            secure: self.tls.is_some(),
            timeout: self.timeout,
            abort: self.abort,
            closes: self.closes.is_some(),
            stays_open: self.stays_open,
        };
        let (responses, problems) = http2::exchange(block, &manner, self.connect()?)?;
        Ok(Outcome { responses, problems })
    }

    fn exchange(&self, exchange: &Exchange, upstreams: &Upstreams) -> Outcome {
        let mut outcome = Outcome { responses: Vec::new(), problems: Vec::new() };
        let stream = match Stream::connect(&self.connect, self.tls.as_ref()) {
            Ok(_) if self.tls_error.is_some() => {
                outcome.problems.push("the handshake did not fail".to_owned());
                return outcome;
            }
            Ok(stream) => stream,
            Err(e) if self.tls_error.as_ref().is_some_and(|it| it.is_match(&e.to_string())) => {
                return outcome;
            }
            Err(e) => {
                outcome.problems.push(format!("connect to {}: {e}", self.connect));
                return outcome;
            }
        };
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            // A thread of its own, so that a server that answers before it has read all is heard.
            let sender = scope.spawn(|| self.send(&stream, exchange, &stop));
            let mut input = Input {
                stream: &stream,
                bytes: Vec::new(),
                eof: false,
                reset: false,
                cut_off: false,
            };
            let received = match self.abort_when_asked {
                true => self.wait_until_asked(upstreams),
                false => self.receive(&mut input, exchange, &mut outcome),
            };
            if let Err(problem) = received {
                outcome.problems.push(problem);
            }
            if input.cut_off && !self.abort && !self.reset {
                outcome.problems.push("the server closed without close_notify".to_owned());
            }
            if self.reset && !input.reset {
                outcome.problems.push("the server did not reset the connection".to_owned());
            }
            if let Some(takes) = self.takes_all {
                // However the response went, all is sent that can be.
                if sender.join().is_ok_and(|sent| sent != takes) {
                    let took = if takes { "did not take" } else { "took" };
                    outcome.problems.push(format!("the server {took} all that was sent"));
                }
            }
            stop.store(true, Ordering::Relaxed);
            // A shutdown would send the orderly end that the reset is to replace.
            match self.abort_by_reset {
                true => stream.reset_on_close(),
                false => stream.shutdown(Shutdown::Both),
            }
        });
        outcome
    }

    /// Whether all could be sent. Mostly no concern: what matters is what the server answers.
    fn send(&self, stream: &Stream, exchange: &Exchange, stop: &AtomicBool) -> bool {
        for (i, packet) in exchange.packets.iter().enumerate() {
            let mut left = if i > 0 { self.middle_delay } else { Duration::ZERO };
            while !left.is_zero() && !stop.load(Ordering::Relaxed) {
                let step = left.min(Duration::from_millis(20));
                thread::sleep(step);
                left -= step;
            }
            if stop.load(Ordering::Relaxed) || stream.write_all(packet).is_err() {
                return false;
            }
        }
        if let Some(how) = self.shutdown {
            stream.shutdown(how);
        }
        true
    }

    fn wait_until_asked(&self, upstreams: &Upstreams) -> Result<(), String> {
        let deadline = Instant::now() + self.timeout;
        while !upstreams.are_asked() {
            if Instant::now() > deadline {
                return Err(format!("no upstream was asked within {:?}", self.timeout));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn receive(
        &self,
        input: &mut Input<'_>,
        exchange: &Exchange,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        let heads = head_requests(exchange);
        let mut deadline = Instant::now() + self.timeout;
        if !self.read_delay.is_zero() {
            thread::sleep(self.read_delay);
            deadline += self.read_delay;
        }
        let mut at = 0;
        while outcome.responses.len() < exchange.responses {
            let to_head = heads.get(outcome.responses.len()).copied().unwrap_or(false);
            match response::parse(&input.bytes[at..], to_head, input.eof)? {
                Parsed::Whole(response, length) => {
                    at += length;
                    outcome.responses.push(response);
                    continue;
                }
                Parsed::Partial(response) if input.eof => {
                    if at < input.bytes.len() || outcome.responses.is_empty() {
                        outcome.responses.push(response);
                    }
                    let (found, expected) = (outcome.responses.len(), exchange.responses);
                    if found < expected {
                        return Err(format!("{found} of {expected} responses, then the end"));
                    }
                    return Ok(());
                }
                Parsed::Partial(_) => {}
            }
            if !input.more(deadline) {
                if self.abort {
                    if let Parsed::Partial(r) = response::parse(&input.bytes[at..], to_head, false)?
                    {
                        outcome.responses.push(r);
                    }
                    return Ok(());
                }
                return Err(format!(
                    "timed out after {:?} with {} of {} responses; the bytes so far: {:?}",
                    self.timeout,
                    outcome.responses.len(),
                    exchange.responses,
                    String::from_utf8_lossy(input.bytes.get(at..).unwrap_or_default())
                ));
            }
        }
        self.ending(input, at, deadline, outcome)
    }

    /// What happens on the connection after the last response.
    fn ending(
        &self,
        input: &mut Input<'_>,
        at: usize,
        deadline: Instant,
        outcome: &Outcome,
    ) -> Result<(), String> {
        let answered = Instant::now();
        let said_close = outcome.responses.last().is_some_and(|response| response.close);
        if let Some(patience) = self.stays_open {
            while !input.eof && input.more(answered + patience) {}
            if input.eof {
                let after = answered.elapsed();
                return Err(format!(
                    "the server closed the connection {after:?} after the response"
                ));
            }
        } else if (self.closes.is_some() || said_close) && !self.abort && self.shutdown.is_none() {
            while !input.eof {
                if !input.more(deadline) {
                    return Err("the server did not close the connection".to_owned());
                }
            }
            // Some slack, since the server's clock moves in steps.
            let least = self.closes.unwrap_or_default().saturating_sub(Duration::from_millis(20));
            if answered.elapsed() < least {
                let after = answered.elapsed();
                return Err(format!("the server closed the connection already after {after:?}"));
            }
        }
        match input.bytes.get(at..) {
            None | Some([]) => Ok(()),
            Some(extra) => Err(format!(
                "{} bytes after the last response: {:?}",
                extra.len(),
                String::from_utf8_lossy(extra)
            )),
        }
    }
}

/// Which of the requests are HEAD requests.
fn head_requests(exchange: &Exchange) -> Vec<bool> {
    let bytes = exchange.packets.concat();
    let text = String::from_utf8_lossy(&bytes);
    text.split('\n')
        .filter(|line| line.trim_end().rsplit(' ').next().is_some_and(|w| w.starts_with("HTTP/")))
        .map(|line| line.starts_with("HEAD "))
        .collect()
}

struct Input<'a> {
    stream: &'a Stream,
    bytes: Vec<u8>,
    eof: bool,
    reset: bool,
    /// TLS ended without close_notify.
    cut_off: bool,
}

impl Input<'_> {
    /// Reads once; false if nothing came before the deadline.
    fn more(&mut self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer, left) {
            Ok(0) => self.eof = true,
            Ok(n) => self.bytes.extend(&buffer[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return false;
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            // A reset is an end too.
            Err(e) => {
                self.reset = e.kind() == ErrorKind::ConnectionReset;
                self.cut_off = e.kind() == ErrorKind::UnexpectedEof;
                self.eof = true;
            }
        }
        true
    }
}
