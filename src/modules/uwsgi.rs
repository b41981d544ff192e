//! `uwsgi_pass`: the request as a uwsgi server gets it.

use crate::http::address::parse_uwsgi;
use crate::proto::uwsgi::Params;
use crate::serve::log::{self, Level};
use crate::worker::*;

use super::gateway;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: |location| !location.upstream.pass_request_body,
    // `CONTENT_LENGTH` goes before it.
    streams_any_length: |_| false,
    prepare: None,
    parse_address: parse_uwsgi,
    create_request,
    // `health_check` is refused in a location with `uwsgi_pass`.
    create_probe: |_, _, _| {},
};

fn create_request(w: &mut Worker, id: UpstreamId, out: &mut Vec<u8>) -> Result<(), u16> {
    let request = w.upstreams[id].request;
    let settings = &w.location_of(request).uwsgi;
    let mut params = Params::begin(out, settings.modifier1, settings.modifier2);
    gateway::push_params(w, request, &mut params, out);
    out.extend_from_slice(&settings.string);
    gateway::await_cgi(w, id);
    params.end(out).map_err(|size| {
        log::error(w, request, Level::Alert, format_args!("uwsgi request is too big: {size}"));
        500
    })
}
