//! One connection's TLS: records of the socket on one side, plaintext on the other.
//!
//! It holds the ciphertext of a record that is not complete, what the socket did not take, and plaintext that its owner
//! had no room for; of a connection at rest all three are empty. Everything else passes through [`Scratch`].

use std::io::IoSlice;

use rustls::CommonState;
use rustls::client::UnbufferedClientConnection;
use rustls::server::{Acceptor, UnbufferedServerConnection};

use super::client_rules::Asked;
use super::clock::Clock;
use super::drive::{Driven, close_notify, drive, encrypt};
use super::error::TlsError;
use super::server::H2;
use crate::os::Errno;
use crate::os::net::{Io, Socket};

/// The longest record, its head included: TLS 1.2 allows 2048 bytes more than its plaintext.
pub(super) const RECORD: usize = 5 + (16 << 10) + 2048;

/// Plaintext of one `send` to the socket: three records. More at once left the kernel a stub of a packet each time.
const BATCH: usize = 48 << 10;

/// What a batch grows by, and a few messages of the handshake before it.
const OVERHEAD: usize = 4 << 10;

/// The largest part of a message that is kept until the rest comes: a handshake message of 64 KiB in records.
pub(super) const LONGEST: usize = (64 << 10) + RECORD;

/// Reads of one call that bring no plaintext.
pub(super) const ROUNDS: usize = 16;

/// Memory for bytes on their way, one per reactor; made by the first connection that needs it.
#[derive(Default)]
pub struct Scratch {
    input: Vec<u8>,
    output: Vec<u8>,
    gathered: Vec<u8>,
    piece: Vec<u8>,
}

impl Scratch {
    pub(super) fn input(&mut self) -> &mut [u8] {
        if self.input.is_empty() {
            self.input.resize((256 << 10) + LONGEST, 0);
        }
        &mut self.input
    }

    /// A buffer for as much plaintext as goes out at once; give it back.
    pub fn take_piece(&mut self) -> Vec<u8> {
        let mut piece = std::mem::take(&mut self.piece);
        piece.resize(BATCH, 0);
        piece
    }

    pub fn give_piece(&mut self, piece: Vec<u8>) {
        self.piece = piece;
    }
}

/// What a client says before it gets a certificate.
#[derive(Debug, Default)]
pub struct Hello {
    /// The name in SNI, in lower case; empty if there is none.
    pub server_name: Box<str>,
    /// The suites and the groups that it offers, by their numbers.
    pub(super) ciphers: Box<[u16]>,
    pub(super) groups: Box<[u16]>,
}

pub struct Tls {
    pub(super) side: Side,
    pub(super) hello: Hello,
    /// That of the configuration it uses.
    pub(super) clock: Option<Clock>,
    /// Of clients that were asked for a certificate.
    pub(super) asked: Option<Box<Asked>>,
    /// Ciphertext of what is not complete.
    pub(super) pending: Vec<u8>,
    /// Its client has sent something before the end of the handshake, and that may be read.
    pub(super) early: bool,
    /// It has not been looked at by what reads now.
    pub(super) unread: bool,
    /// Records that the socket did not take.
    pub(super) out: Vec<u8>,
    /// Plaintext in `out` of which the owner does not know yet that it was taken.
    owed: usize,
    /// Plaintext that the owner had no room for.
    pub(super) plain: Vec<u8>,
    /// Bytes the kernel took.
    sent: u64,
    /// The peer has sent close_notify.
    closed: bool,
    /// Ours has been sent, or never will be.
    ended: bool,
    pub(super) failed: Option<TlsError>,
}

pub(super) enum Side {
    Hello(Box<Acceptor>),
    Server(Box<UnbufferedServerConnection>),
    Client(Box<UnbufferedClientConnection>),
}

impl Tls {
    /// A client's connection. `received`: what has been read of it already.
    pub fn from_client(received: Vec<u8>) -> Self {
        Self::new(Side::Hello(Box::default()), received)
    }

    pub(super) fn new(side: Side, pending: Vec<u8>) -> Self {
        Self {
            side,
            hello: Hello::default(),
            clock: None,
            asked: None,
            early: false,
            unread: !pending.is_empty(),
            pending,
            out: Vec::new(),
            owed: 0,
            plain: Vec::new(),
            sent: 0,
            closed: false,
            ended: false,
            failed: None,
        }
    }

    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Hands `input` to the machine. `take` says how much of a piece of plaintext it took; the rest is kept.
    pub(super) fn feed(&mut self, input: &mut [u8], take: &mut impl FnMut(&[u8]) -> usize) {
        let Self { side, out, plain, .. } = self;
        let mut keep = |piece: &[u8]| {
            let taken = if plain.is_empty() { take(piece) } else { 0 };
            plain.extend_from_slice(&piece[taken..]);
        };
        let Driven { used, closed, failed } = match side {
            Side::Server(it) => drive(&mut **it, input, &mut keep, out),
            Side::Client(it) => drive(&mut **it, input, &mut keep, out),
            Side::Hello(_) => return,
        };
        if let Some(asked) = &mut self.asked {
            asked.take_notes();
        }
        // An exact copy: what waits may wait for long.
        self.pending = input[used..].to_vec();
        self.closed |= closed;
        if let Some(e) = failed {
            self.failed = Some(e.into());
            self.ended = true;
        }
    }

