//! Our side of a connection to a FastCGI server, for one request: the framing of its body, and the
//! records of the response.

use crate::proto::cgi::head::{self, Lines};
use crate::proto::h1::EXCESS;
use crate::proto::{Decoded, Got, Head, ResponseHead, Violation};

use super::record::{Part, Record};
use super::stderr::Messages;
use super::{END_LENGTH, END_REQUEST, HEADER, STDERR, request};

/// Why no further request may be sent on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReusable {
    /// The server was not asked to keep it open.
    NotAsked,
    /// The end of the response's END_REQUEST was not read.
    Unfinished,
    /// The body is longer than its `Content-Length`.
    ExcessBytes,
}

/// The state between two calls.
#[derive(Clone, Debug)]
pub struct Client {
    record: Record,
    stdout: Stdout,
    lines: Lines,
    /// The most bytes of a head.
    limit: usize,
    keep_conn: bool,
    /// The request was HEAD, or the status is one without a body: what comes as one is dropped.
    bodiless: bool,
    /// What is still to come of the body, if its length was given.
    left: Option<u64>,
    /// The content of END_REQUEST was read.
    ended: bool,
    /// The body is longer than its `Content-Length`.
    excess: bool,
    /// The number that the last violation is about.
    wrong: u16,
    messages: Messages,
}

/// Where the stream STDOUT is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stdout {
    Head,
    Body,
    /// Its empty record was read.
    Closed,
}

impl Client {
    /// For one request. `limit` bounds the response's head in bytes, without the headers of its records;
    /// `keep_conn` is what [`request::begin`] was given.
    pub fn new(limit: usize, is_head: bool, keep_conn: bool) -> Self {
        Self {
            record: Record::default(),
            stdout: Stdout::Head,
            lines: Lines::default(),
            limit,
            keep_conn,
            bodiless: is_head,
            left: None,
            ended: false,
            excess: false,
            wrong: 0,
            messages: Messages::default(),
        }
    }

    /// As [`Self::new`], with the memory that there is.
    pub fn reset(&mut self, limit: usize, is_head: bool, keep_conn: bool) {
        let messages = std::mem::take(&mut self.messages);
        *self = Self { messages, ..Self::new(limit, is_head, keep_conn) };
        self.messages.reset();
    }

    /// The record for `len` bytes of the request's body, at most [`super::MAX_CONTENT`]: its header is
    /// appended to `out` and goes before them; what is returned follows them. With `last` that closes
    /// the stream; a request without a body has a `frame(0, true, …)`, too.
    pub fn frame(&mut self, len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
        request::frame(len, last, out)
    }

    /// Takes bytes of the connection. Those of the response's head are appended to `head`, which is
    /// empty at the start; those of its body are moved to the front of `input`; those of STDERR are in
    /// [`Self::messages`]. What a whole head says goes to `line`.
    pub fn receive(
        &mut self,
        input: &mut [u8],
        head: &mut Head,
        line: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        let (mut data, mut at) = (0, 0);
        while at < input.len() && !self.is_whole() {
            let available = input.len() - at;
            at += match (self.record.part(), self.record.kind) {
                (Part::Header, _) => self.header(&input[at..])?,
                (Part::Padding, _) => self.record.take_padding(available),
                (Part::Content, STDERR) => {
                    let n = self.record.take_content(available);
                    self.messages.add(&input[at..at + n], self.record.content == 0);
                    n
                }
                (Part::Content, END_REQUEST) => self.end_request(&input[at..])?,
                (Part::Content, _) if self.stdout == Stdout::Head => {
                    let n = available.min(usize::from(self.record.content));
                    let (n, end) = self.lines.take(&input[at..at + n], self.limit, head)?;
                    self.record.take_content(n);
                    if end {
                        self.head(head, line)?;
                        return Ok(Got::Head { consumed: at + n });
                    }
                    n
                }
                (Part::Content, _) => {
                    let n = self.body(available);
                    if !self.bodiless {
                        // The first content of a call mostly begins behind the header of its record.
                        input.copy_within(at..at + n, data);
                        data += n;
                    }
                    n
                }
            };
        }
        if self.stdout == Stdout::Head {
            return Ok(Got::More { consumed: input.len() });
        }
        if self.is_whole() && !self.excess && !self.keep_conn {
            // The server closes the connection; what it says before that is of no request.
            at = input.len();
        }
        Ok(Got::Body(Decoded { data, consumed: at, end: self.is_whole() }))
    }

    /// A record's header, or a byte of it; behind the last, whether such a record may come now.
    fn header(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        let n = match self.record.whole_header(bytes) {
            true => HEADER,
            false => {
                self.wrong = bytes[0].into();
                self.record.header(bytes[0])?;
                1
            }
        };
        if self.record.has_header() {
            self.begin_record()?;
            self.record.end_if_whole();
        }
        Ok(n)
    }

