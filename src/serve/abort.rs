//! A client that goes away while its request is served: how that is noticed.

use crate::worker::*;

use super::finish;

/// The read handler while an answer is made: is the client still there?
///
/// Its bytes stay in the socket. A client that has finished sending (FIN) still gets its answer; one that
/// has reset the connection is gone.
pub fn watch(w: &mut Worker, id: RequestId) {
    let request = &w.requests[id];
    let conn = request.conn;
    if !w.event.conns[conn].ended {
        return;
    }
    if let Some(e) = w.event.conns[conn].socket.error() {
        let ignored = w.location_of(id).proxy.ignore_client_abort && request.upstream.is_some();
        if ignored || finish::is_wanted_by_store(w, id) {
            return;
        }
        return finish::client_gone(w, id, Some(e));
    }
}
