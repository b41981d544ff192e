//! The text protocol of memcached: `get`, and its response.
//!
//! A value comes behind a line that says its length, `VALUE KEY FLAGS LENGTH`, and before `END`; without it there is
//! only `END`. Each line ends in CRLF, and so does the value. The connection then carries the next request.

use super::{Decoded, Got, Head, ResponseHead, Violation};

/// What is behind the bytes of a value.
const END: &[u8] = b"\r\nEND\r\n";

/// Our side of a connection, for one request.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// As it is sent.
    key: Vec<u8>,
    /// The most bytes of the first line.
    limit: usize,
    /// The bits of the flags that say that a value is compressed.
    gzip_flag: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Line,
    /// `left` bytes of the value are to come, then what follows the first `ended` of [`END`].
    Value {
        left: u64,
        ended: u8,
    },
    NotFound,
}

impl Client {
    /// Begins a request, with the memory that there is. `limit` bounds the first line of the response in bytes.
    pub fn begin(&mut self, key: &[u8], limit: usize, gzip_flag: u64) {
        self.key.clear();
        self.key.extend_from_slice(key);
        (self.limit, self.gzip_flag, self.state) = (limit, gzip_flag, State::Line);
    }

    /// Appends the request for the value of `key`, which holds neither spaces nor control characters.
    pub fn push_request(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"get ");
        out.extend_from_slice(&self.key);
        out.extend_from_slice(b"\r\n");
    }

    /// Takes bytes of the connection: until there is a head, those from its start on. A compressed value has the
    /// field `Content-Encoding` in `head`, which is empty at the start.
    pub fn receive(
        &mut self,
        input: &mut [u8],
        head: &mut Head,
        response: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        match self.state {
            State::Line => self.line(input, head, response),
            State::Value { left, ended } => self.value(input, left, ended).map(Got::Body),
            State::NotFound => Ok(Got::Body(Decoded { data: 0, consumed: 0, end: true })),
        }
    }

    fn line(
        &mut self,
        input: &[u8],
        head: &mut Head,
        response: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        let within = &input[..input.len().min(self.limit)];
        let Some(end) = memchr::memchr(b'\n', within) else {
            return match input.len() < self.limit {
                true => Ok(Got::More { consumed: 0 }),
                false => Err(Violation::UpstreamBigHeader),
            };
        };
        let line = within[..end].strip_suffix(b"\r").ok_or(Violation::MemcachedResponse)?;
        *response = ResponseHead { keep_alive: true, ..ResponseHead::default() };
        match line.strip_prefix(b"VALUE ") {
            Some(value) => {
                let (flags, left) = self.parse(value)?;
                if flags & self.gzip_flag != 0 {
                    head.push_copy(b"Content-Encoding", b"gzip");
                }
                (response.status, response.length) = (200, Some(left));
                self.state = State::Value { left, ended: 0 };
            }
            None if line == b"END" => {
                (response.status, response.length) = (404, Some(0));
                self.state = State::NotFound;
            }
            None => return Err(Violation::MemcachedResponse),
        }
        Ok(Got::Head { consumed: end + 1 })
    }

    /// `KEY FLAGS LENGTH`: the flags, if they matter, and the length in bytes.
    fn parse(&self, value: &[u8]) -> Result<(u64, u64), Violation> {
        let rest = value.strip_prefix(&self.key[..]).ok_or(Violation::MemcachedKey)?;
        let rest = rest.strip_prefix(b" ").ok_or(Violation::MemcachedResponse)?;
        let space = memchr::memchr(b' ', rest).ok_or(Violation::MemcachedResponse)?;
        let flags = match self.gzip_flag {
            0 => 0,
            _ => number(&rest[..space]).ok_or(Violation::MemcachedFlags)?,
        };
        let length = number(&rest[space + 1..]).ok_or(Violation::MemcachedLength)?;
        Ok((flags, length))
    }

    /// The bytes of the value are the first of `input`.
    fn value(&mut self, input: &[u8], left: u64, ended: u8) -> Result<Decoded, Violation> {
        let data = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let left = left - data as u64;
        let expected = &END[usize::from(ended)..];
        let n = expected.len().min(input.len() - data);
        if input[data..data + n] != expected[..n] {
            return Err(Violation::MemcachedTrailer);
        }
        self.state = State::Value { left, ended: ended + n as u8 };
        Ok(Decoded { data, consumed: data + n, end: self.is_done() })
    }

    pub fn opaque(&self) -> Option<u64> {
        match self.state {
            State::Value { left: left @ 1.., .. } => Some(left),
            _ => None,
        }
    }

    /// `n` bytes of the value were read by other means.
    pub fn pass(&mut self, n: u64) {
        if let State::Value { left, .. } = &mut self.state {
            *left = left.saturating_sub(n);
        }
    }

    pub fn is_done(&self) -> bool {
        match self.state {
            State::Line => false,
            State::Value { left, ended } => left == 0 && usize::from(ended) == END.len(),
            State::NotFound => true,
        }
    }

    /// The key, if the server does not have it.
    pub fn not_found(&self) -> Option<&[u8]> {
        (self.state == State::NotFound).then_some(&self.key[..])
    }

    /// The log's words for bytes behind the response.
    pub fn excess(&self) -> &'static str {
        Violation::MemcachedTrailer.words()
    }

    /// What the log says behind the words of a violation that was found in `read`.
    pub fn details(&self, why: &Violation, read: &[u8], _: &Head) -> String {
        let end = memchr::memchr(b'\n', read).unwrap_or(read.len());
        let line = read[..end].strip_suffix(b"\r").unwrap_or(&read[..end]);
        let (line, key) = (String::from_utf8_lossy(line), String::from_utf8_lossy(&self.key));
        match *why {
            Violation::MemcachedResponse => format!(": \"{line}\""),
            Violation::MemcachedKey | Violation::MemcachedFlags | Violation::MemcachedLength => {
                format!(" \"{line}\" for key \"{key}\"")
            }
            _ => String::new(),
        }
    }
}

/// Digits alone, of a number that nginx's signed ones hold.
fn number(digits: &[u8]) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    u64::try_from(number).ok()
}

#[cfg(test)]
mod tests;
