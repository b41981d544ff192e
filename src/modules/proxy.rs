//! `proxy_pass`: joins `proxy/` to the pipeline.

use crate::http::settings::proxy::parse_url;
use crate::proxy::{head_out, start};
use crate::worker::{PhaseHandler, Protocol};

/// Makes the answer of a location with `proxy_pass`.
pub const CONTENT: PhaseHandler = start::handler;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: head_out::has_own_body,
    streams_any_length: head_out::streams_any_length,
    parse_address: parse_url,
    create_request: head_out::create_request,
};
