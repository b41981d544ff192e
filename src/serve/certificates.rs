//! Certificates that are named by variables, or are in them: those of server blocks, and of connections to servers.

use zeroize::Zeroize;

use crate::http::downstream::Downstream;
use crate::http::request::Request;
use crate::http::settings::ssl::{OfVariables, Pem};
use crate::tls::{Certificate, LoadError, Source};
use crate::worker::*;

use super::eval;

/// Those of the server block that a client in its handshake has named. There is no request yet, so one is made for as
/// long as variables are looked at; variables of its head have no value.
pub fn of_server(
    w: &mut Worker,
    channel: ChannelId,
    of: &OfVariables,
) -> Result<Vec<Certificate>, LoadError> {
    let server = w.channels[channel].server;
    let root = w.conf.server(server).root;
    let request = Request::new(Downstream::H1(channel), server, root);
    let request = w.requests.insert(Task::new(request));
    let now = w.event.now;
    let load = |(certificate, key): &(Pem, Pem)| {
        let sources = [certificate, key].map(|it| source(w, request, it));
        let [certificate, key] = &sources;
        w.certificates.get(of.cache, certificate, key, &of.passwords, now)
    };
    let all = of.pairs.iter().map(load).collect();
    w.requests.remove(request);
    all
}

/// That of the request's location for servers, and its key. None: the variables come to nothing, and none is shown.
pub fn of_proxy(w: &mut Worker, request: RequestId, of: &OfVariables) -> Option<[Source; 2]> {
    let (certificate, key) = of.pairs.first()?;
    let certificate = source(w, request, certificate);
    (!certificate.is_empty()).then(|| [certificate, source(w, request, key)])
}

fn source(w: &mut Worker, request: RequestId, pem: &Pem) -> Source {
    let mut text = w.buffers.line();
    eval::template(w, request, &pem.text, &mut text);
    let source = Source::new(&text, &pem.folder);
    // It may be a key.
    text.zeroize();
    w.buffers.give_line(text);
    source
}
