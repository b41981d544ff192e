//! A server that answers early and goes, while the body of the request is on its way.

use peerage::os::net::Io;

use crate::ends::scene;

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: sim\r\nContent-Length: 1000\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";

/// What failed is the write; the answer that is there already is what the client gets. Which of the two is seen
/// first is chance.
#[test]
fn the_answer_of_a_server_that_takes_no_more_reaches_the_client() {
    let mut it = scene(1 << 16, "proxy_request_buffering off;");
    for _ in 0..100 {
        it.dial();
        let mut server = it.ask(HEAD);
        // This is on its way to the server when it closes, which is therefore a reset.
        assert_eq!(it.client.send(&[b'x'; 100]), Io::Done(100));
        it.turn();
        assert_eq!(server.send(ANSWER), Io::Done(ANSWER.len()));
        drop(server);
        for _ in 0..5 {
            assert_eq!(it.client.send(&[b'x'; 100]), Io::Done(100));
            it.turn();
        }
        let mut heard = [0; 4096];
        let got = it.client.recv(&mut heard, false);
        let heard = String::from_utf8_lossy(&heard);
        assert!(heard.starts_with("HTTP/1.1 413 "), "{got:?} {heard}");
    }
}
