//! A client that speaks HTTP/2, by the crate `h2`: for blocks with the section `http2`.
//!
//! There is no runtime. The connection and the streams are polled in turn; reading waits for a millisecond.

use crate::client::{Asked, item};
use crate::format::Block;
use crate::response::Response;
use crate::stream::Stream;
use bytes::Bytes;
use h2::client::{Builder, Connection, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request};
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How a block wants its requests sent.
pub struct Manner {
    pub secure: bool,
    pub timeout: Duration,
    pub abort: bool,
    pub closes: bool,
    pub stays_open: Option<Duration>,
}

/// Sends the requests of a block on one connection: the responses, and what was wrong beside them.
pub fn exchange(
    block: &Block,
    manner: &Manner,
    stream: Stream,
) -> Result<(Vec<Response>, Vec<String>), String> {
    let words = Words::of(block)?;
    let mut waiting = requests(block, manner.secure, &words)?;
    waiting.reverse();
    let mut cx = Context::from_waker(Waker::noop());
    let deadline = Instant::now() + manner.timeout;
    let mut handshake = pin!(words.builder.handshake::<_, Bytes>(Io(stream.clone())));
    let (mut sender, mut connection) = loop {
        match handshake.as_mut().poll(&mut cx) {
            Poll::Ready(made) => break made.map_err(|e| format!("http2: {e}"))?,
            Poll::Pending if Instant::now() > deadline => return Err("no handshake".to_owned()),
            Poll::Pending => {}
        }
    };
    let (mut streams, mut problems) = (Vec::new(), Vec::new());
    let mut ended = None;
    loop {
        if ended.is_none() {
            ended = poll_connection(&mut connection, &mut cx);
        }
        let are_done = streams.iter().all(|it: &Exchange| it.is_done);
        if !words.sequential || are_done {
            begin(&mut waiting, &mut sender, &mut streams, &words, &mut cx)?;
        }
        streams.iter_mut().for_each(|it| it.step(&words, &mut cx));
        if waiting.is_empty() && streams.iter().all(|it| it.is_done) {
            break;
        }
        let is_over = Instant::now() > deadline;
        if is_over || ended.is_some() && streams.iter().all(|it| it.is_done) {
            let open = streams.iter().filter(|it| !it.is_done).count() + waiting.len();
            if !manner.abort {
                problems.push(format!("http2: {open} streams have not ended; {ended:?}"));
            }
            break;
        }
    }
    let responses = streams.into_iter().map(|it| it.response).collect();
    problems.extend(ending(manner, &mut connection, ended, deadline, &mut cx));
    if !manner.abort {
        // GOAWAY, if there is still a server to say it to.
        drop(sender);
        let _ = poll_connection(&mut connection, &mut cx);
    }
    stream.shutdown(std::net::Shutdown::Both);
    Ok((responses, problems))
}

/// What becomes of the connection behind the last response.
fn ending(
    manner: &Manner,
    connection: &mut Connection<Io, Bytes>,
    mut ended: Option<String>,
    deadline: Instant,
    cx: &mut Context<'_>,
) -> Option<String> {
    let until = manner.stays_open.map_or(deadline, |patience| Instant::now() + patience);
    if !manner.closes && manner.stays_open.is_none() {
        return None;
    }
    while ended.is_none() && Instant::now() < until {
        ended = poll_connection(connection, cx);
    }
    match (ended, manner.closes) {
        (None, true) => Some("the server did not close the connection".to_owned()),
        (Some(how), false) => Some(format!("the server closed the connection: {how}")),
        _ => None,
    }
}

/// How the connection has ended, if it has.
fn poll_connection(connection: &mut Connection<Io, Bytes>, cx: &mut Context<'_>) -> Option<String> {
    match Pin::new(connection).poll(cx) {
        Poll::Pending => None,
        Poll::Ready(Ok(())) => Some("in order".to_owned()),
        Poll::Ready(Err(e)) => Some(e.to_string()),
    }
}

