//! `max_conns` of workers that share a `zone`: a worker closes an idle connection when a request of another worker
//! needs its place, leaves places to requests queued in other workers, and wakes those workers at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::home::{Home, Running, other_binary, wait_until};
use crate::{children, kill, workers};

/// A server that keeps connections, and sees how many there are.
#[derive(Clone, Default)]
struct Server {
    open: Arc<AtomicU32>,
    /// One came, and the others did not end.
    too_many: Arc<AtomicBool>,
    asked: Arc<AtomicU32>,
    /// So many requests are answered; the others wait.
    answers: Arc<AtomicU32>,
}

/// All of them.
const ALL: u32 = u32::MAX;

impl Server {
    /// That, and a program whose workers share its `max_conns`.
    fn start(max_conns: u32, count: usize) -> (Self, Home, Running) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self::default();
        let it = server.clone();
        spawn(move || {
            listener.incoming().for_each(|stream| it.welcome(stream.unwrap(), max_conns))
        });
        let home = Home::with(
            &format!("master_process on; worker_processes {count}; user root;"),
            &format!(
                "upstream u {{ zone u 64k; server 127.0.0.1:{port} max_conns={max_conns}; queue 100; }}\n\
                 server {{ listen 127.0.0.1:PORT reuseport; add_header Worker $pid;\n\
                 location / {{ proxy_pass http://u; }}\n\
                 location = /who {{ return 200 well; }}\n\
                 location = /status {{ pool_status; }} }}"
            ),
        );
        let running = home.start();
        workers(&running, count);
        (server, home, running)
    }

    fn welcome(&self, stream: TcpStream, max_conns: u32) {
        // That one has ended may be seen a little later than that the next has come.
        for _ in 0..5000 {
            if self.open.load(SeqCst) < max_conns {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        if self.open.fetch_add(1, SeqCst) >= max_conns {
            self.too_many.store(true, SeqCst);
        }
        let it = self.clone();
        spawn(move || {
            it.serve(&stream);
            it.open.fetch_sub(1, SeqCst);
        });
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|len| len > 0) {
            if line == "\r\n" {
                let number = self.asked.fetch_add(1, SeqCst);
                while self.answers.load(SeqCst) <= number {
                    sleep(Duration::from_millis(1));
                }
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell");
            }
            line.clear();
        }
    }

    /// So many more are answered.
    fn answer(&self, more: u32) {
        self.answers.fetch_add(more, SeqCst);
    }

    fn check(&self, home: &Home, told: usize) {
        assert!(!self.too_many.load(SeqCst), "too many connections");
        let log = home.log();
        // One that looks by itself just when it is about to be told may be first.
        let untold = log.matches("a free place that no worker had told of").count();
        assert!(untold * 10 <= told, "{untold} of {told}: {log}");
        assert!(!log.contains("[alert]") && !log.contains("[error]"), "{log}");
    }
}

/// A client of one worker.
struct Client {
    stream: TcpStream,
    worker: i32,
}

impl Client {
    fn connect(home: &Home) -> Self {
        let mut client = Self { stream: home.connect(), worker: 0 };
        client.ask("/who");
        let head = client.hear();
        let worker = head.split_once("Worker: ").unwrap().1.split_once("\r\n").unwrap().0;
        client.worker = worker.parse().unwrap();
        client
    }

    /// Of each worker one.
    fn of_each(home: &Home, all: &[i32]) -> Vec<Self> {
        let of = |pid: &i32| loop {
            let client = Self::connect(home);
            if client.worker == *pid {
                return client;
            }
        };
        all.iter().map(of).collect()
    }

    fn ask(&mut self, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        self.stream.write_all(request.as_bytes()).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\nwell") {
            let len = self.stream.read(&mut byte).unwrap();
            assert!(len > 0, "{}", String::from_utf8_lossy(&answer));
            answer.push(byte[0]);
        }
        String::from_utf8(answer).unwrap()
    }
}

fn wait_for(home: &Home, waiting: usize) {
    let words = format!("\"waiting\":{waiting},");
    wait_until(&words, || home.get_path("/status").contains(&words));
}

#[test]
fn an_idle_connection_of_another_worker_is_closed_to_make_room() {
    if other_binary() {
        return;
    }
    for max_conns in [1, 2] {
        let (server, home, running) = Server::start(max_conns, 3);
        server.answer(ALL);
        let mut clients = Client::of_each(&home, &children(&running));
        for round in 0..100 {
            let client = &mut clients[round % 3];
            client.ask("/");
            client.hear();
        }
        server.check(&home, 100);
    }
}

