//! What each module can be told, and the decisions that need nothing else.

pub mod access;
pub mod addition;
pub mod auth_request;
pub mod block;
mod compiled;
pub mod core;
pub mod fastcgi;
pub mod gzip;
pub mod headers;
pub mod health;
pub mod limits;
pub mod location;
pub mod log;
pub mod main;
pub mod map;
pub mod media_types;
pub mod mirror;
pub mod name_set;
pub mod proxy;
pub mod proxy_cookies;
pub mod rewrite;
pub mod server;
pub mod ssl;
pub mod syslog;
pub mod try_files;
pub mod upstream;
pub mod upstream_conf;
