//! What a server answers in FastCGI, for each kind of response.

use peerage::base::rng::Rng;

use crate::exchange::{Kind, response_body};
use crate::records::{STDOUT, push, push_end, push_stdout, push_wrong};

use super::{Request, Then};

impl Request {
    /// Writes the records of the answer and says what comes after them. `exact`: no connection that may be used again
    /// is closed.
    pub(super) fn answer_in_records(&self, exact: bool, rng: &mut Rng, out: &mut Vec<u8>) -> Then {
        let is_head = self.head.first[0] == "HEAD";
        let closes = self.head.get("connection") == Some("close");
        let then = if closes { Then::Close } else { Then::Wait };
        let body = response_body(&self.token, if is_head { 0 } else { self.n });
        let mut content = self.head_of_answer(rng);
        let bare = matches!(self.kind, Kind::NoContent | Kind::NotModified | Kind::BigHead);
        let part = match self.kind {
            Kind::Short | Kind::ShortChunked | Kind::BadChunk => self.m.min(body.len()),
            _ if bare => 0,
            _ => body.len(),
        };
        content.extend(&body[..part]);
        match self.kind {
            Kind::Silent => return Then::Close,
            Kind::Mute if exact || rng.one_in(2) => return Then::Close,
            // A request that is ended without a response.
            Kind::Mute => push_end(rng, out),
            Kind::Garbage if rng.one_in(2) => out.extend(b"What is this?\r\nNo: record\r\n\r\n"),
            Kind::Extra => return self.answer_too_much(&content, then, rng, out),
            Kind::BadChunk => {
                push_stdout(&content, rng, out);
                push_wrong(rng, out);
                // With it the response would be whole.
                push_end(rng, out);
                return Then::Close;
            }
            Kind::Short | Kind::ShortChunked => {
                push_stdout(&content, rng, out);
                return self.end_too_early(then, rng, out);
            }
            Kind::UntilClose => {
                push_stdout(&content, rng, out);
                push(STDOUT, b"", 0, out);
                return Then::Close;
            }
            _ => {
                push_stdout(&content, rng, out);
                push_end(rng, out);
            }
        }
        match self.kind {
            Kind::SizedClose | Kind::Old | Kind::EarlyClose if !exact => Then::Close,
            Kind::Reset => {
                out.truncate(self.m % out.len());
                Then::Reset
            }
            _ => then,
        }
    }

    /// Writes the answer as CGI has it, which the end of the connection follows.
    pub(super) fn answer_as_cgi(&self, rng: &mut Rng, out: &mut Vec<u8>) -> Then {
        if matches!(self.kind, Kind::Mute | Kind::Silent) {
            return Then::Close;
        }
        let bare = matches!(self.kind, Kind::NoContent | Kind::NotModified | Kind::BigHead);
        let n = if bare || self.head.first[0] == "HEAD" { 0 } else { self.n };
        let body = response_body(&self.token, n);
        let part = if self.kind == Kind::Short { self.m.min(n) } else { n };
        out.extend(self.head_of_answer(rng));
        out.extend(&body[..part]);
        if self.kind == Kind::Reset {
            out.truncate(self.m % out.len());
            return Then::Reset;
        }
        Then::Close
    }

    fn head_of_answer(&self, rng: &mut Rng) -> Vec<u8> {
        let (n, token, home) = (self.n, &self.token, self.home());
        let status = match self.kind {
            Kind::NoContent => "Status: 204 No Content\r\n",
            Kind::NotModified => "Status: 304 Not Modified\r\nETag: \"x\"\r\n",
            Kind::Error500 => "Status: 500 Oops\r\n",
            Kind::Garbage => "Status: what?\r\n",
            _ if rng.one_in(2) => "Status: 200 OK\r\n",
            _ => "",
        };
        let length = match self.kind {
            Kind::Short => format!("Content-Length: {}\r\n", n + 1),
            Kind::Chunked | Kind::UntilClose | Kind::ShortChunked | Kind::BadChunk => String::new(),
            Kind::NoContent | Kind::NotModified | Kind::BigHead => String::new(),
            _ => format!("Content-Length: {n}\r\n"),
        };
        let big = if self.kind == Kind::BigHead { "x".repeat(3000) } else { String::new() };
        let fields = format!("{status}X-Token: {token}\r\n{home}{length}X: {big}\r\n\r\n");
        // Programs that were written for CGI end their lines as the system does.
        let fields = if rng.one_in(4) { fields.replace("\r\n", "\n") } else { fields };
        fields.into_bytes()
    }

    /// More than the length says, or more than one response; all of it at once.
    fn answer_too_much(
        &self,
        content: &[u8],
        then: Then,
        rng: &mut Rng,
        out: &mut Vec<u8>,
    ) -> Then {
        push(STDOUT, content, 0, out);
        let is_head = self.head.first[0] == "HEAD";
        if !is_head && rng.one_in(2) {
            push(STDOUT, b"stray", 0, out);
        }
        push_end(rng, out);
        let stray = b"Status: 200 Stray\r\nX-Token: stray\r\nContent-Length: 5\r\n\r\nstray";
        push(STDOUT, stray, 0, out);
        push_end(rng, out);
        then
    }

    /// Ends the request, the stream or the connection, and none of it after a whole response.
    fn end_too_early(&self, then: Then, rng: &mut Rng, out: &mut Vec<u8>) -> Then {
        let is_sized = self.kind == Kind::Short;
        match rng.below(4) {
            0 if is_sized => {
                push_end(rng, out);
                return then;
            }
            1 if is_sized => push(STDOUT, b"", 0, out),
            // A record that is cut short.
            2 => out.extend(&[1, STDOUT, 0, 1, 0, 9, 0, 0, b'?'][..1 + rng.below(8) as usize]),
            _ => {}
        }
        Then::Close
    }
}
