//! What the configuration asks of sockets: how many clients are taken at once, how answers go out.

use std::fs;

use peerage::event::turn;
use peerage::handler;
use peerage::http::conf::ListenIndex;
use peerage::http::conf::load::parse_text;
use peerage::logs::access::AccessLogs;
use peerage::modules;
use peerage::os::addr::Addr;
use peerage::os::net::{Driver, Io, Socket};
use peerage::os::sim::{Faults, SimNet, SimSocket};
use peerage::serve::accept;
use peerage::worker::{Owner, Worker, rest};

fn worker(net: &SimNet, events: &str, server: &str) -> Worker {
    let conf = format!(
        "events {{ {events} }} http {{ access_log off; server {{ listen 10.0.0.1:80; {server} }} }}"
    );
    let conf = Box::leak(Box::new(parse_text(&conf).unwrap().conf));
    let pipeline = Box::leak(Box::new(modules::pipeline(conf)));
    let mut w = Worker::new(conf, pipeline, Driver::Sim(net.clone()), AccessLogs::default());
    let socket = Socket::Sim(net.listen(conf.http.listens[0].addr.clone()));
    let owner = Owner::Listener(ListenIndex(0));
    w.event.add_level(socket, owner, handler!(accept::accept), handler!(rest)).unwrap();
    w
}

fn dial(net: &SimNet) -> SimSocket {
    net.dial(&Addr::parse("10.0.0.1:80").unwrap()).unwrap()
}

/// Asks on a connection that is kept; the status and how many bytes came.
fn ask(w: &mut Worker, client: &mut SimSocket, path: &str, size: usize) -> String {
    client.send(format!("GET {path} HTTP/1.1\r\nHost: sim\r\n\r\n").as_bytes());
    let mut got = Vec::new();
    for _ in 0..100 {
        turn(w);
        let mut buf = vec![0; 64 << 10];
        if let Io::Done(n) = client.recv(&mut buf, false) {
            got.extend(&buf[..n]);
        }
        let head = got.windows(4).position(|end| end == b"\r\n\r\n");
        if head.is_some_and(|at| got.len() == at + 4 + size) {
            return String::from_utf8_lossy(&got[..12]).into_owned();
        }
    }
    panic!("{path}: {} bytes", got.len());
}

#[test]
fn multi_accept_takes_all_who_wait() {
    for (events, taken) in [("", 1), ("multi_accept off;", 1), ("multi_accept on;", 3)] {
        let net = SimNet::with_faults(1, Faults::none());
        let mut w = worker(&net, events, "return 204;");
        let clients = [(); 3].map(|()| dial(&net));
        turn(&mut w);
        assert_eq!(w.stats.accepted, taken, "{events}");
        turn(&mut w);
        turn(&mut w);
        assert_eq!((w.stats.accepted, clients.len()), (3, 3));
    }
}

#[test]
fn tcp_nodelay_is_the_locations() {
    let net = SimNet::with_faults(1, Faults::none());
    let server = "location / { return 200 abc; }\n\
                  location /slow { tcp_nodelay off; return 200 abc; }";
    let mut w = worker(&net, "", server);
    let mut client = dial(&net);
    // The listener's is on, and accepted sockets have it.
    for (path, nodelay) in [("/", None), ("/slow", Some(false)), ("/", Some(true))] {
        assert_eq!(ask(&mut w, &mut client, path, 3), "HTTP/1.1 200");
        assert_eq!(client.asked_there().unwrap().nodelay, nodelay, "{path}");
    }
}

#[test]
fn tcp_nopush_sends_head_and_file_together() {
    let folder = std::env::temp_dir().join(format!("peerage-sockets-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("file"), vec![b'x'; 20_000]).unwrap();
    for (settings, pieces) in [
        ("sendfile on; tcp_nopush on;", 1),
        ("sendfile on; tcp_nopush off;", 2),
        // As nginx: it is a matter of sendfile.
        ("sendfile off; tcp_nopush on;", 2),
    ] {
        let net = SimNet::with_faults(1, Faults::none());
        let server = format!("root {}; {settings}", folder.display());
        let mut w = worker(&net, "", &server);
        let mut client = dial(&net);
        for times in 1..3 {
            assert_eq!(ask(&mut w, &mut client, "/file", 20_000), "HTTP/1.1 200");
            let asked = client.asked_there().unwrap();
            assert_eq!((asked.pieces, asked.nopush), (pieces * times, false), "{settings}");
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn keepalive_min_timeout_is_a_promise() {
    for (settings, kept) in [("", false), ("keepalive_min_timeout 5s;", true)] {
        let net = SimNet::with_faults(1, Faults::none());
        let server = format!("return 200 abc; {settings}");
        let mut w = worker(&net, "worker_connections 16; multi_accept on;", &server);
        let mut first = dial(&net);
        assert_eq!(ask(&mut w, &mut first, "/", 3), "HTTP/1.1 200");
        // Others want its place, and it is the one that has waited longest.
        let crowd = |w: &mut Worker| {
            let others: Vec<SimSocket> = (0..20).map(|_| dial(&net)).collect();
            (0..5).for_each(|_| turn(w));
            others
        };
        let others = crowd(&mut w);
        assert_eq!(first.recv(&mut [0], false) == Io::Again, kept, "{settings}");
        drop(others);
        if kept {
            assert_eq!(ask(&mut w, &mut first, "/", 3), "HTTP/1.1 200");
            let end = w.event.now + 5000;
            while w.event.now <= end + 1000 {
                turn(&mut w);
            }
            let _others = crowd(&mut w);
            assert_eq!(first.recv(&mut [0], false), Io::Eof, "no longer than promised");
        }
    }
}
