//! One request, what its server does about it, and what the client may therefore see: the model of the proxy.
//!
//! The target says everything: `/token/kind/n/m`. The token is in every byte of both bodies, so that a byte which
//! reaches another client or server is noticed.

use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;

use peerage::base::rng::Rng;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Get,
    Head,
    Post,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    None,
    Sized(usize),
    Chunked(usize),
}

/// What the server does once it has read the request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    Sized,
    /// As `Sized`, and says that it closes; it does.
    SizedClose,
    /// An HTTP/1.0 response.
    Old,
    Chunked,
    UntilClose,
    NoContent,
    NotModified,
    /// Interim responses first.
    Interim,
    /// Bytes beyond the announced length.
    Extra,
    Error500,
    /// Answers when it has seen the head, then reads the body.
    Early,
    /// Answers when it has seen the head, and closes.
    EarlyClose,
    /// Closes when `m` bytes of the body have gone.
    Short,
    /// The same, of a chunked body.
    ShortChunked,
    /// A chunk size that is none.
    BadChunk,
    Garbage,
    BigHead,
    /// Closes and says nothing.
    Mute,
    /// Resets after `m` bytes.
    Reset,
    /// Says nothing and stays.
    Silent,
}

impl Kind {
    /// Of these the proxy may try another server.
    pub fn fails(self) -> bool {
        matches!(
            self,
            Self::Garbage
                | Self::BigHead
                | Self::Mute
                | Self::Reset
                | Self::Silent
                | Self::Error500
                | Self::EarlyClose
        )
    }
}

pub const KINDS: [Kind; 20] = [
    Kind::Sized,
    Kind::SizedClose,
    Kind::Old,
    Kind::Chunked,
    Kind::UntilClose,
    Kind::NoContent,
    Kind::NotModified,
    Kind::Interim,
    Kind::Extra,
    Kind::Error500,
    Kind::Early,
    Kind::EarlyClose,
    Kind::Short,
    Kind::ShortChunked,
    Kind::BadChunk,
    Kind::Garbage,
    Kind::BigHead,
    Kind::Mute,
    Kind::Reset,
    Kind::Silent,
];

#[derive(Clone, Debug)]
pub struct Exchange {
    pub token: String,
    pub method: Method,
    pub body: Body,
    pub kind: Kind,
    /// Length of the response's body.
    pub n: usize,
    /// Where it stops, or the seed of its chunks.
    pub m: usize,
    /// HTTP/1.0.
    pub old: bool,
    pub close: bool,
    pub expect: bool,
    /// The address that its connection is to come from, if it has one of its own.
    pub from: Option<u64>,
    /// The client takes gzip.
    pub gzip: bool,
    /// The body of the answer comes compressed.
    pub coded: bool,
    /// It asks for this part of the answer's body: first and last byte.
    pub range: Option<(usize, usize)>,
    /// Bodies of subrequests stand before and behind that of the answer.
    pub before: bool,
    pub after: bool,
}

/// What may be taken for granted in a world.
#[derive(Clone, Copy, Debug)]
pub struct Trust {
    /// The network loses nothing and no side closes early: responses are exactly right.
    pub exact: bool,
    /// An end of a connection was meant by the other side.
    pub ends: bool,
    /// The answer may come in FastCGI, where one that falls short of its length is known to be wrong at once.
    pub fastcgi: bool,
    /// Filters may keep the head of an answer until it is known to be wrong.
    pub filtered: bool,
}

/// What a client saw of one response.
#[derive(Clone, Debug)]
pub struct Seen {
    pub status: u16,
    /// The server's; a page of the proxy's own has none.
    pub token: Option<String>,
    pub body: Vec<u8>,
    /// Complete by its own framing, or by the end of the connection where that is the framing.
    pub complete: bool,
    pub until_close: bool,
}

