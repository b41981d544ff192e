//! Scripted upstreams: what a server behind the proxy says, byte by byte.

use crate::dns::Dns;
use crate::fastcgi::{self, Protocol};
use crate::format::sections::UPSTREAM_SUFFIXES;
use crate::format::{Block, Value};
use crate::tls::{self, ServerTls};
use peerage::os::addr::Addr;
use peerage::os::net::{self, ListenOptions, Socket};
use rustls::{ServerConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(5);

/// The upstreams of a block while it runs; they end when this is dropped.
pub struct Upstreams {
    running: Vec<Running>,
    _full: Vec<FullQueue>,
    stop: Arc<AtomicBool>,
    client_left: Arc<AtomicBool>,
}

struct Running {
    section: String,
    query: Option<Value>,
    heard: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

/// A listener that accepts nothing and whose queue is full: a connect to it neither succeeds nor fails.
struct FullQueue {
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl FullQueue {
    fn fill(at: &str) -> Result<Self, String> {
        let to = at.parse().map_err(|e| format!("tcp_full {at}: {e}"))?;
        let options = ListenOptions { backlog: Some(0), ..ListenOptions::default() };
        let listener =
            net::listen(&Addr::Inet(to), &options).map_err(|e| format!("tcp_full {at}: {e}"))?;
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&to, Duration::from_millis(100)) {
            waiting.push(stream);
        }
        Ok(Self { _listener: listener, _waiting: waiting })
    }
}

struct Script {
    /// For each connection, the reply to each of its requests.
    connections: Vec<Vec<Vec<u8>>>,
    query_len: Option<usize>,
    delay: Delay,
    no_close: bool,
    shutdown: Option<Shutdown>,
    tls: Option<ServerTls>,
}

pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

pub enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Upstreams {
    pub fn start(block: &Block) -> Result<Self, String> {
        let mut all = Self {
            running: Vec::new(),
            _full: Vec::new(),
            stop: Arc::default(),
            client_left: Arc::default(),
        };
        for suffix in UPSTREAM_SUFFIXES {
            let full = format!("tcp_full{suffix}");
            if block.has(&full) {
                all._full.push(FullQueue::fill(&address(&block.word(&full)))?);
            }
            if block.has(&format!("tcp_listen{suffix}")) {
                all.start_tcp(block, suffix)?;
            }
            if block.has(&format!("udp_listen{suffix}")) {
                all.start_udp(block, suffix)?;
            }
            for protocol in Protocol::ALL {
                if block.has(&format!("{}_listen{suffix}", protocol.prefix())) {
                    all.start_gateway(block, protocol, suffix)?;
                }
            }
            if block.has(&format!("dns_listen{suffix}")) {
                all.start_dns(block, suffix)?;
            }
        }
        Ok(all)
    }

    fn start_tcp(&mut self, block: &Block, suffix: &str) -> Result<(), String> {
        let name = |section: &str| format!("{section}{suffix}");
        let query = block.get(&name("tcp_query")).cloned();
        let query_len = block.number(&name("tcp_query_len"))?;
        let script = Script {
            connections: match block.has(&name("tcp_ocsp")) {
                true => tls::ocsp_replies(&block.word(&name("tcp_ocsp")))?,
                false => connections(block.get(&name("tcp_reply"))),
            },
            query_len,
            delay: Delay::parse(&block.word(&name("tcp_reply_delay")), &self.client_left)?,
            no_close: block.has(&name("tcp_no_close")),
            tls: ServerTls::of(&block.word(&name("tcp_tls")))?,
            shutdown: block.number::<u8>(&name("tcp_shutdown"))?.map(|how| match how {
                0 => Shutdown::Read,
                1 => Shutdown::Write,
                _ => Shutdown::Both,
            }),
        };
        let listener = Listener::bind(&block.word(&name("tcp_listen")))?;
        self.spawn(name("tcp_query"), query, move |heard, stop| {
            serve(listener, &script, heard, stop);
        });
        Ok(())
    }

    fn start_gateway(
        &mut self,
        block: &Block,
        protocol: Protocol,
        suffix: &str,
    ) -> Result<(), String> {
        let name = |section: &str| format!("{}_{section}{suffix}", protocol.prefix());
        let query = block.get(&name("query")).cloned();
        let replies = fastcgi::replies(&block.word(&name("reply")), &self.client_left)?;
        let listener = Listener::bind(&block.word(&name("listen")))?;
        self.spawn(name("query"), query, move |heard, stop| {
            fastcgi::serve(listener, protocol, replies, heard, stop);
        });
        Ok(())
    }

    /// Runs a server; what it hears is compared with `query`.
    fn spawn(
        &mut self,
        section: String,
        query: Option<Value>,
        server: impl FnOnce(&Mutex<Vec<u8>>, &AtomicBool) + Send + 'static,
    ) {
        let (heard, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(&self.stop));
        let record = Arc::clone(&heard);
        let thread = Some(thread::spawn(move || server(&record, &stop)));
        self.running.push(Running { section, query, heard, thread });
    }

    fn start_udp(&mut self, block: &Block, suffix: &str) -> Result<(), String> {
        let name = |section: &str| format!("{section}{suffix}");
        let at = block.word(&name("udp_listen"));
        let socket = UdpSocket::bind(address(&at)).map_err(|e| format!("udp_listen {at}: {e}"))?;
        socket.set_read_timeout(Some(POLL)).map_err(|e| e.to_string())?;
        let replies: Vec<Vec<u8>> = block
            .get(&name("udp_reply"))
            .map(|value| value.items().iter().map(|item| item.bytes()).collect())
            .unwrap_or_default();
        let (heard, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::clone(&self.stop));
        let record = Arc::clone(&heard);
        let thread = thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            let mut replies = replies.into_iter();
            while !stop.load(Ordering::Relaxed) {
                let Ok((n, peer)) = socket.recv_from(&mut buffer) else { continue };
                note(&record, &buffer[..n]);
                if let Some(reply) = replies.next() {
                    let _ = socket.send_to(&reply, peer);
                }
            }
        });
        let query = block.get(&name("udp_query")).cloned();
        let section = name("udp_query");
        self.running.push(Running { section, query, heard, thread: Some(thread) });
        Ok(())
    }

    fn start_dns(&mut self, block: &Block, suffix: &str) -> Result<(), String> {
        let name = |section: &str| format!("{section}{suffix}");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let table = block.get(&name("dns")).map(Value::lossy).unwrap_or_default();
        let dns = Dns::new(&table, Arc::clone(&heard), Arc::clone(&self.stop))?;
        let query = block.get(&name("dns_asked")).cloned();
        let mut query = Some(query);
        for thread in dns.serve(&address(&block.word(&name("dns_listen"))))? {
            let (query, heard) = (query.take().flatten(), Arc::clone(&heard));
            let section = name("dns_asked");
            self.running.push(Running { section, query, heard, thread: Some(thread) });
        }
        Ok(())
    }

    /// Whether a byte of a request has come to one of them.
    pub fn are_asked(&self) -> bool {
        let heard = |it: &Running| it.heard.lock().is_ok_and(|heard| !heard.is_empty());
        self.running.iter().any(heard)
    }

    /// The client's connection is closed: the replies that await that are sent.
    pub fn client_left(&self) {
        self.client_left.store(true, Ordering::Relaxed);
    }

    /// The queries that were expected and did not come: section, expected, heard.
    pub fn missing(&self) -> Vec<(String, Value, Vec<u8>)> {
        let mut missing = Vec::new();
        for upstream in &self.running {
            let Some(query) = &upstream.query else { continue };
            let heard = upstream.heard.lock().map(|heard| heard.clone()).unwrap_or_default();
            let met = match query {
                Value::Pattern(pattern) => pattern
                    .compile()
                    .is_ok_and(|r| r.is_match(&*String::from_utf8_lossy(&heard)).unwrap_or(false)),
                other => other.bytes() == heard,
            };
            if !met {
                missing.push((upstream.section.clone(), query.clone(), heard));
            }
        }
        missing
    }
}

