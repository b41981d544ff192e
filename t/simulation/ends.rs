//! Clients that end in the middle of a request or of a tunnel: what is buffered for either side reaches it.

use peerage::event::turn;
use peerage::handler;
use peerage::http::conf::ListenIndex;
use peerage::http::conf::load::parse_text;
use peerage::logs::access::AccessLogs;
use peerage::modules;
use peerage::os::addr::Addr;
use peerage::os::net::{Driver, Io, Socket};
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::serve::{accept, delay};
use peerage::worker::{Job, Owner, Worker, rest};

use crate::check;
use crate::stray::accepted;

/// A worker, its network, where the server listens, and a client.
pub struct Scene {
    pub w: Worker,
    pub net: SimNet,
    pub listener: SimSocket,
    pub client: SimSocket,
}

pub fn scene(window: usize, location: &str) -> Scene {
    let conf = format!(
        "events {{}} http {{ access_log off; server {{ listen 10.0.0.1:80; location / {{
         proxy_pass http://10.0.1.1:80; proxy_http_version 1.1; {location} }} }} }}"
    );
    let (w, net) = worker(&conf, Faults { windows: vec![window], ..Faults::none() });
    let listener = net.listen(Addr::parse("10.0.1.1:80").unwrap());
    let client = net.dial(&Addr::parse("10.0.0.1:80").unwrap()).unwrap();
    Scene { w, net, listener, client }
}

/// A worker with that configuration, of one `listen`, and its network.
pub fn worker(conf: &str, faults: Faults) -> (Worker, SimNet) {
    let conf = Box::leak(Box::new(parse_text(conf).unwrap().conf));
    let net = SimNet::with_faults(1, faults);
    let pipeline = Box::leak(Box::new(modules::pipeline(conf)));
    let mut w = Worker::new(conf, pipeline, Driver::Sim(net.clone()), AccessLogs::default());
    let socket = Socket::Sim(net.listen(conf.http.listens[0].addr.clone()));
    let owner = Owner::Listener(ListenIndex(0));
    let id = w.event.add_level(socket, owner, handler!(accept::accept), handler!(rest)).unwrap();
    w.listeners.push(id);
    (w, net)
}

impl Scene {
    /// Asks, and returns the server's end of the connection on which the request has come.
    pub fn ask(&mut self, request: &[u8]) -> SimSocket {
        assert_eq!(self.client.send(request), Io::Done(request.len()));
        for _ in 0..50 {
            self.turn();
            let Some(mut server) = accepted(&mut self.listener) else { continue };
            for _ in 0..50 {
                self.turn();
                if let Io::Done(_) = server.recv(&mut [0; 4096], false) {
                    return server;
                }
            }
        }
        panic!("the request did not come");
    }

    /// The client sends as much as it can. Returns the number of bytes sent.
    pub fn say_all(&mut self) -> usize {
        let mut said = 0;
        for _ in 0..50 {
            self.turn();
            if let Io::Done(n) = self.client.send(&[b'x'; 300]) {
                said += n;
            }
        }
        said
    }

    /// Another client in place of the one that was there.
    pub fn dial(&mut self) {
        self.client = self.net.dial(&Addr::parse("10.0.0.1:80").unwrap()).unwrap();
    }

    pub fn turn(&mut self) {
        turn(&mut self.w);
        check::all(&mut self.w).unwrap();
    }
}

/// What the client receives until the end of the connection.
fn hear(scene: &mut Scene) -> Vec<u8> {
    let mut heard = Vec::new();
    for _ in 0..500 {
        scene.turn();
        let mut buf = [0; 4096];
        match scene.client.recv(&mut buf, false) {
            Io::Done(n) => heard.extend(&buf[..n]),
            Io::Again => {}
            Io::Eof => return heard,
            Io::Fail(e) => panic!("{e}"),
        }
    }
    panic!("no end: {}", check::census(&scene.w));
}

/// What the client receives until `count` times `x` are among it.
fn receive(scene: &mut Scene, count: usize) -> Vec<u8> {
    let mut heard = Vec::new();
    for _ in 0..500 {
        scene.turn();
        let mut buf = [0; 4096];
        if let Io::Done(n) = scene.client.recv(&mut buf, false) {
            heard.extend(&buf[..n]);
        }
        if heard.iter().filter(|&&byte| byte == b'x').count() == count {
            return heard;
        }
    }
    panic!("{} of {count}: {}", heard.len(), check::census(&scene.w));
}

