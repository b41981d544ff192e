//! `access_log` and `log_format`.

use crate::conf::value::Msec;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The log module.
    pub struct Log / LogRaw {
        /// Empty: `off`.
        access: Vec<AccessLog> = vec![],
    }
}

/// One `access_log` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessLog {
    /// Absolute if its beginning is constant.
    pub path: Template,
    /// Index into `Http::log_formats`.
    pub format: u32,
    /// `if=`: written unless it comes to nothing or `0`.
    pub condition: Option<Template>,
    pub buffer: Option<usize>,
    pub flush: Option<Msec>,
}

/// One `log_format`. The first is `combined`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogFormat {
    pub name: Box<[u8]>,
    pub escape: Escape,
    pub template: Template,
}

/// How variables are written into the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Escape {
    /// `\xXX` for what is not printable, `"` and `\`; `-` for a variable without a value.
    Default,
    Json,
    None,
}