impl Exchange {
    pub fn draw(rng: &mut Rng, token: String, sizes: usize, kinds: &[Kind]) -> Self {
        let size = |rng: &mut Rng| match rng.below(4) {
            0 => rng.below(3) as usize,
            1 => rng.below(40) as usize,
            _ => rng.below(sizes as u64 + 1) as usize,
        };
        let early = *kinds == [Kind::Early] && !rng.one_in(3);
        let method = match rng.below(4) {
            _ if early => Method::Post,
            0 | 1 => Method::Get,
            2 => Method::Post,
            _ => Method::Head,
        };
        let old = rng.one_in(8);
        let body = match method {
            Method::Post if old || rng.one_in(2) => Body::Sized(size(rng)),
            Method::Post => Body::Chunked(size(rng)),
            _ => Body::None,
        };
        // Half of all answers are plain ones: connections must be reused for anything to go wrong with it.
        let plain = !early && rng.one_in(2);
        let kind = if plain { Kind::Sized } else { kinds[rng.below(kinds.len() as u64) as usize] };
        let n = match kind {
            Kind::Extra => size(rng).min(300),
            Kind::Early if early => rng.below(3) as usize,
            _ => size(rng),
        };
        let m = rng.below(n as u64 + 1) as usize;
        let close = rng.one_in(8);
        let expect = body != Body::None && !old && rng.one_in(5);
        let from = rng.one_in(2).then(|| 1 + rng.below(2));
        let (gzip, coded, range) = (false, false, None);
        let (before, after) = (false, false);
        Self {
            token,
            method,
            body,
            kind,
            n,
            m,
            old,
            close,
            expect,
            from,
            gzip,
            coded,
            range,
            before,
            after,
        }
    }

    /// The connection cannot go on after it: what is pipelined behind may be lost together with the answer, for
    /// what arrives at a closed socket resets it.
    pub fn ends(&self) -> bool {
        let lengthless = matches!(
            self.kind,
            Kind::Chunked | Kind::UntilClose | Kind::ShortChunked | Kind::BadChunk
        );
        let cut = matches!(self.kind, Kind::Short | Kind::Reset | Kind::EarlyClose);
        let is_inserted = self.inserts(true).next().is_some();
        self.close
            || self.old && (lengthless || is_inserted)
            || cut
            || lengthless && self.kind != Kind::Chunked
            || self.inserts(true).any(|it| it.is_cut())
    }

    /// Makes head and body of a plain answer `total` bytes.
    pub fn fill(&mut self, total: usize) {
        let Self { token, kind: Kind::Sized, .. } = self else { return };
        let head =
            |n| format!("HTTP/1.1 200 OK\r\nX-Token: {token}\r\nContent-Length: {n}\r\n\r\n");
        self.n = (0..total).rev().find(|&n| head(n).len() + n == total).unwrap_or(self.n);
    }

    /// Makes it a request that is not to be sent twice, with a body of `n` bytes.
    pub fn post(&mut self, n: usize) {
        (self.method, self.body, self.expect) = (Method::Post, Body::Sized(n), false);
    }

    pub fn breaks_early(&self) -> bool {
        matches!(self.kind, Kind::Reset | Kind::EarlyClose)
    }

    pub fn target(&self) -> String {
        format!("/{}/{:?}/{}/{}", self.token, self.kind, self.n, self.m)
    }

