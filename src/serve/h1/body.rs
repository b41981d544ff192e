//! The request's body as it comes over an HTTP/1 connection: from the inbox, then from the socket.

use crate::http::channel::Channel;
use crate::http::request::{Request, SizeCheck};
use crate::http::settings::server::ServerCore;
use crate::os::net::Io;
use crate::os::splice::Pipe;
use crate::proto::Violation;
use crate::proto::h1::body::{Body, Chunked};
use crate::worker::*;

use super::super::body::{Part, broken, room};

/// A decoder for a chunked body; what its extensions and trailers take counts as a head does.
pub fn chunked(settings: &ServerCore) -> Body {
    let buffers = settings.large_client_header_buffers;
    Body::Chunked(Chunked::request(buffers.total()))
}

/// What has come of the body is thrown away, at most `room` bytes of it; what has not may come.
pub fn pass_over(
    w: &mut Worker,
    channel: ChannelId,
    id: RequestId,
    room: u64,
) -> Result<(), Violation> {
    let Worker { channels, requests, buffers, .. } = w;
    let request = &mut requests[id].it;
    let inbox = &mut channels[channel].inbox;
    if inbox.is_empty() {
        return Ok(());
    }
    // A client that sends does not wait for `100 Continue`.
    request.body.expects_continue = false;
    let decoded = request.body.rest.decode_within(inbox, room)?;
    request.body.received += decoded.data as u64;
    match decoded.consumed == inbox.len() {
        true => buffers.give_line(std::mem::take(inbox)),
        false => drop(inbox.drain(..decoded.consumed)),
    }
    Ok(())
}

/// Takes the next bytes of the body from the inbox, then from the socket.
pub fn read(w: &mut Worker, channel: ChannelId, id: RequestId, buf: &mut [u8]) -> Part {
    let request = &mut w.requests[id];
    if request.body.rest.is_done() {
        return Part::Data(0, true);
    }
    let Worker { channels, requests, .. } = w;
    let (conn, inbox) = (channels[channel].conn, &mut channels[channel].inbox);
    let request = &mut requests[id];
    let n = if inbox.is_empty() {
        if !w.event.conns[conn].read.ready {
            return Part::Again;
        }
        // Not a byte beyond a sized body: the next request stays in the socket.
        let most = match &request.body.rest {
            Body::Sized(left) => usize::try_from(*left).unwrap_or(usize::MAX).min(buf.len()),
            _ => buf.len(),
        };
        match w.event.recv(conn, &mut buf[..most]) {
            Io::Done(n) => n,
            Io::Again => return Part::Again,
            Io::Eof | Io::Fail(_) => return Part::Gone,
        }
    } else {
        let n = inbox.len().min(buf.len());
        buf[..n].copy_from_slice(&inbox[..n]);
        match n == inbox.len() {
            true => w.buffers.give_line(std::mem::take(inbox)),
            false => drop(inbox.drain(..n)),
        }
        n
    };
    // What was allowed before an error page is read to its end.
    let is_settled = w.requests[id].body.size == SizeCheck::Settled;
    let room = if is_settled { u64::MAX } else { room(w, id) };
    let request = &mut w.requests[id];
    let decoded = match request.body.rest.decode_within(&mut buf[..n], room) {
        Ok(decoded) => decoded,
        Err(violation) => return Part::Bad(broken(w, id, violation)),
    };
    request.length += decoded.consumed as u64;
    request.body.received += decoded.data as u64;
    if decoded.consumed < n {
        // What follows the body is the next request's.
        w.channels[channel].inbox.splice(0..0, buf[decoded.consumed..n].iter().copied());
    }
    Part::Data(decoded.data, decoded.end)
}

/// `n` bytes of a sized body have come. True: they were the last.
fn count(request: &mut Request, n: usize) -> bool {
    let Body::Sized(left) = &mut request.body.rest else { return false };
    *left -= n as u64;
    request.length += n as u64;
    request.body.received += n as u64;
    *left == 0
}

/// What has come of a sized body together with the head.
pub fn at_hand<'a>(channel: &'a Channel, request: &Request) -> &'a [u8] {
    let inbox = &channel.inbox;
    match request.body.rest {
        Body::Sized(left) => &inbox[..inbox.len().min(usize::try_from(left).unwrap_or(usize::MAX))],
        _ => &[],
    }
}

/// `n` bytes of what was [`at_hand`] have been passed on.
pub fn take_at_hand(w: &mut Worker, channel: ChannelId, id: RequestId, n: usize) {
    count(&mut w.requests[id].it, n);
    let inbox = &mut w.channels[channel].inbox;
    match n == inbox.len() {
        true => w.buffers.give_line(std::mem::take(inbox)),
        false => drop(inbox.drain(..n)),
    }
}

/// As `read`, but into an empty pipe: for a sized body of which nothing is in the inbox.
pub fn read_into(
    w: &mut Worker,
    channel: ChannelId,
    id: RequestId,
    pipe: &mut Pipe,
    most: usize,
) -> Part {
    let conn = w.channels[channel].conn;
    if !w.event.conns[conn].read.ready {
        return Part::Again;
    }
    let request = &mut w.requests[id].it;
    let Body::Sized(left) = request.body.rest else { return Part::Again };
    let most = usize::try_from(left).unwrap_or(usize::MAX).min(most);
    match w.event.splice_in(conn, pipe, most) {
        Io::Done(n) => Part::Data(n, count(request, n)),
        Io::Again => Part::Again,
        Io::Eof | Io::Fail(_) => Part::Gone,
    }
}
