//! The client's end of a request: the one place that tells the kinds of [`Downstream`] apart.
//!
//! Everything here is about one request: its body, the room for its response, its timers. What an HTTP/1 connection
//! has (one request at a time, so its buffers and timers are the request's) is behind these functions, and so are
//! requests without a connection of their own.
//!
//! The id of a request that has ended is good until the turn is over; then its connection may serve another.

use std::sync::Arc;

use crate::base::pace::Pace;
use crate::event::{Reactor, Side};
use crate::http::channel::{Channel, Origin, Scheme};
use crate::http::conf::ServerId;
use crate::http::downstream::{Departed, Downstream};
use crate::http::filters::{FileBody, HeadFilters};
use crate::http::request::{Outcome, Request};
use crate::http::subrequest::Role;
use crate::os::Errno;
use crate::os::addr::Addr;
use crate::os::net::Io;
use crate::os::splice::Pipe;
use crate::proto::{Head, Violation};
use crate::tls::{ClientRules, Tls, Verdict};
use crate::worker::*;

use super::body::Part;
use super::h1::{self, channel, connection};
use super::{h2, postpone};

/// How a write went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// The system has all of it.
    All,
    /// Some of it waits in the outbox.
    Blocked,
    /// The client is gone.
    Failed(Errno),
}

/// The channel of HTTP/1 that the request is on.
#[inline]
fn h1(w: &Worker, id: RequestId) -> Option<ChannelId> {
    match w.requests[id].downstream {
        Downstream::H1(channel) => Some(channel),
        Downstream::H2(..) | Downstream::Parent(_) | Downstream::Detached => None,
    }
}

/// The connection of HTTP/1 that the request is on.
#[inline]
fn conn(w: &Worker, id: RequestId) -> Option<ConnId> {
    let channel = w.channels.get(h1(w, id)?)?;
    Some(channel.conn)
}

/// The HTTP/2 connection and the stream that the request is on.
#[inline]
fn h2(w: &Worker, id: RequestId) -> Option<(ChannelId, u32)> {
    match w.requests[id].downstream {
        Downstream::H2(channel, stream) => Some((channel, stream)),
        Downstream::H1(_) | Downstream::Parent(_) | Downstream::Detached => None,
    }
}

/// The steps of the pipeline that the request runs.
#[inline]
pub fn steps<'a>(pipeline: &'a Pipeline, request: &Request) -> &'a [(Phase, PhaseHandler)] {
    match request.downstream {
        Downstream::H1(_) | Downstream::H2(..) | Downstream::Detached => &pipeline.steps,
        Downstream::Parent(_) => &pipeline.sub_steps,
    }
}

/// The client, and where its connection was accepted. None once the request has ended and its connection with it.
#[inline]
pub fn origin(w: &Worker, id: RequestId) -> Option<&Origin> {
    origin_of(w, &w.requests[id])
}

#[inline]
pub fn origin_of<'a>(w: &'a Worker, request: &'a Request) -> Option<&'a Origin> {
    match request.downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => {
            w.channels.get(channel).map(|channel| &channel.origin)
        }
        Downstream::Parent(parent) => origin_of(w, w.requests.get(parent)?),
        Downstream::Detached => request.rare.departed.as_ref().map(|it| &it.origin),
    }
}

/// The client's address: that of the connection, or the one that a trusted proxy has named.
#[inline]
pub fn client(w: &Worker, id: RequestId) -> Option<&Addr> {
    client_of(w, &w.requests[id])
}

fn client_of<'a>(w: &'a Worker, request: &'a Request) -> Option<&'a Addr> {
    if let Downstream::Parent(parent) = request.downstream {
        return client_of(w, w.requests.get(parent)?);
    }
    match &request.rare.client {
        Some(client) => Some(client),
        None => origin_of(w, request).map(|origin| &origin.client),
    }
}

/// The client of a connection of its own, and the connection's server block, which is the one that the last request
/// has named.
pub fn place<'a>(
    channels: &'a mut Channels,
    request: &Request,
) -> Option<(&'a Origin, &'a mut ServerId)> {
    match request.downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => {
            let Channel { origin, server, .. } = &mut channels[channel];
            Some((origin, server))
        }
        Downstream::Parent(_) | Downstream::Detached => None,
    }
}

/// How the client came: by TLS or not.
pub fn scheme(w: &Worker, id: RequestId) -> Scheme {
    origin(w, id).map_or(Scheme::Http, |origin| origin.scheme)
}

