//! Runs every `t/*.t` file: each block is a test, in its own directory and on its own ports.
//!
//! ```text
//! cargo test --test harness                                     all blocks, on the program just built
//! cargo test --test harness -- 012 --test-threads 4             those whose name has "012" in it
//! PEERAGE_BINARY=/usr/sbin/nginx cargo test --test harness      the same files on another program
//! ```
//!
//! The format is that of Test::Nginx. A file is a preamble in Perl, of which only `repeat_each(N)`,
//! `master_on()`, `workers(N)`, `worker_connections(N)`, `log_level('…')`, `no_root_location()` and
//! `our $Name = …;` (also as `<<'_EOC_'`) are read; then `__DATA__`; then blocks: `=== TEST 1: title`,
//! words about it, and sections `--- name [filters][: value]`. A section without a value on its line has
//! the lines below it, without blank lines at either end and with one newline at the end. Filters:
//! `eval` (Perl's literals: see `format/eval.rs`) and `chomp` (no newline at the end). A line of text
//! that begins with `---` or `===` is written with a backslash before it.
//!
//! Names, in every section: `$TEST_NGINX_SERVER_PORT` (the server's port), `$TEST_NGINX_RAND_PORT_n` (free
//! ports), `$TEST_NGINX_SERVER_ROOT` (the directory, with `conf`, `html`, `logs`), `$TEST_NGINX_HTML_DIR`,
//! `$TEST_NGINX_TLS` (the certificates of `t/tls`), `$TEST_NGINX_CONF` (the folder `conf`).
//!
//! | section | meaning |
//! |---|---|
//! | `config` | inside the generated `server {}`; a block without it has the server of the block before |
//! | `http_config` `main_config` `post_main_config` | inside `http {}` before that server; before, after `http {}` |
//! | `user_files` | `>>> name [CCYYMMDDhhmm.ss]`, then content, under `html/` (`../conf/x` is beside nginx.conf, `name/` is a folder); or a list of `[name, content, date]` |
//! | `user_links` | `name target` a line: a link under `html/` |
//! | `user_videos` | `name [back] [long] [uniform] [no-BOX]…` a line: an MP4 file of ten seconds under `html/`, whose samples are `p00.` to `p39.` and `s00,` to `s99,`, of the year 2000; `moov` behind the samples, lengths of 64 bits, sounds of one size, a box under another name |
//! | `log_level` | of the error log; `debug` |
//! | `request` | `METHOD [URI [VERSION]]`, then the body, without the newline at its end; a list: one after another, each on its own connection. `Host: localhost`, `Connection: close` and `Content-Length` are added |
//! | `more_headers` | header lines; those added above yield to them; a list: for each request |
//! | `pipelined_requests` | a list, sent at once on one connection |
//! | `raw_request` | the bytes; a list: packets, `raw_request_middle_delay` seconds apart. As many responses are awaited as `error_code`, `response_body` … are lists of; else one |
//! | `http2` | the client speaks HTTP/2, and the generated server has `listen … http2`; with `tls` by ALPN. The requests of `request` are streams of one connection, begun at once. Words: `sequential` (one after another), `unsized` (no `Content-Length` is added), `window=`, `connection_window=` (bytes), `hold` (no window is given back). `CONNECT URI PROTOCOL` is extended CONNECT. What is checked of responses is the same; `raw_response_headers_like` sees `HTTP/2 200` and lines |
//! | `request_trailers` | of `http2`: fields behind the body, as `more_headers` |
//! | `response_trailers` | of `http2`: as `response_headers` |
//! | `stream_error` | of `http2`: the code that the stream is reset with; a list: per request |
//! | `http2_frames` | a conversation of single frames of HTTP/2; see `frames.rs` |
//! | `connect` | where to connect instead: a port, `host:port`, `[::1]:port`, `unix:path` |
//! | `tls` | the client speaks TLS, and the generated server has `listen … ssl`. Words: `name=` (SNI; `-`: none), `version=1.2`, `alpn=`, `certificate=` (of `t/tls`: the one that the server is to show), `client=` (of `t/tls`: the client's own), `staple=` (a file of `t/tls`: the OCSP response that is to come; `-`: none), `staple_later=` (as before, fetched by the server: a connection without it is made again); an orderly end is then one with close_notify |
//! | `tls_error` | the handshake is to fail with this pattern |
//! | `idle_connections` | as many connections that say nothing are opened before the request |
//! | `shutdown` | after sending: 0 reading, 1 writing, 2 both |
//! | `read_delay` | seconds before the first read |
//! | `timeout` | seconds that the client waits; 3 |
//! | `abort` | the timeout is no failure; `reset`: the client then leaves by a reset; `asked`: so it leaves once an upstream has received something |
//! | `ignore_response` | nothing about the response is checked |
//! | `error_code` | the status, 200 if the section is absent; `none` (or nothing): no status line, as in HTTP/0.9 or when the connection is just closed; a list: per response |
//! | `error_code_like` | a pattern for it |
//! | `response_body` `response_body_like` `response_body_unlike` `response_body_size` | equality, patterns, the length; bodies are de-chunked; lists: per response |
//! | `response_headers` `response_headers_like` | `Name: value`, `! Name` is absence; the pattern is anchored at both ends; repeated fields are joined by `, ` |
//! | `raw_response_headers_like` `_unlike` | patterns for the head as it came, after those of 1xx responses |
//! | `truncated` | the response is to end before it is complete |
//! | `closes` | the server is to close after the last response, though it did not say so; not before as many seconds |
//! | `stays_open` | it is not to close within as many seconds |
//! | `reset` | the connection is to end by a reset, not by an orderly end |
//! | `takes_all` | 1: every packet can be sent, though the response came before; 0: the last ones cannot |
//! | `error_log` `no_error_log` | each line, or pattern, or item of a list, is in some line / in none; stderr counts as log |
//! | `grep_error_log` `grep_error_log_out` | the first match in each line that has one, against the text; a list: per repetition |
//! | `access_log` `no_access_log` | the same for `logs/access.log` |
//! | `shutdown_error_log` `no_shutdown_error_log` | the same for what is logged once the server is told to stop |
//! | `file_count` | `folder N`: as many files under it, relative to the directory, after the requests |
//! | `file_modes` | `path MODE` a line, in octal digits: of a file or folder, relative to the directory, after the requests |
//! | `wait` | seconds: how long to look for log lines (1 at least); before the logs are searched for what is not to be there |
//! | `tcp_listen` | a scripted upstream: a port, `host:port` or unix path. It takes as many connections as it has replies, then listens no more |
//! | `tcp_reply` | the bytes that answer; a list: one connection after another; a list in the list: the requests of one connection |
//! | `tcp_query` `tcp_query_len` | what all requests together must be (equality or pattern); bytes to read before replying (else a head and its body; 0: at once). Closing before all was read is a reset |
//! | `tcp_reply_delay` `tcp_no_close` `tcp_shutdown` | seconds, or `client`: once the client has left; the connection stays open to the end; shutdown after the reply: 0, 1, 2 |
//! | `tcp_ocsp` | in place of `tcp_reply`: of each connection the name of an OCSP response of `t/tls` |
//! | `tcp_tls` | it speaks TLS, with that certificate of `t/tls`; `cut`: it closes without close_notify |
//! | `tcp_full` | a port at which connections are neither accepted nor refused |
//! | `udp_listen` `udp_reply` `udp_query` | one datagram; a list: one for each that comes |
//! | `dns_listen` `dns` `dns_asked` | a name server, what it answers (see `dns.rs`), and all that it is to be asked: `NAME TYPE TIMES` a line |
//! | `fastcgi_listen` | a scripted FastCGI server: a port, `host:port` or unix path. It answers as many requests as it has replies, then refuses connections |
//! | `fastcgi_reply` | its replies, with an empty line between two; each is the lines of `fastcgi.rs` |
//! | `fastcgi_query` | what all requests together must be, in the text that `fastcgi.rs` makes of them: equality or pattern |
//! | `uwsgi_listen` `uwsgi_reply` `uwsgi_query` | the same of a uwsgi server: its replies have no records but `raw` |
//! | `scgi_listen` `scgi_reply` `scgi_query` | the same of an SCGI server |
//! | `tcp_listen_2` … `_4`, `tcp_reply_2` … | further upstreams |
//! | `must_die` | the start is to fail; then `error_log` is checked and nothing else |
//! | `skip_nginx` | `N: < 1.31.0`: not on a real nginx of such a version (also `<=`, `>`, `>=`, `==`); `all`: on none |
//! | `nginx_modules` | modules that the configuration loads, by their names; not on a real nginx that has not the files. Lua's are loaded wherever a configuration has a directive of it |
//! | `SKIP` `ONLY` `LAST` | not this block; only this of the file; none after it |
//!
//! At the end of each block the server must exit cleanly on QUIT, with no `[alert]`, `[emerg]` or `panicked` in
//! its log but for lines that `error_log` names. A failed block leaves its directory and says where.

