//! A request that could not be read, or never came whole: what is known of it all the same, its answer
//! and its line in the log.

use crate::event::Side;
use crate::handler;
use crate::http::request::Request;
use crate::os::Errno;
use crate::proto::Violation;
use crate::proto::h1::known;
use crate::proto::h1::request::{self, Limits};
use crate::worker::*;

use super::client::{self, insert, limits, readable, take_request, writable};
use super::{finish, log, phases, respond};

/// The request takes from `bytes` what can be told, and with that the server block.
fn recall(w: &mut Worker, id: ChannelId, request: &mut Request, bytes: &[u8], limits: &Limits) {
    let (line, len) = known::read(bytes, limits, &mut request.head);
    request.line = line;
    request.method = line.method;
    request.length = len as u64;
    if !line.target.is_empty() && phases::set_uri(w, id, request).is_err() {
        request.uri.clear();
    }
    // A name that runs away leaves the default server.
    let _ = phases::find_server(w, id, request);
}

/// Another server block may be laxer than the one the head was read by. Then `limits` are its, and the
/// head is to be read again.
pub fn other_limits(
    w: &mut Worker,
    id: ChannelId,
    request: &mut Request,
    bytes: &[u8],
    limits: &mut Limits,
) -> bool {
    recall(w, id, request, bytes, limits);
    let found = client::limits(&w.conf.server(w.channels[id].server).core);
    let others = found != *limits;
    *limits = found;
    others
}

/// An answer for a request that could not be read. `request` knows what [`other_limits`] found.
pub fn refuse(
    w: &mut Worker,
    id: ChannelId,
    mut request: Request,
    bytes: &[u8],
    violation: Violation,
) {
    log_repeated(w, id, bytes, &violation);
    let detail = match violation.why {
        "client sent invalid header line" | "client sent too long header line" => {
            format!(": {}", known::wrong_line(bytes, request.length as usize))
        }
        _ => String::new(),
    };
    let channel = &mut w.channels[id];
    channel.inbox = Vec::new();
    channel.requests += 1;
    request.number = channel.requests;
    request.start = channel.head_since;
    let conn = channel.conn;
    w.stats.requests += 1;
    w.event.cancel(conn, Side::Read);
    let c = &mut w.event.conns[conn];
    c.read.handler = handler!(readable);
    c.write.handler = handler!(writable);
    answer(w, id, request, violation, &detail);
}

pub fn refuse_started(w: &mut Worker, id: ChannelId, request: Request, violation: Violation) {
    answer(w, id, request, violation, "");
}

fn answer(w: &mut Worker, id: ChannelId, mut request: Request, violation: Violation, detail: &str) {
    request.keep_alive = false;
    request.lingering = true;
    let of_line = matches!(violation.status, 414 | 505)
        || ["invalid method", "request", "version", "request line"]
            .iter()
            .any(|it| violation.why.ends_with(it));
    request.action = match of_line {
        true => "reading client request line",
        false => "reading client request headers",
    };
    let request = insert(w, id, request);
    log::error(w, request, log::Level::Info, format_args!("{}{detail}", violation.why));
    respond::error(w, request, violation.status);
}

/// nginx closes such a connection without an answer; the log has 408.
pub fn timed_out(w: &mut Worker, id: ChannelId) {
    let text = format!("client timed out ({})", Errno::TIMEDOUT);
    let request = take_request(w, id);
    let inbox = std::mem::take(&mut w.channels[id].inbox);
    unread(w, id, request, &inbox, 408, &text);
}

/// The client has gone before its head was whole.
pub fn cut_off(w: &mut Worker, id: ChannelId, request: Request, bytes: &[u8]) {
    if bytes.is_empty() {
        w.buffers.requests.push(request);
        return client::close(w, id);
    }
    unread(w, id, request, bytes, 400, "client prematurely closed connection");
}

fn unread(
    w: &mut Worker,
    id: ChannelId,
    mut request: Request,
    bytes: &[u8],
    status: u16,
    why: &str,
) {
    let limits = limits(&w.conf.server(w.channels[id].server).core);
    recall(w, id, &mut request, bytes, &limits);
    request.action = match request.line.target.is_empty() {
        true => "reading client request line",
        false => "reading client request headers",
    };
    w.channels[id].requests += 1;
    request.number = w.channels[id].requests;
    request.start = w.channels[id].head_since;
    request.response.status = status;
    w.stats.requests += 1;
    let request = insert(w, id, request);
    log::error(w, request, log::Level::Info, format_args!("{why}"));
    if status == 408 {
        client::reset_if_wanted(w, request);
    }
    finish::close(w, request);
}

/// Which field was sent twice, and how: the violation alone does not say.
fn log_repeated(w: &Worker, id: ChannelId, head: &[u8], violation: &Violation) {
    if !::log::log_enabled!(::log::Level::Info) || !violation.why.contains("duplicate") {
        return;
    }
    if let Some((line, before)) = request::repeated(head) {
        let (line, before) = (String::from_utf8_lossy(line), String::from_utf8_lossy(before));
        let text = format_args!("{}: \"{line}\", previous value: \"{before}\"", violation.why);
        log::connection(w, id, log::Level::Info, "reading client request headers", text);
    }
}
