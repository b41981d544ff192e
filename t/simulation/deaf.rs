//! A server that answers early and reads nothing: the connection that is kept holds all that it can, and the next
//! request is not waited for longer than is said.

use peerage::os::net::Io;

use crate::ends::scene;
use crate::stray::accepted;

const WINDOW: usize = 200;

/// For some length of the body the window is full to the last byte when the first request is out.
#[test]
fn a_kept_connection_that_takes_nothing_is_timed() {
    let mut stuck = 0;
    for len in 0..WINDOW {
        let mut it = scene(
            WINDOW,
            "proxy_set_header Connection \"\"; proxy_send_timeout 1s; proxy_read_timeout 1s;",
        );
        let head = format!("POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: {len}\r\n\r\n");
        let mut says = [head.as_bytes(), &vec![b'x'; len]].concat();
        let mut servers = Vec::new();
        let (mut heard, mut asked) = (Vec::new(), false);
        for _ in 0..400 {
            if let Io::Done(n) = it.client.send(&says) {
                says.drain(..n);
            }
            it.turn();
            if let Some(mut server) = accepted(&mut it.listener) {
                if servers.is_empty() {
                    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
                servers.push(server);
            }
            let mut buf = [0; 4096];
            if let Io::Done(n @ 1..) = it.client.recv(&mut buf, false) {
                heard.extend(&buf[..n]);
            }
            if !asked && heard.ends_with(b"\r\n\r\n") {
                asked = true;
                heard.clear();
                says.extend(b"GET / HTTP/1.1\r\nHost: sim\r\n\r\n");
            }
        }
        if !asked {
            // The request did not fit: the first answer came early, and its connection is not kept.
            continue;
        }
        let heard = String::from_utf8_lossy(&heard);
        assert!(heard.starts_with("HTTP/1.1 504 "), "{len}: the second answer: {heard:?}");
        stuck += u32::from(servers.len() == 1);
    }
    assert!(stuck > 0, "no connection was kept");
}
