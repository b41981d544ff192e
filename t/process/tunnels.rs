//! Upgraded connections whose sides end one after the other.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use crate::home::{Home, Running, other_binary};

/// More than the sockets' buffers hold.
const MUCH: usize = 8 << 20;

/// The two ends of an upgraded connection.
fn tunnel(more: &str) -> (Home, Running, TcpStream, TcpStream) {
    let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::new(&format!(
        "server {{ listen 127.0.0.1:PORT; {more} location / {{ proxy_pass http://{}; \
         proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
         proxy_set_header Connection upgrade; }} }}",
        upstream.local_addr().unwrap()
    ));
    let running = home.start();
    let mut client = home.connect();
    let request = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n";
    client.write_all(request.as_bytes()).unwrap();
    let (mut server, _) = upstream.accept().unwrap();
    read_head(&mut server);
    server.write_all(b"HTTP/1.1 101 Y\r\nUpgrade: y\r\nConnection: upgrade\r\n\r\n").unwrap();
    read_head(&mut client);
    (home, running, client, server)
}

fn read_head(stream: &mut TcpStream) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
}

/// `first` sends and ends, and hears what the other sends after that.
fn end_one_after_the_other(mut first: TcpStream, mut second: TcpStream) {
    let much = vec![b'x'; MUCH];
    let heard = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut heard = Vec::new();
            second.read_to_end(&mut heard).unwrap();
            second.write_all(&much).unwrap();
            second.shutdown(Shutdown::Write).unwrap();
            heard.len()
        });
        first.write_all(&much).unwrap();
        first.shutdown(Shutdown::Write).unwrap();
        let mut heard = Vec::new();
        first.read_to_end(&mut heard).unwrap();
        (other.join().unwrap(), heard.len())
    });
    assert_eq!(heard, (MUCH, MUCH));
}

#[test]
fn a_server_may_send_after_the_client_has_ended() {
    if other_binary() {
        return; // nginx ends both directions with the first.
    }
    let (_home, _running, client, server) = tunnel("");
    end_one_after_the_other(client, server);
}

#[test]
fn a_client_may_send_after_the_server_has_ended() {
    if other_binary() {
        return; // As above.
    }
    let (_home, _running, client, server) = tunnel("");
    end_one_after_the_other(server, client);
}

#[test]
fn a_tunnel_with_one_end_lasts_until_proxy_read_timeout() {
    let (_home, _running, mut client, mut server) = tunnel("proxy_read_timeout 100ms;");
    client.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    assert_eq!(server.read_to_end(&mut rest).unwrap(), 0);
    assert_eq!(client.read_to_end(&mut rest).unwrap(), 0);
}
