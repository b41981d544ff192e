//! `scgi_pass`: the request as an SCGI server gets it.

use crate::http::address::split_address;
use crate::http::request::BodyState;
use crate::proto::scgi::Params;
use crate::worker::*;

use super::gateway;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: |location| !location.upstream.pass_request_body,
    // `CONTENT_LENGTH` goes before it.
    streams_any_length: |_| false,
    prepare: None,
    parse_address: split_address,
    create_request,
    // `health_check` is refused in a location with `scgi_pass`.
    create_probe: |_, _, _| {},
};

fn create_request(w: &mut Worker, id: UpstreamId, out: &mut Vec<u8>) -> Result<(), u16> {
    let request = w.upstreams[id].request;
    let mut params = Params::begin(out, content_length(w, request));
    gateway::push_params(w, request, &mut params, out);
    params.end(out);
    gateway::await_cgi(w, id);
    Ok(())
}

/// Of the body that the server gets.
fn content_length(w: &Worker, id: RequestId) -> u64 {
    let body = &w.requests[id].body;
    match (body.state, body.length) {
        _ if !w.location_of(id).upstream.pass_request_body => 0,
        (_, Some(len)) => len,
        (BodyState::Complete, None) => body.kept_len(),
        _ => 0,
    }
}
