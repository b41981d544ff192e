//! `proxy_next_upstream undelivered` with real sockets: what a server does to a kept connection just when a
//! request is written to it, and whether the request is sent again.
//!
//! The program is made to write at the right moment without a race: it is stopped while two clients send. The
//! first request is refused, which is logged to two pipes, of which the second is full. While the program waits
//! there it has yet to look at the second request, and does not look at its other sockets before it does.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use socket2::{Domain, SockFilter, SockRef, Socket, Type};

mod home;
use home::{Home, Running, other_binary, wait_until};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The program with one connection in its cache, and both ends of it.
struct Scene {
    server: TcpListener,
    /// The server's end of the kept connection; gone: closed.
    kept: Option<TcpStream>,
    first: TcpStream,
    second: TcpStream,
    third: TcpStream,
    stop: Gate,
    later: Gate,
    running: Running,
    home: Home,
}

impl Scene {
    fn new(next_upstream: &str) -> Self {
        Self::with("", next_upstream)
    }

    /// `more` goes with the server, and may end the line.
    fn with(more: &str, next_upstream: &str) -> Self {
        Self::of(TcpListener::bind("127.0.0.1:0").unwrap(), more, next_upstream)
    }

    /// The server's system takes so little that most of a request stays in the program's.
    fn narrow(next_upstream: &str) -> Self {
        let server = listener();
        server.set_recv_buffer_size(1).unwrap();
        server.listen(8).unwrap();
        Self::of(server.into(), "", next_upstream)
    }