/// What was negotiated with the client, while its connection is there.
pub fn tls(w: &Worker, id: RequestId) -> Option<&Tls> {
    match w.requests[id].downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => {
            w.event.conns.get(w.channels.get(channel)?.conn)?.tls()
        }
        Downstream::Parent(parent) => tls(w, parent),
        Downstream::Detached => None,
    }
}

pub fn tls_mut(w: &mut Worker, id: RequestId) -> Option<&mut Tls> {
    match w.requests[id].downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => {
            w.event.conns.get_mut(w.channels.get(channel)?.conn)?.tls_mut()
        }
        Downstream::Parent(parent) => tls_mut(w, parent),
        Downstream::Detached => None,
    }
}

/// What is thought of the client's certificate by those rules ([`Tls::judge_client`]).
pub fn judge_client(w: &mut Worker, id: RequestId, rules: Option<&Arc<ClientRules>>) -> Verdict {
    match w.requests[id].downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => match w.channels.get(channel) {
            Some(channel) => w.event.judge_client(channel.conn, rules),
            None => Verdict::None,
        },
        Downstream::Parent(parent) => judge_client(w, parent, rules),
        Downstream::Detached => Verdict::None,
    }
}

/// `$connection`, and the `*12` of the error log.
pub fn number(w: &Worker, id: RequestId) -> u32 {
    origin(w, id).map_or(0, |origin| origin.number)
}

/// The address that the client connected to.
pub fn local_addr(w: &Worker, id: RequestId) -> Option<&Addr> {
    match w.requests[id].downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => {
            let Channel { conn, origin, .. } = w.channels.get(channel)?;
            if origin.local.get().is_none() {
                let addr = w.event.conns.get(*conn)?.socket.local_addr()?;
                let _ = origin.local.set(Box::new(addr));
            }
            origin.local.get().map(|addr| &**addr)
        }
        Downstream::Parent(parent) => local_addr(w, parent),
        Downstream::Detached => origin(w, id)?.local.get().map(|addr| &**addr),
    }
}

/// `$tcpinfo_…`: the round trip and its variance in us, the congestion window, the receiver's space.
pub fn tcp_info(w: &Worker, id: RequestId) -> Option<[u32; 4]> {
    match w.requests[id].downstream {
        Downstream::H1(channel) | Downstream::H2(channel, _) => {
            let channel = w.channels.get(channel)?;
            w.event.conns.get(channel.conn)?.socket.tcp_info()
        }
        Downstream::Parent(parent) => tcp_info(w, parent),
        Downstream::Detached => None,
    }
}

/// Bytes sent so far on what the response goes over; of a connection, in all.
#[inline]
pub fn sent(w: &Worker, id: RequestId) -> u64 {
    match w.requests[id].downstream {
        Downstream::H1(channel) => {
            let conn = w.channels.get(channel).and_then(|it| w.event.conns.get(it.conn));
            conn.map_or(0, |c| c.sent)
        }
        Downstream::H2(channel, stream) => h2::sent(w, channel, stream),
        Downstream::Parent(_) => 0,
        Downstream::Detached => w.requests[id].rare.departed.as_ref().map_or(0, |it| it.sent),
    }
}

// The body of the request.

/// A piece of the body, decoded, at the front of the buffer given.
pub fn read(w: &mut Worker, id: RequestId, buf: &mut [u8]) -> Part {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::body::read(w, channel, id, buf),
        Downstream::H2(channel, stream) => h2::read(w, channel, stream, id, buf),
        Downstream::Parent(_) | Downstream::Detached => Part::Data(0, true),
    }
}

/// As `read`, but into an empty pipe: for a sized body of which nothing waits in memory.
pub fn read_into(w: &mut Worker, id: RequestId, pipe: &mut Pipe, most: usize) -> Part {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::body::read_into(w, channel, id, pipe, most),
        Downstream::H2(..) | Downstream::Parent(_) | Downstream::Detached => Part::Again,
    }
}

/// What has come of a body together with the head, and is passed on as it is.
pub fn at_hand<'a>(channels: &'a Channels, request: &Request) -> &'a [u8] {
    match request.downstream {
        Downstream::H1(channel) => h1::body::at_hand(&channels[channel], request),
        Downstream::H2(channel, stream) => h2::at_hand(&channels[channel], stream, request),
        Downstream::Parent(_) | Downstream::Detached => &[],
    }
}