    pub(super) fn fail(&mut self, e: TlsError) {
        self.failed = Some(e);
        self.ended = true;
    }

    pub(super) fn has_more(&self) -> bool {
        !self.plain.is_empty() || self.closed || self.failed.is_some()
    }

    /// Plaintext, at the front of `buf`. An end is [`Io::Eof`] only behind the peer's close_notify. The bool: there may
    /// be more, without an edge to tell.
    pub fn recv(
        &mut self,
        socket: &mut Socket,
        scratch: &mut Scratch,
        end_is_queued: bool,
        buf: &mut [u8],
    ) -> (Io, bool) {
        if !self.plain.is_empty() {
            return (Io::Done(self.take_plain(buf)), true);
        }
        for _ in 0..ROUNDS {
            if self.closed {
                return (Io::Eof, true);
            }
            if self.failed.is_some() {
                return (Io::Fail(Errno::PROTO), true);
            }
            let held = self.pending.len();
            let input = scratch.input();
            // One record at least: then a read that fills what was asked brings something.
            let most = buf.len().max(RECORD).min(input.len() - held);
            input[..held].copy_from_slice(&self.pending);
            let n = match socket.recv(&mut input[held..held + most]) {
                Io::Done(n) => n,
                Io::Again => return (Io::Again, false),
                Io::Eof => {
                    self.fail(TlsError::Truncated);
                    continue;
                }
                Io::Fail(e) => return (Io::Fail(e), true),
            };
            let mut at = 0;
            self.feed(&mut input[..held + n], &mut |piece| {
                let taken = piece.len().min(buf.len() - at);
                buf[at..at + taken].copy_from_slice(&piece[..taken]);
                at += taken;
                taken
            });
            if self.pending.len() > LONGEST {
                self.fail(TlsError::TooLong);
            }
            if !self.out.is_empty() {
                // Answers to key updates, alerts. What the socket does not take goes before the next plaintext.
                let _ = self.flush(socket);
            }
            let ready = n == most || end_is_queued;
            if at > 0 {
                return (Io::Done(at), ready || self.has_more());
            }
            if !ready && !self.has_more() {
                return (Io::Again, false);
            }
        }
        // Nothing but records without content: none of it is worth more time.
        self.fail(TlsError::TooLong);
        (Io::Fail(Errno::PROTO), true)
    }

    fn take_plain(&mut self, buf: &mut [u8]) -> usize {
        let n = self.plain.len().min(buf.len());
        buf[..n].copy_from_slice(&self.plain[..n]);
        match n == self.plain.len() {
            true => self.plain = Vec::new(),
            false => drop(self.plain.drain(..n)),
        }
        n
    }

    /// As `recv`, but what was seen stays to be received.
    pub fn peek(
        &mut self,
        socket: &mut Socket,
        scratch: &mut Scratch,
        end_is_queued: bool,
    ) -> (Io, bool) {
        if self.plain.is_empty() {
            // Everything that comes is kept.
            let (got, ready) = self.recv(socket, scratch, end_is_queued, &mut []);
            if self.plain.is_empty() {
                return (got, ready);
            }
        }
        (Io::Done(self.plain.len()), true)
    }

