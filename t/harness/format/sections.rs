//! The sections that a block may have. A name that is not here is a mistake in the file.

const SECTIONS: &[&str] = &[
    "config",
    "http_config",
    "main_config",
    "post_main_config",
    "user_files",
    "user_links",
    "log_level",
    "request",
    "more_headers",
    "pipelined_requests",
    "raw_request",
    "raw_request_middle_delay",
    "http2",
    "http2_frames",
    "request_trailers",
    "connect",
    "tls",
    "tls_error",
    "idle_connections",
    "shutdown",
    "read_delay",
    "timeout",
    "abort",
    "wait",
    "ignore_response",
    "response_body",
    "response_body_like",
    "response_body_unlike",
    "response_body_size",
    "response_body_filters",
    "response_headers",
    "response_headers_like",
    "response_trailers",
    "stream_error",
    "raw_response_headers_like",
    "raw_response_headers_unlike",
    "error_code",
    "error_code_like",
    "truncated",
    "closes",
    "stays_open",
    "reset",
    "takes_all",
    "error_log",
    "no_error_log",
    "grep_error_log",
    "grep_error_log_out",
    "access_log",
    "no_access_log",
    "shutdown_error_log",
    "no_shutdown_error_log",
    "file_count",
    "file_modes",
    "must_die",
    "skip_nginx",
    "nginx_modules",
    "SKIP",
    "ONLY",
    "LAST",
];

/// Sections of scripted upstreams; each also with `_2` to `_4` appended, for further ones.
const UPSTREAM: &[&str] = &[
    "tcp_listen",
    "tcp_reply",
    "tcp_reply_delay",
    "tcp_ocsp",
    "tcp_tls",
    "tcp_query",
    "tcp_query_len",
    "tcp_no_close",
    "tcp_shutdown",
    "tcp_full",
    "udp_listen",
    "udp_reply",
    "udp_query",
    "dns_listen",
    "dns",
    "dns_asked",
    "fastcgi_listen",
    "fastcgi_reply",
    "fastcgi_query",
];

/// What a block without `config` takes from the block before.
pub const INHERITED: &[&str] = &[
    "config",
    "http_config",
    "main_config",
    "post_main_config",
    "user_files",
    "user_links",
    "log_level",
];

/// What is appended to the names of the sections of each scripted upstream.
pub const UPSTREAM_SUFFIXES: &[&str] = &["", "_2", "_3", "_4"];

pub fn is_section(name: &str) -> bool {
    let of_upstream =
        |suffix: &&str| name.strip_suffix(*suffix).is_some_and(|name| UPSTREAM.contains(&name));
    SECTIONS.contains(&name) || UPSTREAM_SUFFIXES.iter().any(of_upstream)
}
