//! A server that ends within its response, after every byte of it in turn, in order or by a reset: the client gets
//! an error status, or sees that its response is not whole.

use peerage::event::turn;
use peerage::os::addr::Addr;
use peerage::os::net::Io;
use peerage::os::sim::{Faults, SimNet, SimSocket};

use crate::stray::{accepted, worker};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: sim\r\n\r\n";
const BODY: &[u8] = b"the body\n";

/// Responses with that body.
const RESPONSES: [&[u8]; 4] = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe body\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nthe \r\n5\r\nbody\n\r\n0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe body\n",
    b"HTTP/1.0 200 OK\r\n\r\nthe body\n",
];

/// A seed is a response, how it ends, and the network.
pub fn run(seed: u64) -> Result<u64, String> {
    let response = RESPONSES[seed as usize % RESPONSES.len()];
    let reset = seed / 4 % 2 == 1;
    let mut faults = Faults::none();
    if seed / 8 % 2 == 1 {
        (faults.windows, faults.slow) = (vec![30], 2);
    }
    let mut digest = 0u64;
    for n in 0..=response.len() {
        let net = SimNet::with_faults(seed, faults.clone());
        let told = one(&net, &response[..n], reset).map_err(|e| format!("{n} bytes: {e}"))?;
        judge(&told, response, n, reset).map_err(|e| {
            format!("{n} bytes, reset {reset}: {e}: {:?}", String::from_utf8_lossy(&told))
        })?;
        digest = digest.wrapping_mul(31).wrapping_add(net.digest());
    }
    Ok(digest)
}

/// What the client has seen when its connection ends, or is idle. Then the server answers another client properly.
fn one(net: &SimNet, response: &[u8], reset: bool) -> Result<Vec<u8>, String> {
    let front = Addr::parse("10.0.0.1:80").ok_or("an address")?;
    let mut listener = net.listen(Addr::parse("10.0.1.1:80").ok_or("an address")?);
    let mut w = worker(net)?;
    let mut told = Vec::new();
    for (at, response) in [response, RESPONSES[0]].into_iter().enumerate() {
        let mut client = net.dial(&front).map_err(|e| e.to_string())?;
        let (mut request, mut left, mut got) = (Vec::new(), response, Vec::new());
        let mut server: Option<SimSocket> = None;
        client.send(REQUEST);
        for _ in 0..150 {
            turn(&mut w);
            server = server.or_else(|| accepted(&mut listener));
            if let Some(it) = &mut server {
                let mut buf = [0; 1000];
                if let Io::Done(n) = it.recv(&mut buf, false) {
                    request.extend(&buf[..n]);
                }
                let asked = request.ends_with(b"\r\n\r\n");
                if asked && !left.is_empty() {
                    if let Io::Done(sent) = it.send(left) {
                        left = &left[sent..];
                    }
                }
                if asked && left.is_empty() && at == 0 {
                    if reset {
                        it.reset_on_close();
                    }
                    server = None;
                    request.clear();
                }
            }
            let mut buf = [0; 1000];
            while let Io::Done(n @ 1..) = client.recv(&mut buf, false) {
                got.extend(&buf[..n]);
            }
        }
        match at {
            0 => told = got,
            _ if got.ends_with(BODY) => {}
            _ => return Err(format!("the next answer: {:?}", String::from_utf8_lossy(&got))),
        }
    }
    Ok(told)
}

fn judge(told: &[u8], response: &[u8], n: usize, reset: bool) -> Result<(), &'static str> {
    let text = String::from_utf8_lossy(told);
    // A hint may have been passed on before it was known how the rest ends.
    let text = match text.strip_prefix("HTTP/1.1 103 ") {
        Some(hint) => hint.split_once("\r\n\r\n").ok_or("half a hint")?.1,
        None => &text,
    };
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no head")?;
    if head.starts_with("HTTP/1.1 502 ") {
        return if n == response.len() && !reset { Err("it was whole") } else { Ok(()) };
    }
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err("neither an answer nor a failure");
    }
    let head_ends = response.len() - if response.ends_with(BODY) { BODY.len() } else { 24 };
    if n < head_ends {
        return Err("an answer without a head");
    }
    let length = head.contains("Content-Length: 9");
    let whole = if length { body.len() == BODY.len() } else { body.ends_with("0\r\n\r\n") };
    let until_close = response.starts_with(b"HTTP/1.0");
    match whole {
        true if n == response.len() || until_close && !reset => Ok(()),
        true => Err("it was not whole"),
        false if n == response.len() && !reset => Err("it was whole"),
        false if !length || b"the body\n".starts_with(body.as_bytes()) => Ok(()),
        false => Err("other bytes"),
    }
}
