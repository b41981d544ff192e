//! The configuration that is generated around a block's own.

use crate::format::{Block, Settings};
use crate::server;
use regex::Regex;
use std::fmt::Write;
use std::path::Path;

const TEMP_PATHS: &[&str] = &["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/// The text of `conf/nginx.conf`. What a block says itself is left out of the rest.
pub fn generate(block: &Block, settings: &Settings, port: &str, directory: &Path) -> String {
    let text = |name: &str| block.get(name).map(|v| v.lossy()).unwrap_or_default();
    let (main, http, config) = (text("main_config"), text("http_config"), text("config"));
    let level = match block.word("log_level") {
        own if own.is_empty() => settings.log_level.clone(),
        own => own,
    };
    let root = directory.display();
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    for module in modules(block) {
        line(format!("load_module {};", server::module_file(&module).display()));
    }
    unless(&main, "worker_processes", &mut line, format!("worker_processes {};", settings.workers));
    unless(&main, "daemon", &mut line, "daemon off;".to_owned());
    let master = if settings.master { "on" } else { "off" };
    unless(&main, "master_process", &mut line, format!("master_process {master};"));
    if settings.master && started_by_root() {
        // Workers of a master that root started would otherwise not read the files of the block.
        unless(&main, "user", &mut line, "user root;".to_owned());
    }
    unless(&main, "error_log", &mut line, format!("error_log {root}/logs/error.log {level};"));
    unless(&main, "pid", &mut line, "pid logs/nginx.pid;".to_owned());
    line(main.clone());
    line("http {".to_owned());
    unless(&http, "access_log", &mut line, format!("    access_log {root}/logs/access.log;"));
    unless(&http, "default_type", &mut line, "    default_type text/plain;".to_owned());
    for name in TEMP_PATHS {
        let directive = format!("{name}_temp_path");
        unless(&http, &directive, &mut line, format!("    {directive} {root}/temp/{name};"));
    }
    line(http.clone());
    line("    server {".to_owned());
    let ssl = if block.has("tls") { " ssl" } else { "" };
    let http2 = if block.has("http2") || block.has("http2_frames") { " http2" } else { "" };
    line(format!("        listen {port}{ssl}{http2};"));
    line("        server_name localhost;".to_owned());
    line(config.clone());
    if settings.root_location && !mentions(&config, r"location\s+/\s*\{") {
        line("        location / { root html; index index.html index.htm; }".to_owned());
    }
    line("    }\n}".to_owned());
    let post = text("post_main_config");
    if !mentions(&format!("{main}\n{post}"), r"(?m)^\s*events\s*\{") {
        let connections = settings.worker_connections;
        line(format!("events {{ worker_connections {connections}; }}"));
    }
    line(post);
    out
}

/// The modules that nginx loads for the block: those of `nginx_modules`, and Lua's if a directive of it is there.
pub fn modules(block: &Block) -> Vec<String> {
    let mut modules: Vec<String> =
        block.word("nginx_modules").split_whitespace().map(str::to_owned).collect();
    let has_lua = ["main_config", "http_config", "config", "user_files"].iter().any(|section| {
        let text = block.get(section).map(|value| value.lossy()).unwrap_or_default();
        mentions(
            &text,
            r"(?m)(^|[;{}])\s*(lua_[a-z0-9_]+|[a-z_]+_by_lua(_block|_file)?|balancer_keepalive)\s",
        )
    });
    if has_lua && !modules.iter().any(|module| module.contains("lua")) {
        modules.extend(["ndk_http_module", "ngx_http_lua_module"].map(str::to_owned));
    }
    modules
}

fn unless(text: &str, directive: &str, line: &mut dyn FnMut(String), own: String) {
    if !mentions(text, &format!(r"(?m)(^|[;}}])\s*{directive}\s")) {
        line(own);
    }
}

fn mentions(text: &str, pattern: &str) -> bool {
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

fn started_by_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
