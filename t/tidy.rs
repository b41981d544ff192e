//! What the compiler does not keep: the order of the folders, imports in one direction, the homes of words.
//!
//! Plain scanning of text: comments and strings are blanked out first, then words are looked at. The
//! order of the folders is read from the map in `src/lib.rs`, so there is one list of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "tidy/circles.rs"]
mod circles;

#[test]
fn sources_are_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let order = order_of_folders(&fs::read_to_string(root.join("src/lib.rs")).unwrap());
    let read = |file: PathBuf| {
        let name = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&file).unwrap())
    };
    let files: Vec<_> = sources(root, &["src", "t"]).into_iter().map(read).collect();
    let mut found = Vec::new();
    for (name, text) in &files {
        found.extend(violations(&order, name, text));
    }
    found.extend(circles::violations(&files));
    found.extend(strangers(&top_level(root)));
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Where a word of the code may stand. A word with `!` is a macro; `dyn Any` is two words.
const HOMES: &[(&str, &[&str])] = &[
    ("unsafe", &["src/os/"]),
    ("libc", &["src/os/"]),
    ("Instant", &["src/os/"]),
    ("SystemTime", &["src/os/"]),
    ("mio", &["src/os/", "src/base/arena.rs"]),
    ("httparse", &["src/proto/h1"]),
    ("rustls", &["src/tls/"]),
    ("aws_lc_rs", &["src/base/digest.rs", "src/tls/"]),
    ("webpki", &["src/tls/"]),
    ("mlua", &["src/lua/", "src/modules/lua/"]),
    ("x509_parser", &["src/tls/"]),
    ("RefCell", &["src/os/sim.rs", "src/os/sim/"]),
    ("dyn Any", &[]),
    ("thread_local", &["src/os/sim/lanes.rs"]),
    // One file matches on the kind of a request's downstream.
    (
        "Downstream ::",
        &[
            "src/serve/downstream.rs",
            "src/serve/h1/",
            "src/serve/h2/",
            // Variables of a health check: those of a request without a client.
            "src/proxy/pool/health/required.rs",
            // Variables of a handshake: no request has come yet.
            "src/serve/certificates.rs",
        ],
    ),
    ("outbox", &["src/http/", "src/serve/downstream.rs", "src/serve/h1/", "src/serve/h2/"]),
    // Of clients: a request knows none.
    (
        "conns",
        &[
            "src/event/",
            "src/os/",
            "src/upstream/",
            "src/worker.rs",
            "src/serve/accept.rs",
            "src/serve/proxied.rs",
            "src/serve/tls.rs",
            "src/serve/downstream.rs",
            "src/serve/h1/",
            "src/serve/h2/",
            "src/proxy/",
            "src/process/",
        ],
    ),
    // How proxy_pass works is no concern of the client's side.
    (". proxy", &["src/http/", "src/logs/", "src/proxy/", "src/modules/", "src/process/"]),
    // They panic when the reader of stdout or stderr has left.
    ("print!", &[]),
    ("println!", &[]),
    ("eprint!", &[]),
    ("eprintln!", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
    ("dbg!", &[]),
];

/// Where a path may stand, of those that are not everywhere below their folder: a protocol is the business of its
/// codec, of its module, and of the client's side that speaks it.
const PATHS: &[(&str, &[&str])] = &[
    (
        "proto",
        &["src/proto/", "src/http/", "src/worker", "src/serve/", "src/proxy/", "src/modules/"],
    ),
    (
        "proto::h1",
        &[
            "src/proto/",
            "src/http/",
            "src/serve/h1/",
            // What is left of the client's body, and the head of a response.
            "src/serve/body.rs",
            "src/serve/h2/body.rs",
            "src/serve/h2/streams.rs",
            "src/serve/head.rs",
            // A number in decimal.
            "src/serve/eval",
            "src/modules/proxy/",
            "src/modules/range.rs",
            // Host, as a line of the configuration sets it.
            "src/modules/headers_more.rs",
            // What is left of the client's body.
            "src/proxy/exchange/send.rs",
        ],
    ),
    ("proto::h2", &["src/proto/", "src/http/h2.rs", "src/serve/h2/"]),
    (
        "proto::fastcgi",
        &[
            "src/proto/",
            "src/modules/fastcgi.rs",
            // Names of parameters are kept as they are sent.
            "src/http/directives/fastcgi.rs",
            "src/http/settings/compiled.rs",
        ],
    ),
    (
        "proto::cgi",
        &[
            "src/proto/",
            "src/modules/gateway.rs",
            "src/http/directives/shared.rs",
            "src/http/settings/compiled.rs",
            "src/http/settings/upstream_conf.rs",
        ],
    ),
    (
        "proto::uwsgi",
        &[
            "src/proto/",
            "src/modules/uwsgi.rs",
            "src/http/directives/uwsgi.rs",
            "src/http/settings/compiled.rs",
        ],
    ),
    (
        "proto::scgi",
        &[
            "src/proto/",
            "src/modules/scgi.rs",
            "src/http/directives/scgi.rs",
            "src/http/settings/compiled.rs",
        ],
    ),
    ("http::settings::proxy", &["src/http/", "src/worker.rs", "src/proxy/", "src/modules/"]),
    ("http::settings::fastcgi", &["src/http/", "src/modules/"]),
];

/// What the root of the repository holds.
const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitignore",
    ".rustfmt.toml",
    "CHANGES",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "conf",
    "scripts",
    "src",
    "t",
];

