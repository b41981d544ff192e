//! `fastcgi_pass`: the request as a FastCGI server gets it.

use crate::http::address::split_address;
use crate::http::conf::Location;
use crate::http::request::Request;
use crate::http::settings::fastcgi::{FastCgi, Param};
use crate::proto::fastcgi::{self, Params, request};
use crate::proto::head::is_underscored;
use crate::proto::{Client, Field, Head, Method, Name};
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
    for param in &location.fastcgi.params {
        push_param(w, request, param, &mut params, out);
    }
    if location.upstream.pass_request_headers {
        let mut value = w.buffers.line();
        push_fields(&w.requests[request], &location.fastcgi, &mut value, &mut params, out);
        w.buffers.give_line(value);
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
    if let Some(text) = param.value.as_text() {
        if !text.is_empty() || !param.if_not_empty {
            params.push(out, &param.name, text);
        }
        return;
    }
    let mut value = w.buffers.line();
    eval::template(w, request, &param.value, &mut value);
    if !value.is_empty() || !param.if_not_empty {
        params.push(out, &param.name, &value);
    }
    w.buffers.give_line(value);
}

/// The fields of the request, but for those whose place a parameter takes. Lines of one name are one parameter,
/// whose value is put together in `value`.
fn push_fields(
    request: &Request,
    fastcgi: &FastCgi,
    value: &mut Vec<u8>,
    params: &mut Params,
    out: &mut Vec<u8>,
) {
    let head = &request.head;
    for (at, field) in head.fields.iter().enumerate() {
        let name = head.name(field);
        let same = |other: &&Field| is_same(head, field, other);
        if fastcgi.replaced.iter().any(|it| is_underscored(name, it))
            || head.fields[..at].iter().any(|other| same(&other))
        {
            continue;
        }
        let mut others = head.fields[at + 1..].iter().filter(same).peekable();
        if others.peek().is_none() {
            params.push_field(out, name, head.value(field));
            continue;
        }
        let separator: &[u8] = if field.id == Name::Cookie { b"; " } else { b", " };
        value.clear();
        value.extend_from_slice(head.value(field));
        for other in others {
            value.extend_from_slice(separator);
            value.extend_from_slice(head.value(other));
        }
        params.push_field(out, name, value);
    }
}

fn is_same(head: &Head, a: &Field, b: &Field) -> bool {
    a.id == b.id && (a.id != Name::Other || head.name(a).eq_ignore_ascii_case(head.name(b)))
}
