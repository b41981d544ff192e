//! A script's end of a connection, and heads and bodies as plainly as they can be read.

use peerage::base::rng::Rng;
use peerage::os::net::Io;
use peerage::os::sim::SimSocket;

use crate::records;
use crate::sealed::Sealed;

/// Bytes in and out, at the pace of its client or server.
pub struct Wire {
    pub socket: SimSocket,
    pub input: Vec<u8>,
    pub out: Vec<u8>,
    /// The other side sends no more.
    pub eof: bool,
    /// Without close_notify: something may be missing.
    pub cut: bool,
    /// The connection is lost.
    pub broken: bool,
    /// Most bytes that are moved one way in a turn.
    pub pace: usize,
    /// It speaks TLS.
    tls: Option<Sealed>,
}

/// Plaintext of one record, if the pace is slower: else most of what is sent were heads of records.
const PIECE: usize = 500;

impl Wire {
    pub fn new(socket: SimSocket, rng: &mut Rng) -> Self {
        let pace = [1, 7, 100, 1 << 20, 1 << 20][rng.below(5) as usize];
        Self {
            socket,
            input: Vec::new(),
            out: Vec::new(),
            eof: false,
            cut: false,
            broken: false,
            pace,
            tls: None,
        }
    }

    /// It speaks TLS.
    pub fn over(self, tls: Sealed) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// All that was to be said has been sent.
    pub fn is_sent(&self) -> bool {
        self.out.is_empty() && self.tls.as_ref().is_none_or(|tls| tls.out.is_empty())
    }

    /// Nothing more is said.
    pub fn finish(&mut self) {
        match &mut self.tls {
            None => self.socket.shutdown_write(),
            Some(tls) if tls.is_open() => tls.end(),
            Some(_) => {}
        }
    }

    /// Moves what can be moved. True if anything was, or an end was seen.
    pub fn pump(&mut self, read: bool) -> bool {
        let mut moved = false;
        let mut buf = [0; 4096];
        let mut left = if read { self.pace } else { 0 };
        while left > 0 && !self.eof && !self.broken {
            let most = left.min(buf.len());
            match self.socket.recv(&mut buf[..most], false) {
                Io::Done(n) => {
                    left -= n;
                    match &mut self.tls {
                        None => self.input.extend(&buf[..n]),
                        Some(tls) => match tls.open(&buf[..n], &mut self.input) {
                            Ok(closed) => self.eof = closed,
                            Err(_) => self.broken = true,
                        },
                    }
                }
                Io::Again => break,
                Io::Eof => (self.eof, self.cut) = (true, self.tls.is_some()),
                Io::Fail(_) => self.broken = true,
            }
            moved = true;
        }
        let mut left = self.pace;
        while left > 0 && !self.broken {
            if let Some(tls) = &mut self.tls {
                tls.flush();
                if tls.out.is_empty() && tls.is_open() && !tls.ended {
                    let most = self.out.len().min(self.pace.max(PIECE));
                    tls.seal(&self.out[..most]);
                    self.out.drain(..most);
                }
            }
            let out = self.tls.as_mut().map_or(&mut self.out, |tls| &mut tls.out);
            if out.is_empty() {
                break;
            }
            let most = left.min(out.len());
            match self.socket.send(&out[..most]) {
                Io::Done(n) => {
                    out.drain(..n);
                    left -= n;
                }
                Io::Again => break,
                Io::Eof | Io::Fail(_) => self.broken = true,
            }
            moved = true;
        }
        if self.tls.as_ref().is_some_and(|tls| tls.ended && tls.out.is_empty()) {
            self.socket.shutdown_write();
        }
        moved
    }
}

#[derive(Clone, Debug)]
pub struct Head {
    /// The first line's three parts.
    pub first: [String; 3],
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// Takes a head from the front of `input`; `None` while it is not whole.
    pub fn take(input: &mut Vec<u8>) -> Option<Result<Self, String>> {
        let end = input.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
        let bytes: Vec<u8> = input.drain(..end).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let broken = || Err(format!("not a head: {text:?}"));
        let mut lines = text[..end - 4].split("\r\n");
        let mut parts = lines.next().unwrap_or_default().splitn(3, ' ').map(String::from);
        let (Some(a), Some(b)) = (parts.next(), parts.next()) else {
            return Some(broken());
        };
        let first = [a, b, parts.next().unwrap_or_default()];
        let mut fields = Vec::new();
        for line in lines {
            let Some((name, value)) = line.split_once(": ") else { return Some(broken()) };
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                return Some(broken());
            }
            fields.push((name.to_ascii_lowercase(), value.to_string()));
        }
        Some(Ok(Self { first, fields }))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// How long the body is, if the fields say so.
    pub fn framing(&self) -> Framing {
        match (self.get("transfer-encoding"), self.get("content-length")) {
            (Some(_), _) => Framing::Chunked,
            (None, Some(n)) => Framing::Sized(n.parse().unwrap_or(usize::MAX)),
            _ => Framing::Unsaid,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    Sized(usize),
    Chunked,
    /// FastCGI's STDIN.
    Records,
    Unsaid,
}

/// A body as it comes in.
#[derive(Debug)]
pub struct Reader {
    framing: Framing,
    pub got: Vec<u8>,
    pub done: bool,
}

impl Reader {
    pub fn new(framing: Framing) -> Self {
        Self { framing, got: Vec::new(), done: framing == Framing::Sized(0) }
    }

    /// Takes what belongs to the body from the front of `input`.
    pub fn feed(&mut self, input: &mut Vec<u8>) -> Result<(), String> {
        match self.framing {
            _ if self.done => {}
            Framing::Unsaid => self.got.append(input),
            Framing::Sized(n) => {
                let most = input.len().min(n - self.got.len());
                self.got.extend(input.drain(..most));
                self.done = self.got.len() == n;
            }
            Framing::Chunked => while !self.done && self.chunk(input)? {},
            Framing::Records => {
                while !self.done {
                    let Some(content) = records::take_stdin(input)? else { break };
                    self.done = content.is_empty();
                    self.got.extend(content);
                }
            }
        }
        Ok(())
    }

    /// Takes one whole chunk. False: it is not all there.
    fn chunk(&mut self, input: &mut Vec<u8>) -> Result<bool, String> {
        let Some(end) = input.windows(2).position(|w| w == b"\r\n") else {
            return Ok(false);
        };
        let line = String::from_utf8_lossy(&input[..end]).into_owned();
        let digits = line.split(';').next().unwrap_or_default();
        let size =
            usize::from_str_radix(digits, 16).map_err(|_| format!("not a chunk size: {line:?}"))?;
        if size == 0 {
            // Trailers, then an empty line.
            let Some(last) = input[end..].windows(4).position(|w| w == b"\r\n\r\n") else {
                return Ok(false);
            };
            input.drain(..end + last + 4);
            self.done = true;
            return Ok(true);
        }
        let whole = end + 2 + size + 2;
        if input.len() < whole {
            // What is there counts: a client sees it even if the end never comes.
            return Ok(false);
        }
        self.got.extend(&input[end + 2..end + 2 + size]);
        if &input[whole - 2..whole] != b"\r\n" {
            return Err("a chunk has no end".into());
        }
        input.drain(..whole);
        Ok(true)
    }
}
