//! What each module can be told, and the decisions that need nothing else.

pub mod access;
pub mod block;
pub mod core;
pub mod headers;
pub mod health;
pub mod location;
pub mod log;
pub mod main;
pub mod map;
pub mod name_set;
pub mod proxy;
pub mod proxy_cookies;
pub mod proxy_rows;
pub mod rewrite;
pub mod server;
pub mod syslog;
pub mod try_files;
pub mod upstream;
pub mod upstream_conf;
mod upstream_rows;
