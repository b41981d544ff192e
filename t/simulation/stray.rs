//! An idle connection on which something has arrived together with the next request: it answers nothing.

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

const REQUEST: &[u8] = b"POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 2\r\n\r\nhi";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";

/// The server's response is followed by another without a request, or by the end; one epoll_wait reports it together
/// with the next request, before it or after it. A POST, which is not sent twice.
pub fn run(seed: u64) -> Result<u64, String> {
    let net = SimNet::with_faults(seed, Faults::none());
    let server = Addr::parse("10.0.1.1:80").ok_or("an address")?;
    let front = Addr::parse("10.0.0.1:80").ok_or("an address")?;
    let mut listener = net.listen(server);
    let mut w = worker(&net)?;
    let mut client = net.dial(&front).map_err(|e| e.to_string())?;
    let mut first = None;
    exchange(&mut w, &mut client, || {
        first = first.take().or_else(|| accepted(&mut listener));
        first.as_mut().is_some_and(|it| answer(it, b"one\n"))
    })?;
    let mut first = first.ok_or("a first connection")?;
    client.send(REQUEST);
    match seed % 2 {
        0 => drop(first.send(&[RESPONSE, b"bad\n"].concat())),
        _ => first.shutdown_write(),
    }
    let mut second = None;
    let got = exchange(&mut w, &mut client, || {
        second = second.take().or_else(|| accepted(&mut listener));
        second.as_mut().is_some_and(|it| answer(it, b"two\n"))
    })?;
    let text = String::from_utf8_lossy(&got);
    match text.starts_with("HTTP/1.1 200 ") && text.ends_with("two\n") {
        true => Ok(net.digest()),
        false => Err(format!("the second answer: {text}")),
    }
}

pub fn worker(net: &SimNet) -> Result<Worker, String> {
    worker_for(net, "server 10.0.1.1:80;")
}

/// A worker that passes everything on to these servers.
pub fn worker_for(net: &SimNet, servers: &str) -> Result<Worker, String> {
    let conf = format!(
        "events {{}} http {{ access_log off; upstream back {{ {servers} keepalive 4; }}\n\
         server {{ listen 10.0.0.1:80; location / {{ proxy_pass http://back; proxy_http_version 1.1;\n\
         proxy_set_header Connection \"\"; }} }} }}"
    );
    let conf = Box::leak(Box::new(parse_text(&conf).map_err(|e| e.to_string())?.conf));
    let pipeline = Box::leak(Box::new(modules::pipeline(conf)));
    let mut w = Worker::new(conf, pipeline, Driver::Sim(net.clone()), AccessLogs::default());
    let socket = Socket::Sim(net.listen(conf.http.listens[0].addr.clone()));
    let owner = Owner::Listener(ListenIndex(0));
    let accept = handler!(accept::accept);
    w.event.add_level(socket, owner, accept, handler!(rest)).map_err(|e| e.to_string())?;
    Ok(w)
}

/// Sends the request, unless it was sent, and takes the response. `serve` is the server's turn; true: it answered.
fn exchange(
    w: &mut Worker,
    client: &mut SimSocket,
    mut serve: impl FnMut() -> bool,
) -> Result<Vec<u8>, String> {
    let mut got = Vec::new();
    for at in 0..100 {
        if at == 0 && w.stats.requests == 0 {
            client.send(REQUEST);
        }
        turn(w);
        serve();
        let mut buf = [0; 1000];
        if let Io::Done(n) = client.recv(&mut buf, false) {
            got.extend(&buf[..n]);
        }
        if got.len() > 30 && got.ends_with(b"\n") {
            return Ok(got);
        }
    }
    Err(format!("no answer but {:?}", String::from_utf8_lossy(&got)))
}

pub fn accepted(listener: &mut SimSocket) -> Option<SimSocket> {
    match listener.accept() {
        Io::Done((socket, _)) => Some(socket),
        _ => None,
    }
}

fn answer(socket: &mut SimSocket, body: &[u8]) -> bool {
    let mut buf = [0; 1000];
    let asked = matches!(socket.recv(&mut buf, false), Io::Done(_));
    if asked {
        socket.send(&[RESPONSE, body].concat());
    }
    asked
}