    /// Sends the plaintext of `bufs` and says how much of it the kernel has, as records.
    ///
    /// Of what it has in part nothing is counted: the next call is to begin with the same bytes, which then are not sent
    /// again. So the owner keeps what has not gone, as over a plain socket. False: the socket is full.
    pub fn send(
        &mut self,
        socket: &mut Socket,
        scratch: &mut Scratch,
        bufs: &[IoSlice<'_>],
    ) -> (Io, bool) {
        match self.flush(socket) {
            Io::Done(()) => {}
            Io::Again => return (Io::Again, false),
            Io::Eof => return (Io::Eof, true),
            Io::Fail(e) => return (Io::Fail(e), true),
        }
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        let mut done = self.owed.min(total);
        self.owed -= done;
        while done < total {
            if self.ended || self.failed.is_some() {
                return (Io::Fail(Errno::PIPE), true);
            }
            let piece = match bufs {
                [one] => &one[done..one.len().min(done + BATCH)],
                _ => {
                    gather(&mut scratch.gathered, bufs, done);
                    &scratch.gathered
                }
            };
            let len = piece.len();
            scratch.output.resize(BATCH + OVERHEAD, 0);
            let Some(n) = self.encrypt(piece, &mut scratch.output) else {
                return (Io::Fail(Errno::PROTO), true);
            };
            match self.transmit(socket, &scratch.output[..n]) {
                Io::Done(()) => done += len,
                Io::Again => {
                    self.owed = len;
                    return (if done > 0 { Io::Done(done) } else { Io::Again }, false);
                }
                Io::Eof => return (Io::Eof, true),
                Io::Fail(e) => return (Io::Fail(e), true),
            }
        }
        (Io::Done(done), true)
    }

    fn encrypt(&mut self, plain: &[u8], out: &mut [u8]) -> Option<usize> {
        let Self { side, pending, .. } = self;
        match side {
            Side::Server(it) => encrypt(&mut **it, pending, plain, out),
            Side::Client(it) => encrypt(&mut **it, pending, plain, out),
            Side::Hello(_) => None,
        }
    }

    /// Sends records that wait.
    pub(super) fn flush(&mut self, socket: &mut Socket) -> Io<()> {
        match self.out.is_empty() {
            true => Io::Done(()),
            false => {
                let out = std::mem::take(&mut self.out);
                self.transmit(socket, &out)
            }
        }
    }

    /// Sends records, or keeps what of them the socket does not take.
    pub(super) fn transmit(&mut self, socket: &mut Socket, records: &[u8]) -> Io<()> {
        let taken = match socket.send(records) {
            Io::Done(n) => n,
            Io::Again => 0,
            Io::Eof => return Io::Eof,
            Io::Fail(e) => return Io::Fail(e),
        };
        self.sent += taken as u64;
        self.out = records[taken..].to_vec();
        if self.out.is_empty() { Io::Done(()) } else { Io::Again }
    }

    /// Says that nothing more will be sent, unless something still waits, which that would make up for.
    pub fn shutdown(&mut self, socket: &mut Socket) {
        if std::mem::replace(&mut self.ended, true) || !self.out.is_empty() {
            return;
        }
        let mut record = [0; 256];
        let Self { side, pending, .. } = self;
        let n = match side {
            Side::Server(it) => close_notify(&mut **it, pending, &mut record),
            Side::Client(it) => close_notify(&mut **it, pending, &mut record),
            Side::Hello(_) => None,
        };
        if let Some(n) = n {
            let _ = self.transmit(socket, &record[..n]);
        }
    }

    /// What was received before it began.
    pub fn has_unread(&self) -> bool {
        self.unread
    }

    /// The socket has not taken all that is to be sent.
    pub fn is_blocked(&self) -> bool {
        !self.out.is_empty()
    }

    /// The handshake is done.
    pub fn is_established(&self) -> bool {
        self.common().is_some_and(|it| !it.is_handshaking())
    }

    /// What is read of the client may be a repetition: the handshake is not over yet (RFC 8446, 8).
    pub fn is_early(&self) -> bool {
        self.early && !self.is_established()
    }

    /// What was negotiated; none before a server was chosen.
    pub(super) fn common(&self) -> Option<&CommonState> {
        match &self.side {
            Side::Hello(_) => None,
            Side::Server(it) => Some(it),
            Side::Client(it) => Some(it),
        }
    }

    /// HTTP/2 was negotiated.
    pub fn speaks_h2(&self) -> bool {
        self.alpn_protocol() == H2
    }

    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<&TlsError> {
        self.failed.as_ref()
    }

    /// Bytes that the kernel took in all, since [`Self::count_anew`].
    pub fn sent_wire(&self) -> u64 {
        self.sent
    }

    pub fn count_anew(&mut self) {
        self.sent = 0;
    }
}

/// The next batch of what `bufs` hold behind their first `from` bytes.
fn gather(to: &mut Vec<u8>, bufs: &[IoSlice<'_>], mut from: usize) {
    to.clear();
    for buf in bufs {
        let skipped = from.min(buf.len());
        from -= skipped;
        let room = BATCH - to.len();
        let rest = &buf[skipped..];
        to.extend_from_slice(&rest[..rest.len().min(room)]);
    }
}

impl std::fmt::Debug for Tls {
    /// No bytes: some of them are plaintext.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { hello, pending, out, plain, closed, failed, .. } = self;
        f.debug_struct("Tls")
            .field("hello", hello)
            .field("held", &(pending.len(), out.len(), plain.len()))
            .field("closed", closed)
            .field("failed", failed)
            .finish_non_exhaustive()
    }
}
