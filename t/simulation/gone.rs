//! Clients that close in an orderly way while their requests wait: each wait ends at once, and so does the server's
//! connection.

use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::worker::Worker;

use crate::ends::{Scene, scene, worker};
use crate::setup::temp_path;
use crate::stray::accepted;
use crate::{check, names};

const FRONT: &str = "10.0.0.1:80";
const SERVER: &str = "10.0.1.1:80";

fn turns(w: &mut Worker, count: usize) {
    for _ in 0..count {
        turn(w);
        check::all(w).unwrap();
    }
}

fn ask(net: &SimNet, path: &str) -> SimSocket {
    let mut client = net.dial(&Addr::parse(FRONT).unwrap()).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: sim\r\n\r\n");
    assert_eq!(client.send(request.as_bytes()), Io::Done(request.len()));
    client
}

/// The path of each request that comes to the server within some turns; those it answers at once are answered.
fn serve(w: &mut Worker, listener: &mut SimSocket, servers: &mut Vec<SimSocket>) -> Vec<String> {
    let mut asked = Vec::new();
    for _ in 0..60 {
        turns(w, 1);
        servers.extend(accepted(listener));
        let mut buf = [0; 4096];
        servers.retain_mut(|server| match server.recv(&mut buf, false) {
            Io::Done(n) => {
                let head = String::from_utf8_lossy(&buf[..n]);
                asked.push(head.split(' ').nth(1).unwrap().to_owned());
                true
            }
            Io::Again => true,
            Io::Eof | Io::Fail(_) => false,
        });
    }
    asked
}

/// One place and a queue: twelve that ask and close, then one that stays.
#[test]
fn the_living_do_not_wait_behind_the_dead() {
    let conf =
        "events {} http { access_log off; upstream u { server 10.0.1.1:80 max_conns=1; queue 100; }
         server { listen 10.0.0.1:80; location / { proxy_pass http://u; } } }";
    let (mut w, net) = worker(conf, Faults::none());
    let mut listener = net.listen(Addr::parse(SERVER).unwrap());
    let dead: Vec<SimSocket> = (0..12).map(|_| ask(&net, "/dead")).collect();
    let mut servers = Vec::new();
    assert_eq!(serve(&mut w, &mut listener, &mut servers), ["/dead"]);
    assert_eq!(w.groups.all[0].queue.list.len(), 11);
    drop(dead);
    let _living = ask(&net, "/living");
    assert_eq!(serve(&mut w, &mut listener, &mut servers), ["/living"]);
    assert_eq!((servers.len(), w.requests.len()), (1, 1));
    assert!(w.groups.all[0].queue.list.is_empty());
}

/// The lookup ends with the last request that waits for it, and nothing of it keeps a worker that stops.
#[test]
fn a_name_is_not_looked_up_for_a_client_that_has_closed() {
    let conf = format!(
        "events {{}} http {{ access_log off; resolver {} ipv6=off; resolver_timeout 600s;
         server {{ listen {FRONT}; location / {{ set $to a.test; proxy_pass http://$to; }} }} }}",
        names::NAME_SERVER
    );
    let (mut w, net) = worker(&conf, Faults::none());
    let _silent = net.bind_datagram(Addr::parse(names::NAME_SERVER).unwrap());
    let idle = w.event.conns.len();
    let client = ask(&net, "/");
    turns(&mut w, 20);
    assert_eq!((w.requests.len(), w.event.conns.len()), (1, idle + 2));
    drop(client);
    turns(&mut w, 20);
    assert_eq!((w.requests.len(), w.upstreams.len(), w.event.conns.len()), (0, 0, idle));
}

/// The body is passed on as it comes, and the server takes no more of it: no read of ours comes to the end.
#[test]
fn a_server_that_takes_nothing_does_not_hide_the_end() {
    let mut it = scene(300, "proxy_request_buffering off;");
    let mut server = it.ask(b"POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 100000\r\n\r\n");
    let said = it.say_all();
    let waits = it.w.upstreams.iter().map(|(_, it)| it.out.len()).sum::<usize>();
    assert!(waits > 0 && said > 300, "{waits} wait of {said}");
    let Scene { mut w, mut client, .. } = it;
    client.shutdown_write();
    turns(&mut w, 20);
    assert_eq!((w.requests.len(), w.upstreams.len(), w.channels.len()), (0, 0, 0));
    while let Io::Done(_) = server.recv(&mut [0; 4096], false) {}
    assert_eq!(server.recv(&mut [0; 4096], false), Io::Eof);
}

/// The server has broken off its answer, and what there is of it waits for the client in a file.
#[test]
fn what_is_left_of_an_answer_is_not_kept_for_a_client_that_has_closed() {
    let mut it = scene(300, &format!("proxy_temp_path {};", temp_path()));
    let mut server = it.ask(b"GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    assert_eq!(server.send(head), Io::Done(head.len()));
    let spools = |w: &Worker| {
        w.requests.iter().any(|(_, it)| it.rare.ctx.as_ref().is_some_and(|ctx| ctx.spool.is_some()))
    };
    while !spools(&it.w) {
        it.turn();
        server.send(&[b'x'; 300]);
    }
    drop(server);
    while it.w.upstreams.len() == 1 {
        it.turn();
    }
    assert_eq!((it.w.requests.len(), it.w.channels.len()), (1, 1));
    it.client.shutdown_write();
    for _ in 0..20 {
        it.turn();
    }
    assert_eq!((it.w.requests.len(), it.w.channels.len()), (0, 0));
}