    fn of(server: TcpListener, more: &str, next_upstream: &str) -> Self {
        let port = server.local_addr().unwrap().port();
        let home = Home::new(&format!(
            "upstream u {{ server 127.0.0.1:{port}{more}; }}\n\
             server {{ listen 127.0.0.1:PORT; client_max_body_size 0; \n\
             location / {{ proxy_pass http://u; proxy_next_upstream {next_upstream}; }}\n\
             location /warm {{ return 200 x; }}\n\
             location /status {{ pool_status; }}\n\
             location /stop {{ error_log logs/stop.said error; error_log logs/stop.full error; deny all; }}\n\
             location /later {{ error_log logs/later.said error; error_log logs/later.full error; deny all; }} }}"
        ));
        let [stop, later] = ["stop", "later"].map(|name| Gate::new(&home, name));
        let running = home.start();
        let [mut first, second, mut third] = [(); 3].map(|()| home.connect());
        for client in [&mut first, &mut third] {
            client.write_all(b"GET /warm HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            assert!(answer(client).ends_with("x"));
        }
        server.set_nonblocking(true).unwrap();
        let mut scene =
            Self { server, kept: None, first, second, third, stop, later, running, home };
        scene.keep_another();
        scene
    }

    /// A connection is made, used once, and kept.
    fn keep_another(&mut self) {
        self.second
            .write_all(b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
            .unwrap();
        let mut kept = self.accept();
        assert!(request(&mut kept).contains("POST /one"));
        kept.write_all(OK).unwrap();
        assert!(answer(&mut self.second).ends_with("ok"));
        self.kept = Some(kept);
    }

    /// The kept connection is busy, and so is another one that is made meanwhile: its client and its server's end.
    fn make_another(&mut self) -> (TcpStream, TcpStream) {
        self.send("POST");
        assert!(request(self.kept.as_mut().unwrap()).contains("POST /two"));
        let mut client = self.home.connect();
        client.write_all(b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1").unwrap();
        let mut other = self.accept();
        assert!(request(&mut other).contains("POST /one"));
        (client, other)
    }

    fn answer_kept(&mut self) {
        self.kept.as_mut().unwrap().write_all(OK).unwrap();
        assert!(answer(&mut self.second).ends_with("ok"));
    }

    /// The next request on the kept connection is answered, but the server has not read its body, and its system
    /// takes no more: what comes behind stays with the program's system.
    fn clog(&mut self) {
        self.send_large("/big");
        let kept = self.kept.as_mut().unwrap();
        until_empty_line(kept);
        kept.write_all(OK).unwrap();
        assert!(answer(&mut self.second).ends_with("ok"));
    }

    fn send_large(&mut self, path: &str) {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 8192\r\n\r\n");
        self.second.write_all(head.as_bytes()).unwrap();
        self.second.write_all(&[b'x'; 8192]).unwrap();
    }

    fn accept(&self) -> TcpStream {
        let mut fresh = None;
        wait_until("a new connection", || {
            fresh = self.server.accept().ok();
            fresh.is_some()
        });
        let (fresh, _) = fresh.unwrap();
        fresh.set_nonblocking(false).unwrap();
        fresh.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        fresh
    }

    /// The second client's request is written to the kept connection when `act` has been done to its server's
    /// end, and before anything has been heard of that.
    fn cross(&mut self, method: &str, act: impl FnOnce(&mut Option<TcpStream>)) {
        self.write_after(method, act);
        self.stop.open();
    }

    /// As `cross`, and `then` is done when the program has seen what `act` did, and before it looks again.
    fn cross_and_then(
        &mut self,
        act: impl FnOnce(&mut Option<TcpStream>),
        then: impl FnOnce(&mut Option<TcpStream>),
    ) {
        let ports = self.kept_ports();
        self.later.close();
        self.write_after("POST", act);
        // This is looked at next, but behind the kept connection.
        self.third.write_all(b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        self.wait_for_unread(&self.third);
        self.stop.open();
        self.later.wait();
        then(&mut self.kept);
        wait_until("that to arrive", || socket(ports).0.is_empty());
        self.later.open();
    }

    fn write_after(&mut self, method: &str, act: impl FnOnce(&mut Option<TcpStream>)) {
        self.stop.close();
        // What the program is still about to do for those two is done once it has answered another.
        self.home.get_path("/warm");
        self.stop();
        self.first.write_all(b"GET /stop HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        // What arrives first is looked at first.
        self.wait_for_unread(&self.first);
        self.send(method);
        self.running.signal("CONT");
        self.stop.wait();
        let ports = self.kept_ports();
        act(&mut self.kept);
        wait_until("that to arrive", || socket(ports).0 != "01");
    }

    fn wait_for_unread(&self, client: &TcpStream) {
        let ports = [self.home.port, client.local_addr().unwrap().port()];
        wait_until("the request to arrive", || !socket(ports).1.ends_with(":00000000"));
    }

    /// Those of the program's end of the kept connection.
    fn kept_ports(&self) -> [u16; 2] {
        let kept = self.kept.as_ref().unwrap();
        [kept.peer_addr(), kept.local_addr()].map(|addr| addr.unwrap().port())
    }

    fn stop(&self) {
        self.running.signal("STOP");
        let stat = format!("/proc/{}/stat", self.running.id());
        wait_until("the stop", || fs::read_to_string(&stat).unwrap().contains(") T "));
    }

    fn send(&mut self, method: &str) {
        let text = format!("{method} /two HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2");
        self.second.write_all(text.as_bytes()).unwrap();
    }

    /// The status that the client gets in the end. `again`: the request is sent again, on a new connection, and
    /// answered.
    fn told(&mut self, again: bool) -> String {
        if again {
            let mut fresh = self.accept();
            assert!(request(&mut fresh).contains(" /two "));
            fresh.write_all(OK).unwrap();
            self.kept = Some(fresh);
        }
        let told = answer(&mut self.second);
        assert!(self.server.accept().is_err(), "the request was sent once more");
        told[9..12].to_owned()
    }

    fn counted(&self, name: &str) -> u64 {
        number(&self.home.get_path("/status"), name)
    }

    fn undecided(&self) -> String {
        undecided(&self.home)
    }
}

fn listener() -> Socket {
    let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    server.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    server
}

/// The reasons that have been counted, each as often as it has.
fn undecided(home: &Home) -> String {
    let status = home.get_path("/status");
    let (_, reasons) = status.split_once("\"undecided_by\":{").unwrap();
    let reasons = reasons.split_once('}').unwrap().0;
    let names = reasons.split(',').map(|pair| pair.split('"').nth(1).unwrap());
    let counted: Vec<&str> =
        names.flat_map(|name| std::iter::repeat_n(name, number(reasons, name) as usize)).collect();
    assert_eq!(number(&status, "undecided"), counted.len() as u64);
    counted.join(" ")
}

fn number(status: &str, name: &str) -> u64 {
    let (_, value) = status.split_once(&format!("\"{name}\":")).expect(name);
    value.split([',', '}']).next().unwrap().parse().unwrap()
}

/// Two pipes that a request is logged to. While the second is full, the program stands still there.
struct Gate {
    said: File,
    full: File,
}

impl Gate {
    fn new(home: &Home, name: &str) -> Self {
        let [said, full] = ["said", "full"].map(|end| {
            let path = home.path(&format!("logs/{name}.{end}"));
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            // Open for both, so that neither side waits for the other to open it.
            File::options().read(true).write(true).open(path).unwrap()
        });
        Self { said, full }
    }

    fn close(&mut self) {
        self.full.write_all(&vec![b'x'; 64 << 10]).unwrap();
    }

    /// Until the program is there.
    fn wait(&mut self) {
        read_line(&mut self.said);
    }

    fn open(&mut self) {
        read_line(&mut self.full);
    }
}

/// What a pipe holds, whose only line is the last thing in it.
fn read_line(pipe: &mut File) {
    let mut piece = [0; 8192];
    loop {
        let n = pipe.read(&mut piece).unwrap();
        if piece[..n].ends_with(b"\n") {
            return;
        }
    }
}

/// A request whole, with its body of one byte.
fn request(stream: &mut impl Read) -> String {
    let mut text = until_empty_line(stream);
    text.push(byte(stream));
    text
}

fn until_empty_line(stream: &mut impl Read) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        text.push(byte(stream));
    }
    text
}

fn byte(stream: &mut impl Read) -> char {
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    byte[0].into()
}

/// An answer whole, by its length.
fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let n = match stream.read(&mut piece) {
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            read => read.unwrap(),
        };
        text.extend_from_slice(&piece[..n]);
        let shown = home::text(&text);
        let whole = shown.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            length.is_some_and(|length| body.len() >= length.parse().unwrap())
        });
        if whole {
            return shown;
        }
        assert!(n > 0, "{shown}");
    }
}