    /// The request as sent.
    pub fn bytes(&self, rng: &mut Rng) -> Vec<u8> {
        let method = self.method.name();
        let version = u8::from(!self.old);
        let mut out = format!("{method} {} HTTP/1.{version}\r\nHost: sim\r\n", self.target());
        let (len, token) = (self.body_len(), &self.token);
        out += &format!("X-Token: {token}\r\nX-Body: {len}\r\n");
        match (self.old, self.close) {
            (false, true) => out += "Connection: close\r\n",
            (true, false) => out += "Connection: keep-alive\r\n",
            _ => {}
        }
        if let Some(from) = self.from {
            out += &format!("X-From: 10.0.5.{from}\r\n");
        }
        if self.gzip {
            out += "Accept-Encoding: gzip\r\n";
        }
        if self.coded {
            out += "X-Coded: yes\r\n";
        }
        if let Some((first, last)) = self.range {
            out += &format!("Range: bytes={first}-{last}\r\n");
        }
        if self.expect {
            out += "Expect: 100-continue\r\n";
        }
        let body = request_body(token, len);
        match self.body {
            Body::None => out += "\r\n",
            Body::Sized(n) => out += &format!("Content-Length: {n}\r\n\r\n"),
            Body::Chunked(_) => out += "Transfer-Encoding: chunked\r\n\r\n",
        }
        let mut out = out.into_bytes();
        match self.body {
            Body::Chunked(_) => chunk(&body, rng, &mut out),
            _ => out.extend(body),
        }
        out
    }

    pub fn body_len(&self) -> usize {
        match self.body {
            Body::None => 0,
            Body::Sized(n) | Body::Chunked(n) => n,
        }
    }

    /// The response's body, as far as this client should see one.
    pub fn answer(&self) -> Vec<u8> {
        let without =
            self.method == Method::Head || matches!(self.kind, Kind::NoContent | Kind::NotModified);
        response_body(&self.token, if without { 0 } else { self.n })
    }

    fn status(&self) -> u16 {
        match self.kind {
            Kind::NoContent => 204,
            Kind::NotModified => 304,
            Kind::Error500 => 500,
            _ => 200,
        }
    }

    /// Whether a client may see this.
    pub fn judge(&self, seen: &Seen, trust: Trust) -> Result<(), String> {
        let strict = trust.exact;
        let Some(token) = &seen.token else {
            return self.judge_own(seen, trust);
        };
        if token == "stray" && !strict {
            // What a server sends unasked may come when the next request has been written already.
            return Ok(());
        }
        if *token != self.token {
            return Err(format!("{} got the answer of {token}", self.token));
        }
        let part = self.range.filter(|_| seen.status == 206 && self.status() == 200);
        if part.is_none() && seen.status != self.status() {
            return Err(format!("{}: {} for {:?}", self.token, seen.status, self.kind));
        }
        let mut answer = self.answer();
        let is_inserted = seen.status == 200 && self.method != Method::Head;
        if is_inserted && (self.before || self.after) {
            return self.judge_inserted(seen, &answer, trust);
        }
        if let Some((first, last)) = part {
            let len = answer.len();
            answer = answer[first.min(len)..len.min(last + 1)].to_vec();
        }
        if !answer.starts_with(&seen.body) {
            let at = answer.iter().zip(&seen.body).take_while(|(a, b)| a == b).count();
            return Err(format!("{}: the body is another's from byte {at} on", self.token));
        }
        let whole = seen.body.len() == answer.len();
        let open_end = seen.until_close || self.kind == Kind::UntilClose && !trust.ends;
        if seen.complete && !whole && !open_end {
            return Err(format!("{} bytes pass for the whole: {self:?}", seen.body.len()));
        }
        let unfinished = part.is_none()
            && matches!(self.kind, Kind::Short | Kind::ShortChunked | Kind::BadChunk);
        if unfinished && seen.complete && !seen.until_close && self.method != Method::Head {
            return Err(format!("{}: {:?} passes for complete", self.token, self.kind));
        }
        let cut = matches!(
            self.kind,
            Kind::Short | Kind::ShortChunked | Kind::BadChunk | Kind::Reset | Kind::EarlyClose
        );
        if strict && !cut && !(seen.complete && whole) {
            let (got, all) = (seen.body.len(), answer.len());
            return Err(format!("{}: {got} of {all} bytes, {:?}", self.token, self.kind));
        }
        Ok(())
    }