/// `n` bytes of what was [`at_hand`] have been passed on.
pub fn take_at_hand(w: &mut Worker, id: RequestId, n: usize) {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::body::take_at_hand(w, channel, id, n),
        Downstream::H2(channel, stream) => h2::take_at_hand(w, channel, stream, id, n),
        Downstream::Parent(_) | Downstream::Detached => {}
    }
}

/// What has come of the body is thrown away, at most `room` bytes of it; what has not may come.
pub fn pass_over(w: &mut Worker, id: RequestId, room: u64) -> Result<(), Violation> {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::body::pass_over(w, channel, id, room),
        Downstream::H2(channel, stream) => h2::pass_over(w, channel, stream, id),
        Downstream::Parent(_) | Downstream::Detached => Ok(()),
    }
}

/// What has been received is of no use.
pub fn forget_received(w: &mut Worker, id: RequestId) {
    if let Some(id) = h1(w, id) {
        w.channels[id].inbox = Vec::new();
    } else if let Some((channel, stream)) = h2(w, id) {
        h2::forget(w, channel, stream);
    }
}

/// Nothing that has been received is still to be read.
pub fn has_read_all(channels: &Channels, request: &Request) -> bool {
    match request.downstream {
        Downstream::H1(channel) => channels[channel].inbox.is_empty(),
        Downstream::H2(..) => false,
        Downstream::Parent(_) | Downstream::Detached => true,
    }
}

/// More of the body is awaited, for `timeout` ms unless a time runs already.
pub fn want_body(w: &mut Worker, id: RequestId, timeout: u64) {
    if let Some(conn) = conn(w, id) {
        if !w.event.conns[conn].read.is_armed() {
            w.event.arm(conn, Side::Read, timeout);
        }
    } else if let Some((channel, stream)) = h2(w, id) {
        h2::want_body(w, channel, stream, timeout);
    }
}

/// No time runs for the client's next bytes.
pub fn cancel_body(w: &mut Worker, id: RequestId) {
    if let Some(conn) = conn(w, id) {
        w.event.cancel(conn, Side::Read);
    } else if let Some((channel, stream)) = h2(w, id) {
        h2::cancel_body(w, channel, stream);
    }
}

/// As `cancel_body`, when nothing is likely to be awaited of the client again.
pub fn forget_body(w: &mut Worker, id: RequestId) {
    let Some(conn) = conn(w, id) else { return };
    if !w.event.conns[conn].read.is_armed() {
        w.event.disarm(conn, Side::Read);
    }
}

/// The time of `want_body` is over.
pub fn body_timed_out(w: &Worker, id: RequestId) -> bool {
    match conn(w, id) {
        Some(conn) => w.event.conns[conn].read.timedout,
        None => h2(w, id).is_some_and(|(id, stream)| h2::body_timed_out(w, id, stream)),
    }
}

/// The request's read handler is called later in this turn.
pub fn resume_body(w: &mut Worker, id: RequestId) {
    if let Some(conn) = conn(w, id) {
        w.event.post(conn, Side::Read);
    } else if h2(w, id).is_some() {
        w.event.post_job(Job::RequestRead(id));
    }
}

/// The client may have sent bytes that have not been read.
pub fn may_read(w: &Worker, id: RequestId) -> bool {
    let Some(id) = h1(w, id) else {
        return h2(w, id).is_some_and(|(id, stream)| h2::may_read(w, id, stream));
    };
    let channel = &w.channels[id];
    !channel.inbox.is_empty() || w.event.conns[channel.conn].read.ready
}

/// The client's next bytes as they are: after a 101 they are no request.
pub fn read_raw(w: &mut Worker, id: RequestId, buf: &mut [u8]) -> Io {
    let Some(id) = h1(w, id) else {
        return match h2(w, id) {
            Some((channel, stream)) => h2::read_raw(w, channel, stream, buf),
            None => Io::Eof,
        };
    };
    let channel = &mut w.channels[id];
    if channel.inbox.is_empty() {
        return w.event.recv(channel.conn, buf);
    }
    let n = channel.inbox.len().min(buf.len());
    buf[..n].copy_from_slice(&channel.inbox[..n]);
    match n == channel.inbox.len() {
        true => w.buffers.give_line(std::mem::take(&mut channel.inbox)),
        false => drop(channel.inbox.drain(..n)),
    }
    Io::Done(n)
}