/// Begins as many requests as the server allows; one if they are to follow one another.
fn begin(
    waiting: &mut Vec<Prepared>,
    sender: &mut SendRequest<Bytes>,
    streams: &mut Vec<Exchange>,
    words: &Words,
    cx: &mut Context<'_>,
) -> Result<(), String> {
    while let Some(next) = waiting.last() {
        if next.is_tunnel && !sender.is_extended_connect_protocol_enabled() {
            return Ok(());
        }
        match sender.poll_ready(cx) {
            Poll::Pending => return Ok(()),
            Poll::Ready(Err(e)) => {
                // As many responses that are none.
                let none = |_| Exchange::none(&e);
                streams.extend(waiting.drain(..).map(none));
                return Ok(());
            }
            Poll::Ready(Ok(())) => {}
        }
        let Some(next) = waiting.pop() else { break };
        let Prepared { request, body, trailers, is_tunnel } = next;
        let is_end = body.is_empty() && trailers.is_none() && !is_tunnel;
        let sent = sender.send_request(request, is_end).map_err(|e| format!("http2: {e}"))?;
        streams.push(Exchange {
            head: Some(sent.0),
            sending: (!is_end).then_some(sent.1),
            unsent: body,
            trailers,
            is_tunnel,
            body: None,
            response: Response::default(),
            is_done: false,
        });
        if words.sequential {
            break;
        }
    }
    Ok(())
}

/// The words of the section.
struct Words {
    builder: Builder,
    sequential: bool,
    sized: bool,
    hold: bool,
}

impl Words {
    fn of(block: &Block) -> Result<Self, String> {
        let mut builder = Builder::new();
        builder.enable_push(false);
        let mut words = Self { builder, sequential: false, sized: true, hold: false };
        for word in block.word("http2").split_whitespace() {
            let number = |text: &str| text.parse().map_err(|_| format!("http2: bad \"{word}\""));
            match word.split_once('=') {
                Some(("window", bytes)) => {
                    words.builder.initial_window_size(number(bytes)?);
                }
                Some(("connection_window", bytes)) => {
                    words.builder.initial_connection_window_size(number(bytes)?);
                }
                None if word == "sequential" => words.sequential = true,
                None if word == "unsized" => words.sized = false,
                None if word == "hold" => words.hold = true,
                _ => return Err(format!("http2: unknown word \"{word}\"")),
            }
        }
        Ok(words)
    }
}

struct Prepared {
    request: Request<()>,
    body: Bytes,
    trailers: Option<HeaderMap>,
    /// Extended CONNECT: our side ends with the server's.
    is_tunnel: bool,
}

fn requests(block: &Block, secure: bool, words: &Words) -> Result<Vec<Prepared>, String> {
    let Some(requests) = block.get("request") else { return Ok(Vec::new()) };
    let texts = requests.items().into_iter().map(|item| item.bytes());
    texts.enumerate().map(|(i, text)| prepare(block, i, &text, secure, words)).collect()
}

fn prepare(
    block: &Block,
    i: usize,
    text: &[u8],
    secure: bool,
    words: &Words,
) -> Result<Prepared, String> {
    let Asked { method, uri, version, body } = Asked::parse(text)?;
    let mut headers = fields(&item(block, "more_headers", i))?;
    let host = headers.remove(http::header::HOST);
    let host = host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if secure { "https" } else { "http" };
    let mut request = Request::builder().method(&*method).uri(format!("{scheme}://{host}{uri}"));
    let is_tunnel = method == "CONNECT" && !version.is_empty();
    if is_tunnel {
        request = request.extension(h2::ext::Protocol::from(&*version));
    }
    let mut request = request.body(()).map_err(|e| format!("request: {e}"))?;
    if words.sized && !body.is_empty() && !is_tunnel {
        headers.entry("content-length").or_insert(body.len().into());
    }
    *request.headers_mut() = headers;
    let trailers = fields(&item(block, "request_trailers", i))?;
    let trailers = (!trailers.is_empty()).then_some(trailers);
    Ok(Prepared { request, body: Bytes::copy_from_slice(body), trailers, is_tunnel })
}

/// Lines as fields.
fn fields(lines: &str) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let parts = line.split_once(':').and_then(|(name, value)| {
            let name = http::HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, http::HeaderValue::from_bytes(value.trim().as_bytes()).ok()?))
        });
        let (name, value) = parts.ok_or_else(|| format!("\"{line}\" is no field"))?;
        map.append(name, value);
    }
    Ok(map)
}