/// How the program's end of a connection between these ports stands: its state, and the bytes that were not
/// read. Empty: there is none.
fn socket([local, remote]: [u16; 2]) -> (String, String) {
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    let [local, remote] = [local, remote].map(|port| format!(":{port:04X}"));
    let mut lines = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let it = lines.find(|line| line[1].ends_with(&local) && line[2].ends_with(&remote));
    it.map(|line| (line[3].to_owned(), line[4].to_owned())).unwrap_or_default()
}

/// The system gives up the connection between these ports, at the end that has the first. True: it has.
fn abort(ports: [u16; 2]) -> bool {
    let [local, remote] = ports.map(|port| port.to_string());
    let filter = ["-K", "-t", "sport", "=", &local, "dport", "=", &remote];
    Command::new("ss").args(filter).output().is_ok() && socket(ports).0.is_empty()
}

/// Whether a connection to this port is being made.
fn is_dialing(port: u16) -> bool {
    let (sockets, remote) =
        (fs::read_to_string("/proc/net/tcp").unwrap(), format!(":{port:04X} 02 "));
    sockets.contains(&remote)
}

fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

const ON: &str = "error timeout undelivered";
const OFF: &str = "error timeout";

#[test]
fn a_full_close_that_crosses_the_request() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.cross("POST", |kept| drop(kept.take()));
    assert_eq!(scene.told(true), "200");
    assert_eq!((scene.counted("undelivered_replays"), scene.counted("stale_replays")), (1, 1));
    assert_eq!(scene.undecided(), "");
    let mut scene = Scene::new(OFF);
    scene.cross("POST", |kept| drop(kept.take()));
    assert_eq!(scene.told(false), "502");
    assert_eq!((scene.counted("undelivered_replays"), scene.counted("stale_replays")), (0, 0));
    // The kernel's account was not asked for.
    assert_eq!(scene.undecided(), "");
    // What may be repeated is, without any proof.
    let mut scene = Scene::new(OFF);
    scene.cross("PUT", |kept| drop(kept.take()));
    assert_eq!(scene.told(true), "200");
    assert_eq!((scene.counted("undelivered_replays"), scene.counted("stale_replays")), (0, 1));
}

