//! What `$upstream_pool` and `$upstream_pool_kept` say where it takes two requests at once, or a signal, to see it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use peerage::os::addr::Addr;
use peerage::os::net::{self, Io, ListenOptions, Socket};

use crate::home::{Home, other_binary, wait_until};

const MAIN: &str = "master_process on; user root;";

/// A server that does what the test says, one connection after another.
struct Server {
    listener: Socket,
    addr: SocketAddr,
}

impl Server {
    fn new() -> Self {
        let options = ListenOptions { backlog: Some(0), ..ListenOptions::default() };
        let listener = net::listen(&Addr::parse("127.0.0.1:0").unwrap(), &options).unwrap();
        let Some(Addr::Inet(addr)) = listener.local_addr() else { panic!("no address") };
        Self { listener, addr }
    }

    /// A folder with a configuration that passes everything on to it, and logs what became of it.
    fn home(&self) -> Home {
        let addr = self.addr;
        Home::with(
            MAIN,
            &format!(
                "log_format pool '$uri|$upstream_pool|$upstream_pool_kept';\n\
                 server {{ listen 127.0.0.1:PORT; access_log logs/access.log pool;\n\
                 location / {{ proxy_pass http://{addr}; }}\n\
                 location = /status {{ access_log off; pool_status; }} }}"
            ),
        )
    }

    fn accept(&mut self) -> Socket {
        let mut accepted = None;
        wait_until("a connection", || {
            if let Io::Done((socket, _)) = self.listener.accept() {
                accepted = Some(socket);
            }
            accepted.is_some()
        });
        accepted.unwrap()
    }

    /// From now on a connect neither succeeds nor fails, for as long as these are there.
    fn fill(&self) -> Vec<TcpStream> {
        let connect = || TcpStream::connect_timeout(&self.addr, Duration::from_millis(100)).ok();
        std::iter::from_fn(connect).collect()
    }
}

/// Waits for a request and returns its first line.
fn hear(socket: &mut Socket) -> String {
    let mut head = Vec::new();
    wait_until("a request", || {
        let mut buffer = [0; 4096];
        if let Io::Done(n) = socket.recv(&mut buffer) {
            head.extend_from_slice(&buffer[..n]);
        }
        head.ends_with(b"\r\n\r\n")
    });
    String::from_utf8_lossy(&head).lines().next().unwrap().to_owned()
}

fn say(socket: &mut Socket, text: &str) {
    assert_eq!(socket.send(text.as_bytes()), Io::Done(text.len()));
}

fn ask(home: &Home, path: &str) -> TcpStream {
    let mut client = home.connect();
    write!(client, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    client
}

fn answer(mut client: TcpStream) -> String {
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    answer
}

fn logged(home: &Home, lines: &str) {
    let log = || fs::read_to_string(home.path("logs/access.log")).unwrap();
    wait_until("the log's lines", || log().lines().count() >= lines.lines().count());
    assert_eq!(log(), lines);
}

#[test]
fn late_who_waits_for_his_own_connection_gets_one_that_is_free_before() {
    if other_binary() {
        return;
    }
    let mut server = Server::new();
    let home = server.home();
    let _running = home.start();
    let first = ask(&home, "/first");
    let mut upstream = server.accept();
    assert!(hear(&mut upstream).starts_with("GET /first "));
    let _queue = server.fill();
    let second = ask(&home, "/second");
    wait_until("the second to connect", || home.get_path("/status").contains("\"dialing\":1"));
    say(&mut upstream, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
    assert!(answer(first).ends_with("one"));
    assert!(hear(&mut upstream).starts_with("GET /second "));
    say(&mut upstream, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
    assert!(answer(second).ends_with("two"));
    logged(&home, "/first|dial|kept\n/second|late|kept\n");
}

#[test]
fn exiting_a_worker_that_stops_keeps_no_connection() {
    if other_binary() {
        return;
    }
    let mut server = Server::new();
    let home = server.home();
    let mut running = home.start();
    let client = ask(&home, "/");
    let mut upstream = server.accept();
    hear(&mut upstream);
    running.signal("QUIT");
    wait_until("the worker to hear of it", || home.log().contains("gracefully shutting down"));
    say(&mut upstream, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell");
    assert!(answer(client).ends_with("well"));
    wait_until("the connection to end", || upstream.recv(&mut [0]) == Io::Eof);
    assert!(running.end_within(5).success());
    logged(&home, "/|dial|exiting\n");
}
