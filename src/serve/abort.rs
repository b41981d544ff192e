//! A client that goes away while its request is served: how that is noticed.
//!
//! As in nginx the end of a client's input is the end of the client, unless `client_half_close` says otherwise. The
//! event that tells of it comes once ([`crate::event`], rule 5), maybe while another handler reads, or none looks:
//! every step that begins to wait for something else than the client's bytes looks for an end reported before.

use crate::worker::*;

use super::{downstream, finish};

/// From now on nothing is awaited of the client but its end.
pub fn await_end(w: &mut Worker, id: RequestId) {
    w.requests[id].read = watch;
    downstream::look_again(w, id);
}

/// The read handler of a request that awaits nothing of its client but its end: then the request ends, too.
///
/// Bytes before the end that are not read yet do not matter; they stay in the socket. With `client_half_close on`
/// only an error of the connection is an end.
pub fn watch(w: &mut Worker, id: RequestId) {
    let Some(request) = w.requests.get(id).filter(|it| it.outcome.is_none()) else { return };
    let Some(error) = downstream::peer_gone(w, id) else { return };
    let location = w.location_of(id);
    let ignored = location.upstream.ignore_client_abort && request.upstream.is_some();
    if ignored || finish::is_wanted_without_client(w, id) {
        return;
    }
    if error.is_none() && location.core.client_half_close {
        return;
    }
    finish::client_gone(w, id, error);
}