impl Drop for Upstreams {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for upstream in &mut self.running {
            if let Some(thread) = upstream.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

/// A text is the reply of one connection; an item of a list the reply of each; a list in the list
/// the replies to the requests that one connection brings.
fn connections(reply: Option<&Value>) -> Vec<Vec<Vec<u8>>> {
    match reply {
        None => vec![vec![Vec::new()]],
        Some(value) => value
            .items()
            .iter()
            .map(|item| item.items().iter().map(|reply| reply.bytes()).collect())
            .collect(),
    }
}

fn serve(listener: Listener, script: &Script, heard: &Mutex<Vec<u8>>, stop: &AtomicBool) {
    let mut kept = Vec::new();
    let mut listener = Some(listener);
    for (i, replies) in script.connections.iter().enumerate() {
        let Some(stream) = listener.as_ref().and_then(|l| l.accept(stop)) else { return };
        let Some(mut stream) = with_tls(stream, script.tls.as_ref()) else { return };
        if i + 1 == script.connections.len() {
            // Before the last reply: a client that has read it must not be able to connect once more.
            if let Some(listener) = listener.take() {
                listener.close();
            }
        }
        for reply in replies {
            if !receive(&mut stream, script.query_len, heard, stop) {
                break;
            }
            script.delay.pass(stop);
            if stream.write_all(reply).is_err() {
                break;
            }
        }
        if let Some(how) = script.shutdown {
            stream.shutdown(how);
        } else if !script.no_close && script.tls.as_ref().is_some_and(|tls| !tls.cuts_off) {
            stream.shutdown(Shutdown::Write);
        }
        if script.no_close {
            kept.push(stream);
        }
    }
    while !kept.is_empty() && !stop.load(Ordering::Relaxed) {
        thread::sleep(POLL);
    }
}

/// The same connection, by TLS if that is asked for.
fn with_tls(stream: Stream, tls: Option<&ServerTls>) -> Option<Stream> {
    match (stream, tls) {
        (stream, None) => Some(stream),
        (Stream::Tcp(socket), Some(tls)) => {
            let connection = ServerConnection::new(tls.config.clone()).ok()?;
            Some(Stream::Tls(Box::new(StreamOwned::new(connection, socket))))
        }
        (_, Some(_)) => None,
    }
}

/// Reads one request: `length` bytes, or a head and the body that it announces. False at the end.
fn receive(
    stream: &mut Stream,
    length: Option<usize>,
    heard: &Mutex<Vec<u8>>,
    stop: &AtomicBool,
) -> bool {
    let mut request: Vec<u8> = Vec::new();
    let mut buffer = [0; 16384];
    loop {
        let done = length.map_or_else(|| whole(&request), |length| request.len() >= length);
        if done {
            return true;
        }
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let room = length.map_or(buffer.len(), |l| (l - request.len()).min(buffer.len()));
        match stream.read(&mut buffer[..room]) {
            Ok(0) => return false,
            Ok(n) => {
                request.extend(&buffer[..n]);
                note(heard, &buffer[..n]);
            }
            Err(e) if again(&e) => {}
            Err(_) => return false,
        }
    }
}

pub fn again(e: &std::io::Error) -> bool {
    matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Whether a head and its body are there, as far as the head tells.
fn whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let body = &request[end + 4..];
    for line in head.lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name {
            "content-length" => return body.len() >= value.trim().parse().unwrap_or(0),
            "transfer-encoding" => return body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n"),
            _ => {}
        }
    }
    true
}

pub fn note(heard: &Mutex<Vec<u8>>, bytes: &[u8]) {
    if let Ok(mut heard) = heard.lock() {
        heard.extend(bytes);
    }
}

/// What a reply awaits, once the request is there.
#[derive(Debug)]
pub enum Delay {
    Time(Duration),
    ClientLeft(Arc<AtomicBool>),
}

impl Delay {
    /// Seconds (none: at once), or `client`.
    pub fn parse(text: &str, client_left: &Arc<AtomicBool>) -> Result<Self, String> {
        match text {
            "" => Ok(Self::Time(Duration::ZERO)),
            "client" => Ok(Self::ClientLeft(Arc::clone(client_left))),
            _ => text
                .parse()
                .map(|seconds| Self::Time(Duration::from_secs_f64(seconds)))
                .map_err(|e| format!("delay \"{text}\": {e}")),
        }
    }

