//! Both sides ours, at the two ends of a socket pair.

use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use super::ciphers::{Ciphersuite, Suite};
use super::groups::Group;
use super::tests::settings;
use super::*;
use crate::os::Errno;
use crate::os::net::{Io, Socket};

pub(super) const NOW: u64 = 1_800_000_000;

pub(super) fn pem(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

pub(super) fn certificate(name: &str) -> Certificate {
    let [chain, key] = ["crt", "key"].map(|end| pem(&format!("{name}.{end}")));
    Certificate::new(&chain, &key, &Passwords::default()).unwrap()
}

fn server(name: &str, protocols: Protocols) -> Server {
    let (certificates, tickets) = ([certificate(name)], TicketKeys::generate());
    let settings = ServerSettings { protocols, tickets, ..settings(&certificates) };
    Server::new(&settings).unwrap()
}

fn trusted(name: &str) -> Authorities {
    let mut authorities = Authorities::new(1);
    authorities.trust(&pem(name)).unwrap();
    authorities
}

/// SNI and sessions; any server is trusted.
pub(super) fn client_settings() -> ClientSettings<'static> {
    ClientSettings {
        authorities: None,
        protocols: Protocols::ALL,
        ciphers: &Suite::ALL,
        ciphersuites: &Ciphersuite::ALL,
        groups: &Group::DEFAULT,
        server_name: true,
        session_reuse: true,
        key_log: None,
        certificate: None,
        clock: Clock::default(),
    }
}

fn client(authorities: Option<&str>) -> Client {
    let authorities = authorities.map(trusted);
    Client::new(ClientSettings { authorities, ..client_settings() }).unwrap()
}

pub(super) struct End {
    pub tls: Tls,
    socket: Socket,
    scratch: Scratch,
}

impl End {
    fn new(tls: Tls, socket: UnixStream) -> Self {
        socket.set_nonblocking(true).unwrap();
        Self { tls, socket: OwnedFd::from(socket).into(), scratch: Scratch::default() }
    }

    fn step(&mut self) -> Step {
        self.tls.handshake(&mut self.socket, &mut self.scratch, false, NOW).0
    }

    fn recv(&mut self, buf: &mut [u8]) -> Io {
        self.tls.recv(&mut self.socket, &mut self.scratch, false, buf).0
    }

    pub fn peek(&mut self) -> Io {
        self.tls.peek(&mut self.socket, &mut self.scratch, false).0
    }

    fn send(&mut self, bytes: &[u8]) -> Io {
        self.tls.send(&mut self.socket, &mut self.scratch, &[IoSlice::new(bytes)]).0
    }
}

/// The ends of the client and of the server, after their handshake.
pub(super) fn pair(client: &Client, name: &str, server: &Server) -> Result<(End, End), TlsError> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut one = End::new(Tls::to_server(client, name)?, ours);
    let mut other = End::new(Tls::from_client(Vec::new()), theirs);
    let (mut done, mut other_done) = (false, false);
    for _ in 0..10 {
        if !done {
            match one.step() {
                Step::Done => done = true,
                Step::Again => {}
                Step::Failed(e) => return Err(e),
                step => panic!("{step:?}"),
            }
        }
        if !other_done {
            match other.step() {
                Step::Done => other_done = true,
                Step::Hello => other.tls.accept(server, false).unwrap(),
                Step::Again | Step::Failed(_) => {}
                step => panic!("{step:?}"),
            }
        }
        if done && other_done {
            return Ok((one, other));
        }
    }
    panic!("the handshake does not end");
}

pub(super) const V12: Protocols = Protocols { v12: true, v13: false };
pub(super) const V13: Protocols = Protocols { v12: false, v13: true };

