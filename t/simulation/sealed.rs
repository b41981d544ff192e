//! TLS of a script: rustls' own client at the other end of the worker's.
//!
//! What goes over the network has the same lengths in the same order whenever a seed is run, which is what a world
//! depends on; the bytes differ, since the cryptography has a generator of its own. So the certificate has a key of
//! Ed25519, whose signatures are of one length.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use peerage::base::rng::Rng;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion, version};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls");

/// What the worker's side is configured with.
pub fn lines(rng: &mut Rng) -> String {
    let one_of =
        |rng: &mut Rng, all: &[&str]| all[rng.below(all.len() as u64) as usize].to_string();
    let tickets = one_of(rng, &["on", "off"]);
    let cache = one_of(rng, &["none", "builtin:20"]);
    let record = one_of(rng, &["16k", "1400", "64"]);
    format!(
        "ssl_certificate {FOLDER}/ed25519.crt; ssl_certificate_key {FOLDER}/ed25519.key; \
         ssl_session_tickets {tickets}; ssl_session_cache {cache}; ssl_buffer_size {record};"
    )
}

/// Of all clients of a world: they share sessions.
pub struct Clients([Arc<ClientConfig>; 2]);

impl Clients {
    pub fn new() -> Result<Self, String> {
        let pem = std::fs::read(format!("{FOLDER}/ca.crt")).map_err(|e| e.to_string())?;
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(&pem).map_err(|e| e.to_string())?;
        roots.add(authority).map_err(|e| e.to_string())?;
        let config = |version: &'static SupportedProtocolVersion| {
            let builder = ClientConfig::builder_with_protocol_versions(&[version]);
            let mut config = builder.with_root_certificates(roots.clone()).with_no_client_auth();
            config.resumption = Resumption::in_memory_sessions(8);
            Arc::new(config)
        };
        Ok(Self([config(&version::TLS12), config(&version::TLS13)]))
    }

    pub fn connect(&self, rng: &mut Rng) -> Result<Sealed, String> {
        let name = ServerName::try_from("localhost").map_err(|e| e.to_string())?;
        let config = self.0[rng.below(2) as usize].clone();
        let mut machine = ClientConnection::new(config, name).map_err(|e| e.to_string())?;
        machine.set_buffer_limit(None);
        Ok(Sealed { machine: Box::new(machine), out: Vec::new(), ended: false })
    }
}

pub struct Sealed {
    machine: Box<ClientConnection>,
    /// Records that have not been sent.
    pub out: Vec<u8>,
    /// Nothing is sent behind them.
    pub ended: bool,
}

impl Sealed {
    /// The handshake is done: what is sealed goes out.
    pub fn is_open(&self) -> bool {
        !self.machine.is_handshaking()
    }

    pub fn seal(&mut self, plain: &[u8]) {
        self.machine.writer().write_all(plain).expect("it has room");
        self.flush();
    }

    /// What the machine has to say of itself.
    pub fn flush(&mut self) {
        while self.machine.wants_write() {
            self.machine.write_tls(&mut self.out).expect("a vector takes all");
        }
    }

    /// close_notify
    pub fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.machine.send_close_notify();
            self.flush();
        }
    }

    /// Takes what has come; the plaintext goes to `input`. True: the other side has said that nothing follows.
    pub fn open(&mut self, mut records: &[u8], input: &mut Vec<u8>) -> Result<bool, String> {
        let mut closed = false;
        while !records.is_empty() && !closed {
            self.machine.read_tls(&mut records).map_err(|e| e.to_string())?;
            let state = self.machine.process_new_packets();
            self.flush();
            match self.machine.reader().read_to_end(input) {
                Err(e) if e.kind() != ErrorKind::WouldBlock => return Err(e.to_string()),
                _ => closed = state.map_err(|e| e.to_string())?.peer_has_closed(),
            }
        }
        Ok(closed)
    }
}
