//! After a 101: bytes are passed on as they come, both ways. Each direction ends by itself: the end of what one side
//! sends is passed on behind its last byte, and the other side may go on sending. The request ends with the second.

use crate::event::Side;
use crate::http::exchange::{Tunnel, Written};
use crate::http::response::Stage;
use crate::http::settings::upstream_conf::ProtocolIndex;
use crate::os::Errno;
use crate::os::net::Io;
use crate::proto::{Name, head};
use crate::proxy::connection;
use crate::proxy::pool::scripted;
use crate::serve::downstream::Sent;
use crate::serve::log::{self, Level};
use crate::serve::{downstream, finish, respond};
use crate::worker::*;

/// Reads of one event and direction; then others get their turn.
const BUDGET: usize = 16;

/// What is read at once, if `proxy_buffer_size` is not more: the bound of what a side that stops reading
/// leaves in memory.
const PIECE: usize = 16 << 10;

pub fn most(w: &Worker, request: RequestId) -> usize {
    w.location_of(request).upstream.buffer_size.clamp(PIECE, SCRATCH)
}

/// A 101 answers a request whose client, and whose head as the server got it, asked for an upgrade.
pub fn was_asked_for(w: &Worker, id: UpstreamId) -> bool {
    let upstream = &w.upstreams[id];
    let request = &w.requests[upstream.request];
    let location = w.location_of(upstream.request);
    let sets_upgrade = match upstream.protocol {
        ProtocolIndex::Proxy => {
            let mut set = location.proxy.headers.set.iter();
            set.any(|field| field.name.eq_ignore_ascii_case(b"upgrade"))
        }
        // `HTTP_UPGRADE`
        _ => location.upstream.pass_request_headers,
    };
    let offered = upstream.head.get(Name::Upgrade);
    let asked = request.head.all(Name::Upgrade).flat_map(head::list);
    let mut asked = asked.map(|it| it.split(|&b| b == b'/').next().unwrap_or_default());
    let matches = offered.is_some_and(|offered| {
        let offered = offered.split(|&b| b == b'/').next().unwrap_or_default();
        asked.any(|it| it.eq_ignore_ascii_case(offered))
    });
    sets_upgrade
        && request.line.upgrade
        && upstream.line.upgrade
        && matches
        && upstream.written == Written::All
}

/// The head goes to the client, and whatever came behind it.
pub fn begin(w: &mut Worker, id: UpstreamId, first: &mut [u8]) {
    let task = &mut w.upstreams[id];
    task.tunnel = Some(Tunnel::default());
    task.read = down;
    task.write = up_writable;
    let request = task.request;
    w.requests[request].disable_keepalive();
    w.requests[request].action = "proxying upgraded connection";
    if !respond::begin(w, request) {
        return;
    }
    // The head has no body of its own: what follows is not its.
    if respond::write(w, request, &[], false).is_over() {
        return;
    }
    let it = &mut w.requests[request];
    it.read = up;
    it.write = down_writable;
    if !pass_down(w, id, first) {
        return;
    }
    downstream::resume_body(w, request);
    if let Some(conn) = connection(w, id) {
        if w.event.conns[conn].read.ready {
            w.event.post(conn, Side::Read);
        }
        arm(w, id, conn);
    }
}

/// The task's read handler: from the server to the client.
fn down(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    let request = w.upstreams[id].request;
    if w.event.conns[conn].read.timedout {
        w.event.conns[conn].read.timedout = false;
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Info, text);
        return finish::close(w, request);
    }
    if tunnel(w, id).server_ended {
        return;
    }
    let most = most(w, request);
    let mut scratch = w.buffers.take();
    for _ in 0..BUDGET {
        if !downstream::is_drained(w, request) || !w.event.conns[conn].read.ready {
            break;
        }
        match w.event.recv(conn, &mut scratch[..most]) {
            Io::Done(n) => {
                super::response_head::count_received(w, id, n);
                if !pass_down(w, id, &scratch[..n]) {
                    break;
                }
            }
            Io::Again => break,
            Io::Eof => {
                server_ended(w, id);
                break;
            }
            Io::Fail(_) => {
                over(w, request);
                break;
            }
        }
    }
    w.buffers.give(scratch);
    if connection(w, id) == Some(conn) {
        let c = &w.event.conns[conn];
        let may_go_on = !tunnel(w, id).server_ended && downstream::is_drained(w, request);
        if c.read.ready && may_go_on {
            w.event.post(conn, Side::Read);
        }
        arm(w, id, conn);
    }
}

/// False: the request is over.
fn pass_down(w: &mut Worker, id: UpstreamId, bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return true;
    }
    let request = w.upstreams[id].request;
    w.requests[request].response.body_sent += bytes.len() as u64;
    match downstream::send_raw(w, request, bytes) {
        Sent::Failed(_) => {
            finish::close(w, request);
            false
        }
        Sent::Blocked => {
            downstream::want_room_anew(w, request);
            true
        }
        Sent::All => true,
    }
}