const COLUMNS: usize = 100;

/// Everything wrong with one file, as `file:line: what`.
fn violations(order: &[String], name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(format!("{name}:1: does not begin with a \"//!\" paragraph"));
    }
    let code = blank(text);
    for line in long_lines(&code) {
        found.push(format!("{name}:{line}: longer than {COLUMNS} columns"));
    }
    if name.starts_with("src/") {
        let tokens = tokens(&code);
        found.extend(words_away_from_home(name, &tokens));
        found.extend(paths_against_the_order(order, name, &tokens));
    }
    found
}

fn words_away_from_home(name: &str, tokens: &[Token<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or("", |next| next.text);
        let with_next = match next {
            "!" => format!("{}!", token.text),
            _ => format!("{} {next}", token.text),
        };
        for (word, homes) in HOMES {
            let here = *word == token.text || *word == with_next;
            if here && !homes.iter().any(|home| name.starts_with(home)) {
                found.push(format!("{name}:{}: \"{word}\" is not allowed here", token.line));
            }
        }
    }
    found
}

/// The paths that begin at the root of the crate, against the rules between the folders.
fn paths_against_the_order(order: &[String], name: &str, tokens: &[Token<'_>]) -> Vec<String> {
    let within: Vec<&str> =
        name.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    let folder = within[0];
    let depth = within.iter().filter(|part| **part != "mod").count();
    let Some(own) = order.iter().position(|known| known == folder) else {
        return match folder {
            "lib" => Vec::new(),
            _ => vec![format!("{name}:1: \"{folder}\" is not in the map of src/lib.rs")],
        };
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (start, line) = (at, tokens[at].line);
        at += 1;
        let continues = start > 0 && tokens[start - 1].text == "::";
        if continues || !is_start_of_path(tokens, start, depth) {
            continue;
        }
        let mut first = start;
        while tokens.get(first + 2).is_some_and(|token| token.text == "super") {
            first += 2;
        }
        for path in tree(tokens, &mut (first + 2)) {
            let Some(used) = path.first().and_then(|p| order.iter().position(|known| known == p))
            else {
                continue;
            };
            if let Some(why) = forbidden(order, own, used, &path).or_else(|| foreign(name, &path)) {
                found.push(format!("{name}:{line}: {folder} uses {}: {why}", path.join("::")));
            }
        }
    }
    found
}

/// `crate::`, `peerage::` in the program, or enough `super::` to leave the folder.
fn is_start_of_path(tokens: &[Token<'_>], at: usize, depth: usize) -> bool {
    if tokens.get(at + 1).is_none_or(|next| next.text != "::") {
        return false;
    }
    match tokens[at].text {
        "crate" | "peerage" => true,
        "super" => {
            let supers = tokens[at..].iter().step_by(2).take_while(|t| t.text == "super").count();
            supers >= 2 && supers >= depth
        }
        _ => false,
    }
}

fn forbidden(order: &[String], own: usize, used: usize, path: &[String]) -> Option<&'static str> {
    let (own_name, used_name) = (order[own].as_str(), order[used].as_str());
    if used_name == "os" && matches!(own_name, "base" | "conf" | "proto") {
        let addresses = path.get(1).is_some_and(|module| module == "addr");
        return (!addresses).then_some("of os it may use only os::addr");
    }
    (used > own).then_some("it comes later in the order of the folders")
}

fn foreign(name: &str, path: &[String]) -> Option<&'static str> {
    let covers = |rule: &str| rule.split("::").eq(path.iter().take(rule.split("::").count()));
    let rules = PATHS.iter().filter(|(rule, _)| covers(rule));
    let is_home = |(_, homes): &&(&str, &[&str])| homes.iter().any(|home| name.starts_with(home));
    rules.into_iter().any(|rule| !is_home(&rule)).then_some("it is not for this place")
}

