//! `proxy_pass`: joins `proxy/` to the pipeline.

use crate::proxy::start;
use crate::worker::PhaseHandler;

/// Makes the answer of a location with `proxy_pass`.
pub const CONTENT: PhaseHandler = start::handler;