/// A stream.
struct Exchange {
    /// The head of the response is awaited.
    head: Option<ResponseFuture>,
    /// The request is not whole.
    sending: Option<SendStream<Bytes>>,
    unsent: Bytes,
    trailers: Option<HeaderMap>,
    is_tunnel: bool,
    body: Option<RecvStream>,
    response: Response,
    is_done: bool,
}

impl Exchange {
    /// A request that could not be sent.
    fn none(error: &h2::Error) -> Self {
        let mut exchange = Self {
            head: None,
            sending: None,
            unsent: Bytes::new(),
            trailers: None,
            is_tunnel: false,
            body: None,
            response: Response::default(),
            is_done: false,
        };
        exchange.fail(error);
        exchange
    }

    fn step(&mut self, words: &Words, cx: &mut Context<'_>) {
        if self.is_done {
            return;
        }
        // What cannot be sent is no concern here: the response says more.
        self.send();
        if let Err(error) = self.receive(words, cx) {
            self.fail(&error);
        }
    }

    fn send(&mut self) {
        let Some(sending) = &mut self.sending else { return };
        while !self.unsent.is_empty() {
            sending.reserve_capacity(self.unsent.len());
            let room = sending.capacity();
            if room == 0 {
                return;
            }
            let piece = self.unsent.split_to(room.min(self.unsent.len()));
            let is_end = self.unsent.is_empty() && self.trailers.is_none() && !self.is_tunnel;
            if sending.send_data(piece, is_end).is_err() {
                self.unsent.clear();
            }
        }
        if self.is_tunnel {
            return;
        }
        if let Some(trailers) = self.trailers.take() {
            let _ = sending.send_trailers(trailers);
        }
        self.sending = None;
    }

    fn receive(&mut self, words: &Words, cx: &mut Context<'_>) -> Result<(), h2::Error> {
        if let Some(head) = &mut self.head {
            while let Poll::Ready(Some(interim)) = head.poll_informational(cx) {
                let (parts, ()) = interim?.into_parts();
                add_head(parts.status.as_u16(), &parts.headers, &mut self.response);
            }
            let Poll::Ready(response) = Pin::new(head).poll(cx) else { return Ok(()) };
            let (parts, body) = response?.into_parts();
            self.response.status = Some(parts.status.as_u16());
            add_head(parts.status.as_u16(), &parts.headers, &mut self.response);
            self.response.headers = pairs(&parts.headers);
            (self.head, self.body) = (None, Some(body));
        }
        let Some(body) = &mut self.body else { return Ok(()) };
        while let Poll::Ready(data) = body.poll_data(cx) {
            let Some(data) = data.transpose()? else {
                let Poll::Ready(trailers) = body.poll_trailers(cx) else { return Ok(()) };
                self.response.trailers = trailers?.as_ref().map(pairs).unwrap_or_default();
                self.is_done = true;
                return Ok(());
            };
            self.response.body.extend_from_slice(&data);
            if !words.hold {
                let _ = body.flow_control().release_capacity(data.len());
            }
        }
        Ok(())
    }

    /// The stream has ended before its response has.
    fn fail(&mut self, error: &h2::Error) {
        self.is_done = true;
        self.response.truncated = true;
        if error.is_reset() {
            self.response.stream_error = error.reason().map(|reason| format!("{reason:?}"));
        }
    }
}

fn add_head(status: u16, headers: &HeaderMap, response: &mut Response) {
    let head = &mut response.raw_head;
    head.extend_from_slice(format!("HTTP/2 {status}\r\n").as_bytes());
    for (name, value) in headers {
        head.extend_from_slice(
            &[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat(),
        );
    }
    head.extend_from_slice(b"\r\n");
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

/// The connection, as `h2` wants it.
struct Io(Stream);

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let mut bytes = vec![0; buffer.remaining().min(64 << 10)];
        match self.0.read(&mut bytes, Duration::from_millis(1)) {
            Ok(n) => {
                buffer.put_slice(&bytes[..n]);
                Poll::Ready(Ok(()))
            }
            Err(e) => match e.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                    Poll::Pending
                }
                _ => Poll::Ready(Err(e)),
            },
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        Poll::Ready(self.0.write_all(bytes).map(|()| bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.shutdown(std::net::Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}
