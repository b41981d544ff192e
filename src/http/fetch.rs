//! A request of the program's own, and the response as it comes: of health checks, and of OCSP.
//!
//! Pure: it has no socket, and no clock.

use super::exchange::MOST_INTERIM;
use crate::proto::{Client, Decoded, Got, Head, ResponseHead, Violation};

#[derive(Debug, Default)]
pub struct Fetch {
    /// The request, and how much of it the system has taken.
    pub out: Vec<u8>,
    pub sent: usize,
    /// What is not parsed yet of the response's head.
    inbox: Vec<u8>,
    /// What is spoken with the server.
    pub client: Client,
    /// Interim answers so far.
    interim: u8,
    pub head: Head,
    pub line: Option<ResponseHead>,
    /// Bytes came that are not of the answer.
    excess: bool,
    /// As much of the response's body as is looked at.
    pub body: Vec<u8>,
}

impl Fetch {
    pub fn new(out: Vec<u8>, client: Client) -> Self {
        Self { out, client, ..Self::default() }
    }

    /// The request is made, and its answer not dealt with.
    pub fn is_asking(&self) -> bool {
        !self.out.is_empty()
    }

    /// Nothing of an answer has come.
    pub fn is_unanswered(&self) -> bool {
        self.line.is_none() && self.inbox.is_empty() && self.interim == 0
    }

    /// Another request may be made over the connection.
    pub fn may_be_kept(&self) -> bool {
        self.line.is_some_and(|line| line.keep_alive) && self.client.is_done() && !self.excess
    }

    pub fn unsent(&self) -> &[u8] {
        &self.out[self.sent..]
    }

    /// Takes what came. True: the answer is here, with as much of its body as is wanted, `most` bytes.
    pub fn take(&mut self, bytes: &mut [u8], most: usize) -> Result<bool, Violation> {
        if self.line.is_some() {
            return self.take_body(bytes, most);
        }
        let mut input = std::mem::take(&mut self.inbox);
        input.extend_from_slice(bytes);
        let mut at = 0;
        let mut line = ResponseHead::default();
        while self.line.is_none() {
            let got = match self.client.receive(&mut input[at..], &mut self.head, &mut line) {
                Ok(got) => got,
                Err(violation) => {
                    // It is an answer, if a bad one, and no silence.
                    self.inbox = input;
                    return Err(violation);
                }
            };
            match got {
                Got::More { consumed } => {
                    input.drain(..at + consumed);
                    self.inbox = input;
                    return Ok(false);
                }
                Got::Interim { consumed } => {
                    at += consumed;
                    self.interim += 1;
                    if self.interim > MOST_INTERIM {
                        return Err(Violation::UpstreamManyInterim);
                    }
                }
                Got::Head { consumed } => {
                    at += consumed;
                    self.line = Some(line);
                }
                Got::Body(_) => return Ok(false),
            }
        }
        let rest = &mut input[at..];
        if self.client.is_done() {
            self.excess = !rest.is_empty();
        }
        Ok(most == 0 || self.client.is_done() || self.take_body(rest, most)?)
    }

    fn take_body(&mut self, bytes: &mut [u8], most: usize) -> Result<bool, Violation> {
        let Some(line) = &mut self.line else { return Ok(false) };
        let got = self.client.receive(bytes, &mut self.head, line)?;
        let Got::Body(Decoded { data, consumed, end }) = got else { return Ok(false) };
        self.excess = consumed < bytes.len();
        let room = most.saturating_sub(self.body.len());
        self.body.extend_from_slice(&bytes[..data.min(room)]);
        Ok(end || self.body.len() >= most)
    }

    /// The peer has closed; true: what came is a whole answer.
    pub fn is_whole(&self) -> bool {
        self.line.is_some() && (self.client.is_done() || self.client.ends_at_close())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::h1;

    const MOST_BODY: usize = 256 << 10;

    fn fetch(pieces: &[&str]) -> (Result<bool, Violation>, Fetch) {
        fetch_most(pieces, MOST_BODY)
    }

    fn fetch_most(pieces: &[&str], most: usize) -> (Result<bool, Violation>, Fetch) {
        let client = Client::H1(h1::Client::new(h1::Sent { limit: 4096, ..h1::Sent::default() }));
        let mut fetch = Fetch { client, ..Fetch::default() };
        let mut last = Ok(false);
        for piece in pieces {
            last = fetch.take(&mut piece.as_bytes().to_vec(), most);
            if last != Ok(false) {
                break;
            }
        }
        (last, fetch)
    }

    #[test]
    fn answers_in_pieces() {
        let (last, it) = fetch_most(&["HTTP/1.1 200 O", "K\r\nX: y\r\n\r\n"], 0);
        assert_eq!(last, Ok(true));
        assert_eq!(it.line.unwrap().status, 200);
        assert_eq!(it.head.find(b"x"), Some(b"y".as_slice()));
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n";
        let (last, it) = fetch(&[early, "HTTP/1.1 204 No\r\n\r\n"]);
        assert_eq!((last, it.head.find(b"link")), (Ok(true), None));
        let (last, _) = fetch(&[&early.repeat(1000)]);
        assert_eq!(last.unwrap_err(), Violation::UpstreamManyInterim);
        let sized = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        let (last, it) = fetch(&[sized, "ab", "cdefg"]);
        assert_eq!((last, &*it.body), (Ok(true), b"abcd".as_slice()));
        let (last, it) = fetch(&[sized, "ab"]);
        assert_eq!((last, it.is_whole()), (Ok(false), false));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
        let (last, it) = fetch(&[chunked, "1\r\nc\r\n0\r\n\r\n"]);
        assert_eq!((last, &*it.body), (Ok(true), b"abc".as_slice()));
        let (last, it) = fetch(&["HTTP/1.0 200 OK\r\n\r\nab", "c"]);
        assert_eq!((last, &*it.body), (Ok(false), b"abc".as_slice()));
        assert!(it.is_whole());
        let (last, _) = fetch(&["SSH-2.0\r\n"]);
        assert!(last.is_err());
        let long = "a".repeat(MOST_BODY);
        let (last, it) = fetch(&["HTTP/1.0 200 OK\r\n\r\nab", &long]);
        assert_eq!((last, it.body.len()), (Ok(true), MOST_BODY));
    }

    #[test]
    fn a_connection_is_kept_behind_a_whole_answer_with_nothing_after_it() {
        for (pieces, kept) in [
            (&["HTTP/1.1 204 No\r\n\r\n"][..], true),
            (&["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", "cd"], true),
            (&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], true),
            (&["HTTP/1.0 204 No\r\nConnection: keep-alive\r\n\r\n"], true),
            (&["HTTP/1.0 204 No\r\n\r\n"], false),
            (&["HTTP/1.1 204 No\r\nConnection: close\r\n\r\n"], false),
            (&["HTTP/1.1 204 No\r\n\r\nH"], false),
            (&["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcde"], false),
            (&["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab", "cde"], false),
            (&["HTTP/1.1 200 OK\r\n\r\nab"], false),
            (&["HTTP/1.1 204"], false),
        ] {
            assert_eq!(fetch(pieces).1.may_be_kept(), kept, "{pieces:?}");
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MOST_BODY + 1);
        let (last, it) = fetch(&[&head, &"a".repeat(MOST_BODY)]);
        assert_eq!((last, it.may_be_kept()), (Ok(true), false));
    }
}
