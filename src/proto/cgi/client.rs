//! Our side of a connection whose response is that of a CGI script and nothing else: uwsgi's, and SCGI's.

use crate::proto::h1::{Body, EXCESS, response};
use crate::proto::{Got, Head, ResponseHead, Violation};

use super::head::{self, Lines};

/// The state between two calls. The body ends with its `Content-Length` or with the connection, which carries no
/// further request.
#[derive(Clone, Debug)]
pub struct Client {
    lines: Lines,
    /// The most bytes of a head.
    limit: usize,
    is_head: bool,
    /// None before the head is whole.
    body: Option<Body>,
}

impl Client {
    /// For one request. `limit` bounds the response's head in bytes.
    pub fn new(limit: usize, is_head: bool) -> Self {
        Self { lines: Lines::with_status_line(), limit, is_head, body: None }
    }

    /// Takes bytes of the connection. Those of the response's head are appended to `head`, which is empty at the
    /// start; those of its body stay where they are. What a whole head says goes to `line`.
    pub fn receive(
        &mut self,
        input: &mut [u8],
        head: &mut Head,
        line: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        if let Some(body) = &mut self.body {
            return body.decode(input).map(Got::Body);
        }
        let (consumed, end) = self.lines.take(input, self.limit, head)?;
        if !end {
            return Ok(Got::More { consumed });
        }
        self.lines.interpret(head, line)?;
        self.body = Some(response::framing(line, self.is_head, self.limit));
        Ok(Got::Head { consumed })
    }

    pub fn opaque(&self) -> Option<u64> {
        self.body.as_ref().and_then(Body::opaque)
    }

    pub fn pass(&mut self, n: u64) {
        if let Some(body) = &mut self.body {
            body.pass(n);
        }
    }

    pub fn is_done(&self) -> bool {
        self.body.as_ref().is_some_and(Body::is_done)
    }

    pub fn ends_at_close(&self) -> bool {
        matches!(self.body, Some(Body::UntilClose))
    }

    /// The log's words for bytes behind the response.
    pub fn excess(&self) -> &'static str {
        EXCESS
    }

    /// What the log says behind the words of a violation that [`Self::receive`] returned last.
    pub fn details(&self, why: &Violation, _read: &[u8], head: &Head) -> String {
        head::details(why, &self.lines, head)
    }
}