#[test]
fn the_replay_gets_a_connection_that_has_served_nobody() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    // Two are kept, and the first was used last.
    let (mut client, mut other) = scene.make_another();
    other.write_all(OK).unwrap();
    assert!(answer(&mut client).ends_with("ok"));
    scene.answer_kept();
    scene.cross("POST", |kept| drop(kept.take()));
    assert_eq!(scene.told(true), "200");
    assert_eq!(scene.counted("undelivered_replays"), 1);
}

#[test]
fn the_replay_waits_for_its_own_connection_even_if_another_is_free_before() {
    if other_binary() {
        return;
    }
    let server = listener();
    server.listen(0).unwrap();
    let mut scene = Scene::of(server.into(), "", ON);
    let (mut client, mut other) = scene.make_another();
    scene.answer_kept();
    // The server's system takes no more connections.
    let addr = scene.server.local_addr().unwrap();
    let waits = TcpStream::connect(addr).unwrap();
    scene.cross("POST", |kept| drop(kept.take()));
    wait_until("the replay's connection", || is_dialing(addr.port()));
    other.write_all(OK).unwrap();
    assert!(answer(&mut client).ends_with("ok"));
    scene.accept();
    drop(waits);
    assert_eq!(scene.told(true), "200");
}

#[test]
fn a_half_close_of_a_server_that_goes_on_to_process() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.cross("POST", half_close);
    assert!(request(scene.kept.as_mut().unwrap()).contains("POST /two"));
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("arrived", 0));
}

#[test]
fn a_half_close_of_a_server_that_discards() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.cross("POST", half_close);
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("arrived", 0));
}

/// Nothing of the request has left, but it will when the server reads: that it was not sent is no proof.
#[test]
fn a_half_close_of_a_server_that_will_read_later() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::narrow(ON);
    scene.clog();
    scene.cross("POST", half_close);
    assert_eq!(scene.told(false), "502");
    assert_eq!(scene.counted("stale_replays"), 0);
    let mut read = Vec::new();
    scene.kept.as_mut().unwrap().read_to_end(&mut read).unwrap();
    assert!(home::text(&read).contains("POST /two"));
}

#[test]
fn a_reset_that_comes_after_the_end_was_seen() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.cross_and_then(half_close_and_hear_nothing, |kept| reset(kept.take().unwrap()));
    assert_eq!(scene.told(true), "200");
    assert_eq!((scene.counted("undelivered_replays"), &*scene.undecided()), (1, ""));
}

#[test]
fn an_end_and_then_another_error_than_a_reset() {
    // Not everybody may, and not every system can.
    let probe = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(probe.local_addr().unwrap()).unwrap();
    let ports = [&client.local_addr(), &probe.local_addr()].map(|it| it.as_ref().unwrap().port());
    if other_binary() || !abort(ports) {
        return;
    }
    let mut scene = Scene::new(ON);
    let ports = scene.kept_ports();
    scene.cross_and_then(half_close_and_hear_nothing, |_| assert!(abort(ports)));
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("other-error", 0));
}

