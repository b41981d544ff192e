//! The reactor alone, on real sockets, around the smallest host: an echo.

use super::*;
use crate::handler;
use crate::os::addr::Addr;
use crate::os::net::ConnectOptions;
use crate::os::net::Driver;
use crate::os::net::{Io, ListenOptions, Socket, listen};

struct Echo {
    event: Reactor<Self>,
    jobs: Vec<u32>,
    reposts: u32,
}

/// The job that defers two others.
const DEFERS: u32 = 8;

impl Host for Echo {
    type Owner = ();
    type Job = u32;
    fn event(&mut self) -> &mut Reactor<Self> {
        &mut self.event
    }
    fn run(&mut self, job: u32) {
        self.jobs.push(job);
        if job == 7 && self.reposts > 0 {
            self.reposts -= 1;
            self.event.post_job(7);
        }
        if job == DEFERS {
            self.event.defer_job(1);
            self.event.defer_job(2);
        }
    }
    fn reap(&mut self) {}
}

fn rest(_: &mut Echo, _: ConnId) {}

fn accept(w: &mut Echo, id: ConnId) {
    if let listen::Accepted::Client(socket, _) = listen::accept(w, id) {
        let id = w.event.add(socket, (), handler!(echo), handler!(rest)).unwrap();
        w.event.set_reusable(id, true);
    }
}

fn echo(w: &mut Echo, id: ConnId) {
    if w.event.conns[id].read.timedout || w.event.conns[id].give_up {
        return w.event.close(id);
    }
    let mut buf = [0; 100];
    match w.event.recv(id, &mut buf) {
        Io::Done(n) => {
            w.event.send(id, &buf[..n]);
            w.event.arm(id, Side::Read, 20);
        }
        Io::Again => {}
        _ => w.event.close(id),
    }
}

fn world(limit: usize) -> (Echo, std::net::SocketAddr) {
    let driver = Driver::epoll(64).unwrap();
    let mut w = Echo { event: Reactor::new(driver, limit), jobs: vec![], reposts: 0 };
    let any = Addr::Inet("127.0.0.1:0".parse().unwrap());
    let socket = listen(&any, &ListenOptions::default()).unwrap();
    let Some(Addr::Inet(addr)) = socket.local_addr() else { panic!("bound to an address") };
    w.event.add_level(socket, (), handler!(accept), handler!(rest)).unwrap();
    (w, addr)
}

#[test]
fn echoes_and_times_out() {
    use std::io::{Read, Write};
    let (mut w, addr) = world(16);
    let mut client = std::net::TcpStream::connect(addr).unwrap();
    client.write_all(b"hello").unwrap();
    while w.event.timers() == 0 {
        turn(&mut w);
    }
    let mut got = [0; 5];
    client.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"hello");
    while w.event.conns.len() > 1 {
        turn(&mut w);
    }
    assert_eq!(client.read(&mut got).unwrap(), 0);
    assert_eq!(w.event.timers(), 0);
}

#[test]
fn idle_connections_make_room_oldest_first() {
    let (mut w, addr) = world(4);
    let clients: Vec<_> = (0..6)
        .map(|_| {
            let client = std::net::TcpStream::connect(addr).unwrap();
            turn(&mut w);
            client
        })
        .collect();
    assert!(w.event.conns.len() <= 4);
    use std::io::Read;
    assert_eq!((&clients[0]).read(&mut [0]).unwrap(), 0, "the oldest was given up");
    clients[5].set_nonblocking(true).unwrap();
    assert!((&clients[5]).read(&mut [0]).is_err(), "the newest stays");
}

#[test]
fn who_is_nearly_full_leaves_clients_to_others_for_a_while() {
    let (mut w, addr) = world(128);
    let listener = w.event.conns.iter().map(|(id, _)| id).next().unwrap();
    w.event.conns[listener].shared = true;
    let mut clients = Vec::new();
    // It has 128 slots of which the listener has one, and is nearly full with 113.
    for taken in [113, 3] {
        for number in 1..=taken {
            assert!(!w.event.conns[listener].read.is_armed(), "it rests after {number}");
            clients.push(std::net::TcpStream::connect(addr).unwrap());
            turn(&mut w);
        }
        assert!(w.event.conns[listener].read.is_armed(), "after {taken} it rests");
        // No event tells it of the next one, the first of the four that it takes after its rest.
        let _next = std::net::TcpStream::connect(addr).unwrap();
        let mut ready = Vec::new();
        w.event.driver.wait(&mut ready, Some(0));
        assert!(ready.iter().all(|it| it.token != listener.into()));
        listen::resume(&mut w.event, listener);
        turn(&mut w);
    }
}

#[test]
fn posted_jobs_run_in_the_same_turn_but_boundedly() {
    let (mut w, _) = world(4);
    w.event.post_job(1);
    w.reposts = 100;
    w.event.post_job(7);
    turn(&mut w);
    assert_eq!(w.jobs.len(), 1 + ROUNDS);
    turn(&mut w);
    assert_eq!(w.jobs.len(), 1 + 2 * ROUNDS);
}

#[test]
fn deferred_jobs_run_one_a_turn_none_of_which_waits() {
    let (mut w, _) = world(4);
    w.event.post_job(DEFERS);
    turn(&mut w);
    assert_eq!(w.jobs, [DEFERS]);
    turn(&mut w);
    assert_eq!(w.jobs, [DEFERS, 1]);
    turn(&mut w);
    assert_eq!(w.jobs, [DEFERS, 1, 2]);
}

#[test]
fn a_closed_connection_is_freed_when_the_turn_ends() {
    let (mut w, addr) = world(4);
    let options = ConnectOptions::default();
    let Ok(id) = w.event.connect(&addr.into(), &options, (), handler!(rest), handler!(rest)) else {
        panic!("connect")
    };
    w.event.arm(id, Side::Read, 10_000);
    w.event.close(id);
    w.event.close(id);
    assert!(w.event.conns.get(id).is_some());
    assert!(matches!(w.event.conns[id].socket, Socket::Closed));
    w.event.post_job(1);
    turn(&mut w);
    assert!(w.event.conns.get(id).is_none());
    assert_eq!(w.event.timers(), 0);
}