    /// A page of the proxy's own.
    fn judge_own(&self, seen: &Seen, trust: Trust) -> Result<(), String> {
        let strict = trust.exact;
        let fails = matches!(
            self.kind,
            Kind::Garbage
                | Kind::BigHead
                | Kind::Mute
                | Kind::Reset
                | Kind::EarlyClose
                // Where that comes with the head, nothing has been passed on.
                | Kind::BadChunk
        ) || trust.fastcgi && self.kind == Kind::Short
            || trust.filtered && matches!(self.kind, Kind::Short | Kind::ShortChunked)
            || self.method != Method::Head && self.inserts(strict).any(|it| it.is_cut());
        let fine = match seen.status {
            502 => fails || !strict,
            504 => self.kind == Kind::Silent || !strict,
            // 500: no slot was free for a connection to a server.
            // 403: of the server that a subrequest has asked.
            408 | 400 | 403 | 500 => !strict,
            _ => false,
        };
        match fine {
            true => Ok(()),
            false => Err(format!("{}: {} of the proxy for {self:?}", self.token, seen.status)),
        }
    }
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
        }
    }
}

pub fn request_body(token: &str, n: usize) -> Vec<u8> {
    let word = format!("{token}<");
    let mut bytes = word.repeat(n / word.len() + 1).into_bytes();
    bytes.truncate(n);
    bytes
}

/// Whether these are the first bytes of the request's body, those before `from` being known to be.
pub fn is_request_body(token: &str, bytes: &[u8], from: usize) -> bool {
    let period = token.len() + 1;
    let at = from - from % period;
    bytes[at..].chunks(period).all(|piece| {
        let (name, end) = piece.split_at(piece.len().min(token.len()));
        token.as_bytes().starts_with(name) && (end.is_empty() || end == b"<")
    })
}

/// The token, and then letters that do not compress well, from another place for another token: a filter that compresses
/// has more to give than a slow client takes.
pub fn response_body(token: &str, n: usize) -> Vec<u8> {
    let noise = NOISE.get_or_init(|| {
        let mut rng = Rng::new(1);
        std::iter::repeat_with(|| b'?' + (rng.word() >> 58) as u8).take(NOISE_LEN).collect()
    });
    let hash = token
        .bytes()
        .fold(0_usize, |hash, byte| hash.wrapping_mul(131).wrapping_add(usize::from(byte)));
    let mut body = [token.as_bytes(), b">"].concat();
    let mut at = hash % NOISE_LEN;
    while body.len() < n {
        body.extend_from_slice(&noise[at..noise.len().min(at + n - body.len())]);
        at = 0;
    }
    body.truncate(n);
    body
}

static NOISE: OnceLock<Vec<u8>> = OnceLock::new();

/// Longer than what compressors look back, 32 KiB.
const NOISE_LEN: usize = 100_003;

/// A body as gzip files: one, or two that meet at byte `m`.
pub fn coded(body: &[u8], m: usize) -> Vec<u8> {
    let parts = match body.split_at_checked(m) {
        Some((first, second)) if m % 2 == 1 => vec![first, second],
        _ => vec![body],
    };
    let mut files = Vec::new();
    for part in parts {
        let mut encoder = GzEncoder::new(&mut files, Compression::fast());
        let _ = encoder.write_all(part);
        let _ = encoder.finish();
    }
    files
}

/// Appends `body` in chunks of random sizes, now and then with an extension and a trailer.
pub fn chunk(body: &[u8], rng: &mut Rng, out: &mut Vec<u8>) {
    chunks(body, rng, out);
    out.extend(b"0\r\n");
    if rng.one_in(4) {
        out.extend(b"X-Trailer: yes\r\n");
    }
    out.extend(b"\r\n");
}

/// As `chunk`, without the end.
pub fn chunks(mut body: &[u8], rng: &mut Rng, out: &mut Vec<u8>) {
    while !body.is_empty() {
        let n = 1 + rng.below(body.len() as u64) as usize;
        let extension = if rng.one_in(6) { ";x=y" } else { "" };
        out.extend(format!("{n:x}{extension}\r\n").bytes());
        out.extend(&body[..n]);
        out.extend(b"\r\n");
        body = &body[n..];
    }
}
