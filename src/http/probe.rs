//! One health check's exchange with a server as it goes.
//!
//! Pure: what is asked and when is `proxy::health`'s business, what a good answer is the configuration's.

use super::exchange::MOST_INTERIM;
use crate::base::ids::ConnId;
use crate::os::addr::Addr;
use crate::proto::{Client, Decoded, Got, Head, ResponseHead, Violation};
use crate::upstream::group::checks::Claim;

/// One check of one address, again and again.
#[derive(Debug)]
pub struct Probe {
    /// Its place in the configuration's list of checks.
    pub check: usize,
    /// Of the peer's address; another port may be asked.
    pub claim: Claim,
    /// When its next step is due. A timer that fires before has no effect: timers are not stopped.
    pub wake: u64,
    pub connection: Option<ConnId>,
    /// When the connection was made.
    pub since: u64,
    /// It was there before this check.
    pub reused: bool,
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

/// Bytes of a body that are looked at, as nginx has it.
const MOST_BODY: usize = 256 << 10;

impl Probe {
    pub fn new(check: usize, addr: Addr) -> Self {
        Self {
            check,
            claim: Claim::new(addr),
            wake: 0,
            connection: None,
            since: 0,
            reused: false,
            out: Vec::new(),
            sent: 0,
            inbox: Vec::new(),
            client: Client::default(),
            interim: 0,
            head: Head::default(),
            line: None,
            excess: false,
            body: Vec::new(),
        }
    }

    /// Forgets the last exchange, with its memory: most of the time there is none.
    pub fn reset(&mut self) {
        let Self { check, wake, connection, since, .. } = *self;
        let addr = self.claim.addr.clone();
        let claim = std::mem::replace(&mut self.claim, Claim::new(addr.clone()));
        *self = Self { wake, connection, since, claim, ..Self::new(check, addr) };
    }

    /// A check is under way.
    pub fn is_asking(&self) -> bool {
        !self.out.is_empty()
    }

    /// The peer has closed a kept connection, as it may at any time, before it said anything to this check.
    pub fn is_stale(&self) -> bool {
        self.reused && self.line.is_none() && self.inbox.is_empty() && self.interim == 0
    }

    /// Another check may be made over the connection.
    pub fn may_be_kept(&self) -> bool {
        self.line.is_some_and(|line| line.keep_alive) && self.client.is_done() && !self.excess
    }

    pub fn unsent(&self) -> &[u8] {
        &self.out[self.sent..]
    }

    /// Takes what came. True: enough is here to judge by.
    pub fn take(&mut self, bytes: &mut [u8], wants_body: bool) -> Result<bool, Violation> {
        if self.line.is_some() {
            return self.take_body(bytes);
        }
        let mut input = std::mem::take(&mut self.inbox);
        input.extend_from_slice(bytes);
        let mut at = 0;
        let mut line = ResponseHead::default();
        while self.line.is_none() {
            match self.client.receive(&mut input[at..], &mut self.head, &mut line)? {
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
        Ok(!wants_body || self.client.is_done() || self.take_body(rest)?)
    }

    fn take_body(&mut self, bytes: &mut [u8]) -> Result<bool, Violation> {
        let Some(line) = &mut self.line else { return Ok(false) };
        let got = self.client.receive(bytes, &mut self.head, line)?;
        let Got::Body(Decoded { data, consumed, end }) = got else { return Ok(false) };
        self.excess = consumed < bytes.len();
        let room = MOST_BODY - self.body.len();
        self.body.extend_from_slice(&bytes[..data.min(room)]);
        Ok(end || self.body.len() == MOST_BODY)
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

    fn probe(pieces: &[&str], wants_body: bool) -> (Result<bool, Violation>, Probe) {
        let mut probe = Probe::new(0, Addr::Inet(([10, 0, 0, 1], 80).into()));
        probe.client = Client::H1(h1::Client::new(h1::Sent { limit: 4096, ..h1::Sent::default() }));
        let mut last = Ok(false);
        for piece in pieces {
            last = probe.take(&mut piece.as_bytes().to_vec(), wants_body);
            if last != Ok(false) {
                break;
            }
        }
        (last, probe)
    }

    #[test]
    fn answers_in_pieces() {
        let (last, probe1) = probe(&["HTTP/1.1 200 O", "K\r\nX: y\r\n\r\n"], false);
        assert_eq!(last, Ok(true));
        assert_eq!(probe1.line.unwrap().status, 200);
        assert_eq!(probe1.head.find(b"x"), Some(b"y".as_slice()));
        let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n";
        let (last, probe1) = probe(&[early, "HTTP/1.1 204 No\r\n\r\n"], true);
        assert_eq!((last, probe1.head.find(b"link")), (Ok(true), None));
        let (last, _) = probe(&[&early.repeat(1000)], true);
        assert_eq!(last.unwrap_err(), Violation::UpstreamManyInterim);
        let sized = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
        let (last, probe1) = probe(&[sized, "ab", "cdefg"], true);
        assert_eq!((last, &*probe1.body), (Ok(true), b"abcd".as_slice()));
        let (last, probe1) = probe(&[sized, "ab"], true);
        assert_eq!((last, probe1.is_whole()), (Ok(false), false));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n";
        let (last, probe1) = probe(&[chunked, "1\r\nc\r\n0\r\n\r\n"], true);
        assert_eq!((last, &*probe1.body), (Ok(true), b"abc".as_slice()));
        let (last, probe1) = probe(&["HTTP/1.0 200 OK\r\n\r\nab", "c"], true);
        assert_eq!((last, &*probe1.body), (Ok(false), b"abc".as_slice()));
        assert!(probe1.is_whole());
        let (last, _) = probe(&["SSH-2.0\r\n"], true);
        assert!(last.is_err());
        let long = "a".repeat(MOST_BODY);
        let (last, probe1) = probe(&["HTTP/1.0 200 OK\r\n\r\nab", &long], true);
        assert_eq!((last, probe1.body.len()), (Ok(true), MOST_BODY));
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
            assert_eq!(probe(pieces, true).1.may_be_kept(), kept, "{pieces:?}");
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MOST_BODY + 1);
        let (last, probe) = probe(&[&head, &"a".repeat(MOST_BODY)], true);
        assert_eq!((last, probe.may_be_kept()), (Ok(true), false));
    }

    #[test]
    fn between_two_checks_only_the_connection_is_left() {
        let (_, mut probe) = probe(&["HTTP/1.1 100 Go"], true);
        (probe.reused, probe.out) = (true, vec![b'G']);
        assert!(probe.is_asking() && !probe.is_stale());
        (probe.since, probe.wake) = (7, 8);
        probe.reset();
        assert!(!probe.is_asking() && !probe.reused && probe.line.is_none());
        assert_eq!((probe.since, probe.wake), (7, 8));
        probe.reused = true;
        assert!(probe.is_stale());
    }
}
