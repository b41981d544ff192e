//! `fastcgi_pass`: the request as a FastCGI server gets it.

use crate::http::address::split_address;
use crate::http::conf::Location;
use crate::proto::fastcgi::{self, Params, request};
use crate::proto::{Client, Method};
use crate::worker::*;

use super::gateway;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: |location| !location.upstream.pass_request_body,
    // The end of STDIN tells it.
    streams_any_length: |_| true,
    prepare: None,
    parse_address: split_address,
    create_request,
    // `health_check` is refused in a location with `fastcgi_pass`.
    create_probe: |_, _, _| {},
};

/// Appends BEGIN_REQUEST and the stream PARAMS, and begins to speak FastCGI with the server.
fn create_request(w: &mut Worker, id: UpstreamId, out: &mut Vec<u8>) -> Result<(), u16> {
    let request = w.upstreams[id].request;
    let location = w.location_of(request);
    request::begin(out, location.fastcgi.keep_conn);
    let mut params = Params::begin(out);
    gateway::push_params(w, request, &mut params, out);
    params.end(out);
    let is_head = w.requests[request].method == Method::Head;
    let upstream = &mut w.upstreams[id];
    upstream.is_head = is_head;
    speak(&mut upstream.client, location, is_head);
    Ok(())
}

fn speak(client: &mut Client, location: &Location, is_head: bool) {
    let limit = location.upstream.buffer_size.min(SCRATCH);
    let keep_conn = location.fastcgi.keep_conn;
    match client {
        Client::FastCgi(it) => it.reset(limit, is_head, keep_conn),
        _ => *client = Client::FastCgi(Box::new(fastcgi::Client::new(limit, is_head, keep_conn))),
    }
}