/// The end of what the client is sent, after a 101: it may go on sending.
pub fn end_raw(w: &mut Worker, id: RequestId) {
    if let Some(conn) = conn(w, id) {
        // If that fails, so does the next read, which ends the request.
        let _ = w.event.shutdown_write(conn);
    } else if let Some((channel, stream)) = h2(w, id) {
        h2::end_raw(w, channel, stream);
    }
}

// The end of the client.

/// The client has ended, or failed with an error, while its request is served. One that gives a stream up, or whose
/// connection of HTTP/2 ends, is not asked for: its requests end at once.
pub fn peer_gone(w: &Worker, id: RequestId) -> Option<Option<Errno>> {
    let c = &w.event.conns[conn(w, id)?];
    c.ended.then(|| c.socket.error())
}

/// The request's read handler is called later in this turn if the end of the client has been told of already.
#[inline]
pub fn look_again(w: &mut Worker, id: RequestId) {
    if let Some(conn) = conn(w, id) {
        connection::look_again(w, conn);
    }
}

/// `reset_timedout_connection on`: the close that follows sends a reset, and the kernel forgets at once.
pub fn reset_if_wanted(w: &mut Worker, id: RequestId) {
    if !w.location_of(id).core.reset_timedout_connection {
        return;
    }
    if let Some(conn) = conn(w, id) {
        w.event.conns[conn].socket.reset_on_close();
    }
}

/// Closes the client's connection under a request that goes on: what is written from here on goes nowhere.
pub fn detach(w: &mut Worker, id: RequestId) {
    match w.requests[id].downstream {
        Downstream::H1(channel) => {
            remember(w, id);
            w.channels[channel].request = None;
            connection::close(w, channel);
        }
        Downstream::H2(channel, stream) => {
            remember(w, id);
            h2::detach(w, channel, stream);
        }
        Downstream::Parent(_) | Downstream::Detached => {}
    }
}

/// From here on the request has no connection, but knows what it was.
fn remember(w: &mut Worker, id: RequestId) {
    // Afterwards the system cannot be asked.
    local_addr(w, id);
    let sent = sent(w, id);
    let Some(origin) = origin(w, id).cloned() else { return };
    let request = &mut w.requests[id];
    request.downstream = Downstream::Detached;
    request.rare.get_or_insert().departed = Some(Box::new(Departed { origin, sent }));
}

// The response.

/// The body of the response goes nowhere.
#[inline]
pub fn is_discarded(w: &Worker, id: RequestId) -> bool {
    let request = &w.requests[id];
    match request.downstream {
        Downstream::H1(_) | Downstream::H2(..) => false,
        Downstream::Parent(_) => !is_wanted(request),
        Downstream::Detached => true,
    }
}

/// The body of the response is part of another's.
pub fn is_inserted(request: &Request) -> bool {
    request.rare.subrequest.is_some_and(|it| it.role == Role::Inserted)
}

/// The body of the response is kept for another request.
pub fn is_in_memory(request: &Request) -> bool {
    let role = request.rare.subrequest.map(|it| it.role);
    matches!(role, Some(Role::InMemory | Role::Captured { .. }))
}

fn is_captured(request: &Request) -> bool {
    let role = request.rare.subrequest.map(|it| it.role);
    matches!(role, Some(Role::Captured { .. }))
}

/// The body of a subrequest is wanted.
pub fn is_wanted(request: &Request) -> bool {
    is_inserted(request) || is_in_memory(request)
}

/// What a subrequest of that request has.
pub fn of_parent(parent: RequestId) -> Downstream {
    Downstream::Parent(parent)
}

/// Another request has started it.
#[inline]
pub fn is_subrequest(request: &Request) -> bool {
    matches!(request.downstream, Downstream::Parent(_))
}

/// The filters of heads that its response does not pass: what the client has asked of its own response
/// does not hold for that of a subrequest.
#[inline]
pub fn withheld(request: &Request) -> HeadFilters {
    match request.downstream {
        Downstream::H1(_) | Downstream::H2(..) | Downstream::Detached => HeadFilters::NONE,
        // A script takes it as it is before `add_header`.
        Downstream::Parent(_) if is_captured(request) => {
            HeadFilters::OF_CLIENTS.and(HeadFilters::HEADERS)
        }
        Downstream::Parent(_) => HeadFilters::OF_CLIENTS,
    }
}

