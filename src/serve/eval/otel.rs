//! `$otel_…`: the trace that a request is part of.

use std::io::Write;

use crate::http::vars::Var;
use crate::worker::{RequestId, Worker};

use super::super::trace;

#[inline(never)]
pub(super) fn variable(w: &mut Worker, id: RequestId, var: &Var, out: &mut Vec<u8>) -> bool {
    let it = trace::context(w, id);
    let written = match (var, it.parent) {
        (Var::OtelTraceId, _) => write!(out, "{:032x}", it.id),
        (Var::OtelSpanId, _) => write!(out, "{:016x}", it.span),
        (Var::OtelParentId, None) => return false,
        (Var::OtelParentId, Some(parent)) => write!(out, "{:016x}", parent.span),
        (_, parent) => write!(out, "{}", u8::from(parent.is_some_and(|it| it.sampled))),
    };
    written.is_ok()
}