mod check;
mod client;
mod config;
mod directory;
mod dns;
mod fastcgi;
mod format;
mod frames;
mod http2;
mod names;
mod packet;
mod ports;
mod response;
mod run;
#[path = "../../src/proto/mp4/sample.rs"]
mod sample;
mod server;
mod stream;
mod tls;
mod upstream;

use format::{Block, TestFile};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn main() {
    let mut arguments = Arguments::from_args();
    // Blocks mostly wait, so more of them than there are processors.
    if arguments.test_threads.is_none() {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        arguments.test_threads = Some(processors * 3);
    }
    let mut trials = format::trials::trials();
    let nginx = server::nginx_version();
    for path in files() {
        trials.extend(of_file(&path, nginx));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("t");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "t"))
        .collect();
    files.sort();
    files
}

/// The blocks of a file as tests; a file that cannot be read as one test that fails.
fn of_file(path: &Path, nginx: Option<[u32; 3]>) -> Vec<Trial> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string());
    let file = text.and_then(|text| format::parse(&text).map_err(|e| e.to_string()));
    let TestFile { settings, mut blocks } = match file {
        Ok(file) => file,
        Err(message) => {
            let message = format!("t/{name}: {message}");
            return vec![Trial::test(name, move || Err(Failed::from(message)))];
        }
    };
    let settings = Arc::new(settings);
    let last = blocks.iter().position(|block| block.has("LAST")).map(|at| at + 1);
    blocks.truncate(last.unwrap_or(blocks.len()));
    let only = blocks.iter().any(|block| block.has("ONLY"));
    let mut trials = Vec::new();
    for block in blocks {
        let skip = match skipped(&block, nginx) {
            Ok(skip) => skip || block.has("SKIP") || (only && !block.has("ONLY")),
            Err(message) => {
                let message = format!("t/{name}: {message}");
                trials.push(Trial::test(&name, move || Err(Failed::from(message))));
                continue;
            }
        };
        let (file, settings) = (name.clone(), Arc::clone(&settings));
        let trial = Trial::test(format!("{name}: {}", block.title), move || {
            run::run(&file, &block, &settings).map_err(Failed::from)
        });
        trials.push(trial.with_ignored_flag(skip));
    }
    trials
}

