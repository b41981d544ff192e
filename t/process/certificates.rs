//! Certificates at a reload.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::home::{Home, wait_until};

/// The certificates of tests.
fn pem(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("t/tls").join(name)
}

/// The certificate that the server shows; none if it accepts no connection.
fn shown(port: u16) -> Option<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(pem("ca.crt")).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
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
    let put = |name: &str| {
        for end in ["crt", "key"] {
            fs::copy(pem(&format!("{name}.{end}")), home.path(&format!("conf/own.{end}"))).unwrap();
        }
    };
    let expected = |name| Some(CertificateDer::from_pem_file(pem(name)).unwrap().to_vec());
    put("localhost");
    let running = home.start();
    wait_until("the start", || shown(home.port).is_some());
    assert_eq!(shown(home.port), expected("localhost.crt"));
    put("rsa");
    running.signal("HUP");
    wait_until("the new certificate", || shown(home.port) == expected("rsa.crt"));
    // A key that is another certificate's.
    put("localhost");
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
