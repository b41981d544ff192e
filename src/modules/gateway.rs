//! What `fastcgi_pass`, `uwsgi_pass` and `scgi_pass` have in common: the parameters of a request, and the response of
//! the last two.

use crate::http::request::Request;
use crate::http::settings::upstream_conf::Param;
use crate::http::vars::Part;
use crate::proto::cgi::{self, Params};
use crate::proto::head::is_underscored;
use crate::proto::{Client, Method, Name, Repeated};
use crate::serve::eval;
use crate::worker::*;

/// Appends the parameters of the configuration, then the fields of the request.
pub fn push_params(w: &mut Worker, id: RequestId, params: &mut impl Params, out: &mut Vec<u8>) {
    let settings = &w.location_of(id).upstream;
    let sent = match &settings.sent_to_cache {
        Some(sent) if w.requests[id].may_store() => sent,
        _ => &settings.sent,
    };
    for param in &sent.params {
        push_param(w, id, param, params, out);
    }
    if settings.pass_request_headers {
        let Worker { requests, buffers, .. } = w;
        push_fields(&requests[id], &sent.replaced, &mut buffers.repeated, params, out);
    }
}

fn push_param(
    w: &mut Worker,
    request: RequestId,
    param: &Param,
    params: &mut impl Params,
    out: &mut Vec<u8>,
) {
    let pair = params.open(out, &param.name);
    match param.value.parts.as_slice() {
        [Part::Text(text)] => out.extend_from_slice(text),
        [Part::Var(var)] => {
            eval::variable(w, request, var, out);
        }
        _ => eval::template(w, request, &param.value, out),
    }
    params.finish(out, pair, param.if_not_empty);
}

/// The fields of the request, but for those whose place a parameter takes. Lines of one name are one parameter.
fn push_fields(
    request: &Request,
    replaced: &[Box<str>],
    repeated: &mut Repeated,
    params: &mut impl Params,
    out: &mut Vec<u8>,
) {
    let head = &request.head;
    repeated.find(head);
    for (at, field) in head.fields.iter().enumerate() {
        let name = head.name(field);
        let is_replaced = || replaced.iter().any(|it| is_underscored(name, it));
        if !repeated.is_first(at) || is_replaced() {
            continue;
        }
        let pair = params.open_field(out, name);
        out.extend_from_slice(head.value(field));
        let separator: &[u8] = if field.id == Name::Cookie { b"; " } else { b", " };
        for other in repeated.behind(at) {
            out.extend_from_slice(separator);
            out.extend_from_slice(head.value(&head.fields[other]));
        }
        params.finish(out, pair, false);
    }
}

/// The response is that of a CGI script, and nothing else comes on the connection.
pub fn await_cgi(w: &mut Worker, id: UpstreamId) {
    let request = w.upstreams[id].request;
    let limit = w.location_of(request).upstream.buffer_size.min(SCRATCH);
    let is_head = w.requests[request].method == Method::Head;
    let upstream = &mut w.upstreams[id];
    upstream.is_head = is_head;
    let client = cgi::Client::new(limit, is_head);
    match &mut upstream.client {
        Client::Cgi(it) => **it = client,
        other => *other = Client::Cgi(Box::new(client)),
    }
}