/// One `a::b` or `a::{b, c::{d}}` beginning at `at`: the paths in it, each as far as it is plain.
fn tree(tokens: &[Token<'_>], at: &mut usize) -> Vec<Vec<String>> {
    let Some(token) = tokens.get(*at) else {
        return Vec::new();
    };
    *at += 1;
    if token.text == "{" {
        let mut all = Vec::new();
        while let Some(token) = tokens.get(*at) {
            match token.text {
                "}" => {
                    *at += 1;
                    break;
                }
                "," => *at += 1,
                _ => all.extend(tree(tokens, at)),
            }
        }
        return all;
    }
    let name = token.text.to_owned();
    if tokens.get(*at).is_some_and(|next| next.text == "as") {
        *at += 2;
    }
    if tokens.get(*at).is_none_or(|next| next.text != "::") {
        return vec![vec![name]];
    }
    *at += 1;
    let mut paths = tree(tokens, at);
    for path in &mut paths {
        path.insert(0, name.clone());
    }
    if paths.is_empty() {
        paths.push(vec![name]);
    }
    paths
}

/// The rows of the table in the crate's documentation, and then the program.
fn order_of_folders(map: &str) -> Vec<String> {
    map.lines()
        .filter_map(|line| line.strip_prefix("//! | [`")?.split('`').next())
        .chain(["main"])
        .map(str::to_owned)
        .collect()
}

/// Lines of code that are too long, but for items under `#[rustfmt::skip]`: tables have wide rows.
fn long_lines(code: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut table: Option<i32> = None;
    for (number, line) in code.lines().enumerate() {
        if line.trim() == "#[rustfmt::skip]" {
            table = Some(0);
            continue;
        }
        if let Some(depth) = &mut table {
            for letter in line.chars() {
                *depth += i32::from(matches!(letter, '(' | '[' | '{'));
                *depth -= i32::from(matches!(letter, ')' | ']' | '}'));
            }
            if *depth == 0 && !line.trim().is_empty() {
                table = None;
            }
            continue;
        }
        if line.trim_end().chars().count() > COLUMNS {
            found.push(number + 1);
        }
    }
    found
}

#[derive(Debug)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// Words, `::`, and every other mark by itself.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(letter) = rest.chars().next() {
            let len = match letter {
                _ if is_word(letter) => rest.find(|l| !is_word(l)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                _ => letter.len_utf8(),
            };
            found.push(Token { text: &rest[..len], line: number + 1 });
            rest = rest[len..].trim_start();
        }
    }
    found
}

