//! Verbs of the upstream's side: one request's way to a server and back.
//!
//! From `get` to `free`, in the order in which it happens; these six files and `upstream::peer` are the whole way, the
//! others are what it may meet:
//!
//! ```text
//! start::handler       the body is read, or left to be streamed; the group is found; go
//! connect::next_try    a try begins: get asks upstream::peer::get (balancer, then cache), act goes on with what it got
//!   Done → take          a connection that was idle
//!   Dial → wait_for      one that is being made for nobody
//!   Ok   → dial, begin   one of its own (by way of room, where workers share max_conns)
//!   Wait → queue::join   none now: queue::serve asks again, then act
//!   Busy → retry::next   none at all
//! send::begin          the request is built (head_out) and written; send::send goes on whenever it may
//! head::receive        the response's head; process: another try, a page of ours, another location, or this answer
//! pump::begin          its body: readable reads, take decodes and passes on to serve::respond
//! release::release     the end, however it came: end_try tells the balancer (upstream::peer::free), fate says whether
//!                      the connection is closed or goes to spare::offer (who waits for one, else the cache)
//! ```
//!
//! What fails on the way, from `connect` on, comes to `retry::next`: it ends the try as `release` does, and begins
//! the next one or answers.
//!
//! | file | stage of life |
//! |---|---|
//! | `start` | the request's body is collected or not; its group is found |
//! | `balance` | what the balancer is told of the request, and `sticky` the client |
//! | `connect` | a peer is picked; a connection taken or made |
//! | `head_out` | the head for the server is written |
//! | `send` | head and body go to the server |
//! | `head` | the response's head comes in: interim ones, errors, what the client is told |
//! | `cookies` | what is changed in `Set-Cookie` |
//! | `fields` | which fields of the response the client sees, and how |
//! | `accel` | the server hands the answer over to another location |
//! | `pump` | the response's body, with back pressure |
//! | `messages` | what the server says for the log |
//! | `bypass` | a large part of it that passes by our memory |
//! | `ranges` | a part of it, where the server sends the whole |
//! | `discard` | the rest of a response that is not passed on |
//! | `store` | a copy of it becomes a file |
//! | `spool` | what a slow client is not ready for goes to a file |
//! | `upgrade` | after a 101: two relays |
//! | `undelivered` | whether a request that nobody answered had arrived |
//! | `retry` | a try failed: the next, or an answer |
//! | `resolve` | names are looked up, and the groups that have them changed |
//! | `release` | the try ends: its connection is kept or closed, and why |
//! | `spare` | connections that serve nobody: idle, or being made; who gets them |
//! | `queue` | requests that wait for a place |
//! | `room` | and those that wait for another worker to close a connection |
//! | `health` | servers are asked whether they are well |
//!
//! ```text
//! state              read               write           leaves when
//! connecting,        head::receive      send::send      the request is out
//!   sending
//! waiting for head   head::receive      send::send      head complete; proxy_read_timeout
//! passing body       pump::readable     send::send      body complete, or the client is gone
//! upgraded           upgrade::down      up_writable     both sides have ended; proxy_read_timeout
//! queued             rest               rest            queue::serve finds a place; queue timeout
//! without room       rest               rest            room::serve finds some; proxy_connect_timeout
//! idle (no task)     spare::close_idle  rest            taken, closed by peer, keepalive_timeout
//! dial (no task)     spare::dial_ended  spare::dialed   it stands, or failed; proxy_connect_timeout
//! probe (no task)    health::receive    health::send    it is known; proxy_connect_, proxy_read_timeout
//!   between checks   health::idle       rest            its time comes; closed by peer, keepalive_time
//! ```

pub mod exchange;
pub mod pool;

use crate::base::ids::{ConnId, UpstreamId};
use crate::worker::{Owner, Worker};

/// A connection's read handler: whatever the task is at.
fn readable(w: &mut Worker, conn: ConnId) {
    if let Owner::Upstream(id) = w.event.conns[conn].owner {
        (w.upstreams[id].read)(w, id);
    }
}

/// A connection's write handler.
fn writable(w: &mut Worker, conn: ConnId) {
    if let Owner::Upstream(id) = w.event.conns[conn].owner {
        (w.upstreams[id].write)(w, id);
    }
}

/// The task and its connection, while it has one.
fn connection(w: &Worker, id: UpstreamId) -> Option<ConnId> {
    w.upstreams.get(id)?.peer.connection
}
