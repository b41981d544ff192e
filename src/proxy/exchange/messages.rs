//! What a server says for the log beside its response: FastCGI's STDERR, and that memcached does not have the key.

use crate::serve::log::{self, Level};
use crate::worker::*;

/// Logs it. True: one of the messages holds what `fastcgi_catch_stderr` names.
#[inline]
pub fn log(w: &mut Worker, id: UpstreamId) -> bool {
    w.upstreams[id].client.has_messages() && log_all(w, id)
}

/// Logs the key that memcached has no value for.
pub fn log_not_found(w: &Worker, id: UpstreamId) {
    let upstream = &w.upstreams[id];
    if let Some(key) = upstream.client.not_found() {
        let key = String::from_utf8_lossy(key);
        let text = format_args!("key: \"{key}\" was not found by memcached");
        log::error(w, upstream.request, Level::Info, text);
    }
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
