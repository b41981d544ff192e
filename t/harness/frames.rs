//! Single frames of HTTP/2, for blocks with the section `http2_frames`: what is malformed, and what is too much.
//!
//! A line is a step. The preface and an empty SETTINGS are sent first, unless the first line is `raw`.
//!
//! | line | meaning |
//! |---|---|
//! | `raw` | nothing is sent first |
//! | `> GET 1 /path name=value …` | HEADERS of a request that has no body, of the method; names and values with `%0a` |
//! | `> POST 1 /path name=value …` | the same, a body follows |
//! | `> HEADERS 1 FLAGS name=value …` | any block of literal fields; `x:00ff` among them: bytes of the block |
//! | `> TYPE STREAM FLAGS payload` | a frame. TYPE and FLAGS: by name (several flags with `+`; `-`: none) or number. Payload: words: `x:00ff`, `n:5` (four bytes), text with `%20` |
//! | `> bytes x:00ff text` | no frame |
//! | `>*100 …` | a hundred times; `#` in the line is the odd number 1, 3, 5 … |
//! | `>*100 … + …` | several steps a time |
//! | `< TYPE STREAM words` | waits for a frame whose text begins so, or as what stands behind a `\|\|`; others are passed over |
//! | `<! TYPE …` | no frame that has come and was passed over so far begins so |
//! | `< end` | the connection ends |
//!
//! The text of a frame: `SETTINGS 0 ACK`, `RST_STREAM 1 PROTOCOL_ERROR`, `GOAWAY 0 PROTOCOL_ERROR last=1`,
//! `WINDOW_UPDATE 1 100`, `PING 0 ACK text`, `HEADERS 1 200 END_STREAM`, `DATA 1 END_STREAM text`.

use crate::format::Block;
use crate::stream::Stream;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

const TYPES: &[&str] = &[
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
];

const CODES: &[&str] = &[
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// Goes through the steps. What is returned went otherwise.
pub fn converse(block: &Block, stream: &Stream, timeout: Duration) -> Result<Vec<String>, String> {
    let text = block.word("http2_frames");
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    if lines.next_if(|line| *line == "raw").is_none() {
        // That it cannot be sent shows in what comes.
        let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    }
    let mut peer = Peer { stream, bytes: Vec::new(), seen: Vec::new(), eof: false };
    for line in lines {
        let deadline = Instant::now() + timeout;
        let failure = match line.split_at_checked(1) {
            Some((">", rest)) => {
                let bytes = sent(rest).map_err(|e| format!("http2_frames: {e} in \"{line}\""))?;
                let _ = stream.write_all(&bytes);
                None
            }
            Some(("<", rest)) => match rest.strip_prefix('!') {
                Some(rest) => peer.not(rest.trim()),
                None => peer.wait(rest.trim(), deadline),
            },
            _ => return Err(format!("http2_frames: \"{line}\" is no step")),
        };
        if let Some(failure) = failure {
            return Ok(vec![format!("http2_frames: {line}: {failure}")]);
        }
    }
    stream.shutdown(std::net::Shutdown::Both);
    Ok(Vec::new())
}

/// The bytes of a step that sends.
fn sent(line: &str) -> Result<Vec<u8>, String> {
    let Some(repeated) = line.strip_prefix('*') else { return step(line) };
    let (times, line) = repeated.split_once(' ').ok_or("no step")?;
    let times: u32 = times.parse().map_err(|_| "bad number")?;
    let mut all = Vec::new();
    for i in 0..times {
        let line = line.replace('#', &(2 * i + 1).to_string());
        for one in line.split(" + ") {
            all.extend(step(one)?);
        }
    }
    Ok(all)
}

fn step(line: &str) -> Result<Vec<u8>, String> {
    let mut words = line.split_whitespace();
    let name = words.next().ok_or("no type")?;
    if name == "bytes" {
        return payload(words);
    }
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    let stream = number(words.next()).ok_or("no stream")?;
    let (kind, flags, payload) = match name {
        "GET" | "POST" => {
            let path = words.next().ok_or("no path")?;
            let usual = [
                format!(":method={name}"),
                ":scheme=http".to_owned(),
                format!(":path={path}"),
                ":authority=localhost".to_owned(),
            ];
            let fields = usual.iter().map(String::as_str).chain(words);
            (1, if name == "GET" { 5 } else { 4 }, block_of(fields)?)
        }
        "HEADERS" => (1, flags(words.next().ok_or("no flags")?)?, block_of(words)?),
        "PRIORITY_UPDATE" => (16, flags(words.next().ok_or("no flags")?)?, payload(words)?),
        _ => {
            let known = TYPES.iter().position(|it| *it == name).map(|at| at as u8);
            let kind = known.or_else(|| name.parse().ok()).ok_or("unknown type")?;
            (kind, flags(words.next().ok_or("no flags")?)?, payload(words)?)
        }
    };
    let len = (payload.len() as u32).to_be_bytes();
    let head = [&len[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    Ok([head, payload].concat())
}

fn flags(text: &str) -> Result<u8, String> {
    let flag = |word: &str| match word {
        "-" => Ok(0),
        "END_STREAM" | "ACK" => Ok(1),
        "END_HEADERS" => Ok(4),
        "PADDED" => Ok(8),
        "PRIORITY" => Ok(32),
        number => number.parse().map_err(|_| format!("unknown flag {number}")),
    };
    text.split('+').map(flag).try_fold(0, |all, one| Ok(all | one?))
}

/// Words of a payload.
fn payload<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    for word in words {
        match word.split_once(':') {
            Some(("x", digits)) => {
                for pair in digits.as_bytes().chunks(2) {
                    all.push(hex(pair).ok_or("bad digits")?);
                }
            }
            Some(("n", number)) => {
                let number: u32 = number.parse().map_err(|_| "bad number")?;
                all.extend_from_slice(&number.to_be_bytes());
            }
            _ => all.extend(unescaped(word)?),
        }
    }
    Ok(all)
}

/// Fields as literals that are in no table (RFC 7541, 6.2.2). A word that begins with `x:` is bytes of the block.
fn block_of<'a>(fields: impl Iterator<Item = &'a str>) -> Result<Vec<u8>, String> {
    let mut block = Vec::new();
    for field in fields {
        if field.starts_with("x:") {
            block.extend(payload([field].into_iter())?);
            continue;
        }
        let (name, value) = field.split_once('=').ok_or("no value")?;
        block.push(0);
        for text in [name, value] {
            let text = unescaped(text)?;
            match text.len() {
                len @ 0..127 => block.push(len as u8),
                len => {
                    block.push(127);
                    let mut rest = len - 127;
                    while rest >= 128 {
                        block.push((rest % 128) as u8 | 128);
                        rest /= 128;
                    }
                    block.push(rest as u8);
                }
            }
            block.extend(text);
        }
    }
    Ok(block)
}

fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, behind @ ..] = rest {
        rest = behind;
        match first {
            b'%' => {
                let (pair, behind) = rest.split_at_checked(2).ok_or("bad escape")?;
                bytes.push(hex(pair).ok_or("bad escape")?);
                rest = behind;
            }
            byte => bytes.push(*byte),
        }
    }
    Ok(bytes)
}

