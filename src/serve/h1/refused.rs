//! A request that could not be read, or never came whole: what is known of it all the same, its answer
//! and its line in the log.

use crate::os::Errno;
use crate::proto::Violation;
use crate::proto::h1::known;
use crate::proto::h1::{Limits, request};
use crate::worker::*;

use super::super::{downstream, finish, log, phases, respond};
use super::connection::{self, serve};
use super::head::{self, attach, new_request};

/// The request takes from `bytes` what can be told, and with that the server block.
fn recall(w: &mut Worker, id: RequestId, bytes: &[u8], limits: &Limits) {
    let request = &mut w.requests[id].it;
    let (line, len) = known::read(bytes, limits, &mut request.head);
    request.line = line;
    request.method = line.method;
    request.length = len as u64;
    if !line.target.is_empty() && phases::set_uri(w, id).is_err() {
        w.requests[id].uri.clear();
    }
    // A name that runs away leaves the default server.
    let _ = phases::find_server(w, id);
}

/// Another server block may be laxer than the one the head was read by. Then `limits` are its, and the
/// head is to be read again.
pub fn other_limits(w: &mut Worker, id: RequestId, bytes: &[u8], limits: &mut Limits) -> bool {
    recall(w, id, bytes, limits);
    let found = head::limits(&w.server_of(id).core);
    let others = found != *limits;
    *limits = found;
    others
}

/// An answer for a request that could not be read. `request` knows what [`other_limits`] found.
pub fn refuse(
    w: &mut Worker,
    id: ChannelId,
    request: RequestId,
    bytes: &[u8],
    violation: Violation,
) {
    log_repeated(w, id, bytes, violation);
    let detail = match violation {
        Violation::InvalidHeaderLine | Violation::LongHeaderLine => {
            format!(": {}", known::wrong_line(bytes, w.requests[request].length as usize))
        }
        _ => String::new(),
    };
    w.channels[id].inbox = Vec::new();
    attach(w, id, request);
    let conn = w.channels[id].conn;
    serve(w, conn);
    respond::refuse(w, request, violation, &detail);
}

/// nginx closes such a connection without an answer; the log has 408.
pub fn timed_out(w: &mut Worker, id: ChannelId) {
    let text = format!("client timed out ({})", Errno::TIMEDOUT);
    let request = new_request(w, id);
    let inbox = std::mem::take(&mut w.channels[id].inbox);
    unread(w, id, request, &inbox, 408, &text);
}

/// The client has gone before its head was whole.
pub fn cut_off(w: &mut Worker, id: ChannelId, request: RequestId, bytes: &[u8]) {
    if bytes.is_empty() {
        w.requests.retire(request);
        return connection::close(w, id);
    }
    unread(w, id, request, bytes, 400, "client prematurely closed connection");
}

fn unread(w: &mut Worker, id: ChannelId, r: RequestId, bytes: &[u8], status: u16, why: &str) {
    let limits = head::limits(&w.conf.server(w.channels[id].server).core);
    recall(w, r, bytes, &limits);
    attach(w, id, r);
    let request = &mut w.requests[r];
    request.action = match request.line.target.is_empty() {
        true => "reading client request line",
        false => "reading client request headers",
    };
    request.response.status = status;
    log::error(w, r, log::Level::Info, format_args!("{why}"));
    if status == 408 {
        downstream::reset_if_wanted(w, r);
    }
    finish::close(w, r);
}

/// Which field was sent twice, and how: the violation alone does not say.
fn log_repeated(w: &Worker, id: ChannelId, head: &[u8], violation: Violation) {
    if !::log::log_enabled!(::log::Level::Info) || !violation.is_duplicate() {
        return;
    }
    if let Some((line, before)) = request::repeated(head) {
        let (line, before) = (String::from_utf8_lossy(line), String::from_utf8_lossy(before));
        let text = format_args!("{violation}: \"{line}\", previous value: \"{before}\"");
        log::connection(w, id, log::Level::Info, "reading client request headers", text);
    }
}