#[test]
fn a_server_that_was_waited_for_in_vain_three_times_is_not_waited_for() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    for undecided in [
        "no-reset",
        "no-reset no-reset",
        "no-reset no-reset no-reset",
        "no-reset no-reset no-reset not-awaited",
    ] {
        scene.cross("POST", half_close_and_hear_nothing);
        assert_eq!(scene.told(false), "502");
        assert_eq!(scene.undecided(), undecided);
        scene.keep_another();
    }
    // Where there is nothing to wait for it is proven as before, and that server is waited for again.
    scene.cross("POST", |kept| drop(kept.take()));
    assert_eq!(scene.told(true), "200");
    assert_eq!(scene.counted("undelivered_replays"), 1);
    scene.cross("POST", half_close_and_hear_nothing);
    assert_eq!(scene.told(false), "502");
    assert_eq!(scene.undecided(), "no-reset no-reset no-reset no-reset not-awaited");
}

#[test]
fn a_reset_before_the_request_and_one_behind_it() {
    if other_binary() {
        return;
    }
    for conditions in [ON, OFF] {
        let mut scene = Scene::new(conditions);
        // The write fails: not a byte of it was sent.
        scene.cross("POST", |kept| reset(kept.take().unwrap()));
        assert_eq!(scene.told(true), "200");
        let counted = ["never_sent_replays", "undelivered_replays"].map(|it| scene.counted(it));
        assert_eq!((counted, &*scene.undecided()), ([1, 0], ""));
        let mut scene = Scene::new(conditions);
        scene.send("POST");
        let kept = scene.kept.take().unwrap();
        kept.peek(&mut [0]).unwrap();
        reset(kept);
        assert_eq!(scene.told(false), "502");
        let undecided = if conditions == ON { "reset-alone" } else { "" };
        assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), (undecided, 0));
    }
}

#[test]
fn processed_and_then_closed() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.send("POST");
    let mut kept = scene.kept.take().unwrap();
    assert!(request(&mut kept).contains("POST /two"));
    drop(kept);
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("arrived", 0));
}

#[test]
fn a_part_of_it_arrived() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::narrow(ON);
    scene.send_large("/two");
    let kept = scene.kept.as_ref().unwrap();
    kept.peek(&mut [0]).unwrap();
    half_close(&mut scene.kept);
    reset(scene.kept.take().unwrap());
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("arrived", 0));
}

#[test]
fn some_of_an_answer_and_then_the_end() {
    if other_binary() {
        return;
    }
    for begun in ["HTTP/1.1 2", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let mut scene = Scene::new(ON);
        scene.send("POST");
        let mut kept = scene.kept.take().unwrap();
        assert!(request(&mut kept).contains("POST /two"));
        kept.write_all(begun.as_bytes()).unwrap();
        drop(kept);
        assert_eq!(scene.told(false), "502");
        assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("response-begun", 0));
    }
}

#[test]
fn nothing_at_all() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(&format!("{ON}; proxy_read_timeout 100ms"));
    scene.send("POST");
    assert!(request(scene.kept.as_mut().unwrap()).contains("POST /two"));
    assert_eq!(scene.told(false), "504");
    // The connection has not ended: there is nothing to decide.
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("", 0));
}

#[test]
fn an_end_before_the_request_was_written_whole() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::narrow(ON);
    let body = vec![b'x'; 8 << 20];
    let text = format!("POST /two HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    scene.second.write_all(text.as_bytes()).unwrap();
    scene.second.write_all(&body).unwrap();
    assert!(until_empty_line(scene.kept.as_mut().unwrap()).contains("POST /two"));
    half_close(&mut scene.kept);
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("unfinished", 0));
}

#[test]
fn a_body_that_was_passed_on_as_it_came() {
    if other_binary() {
        return;
    }
    let conditions = format!("{ON}; proxy_request_buffering off");
    let mut scene = Scene::new(&conditions);
    let head = b"POST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n";
    scene.second.write_all(head).unwrap();
    let mut kept = scene.kept.take().unwrap();
    until_empty_line(&mut kept);
    scene.second.write_all(b"2").unwrap();
    byte(&mut kept);
    drop(kept);
    assert_eq!(scene.told(false), "502");
    assert_eq!((&*scene.undecided(), scene.counted("stale_replays")), ("streamed", 0));
    // What has come with the head is in memory.
    let mut scene = Scene::new(&conditions);
    scene.cross("POST", |kept| drop(kept.take()));
    assert_eq!(scene.told(true), "200");
}

