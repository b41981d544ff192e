//! The handshake of a connection, step by step; of a client's, the hello first.

use rustls::server::UnbufferedServerConnection;

use super::client_rules::Asked;
use super::connection::{LONGEST, RECORD, ROUNDS, Scratch, Side, Tls};
use super::error::TlsError;
use super::server::Server;
use crate::os::Errno;
use crate::os::net::{Io, Socket};

/// Of the suites and groups of a client no more are remembered.
const MOST_OFFERED: usize = 128;

/// How a handshake stands.
#[derive(Debug)]
pub enum Step {
    /// The client has said what it wants ([`Tls::hello`]): [`Tls::accept`] or [`Tls::reject`].
    Hello,
    /// The connection may be read and written; of one with early data ([`Tls::is_early`]) the rest of the handshake is
    /// read with what comes.
    Done,
    /// It waits for the peer.
    Again,
    /// The client does not speak TLS. What it has sent is [`Tls::into_received`].
    Plain,
    /// The peer has closed; with that error, if it was one.
    Closed(Option<Errno>),
    Failed(TlsError),
}

impl Tls {
    /// What has been received, for a connection that is none of TLS.
    pub fn into_received(self) -> Vec<u8> {
        self.pending
    }

    /// Goes on as that server. `h2`: HTTP/2 is offered, too.
    pub fn accept(&mut self, server: &Server, h2: bool) -> Result<(), TlsError> {
        let machine = UnbufferedServerConnection::new(server.config(h2).clone())?;
        self.side = Side::Server(Box::new(machine));
        self.clock = Some(server.clock.clone());
        let asked = |rules| Box::new(Asked::new(rules, server.sessions.clone()));
        self.asked = server.client_rules.clone().map(asked);
        // The hello is read again, by the server that was chosen.
        self.unread = true;
        Ok(())
    }

    /// Refuses the client before it has seen a certificate: by the alert unrecognized_name, or, of other errors,
    /// internal_error.
    pub fn reject(&mut self, socket: &mut Socket, e: TlsError) {
        let alert = if e == TlsError::Rejected { 112 } else { 80 };
        self.fail(e);
        let _ = self.transmit(socket, &[0x15, 3, 3, 0, 2, 2, alert]);
    }

    /// Goes on with the handshake as far as the peer lets it; `now` is the time, in seconds since 1970. The bool: the
    /// socket may have more to read.
    pub fn handshake(
        &mut self,
        socket: &mut Socket,
        scratch: &mut Scratch,
        end_is_queued: bool,
        now: u64,
    ) -> (Step, bool) {
        if let Some(clock) = &self.clock {
            clock.set(now);
        }
        if let Some(e) = &self.failed {
            return (Step::Failed(e.clone()), true);
        }
        match self.flush(socket) {
            Io::Done(()) => {}
            // Its edge, of writing, goes on from here.
            Io::Again => return (Step::Again, true),
            Io::Eof => return (Step::Closed(None), true),
            Io::Fail(e) => return (Step::Closed(Some(e)), true),
        }
        if self.is_done() {
            return (Step::Done, true);
        }
        let mut ready = true;
        for _ in 0..ROUNDS {
            let held = self.pending.len();
            let mut len = held;
            let input = scratch.input();
            input[..held].copy_from_slice(&self.pending);
            let known = if self.unread { 0 } else { held };
            if !std::mem::take(&mut self.unread) {
                if held >= LONGEST {
                    return (self.refuse(TlsError::TooLong), true);
                }
                match socket.recv(&mut input[held..held + RECORD]) {
                    Io::Done(n) => {
                        ready = n == RECORD || end_is_queued;
                        len += n;
                    }
                    Io::Again => return (Step::Again, false),
                    Io::Eof => return (Step::Closed(None), true),
                    Io::Fail(e) => return (Step::Closed(Some(e)), true),
                }
            }
            let step = match &mut self.side {
                Side::Hello(_) => self.read_hello(&input[..len], known),
                Side::Server(_) | Side::Client(_) => self.read_messages(&mut input[..len]),
            };
            // Alerts too.
            let flushed = self.flush(socket);
            if let Some(step) = step {
                // The peer waits for what the socket did not take.
                let waits = matches!((&step, &flushed), (Step::Done, Io::Again));
                return if waits { (Step::Again, true) } else { (step, ready || self.has_more()) };
            }
            match flushed {
                Io::Done(()) if ready => {}
                Io::Done(()) | Io::Again => return (Step::Again, ready),
                Io::Eof => return (Step::Closed(None), true),
                Io::Fail(e) => return (Step::Closed(Some(e)), true),
            }
        }
        // No handshake is as long as that.
        (self.refuse(TlsError::TooLong), true)
    }

    /// Reads the client's hello, of which everything from `from` on is new.
    fn read_hello(&mut self, received: &[u8], from: usize) -> Option<Step> {
        self.pending = received.to_vec();
        // A handshake record of TLS, or an SSLv2 hello, as nginx tells them.
        if received.first().is_some_and(|&first| first != 0x16 && first & 0x80 == 0) {
            return Some(Step::Plain);
        }
        let Side::Hello(acceptor) = &mut self.side else { return None };
        let mut fresh = &received[from..];
        while !fresh.is_empty() {
            match acceptor.read_tls(&mut fresh) {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => return Some(self.refuse(TlsError::TooLong)),
            }
            match acceptor.accept() {
                Ok(None) => {}
                Ok(Some(accepted)) => {
                    let hello = accepted.client_hello();
                    let name = hello.server_name().unwrap_or_default();
                    self.hello.server_name = name.to_ascii_lowercase().into();
                    self.hello.ciphers = numbers(hello.cipher_suites());
                    self.hello.groups = numbers(hello.named_groups().unwrap_or_default());
                    return Some(Step::Hello);
                }
                Err((e, mut alert)) => {
                    let _ = alert.write_all(&mut self.out);
                    return Some(self.refuse(e.into()));
                }
            }
        }
        None
    }

    /// Reads what the peer has sent to the machine. None: the handshake needs more.
    fn read_messages(&mut self, received: &mut [u8]) -> Option<Step> {
        self.feed(received, &mut |_| 0);
        if let Some(e) = &self.failed {
            return Some(Step::Failed(e.clone()));
        }
        self.early |= !self.is_established() && !self.plain.is_empty();
        self.is_done().then_some(Step::Done)
    }

    fn is_done(&self) -> bool {
        self.early || self.is_established()
    }

    fn refuse(&mut self, e: TlsError) -> Step {
        self.fail(e.clone());
        Step::Failed(e)
    }
}

/// Not more of them than sensible clients offer.
fn numbers<T: Copy + Into<u16>>(offered: &[T]) -> Box<[u16]> {
    offered.iter().take(MOST_OFFERED).map(|&it| it.into()).collect()
}
