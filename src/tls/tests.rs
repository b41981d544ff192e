//! A server of ours and rustls' own client, at the two ends of a socket pair.

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use rustls::client::{ClientConfig, ClientConnection};
use rustls::compress::{CertDecompressor, ZLIB_DECOMPRESSOR};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, Error, RootCertStore, version};

use super::ciphers::{Ciphersuite, Suite};
use super::groups::Group;
use super::*;
use crate::os::Errno;
use crate::os::net::{Io, Socket};

const NOW: u64 = 1_800_000_000;

macro_rules! pem {
    ($name:literal) => {
        (
            include_bytes!(concat!("../../t/tls/", $name, ".crt")).as_slice(),
            include_bytes!(concat!("../../t/tls/", $name, ".key")).as_slice(),
        )
    };
}

fn certificate((certificates, key): (&[u8], &[u8])) -> Certificate {
    Certificate::new(certificates, key, &Passwords::default()).unwrap()
}

/// nginx's defaults, without tickets.
pub(super) fn settings(certificates: &[Certificate]) -> ServerSettings<'_> {
    ServerSettings {
        certificates,
        sources: "",
        early_data: false,
        key_log: None,
        certificate_compression: false,
        protocols: Protocols::ALL,
        tickets: None,
        sessions: None,
        session_timeout: 300,
        prefer_server_ciphers: false,
        client_rules: None,
        staple: None,
        staplings: &[],
        ciphers: &Suite::ALL,
        ciphersuites: &Ciphersuite::ALL,
        num_tickets: 2,
        groups: &Group::DEFAULT,
        record: 16 << 10,
        clock: Clock::default(),
    }
}

fn server(certificates: &[Certificate], tickets: Option<TicketKeys>) -> Server {
    Server::new(&ServerSettings { tickets, ..settings(certificates) }).unwrap()
}

fn every() -> CryptoProvider {
    server::provider(
        &[&version::TLS13, &version::TLS12],
        &Suite::ALL,
        &Ciphersuite::ALL,
        &Group::DEFAULT,
    )
}