    fn begin_record(&mut self) -> Result<(), Violation> {
        let is_short = self.left.is_some_and(|left| left > 0);
        let Record { kind, content, .. } = self.record;
        self.wrong = kind.into();
        match (kind, self.stdout) {
            (STDERR, _) => Ok(()),
            (END_REQUEST, Stdout::Head) => Err(Violation::FastCgiUnexpected),
            (END_REQUEST, _) if is_short => Err(Violation::FastCgiRequestClosed),
            (END_REQUEST, _) if content != END_LENGTH => {
                self.wrong = content;
                Err(Violation::FastCgiEndLength)
            }
            (END_REQUEST, _) => Ok(()),
            (_, Stdout::Closed) if content > 0 => Err(Violation::FastCgiUnexpected),
            (_, Stdout::Head) if content == 0 => Err(Violation::FastCgiStdoutClosed),
            (_, Stdout::Body) if content == 0 && is_short => Err(Violation::FastCgiStdoutClosed),
            _ if content == 0 => {
                self.stdout = Stdout::Closed;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The head is whole: what it says, and how the body ends.
    fn head(&mut self, head: &Head, response: &mut ResponseHead) -> Result<(), Violation> {
        self.lines.interpret(head, response)?;
        response.keep_alive = self.keep_conn;
        self.stdout = Stdout::Body;
        self.bodiless |= matches!(response.status, 204 | 304);
        self.left = response.length.filter(|_| !self.bodiless);
        Ok(())
    }

    /// How many of `available` bytes are of the body.
    fn body(&mut self, available: usize) -> usize {
        let Some(left) = &mut self.left else { return self.record.take_content(available) };
        let most = usize::try_from(*left).unwrap_or(usize::MAX).min(available);
        self.excess = most == 0;
        let n = self.record.take_content(most);
        *left -= n as u64;
        n
    }

    /// The content of END_REQUEST, as far as it is there.
    fn end_request(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        // The application's status is its exit code, and says nothing of the response.
        let status_at = usize::from(self.record.content).checked_sub(PROTOCOL_STATUS);
        let n = self.record.take_content(bytes.len());
        let status = status_at.and_then(|at| bytes[..n].get(at));
        if let Some(&status) = status.filter(|&&status| status != REQUEST_COMPLETE) {
            self.wrong = status.into();
            return Err(Violation::FastCgiRefused);
        }
        self.ended = self.record.content == 0;
        Ok(n)
    }

    /// Nothing more is to be read of this response.
    pub fn is_whole(&self) -> bool {
        self.excess
            || match self.keep_conn {
                true => self.ended && !self.record.is_open(),
                false => self.ended || self.stdout != Stdout::Head && self.bodiless,
            }
    }

    /// The server closed the connection: a message that is not whole is one all the same.
    pub fn close(&mut self) {
        self.messages.end();
    }

    /// The end of the input would complete the response, of which the server sent END_REQUEST, or the end of
    /// STDOUT.
    pub fn ends_at_close(&self) -> bool {
        self.ended || self.stdout == Stdout::Closed
    }

    /// The log's words for bytes behind the response.
    pub fn excess(&self) -> &'static str {
        match self.excess {
            true => EXCESS,
            false => "upstream sent data after the end of the FastCGI request",
        }
    }

    /// Whether the connection may carry a further request.
    pub fn reusable(&self) -> Result<(), NotReusable> {
        if self.excess {
            Err(NotReusable::ExcessBytes)
        } else if !self.keep_conn {
            Err(NotReusable::NotAsked)
        } else if !self.is_whole() {
            Err(NotReusable::Unfinished)
        } else {
            Ok(())
        }
    }

    /// What the server sent to STDERR, record by record, without the line ends, spaces and dots behind
    /// each. Records that are not whole are not among them before [`Self::close`].
    pub fn messages(&self) -> impl Iterator<Item = &[u8]> {
        self.messages.iter()
    }

    /// Forgets what [`Self::messages`] returns.
    pub fn clear_messages(&mut self) {
        self.messages.clear();
    }

    /// What the log says behind the words of a violation that [`Self::receive`] returned last.
    pub fn details(&self, why: &Violation, _read: &[u8], head: &Head) -> String {
        match *why {
            Violation::FastCgiVersion
            | Violation::FastCgiType
            | Violation::FastCgiIdHigh
            | Violation::FastCgiIdLow
            | Violation::FastCgiUnexpected
            | Violation::FastCgiRefused
            | Violation::FastCgiEndLength => format!(": {}", self.wrong),
            _ => head::details(why, &self.lines, head),
        }
    }
}

/// `FCGI_REQUEST_COMPLETE`; other values of the protocol's status are refusals.
const REQUEST_COMPLETE: u8 = 0;
/// How much content of END_REQUEST is to come when the protocol's status is next.
const PROTOCOL_STATUS: usize = 4;
