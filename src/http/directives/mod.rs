//! The directives of each module: their rows, and what obeying a line of them does to the raw settings.

mod access;
mod addition;
mod auth_basic;
mod auth_request;
mod autoindex;
mod brotli;
mod browser;
mod cache;
pub mod charset;
mod core;
mod dav;
mod empty_gif;
mod fastcgi;
mod gzip;
mod headers;
mod headers_more;
mod health;
mod http2;
mod limits;
mod listen;
mod log;
mod lua;
pub mod main;
mod memcached;
mod mirror;
pub mod modules;
mod otel;
mod pool_status;
mod proxy;
mod proxy_cookies;
mod real_ip;
mod referer;
mod rewrite;
mod scgi;
mod secure_link;
mod server;
mod set_misc;
mod shared;
mod slice;
mod ssi;
mod ssl;
mod stub_status;
mod sub;
mod try_files;
pub mod upstream;
mod upstream_ssl;
mod userid;
mod uwsgi;
mod video;
mod words;

use crate::conf::directive::Directive;
use crate::http::conf::raw::{LocationRaw, ServerRaw};

/// What may be said about locations, wherever.
pub static LOCATION: &[&[Directive<LocationRaw>]] = &[
    core::ROWS,
    rewrite::ROWS,
    set_misc::ROWS,
    try_files::ROWS,
    real_ip::ROWS,
    limits::ROWS,
    access::ROWS,
    auth_basic::ROWS,
    auth_request::ROWS,
    referer::ROWS,
    autoindex::ROWS,
    dav::ROWS,
    empty_gif::ROWS,
    video::ROWS,
    secure_link::ROWS,
    userid::ROWS,
    otel::ROWS,
    mirror::ROWS,
    proxy::SHARED,
    proxy::CACHE,
    proxy::ROWS,
    proxy_cookies::ROWS,
    upstream_ssl::PROXY,
    fastcgi::SHARED,
    fastcgi::CACHE,
    fastcgi::ROWS,
    uwsgi::SHARED,
    uwsgi::CACHE,
    uwsgi::ROWS,
    upstream_ssl::UWSGI,
    scgi::SHARED,
    scgi::CACHE,
    scgi::ROWS,
    memcached::ROWS,
    health::ROWS,
    brotli::ROWS,
    gzip::ROWS,
    addition::ROWS,
    browser::ROWS,
    charset::ROWS,
    sub::ROWS,
    slice::ROWS,
    ssi::ROWS,
    headers::ROWS,
    headers_more::ROWS,
    log::ROWS,
    lua::ROWS_OF_SCRIPTS,
    lua::ROWS,
    stub_status::ROWS,
    pool_status::ROWS,
    http2::LOCATION,
];

/// What may be said about servers.
pub static SERVER: &[&[Directive<ServerRaw>]] = &[server::ROWS, ssl::ROWS, http2::SERVER];
