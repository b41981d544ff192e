//! A connection from the cache dies under a request: that is neither a failure of its server nor a try.

use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{Faults, SimNet, SimSocket};

use crate::stray::{accepted, worker_for};

/// What the server at hand answers, on its connection or on one that it accepts.
fn serve(listener: &mut SimSocket, conn: &mut Option<SimSocket>, name: &str) {
    if let Some(new) = accepted(listener) {
        *conn = Some(new);
    }
    let Some(it) = conn else { return };
    if let Io::Done(_) = it.recv(&mut [0; 1000], false) {
        it.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{name}").as_bytes());
    }
}

/// Two requests. The first server reads the second one, and closes; then it listens no more, or still does.
fn who_answers(listens: bool) -> String {
    let net = SimNet::with_faults(1, Faults::none());
    let addr = |text| Addr::parse(text).unwrap();
    let mut w = worker_for(&net, "server 10.0.1.1:80; server 10.0.1.2:80 backup;").unwrap();
    let mut first = Some(net.listen(addr("10.0.1.1:80")));
    let mut second = net.listen(addr("10.0.1.2:80"));
    let (mut conn, mut other) = (None, None);
    let mut client = net.dial(&addr("10.0.0.1:80")).unwrap();
    let mut answers = Vec::new();
    for n in 0..2 {
        client.send(b"GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
        let mut closes = n == 1;
        for _ in 0..100 {
            turn(&mut w);
            let kept: Option<&mut SimSocket> = conn.as_mut().filter(|_| closes);
            if kept.is_some_and(|it| matches!(it.recv(&mut [0; 1000], false), Io::Done(_))) {
                conn = None;
                closes = false;
                first = first.filter(|_| listens);
            }
            if let Some(first) = first.as_mut().filter(|_| !closes) {
                serve(first, &mut conn, "one");
            }
            serve(&mut second, &mut other, "two");
            let mut buf = [0; 1000];
            if let Io::Done(n) = client.recv(&mut buf, false) {
                answers.extend_from_slice(&buf[..n]);
            }
        }
    }
    let text = String::from_utf8_lossy(&answers).into_owned();
    text.split("\r\n\r\n").skip(1).map(|it| &it[..it.len().min(3)]).collect::<Vec<_>>().join(" ")
}

#[test]
fn its_server_is_asked_again() {
    assert_eq!(who_answers(true), "one one");
}

#[test]
fn and_the_others_if_that_fails() {
    assert_eq!(who_answers(false), "one two");
}
