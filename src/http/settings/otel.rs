//! `otel_trace_context`: whether requests carry the context of a trace on.

use crate::settings;

settings! {
    /// The otel module: it passes contexts on, and exports nothing.
    pub struct Otel / OtelRaw {
        context: Context = Context::IGNORE,
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// The client's context is the parent.
    pub extract: bool,
    /// The server gets a context.
    pub inject: bool,
}

impl Context {
    pub const IGNORE: Self = Self { extract: false, inject: false };
    pub const EXTRACT: Self = Self { extract: true, inject: false };
    pub const INJECT: Self = Self { extract: false, inject: true };
    pub const PROPAGATE: Self = Self { extract: true, inject: true };
}