    pub fn pass(&self, stop: &AtomicBool) {
        match self {
            Self::Time(time) => pause(*time, stop),
            Self::ClientLeft(left) => {
                while !left.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
                    thread::sleep(POLL);
                }
            }
        }
    }
}

pub fn pause(delay: Duration, stop: &AtomicBool) {
    let mut left = delay;
    while !left.is_zero() && !stop.load(Ordering::Relaxed) {
        let step = left.min(Duration::from_millis(20));
        thread::sleep(step);
        left -= step;
    }
}

/// A bare port is one of 127.0.0.1.
fn address(at: &str) -> String {
    if at.bytes().all(|c| c.is_ascii_digit()) { format!("127.0.0.1:{at}") } else { at.to_owned() }
}

impl Listener {
    fn bind(at: &str) -> Result<Self, String> {
        let fail = |e: std::io::Error| format!("tcp_listen {at}: {e}");
        let path = at.strip_prefix("unix:").unwrap_or(at);
        if path.starts_with('/') {
            let listener = UnixListener::bind(Path::new(path)).map_err(fail)?;
            listener.set_nonblocking(true).map_err(fail)?;
            return Ok(Self::Unix(listener));
        }
        let listener = TcpListener::bind(address(at)).map_err(fail)?;
        listener.set_nonblocking(true).map_err(fail)?;
        Ok(Self::Tcp(listener))
    }