#[test]
fn a_unix_socket() {
    if other_binary() {
        return;
    }
    let path = std::env::temp_dir().join(format!("peerage-delivery-{}", std::process::id()));
    let server = UnixListener::bind(&path).unwrap();
    let home = Home::new(&format!(
        "server {{ listen 127.0.0.1:PORT;\n\
         location / {{ proxy_pass http://unix:{}:; proxy_next_upstream {ON}; }}\n\
         location /status {{ pool_status; }} }}",
        path.display()
    ));
    let _running = home.start();
    let mut client = home.connect();
    let post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1";
    client.write_all(post).unwrap();
    let (mut kept, _) = server.accept().unwrap();
    fs::remove_file(&path).unwrap();
    request(&mut kept);
    kept.write_all(OK).unwrap();
    assert!(answer(&mut client).ends_with("ok"));
    client.write_all(post).unwrap();
    request(&mut kept);
    drop(kept);
    assert!(answer(&mut client).starts_with("HTTP/1.1 502"));
    assert_eq!(undecided(&home), "unix-socket");
}

fn half_close(kept: &mut Option<TcpStream>) {
    let kept = kept.as_ref().unwrap();
    // What comes now is acknowledged at once: it must not depend on the time that this takes.
    SockRef::from(kept).set_tcp_quickack(true).unwrap();
    kept.shutdown(Shutdown::Write).unwrap();
}

/// Nothing more of what arrives gets any further than to the server's system, which does not acknowledge it.
fn half_close_and_hear_nothing(kept: &mut Option<TcpStream>) {
    const RETURN: u16 = 6;
    let drop_all = SockFilter::new(RETURN, 0, 0, 0);
    SockRef::from(kept.as_ref().unwrap()).attach_filter(&[drop_all]).unwrap();
    half_close(kept);
}

#[test]
fn half_a_head_that_comes_together_with_the_end() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.send("PUT");
    let mut kept = scene.kept.take().unwrap();
    assert!(request(&mut kept).contains("PUT /two"));
    scene.stop();
    kept.write_all(b"HTTP/1.1 200 OK\r\nX-").unwrap();
    drop(kept);
    scene.running.signal("CONT");
    // The server has begun to answer: that is its failure, not the connection's.
    assert_eq!(scene.told(false), "502");
    assert_eq!(scene.counted("stale_replays"), 0);
}

#[test]
fn a_kept_connection_that_ended_before_it_was_taken_is_no_hit() {
    if other_binary() {
        return;
    }
    ended_before_it_was_taken("");
    // Of all workers, one connection: that is the new one's place then.
    ended_before_it_was_taken(" max_conns=1; zone u 64k");
}

fn ended_before_it_was_taken(more: &str) {
    let mut scene = Scene::with(more, ON);
    scene.home.get_path("/warm");
    scene.stop();
    scene.send("POST");
    // What arrives first is looked at first.
    let ports = [scene.home.port, scene.second.local_addr().unwrap().port()];
    wait_until("the request to arrive", || !socket(ports).1.ends_with(":00000000"));
    let kept = scene.kept.take().unwrap();
    let ports = [kept.peer_addr(), kept.local_addr()].map(|addr| addr.unwrap().port());
    drop(kept);
    wait_until("the end to arrive", || socket(ports).0 != "01");
    scene.running.signal("CONT");
    assert_eq!(scene.told(true), "200");
    let counted = ["hits", "dials", "closed_idle", "stale_replays"].map(|it| scene.counted(it));
    assert_eq!(counted, [0, 2, 1, 0]);
}
