//! Access logs: open files and what is to be written to them.
//!
//! Lines are gathered and written once a turn, or as `buffer=` and `flush=` say.

/// Every access log file of the worker.
#[derive(Debug, Default)]
pub struct AccessLogs {}

impl AccessLogs {
    /// Writes what gathered during the turn in files without `buffer=`.
    pub fn turn_ended(&mut self) {}

    /// Writes everything.
    pub fn flush(&mut self) {}
}
