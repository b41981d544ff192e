//! What each module can be told: its settings, its directive rows, and the decisions that need nothing else.

pub mod access;
pub mod core;
mod core_rows;
pub mod headers;
pub mod health;
pub mod listen;
pub mod location;
pub mod log;
pub mod main;
pub mod map;
pub mod name_set;
pub mod pool_status;
pub mod proxy;
pub mod proxy_cookies;
mod proxy_rows;
pub mod rewrite;
pub mod server;
mod stub_status;
pub mod syslog;
pub mod try_files;
pub mod upstream;
pub mod upstream_conf;
mod upstream_rows;

use crate::conf::directive::Directive;
use crate::http::conf::raw::{LocationRaw, ServerRaw};

/// What may be said about locations, wherever.
pub static LOCATION: &[&[Directive<LocationRaw>]] = &[
    core_rows::ROWS,
    rewrite::ROWS,
    try_files::ROWS,
    access::ROWS,
    proxy_rows::SHARED,
    proxy_rows::ROWS,
    proxy_cookies::ROWS,
    health::ROWS,
    headers::ROWS,
    log::ROWS,
    stub_status::ROWS,
    pool_status::ROWS,
];

/// What may be said about servers.
pub static SERVER: &[&[Directive<ServerRaw>]] = &[server::ROWS];