/// The same text without its comments and without what its strings and characters say.
///
/// Lines keep their numbers. Comments go with the blanks before them, strings to `""`.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let after_word = out.ends_with(|l: char| l.is_alphanumeric() || l == '_');
        let (len, shown) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), "")
        } else if rest.starts_with("/*") {
            (block_comment(rest), "")
        } else if let Some(len) = string(rest, after_word) {
            (len, "\"\"")
        } else if let Some(len) = character(rest) {
            (len, "' '")
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
            continue;
        };
        out.push_str(shown);
        out.extend(rest[..len].matches('\n'));
        rest = &rest[len..];
    }
    out
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let here = &text.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
        } else {
            at += 1;
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string that begins here, raw or not, of bytes or not.
fn string(text: &str, after_word: bool) -> Option<usize> {
    let prefix = text.len() - text.trim_start_matches(['b', 'c', 'r']).len();
    if prefix > 2 || (prefix > 0 && after_word) {
        return None;
    }
    let rest = &text[prefix..];
    if text[..prefix].ends_with('r') {
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let body = rest[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let close = body.find(&end).map_or(body.len(), |at| at + end.len());
        return Some(prefix + hashes + 1 + close);
    }
    let body = rest.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(prefix + 1 + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// The length of a character literal; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut letters = body.char_indices();
    match letters.next()?.1 {
        '\\' => {
            letters.next()?;
            letters.find(|(_, letter)| *letter == '\'').map(|(at, _)| at + 2)
        }
        _ => letters.next().filter(|(_, letter)| *letter == '\'').map(|(at, _)| at + 2),
    }
}

fn sources(root: &Path, folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The tracked entries of the root; without git, those that are there.
fn top_level(root: &Path) -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
    let mut names: Vec<String> = match listed {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout)
            .split_terminator('\0')
            .filter_map(|path| path.split('/').next().map(str::to_owned))
            .collect(),
        _ => fs::read_dir(root)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !matches!(name.as_str(), "target" | "logs" | ".git"))
            .collect(),
    };
    names.sort();
    names.dedup();
    names
}

fn strangers(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()))
        .map(|name| format!("{name}: does not belong in the root of the repository"))
        .collect()
}

/// The rules can fail: each bad snippet is found, with its line, and each good one is not.
mod on_snippets {
    use super::*;

    fn check(name: &str, code: &str) -> Vec<String> {
        let map = "//! | [`base`] | x |\n//! | [`os`] |\n//! | [`conf`] |\n//! | [`event`] |\n\
                   //! | [`proto`] |\n//! | [`upstream`] |\n//! | [`http`] |\n//! | [`worker`] |\n\
                   //! | [`serve`] |\n//! | [`proxy`] |\n//! | [`modules`] |\n//! | [`process`] |\n";
        violations(&order_of_folders(map), name, &format!("//! A file.\n{code}"))
    }

    #[track_caller]
    fn bad(name: &str, code: &str, words: &str) {
        let found = check(name, code);
        assert!(found.iter().any(|line| line.contains(words)), "{code}: {found:?}");
    }

    #[track_caller]
    fn good(name: &str, code: &str) {
        assert_eq!(check(name, code), Vec::<String>::new(), "{code}");
    }

    #[test]
    fn the_order_of_folders() {
        bad("src/http/uri.rs", "use crate::serve::h1;", "src/http/uri.rs:2: http uses serve");
        bad("src/http/uri.rs", "use crate::{base, worker::Worker};", "http uses worker::Worker");
        bad("src/event/mod.rs", "fn f() {\n    crate::worker::rest();\n}", ":3: event uses worker");
        bad("src/base/arena.rs", "use crate::os::net;", "only os::addr");
        bad("src/proto/h1.rs", "use crate::os::{addr::Addr, net};", "proto uses os::net");
        bad("src/upstream/peers.rs", "use crate::http::Status;", "upstream uses http::Status");
        bad("src/serve/phases.rs", "use crate::proxy::start;", "serve uses proxy::start");
        bad("src/proxy/start.rs", "use crate::modules;", "proxy uses modules");
        bad("src/serve/client.rs", "use super::super::proxy::start;", "serve uses proxy::start");
        bad("src/worker.rs", "use crate::serve;", "worker uses serve");
        bad("src/novel/mod.rs", "", "not in the map");
        bad("src/upstream/peers.rs", "use crate::proto::Head;", "not for this place");
        bad(
            "src/proxy/pool/retry.rs",
            "use crate::proto::{Method, h1::Body};",
            "uses proto::h1::Body",
        );
        bad("src/serve/body.rs", "use crate::http::settings::proxy::Proxy;", "not for this place");
        bad("src/proxy/exchange/pump.rs", "use crate::proto::fastcgi;", "not for this place");
        bad("src/serve/phases.rs", "use crate::proto::h1::Limits;", "not for this place");
        good("src/proxy/pool/retry.rs", "use crate::proto::Method;");
        good("src/serve/client.rs", "use crate::{base::arena::{Arena, Id}, http, worker::Worker};");
        good("src/proto/h1.rs", "use crate::os::addr::Addr;");
        good("src/http/request.rs", "use super::conf::Location;\nuse super::super::conf::value;");
        good("src/main.rs", "fn main() { peerage::process::run() }");
        good("src/lib.rs", "pub use crate::process::run;");
        good("src/base/list.rs", "crate::handler!(x);");
    }