/// The request that has started this one.
#[inline]
pub fn parent(w: &Worker, id: RequestId) -> Option<RequestId> {
    match w.requests[id].downstream {
        Downstream::H1(_) | Downstream::H2(..) | Downstream::Detached => None,
        Downstream::Parent(parent) => Some(parent),
    }
}

/// The request of the client: the one itself, or the one that the subrequest was started for.
#[inline]
pub fn main(w: &Worker, id: RequestId) -> RequestId {
    let request = &w.requests[id];
    match request.downstream {
        Downstream::H1(_) | Downstream::H2(..) | Downstream::Detached => id,
        Downstream::Parent(parent) => request.rare.subrequest.map_or(parent, |it| it.main),
    }
}

/// The request whose variables are those of this one: its main request, but for one that a script has started.
#[inline]
pub fn of_variables(w: &Worker, id: RequestId) -> RequestId {
    let subrequest = w.requests[id].rare.subrequest;
    match subrequest.map(|it| it.role) {
        None | Some(Role::Captured { shares: false }) => id,
        Some(_) => main(w, id),
    }
}

/// A response begins, with that `tcp_nodelay`. Returns what [`sent`] was until then.
pub fn begin(w: &mut Worker, id: RequestId, nodelay: bool) -> u64 {
    let (channel, stream) = match w.requests[id].downstream {
        Downstream::H1(channel) => (channel, None),
        Downstream::H2(channel, stream) => (channel, Some((channel, stream))),
        Downstream::Parent(_) | Downstream::Detached => return sent(w, id),
    };
    let channel = &mut w.channels[channel];
    let c = &mut w.event.conns[channel.conn];
    if channel.nodelay != nodelay {
        channel.nodelay = nodelay;
        c.socket.set_nodelay(nodelay);
    }
    match stream {
        None => c.sent,
        Some((channel, stream)) => h2::count_anew(w, channel, stream),
    }
}

/// `limit_rate` of the response that begins.
pub fn set_pace(w: &mut Worker, id: RequestId, pace: Option<Box<Pace>>) {
    if let Some(id) = h1(w, id) {
        w.channels[id].pace = pace;
    } else if let Some((channel, stream)) = h2(w, id) {
        h2::set_pace(w, channel, stream, pace);
    }
}

/// Sends a piece of the body as the client's protocol frames it. `first`: the head of the response goes before it;
/// `last`: nothing follows. What cannot go now is copied.
#[inline]
pub fn write(w: &mut Worker, id: RequestId, data: &[u8], first: bool, last: bool) -> Sent {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::write::piece(w, channel, id, data, first, last),
        Downstream::H2(channel, stream) => h2::piece(w, channel, stream, id, data, first, last),
        Downstream::Parent(_) | Downstream::Detached => Sent::All,
    }
}

/// As `write`, a part of a file, which is not empty.
pub fn write_file(w: &mut Worker, id: RequestId, body: FileBody, first: bool, last: bool) -> Sent {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::write::file(w, channel, id, body, first, last),
        Downstream::H2(channel, stream) => h2::file(w, channel, stream, id, body, first, last),
        Downstream::Parent(_) | Downstream::Detached => Sent::All,
    }
}

/// Sends an interim response (1xx); `fields` are whole lines.
pub fn interim(w: &mut Worker, id: RequestId, status: u16, fields: &Head) -> Sent {
    match w.requests[id].downstream {
        Downstream::H1(channel) => h1::write::interim(w, channel, status, fields),
        Downstream::H2(channel, stream) => h2::interim(w, channel, stream, status, fields),
        Downstream::Parent(_) | Downstream::Detached => Sent::All,
    }
}

/// Sends bytes of an upgraded connection.
pub fn send_raw(w: &mut Worker, id: RequestId, bytes: &[u8]) -> Sent {
    match w.requests[id].downstream {
        Downstream::H1(channel) => channel::send(w, channel, &[bytes]),
        Downstream::H2(channel, stream) => h2::raw(w, channel, stream, bytes),
        Downstream::Parent(_) | Downstream::Detached => Sent::All,
    }
}

/// Everything that was handed over has gone. Until then the server is not asked for more.
#[inline]
pub fn is_drained(w: &Worker, id: RequestId) -> bool {
    match w.requests[id].downstream {
        Downstream::H1(channel) => w.channels[channel].outbox.is_empty(),
        Downstream::H2(channel, stream) => h2::is_drained(w, channel, stream),
        Downstream::Parent(_) => postpone::is_drained(w, id),
        Downstream::Detached => true,
    }
}

