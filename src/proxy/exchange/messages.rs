//! What a server says for the log beside its response: FastCGI's STDERR.

use crate::serve::log::{self, Level};
use crate::worker::*;

/// Logs it. True: one of the messages holds what `fastcgi_catch_stderr` names.
#[inline]
pub fn log(w: &mut Worker, id: UpstreamId) -> bool {
    w.upstreams[id].client.has_messages() && log_all(w, id)
}

#[cold]
fn log_all(w: &mut Worker, id: UpstreamId) -> bool {
    let request = w.upstreams[id].request;
    let catch = &w.location_of(request).fastcgi.catch_stderr;
    let mut caught = false;
    for message in w.upstreams[id].client.messages() {
        let text = String::from_utf8_lossy(message);
        log::error(w, request, Level::Error, format_args!("FastCGI sent in stderr: \"{text}\""));
        caught |= catch.iter().any(|it| memchr::memmem::find(message, it).is_some());
    }
    w.upstreams[id].client.clear_messages();
    caught
}
