//! The sender of syslog messages: one datagram each, which never waits.
//!
//! What the system does not take at once is lost. A socket that failed is replaced, and the message sent
//! again by the new one, so that a restart of the server costs none.

use std::io::Write;

use crate::base::logging::Severity;
use crate::http::dates;
use crate::http::settings::syslog::Syslog;
use crate::os::clock::Clock;
use crate::os::net::Datagrams;
use crate::os::{Errno, addr::Addr};

const CONNECT: &str = "connect()";

#[derive(Debug)]
pub struct Peer {
    pub to: Syslog,
    /// Made for the first message, by the process that has one.
    socket: Option<Datagrams>,
    message: Vec<u8>,
    clock: Clock,
    /// Until then nothing is said of messages that were lost.
    silent_until: u64,
}

impl Peer {
    pub fn new(to: Syslog) -> Self {
        let clock = Clock::new();
        Self { to, socket: None, message: Vec::new(), clock, silent_until: 0 }
    }

    /// Sends a line, which has no end. If it is lost: what to say of it, at most once a second.
    #[must_use]
    pub fn send(&mut self, severity: Option<u8>, line: &[u8]) -> Option<(Severity, String)> {
        let wall = self.clock.wall();
        let priority = self.to.facility * 8 + severity.unwrap_or(self.to.severity);
        self.message.clear();
        let _ = write!(self.message, "<{priority}>");
        self.message.extend_from_slice(&dates::syslog(wall.secs, wall.offset));
        let _ = write!(self.message, " {}", self.to.sender);
        self.message.extend_from_slice(line);
        let (call, e) = self.send_message().err()?;
        let now = self.clock.monotonic_ms();
        if now < self.silent_until {
            return None;
        }
        self.silent_until = now + 1000;
        let to = &self.to.addr;
        // As grave as in nginx.
        let grave = if call == CONNECT { Severity::Alert } else { Severity::Error };
        Some((grave, format!("{call} failed ({e}) while logging to syslog, server: {to}")))
    }

    fn send_message(&mut self) -> Result<(), (&'static str, Errno)> {
        let to = &self.to.addr;
        let had = self.socket.take();
        let used = had.is_some();
        let mut socket = match had {
            Some(socket) => socket,
            None => Datagrams::to(to).map_err(|e| (CONNECT, e))?,
        };
        let mut sent = socket.send(&self.message);
        let mut earlier = None;
        if let (Err(e), true) = (sent, used && sent != Err(Errno::AGAIN)) {
            match to {
                // Over UDP this is the end of an earlier message.
                Addr::Inet(_) => earlier = Some(e),
                // The server has gone; there may be a new one by that name.
                Addr::Unix(_) => socket = Datagrams::to(to).map_err(|e| (CONNECT, e))?,
            }
            sent = socket.send(&self.message);
        }
        if matches!(sent, Ok(()) | Err(Errno::AGAIN)) {
            self.socket = Some(socket);
        }
        match (sent, earlier) {
            (Err(e), _) | (Ok(()), Some(e)) => Err(("send()", e)),
            (Ok(()), None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::os::unix::net::UnixDatagram;

    fn peer(addr: Addr) -> Peer {
        Peer::new(Syslog { addr, facility: 1, severity: 6, sender: "host tag: ".into() })
    }

    #[test]
    fn over_udp() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut peer = peer(server.local_addr().unwrap().into());
        assert_eq!(peer.send(None, b"one"), None);
        assert_eq!(peer.send(Some(3), b"two"), None);
        let mut bytes = [0; 100];
        for (priority, end) in [("<14>", " host tag: one"), ("<11>", " host tag: two")] {
            let len = server.recv(&mut bytes).unwrap();
            let message = String::from_utf8_lossy(&bytes[..len]);
            assert!(message.starts_with(priority) && message.ends_with(end), "{message}");
            // <14>Nov 20 11:31:42 host …
            assert_eq!(len, priority.len() + 15 + end.len());
        }
        drop(server);
        assert_eq!(peer.send(None, b"into the void"), None);
        let (grave, said) = peer.send(None, b"and this").unwrap();
        assert_eq!(grave, Severity::Error);
        assert!(
            said.starts_with("send() failed (111: Connection refused) while logging"),
            "{said}"
        );
        assert_eq!(peer.send(None, b"at most once a second"), None);
    }

    #[test]
    fn over_a_unix_socket_that_comes_and_goes() {
        let path = std::env::temp_dir().join(format!("peerage-syslog-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut peer = peer(Addr::Unix(path.clone()));
        let (grave, said) = peer.send(None, b"nobody").unwrap();
        assert_eq!(grave, Severity::Alert);
        let words = format!(
            "connect() failed (2: No such file or directory) while logging to \
            syslog, server: unix:{}",
            path.display()
        );
        assert_eq!(said, words);
        let mut bytes = [0; 100];
        for _ in 0..2 {
            let server = UnixDatagram::bind(&path).unwrap();
            assert_eq!(peer.send(None, b"text"), None);
            let len = server.recv(&mut bytes).unwrap();
            assert!(bytes[..len].ends_with(b" host tag: text"));
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_server_that_does_not_read_blocks_nothing() {
        let path = std::env::temp_dir().join(format!("peerage-syslog-full-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let _server = UnixDatagram::bind(&path).unwrap();
        let mut peer = peer(Addr::Unix(path.clone()));
        let said: Vec<_> = (0..5000).filter_map(|_| peer.send(None, b"text")).collect();
        assert!(!said.is_empty() && said.len() < 10, "{said:?}");
        assert!(said[0].1.starts_with("send() failed (11: "), "{said:?}");
        std::fs::remove_file(&path).unwrap();
    }
}