    #[test]
    fn the_homes_of_words() {
        bad("src/serve/file.rs", "let x = unsafe { y() };", ":2: \"unsafe\"");
        bad("src/serve/file.rs", "use libc::c_int;", "\"libc\"");
        bad("src/event/mod.rs", "let t = std::time::Instant::now();", "\"Instant\"");
        bad("src/conf/value.rs", "use std::time::SystemTime;", "\"SystemTime\"");
        bad("src/event/mod.rs", "use mio::Poll;", "\"mio\"");
        bad("src/proto/head.rs", "use httparse::Header;", "\"httparse\"");
        bad("src/event/io.rs", "use rustls::ServerConfig;", "\"rustls\"");
        bad("src/base/list.rs", "use std::cell::{Cell, RefCell};", "\"RefCell\"");
        bad("src/os/net.rs", "let x: &dyn Any;", "\"dyn Any\"");
        bad("src/os/net.rs", "thread_local! {}", "\"thread_local\"");
        bad(
            "src/serve/abort.rs",
            "if let Downstream::H1(id) = r.downstream {}",
            "\"Downstream ::\"",
        );
        bad("src/proxy/exchange/pump.rs", "w.channels[id].outbox.is_empty()", "\"outbox\"");
        bad("src/serve/abort.rs", "w.event.conns[conn].ended", "\"conns\"");
        bad("src/serve/body.rs", "w.location_of(id).proxy.method", "\". proxy\"");
        bad("src/serve/log.rs", "println!(\"x\");", "\"println!\"");
        bad("src/os/net.rs", "eprintln!(\"x\");", "\"eprintln!\"");
        bad("src/main.rs", "todo!()", "\"todo!\"");
        bad("src/main.rs", "unimplemented!()", "\"unimplemented!\"");
        bad("src/main.rs", "dbg!(x)", "\"dbg!\"");
        bad("src/process/mod.rs", "eprintln!(\"nginx: x\");", "\"eprintln!\"");
        good("src/os/clock.rs", "let t = unsafe { libc::time(p) }; Instant::now();");
        good("src/base/arena.rs", "use mio::Token;");
        good("src/proto/h1/request.rs", "use httparse::Request;");
        good("src/os/sim.rs", "use std::cell::RefCell;");
        good("src/serve/log.rs", "// unsafe\n/* dbg!(/* mio */) */ let x = \"libc \\\" todo!\";");
        good("src/serve/log.rs", "let x = (r#\"mio\" unsafe\"#, b\"dbg!\", '\"', 'a', b'\\'');");
        good("src/serve/log.rs", "fn f<'a>(x: &'a str) -> &'a str { x } // 'unsafe'");
        good("src/serve/log.rs", "#![deny(unsafe_code)]\nlet todo = 1; // todo!()");
    }

    #[test]
    fn the_shape_of_files() {
        let order = order_of_folders("");
        let found = violations(&order, "t/x.rs", "use std::fs;\n");
        assert_eq!(found, ["t/x.rs:1: does not begin with a \"//!\" paragraph"]);
        let wide = format!("let x = {};", "1 + ".repeat(30));
        bad("src/main.rs", &wide, "src/main.rs:2: longer than 100 columns");
        bad("src/main.rs", &format!("#[rustfmt::skip]\nlet x = [\n1,\n];\n{wide}"), "rs:6: longer");
        good("src/main.rs", &format!("#[rustfmt::skip]\nlet x = [\n{wide}\n];\n"));
        good("src/main.rs", &format!("// {wide}\nlet x = \"{wide}\";"));
        assert_eq!(strangers(&["src".into(), "notes.txt".into()]).len(), 1);
    }

    #[test]
    fn the_map_is_read_in_its_order() {
        let order = order_of_folders("//! text\n//! | [`base`] | data |\n//! | [`os`] | [`x`] |\n");
        assert_eq!(order, ["base", "os", "main"]);
    }
}