#[test]
fn a_ticket_on_a_connection_at_rest_does_not_cost_it() {
    for protocols in [V12, V13] {
        let (mut one, mut other) = pair(&client(None), "a.b", &server("rsa", protocols)).unwrap();
        assert_eq!(&*other.tls.hello().server_name, "a.b");
        // In TLS 1.3 they come behind the handshake.
        assert_eq!(one.peek(), Io::Again);
        assert_eq!(one.send(b"question"), Io::Done(8));
        let mut buf = [0; 20];
        assert_eq!(other.recv(&mut buf), Io::Done(8));
        assert_eq!(other.send(b"answer"), Io::Done(6));
        assert_eq!(one.peek(), Io::Done(6));
        assert_eq!(one.recv(&mut buf), Io::Done(6));
        assert_eq!(one.peek(), Io::Again);
        other.tls.shutdown(&mut other.socket);
        assert_eq!(one.peek(), Io::Eof);
    }
}

#[test]
fn an_end_of_the_server_without_close_notify_is_no_end() {
    let (mut one, mut other) = pair(&client(None), "a", &server("rsa", V13)).unwrap();
    assert_eq!(other.send(b"half of"), Io::Done(7));
    other.socket.shutdown_write().unwrap();
    let mut buf = [0; 20];
    assert_eq!(one.recv(&mut buf), Io::Done(7));
    assert_eq!(one.recv(&mut buf), Io::Fail(Errno::PROTO));
}

#[test]
fn sessions_are_of_one_server() {
    for protocols in [V12, V13] {
        let (client, server) = (client(Some("ca.crt")), server("localhost", protocols));
        let resumed = |client: &Client| {
            let (mut one, other) = pair(client, "localhost", &server).unwrap();
            assert_eq!(one.peek(), Io::Again);
            other.tls.is_resumed()
        };
        assert!(!resumed(&client));
        assert!(resumed(&client));
        let another = client.for_another(true, None);
        assert!(!resumed(&another));
        assert!(resumed(&another) && resumed(&client));
    }
}

#[test]
fn a_server_is_trusted_for_its_name() {
    let verdict = |authority, certificate, name| {
        let client = client(Some(authority));
        pair(&client, name, &server(certificate, Protocols::ALL)).map(drop)
    };
    for (authority, certificate, name) in [
        ("ca.crt", "localhost", "localhost"),
        ("ca.crt", "localhost", "127.0.0.1"),
        ("ca.crt", "ed25519", "LOCALHOST"),
        ("ca.crt", "other", "a.wild.example"),
        ("self.crt", "self", "localhost"),
        ("localhost.crt", "localhost", "localhost"),
    ] {
        assert_eq!(verdict(authority, certificate, name), Ok(()), "{certificate} {name}");
    }
    for (authority, certificate, name, words) in [
        ("self.crt", "localhost", "localhost", "21:unable to verify the first certificate"),
        ("ca.crt", "self", "localhost", "18:self-signed certificate"),
        ("ca.crt", "expired", "localhost", "10:certificate has expired"),
        ("expired.crt", "expired", "localhost", "10:certificate has expired"),
    ] {
        let error = verdict(authority, certificate, name).unwrap_err();
        assert_eq!(error.verify_error().as_deref(), Some(words), "{certificate}");
        assert!(!error.is_of_name());
    }
    for (authority, certificate, name) in [
        ("ca.crt", "localhost", "other.example"),
        ("ca.crt", "rsa", "127.0.0.1"),
        ("ca.crt", "other", "a.b.wild.example"),
        ("self.crt", "self", "other"),
        ("ca.crt", "localhost", "a..b"),
        ("ca.crt", "localhost", ""),
    ] {
        assert!(verdict(authority, certificate, name).unwrap_err().is_of_name(), "{name}");
    }
    for pem in [b"".to_vec(), pem("ca.key")] {
        assert_eq!(Authorities::new(1).trust(&pem).unwrap_err(), "no start line");
    }
}

#[test]
fn a_name_that_is_not_used_may_be_any() {
    let settings = ClientSettings { server_name: false, session_reuse: false, ..client_settings() };
    let client = Client::new(settings).unwrap();
    for name in ["", "a..b", "unix:/x"] {
        let (_, other) = pair(&client, name, &server("rsa", Protocols::ALL)).unwrap();
        assert_eq!(&*other.tls.hello().server_name, "");
    }
}
