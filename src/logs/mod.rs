//! What the program tells of itself: access logs, error logs, syslog messages, counters.
//!
//! Opens files and sockets; none of them ever holds up the traffic. What a line says is decided elsewhere:
//! [`crate::serve::log`] writes those of the access logs, [`crate::base::logging`] has the error log's macros.
//!
//! | file | what it is |
//! |---|---|
//! | `access` | the files of `access_log`: buffers, `gzip`, paths with variables, `open_log_file_cache` |
//! | `error` | the logger behind the macros of `log`: the files of `error_log` and stderr |
//! | `syslog` | the sender that both of them share |
//! | `counters` | the numbers of `stub_status`, summed over all workers |

pub mod access;
pub mod counters;
pub mod error;
pub mod syslog;
