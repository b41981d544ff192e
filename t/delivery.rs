//! `proxy_next_upstream undelivered` with real sockets: what a server does to a kept connection just when a
//! request is written to it, and whether the request is sent again.
//!
//! The program is made to write at the right moment without a race: it is stopped while two clients send. The
//! first request is refused, which is logged to two pipes, of which the second is full. While the program waits
//! there it has yet to look at the second request, and does not look at its other sockets before it does.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use socket2::SockRef;

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
    said: File,
    full: File,
    running: Running,
    home: Home,
}

impl Scene {
    fn new(next_upstream: &str) -> Self {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let home = Home::new(&format!(
            "upstream u {{ server 127.0.0.1:{port}; }}\n\
             server {{ listen 127.0.0.1:PORT; \n\
             location / {{ proxy_pass http://u; proxy_next_upstream {next_upstream}; }}\n\
             location /warm {{ return 200 x; }}\n\
             location /status {{ pool_status; }}\n\
             location /stop {{ error_log logs/said error; error_log logs/full error; deny all; }} }}"
        ));
        let [said, full] = ["logs/said", "logs/full"].map(|name| pipe(&home, name));
        let running = home.start();
        let (mut first, mut second) = (home.connect(), home.connect());
        first.write_all(b"GET /warm HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(answer(&mut first).ends_with("x"));
        second.write_all(b"POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1").unwrap();
        let mut kept = server.accept().unwrap().0;
        assert!(request(&mut kept).contains("POST /one"));
        kept.write_all(OK).unwrap();
        assert!(answer(&mut second).ends_with("ok"));
        server.set_nonblocking(true).unwrap();
        Self { server, kept: Some(kept), first, second, said, full, running, home }
    }

    /// The second client's request is written to the kept connection when `act` has been done to its server's
    /// end, and before anything has been heard of that.
    fn cross(&mut self, method: &str, act: impl FnOnce(&mut Option<TcpStream>)) {
        fill(&self.home.path("logs/full"));
        // What the program is still about to do for those two is done once it has answered another.
        self.home.get_path("/warm");
        self.running.signal("STOP");
        let stat = format!("/proc/{}/stat", self.running.id());
        wait_until("the stop", || fs::read_to_string(&stat).unwrap().contains(") T "));
        self.first.write_all(b"GET /stop HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        // What arrives first is looked at first.
        let ports = [self.home.port, self.first.local_addr().unwrap().port()];
        wait_until("the first request to arrive", || !socket(ports).1.ends_with(":00000000"));
        self.send(method);
        self.running.signal("CONT");
        self.said.read_exact(&mut [0]).unwrap();
        let kept = self.kept.as_ref().unwrap();
        let ports = [kept.peer_addr(), kept.local_addr()].map(|addr| addr.unwrap().port());
        act(&mut self.kept);
        wait_until("that to arrive", || socket(ports).0 != "01");
        self.full.read_exact(&mut [0; 8192]).unwrap();
    }

    fn send(&mut self, method: &str) {
        let text = format!("{method} /two HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2");
        self.second.write_all(text.as_bytes()).unwrap();
    }

    /// What the client is told in the end. `again`: the request is sent again, on a new connection, and answered.
    fn told(&mut self, again: bool) -> String {
        if again {
            let mut fresh = None;
            wait_until("the request on a new connection", || {
                fresh = self.server.accept().ok();
                fresh.is_some()
            });
            let (mut fresh, _) = fresh.unwrap();
            fresh.set_nonblocking(false).unwrap();
            assert!(request(&mut fresh).contains(" /two "));
            fresh.write_all(OK).unwrap();
        }
        let told = answer(&mut self.second);
        assert!(self.server.accept().is_err(), "the request was sent once more");
        told[9..12].to_owned()
    }

    fn counted(&self, name: &str) -> u64 {
        let status = self.home.get_path("/status");
        let (_, value) = status.split_once(&format!("\"{name}\":")).expect(name);
        value.split([',', '}']).next().unwrap().parse().unwrap()
    }
}

/// A pipe that may be opened for writing, since it is open for reading.
fn pipe(home: &Home, name: &str) -> File {
    let path = home.path(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    File::options().read(true).write(true).open(path).unwrap()
}

fn fill(path: &std::path::Path) {
    let room = 64 << 10;
    let mut pipe = File::options().write(true).open(path).unwrap();
    pipe.write_all(&vec![b'x'; room]).unwrap();
}

/// A request whole, with its body of one byte.
fn request(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut text = Vec::new();
    while home::text(&text).split_once("\r\n\r\n").is_none_or(|(_, body)| body.len() != 1) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    home::text(&text)
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
    let mut scene = Scene::new(OFF);
    scene.cross("POST", |kept| drop(kept.take()));
    assert_eq!(scene.told(false), "502");
    assert_eq!((scene.counted("undelivered_replays"), scene.counted("stale_replays")), (0, 0));
    // What may be repeated is, without any proof.
    let mut scene = Scene::new(OFF);
    scene.cross("PUT", |kept| drop(kept.take()));
    assert_eq!(scene.told(true), "200");
    assert_eq!((scene.counted("undelivered_replays"), scene.counted("stale_replays")), (0, 1));
}

#[test]
fn a_half_close_of_a_server_that_goes_on_to_process() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.cross("POST", |kept| kept.as_ref().unwrap().shutdown(Shutdown::Write).unwrap());
    assert!(request(scene.kept.as_mut().unwrap()).contains("POST /two"));
    assert_eq!(scene.told(false), "502");
    assert_eq!((scene.counted("undecided"), scene.counted("stale_replays")), (1, 0));
}

#[test]
fn a_half_close_of_a_server_that_discards() {
    if other_binary() {
        return;
    }
    let mut scene = Scene::new(ON);
    scene.cross("POST", |kept| kept.as_ref().unwrap().shutdown(Shutdown::Write).unwrap());
    assert_eq!(scene.told(false), "502");
    assert_eq!((scene.counted("undecided"), scene.counted("stale_replays")), (1, 0));
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
        assert_eq!(counted, [1, 0]);
        let mut scene = Scene::new(conditions);
        scene.send("POST");
        let kept = scene.kept.take().unwrap();
        kept.peek(&mut [0]).unwrap();
        reset(kept);
        assert_eq!(scene.told(false), "502");
        let undecided = u64::from(conditions == ON);
        assert_eq!((scene.counted("undecided"), scene.counted("stale_replays")), (undecided, 0));
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
    assert_eq!(scene.counted("stale_replays"), 0);
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
    assert_eq!(scene.counted("stale_replays"), 0);
}