type Versions<'a> = &'a [&'static rustls::SupportedProtocolVersion];

fn client_config(versions: Versions<'_>) -> ClientConfig {
    client_config_of(every(), versions)
}

fn client_config_of(provider: CryptoProvider, versions: Versions<'_>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem!("ca").0).unwrap()).unwrap();
    let clock = Clock::default();
    clock.set(NOW);
    let builder = ClientConfig::builder_with_details(Arc::new(provider), Arc::new(clock));
    let builder = builder.with_protocol_versions(versions).unwrap();
    builder.with_root_certificates(roots).with_no_client_auth()
}

const V13: Versions<'_> = &[&version::TLS13];
const V12: Versions<'_> = &[&version::TLS12];

/// Both ends. The client's bytes pass through `wire`, so that a test can hold them back.
struct Pair {
    tls: Tls,
    socket: Socket,
    scratch: Scratch,
    client: ClientConnection,
    peer: UnixStream,
    /// Plaintext that came to the client.
    heard: Vec<u8>,
    now: u64,
}

impl Pair {
    fn new(config: &Arc<ClientConfig>) -> Self {
        let (ours, peer) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        peer.set_nonblocking(true).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        Self {
            tls: Tls::from_client(Vec::new()),
            socket: OwnedFd::from(ours).into(),
            scratch: Scratch::default(),
            client: ClientConnection::new(config.clone(), name).unwrap(),
            peer,
            heard: Vec::new(),
            now: NOW,
        }
    }

    fn step(&mut self) -> Step {
        self.tls.handshake(&mut self.socket, &mut self.scratch, false, self.now).0
    }

    /// What the client has to send.
    fn client_says(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    /// The client takes what has come for it.
    fn client_hears(&mut self) -> Result<(), Error> {
        loop {
            match self.client.read_tls(&mut self.peer) {
                Ok(0) => return Ok(()),
                Ok(_) => {
                    self.client.process_new_packets()?;
                    let _ = self.client.reader().read_to_end(&mut self.heard);
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => panic!("{e}"),
            }
        }
    }

    /// The handshake, with pieces of `size` bytes from the client.
    fn shake(&mut self, server: &Server, size: usize) -> Result<Step, Error> {
        let mut step = Step::Again;
        while self.client.is_handshaking() || !matches!(step, Step::Done) {
            let said = self.client_says();
            for piece in said.chunks(size) {
                self.peer.write_all(piece).unwrap();
                step = self.step();
                if matches!(step, Step::Hello) {
                    self.tls.accept(server, false).unwrap();
                    step = self.step();
                }
                if let Step::Failed(_) | Step::Plain | Step::Closed(_) = step {
                    let _ = self.client_hears();
                    return Ok(step);
                }
            }
            self.client_hears()?;
        }
        Ok(step)
    }

    fn done(config: &Arc<ClientConfig>, server: &Server) -> Self {
        let mut pair = Self::new(config);
        let end = pair.shake(server, usize::MAX);
        assert!(matches!(end, Ok(Step::Done)), "{end:?}");
        pair
    }

    fn recv(&mut self, buf: &mut [u8]) -> (Io, bool) {
        self.tls.recv(&mut self.socket, &mut self.scratch, false, buf)
    }

    fn send(&mut self, bufs: &[&[u8]]) -> Io {
        let bufs: Vec<IoSlice<'_>> = bufs.iter().map(|buf| IoSlice::new(buf)).collect();
        self.tls.send(&mut self.socket, &mut self.scratch, &bufs).0
    }

    fn peek(&mut self) -> Io {
        self.tls.peek(&mut self.socket, &mut self.scratch, false).0
    }

    fn client_sends(&mut self, plain: &[u8]) {
        self.client.writer().write_all(plain).unwrap();
        let said = self.client_says();
        self.peer.write_all(&said).unwrap();
    }

    fn client_reads(&mut self) -> Vec<u8> {
        let _ = self.client_hears();
        std::mem::take(&mut self.heard)
    }
}

#[test]
fn handshakes_and_bytes_both_ways() {
    let server = server(&[certificate(pem!("localhost"))], None);
    for (versions, protocol) in [(V13, "TLSv1.3"), (V12, "TLSv1.2")] {
        let mut pair = Pair::done(&Arc::new(client_config(versions)), &server);
        assert_eq!(&*pair.tls.hello().server_name, "localhost");
        assert_eq!((pair.tls.protocol(), pair.tls.is_resumed()), (protocol, false));
        assert!(pair.tls.cipher().ends_with("AES256-GCM-SHA384") || protocol == "TLSv1.3");
        pair.client_sends(b"hello");
        let mut buf = [0; 100];
        assert_eq!(pair.recv(&mut buf), (Io::Done(5), false));
        assert_eq!(&buf[..5], b"hello");
        assert_eq!(pair.recv(&mut buf), (Io::Again, false));
        assert_eq!(pair.send(&[b"good", b"", b"bye"]), Io::Done(7));
        assert_eq!(pair.client_reads(), b"goodbye");
        pair.client.send_close_notify();
        let said = pair.client_says();
        pair.peer.write_all(&said).unwrap();
        assert_eq!(pair.recv(&mut buf), (Io::Eof, true), "{protocol}");
        assert_eq!(pair.send(&[b"more"]), Io::Done(4), "the other direction is open");
        pair.tls.shutdown(&mut pair.socket);
        drop(pair.socket);
        let mut rest = Vec::new();
        while pair.client.read_tls(&mut pair.peer).unwrap() > 0 {
            pair.client.process_new_packets().unwrap();
        }
        pair.client.reader().read_to_end(&mut rest).expect("the end was said");
        assert_eq!(rest, b"more");
    }
}

#[test]
fn a_handshake_may_come_byte_by_byte() {
    let server = server(&[certificate(pem!("rsa"))], TicketKeys::generate());
    for versions in [V13, V12] {
        let config = Arc::new(client_config(versions));
        for size in [1, 2, 3, 100] {
            let mut pair = Pair::new(&config);
            assert!(matches!(pair.shake(&server, size), Ok(Step::Done)), "{size}");
            pair.client_sends(b"x");
            assert_eq!(pair.recv(&mut [0; 9]).0, Io::Done(1));
            assert_eq!(format!("{:?}", pair.tls).matches("(0, 0, 0)").count(), 1, "rests empty");
        }
    }
}

#[test]
fn records_may_come_byte_by_byte_and_buffers_be_small() {
    let server = server(&[certificate(pem!("localhost"))], None);
    let mut pair = Pair::done(&Arc::new(client_config(V13)), &server);
    let plain: Vec<u8> = (0..40_000u32).map(|n| n as u8).collect();
    pair.client.writer().write_all(&plain).unwrap();
    let said = pair.client_says();
    let mut got = Vec::new();
    for piece in said.chunks(997) {
        pair.peer.write_all(piece).unwrap();
        let mut buf = [0; 100];
        loop {
            match pair.recv(&mut buf) {
                (Io::Done(n), ready) => {
                    got.extend_from_slice(&buf[..n]);
                    // Not ready: nothing is left in memory, and the socket raises an edge.
                    assert!(ready || pair.recv(&mut buf) == (Io::Again, false));
                    if !ready {
                        break;
                    }
                }
                (other, ready) => {
                    assert_eq!((other, ready), (Io::Again, false));
                    break;
                }
            }
        }
    }
    assert!(got == plain);
}

#[test]
fn a_full_socket_takes_each_byte_once() {
    let server = server(&[certificate(pem!("localhost"))], None);
    let mut pair = Pair::done(&Arc::new(client_config(V13)), &server);
    let plain: Vec<u8> = (0..1_000_000u32).map(|n| (n / 7) as u8).collect();
    let (mut at, mut got, mut blocked) = (0, Vec::new(), 0);
    let mut sizes = [1, 300, 70_000, 17, 48 << 10, 200_000].into_iter().cycle();
    while at < plain.len() {
        // A caller repeats what was not taken, but not always as much of it.
        let end = plain.len().min(at + sizes.next().unwrap());
        let middle = at + (end - at) / 3;
        match pair.send(&[&plain[at..middle], &plain[middle..end]]) {
            Io::Done(n) => at += n,
            Io::Again => {
                blocked += 1;
                // The reader takes a little.
                let mut some = [0; 5000];
                let n = pair.peer.read(&mut some).unwrap();
                let mut some = &some[..n];
                while !some.is_empty() {
                    pair.client.read_tls(&mut some).unwrap();
                    pair.client.process_new_packets().unwrap();
                    let _ = pair.client.reader().read_to_end(&mut got);
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(blocked > 10, "{blocked}");
    assert_eq!(pair.send(&[]), Io::Done(0));
    got.extend(pair.client_reads());
    assert!(got == plain);
}

#[test]
fn an_end_without_close_notify_is_a_failure() {
    let server = server(&[certificate(pem!("localhost"))], None);
    let mut pair = Pair::done(&Arc::new(client_config(V13)), &server);
    pair.client_sends(b"part");
    drop(pair.peer);
    let mut buf = [0; 100];
    assert_eq!(pair.tls.recv(&mut pair.socket, &mut pair.scratch, true, &mut buf).0, Io::Done(4));
    let end = pair.tls.recv(&mut pair.socket, &mut pair.scratch, true, &mut buf);
    assert_eq!(end, (Io::Fail(Errno::PROTO), true));
    assert_eq!(pair.tls.failure(), Some(&TlsError::Truncated));
}

#[test]
fn plain_bytes_are_recognized_and_kept() {
    let server = server(&[certificate(pem!("localhost"))], None);
    let mut pair = Pair::new(&Arc::new(client_config(V13)));
    pair.peer.write_all(b"GET / HTTP/1.0\r\n").unwrap();
    assert!(matches!(pair.step(), Step::Plain));
    assert_eq!(pair.tls.into_received(), b"GET / HTTP/1.0\r\n");
    drop(server);
}

#[test]
fn what_is_no_hello_is_answered_by_an_alert() {
    for bytes in [
        b"\x16\x03\x01\x00\x04\x01\x00\x00\x00".as_slice(),
        b"\x16\x03\x01\xff\xff",
        b"\x80\x2e\x01\x00\x02",
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00",
    ] {
        let mut pair = Pair::new(&Arc::new(client_config(V13)));
        pair.peer.write_all(bytes).unwrap();
        assert!(matches!(pair.step(), Step::Failed(TlsError::Rustls(_))), "{bytes:x?}");
        let mut said = [0; 100];
        assert_eq!(pair.peer.read(&mut said).unwrap(), 7, "{bytes:x?}");
        assert_eq!(said[0], 0x15);
        assert!(matches!(pair.step(), Step::Failed(_)), "it stays so");
    }
}

#[test]
fn a_hello_has_a_largest_size() {
    let mut pair = Pair::new(&Arc::new(client_config(V13)));
    // One message of 16 MiB, in records that are full.
    let mut record = vec![0x16, 3, 1, 0x40, 0];
    record.extend([1, 0xff, 0xff, 0xff]);
    record.resize(5 + 0x4000, 0);
    for round in 0.. {
        assert!(round < 20);
        let _ = pair.peer.write(&record);
        if let Step::Failed(_) = pair.step() {
            break;
        }
    }
}

#[test]
fn a_hello_that_is_changed_anywhere_does_no_harm() {
    let server = server(&[certificate(pem!("localhost"))], TicketKeys::generate());
    let config = Arc::new(client_config(&[&version::TLS13, &version::TLS12]));
    let whole = Pair::new(&config).client_says();
    for at in 0..whole.len() {
        // Most of a hello is a key share, of which one byte is like another.
        if (200..1400).contains(&at) && at % 50 != 0 {
            continue;
        }
        let mut pair = Pair::new(&config);
        let mut said = whole.clone();
        said[at] ^= [1, 0x80, 0xff][at % 3];
        pair.peer.write_all(&said).unwrap();
        if let Step::Hello = pair.step() {
            pair.tls.accept(&server, false).unwrap();
            pair.step();
        }
    }
}

#[test]
fn records_that_are_changed_anywhere_fail_and_stay_failed() {
    let server = server(&[certificate(pem!("localhost"))], None);
    let config = Arc::new(client_config(V13));
    // Not the version, which nothing looks at.
    for at in [0].into_iter().chain(3..40) {
        let mut pair = Pair::done(&config, &server);
        pair.client.writer().write_all(b"some text").unwrap();
        let mut said = pair.client_says();
        let Some(byte) = said.get_mut(at) else { return };
        *byte ^= 0x10;
        pair.peer.write_all(&said).unwrap();
        let mut buf = [0; 100];
        let (got, _) = pair.recv(&mut buf);
        assert!(matches!(got, Io::Fail(Errno::PROTO) | Io::Again), "{at}: {got:?}");
        if got != Io::Again {
            assert_eq!(pair.recv(&mut buf).0, got);
            assert_eq!(pair.send(&[b"x"]), Io::Fail(Errno::PIPE), "{at}: {:?}", pair.tls);
            assert!(pair.client_hears().is_err(), "the client gets an alert");
        }
    }
}

#[test]
fn a_client_is_refused_before_it_sees_a_certificate() {
    let mut pair = Pair::new(&Arc::new(client_config(V13)));
    let said = pair.client_says();
    pair.peer.write_all(&said).unwrap();
    assert!(matches!(pair.step(), Step::Hello));
    pair.tls.reject(&mut pair.socket, TlsError::Rejected);
    let heard = pair.client_hears();
    assert_eq!(heard, Err(Error::AlertReceived(AlertDescription::UnrecognisedName)));
    assert!(matches!(pair.step(), Step::Failed(TlsError::Rejected)));
}

#[test]
fn a_key_update_is_no_plaintext() {
    let server = server(&[certificate(pem!("localhost"))], None);
    let mut pair = Pair::done(&Arc::new(client_config(V13)), &server);
    assert_eq!(pair.peek(), Io::Again);
    pair.client.refresh_traffic_keys().unwrap();
    let said = pair.client_says();
    pair.peer.write_all(&said).unwrap();
    assert_eq!(pair.peek(), Io::Again);
    pair.client_sends(b"y");
    assert_eq!(pair.peek(), Io::Done(1));
    assert_eq!(pair.peek(), Io::Done(1));
    let mut buf = [0; 2];
    assert_eq!((pair.recv(&mut buf).0, buf[0]), (Io::Done(1), b'y'));
    assert_eq!(pair.send(&[b"z"]), Io::Done(1));
    assert_eq!(pair.client_reads(), b"z");
}

#[test]
fn sessions_go_on_by_tickets_of_the_same_context() {
    let key = TicketKeys::generate();
    let own = [certificate(pem!("localhost"))];
    let others = [certificate(pem!("rsa"))];
    for versions in [V13, V12] {
        let config = Arc::new(client_config(versions));
        let reused = |server: &Server, now: u64| {
            let mut pair = Pair::new(&config);
            pair.now = now;
            assert!(matches!(pair.shake(server, usize::MAX), Ok(Step::Done)));
            pair.client_reads();
            pair.tls.is_resumed()
        };
        let (one, same) = (server(&own, key.clone()), server(&own, key.clone()));
        assert!(!reused(&one, NOW));
        assert!(reused(&one, NOW + 1));
        assert!(reused(&same, NOW + 2), "any worker reads them");
        assert!(!reused(&server(&others, key.clone()), NOW), "another certificate");
        assert!(!reused(&one, NOW));
        assert!(!reused(&one, NOW + 301), "too old");
        assert!(!reused(&server(&own, TicketKeys::generate()), NOW + 302), "another key");
        assert!(!reused(&server(&own, None), NOW + 303), "none at all");
    }
}

#[test]
fn keys_of_tickets_from_files_may_be_replaced_one_by_one() {
    let own = [certificate(pem!("localhost"))];
    let [old, new, short] = [[b'a'; 80].as_slice(), &[b'b'; 80], &[b'c'; 48]];
    let keys = |files: &[&[u8]]| {
        let mut keys = TicketKeys::default();
        assert!(files.iter().all(|file| keys.add(file).is_some()));
        server(&own, Some(keys))
    };
    for versions in [V13, V12] {
        let config = Arc::new(client_config(versions));
        let reused = |server: &Server| {
            let mut pair = Pair::done(&config, server);
            pair.client_reads();
            pair.tls.is_resumed()
        };
        assert!(!reused(&keys(&[old])));
        assert!(reused(&keys(&[old])), "another process has the same");
        assert!(reused(&keys(&[new, old])));
        assert!(reused(&keys(&[short, new])), "the first encrypts");
        assert!(reused(&keys(&[short])));
        assert!(!reused(&keys(&[old])), "a key that has been taken away");
    }
    for wrong in [0, 16, 47, 49, 79, 81] {
        assert!(TicketKeys::default().add(&vec![0; wrong]).is_none(), "{wrong}");
    }
}

#[test]
fn certificates_are_compressed_for_clients_that_know_how() {
    let all = [certificate(pem!("deep"))];
    let sent = |certificate_compression, decompressors: &[&'static dyn CertDecompressor]| {
        let settings = ServerSettings { certificate_compression, ..settings(&all) };
        let mut config = client_config(V13);
        config.cert_decompressors = decompressors.to_vec();
        Pair::done(&Arc::new(config), &Server::new(&settings).unwrap()).tls.sent_wire()
    };
    let plain = sent(false, &[ZLIB_DECOMPRESSOR]);
    assert!(sent(true, &[]).abs_diff(plain) < 10);
    assert!(sent(true, &[ZLIB_DECOMPRESSOR]) + 50 < plain);
}

#[test]
fn secrets_are_the_same_on_both_sides() {
    let path = std::env::temp_dir().join(format!("peerage-key-log-{}", std::process::id()));
    std::fs::write(&path, "before\n").unwrap();
    let key_log = Some(KeyLog::open(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let own = [certificate(pem!("localhost"))];
    let server = Server::new(&ServerSettings { key_log, ..settings(&own) }).unwrap();
    #[derive(Debug, Default)]
    struct Seen(Mutex<Vec<String>>);
    impl rustls::KeyLog for Seen {
        fn log(&self, label: &str, random: &[u8], secret: &[u8]) {
            let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
            self.0.lock().unwrap().push(format!("{label} {} {}", hex(random), hex(secret)));
        }
    }
    let seen = Arc::new(Seen::default());
    for versions in [V13, V12] {
        let mut config = client_config(versions);
        config.key_log = seen.clone();
        Pair::done(&Arc::new(config), &server);
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    let mut expected = seen.0.lock().unwrap().clone();
    lines.sort_unstable();
    expected.sort_unstable();
    assert!(lines.iter().any(|line| line.starts_with("CLIENT_RANDOM ")));
    assert_eq!(lines, expected);
}

#[test]
fn early_data_is_answered_before_the_handshake_is_over_and_never_twice() {
    let own = [certificate(pem!("localhost"))];
    let sessions = Sessions::builtin(100);
    let with = ServerSettings { sessions: Some(&sessions), early_data: true, ..settings(&own) };
    let server = Server::new(&with).unwrap();
    let mut config = client_config(V13);
    config.enable_early_data = true;
    let config = Arc::new(config);
    let mut first = Pair::done(&config, &server);
    first.client_reads();
    assert!(!first.tls.is_early());
    let mut pair = Pair::new(&config);
    pair.client.early_data().unwrap().write_all(b"early").unwrap();
    let flight = pair.client_says();
    pair.peer.write_all(&flight).unwrap();
    assert!(matches!(pair.step(), Step::Hello));
    pair.tls.accept(&server, false).unwrap();
    assert!(matches!(pair.step(), Step::Done));
    assert!(pair.tls.is_early() && pair.tls.is_resumed());
    let mut buf = [0; 100];
    assert_eq!((pair.recv(&mut buf).0, &buf[..5]), (Io::Done(5), &b"early"[..]));
    assert_eq!(pair.recv(&mut buf).0, Io::Again);
    assert_eq!(pair.send(&[b"answer"]), Io::Done(6));
    assert_eq!(pair.client_reads(), b"answer");
    assert!(pair.tls.is_early() && pair.client.is_early_data_accepted());
    pair.client_sends(b"late");
    assert_eq!((pair.recv(&mut buf).0, &buf[..4]), (Io::Done(4), &b"late"[..]));
    assert!(!pair.tls.is_early());
    // The same bytes once more: the session is gone.
    let mut again = Pair::new(&config);
    again.peer.write_all(&flight).unwrap();
    assert!(matches!(again.step(), Step::Hello));
    again.tls.accept(&server, false).unwrap();
    assert!(matches!(again.step(), Step::Again));
    assert_eq!(again.recv(&mut buf).0, Io::Again);
    assert!(!again.tls.is_early() && !again.tls.is_resumed());
}

#[test]
fn of_several_certificates_the_client_gets_one_that_it_can_check() {
    let both = [certificate(pem!("rsa")), certificate(pem!("localhost"))];
    let protocols = Protocols { v13: false, v12: true };
    let server = Server::new(&ServerSettings { protocols, ..settings(&both) }).unwrap();
    let cipher = |provider| {
        let config = client_config_of(provider, V12);
        Pair::done(&Arc::new(config), &server).tls.cipher()
    };
    assert!(cipher(every()).starts_with("ECDHE-ECDSA-"));
    let mut rsa_only = every();
    rsa_only.cipher_suites.retain(|suite| !format!("{:?}", suite.suite()).contains("ECDSA"));
    assert!(cipher(rsa_only).starts_with("ECDHE-RSA-"));
}

#[test]
fn pairs_that_are_none() {
    let (own, key) = pem!("localhost");
    let (other, other_key) = pem!("rsa");
    let refused =
        |certificates, key| Certificate::new(certificates, key, &Passwords::default()).unwrap_err();
    assert_eq!(refused(own, pem!("other").1), CertificateError::Mismatch);
    assert_eq!(refused(own, other_key), CertificateError::Mismatch);
    assert_eq!(refused(key, key), CertificateError::Certificate("no start line".into()));
    assert_eq!(refused(b"", key), CertificateError::Certificate("no start line".into()));
    assert_eq!(refused(other, other), CertificateError::Key("no start line".into()));
    for broken in [&own[..200], &other[..100]] {
        assert!(matches!(refused(broken, key), CertificateError::Certificate(_)));
    }
    assert!(matches!(refused(own, &key[..100]), CertificateError::Key(_)));
}
