//! A client that speaks TLS, for blocks with the section `tls`.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ClientConnection};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, ServerConfig, SignatureScheme, version};

use crate::format::Block;

/// The folder of certificates.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/t/tls");

/// What the section `tls` says. All connections of a block share it, and with it their sessions.
#[derive(Clone)]
pub struct Settings {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    certificate: Option<CertificateDer<'static>>,
    /// The server fetches the staple that is expected: connections without it are made again.
    pub awaits_staple: bool,
}

impl Settings {
    pub fn of(block: &Block) -> Result<Option<Self>, String> {
        if !block.has("tls") {
            return Ok(None);
        }
        let mut versions = vec![&version::TLS13, &version::TLS12];
        let (mut name, mut certificate, mut alpn) = ("localhost".to_owned(), None, vec![]);
        let (mut own, mut staple, mut awaits_staple) = (None, None, false);
        for word in block.word("tls").split_whitespace() {
            match word.split_once('=') {
                Some(("version", "1.2")) => versions.retain(|it| **it == version::TLS12),
                Some(("version", "1.3")) => versions.retain(|it| **it == version::TLS13),
                Some(("name", own)) => own.clone_into(&mut name),
                Some(("alpn", protocol)) => alpn.push(protocol.as_bytes().to_vec()),
                Some(("certificate", of)) => {
                    certificate = pair(of)?.0.into_iter().next();
                }
                Some(("client", of)) => own = Some(pair(of)?),
                Some(("staple", "-")) => staple = Some(vec![]),
                Some((word @ ("staple" | "staple_later"), of)) => {
                    awaits_staple = word == "staple_later";
                    let path = Path::new(FOLDER).join(of);
                    staple = Some(std::fs::read(path).map_err(|e| format!("{of}: {e}"))?);
                }
                _ => return Err(format!("tls: unknown word \"{word}\"")),
            }
        }
        if alpn.is_empty() && (block.has("http2") || block.has("http2_frames")) {
            alpn.push(b"h2".to_vec());
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(&versions).map_err(|e| e.to_string())?;
        let verifier = Arc::new(AcceptAll { staple });
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                builder.with_client_auth_cert(chain, key).map_err(|e| e.to_string())?
            }
        };
        config.enable_sni = name != "-";
        config.alpn_protocols = alpn;
        let name = if name == "-" { "localhost".to_owned() } else { name };
        let name = ServerName::try_from(name).map_err(|e| e.to_string())?;
        Ok(Some(Self { config: Arc::new(config), name, certificate, awaits_staple }))
    }
}

/// What a scripted upstream speaks TLS with: `tcp_tls`.
pub struct ServerTls {
    pub config: Arc<ServerConfig>,
    /// It closes without close_notify.
    pub cuts_off: bool,
}

impl ServerTls {
    /// The name of a certificate, and `cut`.
    pub fn of(text: &str) -> Result<Option<Self>, String> {
        let mut words = text.split_whitespace();
        let Some(name) = words.next() else { return Ok(None) };
        let (chain, key) = pair(name)?;
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(chain, key).map_err(|e| e.to_string())?;
        Ok(Some(Self { config: Arc::new(config), cuts_off: words.next() == Some("cut") }))
    }
}

/// `tcp_ocsp`: of each connection the name of the OCSP response that it is answered with.
pub fn ocsp_replies(text: &str) -> Result<Vec<Vec<Vec<u8>>>, String> {
    let reply = |name: &str| {
        let path = Path::new(FOLDER).join(format!("{name}.ocsp"));
        let der = std::fs::read(path).map_err(|e| format!("{name}: {e}"))?;
        let head = b"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n";
        Ok(vec![[&head[..], &der].concat()])
    };
    text.split_whitespace().map(reply).collect()
}

/// A certificate of the folder, with those behind it, and its key.
fn pair(name: &str) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
    let path = |end: &str| Path::new(FOLDER).join(format!("{name}.{end}"));
    let failed = |e: rustls::pki_types::pem::Error| format!("{name}: {e}");
    let chain = CertificateDer::pem_file_iter(path("crt")).map_err(failed)?;
    let chain = chain.collect::<Result<_, _>>().map_err(failed)?;
    Ok((chain, PrivateKeyDer::from_pem_file(path("key")).map_err(failed)?))
}

/// A connection, for a thread that reads and one that writes.
pub struct TlsStream {
    socket: TcpStream,
    connection: Mutex<ClientConnection>,
    /// Held while records are made and sent: they go in their order.
    order: Mutex<()>,
}

impl TlsStream {
    pub fn connect(mut socket: TcpStream, settings: &Settings) -> std::io::Result<Self> {
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        let connection = ClientConnection::new(settings.config.clone(), settings.name.clone());
        let mut connection = connection.map_err(Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        let shown = connection.peer_certificates().and_then(|all| all.first());
        if settings.certificate.as_ref().is_some_and(|expected| Some(expected) != shown) {
            return Err(Error::other("the server showed another certificate"));
        }
        Ok(Self { socket, connection: Mutex::new(connection), order: Mutex::default() })
    }

    fn connection(&self) -> MutexGuard<'_, ClientConnection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plaintext; 0 behind close_notify. [`ErrorKind::UnexpectedEof`]: the end came without it.
    pub fn read(&self, buffer: &mut [u8], patience: Duration) -> std::io::Result<usize> {
        // It may have come with the end of the handshake.
        match self.connection().reader().read(buffer) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            read => return read,
        }
        self.socket.set_read_timeout(Some(patience))?;
        // What they decrypt to fits the buffer.
        let mut records = vec![0; buffer.len().min(16 << 10)];
        let n = (&self.socket).read(&mut records)?;
        let mut connection = self.connection();
        let (mut records, mut at) = (&records[..n], 0);
        // Also of nothing, which is the end.
        loop {
            connection.read_tls(&mut records)?;
            connection.process_new_packets().map_err(Error::other)?;
            match connection.reader().read(&mut buffer[at..]) {
                Ok(0) => return Ok(at),
                Ok(n) => at += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock && records.is_empty() && at == 0 => {
                    return Err(ErrorKind::Interrupted.into());
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
            if records.is_empty() {
                return Ok(at);
            }
        }
    }

    pub fn write_all(&self, bytes: &[u8]) -> std::io::Result<()> {
        let _order = self.order.lock();
        // In pieces that fit what rustls keeps.
        for piece in bytes.chunks(16 << 10) {
            self.connection().writer().write_all(piece)?;
            self.send()?;
        }
        Ok(())
    }

    /// Sends the records that there are. The connection is free meanwhile, so that a server that waits for its own
    /// bytes to be read goes on.
    fn send(&self) -> std::io::Result<()> {
        let mut records = Vec::new();
        {
            let mut connection = self.connection();
            while connection.wants_write() {
                connection.write_tls(&mut records)?;
            }
        }
        (&self.socket).write_all(&records)
    }

    pub fn shutdown(&self, how: Shutdown) {
        if how != Shutdown::Read {
            let _order = self.order.lock();
            self.connection().send_close_notify();
            let _ = self.send();
        }
        let _ = self.socket.shutdown(how);
    }

    pub fn socket(&self) -> &TcpStream {
        &self.socket
    }
}

/// Which certificate a block expects it says itself.
#[derive(Debug)]
struct AcceptAll {
    /// And which OCSP response.
    staple: Option<Vec<u8>>,
}

impl ServerCertVerifier for AcceptAll {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        staple: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.staple.as_ref().is_some_and(|expected| expected != staple) {
            return Err(rustls::Error::General("the server stapled another response".into()));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
