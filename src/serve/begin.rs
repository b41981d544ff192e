//! The memory of a request, taken when it begins.

use crate::http::conf::ServerId;
use crate::http::downstream::Downstream;
use crate::http::request::Request;
use crate::worker::*;

use super::abort;

/// A request that has come from there, in the memory of a former one if there is any.
pub fn request(w: &mut Worker, downstream: Downstream, server: ServerId) -> RequestId {
    let location = w.conf.server(server).root;
    let Some(id) = w.requests.revive() else {
        let it = Request::new(downstream, server, location);
        return w.requests.insert(Task { read: abort::watch, write: rest, it });
    };
    let task = &mut w.requests[id];
    task.it.reset(downstream, server, location);
    (task.read, task.write) = (abort::watch, rest);
    id
}