/// A scene with a tunnel through it, and the server's end of that. `client_half_close` does not bear on tunnels.
fn tunnel(half_close: &str) -> (Scene, SimSocket) {
    let upgrade = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
    let mut it = scene(300, &format!("{upgrade} client_half_close {half_close};"));
    let mut server =
        it.ask(b"GET / HTTP/1.1\r\nHost: sim\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
    let head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    assert_eq!(server.send(head), Io::Done(head.len()));
    (it, server)
}

/// What the server sends before and after the client's FIN reaches the client; the server's FIN ends the tunnel.
#[test]
fn a_client_that_has_finished_receives_the_rest_of_a_tunnel() {
    for half_close in ["on", "off"] {
        let (mut it, mut server) = tunnel(half_close);
        let mut said = 0;
        for _ in 0..20 {
            it.turn();
            if let Io::Done(n) = server.send(&[b'x'; 300]) {
                said += n;
            }
        }
        // The client has read nothing: its window is full, and then the worker holds some.
        let waits = it.w.channels.iter().map(|(_, it)| it.outbox.memory()).sum::<usize>();
        assert!(waits > 0 && said > 300);
        it.client.shutdown_write();
        let mut heard = receive(&mut it, said);
        assert_eq!(server.recv(&mut [0; 1], false), Io::Eof);
        assert_eq!(server.send(b"late"), Io::Done(4));
        server.shutdown_write();
        heard.extend(hear(&mut it));
        assert!(heard.starts_with(b"HTTP/1.1 101 ") && heard.ends_with(b"xxlate"));
        assert_eq!(heard.iter().filter(|&&byte| byte == b'x').count(), said);
        it.turn();
        assert_eq!((it.w.requests.len(), it.w.upstreams.len()), (0, 0));
    }
}

/// What the client sent before its FIN reaches the server, and then the FIN; the server's FIN ends the tunnel.
#[test]
fn a_server_receives_what_a_client_sent_before_it_finished() {
    for half_close in ["on", "off"] {
        let (mut it, mut server) = tunnel(half_close);
        let said = it.say_all();
        let waits = it.w.upstreams.iter().map(|(_, it)| it.out.len()).sum::<usize>();
        assert!(waits > 0 && said > 300, "{waits} wait of {said}");
        it.client.shutdown_write();
        let (mut heard, mut ended) = (0, false);
        for _ in 0..500 {
            it.turn();
            match server.recv(&mut [0; 4096], false) {
                Io::Done(n) => heard += n,
                Io::Again => {}
                Io::Eof => ended = true,
                Io::Fail(e) => panic!("{e}"),
            }
        }
        assert_eq!((heard, ended), (said, true));
        assert_eq!((it.w.requests.len(), it.w.upstreams.len()), (1, 1));
        server.shutdown_write();
        hear(&mut it);
        it.turn();
        assert_eq!((it.w.requests.len(), it.w.upstreams.len()), (0, 0));
    }
}

/// A client leaves in the same turn in which something is posted for its request: that finds it finished.
#[test]
fn nothing_more_is_done_for_a_request_that_has_ended() {
    let mut it = scene(1 << 16, "");
    // Its body is collected, and will never be whole.
    it.client.send(b"POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 100\r\n\r\nhalf");
    while it.w.requests.is_empty() {
        it.turn();
    }
    it.turn();
    let id = it.w.requests.iter().next().unwrap().0;
    it.client.reset_on_close();
    let Scene { mut w, client, .. } = it;
    drop(client);
    while w.requests.get(id).is_some() {
        w.event.post_job(Job::RequestWrite(id));
        turn(&mut w);
        check::all(&mut w).unwrap();
    }
    assert_eq!((w.channels.len(), w.stats.logged), (0, 1));
}

/// Each write event of the client calls the handler that works in steps.
#[test]
fn a_request_has_one_job_for_its_next_step() {
    let mut it = scene(1 << 16, "");
    it.client.send(b"POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 100\r\n\r\nhalf");
    while it.w.requests.is_empty() {
        it.turn();
    }
    it.turn();
    let w = &mut it.w;
    let id = w.requests.iter().next().unwrap().0;
    w.requests[id].write = |w, id| (0..3).for_each(|_| delay::next_step(w, id));
    let queued = |w: &Worker| w.event.posted_jobs().count();
    for _ in 0..3 {
        delay::next_step(w, id);
        delay::next_long_step(w, id);
    }
    assert_eq!(queued(w), 1);
    turn(w);
    assert_eq!(queued(w), 1);
}
