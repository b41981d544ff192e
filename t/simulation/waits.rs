//! How long requests wait in a queue, by the clock of the network, and who is served first.

use peerage::base::rng::Rng;
use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::upstream::group::{Group, Groups};
use peerage::upstream::peer::{self, PeerConnection, PeerState};
use peerage::upstream::shared::state::SharedState;
use peerage::worker::{PeerIndex, Worker};

use crate::stray::accepted;
use crate::{check, ends};

/// Servers that are down, and a queue for them.
const CONF: &str = "events {} http { access_log off; upstream u {
    server 10.0.1.1:80 fail_timeout=1s; server 10.0.1.2:80 fail_timeout=60s; queue 10 timeout=3s; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://u; } } }";

fn ask(net: &SimNet) -> SimSocket {
    let mut client = net.dial(&Addr::parse("10.0.0.1:80").unwrap()).unwrap();
    let request = b"GET / HTTP/1.0\r\n\r\n";
    assert_eq!(client.send(request), Io::Done(request.len()));
    client
}

/// The time at which the client gets 502 or 503.
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

/// One place, and a queue for it.
const ONE: &str = "events {} http { access_log off; upstream u {
    server 10.0.1.1:80 max_conns=1; queue 10; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://u; } } }";

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

fn say(client: &mut SimSocket, path: &str) {
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    assert_eq!(client.send(request.as_bytes()), Io::Done(request.len()));
}

/// The next request that comes to the server, and its connection.
fn next_asked(w: &mut Worker, listener: &mut SimSocket) -> (SimSocket, String) {
    let mut buf = [0; 4096];
    for _ in 0..100 {
        turns(w, 1);
        let Some(mut server) = accepted(listener) else { continue };
        for _ in 0..100 {
            turns(w, 1);
            if let Io::Done(n) = server.recv(&mut buf, false) {
                let head = String::from_utf8_lossy(&buf[..n]);
                return (server, head.split(' ').nth(1).unwrap().to_owned());
            }
        }
    }
    panic!("no request comes: {}", check::census(w));
}

fn turns(w: &mut Worker, count: usize) {
    for _ in 0..count {
        turn(w);
        check::all(w).unwrap();
    }
}

/// The place is free and another request comes in the same turn; which of the two is seen first is chance.
#[test]
fn nobody_is_served_before_one_who_waits() {
    let (mut w, net) = ends::worker(ONE, Faults::none());
    let mut listener = net.listen(Addr::parse("10.0.1.1:80").unwrap());
    for _ in 0..50 {
        let mut clients = [(); 3].map(|()| net.dial(&Addr::parse("10.0.0.1:80").unwrap()).unwrap());
        turns(&mut w, 10);
        say(&mut clients[0], "/first");
        let (mut server, first) = next_asked(&mut w, &mut listener);
        say(&mut clients[1], "/second");
        turns(&mut w, 10);
        assert_eq!(w.groups.all[0].queue.list.len(), 1);
        assert_eq!(server.send(ANSWER), Io::Done(ANSWER.len()));
        say(&mut clients[2], "/third");
        drop(server);
        let mut order = vec![first];
        for _ in 0..2 {
            let (mut server, path) = next_asked(&mut w, &mut listener);
            assert_eq!(server.send(ANSWER), Io::Done(ANSWER.len()));
            order.push(path);
        }
        assert_eq!(order, ["/first", "/second", "/third"]);
        turns(&mut w, 10);
    }
}

/// The only connection that there may be is another worker's. A request that waits for its end leaves nothing behind
/// when its client goes, and passes the place on that it was offered.
#[test]
fn who_waits_for_room_may_leave() {
    for resets in [true, false] {
        leave_the_wait_for_room(resets);
    }
}

