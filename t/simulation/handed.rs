//! A request that waits for room is handed a connection in the turn in which its body comes.

use peerage::base::ids::PeerIndex;
use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{Faults, SimSocket};
use peerage::upstream::group::Group;
use peerage::upstream::shared::state::SharedState;
use peerage::worker::Worker;

use crate::check;
use crate::ends;
use crate::stray::accepted;

const CONF: &str = "events {} http { access_log off; upstream u { zone u 64k; keepalive 4;
    server 10.0.1.1:80 max_conns=2; server 10.0.1.2:80 max_fails=0; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://u; proxy_request_buffering off;
        proxy_http_version 1.1; proxy_set_header Connection ''; } } }";

/// What the first server hears after its first answer. The body comes about then, in a world of that number.
fn heard(number: u32) -> String {
    let (mut w, net) = ends::worker(CONF, Faults { late: 3, spurious: 3, ..Faults::none() });
    let addr = |text: &str| Addr::parse(text).unwrap();
    let mut listeners = [1, 2].map(|n| net.listen(addr(&format!("10.0.1.{n}:80"))));
    let shared = SharedState::open(&w.conf.http.groups, false, 2, [1, 2]).unwrap();
    shared.join(&mut w.groups, 0);
    let mut other = Group::new(&w.conf.http.groups[0]);
    other.share_state(shared.zones()[0].as_ref().unwrap().of_worker(1));
    let mut servers = [None, None];
    let mut text = String::new();
    let mut step = |w: &mut Worker, servers: &mut [Option<SimSocket>; 2]| {
        turn(w);
        check::all(w).unwrap();
        for (listener, server) in listeners.iter_mut().zip(servers) {
            *server = accepted(listener).or_else(|| server.take());
            let mut buf = [0; 1000];
            if let Some(Io::Done(n)) = server.as_mut().map(|it| it.recv(&mut buf, false)) {
                text += &String::from_utf8_lossy(&buf[..n]);
            }
        }
        std::mem::take(&mut text)
    };
    let put = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
    // The first server is asked for what it answers only later, the second one for what it never does.
    let mut clients = vec![];
    for head in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", put] {
        let mut client = net.dial(&addr("10.0.0.1:80")).unwrap();
        client.send(head.as_bytes());
        clients.push(client);
        while step(&mut w, &mut servers).is_empty() {}
    }
    // Another worker has a connection with the first server, too.
    assert!(other.open(PeerIndex(0), false));
    servers[1] = None;
    while w.groups.all[0].queue.for_room.is_empty() {
        step(&mut w, &mut servers);
    }
    for _ in 0..number {
        step(&mut w, &mut servers);
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    servers[0].as_mut().unwrap().send(answer);
    let mut heard = String::new();
    for at in 0..40 {
        if at == number % 3 {
            clients[1].send(b"hello");
        }
        heard += &step(&mut w, &mut servers);
    }
    heard
}

#[test]
fn its_head_goes_first() {
    for number in 0..100 {
        let heard = heard(number);
        assert!(heard.starts_with("PUT /") && heard.ends_with("hello"), "{number}: {heard:?}");
    }
}
