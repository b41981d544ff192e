//! The rest of a response that is not passed to the client. A short one is read, so that the connection can be kept.

use crate::http::exchange::Spoiled;
use crate::os::net::Io;
use crate::proto::Client;
use crate::proxy::connection;
use crate::worker::*;

use super::response_head;

/// A longer rest of a body is not read, and its connection is closed.
const MOST: usize = 64 << 10;

/// Reads the rest of the body without waiting, at most 64 KiB bytes. `read` are the bytes behind the head that
/// were read with it. The connection can be kept if `Upstream::client` is done afterwards.
pub fn rest(w: &mut Worker, id: UpstreamId, read: &mut [u8]) {
    let Some(conn) = connection(w, id) else { return };
    if is_decoded(w, id, read) || is_too_long(&w.upstreams[id].client) {
        return;
    }
    let mut scratch = w.buffers.take();
    let mut most = MOST;
    while most > 0 {
        let len = scratch.len().min(most);
        match w.event.recv(conn, &mut scratch[..len]) {
            Io::Done(n) => {
                response_head::count_received(w, id, n);
                most -= n;
                if is_decoded(w, id, &mut scratch[..n]) {
                    break;
                }
            }
            Io::Again => break,
            Io::Eof | Io::Fail(_) => {
                w.upstreams[id].spoiled = Some(Spoiled::PeerClosed);
                break;
            }
        }
    }
    w.buffers.give(scratch);
}

fn is_too_long(client: &Client) -> bool {
    client.ends_at_close() || client.opaque().is_some_and(|left| left > MOST as u64)
}

/// True: nothing more is to be read: the body is whole, or it is invalid.
fn is_decoded(w: &mut Worker, id: UpstreamId, bytes: &mut [u8]) -> bool {
    let upstream = &mut w.upstreams[id].it;
    match upstream.take_body(bytes) {
        Ok(decoded) => {
            if decoded.consumed < bytes.len() {
                upstream.spoiled = Some(Spoiled::ExcessBytes);
            }
            decoded.end
        }
        Err(_) => {
            upstream.spoiled = Some(Spoiled::Failed);
            true
        }
    }
}
