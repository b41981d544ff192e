//! How long requests wait in a queue, by the clock of the network.

use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::worker::Worker;

use crate::{check, ends};

/// Servers that nobody has started, and a queue for them.
const CONF: &str = "events {} http { access_log off; upstream u {
    server 10.0.1.1:80 fail_timeout=1s; server 10.0.1.2:80 fail_timeout=60s; queue 10 timeout=3s; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://u; } } }";

fn ask(net: &SimNet) -> SimSocket {
    let mut client = net.dial(&Addr::parse("10.0.0.1:80").unwrap()).unwrap();
    let request = b"GET / HTTP/1.0\r\n\r\n";
    assert_eq!(client.send(request), Io::Done(request.len()));
    client
}

/// When the client is told that nobody can serve it.
fn refused(w: &mut Worker, net: &SimNet, client: &mut SimSocket) -> u64 {
    let mut buf = [0; 4096];
    loop {
        turn(w);
        check::all(w).unwrap();
        match client.recv(&mut buf, false) {
            Io::Done(n) if buf[..n].starts_with(b"HTTP/1.1 502 ") => return net.now(),
            Io::Again => {}
            other => panic!("{other:?}: {}", String::from_utf8_lossy(&buf)),
        }
    }
}

/// The one that waits is asked to try a server once a second, and waits for the other then.
#[test]
fn all_waits_of_a_request_together_are_no_longer_than_one() {
    let (mut w, net) = ends::worker(CONF, Faults::none());
    refused(&mut w, &net, &mut ask(&net));
    let mut first = ask(&net);
    let begun = net.now();
    while net.now() < begun + 500 {
        turn(&mut w);
    }
    let mut second = ask(&net);
    let since = net.now();
    // It has waited longer, though the other has been in the queue for longer by now.
    let first = refused(&mut w, &net, &mut first) - begun;
    let second = refused(&mut w, &net, &mut second) - since;
    assert!((3000..3200).contains(&first) && (3000..3200).contains(&second), "{first} {second}");
}
