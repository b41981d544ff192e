//! A connection of the client: plain, of a unix socket, or TLS.

use crate::tls::{self, TlsStream};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Clone)]
pub enum Stream {
    Tcp(Arc<TcpStream>),
    Unix(Arc<UnixStream>),
    Tls(Arc<TlsStream>),
}

impl Stream {
    /// A port of 127.0.0.1, `host:port`, or `unix:path`.
    pub fn connect(to: &str, tls: Option<&tls::Settings>) -> std::io::Result<Self> {
        if let Some(path) = to.strip_prefix("unix:").or_else(|| to.starts_with('/').then_some(to)) {
            return Ok(Self::Unix(Arc::new(UnixStream::connect(path)?)));
        }
        let port = to.bytes().all(|c| c.is_ascii_digit());
        let address = if port { format!("127.0.0.1:{to}") } else { to.to_owned() };
        let connect = || {
            let stream = TcpStream::connect(&address)?;
            stream.set_nodelay(true)?;
            Ok(match tls {
                Some(settings) => Self::Tls(Arc::new(TlsStream::connect(stream, settings)?)),
                None => Self::Tcp(Arc::new(stream)),
            })
        };
        let deadline = Instant::now() + Duration::from_secs(3);
        loop {
            match connect() {
                Err(_) if tls.is_some_and(|it| it.awaits_staple) && Instant::now() < deadline => {}
                connected => return connected,
            }
        }
    }

    pub fn read(&self, buffer: &mut [u8], patience: Duration) -> std::io::Result<usize> {
        match self {
            Self::Tcp(s) => {
                s.set_read_timeout(Some(patience))?;
                (&**s).read(buffer)
            }
            Self::Unix(s) => {
                s.set_read_timeout(Some(patience))?;
                (&**s).read(buffer)
            }
            Self::Tls(s) => s.read(buffer, patience),
        }
    }

    pub fn write_all(&self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Tcp(s) => (&**s).write_all(bytes),
            Self::Unix(s) => (&**s).write_all(bytes),
            Self::Tls(s) => s.write_all(bytes),
        }
    }

    /// The close that follows sends a reset.
    pub fn reset_on_close(&self) {
        let socket = match self {
            Self::Tcp(s) => s,
            Self::Tls(s) => s.socket(),
            Self::Unix(_) => return,
        };
        let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
    }

    pub fn shutdown(&self, how: Shutdown) {
        let _ = match self {
            Self::Tcp(s) => s.shutdown(how),
            Self::Unix(s) => s.shutdown(how),
            Self::Tls(s) => {
                s.shutdown(how);
                Ok(())
            }
        };
    }
}