/// Whether `skip_nginx` or a module that is missing keeps the block from the nginx that is tested.
fn skipped(block: &Block, nginx: Option<[u32; 3]>) -> Result<bool, String> {
    let modules = config::modules(block);
    let is_missing = |module: &String| !server::module_file(module).exists();
    if nginx.is_some() && modules.iter().any(is_missing) {
        return Ok(true);
    }
    if nginx.is_none() && cfg!(not(feature = "lua")) && modules.iter().any(|it| it.contains("lua"))
    {
        return Ok(true);
    }
    let text = block.word("skip_nginx");
    if text.is_empty() {
        return Ok(false);
    }
    let (_, condition) = text.split_once(':').unwrap_or(("", &text));
    let condition = condition.trim();
    let bad = || format!("line {}: skip_nginx: bad \"{text}\"", block.line_of("skip_nginx"));
    if text.split(':').next() == Some("all") {
        return Ok(nginx.is_some());
    }
    let operator = condition.trim_end_matches(|c: char| c != '<' && c != '>' && c != '=');
    let wanted = server::version(condition[operator.len()..].trim()).ok_or_else(bad)?;
    let Some(found) = nginx else { return Ok(false) };
    match operator {
        "<" => Ok(found < wanted),
        "<=" => Ok(found <= wanted),
        ">" => Ok(found > wanted),
        ">=" => Ok(found >= wanted),
        "=" | "==" => Ok(found == wanted),
        _ => Err(bad()),
    }
}