/// The client has `send_timeout` for the next bytes of what waits, unless a time runs already.
pub fn want_room(w: &mut Worker, id: RequestId) {
    match w.requests[id].downstream {
        Downstream::H1(channel) => {
            if !w.event.conns[w.channels[channel].conn].write.is_armed() {
                connection::arm_send(w, channel);
            }
        }
        Downstream::H2(channel, stream) => h2::want_room(w, channel, stream, id, false),
        Downstream::Parent(_) | Downstream::Detached => {}
    }
}

/// As `want_room`, from now on.
pub fn want_room_anew(w: &mut Worker, id: RequestId) {
    match w.requests[id].downstream {
        Downstream::H1(channel) => connection::arm_send(w, channel),
        Downstream::H2(channel, stream) => h2::want_room(w, channel, stream, id, true),
        Downstream::Parent(_) | Downstream::Detached => {}
    }
}

/// No time runs for what the client is to take.
pub fn cancel_room(w: &mut Worker, id: RequestId) {
    if let Some(conn) = conn(w, id) {
        w.event.cancel(conn, Side::Write);
    } else if let Some((channel, stream)) = h2(w, id) {
        h2::cancel_room(w, channel, stream);
    }
}

/// A pipe may be emptied towards the client now.
pub fn takes_splice(w: &Worker, id: RequestId) -> bool {
    let Some(id) = h1(w, id) else { return false };
    let channel = &w.channels[id];
    let c = &w.event.conns[channel.conn];
    channel.outbox.is_empty() && channel.pace.is_none() && c.write.ready && !c.is_encrypted()
}

/// The body of the request may fill a pipe.
pub fn gives_splice(event: &Reactor<Worker>, channels: &Channels, request: &Request) -> bool {
    match request.downstream {
        Downstream::H1(channel) => !event.conns[channels[channel].conn].is_encrypted(),
        Downstream::H2(..) | Downstream::Parent(_) | Downstream::Detached => false,
    }
}

/// Sends what a pipe holds; what the client does not take at once waits as bytes. `scratch` has room for all of it.
pub fn splice(w: &mut Worker, id: RequestId, pipe: &mut Pipe, scratch: &mut [u8]) -> Sent {
    let Some(id) = h1(w, id) else { return Sent::All };
    let channel = &mut w.channels[id];
    let conn = channel.conn;
    match w.event.splice_out(conn, pipe) {
        Io::Done(_) | Io::Again => {}
        Io::Eof => return Sent::Failed(Errno::PIPE),
        Io::Fail(e) => return Sent::Failed(e),
    }
    let rest = pipe.take(scratch);
    if rest == 0 {
        return Sent::All;
    }
    channel.outbox.push(&scratch[..rest]);
    if w.event.conns[conn].write.ready {
        w.event.post(conn, Side::Write);
    }
    Sent::Blocked
}

/// The request has ended: so does its connection, or it goes on.
pub fn end(w: &mut Worker, id: RequestId, outcome: Outcome) {
    match w.requests[id].downstream {
        Downstream::H1(channel) => connection::request_ended(w, channel, id, outcome),
        Downstream::H2(channel, stream) => h2::ended(w, channel, stream, id, outcome),
        Downstream::Parent(_) | Downstream::Detached => {}
    }
}

/// As `end`, of a request that has children or a parent: what its children may still ask of it is remembered.
pub fn end_family(w: &mut Worker, id: RequestId, outcome: Outcome) {
    match w.requests[id].rare.children.is_empty() {
        true => end(w, id, outcome),
        false => part(w, id, outcome),
    }
}

/// As `end`, of a request that goes on: its connection does without it, and it without its connection.
pub fn part(w: &mut Worker, id: RequestId, outcome: Outcome) {
    match w.requests[id].downstream {
        Downstream::H1(channel) => {
            remember(w, id);
            connection::request_ended(w, channel, id, outcome);
        }
        Downstream::H2(channel, stream) => {
            remember(w, id);
            h2::ended(w, channel, stream, id, outcome);
        }
        Downstream::Parent(_) | Downstream::Detached => {}
    }
}

pub type Channels = crate::base::arena::Arena<Channel, ChannelKey>;
