//! Receiving and sending, and what each result says of readiness.

use std::fs::File;
use std::io::IoSlice;

use crate::base::ids::ConnId;
use crate::os::net::Io;
use crate::os::splice::Pipe;

use super::{Host, Reactor};

impl<W: Host> Reactor<W> {
    /// A short read empties the socket: the next byte raises an edge. Not so once the end is queued.
    pub fn recv(&mut self, id: ConnId, buf: &mut [u8]) -> Io {
        let c = &mut self.conns[id];
        if c.tls.is_some() {
            return self.recv_decrypted(id, buf);
        }
        let got = c.socket.recv(buf);
        match got {
            Io::Done(n) if n < buf.len() && !c.ended => c.read.ready = false,
            Io::Again => c.read.ready = false,
            _ => {}
        }
        got
    }

    /// Looks without taking; `ready` stays as it was unless there is nothing.
    pub fn peek(&mut self, id: ConnId, buf: &mut [u8]) -> Io {
        let c = &mut self.conns[id];
        if c.tls.is_some() {
            return self.peek_decrypted(id);
        }
        let got = c.socket.peek(buf);
        if got == Io::Again {
            c.read.ready = false;
        }
        got
    }

    pub fn send(&mut self, id: ConnId, buf: &[u8]) -> Io {
        let c = &mut self.conns[id];
        if c.tls.is_some() {
            return self.send_encrypted(id, &[IoSlice::new(buf)]);
        }
        let sent = c.socket.send(buf);
        self.note_sent(id, sent, buf.len())
    }

    /// As `send`, when more follows at once.
    pub fn send_more(&mut self, id: ConnId, buf: &[u8]) -> Io {
        let c = &mut self.conns[id];
        if c.tls.is_some() {
            return self.send_encrypted(id, &[IoSlice::new(buf)]);
        }
        let sent = c.socket.send_more(buf);
        self.note_sent(id, sent, buf.len())
    }

    pub fn sendv(&mut self, id: ConnId, bufs: &[IoSlice<'_>]) -> Io {
        let c = &mut self.conns[id];
        if c.tls.is_some() {
            return self.send_encrypted(id, bufs);
        }
        let sent = c.socket.sendv(bufs);
        let asked = bufs.iter().map(|b| b.len()).sum();
        self.note_sent(id, sent, asked)
    }

    /// A short `sendfile` says nothing: it may have been the call's own limit.
    pub fn sendfile(&mut self, id: ConnId, file: &File, offset: u64, len: usize) -> Io {
        let c = &mut self.conns[id];
        if c.tls.is_some() {
            return self.send_file_encrypted(id, file, offset, len);
        }
        let sent = c.socket.sendfile(file, offset, len);
        self.note_sent(id, sent, 0)
    }

    /// Takes what a plain socket has received into an empty pipe. A short result may be the pipe's own limit.
    pub fn splice_in(&mut self, id: ConnId, pipe: &mut Pipe, most: usize) -> Io {
        let c = &mut self.conns[id];
        let got = pipe.fill(&mut c.socket, most);
        if got == Io::Again {
            c.read.ready = false;
        }
        got
    }

    /// Sends what a pipe holds. A short result says nothing, as of `sendfile`.
    pub fn splice_out(&mut self, id: ConnId, pipe: &mut Pipe) -> Io {
        let sent = pipe.drain(&mut self.conns[id].socket);
        self.note_sent(id, sent, 0)
    }

    fn note_sent(&mut self, id: ConnId, sent: Io, asked: usize) -> Io {
        let c = &mut self.conns[id];
        match sent {
            Io::Done(n) => {
                c.sent += n as u64;
                if n < asked {
                    c.write.ready = false;
                }
            }
            Io::Again => c.write.ready = false,
            _ => {}
        }
        sent
    }
}
