//! What a client sends to begin a handshake. The same comes of it however it is cut; a name of SNI could stand in a log
//! line; what is answered are records of TLS; what is kept has a bound.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use peerage::os::net::Socket;
use peerage::tls::ciphers::{Ciphersuite, Suite};
use peerage::tls::groups::Group;
use peerage::tls::{
    Certificate, Clock, Passwords, Protocols, Scratch, Server, ServerSettings, Step, TicketKeys,
    Tls,
};

use crate::pieces;

pub const WORDS: &[&[u8]] = &[
    b"\x16\x03\x01",
    b"\x16\x03\x03\x00\x04\x01\x00\x00\x00",
    b"\x15\x03\x03\x00\x02\x02\x28",
    b"\x14\x03\x03\x00\x01\x01",
    b"\x17\x03\x03\x00\x10",
    b"\x00\x00\x00\x0e\x00\x0c\x00\x00\x09localhost",
    b"\x00\x2b\x00\x03\x02\x03\x04",
    b"\x00\x2b\x00\x03\x02\x03\x03",
    b"\x00\x0d\x00\x04\x00\x02\x08\x04",
    b"\x00\x0a\x00\x04\x00\x02\x00\x1d",
    b"\x00\x33\x00\x02\x00\x00",
    b"\x00\x29\x00\x00",
    b"\x00\x23\x00\x00",
    b"\x00\x10\x00\x05\x00\x03\x02h2",
    b"\x00\x2a\x00\x00",
    b"\x13\x01\xc0\x2b\xc0\x2f",
];

const NOW: u64 = 1_800_000_000;

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls");
        let file = |name| std::fs::read(format!("{folder}/{name}")).expect("it is there");
        let (pem, key) = (file("localhost.crt"), file("localhost.key"));
        let own = Certificate::new(&pem, &key, &Passwords::default()).expect("a pair");
        let settings = ServerSettings {
            certificates: &[own],
            sources: "",
            staple: None,
            staplings: &[],
            protocols: Protocols::ALL,
            ciphers: &Suite::ALL,
            ciphersuites: &Ciphersuite::ALL,
            groups: &Group::DEFAULT,
            tickets: TicketKeys::generate(),
            num_tickets: 2,
            sessions: None,
            early_data: false,
            session_timeout: 300,
            prefer_server_ciphers: false,
            client_rules: None,
            record: 16 << 10,
            key_log: None,
            certificate_compression: true,
            clock: Clock::default(),
        };
        Server::new(&settings).expect("there are versions")
    })
}

pub fn check(input: &[u8]) {
    let whole = read(&[input]);
    for pieces in pieces::cuts(input) {
        assert_eq!(read(&pieces), whole, "{pieces:?}");
    }
}

/// The name in SNI, and what it came to.
fn read(pieces: &[&[u8]]) -> (String, String) {
    let (ours, mut peer) = UnixStream::pair().expect("sockets");
    ours.set_nonblocking(true).expect("a socket");
    peer.set_nonblocking(true).expect("a socket");
    let mut socket = Socket::from(OwnedFd::from(ours));
    let (mut scratch, mut tls) = (Scratch::default(), Tls::from_client(vec![]));
    let mut end = String::from("waits");
    'all: for piece in pieces {
        peer.write_all(piece).expect("there is room");
        loop {
            let (step, ready) = tls.handshake(&mut socket, &mut scratch, false, NOW);
            match step {
                Step::Hello => tls.accept(server(), true).expect("it is made"),
                Step::Again if ready => {}
                Step::Again => break,
                Step::Failed(e) => {
                    end = e.to_string();
                    break 'all;
                }
                other => {
                    end = format!("{other:?}");
                    break 'all;
                }
            }
        }
    }
    let name = tls.hello().server_name.to_string();
    assert!(name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()));
    let lists = [tls.offered_ciphers(), tls.offered_curves()];
    assert!(lists.iter().all(|it| it.bytes().all(|byte| byte.is_ascii_graphic())));
    check_records(&answer(&mut peer));
    (name, end)
}

fn answer(peer: &mut UnixStream) -> Vec<u8> {
    let mut out = vec![];
    match peer.read_to_end(&mut out) {
        Err(e) if e.kind() == ErrorKind::WouldBlock => {}
        other => panic!("{other:?}"),
    }
    out
}

fn check_records(mut out: &[u8]) {
    while let Some((&[kind, 3, _, high, low], rest)) = out.split_first_chunk() {
        assert!((0x14..=0x17).contains(&kind), "{kind:#x}");
        let len = usize::from(u16::from_be_bytes([high, low]));
        out = rest.get(len..).expect("records are whole");
    }
    assert!(out.is_empty(), "{out:?}");
}
