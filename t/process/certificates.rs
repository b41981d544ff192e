//! Certificates at a reload, and session tickets.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore};

use crate::home::{Home, other_binary, wait_until};

/// The certificates of tests.
fn pem(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("t/tls").join(name)
}

/// Gives the server that certificate, under the name of its configuration.
fn put(home: &Home, name: &str) {
    for end in ["crt", "key"] {
        fs::copy(pem(&format!("{name}.{end}")), home.path(&format!("conf/own.{end}"))).unwrap();
    }
}

fn client() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(pem("ca.crt")).unwrap()).unwrap();
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

/// The certificate that the server shows; none if it accepts no connection.
fn shown(port: u16) -> Option<Vec<u8>> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(client()), name).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).unwrap();
    }
    Some(connection.peer_certificates()?.first()?.to_vec())
}

#[test]
fn a_reload_takes_new_certificates_and_leaves_old_ones_for_broken_ones() {
    let home = Home::with(
        "master_process on; worker_processes 1;",
        "server { listen 127.0.0.1:PORT ssl; ssl_certificate own.crt; ssl_certificate_key own.key; }",
    );
    let expected = |name| Some(CertificateDer::from_pem_file(pem(name)).unwrap().to_vec());
    put(&home, "localhost");
    let running = home.start();
    wait_until("the start", || shown(home.port).is_some());
    assert_eq!(shown(home.port), expected("localhost.crt"));
    put(&home, "rsa");
    running.signal("HUP");
    wait_until("the new certificate", || shown(home.port) == expected("rsa.crt"));
    // A key that is another certificate's.
    put(&home, "localhost");
    fs::copy(pem("other.key"), home.path("conf/own.key")).unwrap();
    running.signal("HUP");
    wait_until("the log to say it", || home.log().contains("key values mismatch"));
    assert_eq!(shown(home.port), expected("rsa.crt"));
    fs::write(home.path("conf/own.crt"), "").unwrap();
    running.signal("HUP");
    let words = "/conf/own.crt\": PEM_read_bio_X509";
    wait_until("the log to say it again", || home.log().contains(words));
    assert_eq!(shown(home.port), expected("rsa.crt"));
}

/// Whether a session goes on that the client has of an earlier connection.
fn is_resumed(port: u16, config: &Arc<ClientConfig>) -> Option<bool> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(config.clone(), name).unwrap();
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut stream = rustls::Stream::new(&mut connection, &mut socket);
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    // What is sent before the response brings the ticket.
    stream.read_to_end(&mut Vec::new()).unwrap();
    Some(connection.handshake_kind() == Some(HandshakeKind::Resumed))
}

#[test]
fn tickets_outlive_the_process_if_their_key_is_in_a_file() {
    let home = Home::with(
        "master_process on; worker_processes 2;",
        "server { listen 127.0.0.1:PORT ssl; ssl_certificate own.crt; ssl_certificate_key own.key;
                  ssl_session_ticket_key new.key; ssl_session_ticket_key old.key;
                  location / { return 200 x; } }",
    );
    put(&home, "localhost");
    let put_keys = |new: u8, old: u8| {
        fs::write(home.path("conf/new.key"), [new; 80]).unwrap();
        fs::write(home.path("conf/old.key"), [old; 80]).unwrap();
    };
    put_keys(1, 0);
    let config = Arc::new(client());
    let first = home.start();
    wait_until("the start", || is_resumed(home.port, &config).is_some());
    assert_eq!(is_resumed(home.port, &config), Some(true));
    drop(first);
    // The key that has encrypted so far decrypts from now on.
    put_keys(2, 1);
    let _second = home.start();
    wait_until("the second start", || TcpStream::connect(("127.0.0.1", home.port)).is_ok());
    assert_eq!(is_resumed(home.port, &config), Some(true));
}

#[test]
fn early_data_is_answered_at_once_and_its_repetition_is_not() {
    // nginx takes it, but not with sessions that all workers share.
    if other_binary() {
        return;
    }
    let home = Home::with(
        "master_process on; worker_processes 2;",
        "server { listen 127.0.0.1:PORT ssl; ssl_certificate own.crt; ssl_certificate_key own.key;
                  ssl_early_data on; location / { return 200 \"[$ssl_early_data]\"; } }",
    );
    put(&home, "localhost");
    let mut config = client();
    config.enable_early_data = true;
    let config = Arc::new(config);
    let _running = home.start();
    wait_until("the start", || is_resumed(home.port, &config).is_some());
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(config, name).unwrap();
    connection.early_data().unwrap().write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    // In one piece: what the server reads first has all of it.
    let mut flight = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut flight).unwrap();
    }
    let mut socket = TcpStream::connect(("127.0.0.1", home.port)).unwrap();
    socket.write_all(&flight).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"[1]") {
        assert_ne!(connection.read_tls(&mut socket).unwrap(), 0);
        connection.process_new_packets().unwrap();
        let _ = connection.reader().read_to_end(&mut answer);
    }
    assert!(connection.is_early_data_accepted());
    // The server sends its part of a new handshake, and waits for what only the client can send.
    let mut again = TcpStream::connect(("127.0.0.1", home.port)).unwrap();
    again.write_all(&flight).unwrap();
    assert_ne!(again.read(&mut [0; 100]).unwrap(), 0);
    let lines = || fs::read_to_string(home.path("logs/access.log")).unwrap_or_default();
    wait_until("the first request to be logged", || lines().contains("\"GET / HTTP/1.0\""));
    drop(again);
    is_resumed(home.port, &Arc::new(client()));
    wait_until("a later request to be logged", || lines().lines().count() >= 3);
    assert_eq!(lines().lines().count(), 3, "{}", lines());
}
