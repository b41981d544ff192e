//! `fastcgi_pass`: the request as a FastCGI server gets it.

use crate::http::address::split_address;
use crate::http::conf::Location;
use crate::http::request::Request;
use crate::http::settings::fastcgi::Param;
use crate::http::vars::Part;
use crate::proto::fastcgi::{self, Params, request};
use crate::proto::head::is_underscored;
use crate::proto::{Client, Method, Name, Repeated};
use crate::serve::eval;
use crate::worker::*;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: |location| !location.upstream.pass_request_body,
    // The end of STDIN tells it.
    streams_any_length: |_| true,
    parse_address: split_address,
    create_request,
    // `health_check` is refused in a location with `fastcgi_pass`.
    create_probe: |_, _, _| {},
};

/// Appends BEGIN_REQUEST and the stream PARAMS, and begins to speak FastCGI with the server.
fn create_request(w: &mut Worker, id: UpstreamId, out: &mut Vec<u8>) {
    let request = w.upstreams[id].request;
    let location = w.location_of(request);
    request::begin(out, location.fastcgi.keep_conn);
    let mut params = Params::begin(out);
    let sent = match &location.fastcgi.sent_to_cache {
        Some(sent) if w.requests[request].may_store() => sent,
        _ => &location.fastcgi.sent,
    };
    for param in &sent.params {
        push_param(w, request, param, &mut params, out);
    }
    if location.upstream.pass_request_headers {
        let Worker { requests, buffers, .. } = w;
        let repeated = &mut buffers.repeated;
        push_fields(&requests[request], &sent.replaced, repeated, &mut params, out);
    }
    params.end(out);
    let is_head = w.requests[request].method == Method::Head;
    let upstream = &mut w.upstreams[id];
    upstream.is_head = is_head;
    speak(&mut upstream.client, location, is_head);
}

fn speak(client: &mut Client, location: &Location, is_head: bool) {
    let limit = location.upstream.buffer_size.min(SCRATCH);
    let keep_conn = location.fastcgi.keep_conn;
    match client {
        Client::FastCgi(it) => it.reset(limit, is_head, keep_conn),
        _ => *client = Client::FastCgi(Box::new(fastcgi::Client::new(limit, is_head, keep_conn))),
    }
}

fn push_param(
    w: &mut Worker,
    request: RequestId,
    param: &Param,
    params: &mut Params,
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
    params: &mut Params,
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