fn hex(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|it| it.len() == 2)?, 16).ok()
}

/// What the server sends.
struct Peer<'a> {
    stream: &'a Stream,
    bytes: Vec<u8>,
    /// The frames so far, as texts.
    seen: Vec<String>,
    eof: bool,
}

impl Peer<'_> {
    /// Waits for a frame whose text begins so.
    fn wait(&mut self, wanted: &str, deadline: Instant) -> Option<String> {
        loop {
            while let Some(frame) = self.frame() {
                let is_it = wanted.split(" || ").any(|one| frame.starts_with(one));
                self.seen.push(frame);
                if is_it {
                    return None;
                }
            }
            if self.eof {
                return (wanted != "end").then(|| format!("the end; before it {:?}", self.seen));
            }
            if !self.more(deadline) {
                return Some(format!("timed out; there were {:?}", self.seen));
            }
        }
    }

    fn not(&self, unwanted: &str) -> Option<String> {
        let found = self.seen.iter().find(|frame| frame.starts_with(unwanted));
        found.map(|frame| format!("there was {frame:?}"))
    }

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
            Err(e) => match e.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return false,
                ErrorKind::Interrupted => {}
                _ => self.eof = true,
            },
        }
        true
    }

    /// The next frame, as a text.
    fn frame(&mut self) -> Option<String> {
        let &[a, b, c, kind, flags, d, e, f, g] = self.bytes.first_chunk::<9>()?;
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        let payload = self.bytes.get(9..9 + len)?.to_vec();
        self.bytes.drain(..9 + len);
        let stream = u32::from_be_bytes([d, e, f, g]);
        let name = TYPES.get(usize::from(kind)).copied().unwrap_or("unknown");
        Some(format!("{name} {stream} {}", details(kind, flags, &payload)))
    }
}

fn details(kind: u8, flags: u8, payload: &[u8]) -> String {
    let number = |at: usize| -> u32 {
        let bytes = payload.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(u32::MAX, u32::from_be_bytes)
    };
    let code = |at: usize| CODES.get(number(at) as usize).copied().unwrap_or("unknown code");
    let end = if flags & 1 != 0 { " END_STREAM" } else { "" };
    let text = String::from_utf8_lossy(payload);
    match kind {
        0 => {
            format!("{}{text}", end.trim_start().to_owned() + if end.is_empty() { "" } else { " " })
        }
        1 => format!("{}{end}", status(payload)),
        3 => code(0).to_owned(),
        4 if flags & 1 != 0 => "ACK".to_owned(),
        6 if flags & 1 != 0 => format!("ACK {text}"),
        7 => format!("{} last={}", code(4), number(0)),
        8 => number(0).to_string(),
        _ => String::new(),
    }
}

/// `:status`, which is the first field: indexed, or a literal that is not compressed.
fn status(block: &[u8]) -> String {
    let rest = block.iter().position(|byte| !(0x20..0x40).contains(byte)).map(|at| &block[at..]);
    match rest.unwrap_or_default() {
        [index @ 0x88..=0x8e, ..] => {
            ["200", "204", "206", "304", "400", "404", "500"][usize::from(index - 0x88)].to_owned()
        }
        [8 | 0x48, 3, text @ ..] => {
            String::from_utf8_lossy(&text[..text.len().min(3)]).into_owned()
        }
        _ => "unknown".to_owned(),
    }
}