fn leave_the_wait_for_room(resets: bool) {
    let conf = ONE.replace("queue 10", "zone u 64k");
    let (mut w, net) = ends::worker(&conf, Faults::none());
    let groups = &w.conf.http.groups;
    let shared = SharedState::open(groups, false, 2, [1, 2]).unwrap();
    shared.join(&mut w.groups, 0);
    let mut other = Groups { all: groups.iter().map(Group::new).collect(), ..Groups::default() };
    shared.join(&mut other, 1);
    assert!(other.all[0].open(PeerIndex(0), false));
    let client = ask(&net);
    turns(&mut w, 10);
    assert_eq!(w.groups.all[0].queue.for_room.len(), 1);
    // The other worker wants one more, and this one is woken by the end.
    let (zone, peer) = (other.all[0].zone.as_ref().unwrap(), &other.all[0].peers[0]);
    zone.want(peer, true);
    zone.closed(peer);
    let wakers = &other.wakers.as_ref().unwrap().0;
    wakers.take_wake(1);
    if resets {
        client.reset_on_close();
    }
    drop(client);
    turns(&mut w, 10);
    assert!(w.groups.all[0].queue.for_room.is_empty() && w.requests.is_empty());
    assert!(wakers.take_wake(1), "the next one is not told");
}

/// Two places of workers that share a zone; the second server is not tried again once it has failed.
const TWO: &str = "events {} http { access_log off; upstream u { zone u 64k;
    server 10.0.1.1:80 max_conns=1 max_fails=0;
    server 10.0.1.2:80 max_conns=1 max_fails=1 fail_timeout=60s; queue 10 timeout=3s; }
    server { listen 10.0.0.1:80; location / { proxy_pass http://u; } } }";

/// A place is left to the oldest request of all, which times out before its worker looks; the worker's next request
/// cannot use the place. It goes to a request of another worker that came between the two.
#[test]
fn a_place_for_a_request_that_has_timed_out_is_offered_from_the_front() {
    let (mut w, net) = ends::worker(TWO, Faults::none());
    let mut listeners =
        ["10.0.1.1:80", "10.0.1.2:80"].map(|addr| net.listen(Addr::parse(addr).unwrap()));
    let groups = &w.conf.http.groups;
    let shared = SharedState::open(groups, false, 2, [1, 2]).unwrap();
    shared.join(&mut w.groups, 0);
    let mut other = Groups { all: groups.iter().map(Group::new).collect(), ..Groups::default() };
    shared.join(&mut other, 1);
    let mut rng = Rng::new(1);
    let mut take = |other: &mut Groups, at| {
        let mut pc = PeerConnection::default();
        peer::get(other, &mut pc, &mut rng, net.now(), true);
        assert_eq!(pc.peer, Some(PeerIndex(at)));
        pc
    };
    // The later request has the first server, and another worker the second.
    let _later = ask(&net);
    let (first, _) = next_asked(&mut w, &mut listeners[0]);
    let mut held = take(&mut other, 1);
    let _oldest = ask(&net);
    let since = net.now();
    while net.now() < since + 2000 {
        turn(&mut w);
    }
    peer::free(&mut other, &mut held, PeerState::Ok, net.now());
    other.all[0].zone.as_ref().unwrap().invite(0, net.now());
    let (second, _) = next_asked(&mut w, &mut listeners[1]);
    // Both fail. The later request has tried the first server, the oldest one the second.
    drop(first);
    turns(&mut w, 10);
    let between = net.now() - 500;
    let mut held = take(&mut other, 0);
    drop(second);
    turns(&mut w, 10);
    let queue = |w: &Worker| (w.groups.all[0].queue.list.len(), w.groups.all[0].queue.looked);
    assert_eq!(queue(&w).0, 2);
    // The next look is when the oldest request times out.
    while queue(&w).1 + 500 < since + 3050 {
        turn(&mut w);
    }
    peer::free(&mut other, &mut held, PeerState::Ok, net.now());
    let (zone, wakers) = (other.all[0].zone.as_ref().unwrap(), &other.wakers.as_ref().unwrap().0);
    zone.stand_in_line(between);
    zone.invite(0, net.now());
    wakers.take_wake(0);
    wakers.take_wake(1);
    while queue(&w).0 == 2 {
        turn(&mut w);
    }
    turn(&mut w);
    assert_eq!(queue(&w).0, 1);
    assert!(wakers.take_wake(1), "the place is offered to none");
}
