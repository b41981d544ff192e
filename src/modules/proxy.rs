//! `proxy_pass`: joins `proxy/` to the pipeline.

use crate::http::settings::proxy::parse_url;
use crate::proxy::exchange::{request_head, start};
use crate::worker::{PhaseHandler, Protocol};

/// Makes the answer of a location with `proxy_pass`.
pub const CONTENT: PhaseHandler = start::handler;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: request_head::has_own_body,
    streams_any_length: request_head::streams_any_length,
    parse_address: parse_url,
    create_request: request_head::create_request,
};