    /// Refuses connections from here on, also where a process that is just being started still has
    /// a copy of the socket: closing would leave it listening until then.
    pub fn close(self) {
        let mut stream = match self {
            Self::Tcp(listener) => Stream::Tcp(OwnedFd::from(listener).into()),
            Self::Unix(listener) => Stream::Unix(OwnedFd::from(listener).into()),
        };
        stream.shutdown(Shutdown::Both);
    }

    fn accept(&self, stop: &AtomicBool) -> Option<Stream> {
        while !stop.load(Ordering::Relaxed) {
            match self.try_accept() {
                Some(stream) => return Some(stream),
                None => thread::sleep(POLL),
            }
        }
        None
    }

    /// A connection that waits, if there is one.
    pub fn try_accept(&self) -> Option<Stream> {
        let stream = match self {
            Self::Tcp(listener) => listener.accept().map(|(s, _)| Stream::Tcp(s)),
            Self::Unix(listener) => listener.accept().map(|(s, _)| Stream::Unix(s)),
        };
        stream.ok().filter(Stream::ready)
    }
}

impl Stream {
    /// Blocking reads that return now and then, to see whether to stop.
    fn ready(&self) -> bool {
        let wait = Some(Duration::from_millis(20));
        match self {
            Self::Tcp(s) => {
                s.set_nonblocking(false).and_then(|()| s.set_read_timeout(wait)).is_ok()
            }
            Self::Unix(s) => {
                s.set_nonblocking(false).and_then(|()| s.set_read_timeout(wait)).is_ok()
            }
            Self::Tls(_) => true,
        }
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(s) => s.read(buffer),
            Self::Unix(s) => s.read(buffer),
            Self::Tls(s) => s.read(buffer),
        }
    }

    pub fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let wait = Some(Duration::from_secs(10));
        match self {
            Self::Tcp(s) => s.set_write_timeout(wait).and_then(|()| s.write_all(bytes)),
            Self::Unix(s) => s.set_write_timeout(wait).and_then(|()| s.write_all(bytes)),
            Self::Tls(s) => s.write_all(bytes).and_then(|()| s.flush()),
        }
    }

    fn shutdown(&mut self, how: Shutdown) {
        let _ = match self {
            Self::Tcp(s) => s.shutdown(how),
            Self::Unix(s) => s.shutdown(how),
            Self::Tls(s) => {
                s.conn.send_close_notify();
                s.flush().and_then(|()| s.sock.shutdown(how))
            }
        };
    }
}
