//! `proxy_pass`: the protocol of HTTP/1 servers.

use crate::http::address::parse_url;
use crate::worker::Protocol;

mod probe;
mod request;

pub const PROTOCOL: Protocol = Protocol {
    has_own_body: request::has_own_body,
    streams_any_length: request::streams_any_length,
    prepare: None,
    parse_address: parse_url,
    create_request: request::create_request,
    create_probe: probe::create,
};