/// The request's write handler: the client took everything, so the server may go on.
fn down_writable(w: &mut Worker, request: RequestId) {
    let Some(id) = w.requests[request].upstream else { return };
    if !downstream::is_drained(w, request) {
        return;
    }
    if let Some(conn) = connection(w, id) {
        if w.event.conns[conn].read.ready {
            w.event.post(conn, Side::Read);
        }
    }
}

/// The request's read handler: from the client to the server.
fn up(w: &mut Worker, request: RequestId) {
    let Some(id) = w.requests[request].upstream else { return };
    let Some(conn) = connection(w, id) else { return };
    if tunnel(w, id).client_ended {
        return;
    }
    let most = most(w, request);
    let mut scratch = w.buffers.take();
    for _ in 0..BUDGET {
        if !w.upstreams[id].out.is_empty() || !downstream::may_read(w, request) {
            break;
        }
        match downstream::read_raw(w, request, &mut scratch[..most]) {
            Io::Done(n) => {
                if !pass_up(w, id, conn, &scratch[..n]) {
                    break;
                }
            }
            Io::Again => break,
            Io::Eof => {
                client_ended(w, id, conn);
                break;
            }
            Io::Fail(_) => {
                over(w, request);
                break;
            }
        }
    }
    w.buffers.give(scratch);
    if connection(w, id) == Some(conn) {
        let is_free = !tunnel(w, id).client_ended && w.upstreams[id].out.is_empty();
        if is_free && downstream::may_read(w, request) {
            downstream::resume_body(w, request);
        }
        arm(w, id, conn);
    }
}

/// False: the request is over.
fn pass_up(w: &mut Worker, id: UpstreamId, conn: ConnId, bytes: &[u8]) -> bool {
    let sent = match w.upstreams[id].out.is_empty() {
        true => w.event.send(conn, bytes),
        false => Io::Again,
    };
    let n = match sent {
        Io::Done(n) => n,
        Io::Again => 0,
        Io::Eof | Io::Fail(_) => {
            let request = w.upstreams[id].request;
            finish::close(w, request);
            return false;
        }
    };
    w.upstreams[id].out.extend_from_slice(&bytes[n..]);
    if n < bytes.len() {
        let timeout = scripted::send_timeout(w, id);
        w.event.arm(conn, Side::Write, timeout);
        if w.event.conns[conn].write.ready {
            w.event.post(conn, Side::Write);
        }
    }
    true
}

/// The task's write handler: what waits for the server goes, then the client may go on.
fn up_writable(w: &mut Worker, id: UpstreamId) {
    let Some(conn) = connection(w, id) else { return };
    let request = w.upstreams[id].request;
    if w.event.conns[conn].write.timedout {
        w.event.conns[conn].write.timedout = false;
        let text = format_args!("upstream timed out ({})", Errno::TIMEDOUT);
        log::error(w, request, Level::Error, text);
        return finish::close(w, request);
    }
    let Worker { event, upstreams, .. } = w;
    let out = &mut upstreams[id].it.out;
    while !out.is_empty() && event.conns[conn].write.ready {
        match event.send(conn, out) {
            Io::Done(n) => drop(out.drain(..n)),
            Io::Again => break,
            Io::Eof | Io::Fail(_) => return finish::close(w, request),
        }
    }
    if w.upstreams[id].out.is_empty() {
        w.event.cancel(conn, Side::Write);
        if downstream::may_read(w, request) {
            downstream::resume_body(w, request);
        }
    }
}

/// `proxy_read_timeout` between any two bytes, whichever way.
fn arm(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let timeout = scripted::read_timeout(w, id);
    w.event.arm(conn, Side::Read, timeout);
}

fn tunnel(w: &Worker, id: UpstreamId) -> Tunnel {
    w.upstreams[id].tunnel.unwrap_or_default()
}

/// The server has sent its last byte. The client has all of it: nothing is read while its outbox is not empty.
fn server_ended(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    let tunnel = w.upstreams[id].tunnel.get_or_insert_default();
    tunnel.server_ended = true;
    match tunnel.client_ended {
        true => over(w, request),
        false => downstream::end_raw(w, request),
    }
}

/// The client has sent its last byte, and the server has all of it, as in `server_ended`.
fn client_ended(w: &mut Worker, id: UpstreamId, conn: ConnId) {
    let request = w.upstreams[id].request;
    let tunnel = w.upstreams[id].tunnel.get_or_insert_default();
    tunnel.client_ended = true;
    match tunnel.server_ended {
        true => over(w, request),
        false => drop(w.event.shutdown_write(conn)),
    }
}

/// Both sides have ended, or one has failed: what is on its way to the client still reaches it.
fn over(w: &mut Worker, request: RequestId) {
    if let Some(upstream) = w.requests[request].upstream {
        crate::proxy::pool::release::release(w, upstream);
    }
    // That is how it is complete, for `$request_completion`.
    w.requests[request].response.stage = Stage::Ended;
    finish::break_off(w, request);
}