#[test]
fn who_waits_in_another_worker_is_told_of_a_place() {
    if other_binary() {
        return;
    }
    let (server, home, running) = Server::start(1, 2);
    let mut clients = Client::of_each(&home, &children(&running));
    for round in 0..40 {
        let (one, other) = clients.split_at_mut(1);
        let (first, second) = (&mut one[0], &mut other[0]);
        first.ask("/");
        wait_until("the first", || server.asked.load(SeqCst) == 2 * round + 1);
        second.ask("/");
        wait_for(&home, 1);
        server.answer(1);
        first.hear();
        server.answer(1);
        second.hear();
        clients.reverse();
    }
    server.check(&home, 40);
}

#[test]
fn clients_of_all_workers_take_turns() {
    if other_binary() {
        return;
    }
    let (server, home, running) = Server::start(2, 3);
    server.answer(ALL);
    let all = children(&running);
    let clients = (0..4).flat_map(|_| Client::of_each(&home, &all));
    let clients: Vec<_> = clients
        .map(|mut client| {
            spawn(move || {
                for _ in 0..50 {
                    client.ask("/");
                    client.hear();
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|it| it.join().unwrap());
    server.check(&home, 600);
    // What is left of them is counted right.
    wait_until("the last to be over", || home.get_path("/status").contains("\"busy\":0,"));
    assert!(server.open.load(SeqCst) <= 2);
}

#[test]
fn a_worker_that_dies_or_is_stopped_is_waited_for_by_nobody() {
    if other_binary() {
        return;
    }
    for signal in ["KILL", "STOP"] {
        let (server, home, running) = Server::start(1, 3);
        let mut clients = Client::of_each(&home, &children(&running));
        clients[0].ask("/");
        wait_until("the first", || server.asked.load(SeqCst) == 1);
        for at in [1, 2] {
            clients[at].ask("/");
            wait_for(&home, at);
            // So that the one that waits longer is asked first.
            sleep(Duration::from_millis(60));
        }
        let first_in_line = clients[1].worker;
        kill(signal, first_in_line);
        server.answer(1);
        clients[0].hear();
        server.answer(1);
        clients[2].hear();
        server.answer(1);
        if signal == "STOP" {
            kill("CONT", first_in_line);
            clients[1].hear();
        }
        assert!(!server.too_many.load(SeqCst));
    }
}

#[test]
fn the_place_of_a_worker_that_dies_is_another_s() {
    if other_binary() {
        return;
    }
    let (server, home, running) = Server::start(1, 2);
    let mut clients = Client::of_each(&home, &children(&running));
    clients[0].ask("/");
    wait_until("the first", || server.asked.load(SeqCst) == 1);
    clients[1].ask("/");
    wait_for(&home, 1);
    let dead = clients[0].worker;
    kill("KILL", dead);
    server.answer(2);
    clients[1].hear();
    assert!(!server.too_many.load(SeqCst));
    // The one that comes in its stead takes part.
    wait_until("another", || {
        let now = children(&running);
        now.len() == 2 && !now.contains(&dead)
    });
    server.answer(ALL - 2);
    let mut clients = Client::of_each(&home, &children(&running));
    for round in 0..20 {
        clients[round % 2].ask("/");
        clients[round % 2].hear();
    }
    assert!(!server.too_many.load(SeqCst));
}

#[test]
fn who_waits_is_served_through_a_reload() {
    if other_binary() {
        return;
    }
    let (server, home, running) = Server::start(1, 2);
    let before = children(&running);
    let mut clients = Client::of_each(&home, &before);
    clients[0].ask("/");
    wait_until("the first", || server.asked.load(SeqCst) == 1);
    clients[1].ask("/");
    wait_for(&home, 1);
    crate::change(&home, "worker_processes 2", "worker_processes 3");
    running.signal("HUP");
    wait_until("new workers", || {
        children(&running).iter().filter(|pid| !before.contains(pid)).count() == 3
    });
    wait_until("the old ones to be told", || {
        home.log().matches("gracefully shutting down").count() == 2
    });
    server.answer(2);
    clients.iter_mut().for_each(|client| drop(client.hear()));
    server.answer(ALL - 2);
    wait_until("the old workers to end", || children(&running).len() == 3);
    let mut clients = Client::of_each(&home, &children(&running));
    for round in 0..30 {
        clients[round % 3].ask("/");
        clients[round % 3].hear();
    }
    server.check(&home, 32);
}
