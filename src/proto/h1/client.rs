//! Our end of a connection to an HTTP/1 server, for one request.

use crate::proto::{Got, Head, ResponseHead, Violation};

use super::{Body, response, write};

/// What is to be known of the request before its response is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    /// Its method is HEAD: the response has no body.
    pub is_head: bool,
    /// Its body goes in chunks.
    pub chunked: bool,
    /// The trailers of the response are kept.
    pub keep_trailers: bool,
    /// The most bytes of the response's head, and of its chunk extensions and trailers.
    pub limit: u32,
}

/// The log's words for a body that is longer than its length.
pub const EXCESS: &str = "upstream sent more data than specified in \"Content-Length\" header";

/// The state between two calls.
#[derive(Debug)]
pub struct Client {
    sent: Sent,
    /// The parser's memory between calls for the same head.
    scanned: u32,
    /// The body of the response; none before its head is whole.
    body: Option<Body>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Sent::default())
    }
}

impl Client {
    pub fn new(sent: Sent) -> Self {
        Self { sent, scanned: 0, body: None }
    }

    pub fn frames(&self) -> bool {
        self.sent.chunked
    }

    pub fn frame(&mut self, len: usize, last: bool, out: &mut Vec<u8>) -> &'static [u8] {
        if len > 0 {
            write::chunk_head(out, len);
        }
        match (len, last) {
            (0, false) => b"",
            (0, true) => write::LAST_CHUNK,
            (_, false) => write::CHUNK_END,
            (_, true) => b"\r\n0\r\n\r\n",
        }
    }

    pub fn receive(
        &mut self,
        input: &mut [u8],
        head: &mut Head,
        line: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        match &mut self.body {
            Some(body) => body.decode(input).map(Got::Body),
            None => self.receive_head(input, head, line),
        }
    }

    fn receive_head(
        &mut self,
        input: &[u8],
        head: &mut Head,
        line: &mut ResponseHead,
    ) -> Result<Got, Violation> {
        let Sent { is_head, keep_trailers, limit, .. } = self.sent;
        let limit = limit as usize;
        let mut scanned = self.scanned as usize;
        let parsed = response::parse(input, &mut scanned, limit, head, line)?;
        let Some(consumed) = parsed else {
            // No more than the limit, or it would have been refused.
            self.scanned = scanned as u32;
            return Ok(Got::More { consumed: 0 });
        };
        self.scanned = 0;
        if line.status < 200 && line.status != 101 {
            return Ok(Got::Interim { consumed });
        }
        let mut body = response::framing(line, is_head, limit);
        if keep_trailers {
            body.keep_trailers();
        }
        self.body = Some(body);
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

    pub fn trailers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.body.iter().flat_map(Body::trailers)
    }

    pub fn details(&self, why: &Violation, read: &[u8], head: &Head) -> String {
        response::details(why, read, head)
    }

    /// The log's words for bytes behind the response.
    pub fn excess(&self) -> &'static str {
        match self.body {
            Some(Body::Chunked(_)) => "upstream sent data after final chunk",
            _ => EXCESS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the response in pieces of that many bytes. Returns the status, the body, and what is behind it.
    fn feed(text: &str, piece: usize, sent: Sent) -> Result<(u16, String, usize), Violation> {
        let (mut client, mut head) = (Client::new(sent), Head::default());
        let mut line = ResponseHead::default();
        let (mut input, mut body, mut status) = (Vec::new(), Vec::new(), 0);
        for bytes in text.as_bytes().chunks(piece) {
            input.extend_from_slice(bytes);
            while !input.is_empty() && !client.is_done() {
                match client.receive(&mut input, &mut head, &mut line)? {
                    Got::More { consumed } => {
                        input.drain(..consumed);
                        break;
                    }
                    Got::Interim { consumed } => drop(input.drain(..consumed)),
                    Got::Head { consumed } => {
                        status = line.status;
                        input.drain(..consumed);
                    }
                    Got::Body(decoded) => {
                        body.extend_from_slice(&input[..decoded.data]);
                        input.drain(..decoded.consumed);
                    }
                }
            }
        }
        Ok((status, String::from_utf8(body).unwrap(), input.len()))
    }

    #[test]
    fn a_response_is_the_same_however_it_is_split() {
        let text = "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                    3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nX";
        let sent = Sent { limit: 1000, ..Sent::default() };
        for piece in 1..text.len() {
            let (status, body, excess) = feed(text, piece, sent).unwrap();
            assert_eq!((status, &*body), (200, "abcde"), "{piece}");
            assert!(excess <= piece, "{piece}");
        }
        let head = Sent { is_head: true, ..sent };
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(feed(text, 7, head), Ok((200, String::new(), 0)));
    }

    #[test]
    fn chunks() {
        let mut client = Client::new(Sent { chunked: true, ..Sent::default() });
        let mut framed = |len: usize, last| {
            let mut out = Vec::new();
            let tail = client.frame(len, last, &mut out);
            (String::from_utf8(out).unwrap(), std::str::from_utf8(tail).unwrap())
        };
        assert_eq!(framed(26, false), ("1a\r\n".into(), "\r\n"));
        assert_eq!(framed(26, true), ("1a\r\n".into(), "\r\n0\r\n\r\n"));
        assert_eq!(framed(0, false), (String::new(), ""));
        assert_eq!(framed(0, true), (String::new(), "0\r\n\r\n"));
    }

    #[test]
    fn bytes_may_pass_by() {
        let mut client = Client::new(Sent { limit: 100, ..Sent::default() });
        let mut head = *b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
        let (copy, line) = (&mut Head::default(), &mut ResponseHead::default());
        client.receive(&mut head, copy, line).unwrap();
        client.pass(8);
        assert_eq!((client.opaque(), client.is_done()), (Some(1), false));
        client.pass(1);
        assert!(client.is_done());
    }
}
