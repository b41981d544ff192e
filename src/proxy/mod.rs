//! Verbs of the upstream's side: one request's way to a server and back.
//!
//! Two folders: [`exchange`] carries a request to a server and its response to the client, [`pool`] chooses servers and
//! owns their connections. They call each other. `fetch` makes the program's own requests: health checks, and those
//! of [`ocsp`], which asks for the status of certificates. From `get` to `free`, in the order in which it happens:
//!
//! ```text
//! exchange::start::handler        the body is read, or left to be streamed; the group is found; go
//! pool::connect::next_try         a try begins: get asks upstream::peer::get (balancer, then cache), and act follows
//!   Done → take                     an idle connection
//!   Dial → wait_for                 one that is being made and has no request yet
//!   Ok   → dial, begin              a new one (by way of max_conns, where workers share that limit)
//!   Wait → queue::join              none now: queue::serve asks again, then act
//!   Busy → retry::next              none at all
//! exchange::send::begin           the protocol's create_request builds the request; send::send goes on when it can
//! exchange::response_head::receive  head of the response; process: another try, a page of ours, another location, or
//!                                 this answer
//! exchange::pump::begin           its body: readable reads, take decodes and passes on to serve::respond
//! pool::release::release          the end: end_try tells the balancer (upstream::peer::free); the disposition says whether the
//!                                 connection is closed or goes to idle::offer (a waiting request, else the cache)
//! ```
//!
//! A failure on the way, from `connect` on, comes to `retry::next`: it ends the try as `release` does, and begins the
//! next one or answers.
//!
//! ```text
//! state              read                    write           leaves when
//! connecting,        response_head::receive  send::send      the request is out
//!   sending
//! shaking hands      handshake::go_on        handshake::go_on  done; proxy_connect_timeout
//! waiting for head   response_head::receive  send::send      head complete; proxy_read_timeout
//! passing body       pump::readable          send::send      body complete, or the client is gone
//! upgraded           upgrade::down           up_writable     both sides have ended; proxy_read_timeout
//! queued             rest                    rest            queue::serve finds a place; queue timeout
//! without room       rest                    rest            max_conns::serve finds some; proxy_connect_timeout
//! idle (no task)     idle::close_idle        rest            taken, closed by peer, keepalive_timeout
//! dial (no task)     idle::dial_ended        idle::dialed    it stands, or failed; proxy_connect_timeout
//! probe (no task)    health::receive         health::send    result known; proxy_connect_, proxy_read_timeout
//!   between checks   health::idle            rest            its time comes; closed by peer, keepalive_time
//! OCSP (no task)     ocsp::receive           ocsp::send      result known; a minute
//! ```

pub mod exchange;
mod fetch;
pub mod ocsp;
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
