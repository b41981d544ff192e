//! The connections with TLS: the handshake, and the calls of `io` for them.

use std::fs::File;
use std::io::IoSlice;
use std::sync::Arc;

use crate::base::ids::ConnId;
use crate::os::Errno;
use crate::os::net::Io;
use crate::tls::{ClientRules, Server, Step, Tls, TlsError, Verdict};

use super::{Host, Reactor};

impl<W: Host> Reactor<W> {
    /// From here on the connection's bytes are records.
    pub fn encrypt(&mut self, id: ConnId, tls: Tls) {
        let c = &mut self.conns[id];
        // What has been read already raises no edge.
        c.read.ready |= tls.has_unread();
        c.tls = Some(Box::new(tls));
    }

    /// As far as the peer lets it go on. Either side's event may be what it waits for.
    pub fn handshake(&mut self, id: ConnId) -> Step {
        let secs = u64::try_from(self.wall.secs).unwrap_or_default();
        let Self { conns, scratch, .. } = self;
        let c = &mut conns[id];
        let Some(tls) = &mut c.tls else { return Step::Closed(None) };
        let (step, ready) = tls.handshake(&mut c.socket, scratch, c.ended, secs);
        c.read.ready = ready;
        c.write.ready &= !tls.is_blocked();
        step
    }

    /// The client that has said hello goes on with that server. `h2`: HTTP/2 is offered to it, too.
    pub fn accept_tls(&mut self, id: ConnId, server: &Server, h2: bool) -> Result<(), TlsError> {
        match &mut self.conns[id].tls {
            Some(tls) => tls.accept(server, h2),
            None => Ok(()),
        }
    }

    /// The client that has said hello is refused.
    pub fn reject_tls(&mut self, id: ConnId, e: TlsError) {
        let c = &mut self.conns[id];
        if let Some(tls) = &mut c.tls {
            tls.reject(&mut c.socket, e);
        }
    }

    /// Whether the client's certificate is trusted ([`Tls::judge_client`]).
    pub fn judge_client(&mut self, id: ConnId, rules: Option<&Arc<ClientRules>>) -> Verdict {
        let secs = u64::try_from(self.wall.secs).unwrap_or_default();
        let tls = self.conns.get_mut(id).and_then(|c| c.tls.as_mut());
        tls.map_or(Verdict::None, |tls| tls.judge_client(rules, secs))
    }

    /// The connection turned out to be a plain one. Returns what has been received of it.
    pub fn decline_tls(&mut self, id: ConnId) -> Vec<u8> {
        self.conns[id].tls.take().map_or_else(Vec::new, |tls| tls.into_received())
    }

    #[cold]
    pub(super) fn recv_decrypted(&mut self, id: ConnId, buf: &mut [u8]) -> Io {
        let Self { conns, scratch, .. } = self;
        let c = &mut conns[id];
        let Some(tls) = &mut c.tls else { return Io::Again };
        let (got, ready) = tls.recv(&mut c.socket, scratch, c.ended, buf);
        c.read.ready = ready;
        got
    }

    #[cold]
    pub(super) fn peek_decrypted(&mut self, id: ConnId) -> Io {
        let Self { conns, scratch, .. } = self;
        let c = &mut conns[id];
        let Some(tls) = &mut c.tls else { return Io::Again };
        let (got, ready) = tls.peek(&mut c.socket, scratch, c.ended);
        c.read.ready = ready;
        got
    }

    #[cold]
    pub(super) fn send_encrypted(&mut self, id: ConnId, bufs: &[IoSlice<'_>]) -> Io {
        let Self { conns, scratch, .. } = self;
        let c = &mut conns[id];
        let Some(tls) = &mut c.tls else { return Io::Fail(Errno::PIPE) };
        let (sent, ready) = tls.send(&mut c.socket, scratch, bufs);
        c.write.ready = ready;
        if let Io::Done(n) = sent {
            c.sent += n as u64;
        }
        sent
    }

    #[cold]
    pub(super) fn send_file_encrypted(
        &mut self,
        id: ConnId,
        file: &File,
        offset: u64,
        len: usize,
    ) -> Io {
        let mut piece = self.scratch.take_piece();
        let most = len.min(piece.len());
        let sent = match std::os::unix::fs::FileExt::read_at(file, &mut piece[..most], offset) {
            Ok(0) => Io::Eof,
            Ok(n) => self.send_encrypted(id, &[IoSlice::new(&piece[..n])]),
            Err(e) => Io::Fail(e.into()),
        };
        self.scratch.give_piece(piece);
        sent
    }
}
