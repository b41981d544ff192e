//! `access_log` and `log_format`.

use crate::conf::value::Msec;
use crate::http::settings::syslog::Syslog;
use crate::http::vars::Template;
use crate::settings;

settings! {
    /// The log module.
    pub struct Log / LogRaw {
        /// Empty: `off`.
        access: Vec<AccessLog> = vec![],
        /// How files whose path a variable decides stay open; else they are closed after each turn.
        file_cache: Option<FileCache> = None,
    }
}

/// One `access_log` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessLog {
    /// Absolute if its beginning is constant. As written, if it is syslog.
    pub path: Template,
    pub syslog: Option<Syslog>,
    /// Index into `Http::log_formats`.
    pub format: u32,
    /// `if=`: written unless it comes to nothing or `0`.
    pub condition: Option<Template>,
    pub buffer: Option<usize>,
    pub flush: Option<Msec>,
    /// The level: what was gathered is written as a member of its own.
    pub gzip: Option<u32>,
}

/// `open_log_file_cache`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileCache {
    /// Files at the same time.
    pub max: usize,
    /// What is not used for so long is closed.
    pub inactive: Msec,
    /// Used less often in that time, it is closed at once.
    pub min_uses: u32,
    /// How long it is believed that the name means the same file.
    pub valid: Msec,
}

impl AccessLog {
    /// In the format `combined`, without parameters.
    pub fn new(path: Template) -> Self {
        let (syslog, condition, buffer, flush, gzip) = (None, None, None, None, None);
        Self { path, syslog, format: 0, condition, buffer, flush, gzip }
    }
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

/// The buffer's size, `flush=` and `gzip=` of a file.
pub type Buffering = (usize, Option<Msec>, Option<u32>);
